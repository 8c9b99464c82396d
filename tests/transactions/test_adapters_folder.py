"""A folder of customers: who is in it, and what is amiss."""

from datetime import date
from pathlib import Path

import pytest

from transactions.adapters import Line, Refused, detect, rows
from transactions.adapters.folder import read_folder

LINES = "date,description,amount,category\n2024-08-01,BREAD,-3.20,Food\n"


def _folder(path: Path, **profiles: str) -> Path:
    (path / "customers").mkdir()
    for name in ("Ana_Lee", "Zoë Day"):
        (path / "customers" / f"{name}.csv").write_text(LINES)
    (path / "profiles.csv").write_text(
        "Full Name;AGE;City;Job;Hobby\nAna Lee;25-34;Leeds;employed;chess\nzoe day;35-44;;;\n"
    )
    (path / "products.csv").write_text("Product ID,Product Name,Type\np1,Gold card,card\n,,\n")
    return path


def test_customers_are_matched_with_their_profiles_by_name(tmp_path: Path) -> None:
    folder = read_folder(_folder(tmp_path))
    assert [c.name for c in folder.customers] == ["Ana Lee", "zoe day"]
    ana, zoe = folder.customers
    assert ana.path == tmp_path / "customers" / "Ana_Lee.csv"
    assert zoe.path == tmp_path / "customers" / "Zoë Day.csv"
    assert ana.profile == {
        "name": "Ana Lee", "age_bracket": "25-34", "location": "Leeds",
        "employment_status": "employed", "hobby": "chess",
    }  # fmt: skip
    assert folder.products == ({"code": "p1", "name": "Gold card", "kind": "card"},)
    assert folder.notes == ()


def test_what_is_amiss_is_noted_and_costs_nobody_else(tmp_path: Path) -> None:
    _folder(tmp_path)
    (tmp_path / "customers" / "notes.md").write_text("x")
    (tmp_path / "customers" / "New Person.csv").write_text(LINES)
    with (tmp_path / "profiles.csv").open("a") as file:
        file.write("Ana Lee;1;;;\nNo File;2;;;\n;3;;;\n")
    folder = read_folder(tmp_path)
    assert [c.name for c in folder.customers] == ["Ana Lee", "New Person", "No File", "zoe day"]
    assert folder.customers[0].profile["age_bracket"] == "25-34"
    assert len(folder.notes) == 5


def test_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(LINES)
    inside = tmp_path / "in"
    inside.mkdir()
    _folder(inside)
    (inside / "customers" / "Eve.csv").symlink_to(secret)
    assert "Eve" not in [c.name for c in read_folder(inside).customers]


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"\xff\xfe", b'name,age\n"Ana'])
def test_damaged_profiles_leave_the_files(content: bytes, tmp_path: Path) -> None:
    _folder(tmp_path)
    (tmp_path / "profiles.csv").write_bytes(content)
    assert {"Ana Lee", "Zoë Day"} <= {c.name for c in read_folder(tmp_path).customers}


def test_empty_and_absent_folders_are_refused(tmp_path: Path) -> None:
    for path, code in ((tmp_path, "no_customers"), (tmp_path / "none", "no_folder")):
        with pytest.raises(Refused) as refusal:
            read_folder(path)
        assert refusal.value.code == code


def test_generated_folder_is_read_whole(tmp_path: Path) -> None:
    from transactions.samples.files import write_folder
    from transactions.samples.generate import generate_bank

    bank = generate_bank("north", seed=3, today=date(2026, 8, 31), customers=4, months=3)
    written = write_folder(bank, tmp_path, lines=400)
    folder = read_folder(tmp_path)
    assert len(folder.customers) == len(bank.customers)
    assert folder.notes == ()
    count = 0
    for customer in folder.customers:
        assert customer.path is not None
        content = customer.path.read_bytes()
        with customer.path.open("rb") as stream:
            read = list(rows(stream, detect(content).layout))
        assert all(isinstance(r, Line) for r in read)
        count += len(read)
    assert count == written
