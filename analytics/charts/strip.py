"""What is regular: a strip of dots, one for each of the last payments and one for the next."""

from collections.abc import Sequence
from datetime import date

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from analytics import formats
from analytics.charts.svg import el, join

DOTS = 12
_STEP, _RADIUS, _HEIGHT = 16, 5, 20


def strip(
    dates: Sequence[tuple[date, date]],
    next_on: date | None,
    *,
    window: int,
    locale: str,
    name: str,
) -> SafeString:
    """The dots, oldest first: full in its window, a square outside of it, open for the next.

    `dates` are (expected, booked), at most the last 12 are drawn; `window` in days. Each dot says its days.
    """
    shown = list(dates)[-DOTS:]
    drawn = []
    for place, (expected, booked) in enumerate(shown):
        x = _STEP * place + _STEP / 2
        said = formats.day(booked, locale, "medium")
        if abs((booked - expected).days) > window:
            said = _("%(day)s, due %(due)s") % {
                "day": said,
                "due": formats.day(expected, locale, "medium"),
            }
            shape = el(
                "rect",
                el("title", said),
                class_="f-warn",
                x=x - _RADIUS,
                y=_HEIGHT / 2 - _RADIUS,
                width=2 * _RADIUS,
                height=2 * _RADIUS,
            )
        else:
            shape = el("circle", el("title", said), class_="k1", cx=x, cy=_HEIGHT / 2, r=_RADIUS)
        drawn.append(shape)
    width = _STEP * max(len(shown), 1)
    if next_on is not None:
        said = _("next: %(day)s") % {"day": formats.day(next_on, locale, "medium")}
        drawn.append(
            el(
                "circle",
                el("title", said),
                class_="open l-brand",
                cx=width + _STEP / 2,
                cy=_HEIGHT / 2,
                r=_RADIUS,
            )
        )
        width += _STEP
    return el(
        "svg",
        join(drawn),
        class_="strip",
        viewBox=f"0 0 {width} {_HEIGHT}",
        width=width,
        height=_HEIGHT,
        role="img",
        aria_label=_label(shown, next_on, locale, name),
    )


def _label(shown: Sequence[tuple[date, date]], next_on: date | None, locale: str, name: str) -> str:
    if not shown:
        return name
    said = _("%(name)s: %(first)s to %(last)s") % {
        "name": name,
        "first": formats.day(shown[0][1], locale, "medium"),
        "last": formats.day(shown[-1][1], locale, "medium"),
    }
    if next_on is None:
        return said
    return _("%(said)s, next %(day)s") % {
        "said": said,
        "day": formats.day(next_on, locale, "medium"),
    }
