"""Keeping exchange rates: from a file, all or none, with who says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from transactions import guard
from transactions.rates.reading import NewRate

_STAGE = """
create temporary table rate_stage (
  base text not null, quote text not null, day date not null, rate numeric(20,10) not null,
  source text not null
) on commit drop
"""
_COUNT = """
select count(*) filter (where r.id is null),
  count(*) filter (where r.rate = s.rate),
  count(*) filter (where r.rate <> s.rate),
  min(s.day) filter (where r.rate <> s.rate)
from rate_stage s
left join transactions_exchangerate r on r.base = s.base and r.quote = s.quote and r.day = s.day
"""
_STORE = """
insert into transactions_exchangerate (base, quote, day, rate, source, loaded_at)
select base, quote, day, rate, source, now() from rate_stage
on conflict (base, quote, day) do update
  set rate = excluded.rate, source = excluded.source, loaded_at = excluded.loaded_at
  where transactions_exchangerate.rate <> excluded.rate
"""


class RatesDiffer(ValueError):
    """Other rates are stored for some of these days."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file of rates brought: new ones, the same as stored, and (once asked for) others in their place."""

    new: int
    same: int
    replaced: int
    first: date
    last: date


def store_rates(
    rates: Sequence[NewRate], *, replace: bool = False, dry_run: bool = False
) -> Stored:
    """Keeps all rates of a file, or none. The same file twice changes nothing.

    Raises RatesDiffer where a day has another rate already, unless `replace`: every figure that was counted
    by the old one changes then.
    """
    days = [one.day for one in rates]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists pg_temp.rate_stage")
            cursor.execute(_STAGE)
        guard.copy_rows(
            "rate_stage",
            ("base", "quote", "day", "rate", "source"),
            ((r.base, r.quote, r.day, r.rate, r.source) for r in rates),
        )
        with connection.cursor() as cursor:
            cursor.execute(_COUNT)
            new, same, other, first_other = cursor.fetchone()
            if other and not replace:
                raise RatesDiffer(
                    _(
                        "%(n)d of these rates differ from those stored, the first of %(day)s. Say that "
                        "they replace them, if they shall; figures of these days change."
                    )
                    % {"n": other, "day": first_other}
                )
            if not dry_run:
                cursor.execute(_STORE)
                if new or other:
                    audit.record(
                        act="rates.loaded",
                        after={
                            "new": new,
                            "replaced": other,
                            "first": f"{min(days)}",
                            "last": f"{max(days)}",
                            "sources": sorted({r.source for r in rates})[:5],
                        },
                    )
    return Stored(new, same, other, min(days), max(days))
