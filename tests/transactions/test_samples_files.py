import csv
import tracemalloc
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from transactions.categories.reference import map_source_category
from transactions.samples.bank import SampleBank
from transactions.samples.files import account_lines, write_csv, write_folder
from transactions.samples.generate import generate_bank

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def bank() -> SampleBank:
    return generate_bank("north", seed=1, today=TODAY, customers=6)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_has_customers_products_and_profiles(bank: SampleBank, tmp_path: Path) -> None:
    written = write_folder(bank, tmp_path)
    names = {path.stem for path in (tmp_path / "customers").iterdir()}
    assert names == {customer.full_name for customer in bank.customers}
    rows = [row for path in (tmp_path / "customers").iterdir() for row in _read(path)]
    assert len(rows) == written
    assert set(rows[0]) == {"date", "description", "amount", "category"}
    assert {row["name"] for row in _read(tmp_path / "profiles.csv")} == names
    assert len(_read(tmp_path / "products.csv")) == len(bank.products)


def test_a_persons_file_is_their_everyday_account_and_card(
    bank: SampleBank, tmp_path: Path
) -> None:
    write_folder(bank, tmp_path)
    rows = _read(tmp_path / "customers" / "John Doe.csv")
    keys = {"N-0001-current", "N-0001-card"}
    lines = [row for row in bank.transactions if row.account in keys and not row.pending]
    assert sum(Decimal(row["amount"]) for row in rows) == sum(row.amount for row in lines)
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert all(map_source_category(row["category"]) for row in rows)


@pytest.mark.parametrize("lines", [0, 5, 100, 10_001])
def test_a_folder_of_a_wanted_size(bank: SampleBank, tmp_path: Path, lines: int) -> None:
    assert write_folder(bank, tmp_path, lines=lines) == lines
    sizes = [len(_read(path)) for path in (tmp_path / "customers").iterdir()]
    assert sum(sizes) == lines
    assert max(sizes) - min(sizes) <= 1


def test_a_long_account_is_exactly_as_long_as_wanted(tmp_path: Path) -> None:
    lines = list(account_lines(2_000, seed=1, today=TODAY))
    assert len(lines) == 2_000
    assert lines == list(account_lines(2_000, seed=1, today=TODAY))
    assert lines != list(account_lines(2_000, seed=2, today=TODAY))
    assert [row.booked_on for row in lines] == sorted(row.booked_on for row in lines)
    assert lines[-1].booked_on <= TODAY
    assert {row.amount > 0 for row in lines} == {True, False}
    assert write_csv(lines, tmp_path / "a.csv", rows=1_500) == 1_500
    assert len(_read(tmp_path / "a.csv")) == 1_500


def test_the_chase_layout_has_a_running_balance(tmp_path: Path) -> None:
    write_csv(account_lines(50, seed=1, today=TODAY), tmp_path / "c.csv", layout="chase_checking")
    rows = _read(tmp_path / "c.csv")
    assert list(rows[0])[:3] == ["Details", "Posting Date", "Description"]
    assert Decimal(rows[-1]["Balance"]) == sum(Decimal(row["Amount"]) for row in rows)
    assert all((row["Details"] == "DEBIT") == (Decimal(row["Amount"]) < 0) for row in rows)


def test_memory_stays_flat_on_a_long_file(tmp_path: Path) -> None:
    tracemalloc.start()
    write_csv(account_lines(20_000, seed=1, today=TODAY), tmp_path / "l.csv", rows=20_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


def test_the_command_writes_a_folder_and_a_single_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, single = tmp_path / "folder", tmp_path / "one.csv"
    call_command("generate_sample", customers=3, rows=30, today=TODAY, out=folder, seed=5)
    call_command("generate_sample", single="generic", rows=40, today=TODAY, out=single)
    assert len(list((folder / "customers").iterdir())) == 3
    assert len(_read(single)) == 40
    assert "40 lines" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"rows": -1}])
def test_the_command_refuses_what_makes_no_sense(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("generate_sample", today=TODAY, out=tmp_path, **wrong)


def test_the_command_names_a_place_it_cannot_write_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Can't write"):
        call_command("generate_sample", customers=1, today=TODAY, out=tmp_path / "file")
