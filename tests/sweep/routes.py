"""Every route of a resolver, and the one reviewed table of what each role gets there.

The table is `matrix.txt`: a section for each urlconf, and one line for a route's methods that answer alike,
    name  METHOD[,METHOD…]  what each role of the section gets
A cell is a status, or where a redirect leads that refuses: `login` (sign in first), `gate` (say first why you
open this customer), `list` (name a customer first).
`name?parameter` is the route asked with a row named in its query, `name!action` an action of an admin list.
A route that the resolver knows and the table lacks fails the sweep, and so does a stale line.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.contrib.admin import AdminSite
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests import twins

MATRIX = Path(__file__).with_name("matrix.txt")
BANK, OPERATOR = "config.urls", "config.urls_operator"
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
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Rows that an address can name in its query, by route; staff need `customer` for all of them.
QUERIES = {
    "pages:overview": ("customer", "account", "categories"),
    "pages:overview_csv": ("customer",),
    "pages:trace": ("customer", "account", "categories"),
    "pages:forecast": ("customer",),
    "pages:staff_overview": ("category", "segment"),
    "pages:staff_groups": ("category", "segment"),
    "transactions:list": ("customer", "account", "categories", "tag"),
    "transactions:csv": ("customer", "account", "categories", "tag"),
    "transactions:detail": ("customer",),
    "transactions:pairs": ("customer",),
    "transactions:categorise": ("customer",),
    "regulars:list": ("customer",),
    "regulars:due": ("customer",),
    "regulars:detail": ("customer",),
    "transactions:merchant": ("customer",),
    "transactions:split": ("customer",),
    "transactions:tag": ("customer",),
    "transactions:note": ("customer",),
    "transactions:put_back": ("customer",),
    "transactions:bulk": ("customer",),
    "transactions:tags": ("customer",),
    "transactions:filters": ("customer",),
    "transactions:duplicates": ("customer",),
    "imports:new": ("customer",),
    "api:transactions": ("customer_id", "account_id", "categories", "tag"),
    "accounts_held:list": ("customer",),
    "accounts_held:one": ("customer",),
    "api:accounts": ("customer_id",),
    "api:account": ("customer_id",),
    "api:cards": ("customer_id", "account_id", "categories"),
    "api:regulars": ("customer_id",),
    "api:trace": ("customer_id", "account_id", "categories"),
}
# Parameters that stay the cast's own while the other one is foreign or missing.
NAMES_CUSTOMER = ("customer", "customer_id")
NAMES_ROW = ("account", "account_id", "categories", "tag", "transaction_id")


@dataclass(frozen=True)
class Route:
    name: str  # namespace:name, or the pattern where it has no name
    pattern: str
    parameters: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    action: str = ""

    @property
    def label(self) -> str:
        """What matrix.txt calls it."""
        if self.action:
            return f"{self.name}!{self.action}"
        return f"{self.name}?{self.query[-1]}" if self.query else self.name

    @property
    def names_rows(self) -> bool:
        """Whether its address names a row that could be another bank's or another customer's."""
        return bool({*self.parameters, *self.query} - {"metric", "chart", "app_label", "url"})


def routes(urlconf: str) -> list[Route]:
    """All routes, included ones too; the Django admin's come through its own URLs like any other."""
    found = set(_walk(get_resolver(urlconf), "", "", ()))
    asked = {
        replace(route, query=_query(route.name, last))
        for route in found
        for last in QUERIES.get(route.name, ())
    }
    return sorted(found | asked, key=lambda r: (r.label, r.pattern))


def _query(name: str, last: str) -> tuple[str, ...]:
    if last in NAMES_CUSTOMER or name.startswith("pages:staff_"):
        return (last,)
    return ("customer_id" if name.startswith("api:") else "customer", last)


def actions(site: AdminSite) -> list[Route]:
    """Every action of every list, and the deletion of chosen rows, which lists don't offer by themselves."""
    found = []
    for model, admin in site._registry.items():
        name = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_changelist"
        named = {a if isinstance(a, str) else a.__name__ for a in admin.actions or ()}
        found += [Route(name, "", action=action) for action in sorted(named | {"delete_selected"})]
    return sorted(found, key=lambda r: r.label)


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


KEYS = {"own": 1, "foreign": twins.ONLY_IN_B, "other": twins.OTHER, "missing": 535353}


def arguments(route: Route, which: str) -> dict[str, Any] | None:
    """Values for what the route's address names: `own` (key 1), `foreign` (only the twin has it), `other`
    (another customer's of the same bank), `missing`.

    None where a parameter isn't known here yet: then the sweep fails and says which.
    """
    named = (*route.parameters, *route.query)
    names_row = any(name in NAMES_ROW for name in named)
    found: dict[str, Any] = {}
    for parameter in named:
        maker = PARAMETERS.get(f"{route.name}/{parameter}") or PARAMETERS.get(parameter)
        if maker is None:
            return None
        kept = names_row and parameter in NAMES_CUSTOMER
        found[parameter] = maker(KEYS["own" if kept else which])
    return found


def address(route: Route, which: str, urlconf: str = BANK) -> str | None:
    """The route's address for `own`, `foreign`, `other` or `missing`; None for unknown parameters."""
    values = arguments(route, which)
    if values is None:
        return None
    query = "&".join(f"{name}={values.pop(name)}" for name in route.query)
    if route.name != route.pattern:
        path = reverse(route.name, urlconf=urlconf, kwargs=values)
    else:
        # Routes without a name (the admin's redirect and its catch-all): the pattern, filled in.
        path = "/" + re.sub(
            r"\(\?P<(\w+)>[^)]*\)\$?|<(?:\w+:)?(\w+)>",
            lambda m: str(values[m[1] or m[2]]),
            route.pattern,
        )
    return f"{path}?{query}" if query else path


def _transaction_id(key: int) -> str:
    from transactions.ids import encode_one

    return encode_one(key)


def _public_id(label: str) -> Callable[[int], Any]:
    from django.apps import apps

    return lambda key: twins.public_id(apps.get_model(label), key)


def _bank(key: int) -> int:
    from accounts.banks.models import Bank

    return Bank.objects.get(schema_name=twins.A.schema).pk if key == 1 else key


# A parameter's name, or "route/parameter" where the same name means different things.
PARAMETERS: dict[str, Callable[[int], Any]] = {
    "customer_id": _public_id("customers.Customer"),
    "customer": _public_id("customers.Customer"),
    "transaction_id": _transaction_id,
    "regular_id": _public_id("analytics.RegularPayment"),
    "batch_id": _public_id("transactions.ImportBatch"),
    "pair_id": _public_id("transactions.RowPair"),
    "job_id": _public_id("jobs.Job"),
    "link_id": _public_id("transactions.ProviderLink"),
    "account_id": _public_id("transactions.BankAccount"),
    "account": _public_id("transactions.BankAccount"),
    "category_id": _public_id("transactions.Category"),
    "categories": _public_id("transactions.Category"),
    "rule_id": _public_id("transactions.CategoryRule"),
    "run_id": _public_id("transactions.RuleRun"),
    "merchant_id": _public_id("transactions.LearnedMerchant"),
    "tag": _public_id("transactions.Tag"),
    "category": lambda key: key,
    "segment": lambda key: key,
    "metric": lambda key: "income",
    "object_id": lambda key: key,
    "operator:banks_bank_change/object_id": _bank,
    "operator:banks_bank_delete/object_id": _bank,
    "operator:banks_bank_history/object_id": _bank,
    "id": lambda key: key,
    "chart": lambda key: "trend",
    "uidb36": lambda key: "x",
    "key": lambda key: "xxx",
    "token": lambda key: "nothing",
    "pk": lambda key: key,
    "app_label": lambda key: "accounts",
    "content_type_id": lambda key: 1,
    "url": lambda key: "nothing",
}

Table = dict[tuple[str, str], tuple[str, ...]]


def read_matrix(section: str) -> Table:
    """The golden table of one section: (route, method) → a cell by role. A line twice is refused."""
    table: Table = {}
    here = ""
    for number, line in enumerate(MATRIX.read_text().splitlines(), 1):
        text = line.split("#")[0].strip()
        if text.startswith("["):
            here = text.strip("[]")
        elif text and here == section:
            name, methods, *cells = text.split()
            for method in methods.split(","):
                assert (name, method) not in table, f"matrix.txt, line {number}: twice"
                table[name, method] = tuple(cells)
    return table


def written(section: str, table: Table) -> Iterator[str]:
    """A table as matrix.txt holds it: methods of a route that answer alike share one line."""
    yield f"[{section}]"
    for name in sorted({name for name, _ in table}):
        alike: dict[tuple[str, ...], list[str]] = {}
        for method in METHODS:
            if (name, method) in table:
                alike.setdefault(table[name, method], []).append(method)
        for cells, methods in alike.items():
            yield f"{name:<58} {','.join(methods):<26} {' '.join(f'{c:<5}' for c in cells)}".rstrip()


def differences(found: Table, golden: Table) -> list[str]:
    """What is wrong between the answers and the reviewed table, each as a sentence."""
    return [
        *(f"{k[1]} {k[0]} has no line in matrix.txt" for k in sorted(set(found) - set(golden))),
        *(f"matrix.txt: {k[1]} {k[0]} is no route" for k in sorted(set(golden) - set(found))),
        *(
            f"{k[1]} {k[0]}: answers {found[k]}, the table says {golden[k]}"
            for k in sorted(set(found) & set(golden))
            if found[k] != golden[k]
        ),
    ]
