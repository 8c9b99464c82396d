"""Who of the bank looked at one customer, as the customer reads it (and the bank finds it again)."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers.models import AccessGrant, AccessRecord, Customer
from accounts.customers.queries import bank_profile

PAGE = 20

_PLACES: dict[str, str | Promise] = {
    "page": "",
    "API": gettext_lazy("by a program"),
    "admin": gettext_lazy("in the administration"),
}
_WHAT: dict[str, str | Promise] = {
    "customer": gettext_lazy("your data and your overview"),
    "overview": gettext_lazy("your overview"),
    "transactions": gettext_lazy("your transactions"),
    "transactions as file": gettext_lazy("your transactions, as a file"),
    "transaction": gettext_lazy("one of your payments"),
    "trace": gettext_lazy("what one of your figures is made of"),
    "forecast": gettext_lazy("a forecast of yours"),
    "import": gettext_lazy("a file that was brought in for you"),
    "imports": gettext_lazy("the files that were brought in for you"),
    "new import": gettext_lazy("the page where files are brought in for you"),
    "export": gettext_lazy("your transactions, as a file"),
    "change log": gettext_lazy("what the change log says of you"),
    "transactions/metrics": gettext_lazy("your figures"),
    "kpi/dashboard": gettext_lazy("your overview"),
    "kpi/income": gettext_lazy("your income"),
    "kpi/expenses": gettext_lazy("your expenses"),
    "kpi/cashflow": gettext_lazy("your money in and out"),
    "a sign-in connected": gettext_lazy("connected a sign-in to your accounts"),
    "another sign-in connected": gettext_lazy("connected another sign-in to your accounts"),
    "sign-in taken away": gettext_lazy("took the sign-in away from your accounts"),
    "Customer": gettext_lazy("your data"),
    "User": gettext_lazy("your sign-in"),
    "BankAccount": gettext_lazy("your accounts"),
    "BalanceStatement": gettext_lazy("your balances"),
    "Transaction": gettext_lazy("your transactions"),
    "MonthTotal": gettext_lazy("your monthly totals"),
    "ImportBatch": gettext_lazy("the files that were brought in for you"),
    "ImportIssue": gettext_lazy("rows of a file that was brought in for you"),
    "ImportProfile": gettext_lazy("how your files are read"),
    "Budget": gettext_lazy("your budgets"),
    "ForecastIssue": gettext_lazy("a forecast of yours"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """One kind of thing looked at under one purpose: how often, and when last."""

    what: str
    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """One opening of the customer's data: by whom, why, until when, and every look under it."""

    pk: int
    opened_at: datetime
    expires_at: datetime
    role: str
    staff: str
    purpose: str
    note: str
    looks: tuple[Look, ...]


def visits(customer: Customer, *, before: int | None = None) -> tuple[list[Visit], int | None]:
    """Openings, newest first, a page at a time, and where the next page begins (None: nowhere).

    Two queries, counting on the foreign keys' indexes.
    """
    found = AccessGrant.objects.filter(customer=customer).select_related("staff").order_by("-id")
    if before is not None:
        found = found.filter(id__lt=before)
    grants = list(found[: PAGE + 1])
    page = grants[:PAGE]
    looks = _looks(page)
    return [_visit(grant, looks.get(grant.pk, [])) for grant in page], (
        page[-1].pk if len(grants) > PAGE else None
    )


def _looks(grants: Iterable[AccessGrant]) -> dict[int, list[Look]]:
    rows = (
        AccessRecord.objects.filter(grant__in=[grant.pk for grant in grants])
        .values_list("grant_id", "what")
        .annotate(times=Count("id"), last=Max("seen_at"))
        .order_by("-last")
    )
    found: dict[int, list[Look]] = {}
    for grant, what, times, last in rows:
        found.setdefault(grant, []).append(Look(in_words(what), times, last))
    return found


def _visit(grant: AccessGrant, looks: list[Look]) -> Visit:
    return Visit(
        pk=grant.pk,
        opened_at=grant.opened_at,
        expires_at=grant.expires_at,
        role=str(grant.staff.get_role_display()),
        staff=staff_reference(grant.staff_id),
        purpose=str(grant.get_purpose_display()),
        note=grant.note,
        looks=tuple(looks),
    )


def in_words(what: str) -> str:
    """An access record's note as the customer reads it; one that has no words here is shown as it is."""
    place, _colon, name = what.partition(": ")
    bare = name.removeprefix("list of ").removesuffix(" as file")
    said = _WHAT.get(name) or _WHAT.get(bare) or _WHAT.get(bare.partition(" ")[0])
    if said is None or place not in _PLACES:
        return what
    if name.endswith(" as file") and name not in _WHAT:
        said = _("%(what)s, as a file") % {"what": said}
    where = _PLACES[place]
    return f"{said} ({where})" if where else str(said)


def staff_reference(user_id: int) -> str:
    """A colleague's stable mark for customers: it tells colleagues apart and names nobody.

    Made from the bank's own key, so it is another one at another bank. Thirty bits, as six letters.
    """
    key = bytes(bank_profile().id_key)
    digest = hashlib.blake2b(user_id.to_bytes(8, "big"), key=key, person=b"staff mark").digest()
    return "S-" + base64.b32encode(digest[:4]).decode()[:6]
