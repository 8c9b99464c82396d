"""While the database is away every door says 503 and when to come back; other mistakes stay mistakes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client

from accounts.database import is_away
from tests.conftest import HOSTS, NORTH


def error_of(cause: Exception, kind: type[Exception] = OperationalError) -> Exception:
    error = kind("said by the driver")
    error.__cause__ = cause
    return error


@contextmanager
def answering(error: Exception) -> Iterator[None]:
    """Every statement is answered by this error."""

    def refuse(execute: Callable[..., Any], *rest: Any) -> Any:
        raise error

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/v1/users/me", "/admin/"])
@pytest.mark.parametrize(
    "cause",
    [
        psycopg.OperationalError("connection refused"),
        psycopg.errors.AdminShutdown("terminating connection"),
        psycopg.errors.CannotConnectNow("the database system is starting up"),
        psycopg.errors.TooManyConnections("no slot left"),
    ],
)
def test_a_database_that_is_away_is_503_on_pages_and_api(
    north: str, path: str, cause: Exception
) -> None:
    client = Client(HTTP_HOST=HOSTS[NORTH], raise_request_exception=False)
    with answering(error_of(cause)):
        answer = client.get(path)
    assert answer.status_code == 503 and int(answer["Retry-After"]) == 5
    assert answer["Cache-Control"] == "no-store"
    if path.startswith("/api/"):
        assert answer.json()["code"] == "unavailable"
    else:
        assert "The database does not answer just now" in answer.content.decode()


def test_another_mistake_stays_500(north: str) -> None:
    client = Client(HTTP_HOST=HOSTS[NORTH], raise_request_exception=False)
    with answering(DataError("a broken statement")):
        assert client.get("/accounts/login/").status_code == 500
        answer = client.get("/api/v1/users/me")
    # A program is told in its own words.
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert answer.json()["request_id"] and "broken" not in answer.content.decode()


def test_locks_and_timeouts_are_not_an_absence() -> None:
    for cause in (
        psycopg.errors.LockNotAvailable("nowait"),
        psycopg.errors.QueryCanceled("statement timeout"),
        psycopg.errors.DeadlockDetected("deadlock"),
    ):
        assert not is_away(error_of(cause))
    try:
        try:
            raise error_of(psycopg.errors.AdminShutdown("going"))
        except OperationalError:
            raise RuntimeError("in the wake of it") from None
    except RuntimeError as error:
        assert is_away(error)
