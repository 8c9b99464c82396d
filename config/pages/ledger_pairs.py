"""Lines that belong together: a transfer's other side, money back; asking a person, and taking their word."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires
from config.pages.customer_scope import View, open_view
from transactions import ids
from transactions.ledger import AccountBusy
from transactions.models import RowPair, Transaction
from transactions.pairs import services

ASKED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Side:
    """One line of a pair as a row shows it."""

    row: Transaction
    url: str
    account: str
    currency: str

    @property
    def name(self) -> str:
        return self.row.counterparty or self.row.clean_text


@dataclass(frozen=True, slots=True)
class PairCard:
    """A pair as a page shows it: its two lines, and what it is for this person."""

    pair: RowPair
    first: Side
    second: Side
    sentence: str

    @property
    def is_asked(self) -> bool:
        return self.pair.state == RowPair.State.ASKED

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.first, self.second

    def other(self, row: Transaction) -> Side:
        return self.second if row.pk == self.first.row.pk else self.first


def cards(view: View, pairs: list[RowPair]) -> list[PairCard]:
    """Those pairs whose two lines this person's accounts hold, in the order given."""
    held = [account.pk for account in view.reach.accounts]
    rows = Transaction.objects.filter(account_id__in=held).in_bulk(
        [pk for pair in pairs for pk in (pair.first_id, pair.second_id) if pk]
    )
    return _cards(view, pairs, rows)


def _cards(view: View, pairs: list[RowPair], rows: Mapping[int, Transaction]) -> list[PairCard]:
    held = {account.pk: account for account in view.reach.accounts}
    found = []
    for pair in pairs:
        first, second = rows.get(pair.first_id or 0), rows.get(pair.second_id or 0)
        if first is None or second is None:
            continue
        sides = [
            Side(
                row,
                reverse("transactions:detail", args=[ids.encode_one(row.pk)]) + view.words,
                str(held[row.account_id]),
                held[row.account_id].currency,
            )
            for row in (first, second)
        ]
        found.append(PairCard(pair, sides[0], sides[1], _sentence(pair)))
    return found


def _sentence(pair: RowPair) -> str:
    transfer = pair.kind == RowPair.Kind.TRANSFER
    if pair.state == RowPair.State.ASKED:
        if transfer:
            return _("Perhaps one transfer between your own accounts. Is it?")
        return _("Perhaps money back for this payment. Is it?")
    if transfer:
        return _("One transfer between own accounts: it counts neither as income nor as spending.")
    return _("Money back for a payment: it lowers the category that the payment is in.")


def of_line(
    view: View, row: Transaction, pairs: list[RowPair], sides: Iterable[Transaction]
) -> list[tuple[PairCard, Side]]:
    """The pairs of one line, each with its other side (among `sides`), for the line's own page."""
    held = {account.pk for account in view.reach.accounts}
    rows = {side.pk: side for side in (row, *sides) if side.account_id in held}
    return [(card, card.other(row)) for card in _cards(view, pairs, rows)]


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def pairs(request: HttpRequest) -> HttpResponse:
    """What is worth asking about, newest first."""
    view = open_view(request, "transfers and refunds")
    asked = RowPair.objects.filter(customer=view.customer, state=RowPair.State.ASKED)
    return render(request, "transactions/pairs.html", _context(view, list(asked[:ASKED_SHOWN])))


def _context(view: View, asked: list[RowPair]) -> dict[str, Any]:
    back = reverse("transactions:list") + view.words
    return {
        "view": view,
        "cards": cards(view, asked),
        "may_change": view.is_own,
        "crumbs": [(_("Transactions"), back), (_("Do these belong together?"), "")],
    }


@require_POST
@requires(OWN_DATA)
def decide(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """A person's word on a pair: they belong together, or they don't."""
    view = open_view(request, "transaction")
    pair = RowPair.objects.filter(customer=view.customer, public_id=pair_id).first()
    if pair is None or not cards(view, [pair]):
        raise Http404
    answer = request.POST.get("answer")
    if answer not in ("yes", "no"):
        messages.error(
            request, _("Say whether they belong together: press one of the two buttons.")
        )
        return redirect(_back(request))
    try:
        services.decide(pair, together=answer == "yes")
    except AccountBusy:
        messages.error(
            request,
            _("A file is being brought into one of the accounts now. Try again in a moment."),
        )
    except RowPair.DoesNotExist:
        messages.error(
            request, _("One of the two payments is no longer here; nothing was changed.")
        )
    else:
        messages.success(request, _said(pair, together=answer == "yes"))
    return redirect(_back(request))


def _said(pair: RowPair, *, together: bool) -> str:
    if not together:
        return _("They don't belong together. Each counts by its own category again.")
    if pair.kind == RowPair.Kind.TRANSFER:
        return _("One transfer. It counts neither as income nor as spending.")
    return _("Money back. It lowers the category of the payment.")


def _back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse("transactions:pairs")
