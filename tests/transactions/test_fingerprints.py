import time
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.fingerprints import (
    amount_text,
    fingerprint,
    fingerprint_text,
    fingerprinter,
)

DAY = date(2026, 3, 1)


def test_the_frozen_bytes_of_version_one() -> None:
    """Stored rows carry these: a change here is a new version, never a new expectation."""
    made = fingerprint(DAY, Decimal("-4.50"), "  Café\u00a0 ROSE ")
    assert made == sha256("t\x1f2026-03-01\x1f-4.5\x1fcafé rose".encode()).digest()[:16]
    assert made.hex() == "55e26bdb12c77e50823e9a542a137240"
    assert fingerprint(DAY, Decimal(1), "x", "id-7") == sha256(b"p\x1fid-7").digest()[:16]


def test_text_keeps_everything_but_case_width_and_spacing() -> None:
    assert fingerprint_text("ＳＨＯＰ  #12\t REF 9/9\n") == "shop #12 ref 9/9"
    assert fingerprint_text("Straße") == "strasse"
    assert "\x1f" not in fingerprint_text("a\x1fb")


@pytest.mark.parametrize(
    ("amount", "text"),
    [("4.50", "4.5"), ("-100.00", "-100"), ("1E+2", "100"), ("0.00", "0"), ("-0.00", "0"),
     ("0.0010", "0.001"), ("1200", "1200"), ("1E-7", "0.0000001")],
)  # fmt: skip
def test_amounts_lose_only_trailing_zeros(amount: str, text: str) -> None:
    assert amount_text(Decimal(amount)) == text


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_no_number_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        fingerprint(DAY, Decimal(amount), "x")


def test_a_provider_id_stands_alone() -> None:
    one = fingerprint(DAY, Decimal(1), "a", "id")
    assert one == fingerprint(DAY + timedelta(days=1), Decimal(2), "b", "id")
    assert one != fingerprint(DAY, Decimal(1), "a")


def test_day_amount_and_text_each_count() -> None:
    base = (DAY, Decimal("1.00"), "a b")
    others = [
        (DAY + timedelta(days=1), Decimal("1.00"), "a b"),
        (DAY, Decimal("-1.00"), "a b"),
        (DAY, Decimal("1.01"), "a b"),
        (DAY, Decimal("1.00"), "ab"),
    ]
    made = {fingerprint(*row) for row in [base, *others]}
    assert len(made) == 5


@given(
    st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12),
                max_value=10**12),
    st.text(),
    st.sampled_from(["", "p-1"]),
)  # fmt: skip
def test_the_cached_maker_gives_the_same_bytes(
    day: date, amount: Decimal, text: str, provider_id: str
) -> None:
    make = fingerprinter()
    for _ in range(2):
        assert make(day, amount, text, provider_id) == fingerprint(day, amount, text, provider_id)


def test_a_long_file_is_fast() -> None:
    make = fingerprinter()
    rows = [
        (DAY + timedelta(days=i % 365), Decimal(i).scaleb(-2), f"SHOP {i % 5000}", "")
        for i in range(100_000)
    ]
    began = time.perf_counter()
    for row in rows:
        make(*row)
    rate = len(rows) / (time.perf_counter() - began)
    print(f"{rate:,.0f} fingerprints a second")
    # A third of what an idle core does, so that a busy machine does not fail it.
    assert rate > 100_000
