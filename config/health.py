"""/health answers on any host, before a bank is looked for; /health/ready asks what it depends on."""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

log = logging.getLogger(__name__)


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD") and request.path in ("/health", "/health/ready"):
            return live() if request.path == "/health" else ready()
        return self.get_response(request)


def live() -> JsonResponse:
    """The process answers."""
    return _answer({"status": "ok"}, 200)


def ready() -> JsonResponse:
    """The process can serve: database, message server and migrations."""
    parts = {"database": _database(), "redis": _redis()}
    if parts["database"] == "ok":
        parts["migrations"] = _migrations()
    good = all(state == "ok" for state in parts.values())
    return _answer({"status": "ok" if good else "degraded", **parts}, 200 if good else 503)


def _answer(body: dict[str, str], status: int) -> JsonResponse:
    response = JsonResponse(body, status=status)
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _database() -> str:
    try:
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        return "ok"
    except Exception as error:  # whatever is wrong with it, the answer is "not ready"
        log.warning("health: database %s", type(error).__name__)
        return "unreachable"


def _redis() -> str:
    try:
        cache.set("health", "1", timeout=10)
        return "ok" if cache.get("health") == "1" else "unreachable"
    except Exception as error:
        log.warning("health: redis %s", type(error).__name__)
        return "unreachable"


_migrated = False


def _migrations() -> str:
    """`pending` until the tables of this code exist in public; asked once it is true no more."""
    global _migrated
    if not _migrated:
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "pending"
