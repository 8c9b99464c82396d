"""One tag prints a figure: its format, its exact value, the way to its rows."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.template import Context, Template

from analytics.charts import Amount, Badge, Link
from analytics.metrics.figures import Figure


def render(source: str, **context: object) -> str:
    bank = SimpleNamespace(locale="en", name="North")
    return Template("{% load figures %}" + source).render(Context({"bank": bank, **context}))


def money(value: str | None, trace: str | None = "/rows?a=1&b=2") -> Figure:
    amount = None if value is None else Decimal(value)
    return Figure(amount, "money", "EUR", trace=trace, metric="net", note="No rows yet.")


def test_a_figure_is_a_link_with_its_exact_value() -> None:
    html = render("{% figure fig %}", fig=money("-6.8500"))
    assert html == (
        '<a class="fig" href="/rows?a=1&amp;b=2" data-metric="net" data-value="-6.8500"'
        ' data-unit="money" data-currency="EUR">−€6.85</a>'
    )


def test_a_figure_that_is_none_says_why() -> None:
    html = render("{% figure fig %}", fig=money(None))
    assert 'class="fig none"' in html
    assert 'data-value=""' in html
    assert "—" in html
    assert html.count("No rows yet.") == 2  # on hover, and for those who listen


def test_a_label_stands_in_for_the_number_and_is_escaped() -> None:
    html = render("{% figure fig label=name %}", fig=money("5"), name="<b>Café</b>")
    assert ">&lt;b&gt;Café&lt;/b&gt;</a>" in html


def test_a_large_decimal_is_not_written_with_an_exponent() -> None:
    html = render("{% figure fig %}", fig=money("1E+6"))
    assert 'data-value="1000000"' in html


def test_a_script_in_a_trace_stays_text() -> None:
    html = render("{% figure fig %}", fig=money("5", trace='/x?q="><script>'))
    assert "<script>" not in html


def test_money_without_a_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="without its currency"):
        Figure(Decimal(1), "money")


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="never a float"):
        Figure(0.1, "percent")  # type: ignore[arg-type]


def test_the_amount_of_a_row_is_marked_as_a_cell() -> None:
    assert render('{% money amount "EUR" signed=True %}', amount=Decimal("3")) == (
        '<span class="money" data-cell>+€3.00</span>'
    )


def test_cells_show_each_kind_of_value() -> None:
    source = "{% cell value %}"
    assert "fig" in render(source, value=money("1"))
    assert "data-cell" in render(source, value=Amount(Decimal(1), "EUR"))
    assert render(source, value=Link("<x>", "/a")) == '<a class="plain" href="/a">&lt;x&gt;</a>'
    assert 'class="badge good"' in render(source, value=Badge("Done", "good", "check"))
    assert render(source, value=date(2026, 11, 1)) == (
        '<time datetime="2026-11-01">1 Nov 2026</time>'
    )
    assert render(source, value=1200) == "1,200"
    assert render(source, value=None) == "—"
    assert render(source, value="<script>") == "&lt;script&gt;"


def test_counts_and_months_have_their_own_words() -> None:
    assert ">1,210</" in render("{% figure fig %}", fig=Figure(1210, "count"))
    assert ">1 month</" in render("{% figure fig %}", fig=Figure(1, "months"))
    assert ">2.5 months</" in render("{% figure fig %}", fig=Figure(Decimal("2.5"), "months"))


def test_the_bank_s_locale_decides() -> None:
    bank = SimpleNamespace(locale="de")
    html = Template("{% load figures %}{% figure fig %}").render(
        Context({"bank": bank, "fig": money("1234.5")})
    )
    assert "1.234,50\u00a0€" in html
