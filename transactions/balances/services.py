"""What a person does to an account they hold: states a balance, names it, says its kind, folds it away."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.customers.models import Customer
from transactions.balances.queries import BY_HAND
from transactions.models import AccountHolder, BalanceStatement, BankAccount


class NotTheOwner(RuntimeError):
    """A change that only the account's owner may make."""


def state_balance(
    *, account: BankAccount, customer: Customer, day: date, amount: Decimal
) -> BalanceStatement:
    """Keeps what a person says the account held at the end of a day, in place of what they said before."""
    with transaction.atomic():
        before = (
            BalanceStatement.objects.select_for_update()
            .filter(account=account, day=day, source=BY_HAND)
            .values_list("amount", flat=True)
            .first()
        )
        row, _made = BalanceStatement.objects.update_or_create(
            account=account, day=day, source=BY_HAND, defaults={"amount": amount}
        )
        audit.record(
            act="balance.stated",
            subject=account,
            before={} if before is None else {"day": f"{day}", "amount": f"{before:f}"},
            after={"day": f"{day}", "amount": f"{amount:f}"},
            customer_id=customer.pk,
        )
    return row


def withdraw_balance(*, account: BankAccount, customer: Customer, day: date) -> bool:
    """Takes back a balance that was stated by hand; False where there is none of that day."""
    with transaction.atomic():
        row = (
            BalanceStatement.objects.select_for_update()
            .filter(account=account, day=day, source=BY_HAND)
            .first()
        )
        if row is None:
            return False
        amount = row.amount
        row.delete()
        audit.record(
            act="balance.withdrawn",
            subject=account,
            before={"day": f"{day}", "amount": f"{amount:f}"},
            customer_id=customer.pk,
        )
    return True


def describe_account(
    *, account: BankAccount, customer: Customer, name: str, kind: str = ""
) -> bool:
    """Gives the account this holder's own name, and its kind where its owner says another.

    A name that is empty or the account's own takes the own name back. Returns whether anything changed;
    raises NotTheOwner for a kind said by somebody who only uses the account.
    """
    with transaction.atomic():
        holder = _holder(account, customer)
        # Read anew: what the caller holds may carry the person's own name already.
        account = BankAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        own = "" if name.strip() == account.name else name.strip()
        kind = kind or account.kind
        before = {"name": holder.own_name, "kind": account.kind}
        after = {"name": own, "kind": kind}
        if before == after:
            return False
        if kind != account.kind and holder.role != AccountHolder.Role.OWNER:
            raise NotTheOwner(_("Only the owner of this account can say what kind it is."))
        AccountHolder.objects.filter(pk=holder.pk).update(own_name=own)
        BankAccount.objects.filter(pk=account.pk).update(kind=kind)
        audit.record(
            act="account.described",
            subject=account,
            before=before,
            after=after,
            customer_id=customer.pk,
        )
    return True


def fold_account(*, account: BankAccount, customer: Customer, away_on: date | None) -> bool:
    """Folds an account away on this holder's pages, or (None) back; its lines and balance count on."""
    with transaction.atomic():
        holder = _holder(account, customer)
        if (holder.put_away_on is None) == (away_on is None):
            return False
        AccountHolder.objects.filter(pk=holder.pk).update(put_away_on=away_on)
        audit.record(
            act="account.folded" if away_on else "account.unfolded",
            subject=account,
            after={"on": f"{away_on}"} if away_on else {},
            customer_id=customer.pk,
        )
    return True


def choose_currency(*, customer: Customer, currency: str) -> bool:
    """Shows this person's figures in one of the currencies they hold; "" = the bank's own."""
    with transaction.atomic():
        row = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if row.reporting_currency == currency:
            return False
        Customer.objects.filter(pk=row.pk).update(reporting_currency=currency)
        audit.record(
            act="customer.currency_chosen",
            subject=row,
            before={"currency": row.reporting_currency},
            after={"currency": currency},
            customer_id=row.pk,
        )
    return True


def _holder(account: BankAccount, customer: Customer) -> AccountHolder:
    return AccountHolder.objects.select_for_update(no_key=True).get(
        account=account, customer=customer
    )
