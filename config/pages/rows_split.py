"""Splitting one payment: a form that grows by a button, and works without JavaScript."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import OWN_DATA, requires
from config.pages.customer_scope import View, open_view
from config.pages.ledger_one import chosen_category, sentence_of, version_of
from config.pages.rows_one import own_payment, told
from transactions import ids
from transactions.amounts import parse_amount
from transactions.ledger import AccountBusy, VersionConflict
from transactions.models import Transaction
from transactions.plain_money import decimals_of, plain_amount
from transactions.rows import splits
from transactions.rows.errors import RowRefused
from transactions.rows.splits import MAX_PARTS, Part


@dataclass
class PartLine:
    """One line of the form as it was typed; amounts count in the payment's own direction."""

    amount: str = ""
    category: str = ""
    text: str = ""
    fault: str = ""


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """The form; `act`: add a line, drop one, split, or join the parts again."""
    view = open_view(request, "transaction")
    row = own_payment(view, transaction_id)
    if row.parent_id:
        row = own_payment(view, ids.encode_one(row.parent_id))
    if request.method != "POST":
        return _page(request, view, row, _standing(view, row))
    act = request.POST.get("act", "")
    if act == "join":
        version = version_of(request.POST.get("version", ""))

        def join() -> str:
            splits.join(row, expected_version=version)
            return _("The parts are one payment again.")

        told(request, join)
        return redirect(_detail(view, row))
    lines = _typed(request)
    if act == "add" and len(lines) < MAX_PARTS:
        return _page(request, view, row, [*lines, PartLine(category=_key(view, row))])
    if act.startswith("drop-"):
        at = version_of(act.removeprefix("drop-"))
        return _page(request, view, row, [x for n, x in enumerate(lines) if n != at])
    return _split(request, view, row, lines)


def _split(
    request: HttpRequest, view: View, row: Transaction, lines: list[PartLine]
) -> HttpResponse:
    currency = _currency(view, row)
    parts, fault, status = [], "", 400
    for line in lines:
        category, line.fault = chosen_category(view, line.category)
        try:
            amount = _amount(line.amount, row, currency)
        except ValueError as error:
            line.fault = str(error)
            continue
        parts.append(Part(amount, category, line.text))
    if not any(line.fault for line in lines):
        try:
            version = version_of(request.POST.get("version", ""))
            splits.split(row, parts, expected_version=version)
            return redirect(_detail(view, row))
        except RowRefused as refused:
            fault = refused.sentence
        except (AccountBusy, VersionConflict) as error:
            fault, status = sentence_of(error), 409
            row.refresh_from_db()
    return _page(request, view, row, lines, fault=fault, status=status)


def _amount(text: str, row: Transaction, currency: str) -> Decimal:
    """What a part comes to, signed: a bare figure goes the payment's way, a minus the other."""
    text = text.strip()
    if not text:
        raise ValueError(_("Write how much this part is."))
    try:
        found = parse_amount(text, ".")
    except ValueError:
        try:
            found = parse_amount(text, ",")
        except ValueError:
            raise ValueError(
                _("“%(text)s” isn't an amount. Write it as 12.50.") % {"text": text[:20]}
            ) from None
    decimals = decimals_of(currency)
    if found != round(found, decimals):
        raise ValueError(
            _("%(currency)s has %(n)d decimals. Write no more.")
            % {"currency": currency, "n": decimals}
        )
    return -found if row.amount < 0 else found


def _typed(request: HttpRequest) -> list[PartLine]:
    columns = [request.POST.getlist(name)[:MAX_PARTS] for name in ("amount", "category", "text")]
    return [PartLine(*(text[:200] for text in cells)) for cells in zip(*columns, strict=False)]


def _standing(view: View, row: Transaction) -> list[PartLine]:
    """The parts as they are; two empty ones where there is none yet."""
    currency = _currency(view, row)
    way = -1 if row.amount < 0 else 1
    parts = [
        PartLine(
            plain_amount(way * part.amount, currency),
            view.reach.ref(part.category_id).key,
            "" if part.clean_text == row.clean_text else part.clean_text,
        )
        for part in splits.parts_of(row)
    ]
    return parts or [PartLine(category=_key(view, row)), PartLine(category=_key(view, row))]


def _key(view: View, row: Transaction) -> str:
    return view.reach.ref(row.category_id).key


def _currency(view: View, row: Transaction) -> str:
    return next(a.currency for a in view.reach.accounts if a.pk == row.account_id)


def _detail(view: View, row: Transaction) -> str:
    return reverse("transactions:detail", args=[ids.encode_one(row.pk)]) + view.words


def _page(
    request: HttpRequest,
    view: View,
    row: Transaction,
    lines: list[PartLine],
    *,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    while len(lines) < 2:
        lines.append(PartLine(category=_key(view, row)))
    currency = _currency(view, row)
    name = row.counterparty or row.clean_text
    rest = abs(row.amount)
    for line in lines:
        try:
            rest -= _amount(line.amount, row, currency) * (-1 if row.amount < 0 else 1)
        except ValueError:
            continue
    context: dict[str, Any] = {
        "view": view,
        "row": row,
        "name": name,
        "currency": currency,
        "decimals": decimals_of(currency),
        "lines": lines,
        "rest": rest,
        "whole": plain_amount(abs(row.amount), currency),
        "groups": view.reach.groups(),
        "fault": fault,
        "can_add": len(lines) < MAX_PARTS,
        "most": MAX_PARTS,
        "detail_url": _detail(view, row),
        "crumbs": [
            (_("Transactions"), reverse("transactions:list")),
            (name, _detail(view, row)),
            (_("Split"), ""),
        ],
    }
    return render(request, "transactions/split.html", context, status=status)
