"""Every route of the resolver, and the one reviewed table of what each role gets there.

The table is `matrix.txt`: one line a route and method,
    name  METHOD  anonymous customer viewer analyst analyst+purpose admin admin+purpose
A route that the resolver knows and the table lacks fails the sweep, and so does a stale line.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests import twins

MATRIX = Path(__file__).with_name("matrix.txt")
ROLES = ("anonymous", "customer", "viewer", "analyst", "analyst+purpose", "admin", "admin+purpose")
# Which twin person plays the role (keys of tests/twins.PEOPLE); 6 holds an open purpose, 7 is given one.
PERSON = {
    "customer": 1,
    "viewer": 2,
    "analyst": 3,
    "analyst+purpose": 6,
    "admin": 4,
    "admin+purpose": 7,
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    name: str  # namespace:name, or the pattern where it has no name
    pattern: str
    parameters: tuple[str, ...]


def routes(urlconf: str) -> list[Route]:
    """All routes, included ones too; the Django admin's come through its own URLs like any other."""
    return sorted(set(_walk(get_resolver(urlconf), "", "", ())), key=lambda r: (r.name, r.pattern))


def _walk(
    resolver: URLResolver, prefix: str, namespace: str, parameters: tuple[str, ...]
) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        regex = getattr(entry.pattern, "regex", None)
        groups = regex.groupindex if regex is not None and not entry.pattern.converters else {}
        names = (*parameters, *entry.pattern.converters, *groups)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, pattern, inner, names)
        elif isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name}" if entry.name else pattern, pattern, names)


def arguments(route: Route, which: str) -> dict[str, Any] | None:
    """Values for the route's parameters: `own` (key 1), `foreign` (only the twin has it), `missing`.

    None where a parameter isn't known here yet: then the sweep fails and says which.
    """
    key = {"own": 1, "foreign": twins.ONLY_IN_B, "missing": 535353}[which]
    found: dict[str, Any] = {}
    for parameter in route.parameters:
        maker = PARAMETERS.get(f"{route.name}/{parameter}") or PARAMETERS.get(parameter)
        if maker is None:
            return None
        found[parameter] = maker(key)
    return found


def address(route: Route, which: str) -> str | None:
    """The route's address for `own`, `foreign` or `missing` values; None for unknown parameters."""
    values = arguments(route, which)
    if values is None:
        return None
    if route.name != route.pattern:
        return reverse(route.name, urlconf="config.urls", kwargs=values)
    # Routes without a name (the admin's redirect and its catch-all): the pattern, filled in.
    path = re.sub(
        r"\(\?P<(\w+)>[^)]*\)\$?|<(?:\w+:)?(\w+)>",
        lambda m: str(values[m[1] or m[2]]),
        route.pattern,
    )
    return f"/{path}"


def _transaction_id(key: int) -> str:
    from transactions.ids import encode_one

    return encode_one(key)


def _public_id(label: str) -> Callable[[int], Any]:
    from django.apps import apps

    return lambda key: twins.public_id(apps.get_model(label), key)


# A parameter's name, or "route/parameter" where the same name means different things.
PARAMETERS: dict[str, Callable[[int], Any]] = {
    "customer_id": _public_id("customers.Customer"),
    "transaction_id": _transaction_id,
    "batch_id": _public_id("transactions.ImportBatch"),
    "job_id": _public_id("jobs.Job"),
    "account_id": _public_id("transactions.BankAccount"),
    "category_id": _public_id("transactions.Category"),
    "metric": lambda key: "income",
    "object_id": lambda key: key,
    "id": lambda key: key,
    "chart": lambda key: "trend",
    "uidb36": lambda key: "x",
    "key": lambda key: "xxx",
    "app_label": lambda key: "accounts",
    "content_type_id": lambda key: 1,
    "url": lambda key: "nothing",
}


def read_matrix(section: str) -> dict[tuple[str, str], tuple[int, ...]]:
    """The golden table of one urlconf: (route name, method) → status by role."""
    table: dict[tuple[str, str], tuple[int, ...]] = {}
    here = ""
    for line in MATRIX.read_text().splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("["):
            here = text.strip("[]")
        elif text and here == section:
            name, method, *cells = text.split()
            table[name, method] = tuple(int(cell) for cell in cells)
    return table
