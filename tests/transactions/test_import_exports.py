"""Real exports and broken files through the wizard's own pages: each is read or says why not."""

import csv
from decimal import Decimal

import pytest

from tests import factories
from tests.transactions.test_import_pages import signed_in, upload
from transactions.models import BankAccount, ImportBatch

BROKEN = {
    "zero bytes": b"Date,Text,Amount\n" + b"\0" * 40,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    "a spreadsheet": b"PK\x03\x04" + b"\x14\0\6\0" * 50,
    "only spaces": b"  \n \n",
    "a header alone": b"Date,Text,Amount\n",
    "no header, no day": b"a,b\n1,2\n",
    "half a character": b"Date,Text,Amount\n2026-05-01,Caf\xc3,-1.00\n2026-05-02,Th\xc3\xa9,-2.00\n",
    "a quote never closed": b'Date,Text,Amount\n2026-05-01,"Shop,-1.00\n2026-05-02,B,-2.00\n',
    "UTF-16 cut off": "Date,Text,Amount\n2026-05-01,A,-1.00\n".encode("utf-16")[:-1],
    "cut in a row": b"Date,Text,Amount\n2026-05-01,A,-1.00\n2026-05-02,B",
    "a very long line": b"Date,Text,Amount\n2026-05-01," + b"x" * 200_000 + b",-1.00\n",
}


def opened(client, batch):
    """Every page of the draft, none of which may fail; what the preview says of it."""
    for step in ("format/", "columns/", "rejected.csv"):
        assert client.get(f"/imports/{batch.public_id}/{step}").status_code in (200, 302), step
    return client.get(f"/imports/{batch.public_id}/", follow=True)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_gets_a_sentence_or_keeps_its_good_rows(north_client, name):
    account = factories.make_account(customer=signed_in(north_client))
    page = upload(north_client, account, BROKEN[name])
    assert page.status_code == 302
    batch = ImportBatch.objects.get()
    body = opened(north_client, batch).content.decode()
    if batch.state == ImportBatch.State.REFUSED:
        assert batch.refused_message.endswith(".") and 'class="note bad' in body
    else:
        assert batch.state in (ImportBatch.State.PLANNED, ImportBatch.State.EMPTY)
        for issue in batch.issues.filter(verdict="rejected"):
            assert issue.line and issue.reason and issue.fix


def test_every_export_is_read_as_expected_or_refused_with_a_sentence(north_client, data):
    folder = data / "exports"
    with (folder / "expected.csv").open() as lines:
        expected = {row["file"]: row for row in csv.DictReader(lines)}
    customer = signed_in(north_client)
    read, asked, refused = 0, 0, []
    for path in sorted([*folder.glob("csv_*/*.csv"), *folder.glob("malformed/*.csv")]):
        name = str(path.relative_to(folder))
        account = factories.make_account(customer=customer, masked_number="")
        page = upload(north_client, account, path.read_bytes(), name=path.name)
        assert page.status_code == 302, name
        batch = ImportBatch.objects.order_by("-pk").first()
        opened(north_client, batch)
        if batch.state == ImportBatch.State.RECEIVED:  # its accounts are in another currency
            form = north_client.get(f"/imports/{batch.public_id}/format/").context["accounts_form"]
            said = {f"name_{n}": "new" for n in range(len(form.names))}
            north_client.post(f"/imports/{batch.public_id}/format/", {"act": "accounts", **said})
            batch.refresh_from_db()
            asked += 1
        if batch.state == ImportBatch.State.REFUSED:
            assert batch.refused_message.endswith("."), name
            refused.append(name)
            continue
        row = expected.get(name)
        if row is None or batch.counts["rejected"]:
            continue
        counts, kinds = batch.counts, [k for by in batch.sums.values() for k in by.values()]
        assert counts["new"] + counts["same"] == int(row["transactions"]), name
        assert (counts["first_day"], counts["last_day"]) == (row["first_date"], row["last_date"])
        if not counts["same"] and _all_posted(batch):
            assert sum(Decimal(k["in"]) for k in kinds) == Decimal(row["money_in"]), name
            assert sum(Decimal(k["out"]) for k in kinds) == Decimal(row["money_out"]), name
        read += 1
    print(f"{read} files as expected, {asked} asked for an account, {len(refused)} refused")
    assert read >= 30 and asked >= 5 and len(refused) <= 5
    assert "malformed/header_only.csv" in refused
    # Made for a file of its currency, and nobody meets it before that file is committed.
    made = BankAccount.objects.filter(holders__customer=customer, currency="CZK")
    assert made.exists() and not made.standing().exists()


def _all_posted(batch):
    from transactions.imports.pages.planned_rows import planned_rows

    return all(row["status"] == "posted" for row in planned_rows(batch))
