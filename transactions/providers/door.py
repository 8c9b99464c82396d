"""Where the provider's messages come in. Every refusal is the same, byte for byte."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from transactions.models import ProviderLink
from transactions.providers import setup, webhooks


@csrf_exempt  # proven by its signature; no cookie of a person is read
@login_not_required
@require_POST
def receive(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Proves the message, writes down what it means, and answers; the rows come by a job."""
    link = ProviderLink.objects.filter(public_id=link_id).first()
    if link is None or not setup.is_set_up():
        return _refused()
    # One byte more than is taken: whatever is longer is refused unread.
    body = request.read(webhooks.BODY_LIMIT + 1)
    try:
        message = webhooks.verify(link, request.headers.get(webhooks.HEADER, ""), body)
    except webhooks.Forged:
        return _refused()
    webhooks.receive(link, message)
    return HttpResponse(status=200)


def _refused() -> HttpResponse:
    return HttpResponse("Not accepted.\n", status=401, content_type="text/plain; charset=utf-8")
