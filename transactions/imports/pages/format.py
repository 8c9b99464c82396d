"""Steps 2 and 3: how the file is read, with the evidence for it, and what each column is."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import IMPORT_TRANSACTIONS, MANAGE_BANK, OWN_DATA, has, requires
from transactions.adapters import Refused
from transactions.imports import services
from transactions.imports.errors import ImportProblem
from transactions.imports.forms import AccountsForm
from transactions.imports.forms_columns import ColumnsForm, KeepForm
from transactions.imports.made import accounts_that_go, remember_made, remove_left
from transactions.imports.pages import correcting, flow, profiles
from transactions.imports.pages.known_layouts import offered
from transactions.imports.pages.mending import hint
from transactions.imports.pages.names import names_of
from transactions.imports.pages.questions import question
from transactions.imports.pages.scope import (
    COLUMNS,
    FORMAT,
    batch_for,
    crumbs,
    is_own,
    is_received_by,
    new_url,
    steps,
)
from transactions.imports.pages.understood import FileShown
from transactions.models import ImportBatch


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def reading(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Step 2: what was found in the file and how to read it otherwise; the account it belongs to."""
    batch = _own_draft(request, batch_id)
    if (elsewhere := flow.blocked(request, batch)) is not None:
        return elsewhere
    form, status = None, 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "accounts" and not batch.is_bulk:
            form = _accounts_form(batch, request.POST)
            if form.is_valid():
                return _place(request, batch, form)
            status = 400
        else:
            return _act(request, batch, act)
    shown = FileShown(batch)
    if not batch.is_bulk:
        form = form or _accounts_form(batch)
    found = shown.found()
    context = {
        "batch": batch,
        "made": accounts_that_go(batch),
        "taken_as": shown.currencies_taken(),
        "shown": shown,
        "found": found,
        "layouts": offered(shown, found),
        "question": question(shown),
        "hint": hint(batch.refused_code),
        "lines": shown.lines(),
        "accounts_form": form,
        "account_needed": form is not None
        and batch.state == ImportBatch.State.RECEIVED
        and _needs_account(batch, form),
        "another_url": new_url(batch),
        "steps": steps(FORMAT, batch),
        "step": FORMAT,
        "crumbs": crumbs(batch, _("Format"), own=is_own(request)),
    }
    return render(request, "imports/format.html", context, status=status)


def _own_draft(request: HttpRequest, batch_id: UUID) -> ImportBatch:
    """The draft; these pages show the file's own lines, and those of many customers only to who gave it."""
    batch = batch_for(request, batch_id)
    if not is_received_by(request, batch):
        raise Http404
    return batch


def _accounts_form(batch: ImportBatch, data: Any = None) -> AccountsForm:
    assert batch.customer is not None
    return AccountsForm(
        data,
        customer=batch.customer,
        batch_id=batch.pk,
        account=batch.account,
        names=names_of(batch),
    )


def _needs_account(batch: ImportBatch, form: AccountsForm) -> bool:
    """Whether no row can be placed as long as nobody has said which account it is."""
    if form.names:
        return not any(named["account"] for named in form.names)
    return batch.account is None


def _place(request: HttpRequest, batch: ImportBatch, form: AccountsForm) -> HttpResponse:
    try:
        if form.names:
            with transaction.atomic():
                batch = services.choose(batch, accounts=form.chosen())
                remember_made(batch, form.made)
                left = remove_left(batch)
        else:
            with transaction.atomic():
                batch = services.choose(batch, account=form.one())
                left = remove_left(batch)
        for name in left:
            words = _(
                "The account “%(name)s”, made for this file, is gone again: nothing was on it."
            )
            messages.info(request, words % {"name": name})
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
    return flow.go_on(request, batch)


def _act(request: HttpRequest, batch: ImportBatch, act: str) -> HttpResponse:
    """One thing said of the file. An answer to a question leads on; a correction is looked at first."""
    here = redirect("imports:format", batch_id=batch.public_id)
    was_question = batch.state == ImportBatch.State.REFUSED
    try:
        if act == "read":
            field = request.POST.get("field", "")
            batch = correcting.read_otherwise(batch, field, request.POST.get("value", ""))
        elif act == "turn":
            batch = correcting.turn(batch, flip=request.POST.get("value") == "flip")
        elif act != "plan":
            messages.error(request, _("Choose what is to be read otherwise."))
            return here
    except Refused as refused:
        words = _("It can’t be read like that, so nothing was changed. %(why)s")
        messages.error(request, words % {"why": refused.message})
        return here
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return here
    if act == "plan" or was_question:
        return flow.go_on(request, batch)
    messages.success(request, _("Read anew. Look whether the first values are right now."))
    return here


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Step 3: each column with its first value, what it is, and whether that is kept for next time."""
    batch = _own_draft(request, batch_id)
    if (elsewhere := flow.blocked(request, batch)) is not None:
        return elsewhere
    shown = FileShown(batch)
    if shown.layout is None or shown.layout.described or question(shown) is not None:
        return redirect("imports:format", batch_id=batch.public_id)
    if request.method == "POST" and request.POST.get("act") == "forget":
        if profiles.forget(batch):
            messages.success(request, _("Forgotten. The next file of this kind is looked at anew."))
        return redirect("imports:columns", batch_id=batch.public_id)
    data = request.POST if request.method == "POST" else None
    profile = profiles.profile_of(batch)
    # Of a file for many customers the mapping is the bank's, and reads everybody's files.
    may_keep = not batch.is_bulk or has(request.user, MANAGE_BANK)
    form = ColumnsForm(data, shown=shown)
    keep = KeepForm(
        data,
        initial={
            "keep": profiles.is_worth_keeping(batch) or bool(profile and profile.customer_id),
            "keep_as": profile.name if profile else profiles.default_name(batch),
        },
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid() and keep.is_valid() and form.mapping is not None:
            try:
                batch = correcting.map_columns(batch, form.mapping)
            except ImportProblem as problem:
                messages.error(request, problem.sentence)
                return redirect("imports:columns", batch_id=batch.public_id)
            if keep.cleaned_data["keep"] and may_keep:
                profiles.keep(batch, keep.cleaned_data["keep_as"])
            return flow.go_on(request, batch)
    context = {
        "batch": batch,
        "made": accounts_that_go(batch),
        "form": form,
        "rows": form.rows(),
        "named": sum(bool(column.role) for column in form.columns),
        "keep": keep if may_keep else None,
        "profile": profile,
        "steps": steps(COLUMNS, batch),
        "step": COLUMNS,
        "crumbs": crumbs(batch, _("Columns"), own=is_own(request)),
    }
    return render(request, "imports/columns.html", context, status=status)
