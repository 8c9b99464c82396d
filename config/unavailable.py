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
    if error is None or not is_away(error):
        return server_error(request)
    log.error("database is away: %s", type(error).__name__)
    message = _(
        "The database does not answer just now. Try again in a minute; if you were saving something, look "
        "first whether it was saved."
    )
    response: HttpResponse
    if request.path.startswith("/api/"):
        body = error_body(
            status=503, code="unavailable", message=message,
            request_id=getattr(request, "request_id", ""),
        )  # fmt: skip
        response = JsonResponse(body, status=503)
    else:
        # Without the request: whatever a page asks of it may ask the database again.
        response = HttpResponse(render_to_string("503.html", {"message": message}), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
