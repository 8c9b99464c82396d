"""The watched folder: what is taken and when, where it goes, what a kill leaves, what is never read."""

import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Role
from tests import factories
from tests.conftest import HOSTS, NORTH, SOUTH
from transactions.audit import audit_ledger
from transactions.imports import services, watched
from transactions.models import BankAccount, ImportBatch, Transaction, WatchedFile

BODY = "Date,Text,Amount\n2026-05-01,Bakery,-4.20\n2026-05-02,Fuel,-48.00\n"
MANY = "Customer,Date,Text,Amount\nW1,2026-05-01,Bakery,-4.20\nWX,2026-05-02,Fuel,-48.00\n"


@pytest.fixture
def root(north: str, tmp_path: Path) -> Path:
    (tmp_path / NORTH / "W1").mkdir(parents=True)
    factories.make_account(customer=factories.make_customer(reference="W1"))
    return tmp_path


def lay(root: Path, place: str, body: str = BODY, *, age: float = 60) -> Path:
    path = root / NORTH / place
    path.write_text(body)
    old = time.time() - age
    os.utime(path, (old, old))
    return path


def sweep(root: Path, settle: float = 0) -> list[watched.Swept]:
    return watched.sweep(root, NORTH, settle_seconds=settle)


def below(root: Path, top: str) -> list[str]:
    found = (root / NORTH / top).rglob("*") if (root / NORTH / top).exists() else iter(())
    return sorted(
        "/".join((*path.relative_to(root / NORTH / top).parts[:-1], path.name.split("-", 2)[-1]))
        for path in found if path.is_file()
    )  # fmt: skip


def test_a_customers_file_goes_in_and_away(root: Path) -> None:
    path = lay(root, "W1/may.csv")
    (swept,) = sweep(root)
    assert swept.moved and swept.row.state == "done" and not path.exists()
    assert below(root, "done") == ["W1/may.csv", "W1/may.csv.note.txt"]
    note = next((root / NORTH / "done/W1").glob("*.note.txt")).read_text()
    assert note.startswith("brought in\n") and "new: 2" in note and "Bakery" not in note
    row = WatchedFile.objects.get()
    assert row.batch and row.batch.source == "watched" and row.moved_at and row.customer
    assert Transaction.objects.filter(account__holders__customer=row.customer).count() == 2
    assert BankAccount.objects.count() == 1, "the only account took it"
    services.undo(row.batch)
    assert not Transaction.objects.exists() and audit_ledger() == []
    assert sweep(root) == []


def test_a_file_for_many_lies_in_the_banks_own_folder(root: Path) -> None:
    lay(root, "many.csv", MANY)
    (swept,) = sweep(root)
    assert swept.row.state == "done" and swept.row.counts["rejected"] == 1
    note = next((root / NORTH / "done").glob("*.note.txt")).read_text()
    assert "line 3, Customer: customer_unknown" in note and "WX" not in note


def test_the_same_again_is_nothing_new(root: Path) -> None:
    for _turn in range(2):
        lay(root, "W1/may.csv")
        sweep(root)
    assert list(WatchedFile.objects.values_list("state", flat=True)) == ["nothing", "done"]
    assert Transaction.objects.count() == 2 and ImportBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("place", "body", "code"),
    [
        ("W1/x.csv", "", "file_empty"),
        ("W1/x.csv", "no table at all", "no_date"),
        ("W9/x.csv", BODY, "customer_unknown"),
        ("x.csv", BODY, "layout_missing"),
        ("x.csv", MANY.replace("W1", "WY"), "no_row"),
        ("W1/x.csv", "Date,Text,Amount\n2026-05-01,A,x\n2026-05-02,B,y\n", "no_amount"),
    ],
)
def test_what_cant_be_brought_in_is_moved_with_its_reason(
    root: Path, place: str, body: str, code: str
) -> None:
    (root / NORTH / "W9").mkdir()
    lay(root, place, body)
    (swept,) = sweep(root)
    assert (swept.row.state, swept.row.code) == ("failed", code)
    assert below(root, "failed") == [place, f"{place}.note.txt"]
    assert f"({code})" in next((root / NORTH / "failed").rglob("*.note.txt")).read_text()
    assert not Transaction.objects.exists() and not ImportBatch.objects.exists()


def test_only_what_is_complete_is_taken(root: Path) -> None:
    fresh = root / NORTH / "W1/fresh.csv"
    fresh.write_text(BODY)
    for name in ("a.csv.part", "b.tmp", ".hidden.csv", "c~"):
        lay(root, f"W1/{name}")
    assert sweep(root, settle=30) == [] and fresh.exists()
    assert [s.row.name for s in sweep(root, settle=0)] == ["fresh.csv"]


def test_a_file_that_grows_while_it_is_read_stays(root: Path, monkeypatch: Any) -> None:
    path = lay(root, "W1/may.csv")
    real = watched.by_hand.bring_file

    def grow(*args: Any, **more: Any) -> Any:
        brought = real(*args, **more)
        with path.open("a") as file:
            file.write("2026-05-03,More,-1.00\n")
        return brought

    monkeypatch.setattr(watched.by_hand, "bring_file", grow)
    assert sweep(root) == [] and path.exists() and not Transaction.objects.exists()
    monkeypatch.undo()
    assert sweep(root)[0].row.counts["new"] == 3


def test_no_name_leads_out(root: Path, tmp_path: Path) -> None:
    """Links to files and folders, second names and pipes are passed over, and so is another bank's folder."""
    secret = tmp_path / "secret.csv"
    secret.write_text(BODY)
    (tmp_path / SOUTH / "W1").mkdir(parents=True)
    (tmp_path / SOUTH / "W1" / "south.csv").write_text(BODY)
    (root / NORTH / "W1/link.csv").symlink_to(secret)
    (root / NORTH / "linked").symlink_to(tmp_path / SOUTH)
    os.link(secret, root / NORTH / "W1/second.csv")
    os.mkfifo(root / NORTH / "W1/pipe.csv")
    assert sweep(root) == [] and not WatchedFile.objects.exists()
    assert secret.exists() and (tmp_path / SOUTH / "W1" / "south.csv").exists()
    (tmp_path / "elsewhere").mkdir()
    (root / NORTH / "done").symlink_to(tmp_path / "elsewhere")
    lay(root, "W1/may.csv")
    (swept,) = sweep(root)
    assert not swept.moved and not any((tmp_path / "elsewhere").iterdir())
    (root / NORTH / "done").unlink()
    assert sweep(root)[0].moved and Transaction.objects.count() == 2


def test_the_banks_folder_itself_is_no_link(root: Path, tmp_path: Path) -> None:
    lay(root, "W1/may.csv")
    (tmp_path / "other").symlink_to(root / NORTH)
    assert watched.sweep(tmp_path, "other", settle_seconds=0) == []
    assert watched.sweep(tmp_path, "absent", settle_seconds=0) == []


class Killed(BaseException):
    """As a SIGKILL: nothing that expects an Exception sees it."""


CALLS = ("open", "fstat", "rename", "mkdir", "write", "listdir", "close")


@pytest.fixture
def killing(monkeypatch: Any) -> Iterator[Any]:
    """Sets the call to the system before which the sweep is killed; -1 for never."""
    state = {"left": -1}

    def wrap(name: str) -> None:
        real = getattr(os, name)

        def call(*args: Any, **more: Any) -> Any:
            if state["left"] == 0 and name != "close":
                state["left"] = -1
                raise Killed(name)
            state["left"] -= state["left"] > 0
            return real(*args, **more)

        monkeypatch.setattr(watched.os, name, call)

    for name in CALLS:
        wrap(name)
    yield state


def test_killed_before_any_call_it_is_done_once(root: Path, killing: Any) -> None:
    """Rows once, the file in done/ once with its note, and one line of it that says it is moved."""
    kills = 0
    for number in count():
        path = lay(root, "W1/may.csv", BODY.replace("Fuel", f"Fuel {number}"))
        killing["left"] = number
        try:
            sweep(root)
        except Killed:
            kills += 1
            killing["left"] = -1
            sweep(root)
        else:
            killing["left"] = -1
            break
        assert not path.exists(), number
        rows = WatchedFile.objects.filter(moved_at__isnull=False)
        assert rows.count() == WatchedFile.objects.count() == number + 1, number
        assert Transaction.objects.filter(raw_text=f"Fuel {number}").count() == 1
        files = below(root, "done")
        assert files.count("W1/may.csv") == files.count("W1/may.csv.note.txt") == number + 1, number
    print(f"{kills} kills, one before each call")
    assert kills >= 10 and audit_ledger() == []


def test_the_command_and_the_staff_page(
    root: Path, settings: Any, capsys: Any, client: Any
) -> None:
    settings.WATCHED_FOLDER = ""
    with pytest.raises(CommandError, match="WATCHED_FOLDER"):
        call_command("watch_folder")
    settings.WATCHED_FOLDER, settings.WATCHED_FOLDER_SETTLE_SECONDS = str(root), 0.0
    with pytest.raises(CommandError, match="no active bank"):
        call_command("watch_folder", bank="nobody")
    lay(root, "W1/may.csv")
    call_command("watch_folder", bank=NORTH)
    said = capsys.readouterr().out
    assert "done, 2 new rows" in said and "may.csv" not in said and "W1" not in said
    lay(root, "W1/bad.csv", "nothing")
    with pytest.raises(SystemExit):
        call_command("watch_folder")
    from accounts.banks.tenancy import in_bank

    with in_bank(NORTH):
        client.force_login(factories.make_person(role=Role.ANALYST))
        page = client.get("/imports/", headers={"host": HOSTS[NORTH]}).content.decode()
        assert "From the watched folder" in page and "Not brought in" in page
