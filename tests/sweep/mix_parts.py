"""What the mix puts into the product: faults inside of requests, tasks that fail, a look at where one stands."""

import contextlib
from collections.abc import Callable
from typing import Any

from django.db import DataError, connection, transaction
from django.http import HttpRequest, HttpResponse

from accounts.banks.tenancy import current_bank, in_bank
from accounts.customers.models import BankProfile
from accounts.jobs.context import JobContext
from accounts.jobs.models import StoredFile
from accounts.jobs.registry import handles
from config.celery import app
from tests import twins

CANARY = {"north": twins.A.canary, "south": twins.B.canary}
FAULTS = ("", "", "savepoint", "raise", "broken statement", "other bank", "other bank undone")


class Injected(Exception):
    """A failure that was meant."""


def elsewhere(schema: str) -> str:
    return "south" if schema == "north" else "north"


def where(schema: str) -> str:
    """What is wrong with the place this thread stands in, "" for nothing: asked of the server itself."""
    with connection.cursor() as cursor:
        cursor.execute("select current_schema()")
        stands = cursor.fetchone()[0]
    name = BankProfile.objects.get().name
    if stands != schema or CANARY[schema] not in name:
        return f"in {stands} reading {name}, not in {schema}"
    return ""


def mark(number: int, *, undone: bool = False) -> None:
    """A row with the bank's own word; `undone` ones must never be found afterwards."""
    word = CANARY[current_bank()]
    StoredFile.objects.create(name=f"{word} {'undone' if undone else 'mark'} {number}")


def suffer(fault: str, number: int) -> None:
    """One failure in the bank at hand, and back again; "raise" goes through to the caller."""
    schema = current_bank()
    if fault == "savepoint":
        with transaction.atomic(), contextlib.suppress(Injected), transaction.atomic():
            mark(number, undone=True)
            raise Injected
    elif fault == "broken statement":
        with transaction.atomic(), contextlib.suppress(DataError), transaction.atomic():
            connection.cursor().execute("select 1/0")
    elif fault == "other bank":
        with contextlib.suppress(Injected), in_bank(elsewhere(schema)):
            BankProfile.objects.get()
            raise Injected
    elif fault == "other bank undone":
        # The server takes its search path back with the savepoint.
        other = in_bank(elsewhere(schema))
        with transaction.atomic(), contextlib.suppress(Injected), transaction.atomic(), other:
            mark(number, undone=True)
            raise Injected
    elif fault == "raise":
        with transaction.atomic():
            mark(number, undone=True)
            raise Injected


class FaultMiddleware:
    """Before the view the fault of the header X-Fault; after it a look at where the thread stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        schema = current_bank()
        number = int(request.headers.get("X-Number", "0"))
        suffer(request.headers.get("X-Fault", ""), number)
        wrong = where(schema)
        response = self.get_response(request)
        if wrong := wrong or where(schema):
            response.headers["X-Crossing"] = wrong
        if request.headers.get("X-Mark"):
            mark(number)
        return response


@app.task(name="tests.mix.mark")  # type: ignore[untyped-decorator]
def mark_task(schema: str, number: int, fault: str) -> str:
    """Writes one mark in its bank, says what is wrong with the place."""
    with transaction.atomic():
        mark(number)
        suffer(fault, number)
    return where(schema)


@handles("mix_mark", title="Leave a mark")
def mark_job(context: JobContext) -> dict[str, Any] | None:
    with transaction.atomic():
        mark(context.arguments["number"])
        context.finish({"wrong": where(context.arguments["schema"])})
    return None
