"""What the admin's forms write: one entry for each save or removal, in the transaction of the admin.

Put in front of every class that is registered on a site (accounts/sites.py), so none can forget it.
Actions and extra views of an admin call services, which record by themselves.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db import models, transaction
from django.http import HttpRequest

from accounts.audit import services
from accounts.audit.sign_ins import customer_of

_KEPT = "_audit_change"


class AuditedAdmin(ModelAdmin[Any]):
    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        message: Any = super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]
        setattr(request, _KEPT, _changes(form, formsets or (), add))
        return message

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj, "row.added")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj, "row.changed")
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            services.record(
                act="row.removed",
                subject=obj,
                before=_columns(obj),
                customer_id=self._customer_id(obj),
            )
        return super().log_deletions(request, queryset)  # type: ignore[misc]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Of the list of people alone; Django gives it no transaction."""
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)  # type: ignore[misc]

    def _record(self, request: HttpRequest, obj: Any, act: str) -> None:
        before, after = request.__dict__.pop(_KEPT, ({}, {}))
        if getattr(self, "recorded_by_service", False) or not (before or after):
            return
        services.record(
            act=act,
            subject=obj,
            before=before if act == "row.changed" else None,
            after=after,
            customer_id=self._customer_id(obj),
        )

    def _customer_id(self, obj: Any) -> int | None:
        """Whom the row is about: as the admin of customers' rows says, or whose sign-in it is."""
        ask = getattr(self, "customer_of", None)
        found = ask(obj) if ask is not None else None
        return found.pk if found is not None else customer_of(obj)


def _changes(
    form: Any, formsets: Iterable[Any], add: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    names = list(form.changed_data)
    before = {} if add else {name: _text(form.initial.get(name)) for name in names}
    after = {name: _text(form.cleaned_data.get(name)) for name in names}
    for formset in formsets:
        label = formset.model._meta.model_name
        for key, rows in (
            ("added", [_columns(row) for row in getattr(formset, "new_objects", [])]),
            (
                "changed",
                [
                    {"id": row.pk, **{n: _text(getattr(row, n, None)) for n in fields}}
                    for row, fields in getattr(formset, "changed_objects", [])
                ],
            ),
            ("removed", [_columns(row) for row in getattr(formset, "deleted_objects", [])]),
        ):
            if rows:
                after[f"{label} {key}"] = rows
    return before, after


def _columns(obj: models.Model) -> dict[str, Any]:
    return {
        field.attname: _text(getattr(obj, field.attname))
        for field in obj._meta.concrete_fields
        if not isinstance(field, models.BinaryField) and "password" not in field.name
    }


def _text(value: Any) -> Any:
    """A form's value as JSON knows it."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (models.QuerySet, list, tuple)):
        return [_text(item) for item in value]
    return value
