"""What each column of a file is, as a person says it; a mapping comes out, or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from transactions.adapters import Layout
from transactions.adapters.directions import complete, directions_of
from transactions.adapters.generic_csv import GenericCsv
from transactions.adapters.signs import value_of
from transactions.imports.pages.understood import ROLES, ColumnShown, FileShown, roles_of

_MANY = ("text",)


class ColumnsForm(forms.Form):
    """One choice per column; `layout()` is the mapping they add up to."""

    def __init__(self, *args: Any, shown: FileShown, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert shown.layout is not None
        self.shown, self.old = shown, shown.layout
        self.columns = shown.columns()
        self.mapping: Layout | None = None
        for column in self.columns:
            self.fields[f"column_{column.index}"] = forms.ChoiceField(
                choices=[("", gettext("Ignore")), *roles_of(shown.batch).items()],
                required=False,
                initial=column.role,
                label=gettext("Column %(name)s is") % {"name": column.name},
                error_messages={
                    "invalid_choice": gettext("Choose one of the list for each column.")
                },
            )

    def rows(self) -> list[tuple[ColumnShown, forms.BoundField]]:
        return [(column, self[f"column_{column.index}"]) for column in self.columns]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        roles: dict[str, tuple[int, ...]] = {}
        for column in self.columns:
            role = cleaned.get(f"column_{column.index}") or ""
            if role:
                roles[role] = (*roles.get(role, ()), column.index)
        self._check(roles)
        if not self.errors:
            self.mapping = self._layout(roles)
            try:
                self.mapping.check()
            except ValueError:
                self.add_error(
                    None,
                    gettext(
                        "The file can’t be read by these columns. Choose day, amount and text."
                    ),
                )
        return cleaned

    def _check(self, roles: Mapping[str, tuple[int, ...]]) -> None:
        several = [r for r, at in roles.items() if len(at) > 1 and not self._may_be_many(r, at)]
        for role in several:
            self.add_error(
                None, gettext("Only one column can be “%(role)s”; you chose %(n)d.")
                % {"role": ROLES[role], "n": len(roles[role])},
            )  # fmt: skip
        if self.shown.batch.is_bulk and "customer" not in roles:
            self.add_error(
                None,
                gettext("Choose which column is “Customer”: it says whose each row is."),
            )
        if "booked_on" not in roles:
            self.add_error(
                None,
                gettext("Choose which column is “Booked on”: without a day no row can be read."),
            )
        two = "money_out" in roles or "money_in" in roles
        if not two and "amount" not in roles:
            self.add_error(
                None,
                gettext(
                    "Choose which column is “Amount”, or which are “Money out” and “Money in”."
                ),
            )
        if two and "amount" in roles:
            self.add_error(
                None,
                gettext("A file has “Amount”, or “Money out” and “Money in”, not all. Ignore one."),
            )
        if two and "direction" in roles:
            self.add_error(
                None,
                gettext("“In or out” goes with “Amount” only. Ignore it, or choose one amount."),
            )

    def _may_be_many(self, role: str, at: tuple[int, ...]) -> bool:
        same = role == "amount" and at == self.old.columns.get("amount")
        return role in _MANY or (same and bool(self.old.amount_currencies))

    def _layout(self, roles: dict[str, tuple[int, ...]]) -> Layout:
        same = {r: tuple(at) for r, at in self.old.columns.items() if at} == roles
        if same:
            return self.old
        layout = replace(self.old, columns=roles, adapter=GenericCsv.name)
        if roles.get("amount") != self.old.columns.get("amount"):
            layout = replace(layout, amount_currencies=())
        rows = [cells for _number, cells in self.shown.cells()]
        if "money_out" in roles or "money_in" in roles:
            return replace(
                layout,
                sign="two_columns",
                out_negative=_mostly_negative(rows, roles.get("money_out"), layout.decimal),
                in_negative=_mostly_negative(rows, roles.get("money_in"), layout.decimal),
            )
        if "direction" in roles:
            at = roles["direction"][0]
            known = directions_of([cells[at] for cells in rows], named=True)
            return replace(layout, sign="direction", directions=complete(known or {}))
        if layout.sign in ("two_columns", "direction"):
            return replace(layout, sign="signed", directions={})
        return layout


def _mostly_negative(rows: list[list[str]], at: tuple[int, ...] | None, mark: str) -> bool:
    values = [v for v in (value_of(cells, at[0], mark) for cells in rows) if v] if at else []
    return bool(values) and sum(v < 0 for v in values) * 2 > len(values)


class KeepForm(forms.Form):
    """Whether the mapping is kept for the next file of this kind, and under which name."""

    keep = forms.BooleanField(label=_("Keep this for the next file of this kind"), required=False)
    keep_as = forms.CharField(
        label=_("Name of the mapping"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
