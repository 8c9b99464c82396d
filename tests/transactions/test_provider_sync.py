"""Single turns of a connection's rows: posting, removal, balances, what is left out, tries put off."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.customers.queries import business_day
from accounts.jobs import leases
from accounts.jobs.models import Job
from tests.factories import category, make_account, make_customer, make_transaction
from tests.transactions.provider_case import (
    Provider,
    accounts_of,
    connected,
    mirror_of,
    provider,
    put,
    run,
    transaction,
    truth_of,
)
from transactions import ledger
from transactions.adapters.plaid import line_of
from transactions.audit import audit_ledger
from transactions.imports import services as imports
from transactions.imports.errors import UndoRefused
from transactions.ledger import recategorise
from transactions.models import (
    BalanceStatement,
    ImportBatch,
    ImportIssue,
    KeptEdit,
    MonthTotal,
    ProviderLink,
    Transaction,
)
from transactions.providers import jobs, links
from transactions.providers.stand_in.world import Item, Refusal, account

__all__ = ["provider"]


def only(link: ProviderLink) -> Transaction:
    return Transaction.objects.get(account__in=accounts_of(link).values())


def test_money_out_is_negative_here_and_the_category_is_the_providers(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("a", item, "4.50", authorized_date="2026-11-18")])
    run(link)
    row = only(link)
    assert row.amount == Decimal("-4.50") and row.counterparty == "Shop"
    assert (str(row.booked_on), str(row.value_on)) == ("2026-11-18", "2026-11-20")
    assert (row.category, row.category_origin) == (category("coffee"), "source")
    assert MonthTotal.objects.get(account=row.account_id).money_out == Decimal("-4.50")


def test_a_pending_row_becomes_the_posted_one_with_what_was_said_of_it(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("p", item, pending=True)])
    run(link)
    waiting = only(link)
    assert waiting.status == "pending" and not MonthTotal.objects.exists()
    recategorise([waiting], category=category("gifts"))
    put(item, [transaction("x", item, "14.00", pending_transaction_id="p", date="2026-11-22")])
    item.put("p", None)
    run(link)
    row = only(link)
    assert (row.pk, row.provider_id, row.status) == (waiting.pk, "x", "posted")
    assert (row.amount, row.category_origin) == (Decimal("-14.00"), "person")
    assert row.category == category("gifts")
    assert mirror_of(link) == truth_of(item, link) and audit_ledger() == []


@pytest.mark.parametrize("amount", ["12.30", "14.00"])
def test_a_split_pending_row_is_posted_with_its_parts_or_joined(
    provider: Provider, amount: str
) -> None:
    link, item = connected(provider)
    put(item, [transaction("p", item, pending=True)])
    run(link)
    whole = only(link)
    with ledger.writing_accounts([whole.account_id], wait=True):
        Transaction.objects.filter(pk=whole.pk).update(is_split=True)
    for part in ("-12", "-0.30"):
        make_transaction(
            account=whole.account,
            amount=part,
            status="pending",
            parent=whole,
            booked_on=whole.booked_on,
        )
    put(item, [transaction("x", item, amount, pending_transaction_id="p")])
    item.put("p", None)
    run(link)
    fits = amount == "12.30"
    lines = Transaction.objects.lines()
    assert sum(row.amount for row in lines) == -Decimal(amount)
    assert {row.status for row in lines} == {"posted"} and lines.count() == (2 if fits else 1)
    assert audit_ledger() == []
    item.put("x", None)
    run(link)
    assert not Transaction.objects.exists() and audit_ledger() == []


def test_what_was_said_waits_where_the_pending_row_goes_first(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("p", item, pending=True)])
    run(link)
    recategorise([only(link)], category=category("gifts"))
    item.put("p", None)
    run(link)
    assert not Transaction.objects.exists() and KeptEdit.objects.count() == 1
    put(item, [transaction("x", item, pending_transaction_id="p")])
    run(link)
    assert only(link).category == category("gifts") and not KeptEdit.objects.exists()


def test_a_removed_row_leaves_its_image_and_the_totals(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("a", item), transaction("b", item, "7")])
    run(link)
    item.put("a", None)
    job = run(link)
    assert job.result["removed"] == 1 and only(link).provider_id == "b"
    issue = ImportIssue.objects.get(verdict="removed")
    assert issue.before is not None and issue.before["raw_text"] == "Shop a"
    assert issue.batch.state == ImportBatch.State.COMMITTED
    assert AuditEntry.objects.filter(act="provider.rows_removed").count() == 1
    assert audit_ledger() == []


def test_the_cursor_is_written_with_the_rows_or_not_at_all(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, item = connected(provider)
    put(item, [transaction("a", item)])

    def fail(*args: Any) -> None:
        raise RuntimeError("after the rows")

    monkeypatch.setattr("transactions.providers.sync._keep_balances", fail)
    job = run(link)
    assert job.state == Job.State.DUE and job.failures == 1
    assert link.cursor == "" and not Transaction.objects.exists()
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "make_client", provider.make_client)
    run(link)
    assert link.cursor and only(link).provider_id == "a"


def test_a_changed_page_begins_again_at_the_last_finished_cursor(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("a", item)])
    run(link)
    kept = link.cursor
    put(item, [transaction(f"t{n}", item, str(n + 1)) for n in range(5)])
    item.page_rows, once = 2, [True]

    def after_page(changed: Item) -> None:
        if once and once.pop():
            put(changed, [transaction("late", changed, "99")])

    item.after_page = after_page
    provider.world.calls.clear()
    run(link)
    assert link.cursor != kept and mirror_of(link) == truth_of(item, link)
    # One page, the refusal, then three pages from the beginning.
    assert provider.world.calls.count("/transactions/sync") == 5


def test_nothing_new_leaves_nothing_behind(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("a", item)])
    run(link)
    before = ImportBatch.objects.count()
    run(link)
    assert ImportBatch.objects.count() == before
    assert link.synced_at is not None


def test_balances_are_kept_and_what_is_owed_is_negative(provider: Provider) -> None:
    link, item = connected(provider)
    item.accounts[1] = account(
        item.accounts[1]["account_id"], name="Card", kind="credit", subtype="credit card",
        current=Decimal("410.55"),
    )  # fmt: skip
    run(link)
    found = dict(BalanceStatement.objects.values_list("account", "amount"))
    checking, card = accounts_of(link).values()
    assert found == {checking.pk: Decimal("100.50"), card.pk: Decimal("-410.55")}
    assert BalanceStatement.objects.filter(day=business_day()).count() == 2


def test_a_row_of_another_currency_is_left_out_and_said(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [
        transaction("a", item), transaction("b", item, iso_currency_code="USD"),
        transaction("c", item, iso_currency_code=None, unofficial_currency_code="BTC"),
    ])  # fmt: skip
    job = run(link)
    assert (job.result["new"], job.result["rejected"]) == (1, 2)
    codes = set(ImportIssue.objects.values_list("code", flat=True))
    assert codes == {"currency_mismatch", "currency_unknown"}


def test_what_a_file_brought_is_not_doubled_unless_asked(provider: Provider) -> None:
    link, item = connected(provider)
    ledger_account = next(iter(accounts_of(link).values()))
    said = transaction("a", item)
    line = line_of(1, said, "mine")._replace(provider_id="", text="SHOP 4821")  # type: ignore[union-attr]
    imports.import_lines([line], accounts={"mine": ledger_account}, source="test")
    put(item, [said])
    job = run(link)
    assert (job.result["new"], job.result["doubtful"]) == (0, 1)
    links.take_doubtful(link)
    job = run(link)
    assert job.result["new"] == 1 and Transaction.objects.count() == 2


def test_a_delivery_cannot_be_undone_alone(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("a", item)])
    run(link)
    batch = ImportBatch.objects.get(source="plaid")
    assert imports.undo_preview(batch).refusal
    with pytest.raises(UndoRefused, match="connection"):
        imports.undo(batch)


def test_an_account_chosen_later_brings_its_whole_history(provider: Provider) -> None:
    link, item = connected(provider)
    second = link.accounts.last()
    assert second is not None
    links.choose(link, {second.pk: ""})
    put(item, [
        transaction("a", item), transaction("b", item, account_id=item.accounts[1]["account_id"]),
    ])  # fmt: skip
    run(link)
    assert only(link).provider_id == "a"
    links.choose(link, {second.pk: make_account(customer=link.customer)})
    run(link)
    assert len(mirror_of(link)) == 2 == len(truth_of(item, link))


def test_a_half_told_history_takes_nothing_away(provider: Provider) -> None:
    """After a lost cursor the bank first tells a part: what it doesn't name yet is not gone."""
    link, item = connected(provider)
    put(item, [transaction("a", item), transaction("b", item, "7")])
    run(link)
    whole = dict(item.versions)
    item.salt, item.status = "other", "INITIAL_UPDATE_COMPLETE"
    del item.versions["b"]
    run(link)
    assert len(mirror_of(link)) == 2 and link.cursor != ""
    item.versions, item.status = whole, "HISTORICAL_UPDATE_COMPLETE"
    item.put("a", None)
    run(link)
    assert mirror_of(link) == truth_of(item, link) and len(mirror_of(link)) == 1


def test_a_bank_that_asks_for_a_sign_in_stops_the_connection(provider: Provider) -> None:
    link, item = connected(provider)
    item.login_required = True
    job = run(link)
    assert (job.state, link.state) == (Job.State.DONE, ProviderLink.State.LOGIN)
    assert AuditEntry.objects.filter(act="provider.state").count() == 1


def test_a_busy_provider_is_asked_again_later_and_not_sooner_than_it_said(
    provider: Provider,
) -> None:
    link, _item = connected(provider)

    def trouble(path: str, body: dict[str, Any]) -> None:
        raise Refusal(429, "RATE_LIMIT_EXCEEDED", "TRANSACTIONS_LIMIT", wait="600")

    provider.world.trouble = trouble
    job = run(link)
    assert job.state == Job.State.DONE and link.error_code == "TRANSACTIONS_LIMIT"
    assert link.state == ProviderLink.State.ACTIVE
    again = Job.objects.get(lane=link.lane, state=Job.State.DUE)
    assert again.run_at > timezone.now() + timedelta(seconds=595)
    assert again.arguments == {"link": link.pk, "tries": 1}
    for tries in range(2, jobs.MOST_TRIES + 2):
        assert run(link).result["tries"] == tries
    assert not Job.objects.filter(lane=link.lane, state=Job.State.DUE).exists()


def test_one_run_waits_at_most_and_two_are_never_at_work(provider: Provider) -> None:
    link, _item = connected(provider)
    first = jobs.ask_for(link)
    assert jobs.ask_for(link) == first and first.lane == link.lane
    Job.objects.filter(pk=first.pk).update(state=Job.State.RUNNING, lease_id=link.public_id)
    behind = jobs.ask_for(link)
    assert behind != first
    assert behind.pk not in set(leases.due().values_list("pk", flat=True))


def test_the_daily_look_asks_for_those_not_asked_lately(provider: Provider) -> None:
    connected(provider)
    other, _item = connected(provider)
    ended, _item = connected(provider)
    ProviderLink.objects.filter(pk=ended.pk).update(state=ProviderLink.State.ENDED)
    jobs.ask_for(other)
    assert jobs.put_daily(timezone.now()) == 1
    assert jobs.put_daily(timezone.now()) == 0
    assert Job.objects.filter(kind=jobs.KIND).count() == 2
    assert jobs.put_daily(timezone.now() + timedelta(hours=21)) == 2


def test_disconnecting_can_take_the_rows_along(provider: Provider) -> None:
    link, item = connected(provider, customer=make_customer())
    put(item, [transaction("a", item), transaction("b", item, "7")])
    run(link)
    recategorise(list(Transaction.objects.filter(provider_id="a")), category=category("gifts"))
    assert links.disconnect(provider.make_client(), link, take_rows=True) == 2
    link.refresh_from_db()
    assert link.state == ProviderLink.State.ENDED and not link.secret
    assert item.is_gone and not Transaction.objects.exists() and not MonthTotal.objects.exists()
    assert not BalanceStatement.objects.exists() and KeptEdit.objects.count() == 1
    assert run(link).result == {"outcome": "ended"}
    assert audit_ledger() == []


def test_a_row_that_is_none_is_left_out_by_name() -> None:
    good = {"transaction_id": "a", "amount": Decimal("1"), "date": "2026-11-20", "name": "Shop",
            "iso_currency_code": "EUR"}  # fmt: skip
    for change, code in (
        ({"date": None}, "date_missing"),
        ({"amount": "12"}, "amount_format"),
        ({"amount": True}, "amount_format"),
        ({"iso_currency_code": None}, "currency_unknown"),
    ):
        assert line_of(1, {**good, **change}, "x").code == code  # type: ignore[union-attr]
    carried = {
        "counterparties": [
            {"name": "Couriers", "type": "marketplace"},
            {"name": "Grill", "type": "merchant"},
        ]
    }
    assert line_of(1, {**good, **carried}, "x").counterparty == "Grill"  # type: ignore[union-attr]
    unsure = {"primary": "TRAVEL", "detailed": "TRAVEL_FLIGHTS", "confidence_level": "LOW"}
    assert line_of(1, {**good, "personal_finance_category": unsure}, "x").category == "TRAVEL"  # type: ignore[union-attr]
