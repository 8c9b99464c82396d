"""The front door: each role's own overview."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.permissions import MANAGE_BANK, OWN_DATA, READ_REPORTS, has


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if has(request.user, OWN_DATA):
        return redirect("pages:overview")
    if has(request.user, READ_REPORTS):
        return redirect("pages:staff_overview")
    if has(request.user, MANAGE_BANK):
        return redirect("admin:index")
    raise PermissionDenied
