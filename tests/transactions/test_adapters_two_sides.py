"""Two columns of amounts without names: asked about, and neither of them ever passed over."""

from io import BytesIO
from pathlib import Path

import pytest

from transactions.adapters import Layout, Line, Refused, Reject, detect, rows

BOTH = b"2022-01-01,1,\n2022-01-02,1,0\n2022-01-03,1,2\n"


def _asked(content: bytes, **choices: str) -> Layout:
    with pytest.raises(Refused) as refusal:
        detect(content, choices=choices)
    assert refusal.value.code == "ambiguous_sign" and refusal.value.detection is not None
    return refusal.value.detection.layout


def _check_both(content: bytes, line: int) -> None:
    layout = _asked(content)
    assert layout.sign == "two_columns" and "amount" not in layout.columns
    for reading, out, back, amounts in (
        (layout, (1,), (2,), ["-1", "-1"]),
        (layout.flipped(), (2,), (1,), ["1", "1"]),
    ):
        assert (reading.columns["money_out"], reading.columns["money_in"]) == (out, back)
        read = list(rows(BytesIO(content), reading))
        assert [str(r.amount) for r in read if isinstance(r, Line)] == amounts
        (bad,) = [r for r in read if isinstance(r, Reject)]
        assert (bad.line, bad.code) == (line, "both_in_and_out")
        assert bad.column in ("column 2", "column 3")
        assert bad.reason == "Both money out and money in are filled."


def test_a_row_with_amounts_in_both_is_rejected_by_either_answer() -> None:
    _check_both(BOTH, 3)


def test_the_malformed_export_gives_up_its_last_row(data: Path) -> None:
    content = (data / "exports/malformed/both_in_and_out.csv").read_bytes()
    _check_both(content, len(content.splitlines()))


@pytest.mark.parametrize(
    "content",
    [
        b"2022-01-01,1.50,0.00\n2022-01-02,0.00,2.50\n2022-01-03,3.50,0.00\n",
        b"2022-01-01,1.50,\n2022-01-02,,2.50\n2022-01-03,3.50,\n",
    ],
)
def test_each_side_is_read_where_the_other_is_zero_or_empty(content: bytes) -> None:
    layout = _asked(content)
    assert "amount" not in layout.columns
    read = [r for r in rows(BytesIO(content), layout) if isinstance(r, Line)]
    assert [str(r.amount) for r in read] == ["-1.50", "2.50", "-3.50"]


def test_a_column_filled_on_every_row_beside_another_stays_a_stated_balance() -> None:
    layout = _asked(b"2022-01-01,1.50,10.00\n2022-01-02,2.50,70.00\n2022-01-03,3.50,30.00\n")
    assert (layout.columns["amount"], layout.columns["balance"]) == ((1,), (2,))


def test_a_sign_said_of_one_column_does_not_answer_for_two() -> None:
    assert _asked(BOTH, sign="signed").sign == "two_columns"
    assert detect(BOTH, choices={"sign": "two_columns"}).layout.columns["money_out"] == (1,)
