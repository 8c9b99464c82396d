"""Reads of issued forecasts: what the last published night says, and how good its method has been."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from analytics.forecasts.models import ForecastIssue, ForecastScore
from analytics.nights.models import Run
from transactions import periods

REPLAYED = "replayed"
# A run's name in an address: its business day and the first digits of the state of the books.
_HASH_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Score:
    """How the method did on months that have since ended; errors in usual monthly steps."""

    mase: float
    naive_mase: float
    coverage_ratio: float | None
    series: int

    @property
    def beats_naive(self) -> bool:
        return self.mase < self.naive_mase


@dataclass(frozen=True, slots=True)
class Ahead:
    """One month ahead, and the band that holds four outcomes in five."""

    month: date
    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Issued:
    """One flow of one customer as one run issued it; no points = too little history."""

    flow: str
    currency: str
    model: str
    months_used: int
    months_needed: int
    last_month: date
    points: Sequence[Ahead]
    score: Score | None
    run_name: str
    run_day: date
    published_at: datetime | None

    @property
    def first_month(self) -> date:
        """First month of the history it rests on."""
        return periods.add_months(self.last_month.replace(day=1), 1 - max(self.months_used, 1))


def run_name(run: Run) -> str:
    """What an address calls a run: the same night over the same books has the same name."""
    return _name(run.business_day, run.inputs_hash)


def issued(customer_pk: int, currency: str, *, run: str = "") -> dict[str, Issued]:
    """A customer's forecasts by flow, of the run named or of the last one published; one query.

    An unknown run has none.
    """
    runs = Run.objects.filter(state=Run.State.PUBLISHED).order_by("-published_at", "-id")
    if run:
        day, _, digits = run.rpartition("-")
        try:
            runs = runs.filter(
                business_day=date.fromisoformat(day), inputs_hash__startswith=digits or "-"
            )
        except ValueError:
            return {}
    rows = (
        ForecastIssue.objects.filter(
            customer_id=customer_pk, currency=currency, run=Subquery(runs.values("pk")[:1])
        )
        .annotate(
            mase=_score("mase"),
            naive_mase=_score("naive_mase"),
            coverage_ratio=_score("coverage_ratio"),
            series=_score("series"),
        )
        .order_by("pk", "points__month")
        .values(
            "flow", "model", "months_used", "months_needed", "issued_through", "mase", "naive_mase",
            "coverage_ratio", "series", "points__month", "points__value", "points__low", "points__high",
            day=F("run__business_day"), books=F("run__inputs_hash"), at=F("run__published_at"),
        )
    )  # fmt: skip
    return _gathered(rows, currency)


def _score(name: str) -> Subquery:
    """One number of the record of an issue's own method."""
    scores: QuerySet[ForecastScore] = ForecastScore.objects.filter(
        run=OuterRef("run"), flow=OuterRef("flow"), model=OuterRef("model"), basis=REPLAYED
    )
    return Subquery(scores.values(name)[:1])


def _gathered(rows: Iterable[Any], currency: str) -> dict[str, Issued]:
    found: dict[str, Issued] = {}
    points: dict[str, list[Ahead]] = {}
    for row in rows:
        flow = row["flow"]
        ahead = points.setdefault(flow, [])
        if row["points__month"]:
            ahead.append(
                Ahead(
                    row["points__month"],
                    row["points__value"],
                    row["points__low"],
                    row["points__high"],
                )
            )
        if flow not in found:
            known = row["mase"] is not None and row["naive_mase"] is not None
            found[flow] = Issued(
                flow=flow,
                currency=currency,
                model=row["model"],
                months_used=row["months_used"],
                months_needed=row["months_needed"],
                last_month=row["issued_through"],
                points=ahead,
                score=Score(row["mase"], row["naive_mase"], row["coverage_ratio"], row["series"])
                if known
                else None,
                run_name=_name(row["day"], row["books"]),
                run_day=row["day"],
                published_at=row["at"],
            )
    return found


def _name(day: date, books: str) -> str:
    return f"{day:%Y-%m-%d}-{books[:_HASH_DIGITS]}"
