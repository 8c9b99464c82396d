"""The staff pages' filter: the release's own dimensions, and no day, text, person or amount."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers.queries import bank_profile
from analytics import formats
from analytics.releases import queries as releases
from analytics.releases.models import StaffRelease
from analytics.releases.queries import StaffSlice
from analytics.segments.models import SegmentProfile
from transactions.models import Category

NO_BRANCH = "-"


class StaffFilter(forms.Form):
    """`from`/`to` are months (YYYY-MM); a page shows one month, a trace may span several."""

    month = forms.ChoiceField(label=gettext_lazy("Month"), required=False)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), required=False)
    branch = forms.ChoiceField(label=gettext_lazy("Branch"), required=False)
    segment = forms.ChoiceField(label=gettext_lazy("Segment"), required=False)
    category = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, release: StaffRelease) -> None:
        super().__init__(data)
        self.release = release
        # Read once a request, for the filter's choices and for the cards.
        self.groups = releases.groups_of(release)
        locale, currency = bank_profile().locale, bank_profile().currency
        self.months = sorted({group.month for group in self.groups}, reverse=True)
        self.currencies = sorted(
            {group.currency for group in self.groups}, key=lambda c: (c != currency, c)
        )
        leaves = (leaf for group in self.groups for leaf in group.leaves)
        branches = sorted({str(branch) for _category, branch, _segment in leaves} - {""})
        self.profiles = list(
            SegmentProfile.objects.filter(run_id=release.run_id).order_by("-customers")
        )
        self.names = {profile.segment_id: profile.name for profile in self.profiles}
        self._choose("month", [(f"{m:%Y-%m}", formats.month(m, locale)) for m in self.months])
        self._choose("currency", [(c, c) for c in self.currencies])
        self._choose("branch", [("", _("All branches")), *((b, b) for b in branches)])
        self._choose(
            "segment", [("", _("All segments")), *((str(k), v) for k, v in self.names.items())]
        )
        if len(self.currencies) < 2:
            self.fields["currency"].widget = forms.HiddenInput()

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def staff_slice(form: StaffFilter, release: StaffRelease) -> StaffSlice:
    """The slice a request asks for; what can't be read falls back to the running month."""
    form.is_valid()
    said = getattr(form, "cleaned_data", {})
    default = form.months[0] if form.months else release.run.business_day.replace(day=1)
    month = _month(said.get("month")) or default
    start, end = _month(form.data.get("from")) or month, _month(form.data.get("to")) or month
    return StaffSlice(
        start=min(start, end),
        end=max(start, end),
        currency=said.get("currency")
        or (form.currencies[0] if form.currencies else bank_profile().currency),
        category=said.get("category"),
        branch=said.get("branch") or None,
        segment=int(said["segment"]) if said.get("segment") else None,
    )


def _month(text: str | None) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        return None


def chips(request: HttpRequest, slice: StaffSlice) -> list[tuple[str, str]]:
    """What is filtered beyond the month, each with the address without it."""
    found = []
    names = {"branch": slice.branch, "segment": slice.segment, "category": slice.category}
    for name, value in names.items():
        if value is None:
            continue
        query = request.GET.copy()
        query.pop(name, None)
        found.append((_label(name, value), f"?{query.urlencode()}"))
    return found


def _label(name: str, value: str | int) -> str:
    if name == "segment":
        profile = SegmentProfile.objects.filter(segment_id=value).order_by("-run_id").first()
        return profile.name if profile else str(value)
    if name == "category":
        # A person's own categories are as unknown here as none.
        found = Category.objects.of_bank().filter(pk=value).values_list("name", flat=True)
        return found.first() or str(value)
    return str(value)
