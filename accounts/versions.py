"""What two people edit at once: the second to save is told, and nothing of the first is written over.

A page carries a hash of the fields it offers, as they were read. Saving locks the row, hashes it again, and
writes those fields alone: what others wrote meanwhile into the rest of the row (a sign-in's last use, an
account's revision) stays.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.cards import cut_fields

SEEN = "seen_state"


def state_of(values: Iterable[Any]) -> str:
    """A hash of a row's values as the database gives them."""
    return hashlib.sha256(repr(list(values)).encode()).hexdigest()[:32]


class SeenForm(forms.ModelForm[Any]):
    """A form of an existing row that knows what the person saw."""

    seen_state = forms.CharField(widget=forms.HiddenInput, required=False)
    # Columns that cleaning fills in from the others.
    derived: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            row = self.instance
            self.initial[SEEN] = state_of(getattr(row, name) for name in self.edited())

    def edited(self) -> list[str]:
        """Columns that this form writes."""
        return [
            field.attname
            for field in self._meta.model._meta.concrete_fields
            if field.name in self.fields and not self.fields[field.name].disabled
        ]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk and self.edited():
            # Locked until the page's transaction ends: of two at once the second waits here.
            rows = self._meta.model._base_manager.select_for_update(of=("self",))
            now = rows.filter(pk=self.instance.pk).values_list(*self.edited()).first()
            if now is None or state_of(now) != self.data.get(self.add_prefix(SEEN)):
                raise forms.ValidationError(
                    _(
                        "Somebody changed this meanwhile. Open the page again, look, and change it then."
                    ),
                    code="changed_meanwhile",
                )
        return cleaned


class VersionedAdmin(ModelAdmin[Any]):
    """Change pages that carry what was seen, for every form of the class."""

    # Classes whose rows have a version of their own say False.
    carries_seen_state = True

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None and self.carries_seen_state:
            base = kwargs.get("form", self.form)
            if not issubclass(base, SeenForm):
                kwargs["form"] = type(base)(base.__name__, (SeenForm, base), {})
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets: Any = super().get_fieldsets(request, obj)
        if (
            obj is None
            or not self.carries_seen_state
            or not self.has_change_permission(request, obj)
            or SEEN in flatten_fieldsets(fieldsets)
        ):
            return fieldsets
        (title, options), *rest = fieldsets
        return [(title, {**options, "fields": [*options["fields"], SEEN]}), *rest]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        cut_fields(obj, set(form.fields) - {"password"})
        if change and isinstance(form, SeenForm):
            obj.save(update_fields=[*form.edited(), *form.derived])
        else:
            super().save_model(request, obj, form, change)
