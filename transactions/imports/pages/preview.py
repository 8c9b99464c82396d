"""Step 4, what would happen, row by row where it matters; and the commit of exactly that."""

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.jobs.models import Job
from accounts.jobs.queries import progress_of
from accounts.permissions import IMPORT_TRANSACTIONS, OWN_DATA, requires
from transactions.imports import services
from transactions.imports.errors import ImportProblem, PlanChanged
from transactions.imports.made import accounts_that_go
from transactions.imports.pages import bulk, flow, issues, profiles
from transactions.imports.pages.balances import checks_of
from transactions.imports.pages.planned_rows import first_rows
from transactions.imports.pages.scope import (
    COMMIT,
    PREVIEW,
    batch_for,
    crumbs,
    is_own,
    is_received_by,
    new_url,
    person,
    steps,
)
from transactions.imports.pages.summaries import summary_of
from transactions.imports.pages.understood import FileShown
from transactions.imports.pages.words import VERDICTS
from transactions.imports.plan import is_stale
from transactions.models import ImportBatch

_LINE = re.compile("[0-9]{1,9}")


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What would happen. While a job reads the file this page shows how far it is."""
    batch = batch_for(request, batch_id)
    if batch.state in (ImportBatch.State.COMMITTED, ImportBatch.State.UNDONE):
        return redirect("imports:done", batch_id=batch.public_id)
    job = flow.job_of(batch)
    if request.method == "POST":
        if not is_received_by(request, batch):
            raise Http404
        if (elsewhere := flow.blocked(request, batch)) is not None:
            return elsewhere
        return _decide(request, batch)
    if job is not None:
        if is_received_by(request, batch) and job.error_code in (
            "account_needed",
            "layout_missing",
        ):
            return redirect("imports:format", batch_id=batch.public_id)
        return _waiting(request, batch, job)
    if batch.state in (ImportBatch.State.RECEIVED, ImportBatch.State.REFUSED):
        if not is_received_by(request, batch):
            messages.info(request, _("A colleague is still looking this file through."))
            return redirect("imports:list")
        return redirect("imports:format", batch_id=batch.public_id)
    return render(request, _template(batch), _context(request, batch))


def _template(batch: ImportBatch) -> str:
    return "imports/bulk_preview.html" if batch.is_bulk else "imports/preview.html"


def _decide(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Which rows that are perhaps here already come in; or the plan made anew."""
    act = request.POST.get("act", "bring_in")
    if act == "plan":
        return flow.go_on(request, batch)
    chosen = batch.choices.get("doubtful", [])
    ticked = {int(line) for line in request.POST.getlist("bring_in") if _LINE.fullmatch(line)}
    wanted: str | list[int]
    if act == "leave_out":
        wanted = []
    elif act == "bring_all" or chosen == "all":
        wanted = "all"
    elif not ticked:
        messages.info(request, _("Tick the rows that are to come in first."))
        return redirect(f"{batch.page('preview')}#doubtful")
    else:
        wanted = sorted({*chosen, *ticked})
    try:
        return flow.go_on(request, services.choose(batch, bring_in=wanted))
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return redirect("imports:preview", batch_id=batch.public_id)


def _waiting(request: HttpRequest, batch: ImportBatch, job: Job) -> HttpResponse:
    commits = job.kind == "import_commit"
    step = COMMIT if commits else PREVIEW
    context = {
        "batch": batch,
        "progress": progress_of(job, person(request)),
        "steps": steps(step, batch),
        "step": step,
        "crumbs": crumbs(batch, _("Commit") if commits else _("Preview"), own=is_own(request)),
    }
    return render(request, "imports/waiting.html", context)


def _context(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    def after(verdict: str) -> int:
        said = request.GET.get(verdict, "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0

    if batch.is_bulk:
        return bulk.context(request, batch, rejected=issues.rejected(batch, after("rejected")))
    shown = FileShown(batch)
    columns = shown.columns()
    found = shown.found()
    return {
        "batch": batch,
        "made": accounts_that_go(batch),
        "taken_as": shown.currencies_taken(),
        "is_stale": is_stale(batch),
        "summary": summary_of(batch),
        "balances": checks_of(batch),
        "first_rows": first_rows(batch),
        "rejected": issues.rejected(batch, after("rejected")),
        "changed": issues.changed(batch, after("changed")),
        "doubtful": issues.doubtful(batch, after("doubtful")),
        "columns": [column for column in columns if column.role],
        "left_over": sum(not column.role for column in columns),
        "found": found,
        "unsure": [thing for thing in found if not thing.sure],
        "profile": profiles.profile_of(batch),
        "planned_at": batch.planned_at,
        "another_url": new_url(batch),
        "steps": steps(PREVIEW, batch),
        "step": PREVIEW,
        "crumbs": crumbs(batch, _("Preview"), own=is_own(request)),
    }


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_POST
def commit(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Step 5: applies the plan whose hash was on the page, or shows the new one and what differs."""
    batch = batch_for(request, batch_id)
    if not is_received_by(request, batch):
        raise Http404
    if flow.is_busy(batch):
        return redirect("imports:preview", batch_id=batch.public_id)
    plan_hash = request.POST.get("plan_hash", "")
    is_this_plan = batch.state == ImportBatch.State.PLANNED and plan_hash == batch.plan_hash
    if is_this_plan and flow.is_long(batch):
        flow.settle(batch)
        flow.start(batch, "import_commit", user=person(request), plan_hash=plan_hash)
        return redirect("imports:preview", batch_id=batch.public_id)
    try:
        result = services.commit(batch, plan_hash=plan_hash, user=person(request))
    except PlanChanged as changed:
        return _changed(request, batch, changed, is_stale=not is_this_plan)
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return redirect("imports:preview", batch_id=batch.public_id)
    flow.settle(batch)
    if result.edits_returned:
        words = ngettext(
            "%(n)d category you had set came back with its row.",
            "%(n)d categories you had set came back with their rows.",
            result.edits_returned,
        )
        messages.success(request, words % {"n": result.edits_returned})
    return redirect("imports:done", batch_id=batch.public_id)


def _changed(
    request: HttpRequest, batch: ImportBatch, changed: PlanChanged, *, is_stale: bool
) -> HttpResponse:
    """The new plan with what differs. A tab that shows an older plan finds the newer one made already."""
    if not is_stale:
        try:
            batch = services.plan(batch)
        except ImportProblem as problem:
            messages.error(request, problem.sentence)
            return redirect("imports:format", batch_id=batch.public_id)
    if batch.state not in (ImportBatch.State.PLANNED, ImportBatch.State.EMPTY):
        return redirect("imports:preview", batch_id=batch.public_id)
    differences = [
        (row.line, VERDICTS.get(row.was, row.was), VERDICTS.get(row.now, row.now))
        for row in changed.rows
    ]
    context = _context(request, batch) | {
        "sentence": changed.sentence,
        "differences": differences,
    }
    return render(request, _template(batch), context, status=409)


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_POST
def discard(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Throws a draft away; what is in the ledger is undone, not thrown away."""
    batch = batch_for(request, batch_id)
    if not is_received_by(request, batch):
        raise Http404
    if (elsewhere := flow.blocked(request, batch)) is not None:
        if not flow.is_busy(batch):
            messages.error(request, _("This import is in the ledger. Undo it instead."))
        return elsewhere
    try:
        removed = services.discard(batch)
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return redirect("imports:preview", batch_id=batch.public_id)
    if removed:
        words = ngettext(
            "The draft is gone, and with it the account %(names)s that was made for it. No payment was "
            "written.",
            "The draft is gone, and with it the accounts %(names)s that were made for it. No payment was "
            "written.",
            len(removed),
        )
        if batch.is_bulk:
            words = _(
                "The draft is gone, and with it the accounts made for it. No payment was written."
            )
        messages.success(request, words % {"names": ", ".join(f"“{name}”" for name in removed)})
    elif batch.choices.get("made_accounts"):
        words = _("The draft is gone. Its account stays, as something else is on it.")
        messages.success(request, words)
    else:
        messages.success(request, _("The draft is gone. Nothing was written."))
    return redirect("imports:list")
