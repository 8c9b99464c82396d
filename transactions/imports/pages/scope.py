"""Whose import a page is about, and who may look: anything else is missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers.scope import customer_in_scope
from accounts.models import User
from accounts.permissions import IMPORT_TRANSACTIONS, OWN_DATA, has
from transactions.imports.undo import MIRRORED, UNDO_DAYS
from transactions.models import ImportBatch

UPLOAD, FORMAT, COLUMNS, PREVIEW, COMMIT = 1, 2, 3, 4, 5
NAMES = {
    UPLOAD: gettext_lazy("Upload"),
    FORMAT: gettext_lazy("Format"),
    COLUMNS: gettext_lazy("Columns"),
    PREVIEW: gettext_lazy("Preview"),
    COMMIT: gettext_lazy("Commit"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the wizard as its line shows it; done ones lead back."""

    name: str | Promise
    state: str  # "done", "now" or ""
    url: str = ""


def person(request: HttpRequest) -> User:
    """Who asks; the middleware lets nobody else in."""
    return cast(User, request.user)


def is_own(request: HttpRequest) -> bool:
    """Whether this is a customer looking at their own files, not staff."""
    return has(request.user, OWN_DATA)


def batch_for(request: HttpRequest, batch_id: UUID) -> ImportBatch:
    """The import, if this person may see it.

    Raises Http404 for foreign and missing ones alike; staff without an open purpose are led to the gate
    (PurposeNeeded), and their look is noted. A file for many customers is open to staff who bring files in;
    its pages say nothing of any one customer but their reference.
    """
    batch = (
        ImportBatch.objects.select_related("customer", "account", "file", "job")
        .filter(public_id=batch_id)
        # What a connected bank delivered has its page there.
        .exclude(source__in=MIRRORED)
        .first()
    )
    if batch is not None and batch.is_bulk and has(request.user, IMPORT_TRANSACTIONS):
        return batch
    if batch is None or batch.customer is None:
        raise Http404
    named = None if is_own(request) else batch.customer.public_id
    customer = customer_in_scope(person(request), named, what="page: import")
    if customer.pk != batch.customer.pk:
        raise Http404
    return batch


def is_received_by(request: HttpRequest, batch: ImportBatch) -> bool:
    """Whether the file's own words may be shown: of a file for many customers to whoever gave it alone."""
    return not batch.is_bulk or batch.created_by_id in (None, person(request).pk)


def steps(now: int, batch: ImportBatch | None = None) -> list[Step]:
    """The five steps; those before `now` lead back while the file is not in the ledger.

    A format that describes itself has no columns to name, so its files go without that step.
    """
    urls: dict[int, str] = {}
    if batch is not None and now < COMMIT:
        urls = {
            UPLOAD: new_url(batch),
            FORMAT: reverse("imports:format", args=[batch.public_id]),
            COLUMNS: reverse("imports:columns", args=[batch.public_id]),
        }
    passed = {COLUMNS} if batch is not None and batch.layout.get("described") else set()
    return [
        Step(name, "now" if no == now else "done" if no < now else "", urls.get(no, ""))
        for no, name in NAMES.items()
        if no not in passed
    ]


def new_url(batch: ImportBatch) -> str:
    """Where another file of the same customer is brought in."""
    if batch.customer is None:
        return reverse("imports:bulk")
    return f"{reverse('imports:new')}?customer={batch.customer.public_id}"


def crumbs(batch: ImportBatch, here: str, *, own: bool) -> list[tuple[str, str]]:
    """The way here; staff come by the customer they opened."""
    if batch.customer is None:
        return [(_("Imports"), reverse("imports:list")), (_("Many customers"), ""), (here, "")]
    way = [(_("Files"), reverse("imports:list")), (here, "")]
    if own:
        return [(_("Overview"), reverse("pages:overview")), *way]
    opened = reverse("pages:customer", args=[batch.customer.public_id])
    return [
        (_("Customers"), reverse("pages:customers")),
        (batch.customer.reference, opened),
        (here, ""),
    ]


def undo_until(batch: ImportBatch) -> datetime | None:
    """The last moment at which this import can be taken back; None where it can't be any more."""
    if batch.state != ImportBatch.State.COMMITTED or batch.committed_at is None:
        return None
    until = batch.committed_at + timedelta(days=UNDO_DAYS)
    return until if until > timezone.now() else None
