"""Afterwards: what happened, the rows left out as a file, the way back."""

import csv
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.banks.tenancy import current_bank, in_bank
from accounts.jobs.queries import progress_of
from accounts.permissions import IMPORT_TRANSACTIONS, OWN_DATA, requires
from transactions.adapters import Layout
from transactions.adapters.mended import EXTRA, Mended, cells_of, heading
from transactions.csv_cells import harmless
from transactions.imports import services
from transactions.imports.errors import ImportProblem
from transactions.imports.pages import bulk, flow
from transactions.imports.pages.scope import (
    COMMIT,
    batch_for,
    crumbs,
    is_own,
    is_received_by,
    new_url,
    person,
    steps,
    undo_until,
)
from transactions.imports.staging import RAW_LIMIT
from transactions.models import ImportBatch

# Rows whose text is no longer as it came: in cells they would look as if nothing were wrong.
DAMAGED = ("nul_byte", "encoding", "line_too_long")
REJECTED_HEADER = ("line", "column", "value", "code", "reason", "fix", "row")


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_safe
def done(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What happened, and the way back for thirty days."""
    batch = batch_for(request, batch_id)
    if batch.state not in (ImportBatch.State.COMMITTED, ImportBatch.State.UNDONE):
        return redirect("imports:preview", batch_id=batch.public_id)
    job = flow.job_of(batch)
    context = {
        "batch": batch,
        "summary": bulk.summary_for(request, batch),
        "progress": progress_of(job, person(request)) if job else None,
        "is_busy": flow.is_busy(batch),
        "committed_at": batch.committed_at,
        "undone_at": batch.undone_at,
        "undo_until": undo_until(batch),
        "rows_url": "" if batch.is_bulk else rows_url(batch, own=is_own(request)),
        "people": bulk.people_of(batch) if batch.is_bulk else None,
        "another_url": new_url(batch),
        "offers": services.reimport_offers(batch)
        if batch.state == ImportBatch.State.UNDONE
        else [],
        "steps": steps(COMMIT, batch),
        "step": COMMIT,
        "crumbs": crumbs(batch, _("Done"), own=is_own(request)),
    }
    return render(request, "imports/done.html", context)


def rows_url(batch: ImportBatch, *, own: bool) -> str:
    """The list of transactions over the days of the file, in its account where it has one."""
    query = {}
    if not own and batch.customer is not None:
        query["customer"] = str(batch.customer.public_id)
    if batch.account is not None:
        query["account"] = str(batch.account.public_id)
    for name, key in (("start_date", "first_day"), ("end_date", "last_day")):
        if day := batch.counts.get(key):
            query[name] = date.fromisoformat(day).isoformat()
    return f"{reverse('transactions:list')}?{urlencode(query)}"


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Names what an undo would take back, then does it."""
    batch = batch_for(request, batch_id)
    if flow.is_busy(batch):
        return redirect("imports:done", batch_id=batch.public_id)
    if request.method == "POST":
        return _undo(request, batch)
    context = {
        "batch": batch,
        "summary": bulk.summary_for(request, batch),
        "preview": services.undo_preview(batch),
        "committed_at": batch.committed_at,
        "undo_until": undo_until(batch),
        "crumbs": crumbs(batch, _("Undo"), own=is_own(request)),
    }
    return render(request, "imports/undo.html", context)


def _undo(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    told = request.POST.get("edited", "")
    edited = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
    if batch.state == ImportBatch.State.COMMITTED and flow.is_long(batch):
        flow.settle(batch)
        flow.start(batch, "import_undo", user=person(request), confirm_edits=edited)
        return redirect("imports:done", batch_id=batch.public_id)
    try:
        result = services.undo(batch, user=person(request), confirm_edits=edited)
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        if problem.code == "edited_since":
            return redirect("imports:undo", batch_id=batch.public_id)
        return redirect("imports:done", batch_id=batch.public_id)
    flow.settle(batch)
    words = ngettext(
        "Undone: %(n)d row is taken back, and every figure is as it was before.",
        "Undone: %(n)d rows are taken back, and every figure is as it was before.",
        result.removed,
    )
    messages.success(request, words % {"n": result.removed})
    return redirect("imports:done", batch_id=batch.public_id)


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_POST
def again(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The kept file once more, as a new draft: after an undo, or where a later file brought the rows."""
    batch = batch_for(request, batch_id)
    if batch.state not in (
        ImportBatch.State.UNDONE,
        ImportBatch.State.COMMITTED,
        ImportBatch.State.EMPTY,
    ):
        return redirect("imports:preview", batch_id=batch.public_id)
    if not is_received_by(request, batch):
        raise Http404
    try:
        return flow.go_on(request, services.bring_again(batch, user=person(request)))
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return redirect("imports:done", batch_id=batch.public_id)


class _Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        return text


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_safe
def rejected(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    """The rows that can't go in, with the reason beside each; formulas are made harmless.

    Rows of a table come under their own columns, to be mended there and brought in again.
    """
    batch = batch_for(request, batch_id)
    response = StreamingHttpResponse(
        _rejected_lines(batch, current_bank(), whole=is_received_by(request, batch)),
        content_type="text/csv; charset=utf-8",
    )
    response.headers["Content-Disposition"] = 'attachment; filename="rejected.csv"'
    return response


def _table_of(batch: ImportBatch) -> Layout | None:
    """How the file's rows are read, where they are rows of cells that a person can mend in a table."""
    try:
        layout = Layout.from_json(batch.layout) if batch.layout else None
    except (ValueError, TypeError):
        return None
    return layout if layout is not None and not layout.described else None


def _rejected_lines(batch: ImportBatch, bank: Any, *, whole: bool) -> Iterator[str]:
    """Streamed after the view has returned, so it enters the bank by itself. Not `whole`: without what
    the rows say."""
    writer = csv.writer(_Echo())
    with in_bank(bank):
        layout = _table_of(batch)
        if layout is not None and whole:
            again = layout.adapter == Mended.name  # mended once, and still not right
            names = list(layout.header) if again else heading(str(batch.public_id), layout)
            yield "\ufeff" + writer.writerow(names)  # type: ignore[operator]
            for issue in batch.issues.filter(verdict="rejected").iterator(chunk_size=2000):
                why = (issue.column, issue.code, issue.reason, issue.fix)
                as_came = len(issue.raw) < RAW_LIMIT and issue.code not in DAMAGED
                row = cells_of(issue.raw, layout) if as_came else [harmless(issue.raw)]
                yield writer.writerow([issue.line, *map(harmless, why), *row[EXTRA * again :]])  # type: ignore[misc]
            return
        yield "\ufeff" + writer.writerow(REJECTED_HEADER)  # type: ignore[operator]
        for issue in batch.issues.filter(verdict="rejected").iterator(chunk_size=2000):
            value, raw = (issue.value, issue.raw) if whole else ("", "")
            cells = (issue.column, value, issue.code, issue.reason, issue.fix, raw)
            yield writer.writerow([issue.line, *map(harmless, cells)])  # type: ignore[misc]
