"""The command as a person types it; no test here may open a database unless it says so."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import NORTH, REPO

KEYS = [
    "file", "adapter", "layout", "transactions", "not_transactions", "rejected", "first_date",
    "last_date", "money_out", "money_in", "refused",
]  # fmt: skip
GOOD = "Date,Text,Amount\n2024-08-01,BREAD,-3.20\n2024-08-02,WAGES,900.00\nTotal,,896.80\n"


def _json(*args: Any) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("read_export", *args, "--json", stdout=out)
    read: list[dict[str, Any]] = json.loads(out.getvalue())
    return read


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.csv"
    file.write_text(GOOD)
    return file


def test_json_has_exactly_the_named_keys(good: Path) -> None:
    (read,) = _json(good)
    assert list(read) == KEYS
    assert read["file"] == str(good)
    assert read["adapter"] == "GENERIC_CSV"
    assert read["layout"]["date_order"] == "ymd"
    assert (read["transactions"], read["not_transactions"], read["rejected"]) == (2, 1, [])
    assert (read["first_date"], read["last_date"]) == ("2024-08-01", "2024-08-02")
    assert (read["money_out"], read["money_in"]) == ("3.20", "900.00")
    assert read["refused"] is None


def test_rejected_rows_are_named_by_line_column_and_code(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(GOOD + "2024-02-31,X,-1.00\n2024-08-03,X,1e9\n")
    (read,) = _json(file)
    assert read["rejected"] == [
        {"line": 5, "column": "Date", "code": "date_impossible"},
        {"line": 6, "column": "Amount", "code": "amount_format"},
    ]


def test_refused_file_ends_with_code_one_and_its_sentence(good: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("read_export", good, empty, "--json", stdout=out)
    assert end.value.code == 1
    first, second = json.loads(out.getvalue())
    assert first["refused"] is None
    assert second["refused"] == {"code": "empty", "message": "The file is empty."}
    assert second["adapter"] is None
    assert (second["money_out"], second["transactions"]) == ("0.00", 0)


@pytest.mark.parametrize(
    "args", [("nowhere.csv",), ("{good}", "--as", "NO_SUCH"), ("{good}", "--as", "chase")]
)
def test_wrong_arguments_end_with_code_two(args: tuple[str, ...], good: Path) -> None:
    with pytest.raises(CommandError) as error:
        call_command("read_export", *(a.format(good=good) for a in args))
    assert error.value.returncode == 2


def test_named_adapter_refuses_another_banks_file(good: Path) -> None:
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("read_export", good, "--as", "CHASE", "--json", stdout=out)
    assert json.loads(out.getvalue())[0]["refused"]["code"] == "wrong_format"


def test_text_says_what_was_found_and_why(good: Path) -> None:
    out = StringIO()
    call_command("read_export", good, stdout=out)
    text = out.getvalue()
    for words in ("GENERIC_CSV", "day order", "minus is money out", "transactions       2", "3.20"):
        assert words in text


def test_several_currencies_are_never_added(tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text(
        "Date,Text,Amount,Currency\n2024-08-01,A,-1.00,EUR\n2024-08-02,B,-2.00,USD\n"
        "2024-08-03,C,5.00,EUR\n"
    )
    (read,) = _json(file)
    assert (read["money_out"], read["money_in"]) == ("EUR 1.00, USD 2.00", "5.00")


def test_no_database_is_needed(good: Path) -> None:
    """In a process of its own, with a database address at which nobody answers."""
    nobody = "postgres://nobody:x@127.0.0.1:9/none"
    run = subprocess.run(
        [sys.executable, "manage.py", "read_export", str(good), "--json"],
        cwd=REPO, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "DATABASE_URL": nobody, "DJANGO_SETTINGS_MODULE": "config.settings_test"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)[0]["transactions"] == 2


@pytest.mark.django_db
def test_saved_mapping_of_the_bank_is_used(tmp_path: Path) -> None:
    from accounts.banks.tenancy import in_bank
    from transactions.adapters import Layout
    from transactions.models import ImportProfile

    file = tmp_path / "odd.csv"
    file.write_text("Date,Text,Amount\n03/04/2024,GROCER,-1.00\n")
    layout = Layout(
        adapter="GENERIC_CSV", first_line=2, header=("Date", "Text", "Amount"), widths=(3,),
        columns={"booked_on": (0,), "text": (1,), "amount": (2,)}, date_order="mdy",
    )  # fmt: skip
    with in_bank(NORTH):
        ImportProfile.objects.create(
            name="Odd", signature=layout.signature(), layout=layout.to_json()
        )
        ImportProfile.objects.create(name="Old", signature="x", layout={"adapter": "GONE", "x": 1})
    (read,) = _json(file, "--bank", NORTH)
    assert (read["refused"], read["first_date"]) == (None, "2024-03-04")
    with pytest.raises(CommandError, match="no bank nowhere"):
        _json(file, "--bank", "nowhere")
