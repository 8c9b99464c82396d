"""What a customer does to the accounts they hold. Staff read these pages and change nothing on them."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import OWN_DATA, requires
from analytics import formats
from config.pages.accounts import account_page, held_account, is_owner
from config.pages.customer_scope import open_view
from transactions.balances import services
from transactions.balances.forms import BalanceForm, CurrencyForm, DescribeForm


@require_POST
@requires(OWN_DATA)
def state(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """A balance on a day, as the person read it somewhere."""
    view = open_view(request, "account")
    account = held_account(view, account_id)
    form = BalanceForm(request.POST, account=account, today=view.today, locale=view.locale)
    if not form.is_valid():
        return account_page(request, view, account_id, faulty=form)
    day = form.cleaned_data["day"]
    services.state_balance(account=account, customer=view.customer, day=day, amount=form.value)
    messages.success(
        request,
        _("The balance at the end of %(day)s is kept.") % {"day": formats.day(day, view.locale)},
    )
    return redirect("accounts_held:one", account_id=account_id)


@require_POST
@requires(OWN_DATA)
def withdraw(request: HttpRequest, account_id: UUID) -> HttpResponse:
    view = open_view(request, "account")
    account = held_account(view, account_id)
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        day = date.min
    if services.withdraw_balance(account=account, customer=view.customer, day=day):
        messages.success(
            request,
            _("The balance of %(day)s is taken back.") % {"day": formats.day(day, view.locale)},
        )
    else:
        messages.error(
            request, _("No balance was stated by hand for this day; nothing is changed.")
        )
    return redirect("accounts_held:one", account_id=account_id)


@require_POST
@requires(OWN_DATA)
def describe(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The person's own name for the account, and its kind."""
    view = open_view(request, "account")
    account = held_account(view, account_id)
    form = DescribeForm(request.POST, account=account, is_owner=is_owner(account))
    if not form.is_valid():
        return account_page(request, view, account_id, faulty=form)
    services.describe_account(
        account=account,
        customer=view.customer,
        name=form.cleaned_data["name"],
        kind=form.cleaned_data.get("kind", ""),
    )
    messages.success(request, _("The account is described as you said."))
    return redirect("accounts_held:one", account_id=account_id)


@require_POST
@requires(OWN_DATA)
def fold(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Folds an account away on this person's pages, or back."""
    view = open_view(request, "account")
    account = held_account(view, account_id)
    away = request.POST.get("away") == "1"
    services.fold_account(
        account=account, customer=view.customer, away_on=view.today if away else None
    )
    if away:
        messages.success(
            request, _("The account is folded away. Its lines and its balance still count.")
        )
    else:
        messages.success(request, _("The account is back in the list."))
    return redirect("accounts_held:list")


@require_POST
@requires(OWN_DATA)
def currency(request: HttpRequest) -> HttpResponse:
    """The currency of this person's figures."""
    view = open_view(request, "accounts")
    currencies = sorted({a.currency for a in view.reach.accounts})
    form = CurrencyForm(request.POST, currencies=currencies)
    if form.is_valid():
        chosen = form.cleaned_data["currency"]
        services.choose_currency(customer=view.customer, currency=chosen)
        messages.success(
            request, _("Your figures are in %(currency)s from now on.") % {"currency": chosen}
        )
    else:
        messages.error(request, _("Choose one of the currencies of your accounts."))
    return redirect("accounts_held:list")
