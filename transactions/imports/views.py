"""The way of a file in five steps, each a plain page: upload, format, preview, commit, done."""

import csv
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.customers.scope import customer_in_scope
from accounts.jobs import services as jobs
from accounts.models import User
from accounts.permissions import IMPORT_TRANSACTIONS, OWN_DATA, has, requires
from transactions.adapters import Refused
from transactions.csv_cells import harmless
from transactions.imports import services
from transactions.imports.accounts import create_account
from transactions.imports.errors import ImportProblem, PlanChanged
from transactions.imports.forms import NEW_ACCOUNT, LayoutForm, UndoForm, UploadForm
from transactions.models import ImportBatch
from transactions.plain_money import plain_amount

STEPS = (_("Upload"), _("Format"), _("Columns"), _("Preview"), _("Commit"))
# Files up to this size are planned while the person waits; longer ones are a job.
AT_ONCE = 400_000
SHOWN = 50


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _batch(request: HttpRequest, batch_id: UUID) -> ImportBatch:
    """The batch, if this person may see it; anything else is missing."""
    batch = (
        ImportBatch.objects.select_related("customer", "account", "file", "job")
        .filter(public_id=batch_id)
        .first()
    )
    if batch is None:
        raise Http404
    named = batch.customer.public_id if batch.customer else None
    if has(request.user, OWN_DATA):
        own = getattr(_user(request), "customer", None)
        if own is None or batch.customer_id != own.pk:
            raise Http404
        return batch
    if named is None:
        raise Http404
    customer_in_scope(_user(request), named, what="page: import")
    return batch


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
def batches(request: HttpRequest) -> HttpResponse:
    """A person's own imports; staff see the bank's, without names."""
    found = ImportBatch.objects.select_related("account", "customer").exclude(source="demo")
    if has(request.user, OWN_DATA):
        customer = customer_in_scope(_user(request), None, what="page: imports")
        found = found.filter(customer=customer)
    context = {"batches": found[:SHOWN], "is_staff": not has(request.user, OWN_DATA)}
    return render(request, "imports/list.html", context)


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
def new(request: HttpRequest) -> HttpResponse:
    """Step 1: the file and its account."""
    customer = customer_in_scope(
        _user(request), request.GET.get("customer"), what="page: new import"
    )
    limit = (
        settings.UPLOAD_LIMIT_CUSTOMER
        if has(request.user, OWN_DATA)
        else settings.UPLOAD_LIMIT_STAFF
    )
    form = UploadForm(request.POST or None, request.FILES or None, customer=customer, limit=limit)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            said = form.cleaned_data
            if said["account"] == NEW_ACCOUNT:
                account = create_account(
                    customer=customer, name=said["name"], currency=said["currency"],
                    kind=said["kind"] or "current",
                )  # fmt: skip
            else:
                account = form.accounts[said["account"]]
            batch = services.receive(
                stream=said["file"], name=said["file"].name[:200], customer=customer, account=account,
                user=_user(request), limit=limit,
            )  # fmt: skip
            return _planned(request, batch)
    return render(
        request, "imports/new.html", {"form": form, "steps": STEPS, "step": 1}, status=status
    )


def _planned(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Plans a small file at once, a large one as a job, and leads to what comes next."""
    if batch.state == ImportBatch.State.REFUSED:
        return redirect("imports:format", batch_id=batch.public_id)
    if batch.file and batch.file.size > AT_ONCE:
        batch.job = jobs.enqueue(
            kind="import_plan", arguments={"batch": batch.pk}, started_by=_user(request)
        )
        batch.save(update_fields=["job"])
        return redirect("jobs:detail", job_id=batch.job.public_id)
    try:
        services.plan(batch)
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return redirect("imports:format", batch_id=batch.public_id)
    return redirect("imports:preview", batch_id=batch.public_id)


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
def layout(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Steps 2 and 3: how the file is read, with the evidence for it, and what can be read otherwise."""
    batch = _batch(request, batch_id)
    form = LayoutForm(request.POST or None, batch=batch)
    if request.method == "POST" and form.is_valid():
        choices = {name: value for name, value in form.cleaned_data.items() if value}
        try:
            batch = services.choose(batch, format_choices=choices)
        except Refused as refused:
            messages.error(request, refused.message)
        except ImportProblem as problem:
            messages.error(request, problem.sentence)
        else:
            return _planned(request, batch)
    context = {"batch": batch, "form": form, "steps": STEPS, "step": 2}
    return render(request, "imports/format.html", context)


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
def preview(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Step 4: what would happen, row by row where it matters. Nothing is written yet."""
    batch = _batch(request, batch_id)
    if request.method == "POST":
        wanted = request.POST.getlist("bring_in")
        lines = [int(line) for line in wanted if line.isdigit() and len(line) < 10]
        try:
            return _planned(request, services.choose(batch, bring_in=lines))
        except ImportProblem as problem:
            messages.error(request, problem.sentence)
            return redirect("imports:preview", batch_id=batch.public_id)
    if batch.state in (ImportBatch.State.COMMITTED, ImportBatch.State.UNDONE):
        return redirect("imports:done", batch_id=batch.public_id)
    if batch.state in (ImportBatch.State.RECEIVED, ImportBatch.State.REFUSED):
        return redirect("imports:format", batch_id=batch.public_id)
    return render(request, "imports/preview.html", _preview_context(batch))


def _preview_context(batch: ImportBatch) -> dict[str, Any]:
    issues = {
        v: list(batch.issues.filter(verdict=v)[:SHOWN]) for v in ("rejected", "changed", "doubtful")
    }
    kinds = {
        "income": _("income"),
        "expense": _("spending"),
        "transfer": _("transfers"),
        "": _("uncategorised"),
    }
    sums = [
        {
            "currency": currency,
            "kind": kinds.get(kind, kind),
            "in": plain_amount(Decimal(of["in"]), currency),
            "out": plain_amount(Decimal(of["out"]), currency),
            "rows": of["rows"],
        }
        for currency, by_kind in batch.sums.items()
        for kind, of in by_kind.items()
    ]
    return {
        "batch": batch,
        "issues": issues,
        "sums": sums,
        "applies": batch.counts.get("new", 0) + batch.counts.get("changed", 0),
        "short_hash": f"{batch.plan_hash[:4]}-{batch.plan_hash[4:8]}",
        "steps": STEPS,
        "step": 4,
    }


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_POST
def commit(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Step 5: applies the plan with the hash that was on the page, or says what differs."""
    batch = _batch(request, batch_id)
    plan_hash = request.POST.get("plan_hash", "")
    if batch.file and batch.file.size > AT_ONCE and plan_hash == batch.plan_hash:
        job = jobs.enqueue(
            kind="import_commit",
            arguments={"batch": batch.pk, "plan_hash": plan_hash},
            started_by=_user(request),
            unique_key=f"commit:{batch.pk}:{plan_hash[:32]}",
        )
        return redirect("jobs:detail", job_id=job.public_id)
    try:
        services.commit(batch, plan_hash=plan_hash, user=_user(request))
    except PlanChanged as changed:
        try:
            batch = services.plan(batch)
        except ImportProblem as problem:
            messages.error(request, problem.sentence)
            return redirect("imports:format", batch_id=batch.public_id)
        context = _preview_context(batch) | {"changed": changed}
        return render(request, "imports/preview.html", context, status=409)
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return redirect("imports:preview", batch_id=batch.public_id)
    return redirect("imports:done", batch_id=batch.public_id)


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
def done(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What happened, and the way back for thirty days."""
    batch = _batch(request, batch_id)
    if batch.state not in (ImportBatch.State.COMMITTED, ImportBatch.State.UNDONE):
        return redirect("imports:preview", batch_id=batch.public_id)
    return render(request, "imports/done.html", {"batch": batch, "steps": STEPS, "step": 5})


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
def undo(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Names what an undo would take back, then does it."""
    batch = _batch(request, batch_id)
    form = UndoForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                services.undo(batch, user=_user(request))
            except ImportProblem as problem:
                messages.error(request, problem.sentence)
            else:
                messages.success(
                    request, _("The import is undone; every figure is as it was before.")
                )
            return redirect("imports:done", batch_id=batch.public_id)
    context = {"batch": batch, "form": form, "preview": services.undo_preview(batch)}
    return render(request, "imports/undo.html", context, status=status)


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
def rejected(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The rows that can't go in, with the reason beside each; formulas are made harmless."""
    batch = _batch(request, batch_id)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="rejected.csv"'
    writer = csv.writer(response)
    writer.writerow(["line", "column", "value", "code", "reason", "fix", "row"])
    for issue in batch.issues.filter(verdict="rejected").iterator():
        cells = (issue.column, issue.value, issue.code, issue.reason, issue.fix, issue.raw)
        writer.writerow([issue.line, *map(harmless, cells)])
    return response


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_POST
def discard(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Throws a draft away; what is in the ledger is undone, not thrown away."""
    batch = _batch(request, batch_id)
    if batch.state in (ImportBatch.State.COMMITTED, ImportBatch.State.UNDONE):
        messages.error(request, _("This import is in the ledger. Undo it instead."))
        return redirect("imports:done", batch_id=batch.public_id)
    batch.delete()
    messages.success(request, _("The draft is gone. Nothing was written."))
    return redirect("imports:list")
