"""The catalogue of layouts: files in the shape of each are read right, by detection and by the bank's name."""

from collections import Counter
from io import BytesIO

import pytest

from tests.transactions.made_layouts import Truth, file_of
from transactions.adapters import ROLES, Line, Refused, detect, rows
from transactions.adapters.catalogue import Known, by_key, layouts
from transactions.adapters.catalogue.fitting import fitting
from transactions.adapters.sample import Sample

# Days without a year: no reader can know which one.
YEARLESS = {"de-kreissparkasse"}


def judged(content: bytes, truth: list[Truth], **choices: str) -> str:
    """ "right", "refused <code>" or "wrong": every row with its day, its amount and its text."""
    try:
        found = detect(content, choices=choices)
    except Refused as refusal:
        return f"refused {refusal.code}"
    read = [r for r in rows(BytesIO(content), found.layout) if isinstance(r, Line)]
    same = [(r.booked_on, r.amount) for r in read] == [(t.day, t.amount) for t in truth]
    texts = all(t.text in f"{r.text} {r.counterparty}" for r, t in zip(read, truth, strict=False))
    return "right" if same and texts else "wrong"


def test_every_layout_is_whole() -> None:
    assert len(layouts()) == 153
    assert len({known.key for known in layouts()}) == 153
    for known in layouts():
        assert set(known.columns) <= {*ROLES, "-"}
        assert known.places("booked_on") and any(known.places(r) for r in ("amount", "money_out"))
        assert known.days in ("dmy", "mdy", "ymd", "")
        assert (known.sign == "direction") == bool(known.places("direction"))
        assert known.source in ("bank2ynab", "firefly-iii")
        assert by_key(known.key) is known


def test_files_in_the_shape_of_each_layout_are_read_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alone: Counter[str] = Counter()
    by_hand: Counter[str] = Counter()
    missed = []
    for known in layouts():
        content, truth = file_of(known)
        verdict = judged(content, truth)
        alone[verdict] += 1
        by_hand[judged(content, truth, catalogue=known.key)] += 1
        if verdict != "right" and known.key not in YEARLESS:
            missed.append((known.key, verdict))
    with capsys.disabled():
        print(f"\nlayouts: by detection {dict(alone)}; by the bank's name {dict(by_hand)}")
    assert alone["right"] >= 0.9 * len(layouts()), missed
    assert not alone["wrong"] and not by_hand["wrong"], missed
    assert by_hand["right"] == len(layouts()) - len(YEARLESS)


def opaque(known: Known, rows: int) -> tuple[bytes, list[Truth]]:
    """The same file with names that say nothing."""
    content, truth = file_of(known, rows=rows)
    lines = content.decode("latin-1").split("\r\n")
    if known.lines_before:
        names = [f"Feld {chr(97 + at % 26)}" for at in range(len(known.columns))]
        lines[known.lines_before - 1] = known.delimiter.join(names)
    return "\r\n".join(lines).encode("latin-1"), truth


def test_files_whose_names_say_nothing_are_read_by_the_banks_name() -> None:
    """What detection can't know of three rows, the chosen layout does."""
    found = Counter(
        judged(*opaque(known, 3), catalogue=known.key)
        for known in layouts()
        if known.key not in YEARLESS
    )
    assert dict(found) == {"right": len(layouts()) - len(YEARLESS)}


def test_a_layout_fits_its_own_file() -> None:
    for known in layouts():
        if known.key in YEARLESS:
            continue
        content, _ = file_of(known)
        keys = {fit.known.key for fit in fitting(Sample(content))}
        assert known.key in keys, known.key


def test_an_open_question_is_settled_where_all_fitting_layouts_agree() -> None:
    """One row without names: which way the money went only the bank's own words say, C and D."""
    known = by_key("nl-rabobank")
    assert known is not None
    content, truth = file_of(known, rows=1)
    found = detect(content)
    assert judged(content, truth) == "right"
    sign = next(e for e in found.evidence if e.field == "sign")
    assert "Rabobank (NL)" in sign.why and not sign.sure


def test_a_narrow_file_is_never_settled_by_the_catalogue() -> None:
    with pytest.raises(Refused) as refusal:
        detect(b"Date,Text,Amount\n03/04/2024,A,-1.00\n")
    assert refusal.value.code == "ambiguous_dates"


def test_a_layout_that_differs_is_refused_with_what_differs() -> None:
    with pytest.raises(Refused) as refusal:
        detect(
            b"Date,Text,Amount\n2024-08-01,A,-1.00\n", choices={"catalogue": "nl-ing-checking-2020"}
        )
    assert refusal.value.code == "layout_differs"
    assert "ING Checking 2020 (NL) have 9 columns parted by semicolon" in refusal.value.message
    with pytest.raises(Refused, match="no such layout"):
        detect(b"Date,Text,Amount\n2024-08-01,A,-1.00\n", choices={"catalogue": "x"})
