"""What the world sees when a request fails: 503 while the database is away, else the page of a mistake.

Django calls this for whatever no layer has caught, be it raised by a view or by a middleware.
"""

import logging
import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from accounts.database import is_away
from accounts.errors import error_body

log = logging.getLogger(__name__)

RETRY_SECONDS = 5


def failed(request: HttpRequest) -> HttpResponse:
    """The project's handler500."""
    error = sys.exc_info()[1]
    for_program = request.path.startswith("/api/")
    if error is None or not is_away(error):
        if not for_program:
            return server_error(request)
        message = _("This went wrong on our side. It is noted under this request's id.")
        return _said(request, 500, "server_error", message)
    log.error("database is away: %s", type(error).__name__)
    message = _(
        "The database does not answer just now. Try again in a minute; if you were saving something, look "
        "first whether it was saved."
    )
    if for_program:
        response: HttpResponse = _said(request, 503, "unavailable", message)
    else:
        # Without the request: whatever a page asks of it may ask the database again.
        response = HttpResponse(render_to_string("503.html", {"message": message}), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def _said(request: HttpRequest, status: int, code: str, message: str) -> JsonResponse:
    request_id = getattr(request, "request_id", "")
    body = error_body(status=status, code=code, message=message, request_id=request_id)
    return JsonResponse(body, status=status)
