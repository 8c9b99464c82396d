"""The filters of pages about one customer's lines: what they offer, and what they say is chosen.

The address is the filter. Its days and ids are read by `slice_parsing`; a form here only offers choices,
names a period by one word (`period=2026-05`) and shows faults where they belong.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.forms import ChoiceField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from transactions import periods
from transactions.models import Transaction
from transactions.reach import Reach
from transactions.slice_parsing import BadSlice
from transactions.slices import NO_CATEGORY

OWN_DAYS = "days"
YEAR = "12m"
MONTHS_OFFERED = 24
_MONTH = re.compile(r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Period:
    """What the address says of the period: a word, and the half-open days it stands for (None: open)."""

    key: str
    start: date | None = None
    end: date | None = None


def read_period(params: QueryDict, today: date, default: Period) -> Period:
    """The period an address names: a month, twelve months, own days; days alone are own days.

    Raises BadSlice for a word that names none. Own days are left to the slice reader.
    """
    key = params.get("period", "")
    if key == OWN_DAYS or (not key and (params.get("start_date") or params.get("end_date"))):
        return Period(OWN_DAYS)
    if not key or key == default.key:
        return default
    if key == YEAR:
        return Period(YEAR, *periods.last_months(today, 12))
    if _MONTH.fullmatch(key):
        first = date.fromisoformat(f"{key}-01")
        return Period(key, first, periods.add_months(first, 1))
    raise BadSlice({"period": _("There is no such period. Choose one of the list.")})


def with_days(params: QueryDict, period: Period) -> QueryDict:
    """The parameters as the slice reader takes them: days in place of the period's word."""
    made = params.copy()
    made.pop("period", None)
    if period.key != OWN_DAYS:
        for name, day in (("start_date", period.start), ("end_date", period.end)):
            made.pop(name, None)
            if day:
                shown = day if name == "start_date" else day - timedelta(days=1)
                made[name] = shown.isoformat()
    return made


class SliceFilter(forms.Form):
    """Period, account and category of one customer; every field may stay empty."""

    period = ChoiceField(label=gettext_lazy("Period"), required=False)
    start_date = forms.CharField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    end_date = forms.CharField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    account = ChoiceField(label=gettext_lazy("Account"), required=False)
    categories = ChoiceField(label=gettext_lazy("Category"), required=False)
    convert = ChoiceField(label=gettext_lazy("Other currencies"), required=False)
    customer = forms.CharField(required=False, widget=forms.HiddenInput)

    kept: Sequence[str] = ("customer",)

    def __init__(
        self,
        params: QueryDict,
        *,
        reach: Reach,
        period: Period,
        periods_offered: Sequence[tuple[str, Any]],
    ) -> None:
        given: dict[str, str] = {name: params.get(name, "") for name in self.base_fields}
        for name in ("account", "categories", "tag"):
            if name in given:
                given[name] = ",".join(v for v in params.getlist(name) if v)
        given["period"] = period.key
        if period.key != OWN_DAYS:
            given["start_date"] = given["end_date"] = ""
        super().__init__(given)
        self.given = given
        self._offer("period", [*periods_offered, (OWN_DAYS, _("Own days"))])
        self._offer("account", self._accounts(reach))
        names = {ref.key: ref.name for ref in reach.refs.values()}
        # Of one currency there is nothing to choose.
        self.has_currencies = len({a.currency for a in reach.accounts}) > 1
        own = params.get("currency", "") or reach.currency()
        self._offer(
            "convert",
            [
                ("", _("Only %(currency)s") % {"currency": own}),
                ("1", _("All currencies, in %(currency)s") % {"currency": own}),
            ],
        )
        self._offer("categories", self._categories(reach), names)
        self.full_clean()

    def _offer(self, name: str, choices: list[Any], names: Mapping[str, str] | None = None) -> None:
        field = self.fields[name]
        assert isinstance(field, ChoiceField)
        field.choices = choices
        # What an address names beyond the list (several, or one that is not offered) stays chosen.
        chosen = self.given[name]
        if chosen and chosen not in _values(choices):
            n = chosen.count(",") + 1
            said = (names or {}).get(chosen) or (_("%(n)d chosen") % {"n": n} if n > 1 else chosen)
            field.choices = [*choices, (chosen, said)]

    def _accounts(self, reach: Reach) -> list[Any]:
        return [("", _("All accounts")), *((str(a.public_id), str(a)) for a in reach.accounts)]

    def _categories(self, reach: Reach) -> list[Any]:
        """First levels alone: what the overview shows."""
        levels = [(ref.key, ref.name) for ref in reach.first_levels()]
        return [("", _("All categories")), (NO_CATEGORY, _("Uncategorised")), *levels]

    def mark(self, error: BadSlice) -> None:
        """Shows each fault at its field, those of hidden fields above all."""
        for name, text in error.fields.items():
            self.add_error(name if name in self.fields and name not in self.kept else None, text)

    def query(self, *without: str, **more: str) -> str:
        """What is chosen as a query string: the same filter, a part of it, or with something beside it."""
        pairs = {name: text for name, text in self.given.items() if text and name not in without}
        return urlencode(pairs | more, safe=",")

    def chips(self, words: Mapping[str, str]) -> list[tuple[str, str]]:
        """What is filtered now, each with the address without it."""
        days = ("start_date", "end_date")
        found = []
        for name, text in words.items():
            gone = (name, *days) if name == "period" else (name,)
            found.append((text, f"?{self.query(*gone)}"))
        return found


class ListFilter(SliceFilter):
    """The list's own: words, status, and the figure whose rows are shown."""

    q = forms.CharField(
        label=gettext_lazy("Shop, text, note or amount"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": gettext_lazy("Shop, text, note or amount"),
                "data-search": True,
                "autocomplete": "off",
            }
        ),
    )
    status = ChoiceField(label=gettext_lazy("Status"), required=False)
    tag = ChoiceField(label=gettext_lazy("Tag"), required=False)
    metric = forms.CharField(required=False, widget=forms.HiddenInput)
    within = forms.CharField(required=False, widget=forms.HiddenInput)
    month_start = forms.CharField(required=False, widget=forms.HiddenInput)
    currency = forms.CharField(required=False, widget=forms.HiddenInput)
    merchant = forms.CharField(required=False, widget=forms.HiddenInput)
    rated = forms.CharField(required=False, widget=forms.HiddenInput)

    kept = ("customer", "metric", "within", "month_start", "currency", "merchant", "rated")

    def __init__(self, params: QueryDict, **more: Any) -> None:
        super().__init__(params, **more)
        self._offer(
            "status",
            [("", _("Posted and pending")), *((s.value, s.label) for s in Transaction.LISTED)],
        )
        tags = more["reach"].tags
        self._offer("tag", [("", _("All tags")), *tags] if tags else [], dict(tags))
        # A row's own choice of categories is filled from this one (static/js/ledger.js).
        self.fields["categories"].widget.attrs["data-all-categories"] = True

    def _categories(self, reach: Reach) -> list[Any]:
        """Both levels, the first as the heading and the first choice of its group."""
        grouped = [
            (name, [(ref.key, ref.name if ref.pk != ref.root else _("All of %(name)s") % {"name": name})
                    for ref in refs])
            for name, refs in reach.groups()
        ]  # fmt: skip
        return [("", _("All categories")), (NO_CATEGORY, _("Uncategorised")), *grouped]


def _values(choices: Sequence[Any]) -> set[str]:
    found: set[str] = set()
    for value, label in choices:
        if isinstance(label, list):
            found |= {inner for inner, _name in label}
        else:
            found.add(value)
    return found


def months_offered(today: date, n: int = MONTHS_OFFERED) -> list[date]:
    """First days of the running month and those before it, newest first."""
    first, _end = periods.this_month(today)
    return [periods.add_months(first, -back) for back in range(n)]
