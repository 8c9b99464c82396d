"""What a plan would do, in figures: counts, the bar over them, sums by currency and kind, days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils.functional import Promise

from transactions.imports import reading
from transactions.imports import verdict_codes as codes
from transactions.imports.pages import reasons
from transactions.imports.pages.planned_rows import planned_rows
from transactions.imports.pages.words import KINDS, VERDICTS
from transactions.models import ImportBatch

# Rows whose days are looked through for the first and last new one.
LOOKED_THROUGH = 20_000
# Mended at once for all rows by saying which account they belong to.
ACCOUNT_CODES = ("account_unknown", "account_missing", "currency_mismatch")
# Hue of each verdict in the bar, in the order they stand there.
_HUES = (
    ("new", "k1"), ("same", "k7"), ("changed", "k2"), ("doubtful", "k6"), ("rejected", "f-bad"),
    ("not_transactions", "ground"),
)  # fmt: skip
_GAP = 0.3


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of the bar, in per cent of its length, and what its legend says."""

    hue: str
    x: str
    width: str
    name: str | Promise
    rows: int


@dataclass(frozen=True, slots=True)
class KindSums:
    """Money of the new rows of one kind; `money_out` is positive."""

    kind: str  # income, expense, transfer, or "" for none
    name: str | Promise
    rows: int
    money_in: Decimal
    money_out: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """Money of the rows that would be new, in one currency."""

    currency: str
    rows: int
    money_in: Decimal
    money_out: Decimal
    kinds: Sequence[KindSums]


@dataclass(frozen=True, slots=True)
class Days:
    """A half-open run of days."""

    start: date
    end: date


@dataclass(frozen=True)
class Summary:
    """The whole of a plan in figures."""

    counts: Mapping[str, int]
    sums: Sequence[Sums]
    days: Days | None
    bar: Sequence[Segment]
    applies: int
    short_hash: str
    reasons: str
    accounts_to_choose: int
    brought_in: int  # doubtful rows that the person took in; -1 for all of them

    def __getattr__(self, name: str) -> int:
        """`summary.new` and so on, 0 where the plan has none."""
        if name in codes.NAMES.values() or name == "rows":
            return self.counts.get(name, 0)
        raise AttributeError(name)


def short(plan_hash: str) -> str:
    """The name of a plan as people read it out."""
    return f"{plan_hash[:4]}-{plan_hash[4:8]}" if plan_hash else ""


def counts_of(batch: ImportBatch) -> dict[str, int]:
    return {name: int(batch.counts.get(name) or 0) for name in ("rows", *codes.NAMES.values())}


def summary_of(batch: ImportBatch) -> Summary:
    counts = counts_of(batch)
    doubtful = batch.choices.get("doubtful", [])
    by_code = _rejected_by_code(batch) if counts["rejected"] else {}
    return Summary(
        counts=counts,
        sums=[_sums(currency, kinds) for currency, kinds in batch.sums.items()],
        days=_days_of_new(batch, counts),
        bar=_bar(counts),
        applies=counts["new"] + counts["changed"],
        short_hash=short(batch.plan_hash),
        reasons=reasons.in_words(by_code),
        accounts_to_choose=sum(by_code.get(code, 0) for code in ACCOUNT_CODES),
        brought_in=-1 if doubtful == "all" else len(doubtful),
    )


def _rejected_by_code(batch: ImportBatch) -> dict[str, int]:
    rows = batch.issues.filter(verdict="rejected").values_list("code")
    return dict(rows.annotate(n=Count("id")).order_by("-n", "code"))


def _sums(currency: str, by_kind: Mapping[str, Mapping[str, Any]]) -> Sums:
    kinds = [
        KindSums(
            kind=kind,
            name=KINDS.get(kind, kind),
            rows=int(of["rows"]),
            money_in=Decimal(str(of["in"])),
            money_out=Decimal(str(of["out"])),
        )
        for kind, of in by_kind.items()
    ]
    order = list(KINDS)
    kinds.sort(key=lambda k: order.index(k.kind) if k.kind in order else len(order))
    return Sums(
        currency=currency,
        rows=sum(k.rows for k in kinds),
        money_in=sum((k.money_in for k in kinds), Decimal(0)),
        money_out=sum((k.money_out for k in kinds), Decimal(0)),
        kinds=kinds,
    )


def _bar(counts: Mapping[str, int]) -> list[Segment]:
    """The verdicts side by side; one that is there at all can be seen."""
    there = [(name, hue) for name, hue in _HUES if counts[name]]
    whole = sum(counts[name] for name, _hue in there)
    if not whole:
        return []
    room = 100 - _GAP * (len(there) - 1)
    shares = [max(counts[name] / whole, 0.006) for name, _hue in there]
    scale = room / sum(shares)
    pieces, at = [], 0.0
    for (name, hue), share in zip(there, shares, strict=True):
        width = share * scale
        pieces.append(Segment(hue, f"{at:.2f}%", f"{width:.2f}%", VERDICTS[name], counts[name]))
        at += width + _GAP
    return pieces


def _days_of_new(batch: ImportBatch, counts: Mapping[str, int]) -> Days | None:
    """From the first to the last new row; of a long file that is new in part, None."""
    if not counts["new"]:
        return None
    other = counts["same"] + counts["changed"] + counts["doubtful"]
    if not other and batch.counts.get("first_day"):
        first = date.fromisoformat(batch.counts["first_day"])
        last = date.fromisoformat(batch.counts["last_day"])
        return Days(first, last + timedelta(days=1))
    if counts["rows"] > LOOKED_THROUGH:
        return None
    verdicts = reading.verdicts_of(batch)
    days = [
        row["booked_on"]
        for row in planned_rows(batch)
        if row["n"] < len(verdicts) and verdicts[row["n"]] == ord(codes.NEW)
    ]
    return Days(min(days), max(days) + timedelta(days=1)) if days else None
