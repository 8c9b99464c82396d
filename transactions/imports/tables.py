"""The temporary tables a plan is worked out in, one pair per transaction.

`import_stage` holds the file's lines as they would be written; `import_known` the verdict of every line
that is not simply new. Both vanish with the transaction. They are local to the coordinator of a
distributed database, so statements use INSERT … SELECT, UPDATE … FROM and IN, never DELETE … USING.
"""

import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from django.db import connection

from transactions import guard, totals
from transactions.imports import verdict_codes as codes
from transactions.imports.staging import BLOCK_ROWS, COLUMNS, LEDGER_COLUMNS, Staging
from transactions.models import ImportBatch, PlannedChunk

_MAKE = (
    "set local work_mem = '64MB'",
    "drop table if exists pg_temp.import_stage",
    "drop table if exists pg_temp.import_known",
    """
    create temp table import_stage (
      n integer not null, balance numeric(19,4), occurrence integer not null, account_id bigint not null,
      booked_on date not null, value_on date, amount numeric(19,4) not null, raw_text text not null,
      clean_text text not null, counterparty text not null, reference text not null,
      category_id bigint, category_origin varchar(8) not null, confidence smallint not null,
      decision jsonb, status varchar(7) not null, provider_id text not null, fingerprint uuid not null,
      line integer not null
    ) on commit drop
    """,
    """
    create temp table import_known (
      n integer not null, verdict "char" not null, transaction_id bigint, version integer
    ) on commit drop
    """,
)

# Equal rows of a file count up, in its order.
_NUMBER = """
update import_stage set occurrence = o.occurrence
from (select n, (row_number() over (partition by account_id, fingerprint order by n) - 1)::int occurrence
      from import_stage where (account_id, fingerprint) in (
        select account_id, fingerprint from import_stage group by 1, 2 having count(*) > 1)) o
where import_stage.n = o.n and o.occurrence > 0
returning import_stage.n, o.occurrence
"""


def make() -> None:
    """Empty tables, also where an earlier plan of this transaction left its own."""
    with connection.cursor() as cursor:
        for statement in _MAKE:
            cursor.execute(statement)


class Loader:
    """COPY into the staging table that can be closed whenever the connection is wanted for something
    else; the next block opens it again. Between blocks the server works on while the caller does."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._copy: Any = None

    def write(self, block: bytes) -> None:
        if self._copy is None:
            self._copy = self._open.enter_context(guard.copying("import_stage", COLUMNS))
        self._copy.write(block)

    def close(self) -> None:
        self._copy = None
        self._open.close()


def load(blocks: Iterable[bytes]) -> None:
    guard.copy_text("import_stage", COLUMNS, blocks)


def number() -> dict[int, int]:
    """Numbers equal rows of the staging table; returns row and number of those that aren't the first."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER)
        return dict(cursor.fetchall())


def keep(batch: ImportBatch, staging: Staging, occurrences: dict[int, int], cells: bytes) -> None:
    """Keeps the plan's rows and what they add up to for the commit, in place of an earlier plan's."""
    forget(batch)
    later: dict[int, dict[int, int]] = {}
    for n, occurrence in occurrences.items():
        no = bisect_right(staging.chunk_starts, n) - 1
        later.setdefault(no, {})[n] = occurrence
    rows = (
        (batch.pk, no, _numbered(data, later[no]) if no in later else data,
         b"" if no else zlib.compress(cells, 1))
        for no, data in enumerate(staging.chunks)
    )  # fmt: skip
    guard.copy_rows(
        PlannedChunk._meta.db_table,
        ("batch_id", "no", "data", "totals"),
        rows,
        types=("int8", "int4", "bytea", "bytea"),
    )


def _numbered(data: bytes, occurrences: dict[int, int]) -> bytes:
    lines = zlib.decompress(data).split(b"\n")
    for at, line in enumerate(lines[:-1]):
        n, balance, _, rest = line.split(b"\t", 3)
        if occurrence := occurrences.get(int(n)):
            lines[at] = b"\t".join([n, balance, b"%d" % occurrence, rest])
    return zlib.compress(b"\n".join(lines), 1)


def forget(batch: ImportBatch) -> None:
    # Without their contents, which Django would read first.
    PlannedChunk.objects.filter(batch=batch).only("pk").delete()


def load_kept(batch: ImportBatch) -> bool:
    """The plan's rows into the staging table again; False where they are gone."""
    numbers = _chunks(batch)
    for pk in numbers:
        load([_lines(pk)])
    return bool(numbers)


def copy_kept(batch: ImportBatch, verdicts: bytes, *, falls: bool) -> int:
    """The plan's new rows straight into the ledger, with their totals; returns how many went in.

    Parameters: `falls` where the file's days run backwards; it is copied from its end then, so that
    indexes by day grow at their end. The caller has made sure that the plan stands as it is.
    """
    numbers = _chunks(batch)
    if not numbers:
        return 0
    totals_of = PlannedChunk.objects.values_list("totals", flat=True)
    cells = zlib.decompress(bytes(totals_of.get(pk=numbers[0])))
    # Read first: the COPY holds the connection. Compressed they are a fraction of the file.
    chunks = [_data(pk) for pk in numbers]
    if falls:
        chunks.reverse()
    every = verdicts.count(codes.NEW.encode()) == len(verdicts)
    end = b"\t%d\t1\tf\n" % batch.pk
    new = ord(codes.NEW)

    def blocks() -> Iterator[bytes]:
        for data in chunks:
            lines = zlib.decompress(data).split(b"\n")
            lines.pop()
            if falls:
                lines.reverse()
            if not every:
                lines = [line for line in lines if verdicts[int(line[: line.index(b"\t")])] == new]
            for at in range(0, len(lines), BLOCK_ROWS):
                block = [line.split(b"\t", 2)[2] for line in lines[at : at + BLOCK_ROWS]]
                yield end.join([*block, b""])

    return totals.copy_lines((*LEDGER_COLUMNS, "batch_id", "version", "is_split"), blocks(), cells)


def _chunks(batch: ImportBatch) -> list[int]:
    return list(
        PlannedChunk.objects.filter(batch=batch).order_by("no").values_list("pk", flat=True)
    )


def _data(pk: int) -> bytes:
    return bytes(PlannedChunk.objects.values_list("data", flat=True).get(pk=pk))


def _lines(pk: int) -> bytes:
    return zlib.decompress(_data(pk))
