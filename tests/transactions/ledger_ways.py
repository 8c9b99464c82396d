"""Every way we know to write the ledger. `test_guard.py` tries each one with the hook and without."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.core import serializers
from django.db import connection, models
from django.db.models import F
from django.db.models.deletion import CASCADE, SET_NULL, Collector
from django.db.models.fields.related_descriptors import create_reverse_many_to_one_manager
from psycopg import sql

from transactions import guard
from transactions.models import BankAccount, Category, MonthTotal, Transaction

DAY = date(2026, 6, 16)


@dataclass(frozen=True)
class Seed:
    """What stands in the ledger before a way is tried."""

    account: BankAccount
    line: Transaction
    category: Category

    def fields(self, **others: Any) -> dict[str, Any]:
        return {
            "account": self.account, "booked_on": DAY, "amount": Decimal("-5"), "raw_text": "X",
            "clean_text": "X", "fingerprint": UUID(int=7), "line": 9, **others,
        }  # fmt: skip


@dataclass(frozen=True)
class Way:
    name: str
    act: Callable[[Seed], Any]
    # False: PostgreSQL or psycopg refuses it too, hook or no hook.
    possible: bool = True


def run(statement: Any, params: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


# -- the ORM ---------------------------------------------------------------------------------------


def _changed(seed: Seed) -> Transaction:
    seed.line.amount = Decimal("-777")
    return seed.line


def _related_manager(seed: Seed) -> Any:
    # Today's foreign keys have no way back (related_name "+"); tomorrow's may.
    field: Any = Transaction._meta.get_field("account")
    default: Any = type(Transaction._default_manager)
    return create_reverse_many_to_one_manager(default, field.remote_field)(seed.account)


def _cascade(on_delete: Any, name: str, seed: Seed) -> None:
    collector = Collector(using="default", origin=seed.line)
    rows = Transaction.objects.filter(pk=seed.line.pk)
    on_delete(collector, Transaction._meta.get_field(name), rows, "default")
    collector.delete()


def _fixture(seed: Seed) -> None:
    text = serializers.serialize("json", [_changed(seed)])
    for given in serializers.deserialize("json", text):
        given.save()


ORM = (
    Way("save", lambda s: _changed(s).save()),
    Way("save one field", lambda s: _changed(s).save(update_fields=["amount"])),
    Way("save of a new row", lambda s: Transaction(**s.fields()).save(force_insert=True)),
    Way("save_base", lambda s: _changed(s).save_base(raw=True)),
    Way("asave", lambda s: async_to_sync(_changed(s).asave)()),
    Way("create", lambda s: Transaction.objects.create(**s.fields())),
    Way(
        "get_or_create",
        lambda s: Transaction.objects.get_or_create(line=9, defaults=s.fields()),
    ),
    Way(
        "update_or_create",
        lambda s: Transaction.objects.update_or_create(pk=s.line.pk, defaults={"amount": 1}),
    ),
    Way("bulk_create", lambda s: Transaction.objects.bulk_create([Transaction(**s.fields())])),
    Way(
        "bulk_create as upsert",
        lambda s: Transaction.objects.bulk_create(
            [Transaction(**s.fields(fingerprint=s.line.fingerprint, occurrence=s.line.occurrence))],
            update_conflicts=True,
            update_fields=["amount"],
            unique_fields=["account", "fingerprint", "occurrence"],
        ),
    ),
    Way("bulk_update", lambda s: Transaction.objects.bulk_update([_changed(s)], ["amount"])),
    Way("queryset.update", lambda s: Transaction.objects.filter(pk=s.line.pk).update(line=3)),
    Way("queryset.update with F", lambda s: MonthTotal.objects.update(n=F("n") + 1)),
    Way(
        "another QuerySet",
        lambda s: models.QuerySet(Transaction).filter(pk=s.line.pk).update(amount=F("amount") * 2),
    ),
    Way("queryset.delete", lambda s: Transaction.objects.filter(pk=s.line.pk).delete()),
    Way(
        "queryset._raw_delete",
        lambda s: Transaction.objects.filter(pk=s.line.pk)._raw_delete("default"),  # type: ignore[attr-defined]
    ),
    Way("delete", lambda s: s.line.delete()),
    Way("related manager create", lambda s: _related_manager(s).create(**s.fields())),
    Way("related manager update", lambda s: _related_manager(s).update(line=3)),
    Way("cascade CASCADE", lambda s: _cascade(CASCADE, "account", s)),
    Way("cascade SET_NULL", lambda s: _cascade(SET_NULL, "category", s)),
    Way("fixture", _fixture),
    Way(
        "objects.raw",
        lambda s: list(
            Transaction.objects.raw("update transactions_transaction set line = 3 returning *")
        ),
    ),
)

# -- statements ------------------------------------------------------------------------------------

T = "transactions_transaction"
COLUMNS = (
    "account_id, booked_on, amount, raw_text, clean_text, counterparty, reference, category_origin, "
    "confidence, status, provider_id, fingerprint, occurrence, line, version, is_split"
)
COPIED = COLUMNS.replace("occurrence", "occurrence + 500")
INSERT = f"insert into {T} ({COLUMNS}) select {COPIED} from {T}"

STATEMENTS = {
    "insert": INSERT,
    "insert into a month total": "insert into transactions_monthtotal (account_id, month, category_id,"
    " money_in, money_out, n) select account_id, month, 99, 1, 0, 1 from transactions_monthtotal",
    "insert without a blank": INSERT.replace(f"into {T}", f'into"{T}"', 1),
    "update": f"update {T} set amount = 0",
    "update only": f"update only {T} set amount = 0",
    "update only in brackets": f"update only({T}) set amount = 0",
    "update from": f"update {T} t set line = 3 from transactions_bankaccount a where a.id = t.account_id",
    "update of kept edits": "update transactions_keptedit set payload = '{}'",
    "delete": f"delete from {T}",
    "delete using": f"delete from {T} t using transactions_bankaccount a where a.id = t.account_id",
    "merge": f"merge into {T} t using transactions_bankaccount a on a.id = t.account_id"
    " when matched then update set line = 3",
    "CTE that deletes": f"with gone as (delete from {T} returning 1) select count(*) from gone",
    "CTE before an update": f"with a as (select 3 n) update {T} set line = a.n from a",
    "explain analyze": f"explain analyze delete from {T}",
    "truncate": "truncate transactions_monthtotal",
    "truncate as one of several": f"truncate table transactions_importissue, {T}",
    "truncate cascade from afar": "truncate transactions_bankaccount cascade",
    "DO": f"do $$ begin delete from {T}; end $$",
    "DO with a made-up text": "do $$ begin execute 'delete from transactions' || '_transaction'; end $$",
    "DO after another": f"select 1; do $$ begin delete from {T}; end $$",
    "prepare and execute": f"prepare remove as delete from {T}; execute remove; deallocate remove",
    "create function and call": f"create function pg_temp.gone() returns void language sql as"
    f" $$ delete from {T} $$; select pg_temp.gone()",
    "function with comments": "create function pg_temp.gone() returns void language sql as"
    f" $$ delete /* all */ from {T} $$; select pg_temp.gone()",
    "behind a select": f"select 1; update {T} set amount = 0",
    "comment first": f"/* only a look */ update {T} set amount = 0",
    "line comment first": f"-- only a look\nupdate {T} set amount = 0",
    "comment between": f"delete/**/from/**/{T}",
    "nested comment": f"delete /* a /* b */ c */ from {T}",
    "line comment up to a carriage return": f"select 1 -- a look\r; delete from {T}",
    "comment signs inside texts": f"select '/*'; delete from {T}; select '*/'",
    "dashes inside a text": f"select '--'; delete from {T}",
    "comment signs inside a name": f'select 1 "/*"; delete from {T}; select 1 "*/"',
    "comment signs inside dollars": f"select $a$/*$a$; delete from {T}; select $a$*/$a$",
    "comment signs between dollars of two sizes": f"select $A$ $a$/*$A$; delete from {T}; select '*/'",
    "comment signs after an escaped quote": f"select E'\\'/*'; delete from {T}; select '*/'",
    "upper case": f"UPDATE {T.upper()} SET AMOUNT = 0",
    "mixed case": f"DeLeTe FrOm {T.title()}",
    "quoted": f'update "{T}" set amount = 0',
    "quoted without blanks": f'update"{T}"set amount = 0',
    "schema-qualified": f"update {{schema}}.{T} set amount = 0",
    "schema quoted": f'delete from "{{schema}}"."{T}"',
    "database, schema and table": f"update {{database}}.{{schema}}.{T} set amount = 0",
    "blanks around the dot": f"update {{schema}} . {T} set amount = 0",
    "over two lines": f"delete\n\tfrom\n\t{T}",
    "unicode escapes": 'update U&"transactions\\005Ftransaction" set amount = 0',
    "unicode escapes, own sign": "delete from u&\"transactions!005Ftransaction\" uescape '!'",
    "view that writes through": f"create temp view v as select * from {T}; delete from v",
    "rule": f"create rule r as on update to transactions_bankaccount do also delete from {T};"
    " update transactions_bankaccount set name = 'x'",
    "alter table": f"alter table {T} alter column amount type numeric(19, 4) using amount * 2",
    "alter table: new column": f"alter table if exists only {T} add column x int default 5",
    "rename": f"alter table {T} rename to elsewhere",
    "drop": "drop table transactions_keptedit",
    "drop as one of several": "drop table if exists nothing, transactions_keptedit cascade",
}

IMPOSSIBLE = {
    "select into": f"select * into {T} from transactions_bankaccount",
    "copy from a file": f"copy {T} from '/dev/null'",
    "copy from stdin as a statement": f"copy {T} (id) from stdin",
}


def _run_in_schema(statement: str) -> None:
    wrapper: Any = connection
    names = {"schema": wrapper.schema_name, "database": connection.settings_dict["NAME"]}
    for name, value in names.items():
        statement = statement.replace(f"{{{name}}}", str(value))
    run(statement)


def _as_way(name: str, statement: str, possible: bool = True) -> Way:
    return Way(f"SQL {name}", lambda seed: _run_in_schema(statement), possible)


SQL = (
    *(_as_way(name, statement) for name, statement in STATEMENTS.items()),
    *(_as_way(name, statement, possible=False) for name, statement in IMPOSSIBLE.items()),
)

# -- drivers, beneath and beside Django ------------------------------------------------------------

UPDATE = f"update {T} set line = %s"
COPY_TOTAL = "transactions_monthtotal"
TOTAL_COLUMNS = ("account_id", "month", "category_id", "money_in", "money_out", "n")


def _executemany(seed: Seed) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(UPDATE, [(3,), (4,)])


def _composed(seed: Seed) -> None:
    run(sql.SQL("update {} set line = {}").format(sql.Identifier(T), sql.Literal(3)))


def _beneath(seed: Seed) -> Any:
    connection.ensure_connection()
    return connection.connection


def _server_cursor(seed: Seed) -> None:
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"select 1; delete from {T}")


def _named_cursor_beneath(seed: Seed) -> None:
    with _beneath(seed).cursor(name="c") as cursor:
        cursor.execute(f"delete from {T} returning *")


def _copy(seed: Seed, cursor: Any, table: str = COPY_TOTAL) -> None:
    with cursor.copy(f"copy {table} ({', '.join(TOTAL_COLUMNS)}) from stdin") as copy:
        copy.write_row([seed.account.pk, date(2026, 1, 1), 0, 1, 0, 1])


def _cursor_copy(seed: Seed, table: str = COPY_TOTAL) -> None:
    with connection.cursor() as cursor:
        _copy(seed, cursor, table)


def _stream(seed: Seed) -> None:
    with _beneath(seed).cursor() as cursor:
        list(cursor.stream(f"update {T} set line = 3 returning id"))


def _total(seed: Seed) -> list[Any]:
    return [seed.account.pk, date(2026, 1, 1), 0, 1, 0, 1]


def _total_text(seed: Seed) -> bytes:
    return "\t".join(map(str, _total(seed))).encode() + b"\n"


DRIVERS = (
    Way("execute with parameters", lambda s: run(UPDATE, [3])),
    Way("execute of bytes", lambda s: _beneath(s).execute(f"delete from {T}".encode())),
    Way("execute of psycopg.sql", _composed),
    Way("executemany", _executemany),
    Way(
        "json parameters",
        lambda s: run("update transactions_keptedit set payload = %s", [json.dumps([1])]),
    ),
    Way("server-side cursor", _server_cursor, possible=False),
    Way("server-side cursor of psycopg", _named_cursor_beneath, possible=False),
    Way("psycopg's connection.execute", lambda s: _beneath(s).execute(f"delete from {T}")),
    Way("psycopg's own cursor", lambda s: _beneath(s).cursor().execute(f"delete from {T}")),
    Way("psycopg's executemany", lambda s: _beneath(s).cursor().executemany(UPDATE, [(3,)])),
    Way("psycopg's prepare", lambda s: _beneath(s).execute(UPDATE, [3], prepare=True)),
    Way("psycopg's stream", _stream, possible=False),
    Way("cursor.copy", _cursor_copy),
    Way("cursor.copy of a quoted name", lambda s: _cursor_copy(s, f'"{COPY_TOTAL}"')),
    Way("cursor.copy of psycopg", lambda s: _copy(s, _beneath(s).cursor())),
    Way("copy_rows", lambda s: guard.copy_rows(COPY_TOTAL, TOTAL_COLUMNS, [_total(s)])),
    Way("copy_text", lambda s: guard.copy_text(COPY_TOTAL, TOTAL_COLUMNS, [_total_text(s)])),
    Way(
        "copy_rows of a quoted name",
        lambda s: guard.copy_rows(f'"{COPY_TOTAL}"', TOTAL_COLUMNS, [_total(s)]),
    ),
)

WAYS = (*ORM, *SQL, *DRIVERS)
