"""Runs inside a stack: a small bank, and what its nights published as text that two runs can be compared by."""

import hashlib
import json
from typing import Any

from django.apps import apps
from django.db import models
from django.test import Client

from accounts.banks.fields import PublicIdField
from accounts.banks.tenancy import in_bank
from tests import sample_bank
from tests.stack import NORTH

OURS = ("analytics", "recommendations", "alerts")
# How long a step took differs between any two nights.
APART = {"milliseconds"}


def fill(customers: int) -> None:
    with in_bank(NORTH):
        sample_bank.fill(customers=customers, months=14)


def sign_in() -> None:
    """Prints the session of somebody who has just signed in."""
    with in_bank(NORTH):
        client = Client(HTTP_HOST=f"{NORTH}.localhost")
        client.force_login(sample_bank.john().user)  # type: ignore[arg-type]
    print("session " + client.cookies["session"].value)


def dump() -> None:
    """Prints one hash per table: of its rows as text, without numbers and times that no two runs share.

    A row that refers to another of these tables names it by that row's own text.
    """
    with in_bank(NORTH):
        known: dict[Any, dict[Any, str]] = {}
        found = {}
        for app in OURS:
            for model in apps.get_app_config(app).get_models():
                rows = _texts(model, known)
                text = "\n".join(sorted(rows.values()))
                found[model._meta.label] = [len(rows), hashlib.sha256(text.encode()).hexdigest()]
    print("dump " + json.dumps(found))


def _texts(model: Any, known: dict[Any, dict[Any, str]]) -> dict[Any, str]:
    """Each row's text by its key."""
    if model not in known:
        columns: list[tuple[str, dict[Any, str] | None]] = []
        for field in model._meta.concrete_fields:
            left_out = isinstance(field, models.DateTimeField | PublicIdField)
            if field.primary_key or left_out or field.name in APART:
                continue
            other = field.related_model if field.is_relation else None
            ours = other is not None and other._meta.app_label in OURS
            columns.append((field.attname, _texts(other, known) if ours else None))
        rows = model._default_manager.values("pk", *(name for name, _texts_of in columns))
        known[model] = {
            row["pk"]: json.dumps(
                [
                    texts.get(row[name]) if texts is not None else row[name]
                    for name, texts in columns
                ],
                default=str,
                sort_keys=True,
            )
            for row in rows.iterator(chunk_size=2000)
        }
    return known[model]
