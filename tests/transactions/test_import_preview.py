"""Steps 4 and 5 of the wizard: what would happen, the commit of exactly that, and the way back."""

from decimal import Decimal

import pytest

from accounts.jobs import services as jobs
from accounts.jobs.models import Job
from tests import factories
from tests.query_count import counted
from tests.sweep import crawl
from tests.transactions.test_import_pages import signed_in, upload
from tests.transactions.test_imports import GENERIC, brought_in, cells, total
from transactions import ledger
from transactions.imports.pages import flow, issues
from transactions.models import ImportBatch, Transaction

BAD = (
    GENERIC
    + b"2026-02-31,X,-1\n2026-05-06,Y,1e3000000\n2026-05-06,Z,NaN\n2026-05-07,A,12.50,7\n,B,-3\n"
)
ELSEWHERE = (
    b"Booked;Amount;Text\n2026-05-02;-4.20;Bakery, card\n2026-05-02;-4.20;Bakery, cash\n"
    b"2026-05-03;-48.20;Fuel, card\n2026-05-09;-9.00;Cinema\n"
)


@pytest.fixture
def account(north_client):
    return factories.make_account(customer=signed_in(north_client))


def url(batch, step=""):
    return f"/imports/{batch.public_id}/{step}"


def newest():
    return ImportBatch.objects.order_by("-pk").first()


def tally(page):
    summary = page.context["summary"]
    return summary.new, summary.same, summary.doubtful, summary.changed, summary.rejected


def commit(client, batch):
    batch.refresh_from_db()
    return client.post(url(batch, "commit/"), {"plan_hash": batch.plan_hash})


# -- what would happen ---------------------------------------------------------------------------


def test_counts_sums_and_first_rows_are_those_of_the_plan(north_client, account):
    upload(north_client, account, BAD)
    page = north_client.get(url(newest()))
    body = page.content.decode()
    assert tally(page) == (4, 0, 0, 0, 5)
    assert "4 payments, 1–3 May 2026, would be new." in body
    assert "5 rows can’t go in; the rest can go in without them." in body
    (sums,) = page.context["summary"].sums
    assert (sums.currency, sums.rows) == ("EUR", 4)
    assert (sums.money_in, sums.money_out) == (Decimal("3040.00"), Decimal("56.60"))
    assert "€3,040.00 in, €56.60 out" in "".join(
        body[body.index('id="money"') :].split('<span class="money" data-cell>')
    ).replace("</span>", "")
    assert "Bring in 4 rows" in body and f"{newest().plan_hash[:4]}-" in body
    first = page.context["first_rows"][0]
    assert (first.line, first.text, first.amount) == (2, "Salary Harbour Works", Decimal("3040"))
    widths = [float(piece.width[:-1]) for piece in page.context["summary"].bar]
    assert sum(widths) == pytest.approx(100 - 0.3, abs=0.1) and widths[1] > widths[0]
    assert not crawl.read(body).bare and not crawl.read(body).untraced


def test_each_bad_row_has_its_line_column_reason_and_fix(north_client, account):
    upload(north_client, account, BAD)
    batch = newest()
    page = north_client.get(url(batch)).context["rejected"]
    assert [(i.line, i.column) for i in page.rows] == [
        (6, "Date"), (7, "Amount"), (8, "Amount"), (9, ""), (10, "Date"),
    ]  # fmt: skip
    assert all(issue.reason and issue.fix for issue in page.rows)
    file = b"".join(north_client.get(url(batch, "rejected.csv")).streaming_content).decode()
    assert len(file.splitlines()) == 6 and "February 2026 has no day 31" in file
    assert "1e3000000" in file
    commit(north_client, batch)
    assert total(account) == Decimal("2983.40")


def test_formulas_in_bad_rows_are_harmless_as_a_file(north_client, account):
    upload(north_client, account, GENERIC + b"=cmd|' /C calc'!A0,X,-1\n")
    lines = b"".join(north_client.get(url(newest(), "rejected.csv")).streaming_content).decode()
    assert "'=cmd" in lines and ",=cmd" not in lines


def test_long_lists_come_a_page_at_a_time(north_client, account, monkeypatch):
    monkeypatch.setattr(issues, "SHOWN", 2)
    upload(north_client, account, BAD)
    batch = newest()
    seen, address = [], url(batch)
    for _ in range(3):
        page = north_client.get(address).context["rejected"]
        seen += [(page.first, page.last, [i.line for i in page.rows])]
        address = f"{url(batch)}?rejected={page.more}"
    assert seen == [(1, 2, [6, 7]), (3, 4, [8, 9]), (5, 5, [10])] and page.more == 0
    assert "1 to 2 of 5" in north_client.get(url(batch)).content.decode()
    for odd in ("x", "-1", "9" * 40, "²"):
        assert north_client.get(f"{url(batch)}?rejected={odd}").status_code == 200


def test_texts_with_odd_line_breaks_stay_one_row(north_client, account):
    upload(
        north_client,
        account,
        "Date,Text,Amount\n2026-05-01,A\u2028B\x85,-1\n<script>,B,-1\n".encode(),
    )
    page = north_client.get(url(newest()))
    assert [row.line for row in page.context["first_rows"]] == [2]
    assert "&lt;script&gt;" in page.content.decode() and "<script>" not in page.content.decode()


def test_rows_perhaps_here_already_come_in_when_ticked(north_client, account):
    brought_in(account, GENERIC)
    upload(north_client, account, ELSEWHERE)
    batch = newest()
    page = north_client.get(url(batch))
    assert tally(page) == (1, 0, 3, 0, 0)
    row = page.context["doubtful"].rows[0]
    assert (row.line, row.text, row.like_text) == (2, "Bakery, card", "Corner Bakery")
    north_client.post(url(batch), {"bring_in": ["4"]})
    page = north_client.get(url(batch))
    assert tally(page) == (2, 0, 2, 0, 0) and page.context["summary"].brought_in == 1
    north_client.post(url(batch), {"bring_in": ["2", "x", "9" * 30]})
    assert tally(north_client.get(url(batch))) == (3, 0, 1, 0, 0), "the first choice stands"
    north_client.post(url(batch), {"act": "leave_out"})
    assert tally(north_client.get(url(batch))) == (1, 0, 3, 0, 0)
    north_client.post(url(batch), {"act": "bring_all"})
    assert tally(north_client.get(url(batch))) == (4, 0, 0, 0, 0)
    commit(north_client, batch)
    assert Transaction.objects.filter(account=account).count() == 8


def test_the_files_balances_are_checked_against_its_payments(north_client, account):
    rows = (
        b"2026-05-01,A,10.00,110.00\n",
        b"2026-05-02,B,-4.00,106.00\n",
        b"2026-05-03,C,-6.00,100.00\n",
    )
    head = b"Date,Text,Amount,Balance\n"
    for body in (head + b"".join(rows), head + b"".join(reversed(rows))):
        upload(north_client, account, body)
        (check,) = north_client.get(url(newest())).context["balances"]
        assert (check.stated, check.within, check.agrees) == (Decimal("100"), Decimal(0), True)
    upload(north_client, account, head + rows[0] + rows[2])
    page = north_client.get(url(newest()))
    (check,) = page.context["balances"]
    assert check.within == Decimal("-4.00") and "−€4.00" in page.content.decode()
    assert "unexplained" in page.content.decode()


def test_balances_known_from_before_are_checked_too(north_client, account):
    head = b"Date,Text,Amount,Balance\n"
    brought_in(account, head + b"2026-05-01,A,10.00,110.00\n2026-05-02,B,-4.00,106.00\n")
    upload(north_client, account, head + b"2026-05-09,C,-1.00,105.00\n2026-05-10,D,-1.00,104.00\n")
    (check,) = north_client.get(url(newest())).context["balances"]
    assert check.since == Decimal(0) and check.agrees
    upload(north_client, account, head + b"2026-05-09,C,-1.00,95.00\n2026-05-10,D,-1.00,94.00\n")
    (check,) = north_client.get(url(newest())).context["balances"]
    assert check.within == Decimal(0) and check.since == Decimal("-10.00") and not check.agrees


def test_the_same_file_again_has_nothing_to_bring_in(north_client, account):
    brought_in(account, GENERIC)
    upload(north_client, account)
    page = north_client.get(url(newest()))
    assert tally(page) == (0, 4, 0, 0, 0)
    assert "Everything in this file is here already." in page.content.decode()
    assert "Bring in 4 rows" not in page.content.decode()


# -- an old tab ----------------------------------------------------------------------------------


def test_a_tab_with_an_older_plan_sees_the_newer_one(north_client, account):
    brought_in(account, GENERIC)
    upload(north_client, account, ELSEWHERE)
    batch = newest()
    old = batch.plan_hash
    north_client.post(url(batch), {"act": "bring_all"})
    page = north_client.post(url(batch, "commit/"), {"plan_hash": old})
    assert page.status_code == 409 and tally(page) == (4, 0, 0, 0, 0)
    assert "made anew since you saw it" in page.content.decode()
    assert Transaction.objects.filter(account=account).count() == 4
    assert commit(north_client, batch).headers["Location"] == url(batch, "done/")


def test_committing_twice_writes_once(north_client, account):
    upload(north_client, account)
    batch = newest()
    for _ in range(2):
        page = north_client.post(url(batch, "commit/"), {"plan_hash": batch.plan_hash}, follow=True)
    assert "nothing was done a second time" in page.content.decode()
    assert Transaction.objects.filter(account=account).count() == 4


# -- afterwards ----------------------------------------------------------------------------------


def test_done_leads_to_its_days_and_names_the_last_day_of_the_undo(north_client, account):
    upload(north_client, account, BAD)
    batch = newest()
    page = north_client.get(commit(north_client, batch).headers["Location"])
    body = page.content.decode()
    assert "4 payments are new in your figures." in body and "Until " in body
    shown = north_client.get(page.context["rows_url"])
    assert shown.status_code == 200 and "Fuel Point" in shown.content.decode()
    assert page.context["rows_url"].endswith(
        f"account={account.public_id}&start_date=2026-05-01&end_date=2026-05-03"
    )
    assert (page.context["undo_until"] - page.context["committed_at"]).days == 30
    assert not crawl.read(body).bare


def test_an_undo_names_what_goes_and_what_was_edited_since(north_client, account):
    before = cells(account)
    upload(north_client, account)
    batch = newest()
    commit(north_client, batch)
    row = Transaction.objects.filter(account=account).first()
    ledger.recategorise([row], category=factories.category("groceries"))
    page = north_client.post(url(batch, "undo/"), {"edited": "0"}, follow=True)
    assert "more than you were told of" in page.content.decode() and total(account)
    asked = north_client.get(url(batch, "undo/")).content.decode()
    assert "4 rows go" in asked and "1 row; your category is kept" in asked
    page = north_client.post(url(batch, "undo/"), {"edited": "1"}, follow=True)
    assert "Undone: 4 rows are taken back" in page.content.decode()
    assert not total(account) and cells(account) == before
    page = north_client.post(url(batch, "again/"))
    again = newest()
    assert again.pk != batch.pk and page.headers["Location"] == url(again)
    page = north_client.get(commit(north_client, again).headers["Location"])
    assert "1 category you had set came back with its row." in page.content.decode()


def test_a_later_file_with_the_same_rows_can_bring_them_in_again(north_client, account):
    upload(north_client, account)
    first = newest()
    commit(north_client, first)
    upload(north_client, account, GENERIC + b"2026-05-09,Cinema,-9.00\n", name="later.csv")
    later = newest()
    commit(north_client, later)
    assert "later.csv: 4 rows" in north_client.get(url(first, "undo/")).content.decode()
    page = north_client.post(url(first, "undo/"), {"edited": "0"}, follow=True)
    assert url(later, "again/") in page.content.decode()
    page = north_client.post(url(later, "again/"), follow=True)
    assert tally(page)[:2] == (4, 1)


def test_what_is_in_the_ledger_is_not_thrown_away(north_client, account):
    upload(north_client, account)
    batch = newest()
    commit(north_client, batch)
    page = north_client.post(url(batch, "delete/"), follow=True)
    assert "This import is in the ledger. Undo it instead." in page.content.decode()
    for step in ("", "format/", "columns/"):
        assert north_client.get(url(batch, step)).headers["Location"] == url(batch, "done/")
    assert total(account) == Decimal("2983.40")


def test_the_list_says_how_each_file_stands(north_client, account):
    upload(north_client, account, name="in.csv")
    commit(north_client, newest())
    upload(north_client, account, GENERIC + b"2026-05-09,Cinema,-9.00\n", name="draft.csv")
    upload(north_client, account, b"%PDF-1.7 nothing", name="picture.csv")
    body = north_client.get("/imports/").content.decode()
    for words in (
        "in.csv",
        "In the ledger",
        "draft.csv",
        "Draft, nothing written",
        "Can’t be read yet",
    ):
        assert words in body
    assert not crawl.read(body).bare


# -- long files ----------------------------------------------------------------------------------


def test_a_long_file_is_a_job_that_leads_back_to_the_wizard(north_client, account, monkeypatch):
    monkeypatch.setattr(flow, "AT_ONCE_BYTES", 50)
    page = upload(north_client, account)
    batch = newest()
    assert page.headers["Location"] == url(batch) and batch.job.kind == "import_plan"
    waiting = north_client.get(url(batch)).content.decode()
    assert "Waiting for a free worker." in waiting and 'http-equiv="refresh"' in waiting
    for step in ("format/", "columns/"):
        assert north_client.get(url(batch, step)).headers["Location"] == url(batch)
    page = north_client.post(url(batch, "delete/"), follow=True)
    assert "This file is being worked on." in page.content.decode()
    jobs.run_due()
    batch.refresh_from_db()
    assert Job.objects.get(pk=batch.job_id).result["url"] == url(batch)
    assert tally(north_client.get(url(batch))) == (4, 0, 0, 0, 0)

    page = commit(north_client, batch)
    assert page.headers["Location"] == url(batch) and not total(account)
    assert "Waiting for a free worker." in north_client.get(url(batch)).content.decode()
    # A second press of the button finds the work on its way.
    assert commit(north_client, batch).headers["Location"] == url(batch)
    assert Job.objects.filter(kind="import_commit").count() == 1
    jobs.run_due()
    assert total(account) == Decimal("2983.40")
    assert north_client.get(url(batch)).headers["Location"] == url(batch, "done/")

    page = north_client.post(url(batch, "undo/"), {"edited": "0"})
    assert "being taken back" in north_client.get(page.headers["Location"]).content.decode()
    jobs.run_due()
    assert not total(account)
    assert "This import is undone" in north_client.get(url(batch, "done/")).content.decode()


def test_a_long_plan_that_stops_says_why_and_can_be_made_again(north_client, account, monkeypatch):
    monkeypatch.setattr(flow, "AT_ONCE_BYTES", 50)
    upload(north_client, account)
    batch = newest()
    jobs.run_due()
    commit(north_client, batch)
    brought_in(account, GENERIC)
    jobs.run_due()
    page = north_client.get(url(batch)).content.decode()
    assert "The ledger has changed since this plan was made" in page
    north_client.post(url(batch), {"act": "plan"})
    jobs.run_due()
    assert tally(north_client.get(url(batch))) == (0, 4, 0, 0, 0)


def test_pages_ask_the_database_as_much_for_ten_times_the_rows(north_client, account):
    asked = []
    for n in (5, 50):
        rows = b"".join(
            b"2026-05-%02d,SHOP %d,-1.00,%d.00\n2026-05-40,X,-1,1\n" % (i % 28 + 1, i, 1000 - i)
            for i in range(n)
        )
        upload(north_client, account, b"Date,Text,Amount,Balance\n" + rows)
        batch = newest()
        counts = []
        for step in ("", "format/", "columns/"):
            north_client.get(url(batch, step))
            with counted() as statements:
                assert north_client.get(url(batch, step)).status_code == 200
            counts.append(len(statements))
        asked.append(counts)
    print(f"statements of preview, format, columns: {asked}")
    assert asked[0] == asked[1] and max(asked[0]) <= 21
