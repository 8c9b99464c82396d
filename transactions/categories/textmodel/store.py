"""A bank's text models: kept as plain numbers in its own schema, the current one read once a process."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.banks.tenancy import current_schema
from transactions.categories.textmodel import features
from transactions.categories.textmodel.model import LinearText, ModelUnreadable
from transactions.models import TextModel

# One model a bank; a worker serves a few dozen banks.
_HELD: dict[str, tuple[int, LinearText | None]] = {}
_MOST_HELD = 16
# Kept beside the current one, to go back to.
_KEPT = 3


def current() -> TextModel | None:
    """The bank's current model without its numbers."""
    return TextModel.objects.filter(is_current=True).defer("numbers").first()


def current_model() -> LinearText | None:
    """The bank's model, ready to be asked; None where none was trained or its version is past. One query."""
    row = TextModel.objects.filter(is_current=True).values_list("pk", flat=True).first()
    schema = current_schema()
    if row is None:
        _HELD.pop(schema, None)
        return None
    held = _HELD.get(schema)
    if held is None or held[0] != row:
        numbers = TextModel.objects.filter(pk=row).values_list("numbers", flat=True).get()
        try:
            model: LinearText | None = LinearText.unpacked(bytes(numbers))
        except ModelUnreadable:
            model = None
        if len(_HELD) >= _MOST_HELD:
            _HELD.clear()
        held = _HELD[schema] = row, model
    return held[1]


def version() -> str:
    """Which model decides now, for a plan's code version; "" without one."""
    row = TextModel.objects.filter(is_current=True).values_list("pk", flat=True).first()
    return f"m{row}" if row else ""


def keep(
    model: LinearText, *, figures: dict[str, Any], seed: int, trained_at: datetime
) -> TextModel:
    """Stores a model and makes it the current one; older ones but a few go."""
    numbers = model.packed()
    with transaction.atomic():
        TextModel.objects.filter(is_current=True).update(is_current=False)
        row = TextModel.objects.create(
            trained_at=trained_at, is_current=True, seed=seed, figures=figures, numbers=numbers,
            code_version=f"{features.VERSION}.{hashlib.sha256(numbers).hexdigest()[:12]}",
        )  # fmt: skip
        old = TextModel.objects.filter(is_current=False).order_by("-trained_at", "-pk")
        TextModel.objects.filter(pk__in=list(old.values_list("pk", flat=True)[_KEPT:])).delete()
    return row


def forget() -> int:
    """No model decides any more; what it decided stays until somebody decides anew."""
    return TextModel.objects.filter(is_current=True).update(is_current=False)
