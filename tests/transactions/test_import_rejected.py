"""G11 reject_report: every kind of broken row is said with line, column, code and text, and its mended copy goes in."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factories
from tests.guards import Guard
from tests.transactions.made_xlsx import workbook
from tests.transactions.test_import_pages import signed_in
from transactions.imports import services
from transactions.models import ImportBatch, Transaction

HEADER = b"Date,Description,Amount,Currency,Balance\n"
D, A, C = "Date", "Amount", "Currency"
# A broken row, the column at fault ("" for the row as a whole), its code. Each is mended to a row of its own.
KINDS: list[tuple[bytes, str, str]] = [
    (b"2024-08-02,X,1e3000000,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,NaN,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,Infinity,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,-inf,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,1_000,EUR,1.00", A, "amount_format"),
    (b'2024-08-02,X,"12,50",EUR,1.00', A, "amount_format"),
    (b"2024-08-02,X,12.4O,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,0x10,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,--1,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,-1-,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,1.2.3,EUR,1.00", A, "amount_format"),
    ("2024-08-02,X,１２.５,EUR,1.00".encode(), A, "amount_format"),
    ("2024-08-02,X,١٢,EUR,1.00".encode(), A, "amount_format"),
    (b"2024-08-02,X,#REF!,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,#N/A,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,=1+1,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,@SUM(A1),EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,twelve,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,12 or 13,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,5%,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,3/4,EUR,1.00", A, "amount_format"),
    (b"2024-08-02,X,,EUR,1.00", A, "amount_missing"),
    (b"2024-08-02,X,-,EUR,1.00", A, "amount_missing"),
    (b"2024-08-02,X,   ,EUR,1.00", A, "amount_missing"),
    (b"2024-08-02,X,1.23456,EUR,1.00", A, "amount_precision"),
    (b"2024-08-02,X,-0.000001,EUR,1.00", A, "amount_precision"),
    (b"2024-08-02,X,12345678901234567890123,EUR,1.00", A, "amount_size"),
    (b"2024-08-02,X,1234567890123456.00,EUR,1.00", A, "amount_size"),
    (b"2024-08-02,X,-9999999999999999,EUR,1.00", A, "amount_size"),
    (b"2024-02-31,X,-1.00,EUR,1.00", D, "date_impossible"),
    (b"31/02/2024,X,-1.00,EUR,1.00", D, "date_impossible"),
    (b"2023-02-29,X,-1.00,EUR,1.00", D, "date_impossible"),
    (b"2024-13-01,X,-1.00,EUR,1.00", D, "date_impossible"),
    (b"2024-00-10,X,-1.00,EUR,1.00", D, "date_impossible"),
    (b"2024-08-32,X,-1.00,EUR,1.00", D, "date_impossible"),
    (b"1111-11-11,X,-1.00,EUR,1.00", D, "date_impossible"),
    (b"9999-12-31,X,-1.00,EUR,1.00", D, "date_impossible"),
    (b"someday,X,-1.00,EUR,1.00", D, "date_format"),
    (b"yesterday,X,-1.00,EUR,1.00", D, "date_format"),
    (b"45321,X,-1.00,EUR,1.00", D, "date_format"),
    (b"########,X,-1.00,EUR,1.00", D, "date_format"),
    (b"2024-Q3,X,-1.00,EUR,1.00", D, "date_format"),
    (b",X,-1.00,EUR,1.00", D, "date_missing"),
    (b"2024-08-02,X,-1.00,E!,1.00", C, "currency_unknown"),
    (b"2024-08-02,X,-1.00,EURO,1.00", C, "currency_unknown"),
    (b"2024-08-02,X,-1.00,978,1.00", C, "currency_unknown"),
    (b"2024-08-02,X,USD -1.00,EUR,1.00", A, "currency_differs"),
    (b"2024-08-02,X,-1.00 GBP,EUR,1.00", A, "currency_differs"),
    (b"2024-08-02,X,-1.00", "", "cell_count"),
    (b"2024-08-02,X", "", "cell_count"),
    (b"2024-08-02,X,-1.00,EUR,1.00,EXTRA", "", "cell_count"),
    (b"2024-08-02,ACME, INC,-1.00,EUR,1.00", "", "cell_count"),
    (b"2024-08-02;X;-1.00;EUR;1.00", "", "cell_count"),
    (b'2024-08-02,"X,-1.00,EUR,1.00', "", "quote"),
    (b'"2024-08-02,X,-1.00,EUR,1.00', "", "quote"),
    (b'2024-08-02,X,"-1.00,EUR,1.00', "", "quote"),
    (b"2024-08-02,X\0Y,-1.00,EUR,1.00", "", "nul_byte"),
    (b"2024-08-02,\0,-1.00,EUR,1.00", "", "nul_byte"),
    (b"2024-08-02,CAF\xc3\xa9 \xff\xfe,-1.00,EUR,1.00", "", "encoding"),
    (b"2024-08-02," + b"X" * 120_000 + b",-1.00,EUR,1.00", "", "line_too_long"),
]


def file_of_kinds() -> tuple[bytes, list[int]]:
    """All broken rows between good ones, and the lines on which they stand."""
    accents = "2024-07-30,CAFÉ ÉTÉ ÇA ÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉ,-1.00,EUR,1.00\n".encode()
    body, lines, at = HEADER + accents, [], 3
    for n, (row, _, _) in enumerate(KINDS):
        body += f"2024-08-01,GOOD {n},-{n + 1}.20,EUR,1.00\n".encode() + row + b"\n"
        lines.append(at + 1)
        at += 2
    return body, lines


def upload(client: Any, account: Any, body: bytes, name: str = "export.csv") -> ImportBatch:
    file = SimpleUploadedFile(name, body, "text/csv")
    client.post("/imports/new/", {"file": file, "account": str(account.public_id)})
    batch = ImportBatch.objects.order_by("-pk").first()
    assert batch is not None
    return batch


def downloaded(client: Any, batch: ImportBatch) -> list[list[str]]:
    answer = client.get(f"/imports/{batch.public_id}/rejected.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def commit(client: Any, batch: ImportBatch) -> None:
    client.post(f"/imports/{batch.public_id}/commit/", {"plan_hash": batch.plan_hash})


def written(rows: list[list[str]], *, delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode(encoding)


def sums(account: Any) -> tuple[int, Decimal]:
    found = Transaction.objects.filter(account=account)
    return found.count(), sum((t.amount for t in found), Decimal(0))


def mended(rows: list[list[str]]) -> list[list[str]]:
    head, *rest = rows
    return [
        head,
        *(
            [*r[:5], "2024-08-02", f"MENDED {n}", f"-{n}.05", "EUR", "9.00"]
            for n, r in enumerate(rest)
        ),
    ]


@pytest.mark.guard("G11")
def test_each_kind_of_broken_row_is_said_and_goes_in_once_mended(
    north_client: Any, guard: Guard
) -> None:
    account = factories.make_account(customer=signed_in(north_client), currency="EUR")
    body, lines = file_of_kinds()
    batch = upload(north_client, account, body)
    batch = services.plan(batch) if not batch.plan_hash else batch
    assert len(KINDS) == 60
    issues = list(batch.issues.filter(verdict="rejected").order_by("line"))
    assert [(i.line, i.column, i.code) for i in issues] == [
        (line, column, code) for line, (_, column, code) in zip(lines, KINDS, strict=True)
    ]
    for issue, (row, _, _) in zip(issues, KINDS, strict=True):
        assert issue.reason and issue.fix
        shown = row.decode(errors="replace").replace("\0", "\ufffd")
        assert issue.raw[:20].replace("\ufffd", "") == shown[:20].replace("\ufffd", "")
    commit(north_client, batch)
    count, total = sums(account)
    assert count == len(KINDS) + 1

    rows = downloaded(north_client, batch)
    assert rows[0][0] == f"Line (import {batch.public_id})" and rows[0][
        5:
    ] == HEADER.decode().strip().split(",")
    assert [(int(r[0]), r[1], r[2]) for r in rows[1:]] == [
        (i.line, i.column, i.code) for i in issues
    ]
    # As downloaded nothing of it goes in; mended, exactly the rest does.
    again = upload(north_client, account, written(rows), "rejected.csv")
    assert again.counts["new"] == 0 and again.counts["rejected"] + again.counts[
        "not_transactions"
    ] == len(KINDS)
    fixed = upload(north_client, account, written(mended(rows)), "rejected.csv")
    assert (fixed.counts["new"], fixed.counts["rejected"], fixed.counts["doubtful"]) == (
        len(KINDS),
        0,
        0,
    )
    assert fixed.account == account and fixed.source_key == batch.source_key
    commit(north_client, fixed)
    expected = -sum((Decimal(f"{n}.05") for n in range(len(KINDS))), Decimal(0))
    assert sums(account) == (count + len(KINDS), total + expected)
    # Brought in twice, in the delimiter and letters of another program, or as a workbook: nothing more.
    for content in (
        written(mended(rows), delimiter=";", encoding="cp1252"),
        written(mended(rows), delimiter="\t", encoding="utf-16"),
        workbook({"rejected": mended(rows)}),
    ):
        same = upload(north_client, account, content, "rejected")
        assert (same.counts["new"], same.counts["same"]) == (0, len(KINDS)), same.refused_message
    guard("G11", reached="100 % said and booked once mended", n=len(KINDS))


def test_a_row_that_is_still_wrong_is_said_again_and_can_be_mended_again(north_client: Any) -> None:
    account = factories.make_account(customer=signed_in(north_client), currency="EUR")
    bad = b"2024-08-02,X,12.4O,EUR,1.00\n2024-08-32,Y,-2.00,EUR,1.00\n"
    batch = upload(north_client, account, HEADER + b"2024-08-01,A,-1.00,EUR,1\n" * 3 + bad)
    commit(north_client, batch)
    rows = downloaded(north_client, batch)
    rows[1][7] = "-12.40"
    second = upload(north_client, account, written(rows))
    assert (second.counts["new"], second.counts["rejected"]) == (1, 1)
    commit(north_client, second)
    rest = downloaded(north_client, second)
    assert rest[0] == rows[0] and rest[1][5:] == rows[2][5:]
    rest[1][5] = "2024-08-31"
    third = upload(north_client, account, written(rest))
    assert (third.counts["new"], third.counts["rejected"]) == (1, 0)


def test_signs_and_days_are_read_as_the_file_was(north_client: Any) -> None:
    """One row alone would be read otherwise: day first or month first, in or out."""
    account = factories.make_account(customer=signed_in(north_client), currency="USD")
    good = "".join(f"0{n}/25/2024,SHOP {n} PURCHASE,{n}.50\n" for n in range(1, 9))
    batch = upload(
        north_client,
        account,
        f"Date,Description,Amount\n{good}09/04/2024,SHOP 9 PURCHASE,1.O5\n".encode(),
    )
    assert batch.layout["sign"] == "reversed"
    commit(north_client, batch)
    rows = downloaded(north_client, batch)
    rows[1][7] = "1.05"
    fixed = upload(north_client, account, written(rows))
    commit(north_client, fixed)
    row = Transaction.objects.get(account=account, amount=Decimal("-1.05"))
    assert row.booked_on.isoformat() == "2024-09-04"


def test_rejected_rows_of_another_customer_are_refused(north_client: Any) -> None:
    account = factories.make_account(customer=signed_in(north_client), currency="EUR")
    batch = upload(
        north_client, account, HEADER + b"2024-08-01,A,-1.00,EUR,1\n" * 3 + b"x,Y,-2.00,EUR,1.00\n"
    )
    rows = downloaded(north_client, batch)
    other = factories.make_account(customer=signed_in(north_client), currency="EUR")
    refused = upload(north_client, other, written(rows))
    assert (refused.state, refused.refused_code) == ("refused", "mended_unknown")


def test_a_file_to_mend_without_its_columns_says_so(north_client: Any) -> None:
    account = factories.make_account(customer=signed_in(north_client), currency="EUR")
    batch = upload(
        north_client, account, HEADER + b"2024-08-01,A,-1.00,EUR,1\n" * 3 + b"x,Y,-2.00,EUR,1.00\n"
    )
    rows = [row[:7] for row in downloaded(north_client, batch)]
    refused = upload(north_client, account, written(rows))
    assert (refused.state, refused.refused_code) == ("refused", "mended_changed")
    assert "change only the cells that are wrong" in refused.refused_message
