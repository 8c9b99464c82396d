"""Drawing by hand: escaped SVG elements, scales with round steps. No numbers are made here.

Sizes are SVG attributes and colours are classes, so that the strict content policy holds and dark
needs no second drawing. Floats stand for pixels alone.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe

from analytics.metrics.figures import Figure

Attr = str | int | float | None


def px(value: float) -> str:
    """A coordinate with at most one decimal: 12, 12.5."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def el(name: str, *children: str, **attrs: Attr) -> SafeString:
    """One element, everything escaped. `class_` and `text_anchor` become class and text-anchor."""
    written = []
    for key, value in attrs.items():
        if value is None:
            continue
        label = key.rstrip("_").replace("_", "-")
        text = px(value) if isinstance(value, float) else escape(str(value))
        written.append(f' {label}="{text}"')
    inside = "".join(conditional_escape(child) for child in children)
    start = f"<{name}{''.join(written)}"
    # Every part above was escaped.
    return mark_safe(f"{start}>{inside}</{name}>" if inside else f"{start}/>")  # noqa: S308


def join(parts: Iterable[str]) -> SafeString:
    return mark_safe("".join(conditional_escape(part) for part in parts))  # noqa: S308


def mark(figure: Figure, title: str, *shapes: str) -> SafeString:
    """A mark that opens its rows and carries its exact value, like a figure in a sentence."""
    value = "" if figure.value is None else f"{Decimal(figure.value):f}"
    inside = join([el("title", title), *shapes])
    if not figure.trace:
        return el("g", inside, data_metric=figure.metric, data_value=value)
    return format_html(
        '<a href="{}" data-metric="{}" data-value="{}">{}</a>',
        figure.trace,
        figure.metric,
        value,
        inside,
    )


def hatch(name: str, colour: str) -> SafeString:
    """The pattern of a month that is not over."""
    return el(
        "pattern",
        el("rect", class_="hatch-ground", width=6, height=6),
        el("rect", class_=colour, width="3.5", height=6),
        id=name,
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )


def bar_path(x: float, width: float, top: float, base: float) -> str:
    """A bar with round upper corners; one too low for corners is a plain box."""
    if base - top < 4:
        return f"M{px(x)} {px(base)}V{px(top)}h{px(width)}V{px(base)}z"
    return f"M{px(x)} {px(base)}V{px(top + 3)}q0-3 3-3h{px(width - 6)}q3 0 3 3V{px(base)}z"


def polyline(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{px(x)} {px(y)}" for x, y in points)


@dataclass(frozen=True, slots=True)
class Box:
    """The plot inside a drawing: outer size, and the edges of the area that data may use."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    base: int

    @property
    def narrow(self) -> bool:
        return self.name == "narrow"

    def svg(self, label: str, *children: str) -> SafeString:
        return el(
            "svg",
            *children,
            class_=self.name,
            viewBox=f"0 0 {self.width} {self.height}",
            role="group",
            aria_label=label,
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels; `ticks` are round and at most five."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[Decimal, ...]

    def at(self, value: Decimal | float | int) -> float:
        share = (float(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def scale(
    values: Iterable[Decimal | int | None], start: float, end: float, *, zero: bool = True
) -> Scale:
    """A scale over the values; from zero unless told otherwise (lines only)."""
    found = [float(value) for value in values if value is not None] or [0.0]
    low, high = min(found), max(found)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        high = low + 1
    # The finest round step that leaves room between at most five lines.
    for step in _round_steps(high - low):
        first = math.ceil(low / step - 1e-9) if zero else math.floor(low / step + 1e-9)
        count = math.floor(high / step + 1e-9)
        if count - first < 5:
            break
    ticks = tuple(Decimal(str(step)) * i for i in range(first, count + 1))
    return Scale(min(low, float(ticks[0])), high, start, end, ticks)


def _round_steps(span: float) -> list[float]:
    """Round steps from fine to coarse, about a tenth of the span to all of it."""
    power = 10.0 ** (math.floor(math.log10(span)) - 1)
    return [factor * power * scale for scale in (1, 10, 100) for factor in (1, 2, 2.5, 5)]


def value_axis(box: Box, axis: Scale, labels: Sequence[str]) -> SafeString:
    """Horizontal lines with their labels at the left; the line at zero is darker."""
    drawn = []
    for tick, label in zip(axis.ticks, labels, strict=True):
        y = axis.at(tick)
        kind = "axis" if tick == 0 else "gridline"
        drawn.append(el("line", class_=kind, x1=box.left, x2=box.right, y1=y, y2=y))
        drawn.append(el("text", label, class_="tick", x=box.left - 8, y=y + 4, text_anchor="end"))
    return join(drawn)
