"""The regular payments of one person's accounts as their pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.charts.strip import strip
from analytics.metrics.figures import Figure
from analytics.regulars import queries
from analytics.regulars.calc.cadences import MONTHLY
from analytics.regulars.calc.due import DueRule, next_due
from analytics.regulars.models import RegularPayment, RegularPaymentDate
from analytics.regulars.queries import Due, Regular
from config.pages.customer_scope import View
from transactions import ids
from transactions.models import Transaction

# Figures of what is expected: no sums of rows, so they lead to the payments they are the sum of.
DUE_OUT, DUE_IN = "regulars_due_out", "regulars_due_in"
_SENTENCES = {
    DUE_OUT: gettext_lazy("Regular payments due to go out."),
    DUE_IN: gettext_lazy("Regular payments due to come in."),
}


@dataclass(frozen=True)
class Entry:
    """One stream on a page: how often in words, its strip, where it leads."""

    regular: Regular
    how_often: str
    strip: SafeString
    url: str

    @property
    def account(self) -> str:
        return str(self.regular.row.account)


@dataclass(frozen=True)
class DueOneWay:
    """What is due one way in one currency: the sum, and its payments."""

    figure: Figure
    rows: list[Due]


def _all(view: View) -> list[Regular]:
    return queries.regulars_of([a.pk for a in view.reach.accounts], today=view.today)


def entries(view: View, regulars: Iterable[Regular]) -> dict[int, Entry]:
    """Each stream with its strip, by key. Two queries for all."""
    chosen = list(regulars)
    dates = queries.dates_of(chosen)
    words = dict(RegularPayment.Cadence.choices)
    return {
        one.pk: Entry(
            regular=one,
            how_often=str(words[RegularPayment.Cadence(one.cadence)]),
            strip=strip(
                dates.get(one.pk, []),
                one.next_on if one.is_active or one.state == "candidate" else None,
                window=one.row.window_days,
                locale=view.locale,
                name=one.name,
            ),
            url=reverse("regulars:detail", args=[one.public_id]) + view.words,
        )
        for one in chosen
    }


def groups(view: View) -> dict[str, Any]:
    """The page's cards: each stream stands in one list of its own, changes and new ones point there."""
    found = _all(view)
    made = entries(view, found)
    active = [one for one in found if one.is_active]
    coming = queries.coming_up(active, today=view.today)
    fresh = [one for one in active if one.is_new]

    def of(chosen: Iterable[Regular]) -> list[Entry]:
        return [made[one.pk] for one in chosen]

    lists = (
        ("out", _("Going out"), of(r for r in active if not r.is_in and not r.is_transfer)),
        ("in", _("Coming in"), of(r for r in active if r.is_in and not r.is_transfer)),
        ("own", _("Between own accounts"), of(r for r in active if r.is_transfer)),
        ("maybe", _("Maybe regular: seen twice"), of(r for r in found if r.state == "candidate")),
        ("stopped", _("Stopped coming"), of(r for r in found if r.state == "lapsed")),
        ("not", _("Not regular, you said"), of(r for r in found if r.state == "rejected")),
    )
    return {
        "nothing": not found,
        "coming": [(one, made[one.regular.pk].url) for one in coming],
        "sums": _sums(view, coming),
        "days": queries.COMING_DAYS,
        "changes": of(_changed(active, view.today)),
        "fresh": of(fresh),
        "lists": [one for one in lists if one[2]],
    }


def _changed(active: Iterable[Regular], today: date) -> list[Regular]:
    """Prices that changed lately, the dearest rise in a year first."""
    found = [
        one
        for one in active
        if one.change and (today - one.change.since).days <= queries.CHANGED_DAYS
    ]
    return sorted(found, key=lambda one: (one.is_in, -one.change.yearly if one.change else 0))


def _sums(view: View, coming: list[Due]) -> list[tuple[str, Figure]]:
    found = []
    for is_in, label in ((False, _("Due to go out")), (True, _("Due to come in"))):
        for currency, amount in sorted(queries.totals(coming, is_in=is_in).items()):
            found.append((label, _figure(view, amount, currency, is_in=is_in)))
    return found


def _figure(view: View, amount: Decimal, currency: str, *, is_in: bool) -> Figure:
    query = {"direction": "in" if is_in else "out", "currency": currency, **view.named}
    metric = DUE_IN if is_in else DUE_OUT
    return Figure(
        value=amount,
        unit="money",
        currency=currency,
        sentence=str(_SENTENCES[metric]),
        trace=f"{reverse('regulars:due')}?{urlencode(query)}",
        direction=1 if is_in else -1,
        metric=metric,
    )


def due_one_way(view: View, *, is_in: bool, currency: str) -> DueOneWay | None:
    """What is due one way in a currency; None where nothing is."""
    coming = queries.coming_up(_all(view), today=view.today)
    amount = queries.totals(coming, is_in=is_in).get(currency)
    if amount is None:
        return None
    rows = [
        one
        for one in coming
        if one.regular.is_in == is_in
        and not one.regular.is_transfer
        and one.regular.row.currency == currency
    ]
    return DueOneWay(_figure(view, amount, currency, is_in=is_in), rows)


def one(view: View, row: RegularPayment) -> dict[str, Any]:
    """One stream with the rows it is made of."""
    category = view.reach.ref(row.category_id)
    told = queries.told(row, today=view.today, is_transfer=category.kind == "transfer")
    rows = queries.rows_of(row, [a.pk for a in view.reach.accounts])
    expected = dict(
        RegularPaymentDate.objects.filter(regular=row).values_list("transaction_id", "expected_on")
    )
    return {
        "entry": entries(view, [told])[told.pk],
        "category": category,
        "rows": [
            (line, public_id, expected.get(line.pk))
            for line, public_id in zip(rows, ids.encode([r.pk for r in rows]), strict=True)
        ],
        "coming": queries.coming_up([told], today=view.today),
    }


def coming_card(view: View) -> list[tuple[Due, str]]:
    """The next few, for the overview."""
    coming = queries.coming_up(_all(view), today=view.today)
    return [
        (one, reverse("regulars:detail", args=[one.regular.public_id]) + view.words)
        for one in coming[:6]
    ]


def link_of(view: View, line: Transaction) -> RegularPayment | None:
    """The regular payment that a line belongs to, if any."""
    found = (
        RegularPaymentDate.objects.filter(transaction_id=line.pk, regular__account=line.account_id)
        .exclude(regular__word=RegularPayment.Word.REMOVED)
        .select_related("regular")
        .first()
    )
    return found.regular if found else None


def a_month_later(day: date, today: date) -> date:
    """The next day a monthly payment of `day` falls due after `today`."""
    found = day
    while found <= today:
        found = next_due(MONTHLY, DueRule(day=day.day), found)
    return found
