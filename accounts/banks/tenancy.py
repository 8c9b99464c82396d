"""Which bank a piece of code runs in, closed by default.

Pages get their bank from the host name (middleware), commands from `for_each_bank()` or `in_bank()`,
Celery tasks from a message header (three signals below). Whatever runs without a named bank stands in
`public`, where no table of a bank exists; a task without a bank is refused (celery_tasks.py).

Never use `with bank:` (its stack is shared by threads) nor `schema_context` as a decorator.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django_tenants.utils import get_public_schema_name, schema_context

F = TypeVar("F", bound=Callable[..., Any])

BANK_HEADER = "bank"
# django-tenants' wrapper, whose methods Django's stubs don't know.
_wrapper: Any = connection
_public_tasks: set[str] = set()


class NoBank(RuntimeError):
    """Raised where work of a bank is asked for and no bank is named."""


def only_own_schema(wrapper: Any, tenant: Any) -> None:
    """django-tenants' hook: the search path holds the bank's schema alone, never `public` behind it."""
    wrapper.include_public_schema = False


def current_schema() -> str:
    """The schema that this thread's connection stands in."""
    return str(_wrapper.schema_name)


def current_bank() -> str:
    """The schema of the bank at work; raises NoBank in `public`."""
    schema = current_schema()
    if schema == get_public_schema_name():
        raise NoBank("This work belongs to a bank, and none is named.")
    return schema


class WrongSchema(RuntimeError):
    """Raised where the server stands in another schema than this process believes."""


def check_schema() -> None:
    """With CHECK_SCHEMA, at the start of every request and task: asks the server where it stands.

    A schema that doesn't exist, or that the connection may not use, is none there. Costs a query, so it is
    for development and tests; the connection itself raises where it can't enter a bank.
    """
    if not settings.CHECK_SCHEMA:
        return
    with connection.cursor() as cursor:
        cursor.execute("select current_schema()")
        found = cursor.fetchone()[0]
    if found != current_schema():
        raise WrongSchema(f"Work for {current_schema()} would have run in {found or 'no schema'}.")


def cache_key(key: str, key_prefix: str, version: int) -> str:
    """Cache keys carry the schema name, so no bank meets another's entry."""
    return f"{current_schema()}:{key_prefix}:{version}:{key}"


@contextmanager
def in_bank(schema: str) -> Iterator[None]:
    """Work inside one bank, and leave it as surely as it was entered."""
    with schema_context(schema):
        yield


@contextmanager
def in_public() -> Iterator[None]:
    with schema_context(get_public_schema_name()):
        yield


def bank_schemas() -> list[str]:
    """Schemas of the active banks, in order."""
    from accounts.banks.models import Bank

    with in_public():
        return list(
            Bank.objects.filter(state=Bank.State.ACTIVE)
            .exclude(schema_name=get_public_schema_name())
            .values_list("schema_name", flat=True)
        )


def for_each_bank(only: str | None = None) -> Iterator[str]:
    """The one loop over banks: the body runs inside each active bank in turn.

    Each bank is its own transaction (if the caller opens one inside); a bank that
    fails raises to the caller, who decides whether the others go on.
    """
    for schema in bank_schemas():
        if only is None or schema == only:
            with schema_context(schema):
                yield schema


# -- Celery ------------------------------------------------------------------------------------


def public_task(function: F) -> F:
    """Marks a task that belongs to the installation: it names `public` itself."""
    _public_tasks.add(f"{function.__module__}.{function.__name__}")
    return function


def is_public_task(name: str) -> bool:
    return name in _public_tasks


def _add_header(headers: dict[str, Any] | None = None, sender: str = "", **kwargs: Any) -> None:
    if headers is not None and sender not in _public_tasks and BANK_HEADER not in headers:
        headers[BANK_HEADER] = current_bank()


def header_of(request: Any) -> str:
    """The bank that a message names, "" for none."""
    named = (request.headers or {}).get(BANK_HEADER) or getattr(request, BANK_HEADER, None)
    return str(named or "")


def _enter_bank(task: Any, **kwargs: Any) -> None:
    # Celery logs what a signal's receiver raises and goes on, so nothing is refused here: without a
    # header the task stays in public, and BankTask refuses to start its body there.
    if task.request.is_eager:
        return
    schema = "" if task.name in _public_tasks else header_of(task.request)
    if schema:
        _wrapper.set_schema(schema)
    else:
        _wrapper.set_schema_to_public()


def _leave_bank(task: Any, **kwargs: Any) -> None:
    if not task.request.is_eager:
        _wrapper.set_schema_to_public()


def connect_celery() -> None:
    """Three signals carry the bank: into the message, before the task, after it.

    They reach over the task's body, so that a chord's end or a link sent after it names the bank too.
    """
    from celery.signals import before_task_publish, task_postrun, task_prerun

    before_task_publish.connect(_add_header, dispatch_uid="bank-header", weak=False)
    task_prerun.connect(_enter_bank, dispatch_uid="bank-enter", weak=False)
    task_postrun.connect(_leave_bank, dispatch_uid="bank-leave", weak=False)


@contextmanager
def bank_transaction(schema: str) -> Iterator[None]:
    """Bank outside, transaction inside."""
    with schema_context(schema), transaction.atomic():
        yield
