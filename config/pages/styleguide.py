"""Every part of the interface on one page, with invented data; wired in the demo only."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html

from analytics import charts, formats
from analytics.metrics.figures import Figure, Unit

TODAY = date(2026, 11, 21)
HERE = "#rows"
# Invented: money in and out of twelve months.
MONTHS = (
    ("2940.00", "2911.11"), ("2940.00", "1999.06"), ("2940.00", "2142.95"), ("2940.00", "2283.13"),
    ("3040.00", "2077.53"), ("3452.60", "2026.86"), ("3040.00", "2026.63"), ("3040.00", "3046.85"),
    ("3040.00", "2131.55"), ("3040.00", "2208.15"), ("3040.00", "2193.80"), ("3040.00", "1925.30"),
)  # fmt: skip
SPENT = (
    ("Housing", "980.00", "50.9", "980"), ("Groceries", "304.18", "15.8", "460"),
    ("Dining", "166.48", "8.6", "140"), ("Utilities", "166.29", "8.6", "160"),
    ("Transport", "155.40", "8.1", "220"), ("Shopping", "62.07", "3.2", "150"),
    ("Everything else", "90.88", "4.7", "160"),
)  # fmt: skip
COLOURS = (
    ("Ground", "bg"), ("Surface", "surface"), ("Inset", "inset"), ("Ink", "ink"),
    ("Ink 2", "ink-2"), ("Line", "line"), ("Control", "control"), ("Brand", "brand"),
    ("Good", "good"), ("Bad", "bad"), ("Warn", "warn"), ("Hue 1, out", "cat-1"),
    ("Hue 2", "cat-2"), ("Hue 3, in", "cat-3"), ("Hue 4", "cat-4"), ("Hue 5", "cat-5"),
    ("Hue 6", "cat-6"), ("Everything else", "cat-7"),
)  # fmt: skip


class SampleForm(forms.Form):
    budget = forms.DecimalField(
        label="Budget for dining", help_text="The median of your last six months.", initial="140.00"
    )
    day = forms.DateField(label="Day", input_formats=["%d.%m.%Y"])
    category = forms.ChoiceField(
        label="Category", choices=[("1", "Transport"), ("2", "Dining")], required=False
    )
    tell = forms.MultipleChoiceField(
        label="Tell me by",
        choices=[("mail", "E-mail"), ("digest", "Digest")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        initial=["mail"],
    )
    always = forms.BooleanField(label="Always do this", required=False)


class SampleFilter(forms.Form):
    q = forms.CharField(
        label="Shop, text, note or amount",
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": "Shop, text, note or amount",
                "data-search": True,
            }
        ),
    )
    period = forms.ChoiceField(
        label="Period",
        required=False,
        choices=[("2026-11", "November 2026"), ("2026-10", "October 2026")],
    )
    account = forms.ChoiceField(
        label="Account", required=False, choices=[("", "All accounts"), ("1", "Everyday ··4821")]
    )


@login_not_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page that shows all parts: for those who build pages, and for the accessibility tests."""
    return render(request, "pages/styleguide.html", _context())


def _money(value: str, metric: str = "expenses", direction: int = 0) -> Figure:
    return Figure(Decimal(value), "money", "EUR", trace=HERE, metric=metric, direction=direction)


def _of(value: str, unit: Unit) -> Figure:
    return Figure(Decimal(value), unit, trace=HERE, metric="sample")


def _context() -> dict[str, Any]:
    form = SampleForm({"budget": "140.00", "day": "31.11.2026", "category": "1", "tell": ["mail"]})
    form.is_valid()
    form.errors["day"] = form.error_class(["November has 30 days. Write 30.11.2026 or earlier."])
    return {
        "kpis": _kpis(),
        "months": _months(),
        "categories": _categories(),
        "trend": _trend(),
        "budgets": _budgets(),
        "ahead": _ahead(),
        "table": _table(),
        "pages": {"shown": "4 of 16 shown", "newer_url": "", "older_url": HERE},
        "form": form,
        "filter_form": SampleFilter({"period": "2026-11"}),
        "chips": [("November 2026", HERE), ("Everyday ··4821", HERE)],
        "groups": [("Living", [("1", "Groceries"), ("2", "Transport")]), ("", [("3", "Fees")])],
        "steps": ["Upload", "Format", "Columns", "Preview", "Commit"],
        "running": SimpleNamespace(
            public_id="sample", state="parked", step="3 of 4, categories", started_at=None,
            error="The file ended inside line 902. Nothing was written.", error_code="file_cut",
        ),
        "waiting": SimpleNamespace(
            public_id="other", state="cancelled", step="3 of 4, categories", started_at=None,
            error="", error_code="",
        ),
        "colours": COLOURS,
        "figures": _figures(),
    }  # fmt: skip


def _kpis() -> list[charts.Kpi]:
    income, spent = ([Decimal(month[side]) for month in MONTHS] for side in (0, 1))
    net = [a - b for a, b in zip(income, spent, strict=True)]
    rate = [n / a * 100 for n, a in zip(net, income, strict=True)]

    def spark(values: list[Decimal]) -> Any:
        return charts.sparkline(values, partial=True)

    less = format_html("<b>{} less</b> than by 21 October.", formats.figure_html(_money("41.87")))
    return [
        charts.Kpi("Income this month", _money("3040.00", "income", 1),
                   "The same as 1–21 October.", "same", 0, spark(income)),
        charts.Kpi("Expenses this month", _money("1925.30", "expenses", -1),
                   less, "down", -1, spark(spent)),
        charts.Kpi("Net this month", _money("1114.70", "net", 1),
                   "Better than by 21 October; nine days to go.", "up", 1, spark(net)),
        charts.Kpi("Savings rate", Figure(None, "percent", trace=HERE, metric="savings_rate",
                                          direction=1, note="There was no income to save from."),
                   "None: there was no income.", "", 0, spark(rate)),
    ]  # fmt: skip


def _month_of(place: int) -> date:
    return date(2025, 12, 1) if not place else date(2026, place, 1)


def _months() -> charts.Chart:
    rows = []
    for place, (income, spent) in enumerate(MONTHS):
        net = Decimal(income) - Decimal(spent)
        rows.append(
            charts.MonthRow(
                _month_of(place),
                _money(income, "income"),
                _money(spent),
                _money(str(net), "net"),
                _of(str((net / Decimal(income) * 100).quantize(Decimal("0.1"))), "percent"),
                through=TODAY if place == 11 else None,
            )
        )
    total = charts.MonthTotal(
        _money("36492.60", "income"), _money("26972.92"), _money("9519.68", "net"),
        _of("26.1", "percent"),
    )  # fmt: skip
    return charts.in_and_out(rows, total, csv_url=HERE, rows_url=HERE)


def _categories() -> charts.Chart:
    rows = []
    for name, spent, share, budget in SPENT:
        over = Decimal(spent) - Decimal(budget)
        rows.append(
            charts.CategoryRow(
                name,
                _money(spent),
                _of(share, "percent"),
                _money(budget, "budget"),
                _money(str(over), "variance") if over > 0 else None,
            )
        )
    return charts.where_it_went(rows, _money("1925.30"), csv_url=HERE, rows_url=HERE)


def _trend() -> charts.Chart:
    def line(side: int, metric: str) -> list[charts.Point]:
        found = []
        for place, month in enumerate(MONTHS):
            on = _month_of(place)
            found.append(
                charts.Point(
                    formats.month(on, short=True, year=False),
                    formats.month(on),
                    _money(month[side], metric),
                )
            )
        return found

    return charts.over_time(
        [
            charts.Series("In", line(0, "income"), "in", partial=True),
            charts.Series("Out", line(1, "expenses"), "out", partial=True),
        ],
        id="trend",
        question="Money in and out over time",
        caption="Money in and out per month, EUR",
        csv_url=HERE,
    )


def _budgets() -> charts.Chart:
    def row(name: str, budget: str, spent: str) -> charts.BudgetRow:
        left = Decimal(spent) - Decimal(budget)
        used = (Decimal(spent) / Decimal(budget) * 100).quantize(Decimal(1))
        return charts.BudgetRow(
            name, _money(budget, "budget"), _money(spent), _money(str(left), "variance"),
            _of(str(used), "percent"),
        )  # fmt: skip

    rows = [row(name, budget, spent) for name, spent, _, budget in SPENT]
    return charts.budget_against_actual(
        rows, row("All", "2270", "1925.30"), pace=Decimal(70), pace_label="day 21 of 30",
        csv_url=HERE, rows_url=HERE,
    )  # fmt: skip


def _ahead() -> charts.Chart:
    past = [
        charts.PastPoint(_month_of(place), _money(value, "net"))
        for place, value in enumerate(str(Decimal(a) - Decimal(b)) for a, b in MONTHS[:11])
    ]
    expected = (
        (date(2026, 12, 1), "1050", "640", "1460"),
        (date(2027, 1, 1), "420", "-60", "900"),
        (date(2027, 2, 1), "980", "420", "1540"),
    )
    points = [
        charts.AheadPoint(
            on, _money(middle, "forecast"), _money(low, "forecast"), _money(high, "forecast")
        )
        for on, middle, low, high in expected
    ]
    return charts.ahead(
        past, points, by_month=True, question="What will be left each month?", csv_url=HERE
    )


def _table() -> charts.Table:
    shops = (
        ("Oak Street Housing", 1, "980.00", "980.00"), ("Corner Bakery", 5, "50.68", "186.02"),
        ("Station Kiosk", 5, "40.62", "134.15"), ("Threadline", 1, "96.97", "96.97"),
    )  # fmt: skip
    return charts.Table(
        caption="Shops, November 2026, EUR",
        head=[
            charts.Column("Shop", card="main"),
            charts.Column("State", card_label=" "),
            charts.Column("Payments", numeric=True, card_label="payments"),
            charts.Column("Largest", numeric=True, card_label="largest"),
            charts.Column("Spent", numeric=True, card="num", sort_url=HERE, sorted="down"),
        ],
        rows=[
            charts.Row([
                charts.Link(name, HERE), charts.Badge("Known", "good", "check"), count,
                charts.Amount(Decimal(largest), "EUR"), _money(spent),
            ])
            for name, count, largest, spent in shops
        ],
    )  # fmt: skip


def _figures() -> list[tuple[str, Figure]]:
    return [
        ("Below zero", _money("-6.85", "net")),
        ("Up to four decimals", _money("1.2345")),
        ("No decimals", Figure(Decimal("120000"), "money", "JPY", trace=HERE, metric="expenses")),
        ("Three", Figure(Decimal("12.5"), "money", "KWD", trace=HERE, metric="expenses")),
        ("Per cent", _of("-0.2", "percent")),
    ]
