"""A file for many customers: the upload, what its preview says besides, accounts made for it, who is unknown."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.banks.tenancy import current_bank, in_bank
from accounts.jobs.errors import EmptyFile, FileTooLarge
from accounts.permissions import IMPORT_TRANSACTIONS, requires
from accounts.uploads import limit_of, too_large
from transactions.csv_cells import harmless
from transactions.imports.bulk import queries
from transactions.imports.bulk.forms import BulkUploadForm
from transactions.imports.bulk.services import make_missing, receive_bulk
from transactions.imports.errors import ImportProblem
from transactions.imports.pages import flow
from transactions.imports.pages.scope import (
    PREVIEW,
    UPLOAD,
    batch_for,
    crumbs,
    is_received_by,
    new_url,
    person,
    steps,
)
from transactions.imports.pages.summaries import Summary, summary_of
from transactions.imports.pages.understood import FileShown
from transactions.imports.plan import is_stale
from transactions.models import ImportBatch

UNKNOWN_HEADER = ("customer", "reason", "rows", "lines")


@requires(IMPORT_TRANSACTIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The file; what is clear leads straight to the preview."""
    limit = limit_of(request.user)
    form = BulkUploadForm(request.POST or None, request.FILES or None, limit=limit)
    status = 200
    if request.method == "POST":
        status = 400
        if not form.is_bound:
            form = BulkUploadForm({}, {}, limit=limit)
        if form.is_valid() and (batch := _receive(request, form, limit)):
            return flow.go_on(request, batch)
    context = {
        "form": form,
        "steps": steps(UPLOAD),
        "step": UPLOAD,
        "crumbs": [(_("Imports"), reverse("imports:list")), (_("Many customers"), "")],
    }
    return render(request, "imports/bulk_new.html", context, status=status)


def _receive(request: HttpRequest, form: BulkUploadForm, limit: int) -> ImportBatch | None:
    file: UploadedFile[bytes] = form.cleaned_data["file"]
    try:
        return receive_bulk(
            stream=file,  # type: ignore[arg-type]
            name=(file.name or "")[:200],
            content_type=file.content_type or "",
            user=person(request),
            limit=limit,
        )
    except FileTooLarge:
        form.add_error("file", too_large(limit))
    except EmptyFile:
        form.add_error("file", _("The file is empty. Export it again and choose the new one."))
    return None


def _bulk_for(request: HttpRequest, batch_id: UUID) -> ImportBatch:
    """The draft for many customers, for whoever gave it."""
    batch = batch_for(request, batch_id)
    if not batch.is_bulk or not is_received_by(request, batch):
        raise Http404
    return batch


@requires(IMPORT_TRANSACTIONS)
@require_POST
def accounts(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Makes the accounts that rows go to and their customers lack, then plans anew."""
    batch = _bulk_for(request, batch_id)
    if (elsewhere := flow.blocked(request, batch)) is not None:
        return elsewhere
    try:
        make_missing(batch)
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return redirect("imports:preview", batch_id=batch.public_id)
    batch.refresh_from_db()
    return flow.go_on(request, batch)


@requires(IMPORT_TRANSACTIONS)
@require_safe
def unknown(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    """The customers whom the bank doesn't know, each once, with the lines they stand on."""
    batch = _bulk_for(request, batch_id)
    response = StreamingHttpResponse(
        _unknown_lines(batch, current_bank()), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="unknown-customers.csv"'
    return response


class _Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def _unknown_lines(batch: ImportBatch, bank: Any) -> Iterator[str]:
    """Streamed after the view has returned, so it enters the bank by itself."""
    writer = csv.writer(_Echo())
    with in_bank(bank):
        yield "\ufeff" + writer.writerow(UNKNOWN_HEADER)  # type: ignore[operator]
        for value, reason, rows, lines in queries.unknown_with_lines(batch):
            said = " ".join(map(str, lines)) + (" …" if rows > len(lines) else "")
            yield writer.writerow([harmless(value), reason, rows, harmless(said)])  # type: ignore[misc]


def summary_for(request: HttpRequest, batch: ImportBatch) -> Summary:
    """The plan in figures; money of a file for many customers is for whoever gave it."""
    summary = summary_of(batch)
    return summary if is_received_by(request, batch) else replace(summary, sums=[])


def people_of(batch: ImportBatch) -> queries.People:
    return queries.people_of(batch)


def context(request: HttpRequest, batch: ImportBatch, *, rejected: Any) -> dict[str, Any]:
    """What the preview shows: counts and whose the rows are; no row of any customer's ledger."""
    mine = is_received_by(request, batch)
    shown = FileShown(batch)
    columns, found = shown.columns(), shown.found()
    return {
        "batch": batch,
        "is_mine": mine,
        "is_stale": is_stale(batch),
        "summary": summary_for(request, batch),
        "people": queries.people_of(batch),
        "unknown": queries.unknown_people(batch),
        "missing": queries.missing_of(batch),
        "made_accounts": len(batch.choices.get("made_accounts", [])),
        "rejected": rejected,
        "columns": [column for column in columns if column.role],
        "left_over": sum(not column.role for column in columns),
        "found": found,
        "unsure": [thing for thing in found if not thing.sure],
        "planned_at": batch.planned_at,
        "another_url": new_url(batch),
        "steps": steps(PREVIEW, batch),
        "step": PREVIEW,
        "crumbs": crumbs(batch, _("Preview"), own=False),
    }
