"""Looking for one twin's mark where the other's data is: in answers, rows, files."""

import re
import zlib

from django.db import connection

from accounts.banks.tenancy import in_bank
from tests import twins
from tests.sweep.browsers import Answer


def other(twin: twins.Twin) -> twins.Twin:
    return twins.B if twin == twins.A else twins.A


def marks(text: bytes, of: twins.Twin) -> list[str]:
    """Where `of` shows in a text: its word in any case, or an amount that ends in its cents."""
    word = of.canary.encode().lower()
    found = [of.canary] if word in text.lower() else []
    # Not the fraction of a second: 12:00:00.8641, or seconds since 1970.
    cents = re.search(rb"(?<!:\d\d)(?<!\d{10})[.,]" + of.cents.encode() + rb"(?!\d)", text)
    return [*found, of.cents] if cents else found


def leaks(answer: Answer, of: twins.Twin) -> list[str]:
    """The same of an answer, its headers included."""
    return marks(answer.body, of) + marks(str(answer.headers).encode(), of)


def tables() -> list[str]:
    """Tables of the bank at hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select tablename from pg_tables where schemaname = current_schema()"
            " and tablename <> 'django_migrations' order by 1"
        )
        return [name for (name,) in cursor.fetchall()]


def rows_of(twin: twins.Twin, schema: str) -> dict[str, int]:
    """Rows in `schema` that hold the twin's mark, by table; packed pieces of files are unpacked."""
    found = {}
    word = twin.canary.lower()
    values = {
        "word": f"%{word}%",
        "cents": rf"(?<!:\d\d)\.{twin.cents}(?!\d)",
        "hex": f"%{twin.canary.encode().hex()}%",
    }
    with in_bank(schema), connection.cursor() as cursor:
        for table in tables():
            cursor.execute(
                f'select count(*) from "{table}" x where x::text ilike %(word)s'
                " or x::text like %(hex)s or x::text ~ %(cents)s",
                values,
            )
            if n := cursor.fetchone()[0]:
                found[table] = n
        cursor.execute("select data from jobs_storedchunk")
        packed = sum(bool(marks(zlib.decompress(bytes(d)), twin)) for (d,) in cursor.fetchall())
        if packed:
            found["jobs_storedchunk"] = found.get("jobs_storedchunk", 0) + packed
    return found


def state(schema: str) -> dict[str, str]:
    """One digest for each table: two that are equal had no row changed between."""
    with in_bank(schema), connection.cursor() as cursor:
        cursor.execute(
            " union all ".join(
                f"select '{t}', md5(coalesce(string_agg(x::text, '|' order by x::text), '')) from \"{t}\" x"
                for t in tables()
            )
        )
        return dict(cursor.fetchall())
