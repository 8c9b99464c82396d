"""Formatting in templates: figures, money, days, icons, in the bank's locale."""

from datetime import date
from decimal import Decimal
from typing import Protocol

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from analytics import formats
from analytics.charts.table import Amount, Badge, Cell, Link
from analytics.metrics.figures import Figure
from transactions.rates.book import Rate

register = template.Library()


class HasDays(Protocol):
    """Anything with a half-open run of days: a period, a slice's period."""

    start: date
    end: date


def locale_in(context: Context) -> str:
    bank = context.get("bank")
    return getattr(bank, "locale", "") or "en"


@register.simple_tag(takes_context=True)
def figure(context: Context, fig: Figure, *, signed: bool = False, label: str = "") -> SafeString:
    """A figure with its format and the link to its rows."""
    return formats.figure_html(fig, locale_in(context), signed=signed, label=label)


@register.simple_tag(takes_context=True)
def figure_text(context: Context, fig: Figure, *, signed: bool = False) -> str:
    """A figure's text alone, for a title or an aria-label."""
    return formats.figure_text(fig, locale_in(context), signed=signed)


@register.simple_tag(takes_context=True)
def money(
    context: Context, amount: Decimal | None, currency: str, *, signed: bool = False
) -> SafeString:
    """The amount of one row, in its cell: a sum without rows of its own."""
    if amount is None:
        return format_html('<span class="money" data-cell>{}</span>', formats.EM_DASH)
    text = formats.money(amount, currency, locale_in(context), signed=signed)
    return format_html('<span class="money" data-cell>{}</span>', text)


@register.simple_tag(takes_context=True)
def percent(context: Context, value: Decimal | int | None, *, signed: bool = False) -> SafeString:
    """A percentage that belongs to a row, in its cell."""
    text = (
        formats.EM_DASH
        if value is None
        else formats.percent(value, locale_in(context), signed=signed)
    )
    return format_html("<span data-cell>{}</span>", text)


@register.simple_tag(takes_context=True)
def rate(context: Context, value: Rate) -> SafeString:
    """A rate with who says so and of which day: 0.9213 (ECB, 3 Nov)."""
    locale = locale_in(context)
    said = [value.source, formats.day_short(value.day, locale)]
    if value.via:
        said.append(gettext("crossed through %(currency)s") % {"currency": value.via})
    elif value.is_turned:
        said.append(gettext("turned round"))
    return format_html(
        "<span data-cell>{}</span> ({})", formats.rate(value.value, locale), ", ".join(said)
    )


@register.simple_tag(takes_context=True)
def number(context: Context, value: Decimal | int | None, *, signed: bool = False) -> str:
    if value is None:
        return formats.EM_DASH
    return formats.number(value, locale_in(context), signed=signed)


@register.simple_tag(takes_context=True)
def period(context: Context, value: HasDays) -> str:
    return formats.period(value.start, value.end, locale_in(context))


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | None, style: str = "long") -> SafeString | str:
    """A day in words, machine-readable too. Styles: full, long, medium, short ("21 Nov")."""
    if value is None:
        return formats.EM_DASH
    locale = locale_in(context)
    text = (
        formats.day_short(value, locale) if style == "short" else formats.day(value, locale, style)
    )
    return format_html('<time datetime="{}">{}</time>', f"{value:%Y-%m-%d}", text)


@register.simple_tag(takes_context=True)
def month(context: Context, value: date, *, short: bool = False) -> str:
    return formats.month(value, locale_in(context), short=short)


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of static/icons.svg; decoration only, the word stands beside it."""
    kind = f"icon {classes}" if classes else "icon"
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#{}"/></svg>',
        kind,
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def cell(context: Context, value: Cell) -> SafeString | str:
    """A table's cell: each kind of value in its own form, plain text escaped."""
    if isinstance(value, Figure):
        return figure(context, value)
    if isinstance(value, Amount):
        return money(context, value.value, value.currency, signed=value.signed)
    if isinstance(value, Link):
        return format_html('<a class="plain" href="{}">{}</a>', value.url, value.text)
    if isinstance(value, Badge):
        sign = icon(value.icon) if value.icon else ""
        return format_html('<span class="badge {}">{}{}</span>', value.kind, sign, value.text)
    if isinstance(value, date):
        return day(context, value, "medium")
    if value is None:
        return formats.EM_DASH
    if isinstance(value, int):
        return formats.number(value, locale_in(context))
    return value


@register.filter
def is_figure(value: object) -> bool:
    return isinstance(value, Figure)


@register.simple_tag
def initials(name: str) -> str:
    """Up to two letters for an avatar or a row's glyph; takes a name or an e-mail address."""
    words = [word for word in name.split("@")[0].replace(".", " ").split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.simple_block_tag(takes_context=True)
def card(
    context: Context,
    content: str,
    question: str = "",
    *,
    answer: str = "",
    span: str = "c12",
    id: str = "",
    url: str = "",
    action: str = "",
) -> SafeString:
    """A card: the question small, the answer large, then what stands between the tags.

    `url` and `action` are the one link at the right of the question.
    """
    return render_to_string(
        "parts/_card.html",
        {
            "question": question,
            "answer": answer,
            "span": span,
            "id": id,
            "url": url,
            "action": action,
            "body": content,
            "bank": context.get("bank"),
        },
    )
