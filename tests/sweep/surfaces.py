"""Everything through which one bank could reach another, from one generator.

Each surface is found in the product itself (resolvers, OpenAPI, admin sites, tables, Celery, the registry of
jobs, fields that hold files); the reviewed entries stand in matrix.txt and below. A surface without an entry
fails the sweep, and so does an entry without a surface. What shows only when it is used (downloads, keys in
Redis) is met by the sweep and held against its list here in the same way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from tests import twins
from tests.sweep.routes import BANK, METHODS, OPERATOR, actions, read_matrix, routes


@dataclass(frozen=True, order=True)
class Surface:
    kind: str  # route, operator, action, operation, table, file field, task, job
    name: str


def surfaces() -> Iterator[Surface]:
    """All of them; nothing is typed here by hand."""
    from accounts.jobs.registry import _kinds
    from accounts.sites import bank_site, operator_site
    from config.celery import app

    for method in METHODS:
        yield from (Surface("route", f"{method} {r.label}") for r in routes(BANK))
        yield from (Surface("operator", f"{method} {r.label}") for r in routes(OPERATOR))
    yield from (Surface("action", r.label) for r in actions(bank_site))
    yield from (Surface("operator", f"POST {r.label}") for r in actions(operator_site))
    yield from (Surface("operation", f"{method} {path}") for method, path in operations())
    yield from (Surface("table", model._meta.label) for model in twins.bank_models())
    yield from (Surface("file field", name) for name in file_fields())
    # What other tests of this run have made is no surface of the product.
    yield from (
        Surface("task", name)
        for name, task in app.tasks.items()
        if not name.startswith("celery.")
        and not task.run.__module__.startswith(("tests.", "test_"))
    )
    for kind in _kinds.values():
        if not kind.handler.__module__.startswith("tests."):
            yield Surface("job", kind.name)


def operations() -> list[tuple[str, str]]:
    """(METHOD, path) of every operation that the API describes."""
    from drf_spectacular.generators import SchemaGenerator

    described = SchemaGenerator(urlconf="config.urls_api").get_schema(public=True)["paths"]
    verbs = {"get", "post", "put", "patch", "delete"}
    return sorted(
        (verb.upper(), f"/api/{path.lstrip('/').removeprefix('api/')}")
        for path, found in described.items()
        for verb in found
        if verb in verbs
    )


def file_fields() -> list[str]:
    """Columns that name a file outside the database."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FileField)
    ]


# -- the reviewed entries ------------------------------------------------------------------------------

# Tasks of the installation, which name public themselves and loop over the banks.
PUBLIC_TASKS = {
    "accounts.jobs.tasks.sweep",
    "accounts.jobs.tasks.housekeeping",
    "config.tasks.plan_nights",
}
# Tasks of a bank: their arguments, given the key of a row.
BANK_TASKS: dict[str, Callable[[int], tuple[Any, ...]]] = {
    "accounts.jobs.tasks.run_job": lambda key: (key,),
    "accounts.jobs.tasks.run_due": lambda key: (),
}
# Kinds of long work: their arguments, given the key of a row.
JOBS: dict[str, Callable[[int], dict[str, Any]]] = {
    "import_plan": lambda key: {"batch": key},
    "import_commit": lambda key: {"batch": key, "plan_hash": f"{twins.A.canary} plan_hash {key}"},
    "import_undo": lambda key: {"batch": key, "confirm_edits": None},
    "pairs_find": lambda key: {"batch": key},
    "regulars": lambda key: {"accounts": [key]},
    "rule_run": lambda key: {"run": key},
    "rule_run_undo": lambda key: {"run": key},
    "provider_sync": lambda key: {"link": key, "tries": 0},
    "rows_bulk": lambda key: {
        "customer": key,
        "rows": [key],
        "action": "tag",
        "category": None,
        "tag": key,
        "url": "/transactions/",
    },
    "audit_head": lambda key: {"day": twins.DAY.isoformat()},
    "night": lambda key: {"business_day": twins.DAY.isoformat()},
}
# Files outside the database: none yet. One that comes is stored under the bank's own folder, and says here
# which test reads it as the other bank.
FILE_FIELDS: set[str] = set()
# Operations that let people in: they take no token, so another bank's has nothing to open.
NO_TOKEN = {
    "POST /api/v1/login", "POST /api/v1/login/mfa", "POST /api/v1/login/passkey",
    "POST /api/v1/login/passkey/options", "POST /api/v1/refresh",
}  # fmt: skip


def entries() -> set[Surface]:
    """What has been reviewed: by eye in matrix.txt, and above."""
    bank, operator = read_matrix(BANK), read_matrix(OPERATOR)
    return {
        *(Surface("route", f"{method} {name}") for name, method in bank),
        *(Surface("operator", f"{method} {name}") for name, method in operator),
        *(Surface("action", name) for name, _method in read_matrix("admin actions")),
        # Each of these is its own entry: asked with the other bank's token, filled with canaries.
        *(Surface("operation", f"{method} {path}") for method, path in operations()),
        *(Surface("table", model._meta.label) for model in twins.bank_models()),
        *(Surface("file field", name) for name in FILE_FIELDS),
        *(Surface("task", name) for name in PUBLIC_TASKS | BANK_TASKS.keys()),
        *(Surface("job", name) for name in JOBS),
    }
