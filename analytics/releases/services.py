"""The release step: tonight's staff figures, made from the last published ones and the books."""

import json
import zlib
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import connection

from accounts.customers.models import Customer
from accounts.customers.queries import bank_profile
from analytics.nights import queries as nights
from analytics.nights.models import Run
from analytics.nights.services import StepResult
from analytics.releases.models import StaffGroup, StaffMonth, StaffRelease
from analytics.segments.models import Membership

if TYPE_CHECKING:
    from analytics.releases.calc.groups import Group
    from analytics.releases.calc.lines import Lines

MONTHS = 24
ACTIVE_DAYS = 90

# The key of a line is made of what stays when an import is undone and brought in again.
# Counts on transaction_account_day and holder_one_owner.
_LINES = """
select date_trunc('month', t.booked_on)::date, a.currency, coalesce(c.kind, 'uncategorised'),
       coalesce(c.parent_id, c.id, 0), h.customer_id,
       ('x' || substr(md5(t.account_id || ':' || t.fingerprint || ':' || t.occurrence), 1, 16))::bit(64)::bigint
         & 9223372036854775807,
       (t.amount * 10000)::bigint
from transactions_transaction t
join transactions_bankaccount a on a.id = t.account_id
join transactions_accountholder h on h.account_id = a.id and h.role = 'owner'
left join transactions_category c on c.id = t.category_id
where t.status = 'posted' and not t.is_split and t.booked_on >= %(first)s and t.booked_on <= %(day)s
"""
_ACTIVE = """
select count(distinct h.customer_id)
from transactions_transaction t
join transactions_accountholder h on h.account_id = t.account_id and h.role = 'owner'
where t.booked_on > %(since)s and t.booked_on <= %(day)s
"""


def make_release(run: Run) -> StepResult:
    """Writes the run's StaffRelease and its groups; needs the run's segments.

    Starts from the last published release, so that a change of a few customers is never seen by
    difference: their groups keep the old figures until k customers changed (DESIGN "Staff figures").
    """
    from analytics.releases.calc.groups import Group, Rules
    from analytics.releases.calc.republish import carry_forward, republish, unpack

    StaffRelease.objects.filter(run=run).delete()
    month = run.business_day.replace(day=1)
    first = nights.months_before(month, MONTHS - 1)
    last_row = (
        StaffRelease.objects.filter(run__state=Run.State.PUBLISHED)
        .order_by("-run__published_at")
        .first()
    )
    last = unpack(bytes(last_row.packed)) if last_row else None
    planned: tuple[Group, ...] = ()
    if last and not any(group.month == month for group in last.groups):
        before = [g for g in last.groups if g.month == nights.months_before(month, 1)]
        planned = carry_forward(before, month)
    profile = bank_profile()
    ended = (run.business_day + timedelta(days=1)).month != run.business_day.month
    release = republish(
        last,
        _lines(run, first),
        rules=Rules(k=profile.k),
        planned=planned,
        running_month=None if ended else month,
    )
    withheld = Counter((leaf.month, leaf.currency) for leaf in release.withheld)
    row = StaffRelease.objects.create(
        run=run,
        k=profile.k,
        customers=Customer.objects.count(),
        active_customers=_active(run.business_day),
        withheld=[
            {"month": m.isoformat(), "currency": c, "leaves": n}
            for (m, c), n in sorted(withheld.items())
        ],
        waiting=release.waiting,
        packed=release.pack(),
    )
    StaffGroup.objects.bulk_create((_group(row, group) for group in release.shown), batch_size=2000)
    return StepResult(len(release.shown), f"{len(release.withheld)} cells too small to show")


def _group(release: StaffRelease, group: "Group") -> StaffGroup:
    from analytics.releases.calc.lines import to_amount

    shown = group.figures
    assert shown  # Release.shown holds only those
    return StaffGroup(
        release=release,
        month=group.month,
        currency=group.currency,
        kind=group.kind,
        leaves=[[leaf.category, leaf.branch, leaf.segment] for leaf in group.leaves],
        customers=shown.customers,
        lines=shown.lines,
        net=to_amount(shown.net),
        money_in=None if shown.money_in is None else to_amount(shown.money_in),
        money_out=None if shown.money_out is None else to_amount(shown.money_out),
        changed_in=group.changed_in,
    )


def _lines(run: Run, first: date) -> "Lines":
    """All posted lines of the window, each in its leaf, under its owner."""
    from analytics.releases.calc.lines import Leaf, Lines

    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"first": first, "day": run.business_day})
        rows = cursor.fetchall()
    places = _placements(run, {row[0] for row in rows}, {row[4] for row in rows})
    index: dict[Leaf, int] = {}
    leaf = np.empty(len(rows), dtype=np.int64)
    for i, (month, currency, kind, category, customer, _line, _units) in enumerate(rows):
        branch, segment = places[month][customer]
        key = Leaf(month, currency, kind, category, branch, segment)
        leaf[i] = index.setdefault(key, len(index))
    columns = np.array([row[4:] for row in rows], dtype=np.int64).reshape(-1, 3)
    return Lines(list(index), leaf, columns[:, 1], columns[:, 0], columns[:, 2])


def _placements(
    run: Run, months: set[date], customers: set[int]
) -> dict[date, dict[int, tuple[str, int]]]:
    """Each month's customers with the branch and segment they had when it was first shown."""
    branches = dict(Customer.objects.values_list("pk", "branch"))
    segments = dict(Membership.objects.filter(run=run).values_list("customer_id", "segment_id"))
    kept = {row.month: row for row in StaffMonth.objects.filter(month__in=months)}
    found: dict[date, dict[int, tuple[str, int]]] = {}
    for month in months:
        row = kept.get(month) or StaffMonth(month=month)
        known = json.loads(zlib.decompress(bytes(row.placements))) if row.placements else {}
        new = {str(c): [branches[c], segments.get(c, 0)] for c in customers if str(c) not in known}
        if new:
            known |= new
            row.placements = zlib.compress(json.dumps(known, sort_keys=True).encode())
            row.save()
        found[month] = {int(c): (branch, segment) for c, (branch, segment) in known.items()}
    return found


def _active(day: date) -> int:
    """Customers with a line in the last ninety days."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE, {"since": day - timedelta(days=ACTIVE_DAYS), "day": day})
        return int(cursor.fetchone()[0])
