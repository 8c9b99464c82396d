"""Amounts as people and banks write them, read exactly: own grammar first, Decimal after.

`Decimal()` alone takes `1_000`, full-width digits, `NaN` and `1e3000000` (minutes of work once it
becomes an int), so nothing reaches it that the patterns below have not passed.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

MAX_DIGITS = 20
MAX_INTEGER_DIGITS = 15  # the ledger keeps NUMERIC(19,4)
MAX_DECIMALS = 4
MAX_LENGTH = 64

# What a bank prints where there is nothing: read as an empty cell, never as zero.
BLANKS = frozenset({"", "-", "--", "–", "—", "n/a", "N/A"})

SYMBOLS = {
    "£": "GBP",
    "€": "EUR",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "₪": "ILS",
    "₩": "KRW",
    "₴": "UAH",
    "zł": "PLN",
    "Kč": "CZK",
    "Ft": "HUF",
    "R$": "BRL",
    "C$": "CAD",
    "A$": "AUD",
    "US$": "USD",
    "CA$": "CAD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    # One sign, several currencies: the file must say which.
    "$": "",
    "¥": "",
    "kr": "",
    "kr.": "",
    "Fr.": "",
    "R": "",
}

_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f\u2002\u2003", " "))
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2010": "-", "\ufe63": "-", "’": "'"})
_CURRENCY = (
    "(?:[A-Z]{3}(?![A-Za-z])|"
    + "|".join(re.escape(s) for s in sorted(SYMBOLS, key=len, reverse=True))
    + ")"
)


def _pattern(mark: str) -> re.Pattern[str]:
    thousands = "[ ',]" if mark == "." else "[ '.]"
    lakh = r"|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}" if mark == "." else ""
    whole = rf"(?:[0-9]{{1,3}}(?P<sep>{thousands})[0-9]{{3}}(?:(?P=sep)[0-9]{{3}})*{lakh}|[0-9]+)"
    number = rf"(?:{whole}(?:{re.escape(mark)}[0-9]*)?|{re.escape(mark)}[0-9]+)"
    return re.compile(
        rf"(?P<open>\()? ?(?P<s1>[+-])? ?(?P<c1>{_CURRENCY})? ?(?P<s2>[+-])? ?"
        rf"(?P<number>{number}) ?(?P<s3>[+-])? ?(?P<c2>{_CURRENCY})? ?(?P<close>\))?"
        rf" ?(?P<flag>CR|DR|Cr|Dr|cr|dr|C|D|H|S)?\.?"
    )


_PATTERNS = {".": _pattern("."), ",": _pattern(",")}
_PLAIN = {
    ".": re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,4})?").fullmatch,
    ",": re.compile(r"-?[0-9]{1,13}(?:,[0-9]{1,4})?").fullmatch,
}
_FIGURE = {
    ".": re.compile(r"-?(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,4})?").fullmatch,
    ",": re.compile(r"-?(?:0|[1-9][0-9]{0,12})(?:,[0-9]{1,4})?").fullmatch,
}
_FLAGS = {"cr": 1, "c": 1, "h": 1, "dr": -1, "d": -1, "s": -1}
_EXPONENT = re.compile(r"[+-]?[0-9][0-9.,]*[eE][+-]?[0-9]+")


class AmountError(ValueError):
    """An amount that cannot be read: `code` for programs, `reason` and `fix` for people."""

    def __init__(self, code: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.fix = code, reason, fix


class Amount(NamedTuple):
    """One amount read: its value as signed in the text, and what was said beside the figure."""

    value: Decimal
    stated: int  # +1 or -1 where a sign, bracket or CR/DR says so, else 0
    currency: str  # ISO code where the text names one, else ""


def parse_amount(text: str, mark: str = ".") -> Decimal:
    """The signed value of `text`, whose decimal mark is `mark` (`.` or `,`).

    Raises
    ------
    AmountError
        With code amount_missing, amount_format, amount_precision or amount_size.
    """
    if _PLAIN[mark](text):
        return Decimal(text if mark == "." else text.replace(",", "."))
    return read_amount(text, mark).value


def plain_figure(text: str, mark: str = ".") -> str:
    """The amount without trailing zeros and with a dot, or "" unless it is plainly written.

    What it answers is `fingerprints.amount_text(parse_amount(text, mark))`, without a Decimal.
    """
    if _FIGURE[mark](text) is None:
        return ""
    if mark == ",":
        text = text.replace(",", ".")
    if text[-1] == "0" and "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=4096)
def read_amount(text: str, mark: str = ".") -> Amount:
    """As `parse_amount`, with the sign the text states (0 if it states none) and its currency."""
    clean = _clean(text)
    if clean in BLANKS:
        raise AmountError("amount_missing", "There is no amount.", "Type the amount.")
    if len(clean) > MAX_LENGTH:
        raise AmountError(
            "amount_size",
            f"The amount is {len(clean)} characters long.",
            f"Write at most {MAX_DIGITS} digits.",
        )
    found = _PATTERNS[mark].fullmatch(clean)
    if found is None:
        raise AmountError("amount_format", *_explain(clean, mark))
    return _value(found, clean, mark)


def _value(found: re.Match[str], clean: str, mark: str) -> Amount:
    parts = found.groupdict()
    signs = [parts[name] for name in ("s1", "s2", "s3") if parts[name]]
    bracket = bool(parts["open"])
    if bracket != bool(parts["close"]) or len(signs) + bracket > 1:
        raise AmountError(
            "amount_format", f"“{clean}” states its sign twice or half.", "Write one sign."
        )
    if parts["c1"] and parts["c2"]:
        raise AmountError(
            "amount_format", f"“{clean}” names two currencies.", "Name the currency once."
        )
    flag = _FLAGS[parts["flag"].lower()] if parts["flag"] else 0
    stated = -1 if bracket else (0 if not signs else (1 if signs[0] == "+" else -1))
    if flag and stated:
        raise AmountError(
            "amount_format", f"“{clean}” has a sign and {parts['flag']}.", "Keep one of the two."
        )
    stated = stated or flag
    whole, _, decimals = parts["number"].partition(mark)
    whole = re.sub("[^0-9]", "", whole)
    significant = decimals.rstrip("0")
    if len(whole.lstrip("0")) > MAX_INTEGER_DIGITS or len(whole + significant) > MAX_DIGITS:
        raise AmountError(
            "amount_size",
            "The amount has more digits than any account can hold.",
            f"Write at most {MAX_INTEGER_DIGITS} digits before the decimal mark.",
        )
    if len(significant) > MAX_DECIMALS:
        raise AmountError(
            "amount_precision",
            f"The amount has {len(significant)} decimals; four are kept.",
            "Round it to at most four decimals.",
        )
    value = Decimal(f"{whole or '0'}.{decimals[:MAX_DECIMALS]}" if decimals else whole or "0")
    named = parts["c1"] or parts["c2"] or ""
    currency = SYMBOLS.get(named, named)
    return Amount(-value if stated < 0 else value, stated, currency)


def fits(text: str, mark: str) -> bool:
    """Whether `text` is an amount when its decimal mark is `mark`."""
    clean = _clean(text)
    if clean in BLANKS or len(clean) > MAX_LENGTH:
        return False
    found = _PATTERNS[mark].fullmatch(clean)
    if found is None:
        return False
    try:
        _value(found, clean, mark)
    except AmountError:
        return False
    return True


def _clean(text: str) -> str:
    return text.translate(_SPACES).translate(_SIGNS).strip()


def is_blank(text: str) -> bool:
    """Whether the cell states no amount at all (empty, or a dash standing for nothing)."""
    if text[-1:].isdigit():
        return False
    return text in BLANKS or text.translate(_SPACES).strip() in BLANKS


def _explain(clean: str, mark: str) -> tuple[str, str]:
    other = "," if mark == "." else "."
    words = {".": "a dot", ",": "a comma"}
    if re.fullmatch(r"[+-]?(?:nan|inf|infinity)", clean, re.IGNORECASE):
        return f"“{clean}” is not a number.", "Type the amount in digits."
    if _EXPONENT.fullmatch(clean):
        return "The amount is written with an exponent.", "Write it out in full."
    if "_" in clean and fits(clean.replace("_", ""), mark):
        return "Digits are parted by an underscore.", f"Type {clean.replace('_', '')}"
    ascii_digits = "".join(str(int(c)) if c.isdecimal() else c for c in clean).replace("．", ".")
    if ascii_digits != clean:
        if fits(ascii_digits, mark):
            return "The digits are not plain 0 to 9.", f"Type {ascii_digits}"
        return "The digits are not plain 0 to 9.", "Type the amount in plain digits."
    letters = clean.translate(str.maketrans("OolI", "0011"))
    if letters != clean and any(c.isdigit() for c in clean) and fits(letters, mark):
        return "A letter stands in place of a digit.", f"Type {letters}"
    if fits(clean, other):
        swapped = clean.translate(str.maketrans(".,", ",."))
        fix = f"Type {swapped}" if fits(swapped, mark) else f"Use {words[mark]}."
        return f"The decimal mark is {words[other]}; this file uses {words[mark]}.", fix
    return f"“{clean[:40]}” is not an amount.", f"Type it as 1234{mark}56"
