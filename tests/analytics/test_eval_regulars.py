"""Regular payments of a real bank, held against its standing orders: `eval_regulars`."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def measured(folder: Path) -> dict:  # type: ignore[type-arg]
    out = StringIO()
    call_command("eval_regulars", data=str(folder), json=True, stdout=out)
    found: dict = json.loads(out.getvalue())  # type: ignore[type-arg]
    return found


def test_standing_orders_are_found_in_both_halves(data: Path) -> None:
    found = measured(data / "berka")
    halves = found["halves"]
    print({name: (half["recall"], half["precision"]) for name, half in halves.items()})
    assert found["orders"] > 500
    for half in halves.values():
        assert half["recall"] >= 0.95 and half["precision"] >= 0.90
    assert all(
        file["recall"] >= 0.95 and file["precision"] >= 0.90 for file in found["files"].values()
    )
    assert len(found["misses"]) == found["orders"] - found["found"]


HEAD = "trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account\n"


def small(folder: Path, rows: str, orders: str = "") -> Path:
    (folder / "order.csv").write_text(
        "order_id;account_id;bank_to;account_to;amount;k_symbol\n" + orders
    )
    (folder / "trans.csv").write_text(HEAD + rows)
    return folder


def test_an_order_whose_payments_are_scattered_is_a_miss(tmp_path: Path) -> None:
    days = ("960105", "960205", "960305", "960405", "960505", "960605")
    regular = "".join(f"1;1;{d};VYDAJ;PREVOD NA UCET;500;0;;AB;77\n" for d in days)
    odd = ("960102", "960109", "960325", "960326", "960530", "960701")
    scattered = "".join(f"2;2;{d};VYDAJ;PREVOD NA UCET;500;0;;AB;78\n" for d in odd)
    found = measured(small(tmp_path, regular + scattered, "1;1;AB;77;500.00;\n2;2;AB;78;500.00;\n"))
    assert (found["orders"], found["found"], found["recall"]) == (2, 1, 0.5)
    assert [miss["order"] for miss in found["misses"]] == ["2"]


def test_a_stream_without_order_and_symbol_is_wrong(tmp_path: Path) -> None:
    days = ("960105", "960205", "960305", "960405", "960505", "960605")
    rows = "".join(f"1;1;{d};VYDAJ;PREVOD NA UCET;500;0;;AB;77\n" for d in days)
    found = measured(small(tmp_path, rows))
    assert found["precision"] == 0 and found["recall"] is None and found["wrong"]


def test_a_missing_or_other_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"order\.csv is not in the folder"):
        measured(tmp_path)
    (tmp_path / "order.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="No file of transactions"):
        measured(tmp_path)
    (tmp_path / "trans.csv").write_text(HEAD)
    with pytest.raises(CommandError, match="isn't as the Berka data is"):
        measured(tmp_path)


def test_the_plain_report_names_both_halves(data: Path) -> None:
    out = StringIO()
    call_command("eval_regulars", data=str(data / "berka"), stdout=out)
    assert "even numbers: recall" in out.getvalue() and "odd numbers: recall" in out.getvalue()
