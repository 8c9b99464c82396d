"""Numbers, money and days as people read them; the locale is always an argument.

Screen text only: a real minus sign, a narrow space before the per cent sign. Files and the API
write plain numbers.
"""

import re
from copy import copy
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from analytics.metrics.figures import Figure
from transactions import plain_money

MINUS = "\u2212"
NARROW_SPACE = "\u202f"
EM_DASH = "\u2014"
EN_DASH = "\u2013"
NO_BREAK_SPACE = "\u00a0"
MAX_DECIMALS = 4
_LETTER_DIGIT = re.compile(r"([^\W\d_])(\d)")


@lru_cache(maxsize=64)
def locale_of(name: str) -> Locale:
    """Babel's locale for a profile's or language's name; English where it is unknown."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en")


# Plain "en" reads day before month, like the sentences; "en_US" and others as written there.
_PLAIN_ENGLISH = {"full": "EEEE d MMMM y", "long": "d MMMM y", "medium": "d MMM y"}


def _date(value: date, style: str, locale: str) -> str:
    pattern = _PLAIN_ENGLISH.get(style, style) if locale == "en" else style
    return format_date(value, format=pattern, locale=locale_of(locale))


@lru_cache(maxsize=256)
def _currency_pattern(locale: str, decimals: int) -> NumberPattern:
    pattern: NumberPattern = copy(locale_of(locale).currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return pattern


def _apply(amount: Decimal, currency: str, locale: str, decimals: int) -> str:
    text = _currency_pattern(locale, decimals).apply(
        amount, locale_of(locale), currency=currency, currency_digits=False
    )
    # A currency without a sign of its own stands apart from its digits: CZK 1,234.00.
    return _LETTER_DIGIT.sub(f"\\1{NO_BREAK_SPACE}\\2", text)


def decimals_of(amount: Decimal, currency: str) -> int:
    """Decimals to show: the currency's own, more where the amount really has them (at most 4)."""
    exponent = amount.normalize().as_tuple().exponent
    own = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return max(plain_money.decimals_of(currency), min(own, MAX_DECIMALS))


def _sign(text: str, *, plus: bool) -> str:
    text = text.replace("-", MINUS)
    return f"+{text}" if plus else text


def money(
    amount: Decimal | int,
    currency: str,
    locale: str = "en",
    *,
    signed: bool = False,
    whole: bool = False,
) -> str:
    """An amount with its currency: −€48.20, ¥1,200, KWD 1.250.

    `signed` adds a plus to money in; `whole` leaves out decimals that are all zero (axes, budgets).
    """
    amount = Decimal(amount)
    if amount == 0:
        amount = Decimal(0)  # never "−€0.00"
    decimals = decimals_of(amount, currency)
    if whole and amount == amount.to_integral_value():
        decimals = 0
    return _sign(_apply(amount, currency, locale, decimals), plus=signed and amount > 0)


def short_money(amount: Decimal | int, currency: str, locale: str = "en") -> str:
    """An axis label: €3k, €1.5m, €1.25m; never used for a figure."""
    amount = Decimal(amount)
    for size, letter in ((Decimal(1_000_000), "m"), (Decimal(1_000), "k")):
        if abs(amount) >= size:
            share = (amount / size).quantize(Decimal("0.01")).normalize()
            decimals = max(0, -int(share.as_tuple().exponent))
            return _sign(_apply(share, currency, locale, decimals), plus=False) + letter
    return money(amount, currency, locale, whole=True)


def number(value: Decimal | int, locale: str = "en", *, signed: bool = False) -> str:
    text = format_decimal(value, locale=locale_of(locale), decimal_quantization=False)
    return _sign(text, plus=signed and value > 0)


def percent(value: Decimal | int, locale: str = "en", *, signed: bool = False) -> str:
    """A percentage with the decimals it was given: 36.7 becomes 36.7 %, 32.0 becomes 32.0 %.

    The space before the sign is narrow and does not break.
    """
    value = Decimal(value)
    exponent = value.as_tuple().exponent
    places = min(max(-exponent, 0), MAX_DECIMALS) if isinstance(exponent, int) else 0
    pattern = "#,##0" + ("." + "0" * places if places else "")
    text = format_decimal(value, format=pattern, locale=locale_of(locale))
    return f"{_sign(text, plus=signed and value > 0)}{NARROW_SPACE}%"


def rate(value: Decimal, locale: str = "en") -> str:
    """An exchange rate with every digit it was counted by: 0.9213, 162.35."""
    return number(value.normalize() if value else value, locale)


def symbol(currency: str, locale: str = "en") -> str:
    return get_currency_symbol(currency, locale=locale_of(locale))


def figure_text(figure: Figure, locale: str = "en", *, signed: bool = False) -> str:
    """A figure's value in its unit; an em dash where there is none."""
    value = figure.value
    if value is None:
        return EM_DASH
    if figure.unit == "money":
        return money(value, figure.currency or "", locale, signed=signed)
    if figure.unit == "percent":
        return percent(value, locale, signed=signed)
    if figure.unit == "months":
        text = number(value, locale)
        return ngettext("%(n)s month", "%(n)s months", 1 if value == 1 else 2) % {"n": text}
    return number(value, locale, signed=signed)


def figure_html(
    figure: Figure, locale: str = "en", *, signed: bool = False, label: str = ""
) -> SafeString:
    """A figure as every page prints it: a link to its rows that carries its exact value.

    `label` prints a word (a category's name) in place of the number; the number stays in the data.
    """
    value = figure.value
    exact = "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
    data = format_html(
        ' data-metric="{}" data-value="{}" data-unit="{}"', figure.metric, exact, figure.unit
    )
    if figure.currency:
        data += format_html(' data-currency="{}"', figure.currency)
    text: str = label or figure_text(figure, locale, signed=signed)
    if figure.value is None and not label:
        why = figure.note or gettext("There is no such figure for this period.")
        text = format_html('<span title="{}">{}</span><span class="sr"> {}</span>', why, text, why)
    kind = "fig word" if label else "fig none" if figure.value is None else "fig"
    if figure.trace:
        return format_html('<a class="{}" href="{}"{}>{}</a>', kind, figure.trace, data, text)
    return format_html('<span class="{}"{}>{}</span>', kind, data, text)


def day(value: date, locale: str = "en", style: str = "long") -> str:
    """A day: "21 November 2026"; style `full` adds the weekday, `medium` shortens the month."""
    return _date(value, style, locale)


def day_short(value: date, locale: str = "en") -> str:
    """A day inside a chart or a row that already names the year: "21 Nov"."""
    return _date(value, "d MMM", locale)


def month(value: date, locale: str = "en", *, short: bool = False, year: bool = True) -> str:
    """A month's name: "November 2026", "Nov 2026", "Nov"."""
    pattern = ("LLL" if short else "LLLL") + (" y" if year else "")
    return _date(value, pattern, locale)


def period(start: date, end: date, locale: str = "en") -> str:
    """A half-open period in words, its last day included: "November 2026", "1–21 November 2026"."""
    last = end - timedelta(days=1)
    if last <= start:
        return day(start, locale)
    whole_months = start.day == 1 and end.day == 1
    if whole_months and (start.year, start.month) == (last.year, last.month):
        return month(start, locale)
    if whole_months and start.month == 1 and last.month == 12:
        return str(start.year) if start.year == last.year else f"{start.year}{EN_DASH}{last.year}"
    if whole_months:
        first = month(start, locale, year=start.year != last.year)
        return gettext("%(first)s to %(last)s") % {"first": first, "last": month(last, locale)}
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}{EN_DASH}{day(last, locale)}"
    first = day(start, locale) if start.year != last.year else _date(start, "d MMMM", locale)
    return gettext("%(first)s to %(last)s") % {"first": first, "last": day(last, locale)}
