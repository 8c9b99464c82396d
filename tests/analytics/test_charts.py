"""Drawing, table, sentence and Plotly data of each chart come from one frame and agree."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from analytics import charts
from analytics.metrics.figures import Figure

D = Decimal
MARK = re.compile(r'<a href="([^"]+)" data-metric="([^"]*)" data-value="([^"]*)">')


def fig(value: str | None, metric: str = "expenses", unit: Any = "money", **more: Any) -> Figure:
    amount = None if value is None else D(value)
    currency = more.pop("currency", "EUR") if unit == "money" else None
    return Figure(amount, unit, currency, trace=f"/rows?of={metric}-{value}", metric=metric, **more)


def marks(svg: str, metric: str) -> list[str]:
    return [value for _, found, value in MARK.findall(svg) if found == metric]


def column(table: charts.Table, place: int) -> list[str]:
    values = []
    for row in table.rows:
        cell = row.cells[place]
        if isinstance(cell, Figure) and cell.value is not None:
            values.append(f"{D(cell.value):f}")
    return values


def month_rows(*pairs: tuple[str, str], partial: bool = False) -> list[charts.MonthRow]:
    rows = []
    for place, (income, spent) in enumerate(pairs):
        last = partial and place == len(pairs) - 1
        rows.append(
            charts.MonthRow(
                date(2026, place + 1, 1),
                fig(income, "income"),
                fig(spent),
                fig(str(D(income) - D(spent)), "net"),
                through=date(2026, place + 1, 21) if last else None,
            )
        )
    return rows


def months(*pairs: tuple[str, str], partial: bool = False) -> charts.Chart:
    rows = month_rows(*pairs, partial=partial)
    income = str(sum(D(pair[0]) for pair in pairs))
    spent = str(sum(D(pair[1]) for pair in pairs))
    net = str(D(income) - D(spent))
    total = charts.MonthTotal(fig(income, "income"), fig(spent), fig(net, "net"))
    return charts.in_and_out(rows, total)


def test_months_drawing_table_and_plotly_hold_the_same_values() -> None:
    chart = months(("2940.00", "2911.11"), ("3040.00", "3046.85"), ("3040.00", "1925.30"))
    assert chart.plotly is not None
    for place, metric in ((1, "income"), (2, "expenses"), (3, "net")):
        expected = column(chart.table, place)
        assert len(expected) == 3
        assert marks(chart.svg_wide, metric) == expected
        assert marks(chart.svg_narrow, metric) == expected
        assert chart.plotly["data"][place - 1]["y"] == expected
        assert all(chart.plotly["data"][place - 1]["customdata"])


def test_every_mark_is_a_link_with_a_title() -> None:
    chart = months(("10", "5"), ("10", "6"))
    for svg in (chart.svg_wide, chart.svg_narrow):
        assert len(re.findall(r"<a [^>]+><title>[^<]+</title>", svg)) == 6
        assert svg.count("<a ") == 6
        assert 'role="group"' in svg
        assert "style=" not in svg


def test_the_sentence_names_the_month_that_cost_more() -> None:
    chart = months(("10", "5"), ("10", "16"), ("10", "2"))
    assert "Only February cost more than it brought in" in chart.sentence
    assert 'data-value="-6"' in chart.sentence
    several = months(("10", "15"), ("10", "16"), ("10", "2"))
    assert "2 months cost more than they brought in, most of all February" in several.sentence
    none = months(("10", "5"), ("10", "6"))
    assert "No full month cost more" in none.sentence
    deficit = months(
        ("10", "50"),
    )
    assert "went out and" in deficit.sentence


def test_a_month_that_is_not_over_is_hatched_and_never_blamed() -> None:
    chart = months(("10", "5"), ("1", "9"), partial=True)
    assert chart.svg_wide.count("url(#in-out-") == 2
    assert "No full month cost more" in chart.sentence
    assert "February is not over" in chart.note
    assert chart.plotly is not None
    assert chart.plotly["data"][0]["marker"]["pattern"]["shape"] == ["", "/"]


def test_sums_of_a_whole_bank_fit_their_axis_and_their_months() -> None:
    chart = months(("1314403", "891478"), ("525291", "829145"))
    for label in (">€1m<", ">500k<", ">423k<", ">−304k<"):
        assert label in str(chart.svg_wide), label
    assert chart.plotly["data"][2]["text"] == ["423k", "−304k"]
    assert 'data-value="422925"' in str(chart.svg_wide), "the bar's own figure stays exact"
    small = months(("2000", "1500"), ("2000", "1900"))
    assert ">2,000<" not in str(small.svg_wide) and ">500<" in str(small.svg_wide)


def test_two_currencies_are_never_drawn_on_one_axis() -> None:
    rows = month_rows(("10", "5"))
    other = [charts.MonthRow(date(2026, 2, 1), *(fig("1", m, currency="USD") for m in "abc"))]
    total = charts.MonthTotal(fig("1"), fig("1"), fig("1"))
    with pytest.raises(ValueError, match="Two currencies"):
        charts.in_and_out([*rows, *other], total)


def test_months_of_zero_and_none_are_drawn_without_error() -> None:
    rows = [charts.MonthRow(date(2026, 1, 1), fig("0"), fig("0"), fig(None, "net"))]
    chart = charts.in_and_out(rows, charts.MonthTotal(fig("0"), fig("0"), fig("0")))
    assert "NaN" not in chart.svg_wide
    assert "<svg" in chart.svg_narrow


def categories(**more: Any) -> charts.Chart:
    rows = [
        charts.CategoryRow("Housing", fig("980.00"), fig("80.0", "share", "percent"), fig("980")),
        charts.CategoryRow("Dining <b>", fig("166.48"), fig("13.6", "share", "percent"),
                           fig("140"), fig("26.48", "variance")),
        charts.CategoryRow("Refunds", fig("-5.00")),
    ]  # fmt: skip
    return charts.where_it_went(rows, fig("1141.48"), **more)


def test_categories_list_drawing_and_table_hold_the_same_values() -> None:
    chart = categories()
    expected = column(chart.table, 1)
    assert expected == ["980.00", "166.48", "-5.00"]
    assert marks(chart.svg_wide, "expenses") == expected
    assert marks(chart.svg_narrow, "expenses") == expected
    shown = re.findall(r'class="amount"><a [^>]*data-value="([^"]+)"', chart.drawn)
    assert shown == expected


def test_category_names_are_escaped_everywhere() -> None:
    chart = categories()
    for html in (chart.drawn, chart.svg_wide, chart.ring, chart.sentence):
        assert "<b>" not in html
    assert "Dining &lt;b&gt;" in chart.drawn


def test_a_category_below_zero_has_no_bar_and_no_part_of_the_ring() -> None:
    chart = categories()
    assert chart.drawn.count("fillbar") == 2
    assert chart.ring.count("cut-line") == 2


def test_one_category_over_its_budget_is_named() -> None:
    assert "is past its budget" in categories().sentence


def test_more_categories_than_hues_are_refused() -> None:
    rows = [charts.CategoryRow(str(n), fig("1")) for n in range(8)]
    with pytest.raises(ValueError, match="fold all but 6"):
        charts.where_it_went(rows, fig("8"))


def lines(values: list[str], *, partial: bool = False, zero: bool = False) -> charts.Chart:
    points = [charts.Point(f"M{i}", f"Month {i}", fig(v, "income")) for i, v in enumerate(values)]
    series = [charts.Series("In", points, "in", partial=partial)]
    return charts.over_time(series, id="t", question="In", zero=zero)


def test_lines_hold_the_same_values_in_all_forms() -> None:
    chart = lines(["10.5", "12.25", "9"])
    expected = column(chart.table, 1)
    assert expected == ["10.5", "12.25", "9"]
    assert marks(chart.svg_wide, "income") == expected
    assert marks(chart.svg_narrow, "income") == expected
    assert chart.plotly is not None
    assert chart.plotly["data"][0]["y"] == expected


def test_an_axis_that_does_not_start_at_zero_says_so() -> None:
    assert "The axis starts at €" in lines(["2900", "3000", "3100"]).note
    assert lines(["2900", "3000", "3100"], zero=True).note == ""


def test_lines_of_unequal_length_or_unit_are_refused() -> None:
    one = charts.Series("A", [charts.Point("a", "a", fig("1"))])
    two = charts.Series("B", [charts.Point("a", "a", fig("1")), charts.Point("b", "b", fig("1"))])
    with pytest.raises(ValueError, match="share their places"):
        charts.over_time([one, two], id="x", question="?")
    share = charts.Series("C", [charts.Point("a", "a", fig("1", unit="percent"))])
    with pytest.raises(ValueError, match="share unit"):
        charts.over_time([one, share], id="x", question="?")


def test_budgets_drawing_and_table_hold_the_same_values() -> None:
    rows = [
        charts.BudgetRow("Dining", fig("140", "budget"), fig("166.48"), fig("26.48", "variance"),
                         fig("119", "used", "percent")),
        charts.BudgetRow("Other", fig("160", "budget"), fig("90.88"), fig("-69.12", "variance")),
    ]  # fmt: skip
    total = charts.BudgetRow("All", fig("300"), fig("257.36"), fig("-42.64", "variance"))
    chart = charts.budget_against_actual(rows, total, pace=D(70), pace_label="day 21 of 30")
    expected = column(chart.table, 2)
    assert expected == ["166.48", "90.88"]
    assert marks(chart.svg_wide, "expenses") == expected
    assert marks(chart.svg_narrow, "expenses") == expected
    shown = re.findall(r'r-num"[^>]*><a [^>]*data-value="([^"]+)"', chart.drawn)
    assert shown == [*expected, "257.36"]
    assert chart.drawn.count('class="over"') == 1
    assert "at day 21 of 30" in chart.sentence
    assert "Over: Dining" in chart.sentence


def test_a_budget_of_zero_divides_nothing() -> None:
    row = charts.BudgetRow("None", fig("0"), fig("5"), fig("5", "variance"))
    assert "NaN" not in charts.budget_against_actual([row], row).drawn


def ahead() -> charts.Chart:
    past = [charts.PastPoint(date(2026, 10, 1), fig("900", "net"))]
    points = [
        charts.AheadPoint(date(2026, 11, 1), fig("700", "net"), fig("500", "low"), fig("900", "high")),
        charts.AheadPoint(date(2026, 12, 1), fig("118.51", "net"), fig("-31.46", "low"),
                          fig("268.48", "high")),
        charts.AheadPoint(date(2027, 1, 1), fig("800", "net"), fig("500", "low"), fig("990", "high")),
    ]  # fmt: skip
    return charts.ahead(past, points, by_month=True)


def test_a_forecast_holds_the_same_values_in_all_forms() -> None:
    chart = ahead()
    expected = column(chart.table, 1)
    assert expected == ["900", "700", "118.51", "800"]
    for svg in (chart.svg_wide, chart.svg_narrow):
        # The lowest point is drawn once more, with its name.
        assert marks(svg, "net") == [*expected, "118.51"]
    assert chart.plotly is not None
    named = {trace.get("name"): trace for trace in chart.plotly["data"]}
    assert named["Expected"]["y"] == expected[1:]
    assert named["So far"]["y"] == expected[:1]
    assert named["From"]["y"] == ["900", *column(chart.table, 2)]
    assert named["To"]["y"] == ["900", *column(chart.table, 3)]


def test_a_forecast_names_its_lowest_point() -> None:
    chart = ahead()
    assert "expected in December 2026" in chart.sentence
    assert 'data-value="-31.46"' in chart.sentence
    assert "Lowest €118.51" in chart.svg_wide


def test_a_sparkline_needs_two_values_and_survives_equal_ones() -> None:
    assert charts.sparkline([D(1)]) == ""
    assert charts.sparkline([None, D(1), None]) == ""
    assert "NaN" not in charts.sparkline([D(1), D(1), D(1)])
    assert 'class="part"' in charts.sparkline([D(1), D(2), D(3)], partial=True)
    assert 'aria-hidden="true"' in charts.sparkline([D(1), D(2)])


def test_no_chart_without_rows() -> None:
    zero = fig("0")
    with pytest.raises(ValueError):
        charts.in_and_out([], charts.MonthTotal(zero, zero, zero))
    with pytest.raises(ValueError):
        charts.where_it_went([], zero)
    with pytest.raises(ValueError):
        charts.ahead([], [])
    with pytest.raises(ValueError):
        charts.over_time([], id="x", question="?")


def test_a_row_narrower_than_its_head_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells, 2 heads"):
        charts.Table("T", [charts.Column("a"), charts.Column("b")], [charts.Row(["x"])])


def test_an_axis_has_at_most_five_round_lines() -> None:
    from analytics.charts.svg import scale

    for high in ("0.7", "3", "99", "3452.60", "120000", "9999999"):
        ticks = scale([D(0), D(high)], 0, 100).ticks
        assert 2 <= len(ticks) <= 5
        assert ticks[0] == 0


def test_a_kpi_calls_less_spending_good_news() -> None:
    less = charts.Kpi("Expenses", fig("1", direction=-1), trend="down", change=-1)
    more = charts.Kpi("Expenses", fig("1", direction=-1), trend="up", change=1)
    same = charts.Kpi("Expenses", fig("1", direction=-1), trend="same", change=0)
    assert (less.tone, more.tone, same.tone) == ("good", "bad", "")
