"""The temporary tables a plan is worked out in, one pair per transaction.

`import_stage` holds the file's lines as they would be written; `import_known` the verdict of every line
that is not simply new. Both vanish with the transaction. They are local to the coordinator of a
distributed database, so statements use INSERT … SELECT, UPDATE … FROM and IN, never DELETE … USING.
"""

import zlib
from collections.abc import Iterable

from django.db import connection

from transactions import guard
from transactions.imports.staging import COLUMNS
from transactions.models import ImportBatch, PlannedChunk

_MAKE = (
    "set local work_mem = '64MB'",
    "drop table if exists pg_temp.import_stage",
    "drop table if exists pg_temp.import_known",
    """
    create temp table import_stage (
      n integer not null, line integer not null, account_id bigint not null, booked_on date not null,
      value_on date, amount numeric(19,4) not null, raw_text text not null, clean_text text not null,
      counterparty text not null, reference text not null, category_id bigint,
      category_origin varchar(8) not null, confidence smallint not null, status varchar(7) not null,
      provider_id text not null, fingerprint uuid not null, balance numeric(19,4)
    ) on commit drop
    """,
    """
    create temp table import_known (
      n integer not null, verdict "char" not null, transaction_id bigint, version integer
    ) on commit drop
    """,
)

# Equal rows of a file count up; the order inside a group is the file's, whatever it is. The day stands
# in the fingerprint of rows without an id, so naming it changes nothing there and one sort serves both
# the count and the insert; rows with an id may move to another day.
BY_TEXT = "account_id, booked_on, fingerprint"
BY_ID = "account_id, fingerprint"


def numbered(columns: str, *, has_ids: bool) -> str:
    """SQL of the staged rows with their occurrence number."""
    keys = BY_ID if has_ids else BY_TEXT
    return (
        f"(select {columns}, (row_number() over (partition by {keys} order by {keys}, n) - 1)::int "
        "occurrence from import_stage)"
    )


def make() -> None:
    """Empty tables, also where an earlier plan of this transaction left its own."""
    with connection.cursor() as cursor:
        for statement in _MAKE:
            cursor.execute(statement)


def load(blocks: Iterable[bytes]) -> None:
    guard.copy_text("import_stage", COLUMNS, blocks)


def keep(batch: ImportBatch, chunks: list[bytes]) -> None:
    """Keeps the plan's rows for the commit, in place of an earlier plan's."""
    forget(batch)
    for no, data in enumerate(chunks):
        PlannedChunk.objects.create(batch=batch, no=no, data=data)


def forget(batch: ImportBatch) -> None:
    PlannedChunk.objects.filter(batch=batch).delete()


def load_kept(batch: ImportBatch) -> bool:
    """The plan's rows into the staging table again; False where they are gone."""
    numbers = list(
        PlannedChunk.objects.filter(batch=batch).order_by("no").values_list("pk", flat=True)
    )
    for pk in numbers:
        data = PlannedChunk.objects.values_list("data", flat=True).get(pk=pk)
        load([zlib.decompress(data)])
    return bool(numbers)
