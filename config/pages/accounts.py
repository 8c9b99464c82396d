"""The accounts a customer holds: what is on them, what it comes to, and what doesn't add up."""

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires
from config.pages.accounts_reading import AccountsReading, lost_rows
from config.pages.customer_scope import View, open_view
from config.pages.ledger_reading import as_of
from transactions.balances.forms import BalanceForm, CurrencyForm, DescribeForm
from transactions.models import AccountHolder


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    view = open_view(request, "accounts")
    reading = AccountsReading(view)
    rows = reading.rows
    open_rows = [row for row in rows if not row.is_folded]
    groups = [
        (_("Money"), [row for row in open_rows if not row.is_debt]),
        (_("Debts"), [row for row in open_rows if row.is_debt]),
    ]
    currencies = reading.currencies
    context: dict[str, Any] = {
        "view": view,
        "as_of": as_of(view),
        "reading": reading,
        "groups": [(name, found) for name, found in groups if found],
        "folded": [row for row in rows if row.is_folded],
        "currency_form": CurrencyForm(
            currencies=currencies, initial={"currency": view.reach.currency()}
        )
        if view.is_own and len(currencies) > 1
        else None,
        "crumbs": _crumbs(view, []) if not view.is_own else [],
    }
    return render(request, "pages/accounts.html", context)


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    return account_page(request, open_view(request, "account"), account_id)


def account_page(
    request: HttpRequest, view: View, account_id: UUID, *, faulty: Form | None = None
) -> HttpResponse:
    """One account; with a form that was refused, it as it was sent."""
    held = held_account(view, account_id)
    reading = AccountsReading(view)
    row = next(row for row in reading.rows if row.account.pk == held.pk)
    files = reading.imports(held)
    statements = reading.statements(held)
    gaps = [
        (found, lost_rows(files, found.gap.opening.day, found.gap.closing.day))
        for found in statements
        if found.gap and found.gap.unexplained
    ]
    balance_form = describe_form = None
    if view.is_own:
        balance_form = BalanceForm(account=held, today=view.today, locale=view.locale)
        describe_form = DescribeForm(account=held, is_owner=row.is_owner)
    if isinstance(faulty, BalanceForm):
        balance_form = faulty
    elif isinstance(faulty, DescribeForm):
        describe_form = faulty
    context = {
        "view": view,
        "row": row,
        "account": held,
        "parts": reading.parts(held),
        "statements": statements,
        "gaps": gaps,
        "files": files,
        "balance_form": balance_form,
        "describe_form": describe_form,
        "rows_url": f"{reverse('transactions:list')}?account={held.public_id}"
        + view.words.replace("?", "&"),
        "as_of": as_of(view),
        "crumbs": _crumbs(view, [(str(held), "")]),
    }
    return render(request, "pages/account.html", context, status=400 if faulty else 200)


def held_account(view: View, account_id: UUID) -> Any:
    """The account of this person; whatever else is as missing as nothing."""
    for one in view.reach.accounts:
        if one.public_id == account_id:
            return one
    raise Http404


def is_owner(account: Any) -> bool:
    return bool(account.role == AccountHolder.Role.OWNER)


def _crumbs(view: View, here: list[tuple[str, str]]) -> list[tuple[str, str]]:
    whole = reverse("accounts_held:list") + view.words
    mine = (_("Accounts"), whole if here else "")
    if view.is_own:
        return [mine, *here]
    return [
        (_("Customers"), reverse("pages:customers")),
        (view.customer.reference, reverse("pages:customer", args=[view.customer.public_id])),
        mine,
        *here,
    ]
