"""Calendar days as banks write them: 31/12/2024, 12/31/24, 2024-12-31, 20241231, 31 Dec 2024.

A cell is read in one of three orders, `dmy`, `mdy` or `ymd`; which one is the file's is decided
from all its rows, never from one. A year written first with four digits, or a month written in
letters, reads the same in every order. The time of day behind a day is passed over: a booking day
is the bank's own calendar day, as the bank printed it.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

ORDERS = ("dmy", "mdy", "ymd")
FIRST_YEAR, LAST_YEAR = 1900, 2199
MAX_LENGTH = 48

_TIME = (
    r"[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
)
_AFTER = re.compile(rf"(?:[T ,-] ?|, )(?:at )?{_TIME}$")
_BEFORE = re.compile(rf"^{_TIME},? ")
_THREE = re.compile(r"([0-9]{1,4})([-/. ]|\. )([0-9]{1,2})([-/. ]|\. )([0-9]{1,4})\.?")
_COMPACT = re.compile(r"[0-9]{8}|[0-9]{6}")
_DAY_NAME = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th)?[-./ ,]*([^\W\d_]{3,12})\.?[-./ ,]*([0-9]{2,4})"
)
_NAME_DAY = re.compile(r"([^\W\d_]{3,12})\.?[-/ ]*([0-9]{1,2})(?:st|nd|rd|th)?,?[-/ ]+([0-9]{2,4})")
_YEAR_NAME = re.compile(r"([0-9]{4})[-./ ]+([^\W\d_]{3,12})\.?[-./ ]+([0-9]{1,2})")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,10}\.?,? (?=[0-9])")
_DATE_LIKE = re.compile(
    r"[0-9]{1,4}[-/. ]+(?:[0-9]{1,2}|[^\W\d_]{3,12})\.?[-/. ,]+[0-9]{1,4}|[0-9]{8}"
)

_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar marz april mai juni juli august september oktober november dezember",
    "at": "janner feber maerz apr mai jun jul aug sep okt nov dez",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "cs": "leden unor brezen duben kveten cerven cervenec srpen zari rijen listopad prosinec",
    "cs2": "ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince",
    "pl": "styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad "
    "grudzien",
}
# Short forms that the first three letters do not settle ("jui" is June or July in French).
_SHORT = {"juin": 6, "juil": 7, "jui": 0, "mrt": 3, "mrz": 3, "sept": 9, "ene": 1, "abr": 4}
# "listopad" is November in Czech and in Polish; "cerven" and "cervenec" share five letters.


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("ß", "ss")


def _month_table() -> dict[str, int]:
    table: dict[str, int] = {}
    short: dict[str, set[int]] = {}
    for names in _MONTHS.values():
        for number, name in enumerate(names.split(), start=1):
            table.setdefault(name, number)
            short.setdefault(name[:3], set()).add(number)
    for stem, numbers in short.items():
        if len(numbers) == 1:
            table.setdefault(stem, next(iter(numbers)))
    table.update(_SHORT)
    return table


_MONTH = _month_table()


class DayError(ValueError):
    """A day that cannot be read: `code` for programs, `reason` and `fix` for people."""

    def __init__(self, code: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.fix = code, reason, fix


def parse_day(text: str, order: str = "ymd") -> date:
    """The calendar day of `text`, read in `order`.

    Raises
    ------
    DayError
        With code date_missing, date_format, date_impossible (31 February) or date_order (a day that
        only another order can read).
    """
    clean = _clean(text)
    if not clean:
        raise DayError("date_missing", "There is no day.", "Type the day.")
    readings = list(_readings(clean, order)) if len(clean) <= MAX_LENGTH else []
    for year, month, day in readings:
        found = _date(year, month, day)
        if found is not None:
            return found
    others = [r for o in ORDERS if o != order for r in _readings(clean, o)]
    if not (readings or others) or len(clean) > MAX_LENGTH:
        raise DayError(
            "date_format", f"“{clean[:40]}” is not a day.", f"Type it as {EXAMPLES[order]}"
        )
    if any(_date(*reading) for reading in others):
        raise DayError(
            "date_order",
            f"“{clean}” is no day when read as {LABELS[order]}, the order of this file.",
            f"Type it as {EXAMPLES[order]}, or change the day order.",
        )
    reason = _impossible(*(readings or others)[0])
    raise DayError("date_impossible", reason, "Type a day that exists.")


LABELS = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
EXAMPLES = {"dmy": "31/12/2024", "mdy": "12/31/2024", "ymd": "2024-12-31"}


@lru_cache(maxsize=8192)
def orders_fitting(text: str) -> frozenset[str]:
    """The orders in which `text` is a real day; empty if it is none."""
    clean = _clean(text)
    if not clean or len(clean) > MAX_LENGTH:
        return frozenset()
    return frozenset(o for o in ORDERS if any(_date(*r) for r in _readings(clean, o)))


def looks_like_day(text: str) -> bool:
    """Whether `text` has the shape of a day, real or not (31/02/2024 has)."""
    clean = _clean(text)
    return len(clean) <= MAX_LENGTH and _DATE_LIKE.fullmatch(clean) is not None


def _clean(text: str) -> str:
    clean = text.strip().strip("'")
    if len(clean) <= 10 and clean.isascii():
        return clean
    clean = " ".join(clean.split())[: MAX_LENGTH + 1]
    clean = _BEFORE.sub("", _AFTER.sub("", clean))
    leading = _WEEKDAY.match(clean)
    if leading and not _month(leading[0].strip(" .,")):
        clean = clean[leading.end() :]
    return clean.strip()


def _readings(clean: str, order: str) -> Iterator[tuple[int, int, int]]:
    """Every (year, month, day) that `clean` may state in `order`, the likeliest first."""
    if found := _THREE.fullmatch(clean):
        a, first, b, second, c = found.groups()
        if first != second or (len(a) > 2 and len(a) != 4) or (len(c) > 2 and len(c) != 4):
            return
        if len(a) == 4:
            if len(c) <= 2:
                yield int(a), int(b), int(c)
        elif order == "ymd":
            if len(c) <= 2:
                yield _year(a), int(b), int(c)
        elif order == "dmy":
            yield _year(c), int(b), int(a)
        else:
            yield _year(c), int(a), int(b)
    elif _COMPACT.fullmatch(clean):
        yield from _compact(clean, order)
    elif found := _DAY_NAME.fullmatch(clean):
        if month := _month(found[2]):
            yield _year(found[3]), month, int(found[1])
    elif found := _NAME_DAY.fullmatch(clean):
        if month := _month(found[1]):
            yield _year(found[3]), month, int(found[2])
    elif (found := _YEAR_NAME.fullmatch(clean)) and (month := _month(found[2])):
        yield int(found[1]), month, int(found[3])


def _compact(clean: str, order: str) -> Iterator[tuple[int, int, int]]:
    if len(clean) == 8 and (order == "ymd" or clean[:2] in ("19", "20")):
        yield int(clean[:4]), int(clean[4:6]), int(clean[6:])
    if order == "ymd":
        if len(clean) == 6:
            yield _year(clean[:2]), int(clean[2:4]), int(clean[4:])
        return
    first, second, year = int(clean[:2]), int(clean[2:4]), _year(clean[4:])
    yield (year, second, first) if order == "dmy" else (year, first, second)


def _year(digits: str) -> int:
    if len(digits) > 2:
        return int(digits)
    return int(digits) + (2000 if int(digits) < 80 else 1900)


def _month(name: str) -> int:
    folded = _fold(name)
    return _MONTH.get(folded) or (_MONTH.get(folded[:3], 0) if len(folded) == 4 else 0)


def _date(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _impossible(year: int, month: int, day: int) -> str:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return f"The year {year} is outside {FIRST_YEAR} to {LAST_YEAR}."
    if not 1 <= month <= 12:
        return f"There is no month {month}."
    name = _MONTHS["en"].split()[month - 1].capitalize()
    return f"{name} {year} has no day {day}."
