"""Step 1, the file and its account; and the list of all files."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.customers.models import Customer
from accounts.customers.scope import customer_in_scope
from accounts.jobs.errors import EmptyFile, FileTooLarge
from accounts.permissions import IMPORT_TRANSACTIONS, OWN_DATA, requires
from accounts.uploads import limit_of, too_large
from transactions.imports import services
from transactions.imports.forms import BY_FILE, NEW_ACCOUNT, UploadForm
from transactions.imports.pages import flow, new_account
from transactions.imports.pages.scope import UPLOAD, is_own, person, steps
from transactions.imports.undo import MIRRORED
from transactions.models import ImportBatch, WatchedFile

LISTED, WATCHED = 50, 20


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    """A person's own files, newest first; staff see the bank's, without names."""
    own = is_own(request)
    found = ImportBatch.objects.select_related("account", "customer", "file", "job").exclude(
        source__in=["demo", *MIRRORED]
    )
    if own:
        customer = customer_in_scope(person(request), None, what="page: imports")
        found = found.filter(customer=customer)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    shown = list(found[: LISTED + 1])
    context = {
        "batches": shown[:LISTED],
        "older": shown[LISTED - 1].pk if len(shown) > LISTED else None,
        "is_first": not before,
        "is_own": own,
        "watched": []
        if own or before
        else WatchedFile.objects.select_related("customer", "batch")[:WATCHED],
    }
    return render(request, "imports/list.html", context)


@requires(OWN_DATA, IMPORT_TRANSACTIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The file and its account; what is clear leads straight to the preview."""
    named = request.GET.get("customer")
    customer = customer_in_scope(person(request), named, what="page: new import")
    own = is_own(request)
    limit = limit_of(request.user)
    form = UploadForm(request.POST or None, request.FILES or None, customer=customer, limit=limit)
    status = 200
    if request.method == "POST":
        status = 400
        if not form.is_bound:
            form = UploadForm({}, {}, customer=customer, limit=limit)
        if form.is_valid() and (batch := _receive(request, form, customer, limit)):
            return flow.go_on(request, batch)
    context = {
        "form": form,
        "steps": steps(UPLOAD),
        "step": UPLOAD,
        "crumbs": _crumbs(customer, own=own),
        "is_own": own,
        "customer": customer,
    }
    return render(request, "imports/new.html", context, status=status)


def _crumbs(customer: Customer, *, own: bool) -> list[tuple[str, str]]:
    if own:
        return [(_("Files"), reverse("imports:list")), (_("Bring in a file"), "")]
    opened = reverse("pages:customer", args=[customer.public_id])
    return [
        (_("Customers"), reverse("pages:customers")),
        (customer.reference, opened),
        (_("Bring in a file"), ""),
    ]


def _receive(
    request: HttpRequest, form: UploadForm, customer: Customer, limit: int
) -> ImportBatch | None:
    """The draft with its account; None, and the error in the form, where the file didn't arrive."""
    said = form.cleaned_data
    file: UploadedFile[bytes] = said["file"]
    try:
        with transaction.atomic():
            batch = services.receive(
                stream=file,  # type: ignore[arg-type]
                name=(file.name or "")[:200],
                content_type=file.content_type or "",
                customer=customer,
                account=form.accounts.get(said["account"]),
                user=person(request),
                limit=limit,
            )
            if said["account"] == NEW_ACCOUNT:
                new_account.ask_for(batch, said)
    except FileTooLarge:
        form.add_error("file", too_large(limit))
        return None
    except EmptyFile:
        form.add_error("file", _("The file is empty. Download it again and choose the new one."))
        return None
    if said["account"] == BY_FILE and batch.account is None:
        messages.info(request, _("Rows go to the accounts that the file names."))
    return batch
