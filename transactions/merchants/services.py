"""Naming merchants: a person for themselves, all their rows at once, and back again."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from transactions.categories.clean import merchant_key
from transactions.merchants import queries
from transactions.models import Merchant, MerchantAlias

MAX_NAME = 80
# Keys that one merchant holds at most; a person joins a handful.
MAX_KEYS = 500


class NameRefused(ValueError):
    """This name can't be given; the text says why, in the person's words."""


def name_merchant(*, customer: Customer, key: str, name: str) -> Merchant:
    """Calls all lines with this key so, for this person alone.

    Lines that were called the same before keep together, and the name of another merchant of theirs joins
    the two. Raises NameRefused.
    """
    name = " ".join(cut_card_numbers(name).split())
    if not name:
        raise NameRefused(_("Write the name that these payments shall have."))
    if len(name) > MAX_NAME:
        raise NameRefused(_("Write at most %(n)d characters.") % {"n": MAX_NAME})
    with transaction.atomic():
        # One person's names are changed one at a time.
        Customer.objects.select_for_update(of=("self",)).only("pk").get(pk=customer.pk)
        keys = queries.keys_with(customer.pk, key)
        own = Merchant.objects.filter(customer=customer)
        before = own.filter(aliases__key=key).first()
        merchant = own.filter(name__iexact=name).order_by("pk").first()
        like = merchant_key(name)
        if like and like not in keys:
            keys |= queries.keys_with(customer.pk, like)
        same = Merchant.objects.filter(customer=None, name__iexact=name).first()
        if same:
            keys |= set(same.aliases.values_list("key", flat=True))
        if merchant is None:
            merchant = before or Merchant(customer=customer)
        if len(keys) > MAX_KEYS:
            raise NameRefused(_("Too many shops would be one then."))
        merchant.name = name
        merchant.save()
        MerchantAlias.objects.filter(customer=customer, key__in=keys).delete()
        MerchantAlias.objects.bulk_create(
            MerchantAlias(merchant=merchant, customer=customer, key=k) for k in sorted(keys)
        )
        own.filter(aliases=None).exclude(pk=merchant.pk).delete()
        audit.record(
            act="merchant.named", subject=merchant, customer_id=customer.pk,
            before={"name": before.name if before and before.pk != merchant.pk else ""},
            after={"name": name, "keys": len(keys)},
        )  # fmt: skip
    return merchant


def forget_name(*, customer: Customer, key: str) -> bool:
    """Takes a person's own name back, with all that it joined; False where there was none."""
    with transaction.atomic():
        Customer.objects.select_for_update(of=("self",)).only("pk").get(pk=customer.pk)
        merchant = Merchant.objects.filter(customer=customer, aliases__key=key).first()
        if merchant is None:
            return False
        keys = merchant.aliases.count()
        audit.record(
            act="merchant.unnamed", subject=merchant, customer_id=customer.pk,
            before={"name": merchant.name, "keys": keys},
        )  # fmt: skip
        merchant.delete()
    return True


def set_keys(merchant: Merchant, keys: set[str]) -> None:
    """Makes these the keys of one of the bank's merchants, in the caller's transaction."""
    held = set(merchant.aliases.values_list("key", flat=True))
    merchant.aliases.filter(key__in=held - keys).delete()
    MerchantAlias.objects.bulk_create(
        MerchantAlias(merchant=merchant, customer=None, key=key) for key in sorted(keys - held)
    )
