"""The first two gates of a request: which bank, and whether its text can be stored at all."""

from collections.abc import Callable, Iterable

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django_tenants.middleware.main import TenantMainMiddleware

from accounts.banks.models import Bank
from accounts.banks.tenancy import check_schema


class BankMiddleware(TenantMainMiddleware):
    """Host name → bank. An unknown host and a bank that isn't active are both 404."""

    def get_tenant(self, domain_model: type, hostname: str) -> Bank:
        bank: Bank = super().get_tenant(domain_model, hostname)
        if bank.state != Bank.State.ACTIVE:
            raise Http404
        return bank

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        answer: HttpResponse | None = super().process_request(request)
        if answer is None:
            check_schema()
        return answer


class CleanInputMiddleware:
    """Refuses text that no database can hold: NUL characters and lone surrogates."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _storable(request.path_info) or not all(map(_storable, _texts(request))):
            message = "The address or a field holds a character that can't be stored. Remove it and try again."
            if request.path.startswith("/api/"):
                return JsonResponse(
                    {"type": "validation_error", "code": "unstorable_text", "message": message,
                     "display_message": message, "request_id": "", "fields": {}},
                    status=400,
                )  # fmt: skip
            return render(request, "400.html", {"message": message}, status=400)
        return self.get_response(request)


def _texts(request: HttpRequest) -> Iterable[str]:
    yield from request.GET
    for values in request.GET.lists():
        yield from values[1]
    content_type = request.content_type or ""
    # Files are streamed by their own view; form bodies are small and read here.
    if request.method == "POST" and content_type == "application/x-www-form-urlencoded":
        for name, fields in request.POST.lists():
            yield name
            yield from map(str, fields)


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
