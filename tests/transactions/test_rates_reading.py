"""Files of rates: both layouts, every fault with its line, all or nothing."""

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.audit.models import AuditEntry
from tests.conftest import NORTH, SOUTH
from transactions.models import ExchangeRate
from transactions.rates.reading import NewRate, RatesUnreadable, read_rates
from transactions.rates.services import RatesDiffer, store_rates

DAY = date(2026, 11, 3)


def test_the_long_layout_is_read_in_any_order_of_columns() -> None:
    text = "rate;day;quote;base;source\n0.9213;2026-11-03;EUR;usd;House bank\n"
    assert read_rates(StringIO(text)) == [
        NewRate("USD", "EUR", DAY, Decimal("0.9213"), "House bank")
    ]


def test_the_central_banks_history_is_read_against_the_euro() -> None:
    text = "Date,USD,JPY,ISK,\n2026-11-03,1.0854,162.35,N/A,\n2026-11-02,1.0850,,,\n"
    found = read_rates(StringIO(text))
    assert [(r.base, r.quote, r.day.day, str(r.rate), r.source) for r in found] == [
        ("EUR", "USD", 3, "1.0854", "ECB"), ("EUR", "JPY", 3, "162.35", "ECB"),
        ("EUR", "USD", 2, "1.0850", "ECB"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("03.11.2026,USD,EUR,0.9,x", "Line 2: “03.11.2026” isn't a day"),
        ("2026-11-03,USD,EUR,0,x", "Line 2: “0” isn't a rate"),
        ("2026-11-03,USD,EUR,-1,x", "isn't a rate"),
        ("2026-11-03,USD,EUR,1e5,x", "isn't a rate"),
        ("2026-11-03,USD,EUR,NaN,x", "isn't a rate"),
        ("2026-11-03,USD,EUR,1.12345678901,x", "at most ten decimals"),
        ("2026-11-03,USD,USD,1,x", "no rate to itself"),
        ("2026-11-03,QQQ,EUR,1,x", "“QQQ” is no currency"),
        ("2026-11-03,USD,EUR,0.9,", "Nobody is named"),
        ("2026-11-03,USD,EUR,0.9,x\n2026-11-03,USD,EUR,0.8,x", "there already in line 2"),
    ],
)
def test_a_fault_is_told_with_its_line(row: str, said: str) -> None:
    with pytest.raises(RatesUnreadable) as error:
        read_rates(StringIO(f"day,base,quote,rate,source\n{row}\n"))
    assert said in str(error.value)


def test_a_file_without_a_known_header_is_refused() -> None:
    for text in ("", "a,b\n1,2\n", "Date\n2026-11-03\n", "Date,USD\n"):
        with pytest.raises(RatesUnreadable):
            read_rates(StringIO(text))


def one(rate: str = "0.9213", source: str = "ECB") -> NewRate:
    return NewRate("USD", "EUR", DAY, Decimal(rate), source)


def test_a_file_twice_changes_nothing_and_another_rate_is_refused(north: str) -> None:
    first = store_rates([one()])
    assert (first.new, first.same, first.replaced) == (1, 0, 0)
    again = store_rates([one()])
    assert (again.new, again.same) == (0, 1)
    with pytest.raises(RatesDiffer, match="2026-11-03"):
        store_rates([one("0.93"), NewRate("GBP", "EUR", DAY, Decimal("1.1"), "ECB")])
    assert ExchangeRate.objects.count() == 1
    assert store_rates([one("0.93", "bank")], replace=True).replaced == 1
    assert ExchangeRate.objects.get().source == "bank"
    assert AuditEntry.objects.filter(act="rates.loaded").count() == 2


def test_the_command_brings_a_file_into_one_bank_alone(
    north: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from accounts.banks.tenancy import in_bank, in_public

    file = tmp_path / "eurofxref-hist.csv"
    file.write_text("Date,USD,JPY,\n2026-11-03,1.0854,162.35,\n")
    with in_public():
        call_command("load_rates", str(file), bank=NORTH, dry_run=True)
        assert "2 rates would be new" in capsys.readouterr().out
        call_command("load_rates", str(file), bank=NORTH)
        assert "2 rates new" in capsys.readouterr().out
        with pytest.raises(CommandError, match="no active bank"):
            call_command("load_rates", str(file), bank="nowhere")
        file.write_text("Date,USD\n2026-11-03,-\n")
        with pytest.raises(CommandError, match="no rate in this file"):
            call_command("load_rates", str(file), bank=NORTH)
    with in_bank(NORTH):
        assert ExchangeRate.objects.count() == 2
    with in_bank(SOUTH):
        assert not ExchangeRate.objects.exists()
