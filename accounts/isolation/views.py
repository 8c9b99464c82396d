"""The isolation proof in a bank's admin: what was swept, whether it is of the running code, the file."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.isolation import report, source_tree


@require_safe
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    found, broken = None, ""
    try:
        found = report.read()
    except report.BadReport as problem:
        broken = str(problem)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Isolation proof"),
        "report": found,
        "broken": broken,
    }
    if found is not None:
        running = source_tree.running()
        context |= {
            "counts": [(label, found.counts.get(name, 0)) for name, label in report.COUNTS.items()],
            "is_of_running": found.is_of(running),
            "running": running,
            "by_hand": source_tree.by_hand(),
        }
    return TemplateResponse(request, "admin/isolation.html", context)


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The file as it ships, byte for byte."""
    try:
        found = report.read()
    except report.BadReport as problem:
        raise Http404 from problem
    if found is None:
        raise Http404
    response = HttpResponse(found.content, content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="isolation-report.json"'
    return response
