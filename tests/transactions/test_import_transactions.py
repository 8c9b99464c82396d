"""Files brought in by a command: the same plan as the pages make, committed or not at all."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from accounts.customers.models import Customer
from accounts.jobs.models import StoredFile
from tests import factories
from tests.conftest import NORTH
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.models import BankAccount, ImportBatch, Transaction

GOOD = "Date,Text,Amount\n2026-05-01,Salary,3040.00\n2026-05-02,Bakery,-4.20\n2026-05-02,Bakery,-4.20\n"
BAD_ROWS = "2026-02-31,Nowhere,-1.00\n2026-05-04,Fuel,1_000\n"


@pytest.fixture
def customer(north: str) -> Customer:
    return factories.make_customer(reference="N-0001")


@pytest.fixture
def account(customer: Customer) -> BankAccount:
    return factories.make_account(customer=customer, name="Everyday", masked_number="··4821")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.csv"
    file.write_text(GOOD)
    return file


def run(*files: Path, code: int = 0, **options: Any) -> str:
    out = StringIO()
    said: dict[str, Any] = {"bank": NORTH, "customer": "N-0001", "account": "Everyday"}
    ended = 0
    try:
        call_command("import_transactions", *map(str, files), stdout=out, **(said | options))
    except SystemExit as end:
        ended = int(str(end.code))
    assert ended == code, out.getvalue()
    return out.getvalue()


def run_json(*files: Path, **options: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(run(*files, json=True, **options))
    return listed


def test_ofx_and_qif_files_go_in_like_tables(tmp_path: Path, account: BankAccount) -> None:
    ofx, qif = tmp_path / "may.txt", tmp_path / "june.txt"
    row = "<STMTTRN><DTPOSTED>20260501<TRNAMT>-4.20<FITID>A1<NAME>BAKERY</STMTTRN>"
    bad = "<STMTTRN><TRNAMT>-1.00<NAME>NO DAY</STMTTRN>"
    ofx.write_text(f"<OFX>\n<STMTRS><CURDEF>EUR\n{row}\n{bad}\n</STMTRS></OFX>")
    qif.write_text("!Type:Bank\nD25/06'2026\nT-9.10\nPGROCER\n^\n")
    said = run(ofx, qif, code=3)
    assert "OFX file" in said and "QIF file" in said
    assert "line 4, DTPOSTED: date_missing. There is no day." in said
    assert "2 rows: 1 new, 1 rejected" in said
    assert sorted(Transaction.objects.values_list("raw_text", flat=True)) == ["BAKERY", "GROCER"]
    assert "1 same" in run(ofx, code=3)
    refused = tmp_path / "refused.ofx"
    refused.write_text(ofx.read_text().replace("STMTTRN>", "OTHER>"))
    assert "refused (no_rows). This OFX file holds no transactions." in run(refused, code=1)


def left_behind() -> tuple[int, int, int]:
    return ImportBatch.objects.count(), StoredFile.objects.count(), Transaction.objects.count()


def total() -> Decimal:
    return Transaction.objects.aggregate(s=Sum("amount"))["s"] or Decimal(0)


def test_file_goes_into_the_ledger_and_a_second_time_changes_nothing(
    account: BankAccount, good: Path
) -> None:
    said = run(good)
    assert "3 rows: 3 new" in said and "EUR 3040.00 in, 8.40 out" in said
    assert said.splitlines()[-1].strip() == "in the ledger"
    assert total() == Decimal("3031.60") and audit_ledger() == []
    account.refresh_from_db()
    before = (*left_behind(), account.revision)
    said = run(good)
    assert "3 rows: 3 same" in said and "nothing new" in said
    account.refresh_from_db()
    assert (*left_behind(), account.revision) == before


def test_dry_run_prints_the_plan_of_the_pages_and_leaves_nothing(
    account: BankAccount, good: Path
) -> None:
    (dry,) = run_json(good, dry_run=True)
    assert (dry["state"], dry["new"], dry["money"]) == ("planned", 3, {"EUR": ["3040.00", "8.40"]})
    assert left_behind() == (0, 0, 0)
    with good.open("rb") as stream:
        batch = services.receive(
            stream=stream, name="x.csv", customer=account.holders.get().customer, account=account,
            limit=9_999,
        )  # fmt: skip
    assert services.plan(batch).plan_hash == dry["plan"]


def test_plan_of_a_dry_run_is_committed_only_while_it_is_the_same(
    account: BankAccount, good: Path
) -> None:
    (dry,) = run_json(good, dry_run=True)
    good.write_text(GOOD + "2026-05-05,Another,-9.99\n")
    (refused,) = run_json(good, plan=[dry["plan"]], code=1)
    assert refused["refused"]["code"] == "plan_changed" and left_behind() == (0, 0, 0)
    good.write_text(GOOD)
    (done,) = run_json(good, plan=[dry["plan"]])
    assert (done["state"], done["plan"]) == ("in the ledger", dry["plan"])
    assert str(ImportBatch.objects.get().public_id) == done["batch"]


def test_every_rejected_row_is_named_and_the_rest_goes_in(account: BankAccount, good: Path) -> None:
    good.write_text(GOOD + BAD_ROWS)
    said = run(good, code=3)
    assert "5 rows: 3 new, 2 rejected" in said
    (fifth, sixth) = [line for line in said.splitlines() if line.startswith("  line ")]
    assert fifth.startswith("  line 5, Date: date_impossible. ")
    assert sixth.startswith("  line 6, Amount: amount_format. ")
    assert total() == Decimal("3031.60")


def test_refused_file_leaves_nothing_and_the_others_go_in(
    account: BankAccount, good: Path, tmp_path: Path
) -> None:
    empty, noise = tmp_path / "empty.csv", tmp_path / "noise.csv"
    empty.touch()
    noise.write_bytes(bytes(range(256)) * 9)
    read = run_json(empty, noise, good, code=1)
    assert [found["state"] for found in read] == ["refused", "refused", "in the ledger"]
    assert read[0]["refused"]["code"] == "file_empty" and read[1]["refused"]["message"]
    assert left_behind() == (1, 1, 3)


def test_dry_run_of_two_files_plans_the_second_on_top_of_the_first(
    account: BankAccount, good: Path, tmp_path: Path
) -> None:
    more = tmp_path / "more.csv"
    more.write_text(GOOD + "2026-05-05,Another,-9.99\n")
    dry = run_json(good, more, dry_run=True)
    assert [(d["state"], d["new"], d["same"], d["batch"]) for d in dry] == [
        ("planned", 3, 0, None),
        ("planned", 1, 3, None),
    ]
    assert left_behind() == (0, 0, 0)
    run(good, more, plan=[d["plan"] for d in dry])
    assert left_behind()[2] == 4


def test_account_is_found_by_name_number_or_id_and_the_file_may_name_it(
    account: BankAccount, good: Path
) -> None:
    other = factories.make_account(customer=account.holders.get().customer, name="Savings")
    for named in ("everyday", str(account.public_id)):
        assert run_json(good, account=named, dry_run=True)[0]["new"] == 3
    with pytest.raises(CommandError, match="2 accounts are called 4821; give the public id"):
        run(good, account="4821")
    assert run_json(good, account=None, code=1)[0]["refused"]["code"] == "account_needed"
    assert f"--account: Everyday ··4821 EUR ({account.public_id}), Savings" in run(
        good, account=None, code=1
    )
    good.write_text("Date,Account,Text,Amount\n2026-05-01,Savings,Interest,1.00\n")
    run(good, account=None)
    assert Transaction.objects.get().account_id == other.pk


def test_doubtful_rows_stay_out_until_they_are_asked_for(account: BankAccount, good: Path) -> None:
    run(good)
    good.write_text("Booking;Purpose;Sum\n02.05.2026;BAKERY 12;-4,20\n03.05.2026;Tram;-2,10\n")
    said = run(good, code=3, dry_run=True)
    assert "1 new, 1 doubtful" in said and "line 2: looks like a payment" in said
    assert run_json(good, bring_in=["2"])[0]["new"] == 2


def test_how_a_file_is_read_can_be_said(account: BankAccount, good: Path) -> None:
    good.write_text("Date,Text,Amount\n02/05/2026,Bakery,-4.20\n03/05/2026,Tram,-2.10\n")
    run(good, set=["date_order=mdy"])
    days = set(Transaction.objects.values_list("booked_on", flat=True))
    assert {day.month for day in days} == {2, 3}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bank": "nowhere"}, f"no active bank nowhere.*{NORTH}"),
        ({"customer": "N-9999"}, "no customer with the reference N-9999.*N-0001.*load_folder"),
        ({"account": "Yacht"}, "no account Yacht.*Everyday.*EUR"),
        ({"adapter": "XLS"}, "no adapter XLS: COUNTERFOIL, CHASE"),
        ({"set": ["colour=red"]}, "--set colour=red"),
        ({"set": ["date_order=xyz"]}, "date_order can't be xyz; say dmy, mdy, ymd"),
        ({"set": ["header_line=top"]}, "header_line can't be top"),
        ({"set": ["decimal=."], "adapter": "CHASE"}, "Use --as or --set, not both"),
        ({"bring_in": ["two"]}, "--bring-in two"),
        ({"plan": ["1", "2"]}, "1 files and 2 --plan"),
        ({"plan": ["1"], "dry_run": True}, "leave --dry-run out"),
    ],
)
def test_wrong_use_says_what_there_is(
    account: BankAccount, good: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(CommandError, match=words) as refused:
        run(good, **options)
    assert refused.value.returncode == 2
    assert left_behind() == (0, 0, 0)


def test_missing_file_is_named_before_anything_is_done(account: BankAccount, good: Path) -> None:
    with pytest.raises(CommandError, match=r"No such file: .*none\.csv"):
        run(good, good.with_name("none.csv"))
    assert left_behind() == (0, 0, 0)


def test_real_export_changes_the_account_by_its_known_sums(customer: Customer, data: Path) -> None:
    account = factories.make_account(customer=customer, name="Checking", currency="USD")
    file = data / "exports" / "csv_us" / "chase_checking_1.csv"
    (done,) = run_json(file, account="Checking", adapter="CHASE")
    money_in, money_out = (Decimal(text) for text in done["money"]["USD"])
    found = Transaction.objects.filter(account=account)
    assert found.count() == done["new"] > 0
    assert found.aggregate(s=Sum("amount"))["s"] == money_in - money_out


@pytest.mark.parametrize(
    "setting", ["encoding=nope", "header_line=999", "delimiter=;", "sign=reversed"]
)
def test_no_setting_ends_in_a_trace(account: BankAccount, good: Path, setting: str) -> None:
    out = StringIO()
    try:
        call_command(
            "import_transactions", str(good), bank=NORTH, customer="N-0001", account="Everyday",
            set=[setting], stdout=out,
        )  # fmt: skip
    except SystemExit as end:
        assert end.code == 1 and "refused (" in out.getvalue()
    assert audit_ledger() == []
