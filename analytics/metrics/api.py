"""Figures for programs: the same registry as the pages, each with its trace."""

from datetime import date
from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import scoped_customer
from accounts.customers.queries import business_day
from accounts.idempotency.views import BankAPIView
from accounts.permissions import OWN_DATA, READ_TRANSACTIONS, requires_api
from accounts.schema import in_path, operation, query
from analytics.metrics import api_shapes as shapes
from analytics.metrics import breakdowns, cells
from analytics.metrics.registry import METRICS, Row, figures
from analytics.metrics.trace import trace
from transactions import periods
from transactions.api import FILTERS, ONE_CUSTOMER, number_from, slice_from
from transactions.doors import API
from transactions.rates.api_shapes import rate as shown_rate
from transactions.slices import Slice

TAG = "Figures"
TOP = 5
MAX_MONTHS = 120
_CUSTOMER = in_path("customer_id", "Whose figures.", "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11")
_OF_ONE = [
    parameter for parameter in FILTERS if parameter.name in ("account_id", "currency", "convert")
]
_MONTHS = query("months", "Calendar months, the running one included.", "12", kind=int)


class Dashboard(BankAPIView):
    permission_classes = (ONE_CUSTOMER,)

    @operation(
        "The seven figures of a customer",
        tag=TAG,
        description="This month's income, expenses, net cash flow and savings rate, expenses by category, "
        "budgets against actual, and the trend of twelve months.",
        parameters=[_CUSTOMER, *_OF_ONE],
        answer=shapes.DashboardSerializer,
        example=shapes.DASHBOARD_EXAMPLE,
    )
    def get(self, request: Request, customer_id: str) -> Response:
        month, year = _slices(request, customer_id, "kpi/dashboard", 12)
        every = cells.cells(year, ("month", "category"))
        found = [cell for cell in every if cell.month == month.start]
        row = figures(month, breakdowns.TREND, door=API, cells=found)[0]
        lines, _ = breakdowns.budget_vs_actual(month, door=API, cells=found)
        return Response(
            {
                "total_income": shapes.whole(row["income"]),
                "total_expenses": shapes.whole(row["expenses"]),
                "net_cash_flow": shapes.whole(row["net"]),
                "savings_rate": shapes.whole(row["savings_rate"]),
                "expense_categories": _shares(
                    breakdowns.expense_categories(month, door=API, cells=found)
                ),
                "monthly_trend": [_trend(r) for r in breakdowns.trend(year, door=API, cells=every)],
                "budget_vs_actual": [_budget(line) for line in lines],
                "currency": month.currency,
                "not_included": shapes.excluded(
                    breakdowns.not_included(month, door=API, cells=found)
                ),
                **shapes.included(month, breakdowns.included(month, door=API)),
            }
        )


class _Months(BankAPIView):
    """One metric over the last months."""

    permission_classes = (ONE_CUSTOMER,)
    metric = ""

    def answer(self, request: Request, customer_id: str) -> Response:
        months = number_from(request, "months", 12, 1, MAX_MONTHS)
        _, slice = _slices(request, customer_id, f"kpi/{self.metric}", months)
        found = cells.cells(slice, ("month",))
        names = breakdowns.TREND if self.metric == "net" else (self.metric,)
        rows = figures(slice, names, by="month", door=API, cells=found)
        total = figures(slice, [self.metric], door=API, cells=found)[0][self.metric]
        assert slice.customer
        return Response(
            {
                "customer_id": slice.customer.public_id,
                "currency": slice.currency,
                "months": [_trend(r) if self.metric == "net" else self._month(r) for r in rows],
                "total": shapes.whole(total),
                "not_included": shapes.excluded(
                    breakdowns.not_included(slice, self.metric, door=API, cells=found)
                ),
                **shapes.included(slice, breakdowns.included(slice, self.metric, door=API)),
            }
        )

    def _month(self, row: Row) -> dict[str, Any]:
        figure = row[self.metric]
        return {
            "month": _month_name(row.month),
            "value": shapes.exact(figure),
            "trace": figure.trace,
        }


class Income(_Months):
    metric = "income"

    @operation(
        "Income by month", tag=TAG, parameters=[_CUSTOMER, _MONTHS, *_OF_ONE],
        answer=shapes.MonthsSerializer, example=shapes.MONTHS_EXAMPLE,
    )  # fmt: skip
    def get(self, request: Request, customer_id: str) -> Response:
        return self.answer(request, customer_id)


class Expenses(_Months):
    metric = "expenses"

    @operation(
        "Expenses by month", tag=TAG, parameters=[_CUSTOMER, _MONTHS, *_OF_ONE],
        answer=shapes.MonthsSerializer, example=shapes.MONTHS_EXAMPLE,
    )  # fmt: skip
    def get(self, request: Request, customer_id: str) -> Response:
        return self.answer(request, customer_id)


class Cashflow(_Months):
    metric = "net"

    @operation(
        "Income, expenses and net by month", tag=TAG, parameters=[_CUSTOMER, _MONTHS, *_OF_ONE],
        answer=shapes.CashflowSerializer, example=shapes.CASHFLOW_EXAMPLE,
    )  # fmt: skip
    def get(self, request: Request, customer_id: str) -> Response:
        return self.answer(request, customer_id)


class Cards(BankAPIView):
    permission_classes = (requires_api(OWN_DATA, READ_TRANSACTIONS),)

    @operation(
        "Spending at a glance",
        tag=TAG,
        description="Total spend, the average line of spending and the categories that cost most, under the "
        "same filters as the list of transactions.",
        parameters=FILTERS,
        answer=shapes.CardsSerializer,
        example=shapes.CARDS_EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        named = request.query_params.get("customer_id")
        customer = scoped_customer(request, named, what="transactions/metrics")
        slice = slice_from(request, customer, ("customer_id",))
        found = cells.cells(slice, ("category",), counts=True)
        row = figures(slice, ("expenses", "average_transaction"), door=API, cells=found)[0]
        return Response(
            {
                "total_spend": shapes.whole(row["expenses"]),
                "average_transaction": shapes.whole(row["average_transaction"]),
                "top_categories": _shares(
                    breakdowns.top_categories(slice, TOP, door=API, cells=found)
                ),
                "not_included": shapes.excluded(
                    breakdowns.not_included(slice, "expenses", door=API, cells=found)
                ),
                **shapes.included(slice, breakdowns.included(slice, "expenses", door=API)),
            }
        )


class TraceOf(BankAPIView):
    permission_classes = (requires_api(OWN_DATA, READ_TRANSACTIONS),)

    @operation(
        "What a figure is made of",
        tag=TAG,
        description="The parts of a derived figure; each part's own trace goes on, down to the rows.",
        parameters=[in_path("metric", "The figure's name in the registry.", "net"), *FILTERS],
        answer=shapes.TraceSerializer,
        example=shapes.TRACE_EXAMPLE,
    )
    def get(self, request: Request, metric: str) -> Response:
        named = request.query_params.get("customer_id")
        customer = scoped_customer(request, named, what="trace")
        if metric not in METRICS:
            raise NotFound
        slice = slice_from(request, customer, ("customer_id",))
        made = trace(slice, metric, door=API)
        return Response(
            {
                "value": shapes.exact(made.figure),
                **({"rate": shown_rate(made.rate)} if made.rate else {}),
                "parts": [
                    {
                        "metric": p.metric.name,
                        "value": shapes.exact(p.figure),
                        "trace": p.figure.trace,
                    }
                    for p in made.parts
                ],
            }
        )


def _slices(request: Request, customer_id: str, what: str, months: int) -> tuple[Slice, Slice]:
    """The running month, and the last months up to it."""
    customer = scoped_customer(request, customer_id, what=what)
    today = business_day()
    start, end = periods.this_month(today)
    allowed = ("account_id", "currency", "convert", "months")
    _only(request, allowed if what != "kpi/dashboard" else allowed[:3])
    month = slice_from(request, customer, ("months",), start=start, end=end)
    first, last = periods.last_months(today, months)
    return month, month.over(first, last)


def _only(request: Request, names: tuple[str, ...]) -> None:
    unknown = [name[:40] for name in request.query_params if name not in names]
    if unknown:
        raise ValidationError({name: ["There is no such parameter here."] for name in unknown})


def _month_name(month: date | None) -> str:
    return f"{month:%Y-%m}"


def _trend(row: Row) -> dict[str, Any]:
    return {
        "month": _month_name(row.month),
        "income": shapes.exact(row["income"]),
        "expenses": shapes.exact(row["expenses"]),
        "net": shapes.exact(row["net"]),
        "trace": row["net"].trace,
    }


def _shares(rows: list[breakdowns.CategoryShare]) -> list[dict[str, Any]]:
    return [
        {
            "category": shapes.category(row.category),
            "amount": shapes.exact(row.spent),
            "share_pct": shapes.exact(row.share),
            "trace": row.spent.trace,
        }
        for row in rows
    ]


def _budget(line: breakdowns.BudgetLine) -> dict[str, Any]:
    assert line.category
    return {
        "category": shapes.category(line.category),
        "budget": shapes.exact(line.budget),
        "actual": shapes.exact(line.actual),
        "variance": shapes.exact(line.variance),
        "trace": line.variance.trace,
    }
