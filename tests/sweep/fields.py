"""What the sweep knows of fields: keys of answers, forged values for every column, what a request changed.

The reviewed keys are `fields.txt`: an entry for each answer that differs,
    route METHOD[,METHOD…] status  role…
        key key.inner list[].inner
and for each admin form that opens
    route fields  role…
        name of each field that may be written
A key, field, role or route that the product has and the file lacks fails the sweep, and so does a stale one.
"""

import json
import textwrap
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.db import connection, models

from tests import twins

GOLDEN = Path(__file__).with_name("fields.txt")
# (route, method, status) or (route, "fields", "") → role → keys.
Found = dict[tuple[str, str, str], dict[str, frozenset[str]]]


# What every refusal is answered with; fields.txt calls it (refusal).
REFUSAL = frozenset({"code", "display_message", "fields", "message", "request_id", "type"})


# -- keys -------------------------------------------------------------------------------------------


def keys_of(value: Any, place: str = "") -> set[str]:
    """Every key of a JSON value by its path; `[]` stands for each item of a list."""
    if isinstance(value, list):
        return {key for item in value for key in keys_of(item, f"{place}[]")}
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, inner in value.items():
        path = f"{place}.{name}" if place else name
        below = keys_of(inner, path)
        found |= below or {path}
    return found


def written(section: str, found: Found) -> Iterator[str]:
    """The entries as fields.txt holds them; methods and roles that answer alike share one."""
    yield f"[{section}]"
    alike: dict[tuple[str, str, frozenset[str], tuple[str, ...]], list[str]] = {}
    for (route, method, status), by_role in found.items():
        roles_of: dict[frozenset[str], list[str]] = {}
        for role, keys in by_role.items():
            roles_of.setdefault(keys, []).append(role)
        for keys, roles in roles_of.items():
            alike.setdefault((route, status, keys, tuple(roles)), []).append(method)
    for (route, status, keys, roles), methods in sorted(alike.items(), key=lambda i: i[0][:2]):
        yield f"{route} {','.join(methods)} {status or '-'}  {' '.join(roles)}"
        text = "(refusal)" if keys == REFUSAL else " ".join(sorted(keys)) or "-"
        yield textwrap.fill(text, 110, initial_indent="    ", subsequent_indent="    ",
                            break_long_words=False, break_on_hyphens=False)  # fmt: skip


def read_golden(section: str) -> Found:
    found: Found = {}
    here, heads = "", []
    for line in GOLDEN.read_text().splitlines():
        text = line.split("#")[0].rstrip()
        if text.startswith("["):
            here = text.strip("[]")
        elif text and here == section and not text.startswith(" "):
            route, methods, status, *roles = text.split()
            heads = [
                ((route, method, "" if status == "-" else status), role)
                for method in methods.split(",")
                for role in roles
            ]
        elif text and here == section:
            keys = REFUSAL if "(refusal)" in text else frozenset(text.split()) - {"-"}
            for head, role in heads:
                before = found.setdefault(head, {}).get(role, frozenset())
                found[head][role] = before | keys
    return found


def differences(found: Found, golden: Found) -> list[str]:
    """What is wrong between the answers and the reviewed keys, each as a sentence."""

    def cells(table: Found) -> dict[str, frozenset[str]]:
        return {
            f"{method} {route} {status} as {role}".replace("  ", " "): keys
            for (route, method, status), by_role in table.items()
            for role, keys in by_role.items()
        }

    new, old = cells(found), cells(golden)
    return [
        *(f"{cell}: not in fields.txt" for cell in sorted(set(new) - set(old))),
        *(f"fields.txt: {cell} is not answered" for cell in sorted(set(old) - set(new))),
        *(
            f"{cell}: unknown {sorted(new[cell] - old[cell])}, gone {sorted(old[cell] - new[cell])}"
            for cell in sorted(set(new) & set(old))
            if new[cell] != old[cell]
        ),
    ]


# -- forged values ----------------------------------------------------------------------------------

TEXT, NUMBER, AMOUNT = "Forgery", 987654321, "98765.4321"
DAY, TIME = date(2001, 2, 3), datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
ID = "f0f0f0f0-f0f0-4f0f-8f0f-f0f0f0f0f0f0"
# What is found anywhere in a row only when a forged value was taken.
MARKS = (TEXT, str(NUMBER), AMOUNT, "2001-02-03", ID)
# Names that frameworks know besides the columns.
ALSO = ("pk", "is_staff", "is_superuser", "groups", "user_permissions", "schema_name", "tenant")


def forged(field: Any) -> list[Any]:
    """Values this column would take, none of which a row of the twins has."""
    if field.related_model is not None:
        return [twins.OTHER, NUMBER]
    if field.choices:
        return [value for value, _name in field.flatchoices]
    for kind, values in (
        (models.BooleanField, [True, False]),
        (models.UUIDField, [ID]),
        (models.DecimalField, [AMOUNT]),
        (models.IntegerField, [NUMBER, 7]),
        (models.DateTimeField, [TIME.isoformat()]),
        (models.DateField, [DAY.isoformat()]),
        (models.JSONField, [{TEXT: TEXT}]),
        (models.EmailField, [f"{TEXT}@example.com"]),
    ):
        if isinstance(field, kind):
            return values
    return [TEXT[: field.max_length or None] if getattr(field, "max_length", None) else TEXT]


def forgeries(keys: set[str]) -> list[dict[str, Any]]:
    """Bodies that name every column of a bank and every key of an answer; each kind of value has its turn."""
    values: dict[str, list[Any]] = {name: [1, True, TEXT] for name in ALSO}
    for path in keys:
        values.setdefault(path.split(".")[0].removesuffix("[]"), [TEXT, NUMBER, {"id": ID}])
    for model in twins.bank_models():
        for field in model._meta.concrete_fields:
            for name in {field.name, field.attname}:
                known = values.setdefault(name, [])
                known += [value for value in forged(field) if value not in known]
    rounds = max(map(len, values.values()))
    return [{name: of[at % len(of)] for name, of in values.items()} for at in range(rounds)]


# -- what a request changed ---------------------------------------------------------------------------

# Touched by the clock rather than by what was sent.
CLOCKED = ("django_session", "usersessions_usersession")
Rows = dict[str, dict[str, dict[str, Any]]]


def rows_of(schema: str) -> Rows:
    """Every row of a schema: table → key → columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, a.attname from pg_index i join pg_class c on c.oid = i.indrelid"
            " join pg_namespace n on n.oid = c.relnamespace"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]"
            " where i.indisprimary and n.nspname = %s and c.relkind = 'r'",
            [schema],
        )
        keys = {table: key for table, key in cursor.fetchall() if table not in CLOCKED}
        union = " union all ".join(
            f'select \'{table}\', to_jsonb(t)::text from "{schema}"."{table}" t' for table in keys
        )
        cursor.execute(union)
        found: Rows = {}
        for table, text in cursor.fetchall():
            row = json.loads(text)
            found.setdefault(table, {})[str(row[keys[table]])] = row
        return found


# One change: (table, key or "+n" for the n-th new row, column) → value; None for a row that is gone.
Change = dict[tuple[str, str, str], str]


def changes(before: Rows, after: Rows) -> Change:
    found: Change = {}
    for table in {*before, *after}:
        old, new = before.get(table, {}), after.get(table, {})
        for key in old.keys() - new.keys():
            found[table, key, "*"] = "gone"
        added = sorted(new.keys() - old.keys(), key=lambda key: (len(key), key))
        for number, key in enumerate(added):
            found |= {(table, f"+{number}", column): str(v) for column, v in new[key].items()}
        for key in old.keys() & new.keys():
            if old[key] != new[key]:
                found |= {
                    (table, key, column): str(value)
                    for column, value in new[key].items()
                    if value != old[key].get(column)
                }
    return found


def taken(plain: list[Change], forged: Change) -> list[str]:
    """What a forged request changed that the plain one doesn't, as sentences.

    `plain` are several runs of the request as it should be: what differs between them differs by itself.
    """
    by_itself = {
        place
        for run in plain
        for place in {*run, *plain[0]}
        if run.get(place) != plain[0].get(place)
    }
    found = []
    for place in sorted({*plain[0], *forged}):
        value = forged.get(place)
        marked = value is not None and any(mark in value for mark in MARKS)
        if marked or (place not in by_itself and value != plain[0].get(place)):
            found.append(f"{'.'.join(place)}: {plain[0].get(place)!r} became {value!r}")
    return found


# -- forms of the admin -------------------------------------------------------------------------------


class Controls(HTMLParser):
    """What a browser would send of a page's own form, and which fields a person may write there."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, list[str]] = {}
        self.writable: set[str] = set()
        self._inside = False
        self._select = self._area = ""
        self._options: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = at.get("id", "").endswith("_form") and at.get("method", "") == "post"
        name = at.get("name", "")
        if not self._inside:
            return
        if tag == "option" and self._select:
            self._options.append((at.get("value", ""), "selected" in at))
        if not name or "disabled" in at:
            return
        kind = at.get("type", "text")
        if tag == "select":
            self._select, self._options = name, []
        elif tag == "textarea":
            self._area = name
            self.values[name] = [""]
        elif (
            tag == "input"
            and kind not in ("submit", "button", "image", "file")
            and (kind not in ("checkbox", "radio") or "checked" in at)
        ):
            default = "on" if kind in ("checkbox", "radio") else ""
            self.values.setdefault(name, []).append(at.get("value", default))
        if tag != "input" or kind not in ("hidden", "submit", "button", "image"):
            self.writable.add(name)

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] = [self.values[self._area][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = ""
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            if chosen:
                self.values[self._select] = chosen
            self._select = ""


def forged_controls(model: type[models.Model], controls: Controls) -> dict[str, Any]:
    """Every column of the row that the form doesn't offer, and rows of inlines it only shows."""
    offered = {name.split("-")[-1] for name in controls.writable}
    found: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.name not in offered:
            for name in {field.name, field.attname} - {"id"}:
                values = [v for v in forged(field) if v is not False]
                found[name] = json.dumps(values[-1]) if isinstance(values[-1], dict) else values[-1]
                if isinstance(field, models.DateTimeField):
                    found |= {f"{name}_0": DAY.isoformat(), f"{name}_1": "04:05:06"}
    for relation in model._meta.related_objects:
        prefix = relation.get_accessor_name() or ""
        if any(name.startswith(f"{prefix}-") for name in controls.writable):
            continue
        found |= {f"{prefix}-TOTAL_FORMS": 2, f"{prefix}-INITIAL_FORMS": 1}
        for field in relation.related_model._meta.concrete_fields:
            for at in (0, 1):
                found[f"{prefix}-{at}-{field.name}"] = str(forged(field)[0])
        found |= {f"{prefix}-0-id": 1, f"{prefix}-1-id": "", f"{prefix}-0-DELETE": "on"}
    return found
