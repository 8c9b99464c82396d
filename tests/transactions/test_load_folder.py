"""A folder of customers in a bank: all of it once, nothing twice, and what is amiss stays alone."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from accounts.customers.models import Customer
from tests import factories
from tests.conftest import NORTH
from transactions.audit import audit_ledger
from transactions.models import BankAccount, ImportBatch, MonthTotal, Transaction
from transactions.samples.files import write_folder
from transactions.samples.generate import generate_bank

ANA = "date,description,amount,category\n2026-05-01,Salary,3040.00,Income\n2026-05-02,Bakery,-4.20,Food\n"
BEN = "Buchungstag;Verwendungszweck;Betrag\n02.05.2026;Tram;-2,10\n"


@pytest.fixture
def folder(tmp_path: Path, north: str) -> Path:
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers" / "Ana_Lee.csv").write_text(ANA)
    (tmp_path / "customers" / "Ben Day.csv").write_text(BEN)
    (tmp_path / "profiles.csv").write_text(
        "Full Name,Age,City,Job,Customer since\n"
        "Ana Lee,34,Leeds,employed,2021-03-04\nBen Day,45-54,York,,\n"
    )
    return tmp_path


def load(folder: Path, *, code: int = 0, dry_run: bool = False) -> str:
    out, ended = StringIO(), 0
    try:
        call_command("load_folder", str(folder), bank=NORTH, dry_run=dry_run, stdout=out)
    except SystemExit as end:
        ended = int(str(end.code))
    assert ended == code, out.getvalue()
    return out.getvalue()


def everything() -> list[list[tuple]]:
    """The content of every table a load writes."""
    kinds = (Customer, BankAccount, Transaction, MonthTotal, ImportBatch)
    return [list(kind.objects.order_by("pk").values_list()) for kind in kinds]


def row_of(said: str, name: str) -> list[str]:
    (row,) = [line for line in said.splitlines() if line.startswith(name)]
    return row.split()


def test_people_accounts_and_lines_are_made(folder: Path) -> None:
    said = load(folder)
    ana = Customer.objects.get(full_name="Ana Lee")
    assert (ana.age_bracket, ana.location, ana.employment_status) == ("25-34", "Leeds", "employed")
    assert ana.created_at == datetime(2021, 3, 4, 9, tzinfo=UTC)
    (account,) = BankAccount.objects.held_by(ana)
    lines = Transaction.objects.filter(account=account).order_by("booked_on")
    assert [(t.booked_on, t.amount) for t in lines] == [
        (date(2026, 5, 1), Decimal(3040)), (date(2026, 5, 2), Decimal("-4.20")),
    ]  # fmt: skip
    assert [t.category.kind for t in lines if t.category] == ["income", "expense"]
    assert row_of(said, "together")[1:] == ["3", "3", "0", "0", "0", "0"]
    assert "2 customers and 2 accounts made." in said and audit_ledger() == []


def test_a_second_load_finds_everything_the_same_and_writes_nothing(folder: Path) -> None:
    load(folder)
    before = everything()
    said = load(folder)
    assert row_of(said, "together")[1:] == ["3", "0", "3", "0", "0", "0"]
    assert row_of(said, "Ana Lee")[3] == "found" and "0 customers and 0 accounts made." in said
    assert everything() == before


def test_dry_run_counts_the_same_and_writes_nothing(folder: Path) -> None:
    before = everything()
    dry = load(folder, dry_run=True)
    assert everything() == before
    assert "2 customers and 2 accounts would be made; nothing was written." in dry
    real = load(folder)
    assert dry.splitlines()[:-1] == real.splitlines()[:-1]


def test_a_bad_row_is_named_by_file_line_and_column_and_the_rest_goes_in(folder: Path) -> None:
    with (folder / "customers" / "Ana_Lee.csv").open("a") as file:
        file.write("2026-02-31,Nowhere,-1.00,Food\n2026-05-03,Fuel,-48.20,Food\n")
    said = load(folder, code=3)
    assert said.startswith("customers/Ana_Lee.csv, line 4, date: date_impossible. ")
    assert row_of(said, "together")[1:] == ["5", "4", "0", "0", "0", "1"]
    load(folder, code=3)
    assert Transaction.objects.count() == 4


def test_a_refused_file_costs_nobody_else_and_leaves_no_account(folder: Path) -> None:
    (folder / "customers" / "Ana_Lee.csv").write_bytes(bytes(range(256)) * 4)
    said = load(folder, code=1)
    assert said.startswith("customers/Ana_Lee.csv: left out (")
    ana = Customer.objects.get(full_name="Ana Lee")
    assert not BankAccount.objects.held_by(ana).exists()
    assert Transaction.objects.count() == 1
    (folder / "customers" / "Ana_Lee.csv").write_text(ANA)
    assert "0 customers and 1 accounts made." in load(folder)


def test_a_customer_of_the_bank_is_found_by_name_and_only_filled_up(folder: Path) -> None:
    ana = factories.make_customer(full_name="ANA  LEE", age_bracket="35-44", reference="N-7")
    account = factories.make_account(customer=ana, name="Main")
    load(folder)
    ana.refresh_from_db()
    assert (ana.full_name, ana.age_bracket, ana.location) == ("ANA  LEE", "35-44", "Leeds")
    assert Transaction.objects.filter(account=account).count() == 2
    # Another account later, or another name: the lines stay where they are.
    factories.make_account(customer=ana, name="Second")
    assert row_of(load(folder), "together")[1:4] == ["3", "0", "3"]
    Customer.objects.exclude(pk=ana.pk).filter(full_name="Ben Day").update(full_name="Ben Noon")
    assert row_of(load(folder), "together")[1:4] == ["3", "0", "3"]


def test_a_name_that_two_customers_have_needs_a_reference(folder: Path) -> None:
    twins = [factories.make_customer(full_name="Ana Lee") for _ in range(2)]
    said = load(folder, code=1)
    assert "customers/Ana_Lee.csv: left out (name_ambiguous)" in said
    (folder / "profiles.csv").write_text(f"name,reference\nAna Lee,{twins[1].reference}\n")
    load(folder)
    (account,) = BankAccount.objects.held_by(twins[1])
    assert Transaction.objects.filter(account=account).count() == 2


def test_one_account_for_each_name_and_currency_of_a_file(folder: Path) -> None:
    (folder / "customers" / "Ana_Lee.csv").write_text(
        "Date,Account,Currency,Description,Amount\n"
        "2026-05-01,Daily,EUR,Salary,10.00\n2026-05-02,Daily,USD,Hotel,-20.00\n"
        "2026-05-03,DE12 5001 0517 0648 4898 90,EUR,Rent,-30.00\n2026-05-04,Daily,EUR,Bread,-1.00\n"
    )
    load(folder)
    ana = Customer.objects.get(full_name="Ana Lee")
    held = BankAccount.objects.held_by(ana)
    found = {(a.name, a.currency, a.masked_number) for a in held}
    assert found == {
        ("Daily", "EUR", ""), ("Daily", "USD", ""), ("Everyday account", "EUR", "··9890"),
    }  # fmt: skip
    before = everything()
    assert row_of(load(folder), "Ana Lee")[4:7] == ["4", "0", "4"]
    assert everything() == before


def test_rows_in_another_currency_get_an_account_of_their_own(folder: Path) -> None:
    (folder / "customers" / "Ben Day.csv").write_text(
        "Date,Currency,Description,Amount\n2026-05-01,EUR,A,10.00\n2026-05-02,USD,B,-20.00\n"
    )
    load(folder)
    before = everything()
    sums = BankAccount.objects.held_by(Customer.objects.get(full_name="Ben Day")).order_by("pk")
    assert {a.currency for a in sums} == {"EUR", "USD"}
    load(folder)
    assert everything() == before


def test_names_that_are_no_text_and_wrong_profiles_are_said(folder: Path) -> None:
    os.rename(
        folder / "customers" / "Ben Day.csv", os.fsencode(folder / "customers") + b"/Ben\xff.csv"
    )
    (folder / "profiles.csv").write_text(
        "name,customer since,currency\nAna Lee,yesterday,\nBen Day,,euro\n"
    )
    said = load(folder, code=1)
    assert "left out (name_unreadable)" in said
    assert "customers/Ana_Lee.csv: profiles.csv, customer since: “yesterday” is not a day." in said
    assert Transaction.objects.count() == 2


def test_generated_folder_goes_in_whole_and_adds_up(tmp_path: Path, north: str) -> None:
    bank = generate_bank("north", seed=3, today=date(2026, 8, 31), customers=4, months=3)
    written = write_folder(bank, tmp_path, lines=600)
    said = load(tmp_path)
    assert row_of(said, "together")[1:3] == [str(written), str(written)]
    assert f"{len(bank.products)} products read" in said
    assert Customer.objects.count() == len(bank.customers)
    from_files = sum(
        Decimal(line.rsplit(",", 2)[1])
        for path in (tmp_path / "customers").iterdir()
        for line in path.read_text().splitlines()[1:]
    )
    assert Transaction.objects.aggregate(s=Sum("amount"))["s"] == from_files
    assert audit_ledger() == []


def test_wrong_use_ends_with_code_two(tmp_path: Path, north: str) -> None:
    for path, bank, words in (
        (tmp_path / "none", NORTH, "no such folder"),
        (tmp_path, NORTH, "holds no customers"),
        (tmp_path, "nowhere", f"no active bank nowhere.*{NORTH}"),
    ):
        with pytest.raises(CommandError, match=words) as refused:
            call_command("load_folder", str(path), bank=bank)
        assert refused.value.returncode == 2
