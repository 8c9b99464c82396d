"""The shapes in which the API tells figures, with an example of each."""

from typing import Any

from rest_framework import serializers

from analytics.metrics.breakdowns import Excluded, Included
from analytics.metrics.figures import Figure
from transactions.api import CategorySerializer
from transactions.plain_money import plain_amount
from transactions.rates.api_shapes import RateSerializer, rate
from transactions.slices import CategoryRef, Slice

_TRACE = "Where it comes from: the rows of an amount, the parts of a derived figure."


class FigureSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(
        allow_null=True, help_text="Exact; null where there is no such number."
    )
    unit = serializers.CharField(help_text="money, percent or count.")
    currency = serializers.CharField(allow_null=True)
    trace = serializers.CharField(help_text=_TRACE)


class ShareSerializer(serializers.Serializer[Any]):
    category = CategorySerializer()
    amount = serializers.CharField()
    share_pct = serializers.CharField(
        allow_null=True, help_text="Of the categories above zero; null for the others."
    )
    trace = serializers.CharField(help_text=_TRACE)


class TrendSerializer(serializers.Serializer[Any]):
    month = serializers.CharField()
    income = serializers.CharField()
    expenses = serializers.CharField()
    net = serializers.CharField()
    trace = serializers.CharField(help_text=_TRACE)


class BudgetSerializer(serializers.Serializer[Any]):
    category = CategorySerializer()
    budget = serializers.CharField()
    actual = serializers.CharField()
    variance = serializers.CharField(help_text="actual − budget: above zero is overspent.")
    trace = serializers.CharField(help_text=_TRACE)


class ExcludedSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    count = serializers.IntegerField()
    amount = serializers.CharField()


class IncludedSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    amount = serializers.CharField(help_text="The figure in that currency, of lines with a rate.")
    counts_as = serializers.CharField(help_text="The same inside the figures.")
    lowest_rate = RateSerializer()
    highest_rate = RateSerializer()


class DashboardSerializer(serializers.Serializer[Any]):
    total_income = FigureSerializer()
    total_expenses = FigureSerializer()
    net_cash_flow = FigureSerializer()
    savings_rate = FigureSerializer()
    expense_categories = ShareSerializer(many=True)
    monthly_trend = TrendSerializer(many=True)
    budget_vs_actual = BudgetSerializer(many=True)
    currency = serializers.CharField()
    not_included = ExcludedSerializer(many=True)
    converted = IncludedSerializer(many=True, required=False, help_text="With `convert` alone.")


class MonthSerializer(serializers.Serializer[Any]):
    month = serializers.CharField()
    value = serializers.CharField()
    trace = serializers.CharField(help_text=_TRACE)


class MonthsSerializer(serializers.Serializer[Any]):
    customer_id = serializers.UUIDField()
    currency = serializers.CharField()
    months = MonthSerializer(many=True)
    total = FigureSerializer()
    not_included = ExcludedSerializer(many=True)
    converted = IncludedSerializer(many=True, required=False, help_text="With `convert` alone.")


class CashflowSerializer(MonthsSerializer):
    months = TrendSerializer(many=True)  # type: ignore[assignment]


class CardsSerializer(serializers.Serializer[Any]):
    total_spend = FigureSerializer()
    average_transaction = FigureSerializer()
    top_categories = ShareSerializer(many=True)
    not_included = ExcludedSerializer(many=True)
    converted = IncludedSerializer(many=True, required=False, help_text="With `convert` alone.")


class PartSerializer(serializers.Serializer[Any]):
    metric = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    trace = serializers.CharField(
        allow_null=True, help_text="null: a budget as somebody entered it."
    )


class TraceSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(allow_null=True)
    rate = RateSerializer(
        required=False, help_text="There where the value is the one part at this rate, rounded."
    )
    parts = PartSerializer(many=True)


# -- figures into these shapes -------------------------------------------------------------------


def exact(figure: Figure) -> str | None:
    """A figure's value as text: money with its currency's decimals, a percentage, a count."""
    if figure.value is None:
        return None
    if figure.unit == "money":
        return plain_amount(figure.value, figure.currency or "")  # type: ignore[arg-type]
    return f"{figure.value:f}" if not isinstance(figure.value, int) else str(figure.value)


def whole(figure: Figure) -> dict[str, Any]:
    return {
        "value": exact(figure),
        "unit": figure.unit,
        "currency": figure.currency,
        "trace": figure.trace,
    }


def category(ref: CategoryRef) -> dict[str, Any]:
    return {"id": ref.public_id, "name": ref.name}


def excluded(found: list[Excluded]) -> list[dict[str, Any]]:
    return [
        {"currency": e.currency, "count": e.count.value, "amount": exact(e.amount)} for e in found
    ]


def included(slice: Slice, found: list[Included]) -> dict[str, Any]:
    """Other currencies inside the figures, where the slice converts; else nothing at all."""
    if not slice.convert:
        return {}
    told = [
        {
            "currency": one.currency,
            "amount": exact(one.original),
            "counts_as": exact(one.converted),
            "lowest_rate": rate(one.low),
            "highest_rate": rate(one.high),
        }
        for one in found
    ]
    return {"converted": told}


# -- examples ------------------------------------------------------------------------------------

_SOME = "customer_id=0197a5b2-…&start_date=2026-06-01&end_date=2026-06-30&currency=EUR"


def _example(
    value: str, metric: str, unit: str = "money", *, derived: bool = False
) -> dict[str, Any]:
    rows = f"/api/v1/transactions?{_SOME}&metric={metric}"
    trace = f"/api/v1/trace/{metric}?{_SOME}" if derived else rows
    return {
        "value": value,
        "unit": unit,
        "currency": "EUR" if unit == "money" else None,
        "trace": trace,
    }


_CATEGORY = {"id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e12", "name": "Groceries"}
_SHARE = {"category": _CATEGORY, "amount": "304.18", "share_pct": "15.8",
          "trace": f"/api/v1/transactions?{_SOME}&metric=expenses"}  # fmt: skip
_MONTH = {"month": "2026-06", "income": "2940.00", "expenses": "1925.30", "net": "1014.70",
          "trace": f"/api/v1/trace/net?{_SOME}"}  # fmt: skip
_NOT_INCLUDED = [{"currency": "USD", "count": 2, "amount": "-31.00"}]
DASHBOARD_EXAMPLE = {
    "total_income": _example("2940.00", "income"),
    "total_expenses": _example("1925.30", "expenses"),
    "net_cash_flow": _example("1014.70", "net", derived=True),
    "savings_rate": _example("34.5", "savings_rate", "percent", derived=True),
    "expense_categories": [_SHARE],
    "monthly_trend": [_MONTH],
    "budget_vs_actual": [
        {"category": _CATEGORY, "budget": "460.00", "actual": "304.18", "variance": "-155.82",
         "trace": f"/api/v1/trace/variance?{_SOME}"}
    ],
    "currency": "EUR",
    "not_included": _NOT_INCLUDED,
}  # fmt: skip
MONTHS_EXAMPLE = {
    "customer_id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11",
    "currency": "EUR",
    "months": [{"month": "2026-06", "value": "2940.00", "trace": _example("", "income")["trace"]}],
    "total": _example("2940.00", "income"),
    "not_included": [],
}
CASHFLOW_EXAMPLE = MONTHS_EXAMPLE | {
    "months": [_MONTH],
    "total": _example("1014.70", "net", derived=True),
}
CARDS_EXAMPLE = {
    "total_spend": _example("1925.30", "expenses"),
    "average_transaction": _example("41.85", "average_transaction", derived=True),
    "top_categories": [_SHARE],
    "not_included": _NOT_INCLUDED,
}
TRACE_EXAMPLE = {
    "value": "1014.70",
    "parts": [
        {"metric": name, "value": value, "trace": _example(value, name)["trace"]}
        for name, value in (("income", "2940.00"), ("expenses", "1925.30"))
    ],
}
