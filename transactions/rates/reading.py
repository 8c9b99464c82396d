"""Files of exchange rates: one rate a row, or one day a row against the euro as the ECB publishes them.

Long: `day,base,quote,rate[,source]`, in any order of columns. Wide: `Date,USD,JPY,…`, one euro in each, empty
or `N/A` where there was none. Comma, semicolon or tab; days as YYYY-MM-DD. Every fault is told with its line,
and one fault refuses the whole file: half a history would be taken for a whole one.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TextIO

from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from transactions.rates.book import EURO

ECB = "ECB"
LONG = ("day", "base", "quote", "rate")
MAX_SOURCE = 40
MAX_FAULTS = 20
MAX_ROWS = 500_000
_NONE = frozenset({"", "N/A", "NA", "-"})
_TOP, _PLACES = Decimal(10) ** 10, 10
_DIGITS = frozenset("0123456789.")


class RatesUnreadable(ValueError):
    """`faults`: what is wrong in which line, and how to mend it."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = list(faults)


@dataclass(frozen=True, slots=True)
class NewRate:
    """One unit of `base` was `rate` units of `quote` on this day."""

    base: str
    quote: str
    day: date
    rate: Decimal
    source: str


def read_rates(stream: TextIO, *, source: str = "") -> list[NewRate]:
    """All rates of a file, in its order. `source` is who says so where the file doesn't (the ECB's does).

    Raises RatesUnreadable with up to twenty faults.
    """
    first = stream.readline().lstrip("\ufeff")
    mark = max(",;\t", key=first.count)
    header = [name.strip() for name in next(csv.reader([first], delimiter=mark), [])]
    names = [name.lower() for name in header]
    rows = csv.reader(islice(stream, MAX_ROWS + 1), delimiter=mark)
    found: _Layout
    if set(LONG) <= set(names):
        found = _Long(names, source)
    elif names[:1] in (["date"], ["day"]) and any(header[1:]):
        found = _Wide(header, source or ECB)
    else:
        raise RatesUnreadable(
            [_("The first line must name day, base, quote and rate, or Date and currencies.")]
        )
    if found.faults:
        raise RatesUnreadable(found.faults)
    made: list[NewRate] = []
    seen: dict[tuple[str, str, date], tuple[int, Decimal]] = {}
    try:
        for line, cells in enumerate(rows, start=2):
            if line > MAX_ROWS:
                raise RatesUnreadable([_("The file has too many lines; split it by years.")])
            if not any(cell.strip() for cell in cells):
                continue
            for one in found.read(line, cells):
                key = (one.base, one.quote, one.day)
                before = seen.setdefault(key, (line, one.rate))
                if before[0] != line and before[1] != one.rate:
                    found.fault(
                        line,
                        _(
                            "%(pair)s of %(day)s is there already in line %(line)d, with another rate."
                        )
                        % {"pair": f"{one.base}/{one.quote}", "day": one.day, "line": before[0]},
                    )
                elif before[0] == line:
                    made.append(one)
            if len(found.faults) >= MAX_FAULTS:
                break
    except csv.Error as error:
        found.fault(0, str(error))
    if found.faults:
        raise RatesUnreadable(found.faults)
    if not made:
        raise RatesUnreadable([_("There is no rate in this file.")])
    return made


class _Layout:
    def __init__(self) -> None:
        self.faults: list[str] = []
        self._known = list_currencies()

    def fault(self, line: int, text: str) -> None:
        where = _("Line %(n)d: ") % {"n": line} if line else ""
        self.faults.append(f"{where}{text}")

    def read(self, line: int, cells: list[str]) -> Iterator[NewRate]:
        raise NotImplementedError

    def day(self, line: int, text: str) -> date | None:
        try:
            if len(text) != 10:
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            self.fault(
                line, _("“%(text)s” isn't a day. Write it as YYYY-MM-DD.") % {"text": text[:20]}
            )
            return None

    def rate(self, line: int, text: str) -> Decimal | None:
        # Decimal() alone would take NaN, 1e9 and digits of other scripts.
        plain = bool(text) and set(text) <= _DIGITS and text.count(".") <= 1 and len(text) <= 21
        value = Decimal(text) if plain and text != "." else Decimal(0)
        places = -int(value.as_tuple().exponent)
        if not 0 < value < _TOP or places > _PLACES:
            self.fault(
                line,
                _(
                    "“%(text)s” isn't a rate. Write it above zero, with a dot and at most ten decimals."
                )
                % {"text": text[:24]},
            )
            return None
        return value

    def currency(self, line: int, text: str) -> str:
        code = text.strip().upper()
        if code not in self._known:
            self.fault(
                line,
                _("“%(text)s” is no currency. Write three letters, such as USD.")
                % {"text": text[:20]},
            )
            return ""
        return code


class _Long(_Layout):
    def __init__(self, names: list[str], source: str) -> None:
        super().__init__()
        self.at = {name: names.index(name) for name in (*LONG, "source") if name in names}
        self.source = source[:MAX_SOURCE]

    def read(self, line: int, cells: list[str]) -> Iterator[NewRate]:
        said = {name: cells[at].strip() if at < len(cells) else "" for name, at in self.at.items()}
        day, rate = self.day(line, said["day"]), self.rate(line, said["rate"])
        base, quote = (self.currency(line, said[name]) for name in ("base", "quote"))
        source = said.get("source", "")[:MAX_SOURCE] or self.source
        if not source:
            self.fault(line, _("Nobody is named who says so. Fill the column source, or name one."))
        if base and base == quote:
            self.fault(line, _("A currency has no rate to itself."))
        elif day and rate and base and quote and source:
            yield NewRate(base, quote, day, rate, source)


class _Wide(_Layout):
    def __init__(self, header: list[str], source: str) -> None:
        super().__init__()
        self.source = source[:MAX_SOURCE]
        # The file ends each line with a comma: a column without a name.
        self.at = [(at, self.currency(1, name)) for at, name in enumerate(header) if at and name]

    def read(self, line: int, cells: list[str]) -> Iterator[NewRate]:
        day = self.day(line, cells[0].strip())
        for at, quote in self.at:
            text = cells[at].strip() if at < len(cells) else ""
            if text in _NONE or quote == EURO:
                continue
            rate = self.rate(line, text)
            if day and rate:
                yield NewRate(EURO, quote, day, rate, self.source)
