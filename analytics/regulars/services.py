"""What people say of regular payments: each act is recorded, and no search takes it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import OperationalError, transaction

from accounts.audit import services as audit
from analytics.regulars.models import RegularPayment, RegularPaymentDate
from analytics.regulars.reading import key_of
from transactions.models import AccountHolder, Transaction

OWN = ("word", "own_name", "own_cadence", "own_amount", "own_next_on")


class RegularBusy(RuntimeError):
    """A search is writing this payment now; the person may try again in a moment."""


class RegularChanged(RuntimeError):
    """It was changed since the person saw it."""


class AlreadyRegular(RuntimeError):
    """The row belongs to a regular payment already; `regular` is it."""

    def __init__(self, regular: RegularPayment) -> None:
        super().__init__("already regular")
        self.regular = regular


@contextmanager
def _changing(regular: RegularPayment, expected_version: int | None) -> Iterator[RegularPayment]:
    """The row, locked for one act. Raises RegularBusy, RegularChanged."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = RegularPayment.objects.select_for_update(nowait=True, no_key=True).get(
                    pk=regular.pk
                )
        except OperationalError as error:
            raise RegularBusy from error
        except RegularPayment.DoesNotExist as error:
            raise RegularChanged from error
        if expected_version is not None and row.version != expected_version:
            raise RegularChanged
        yield row


def say(
    regular: RegularPayment, *, word: str, expected_version: int | None = None
) -> RegularPayment:
    """Confirms it, says that it isn't regular, removes it, or takes such a word back ("")."""
    return _write(regular, "regular.said", expected_version, word=RegularPayment.Word(word).value)


def correct(
    regular: RegularPayment,
    *,
    name: str,
    cadence: str,
    amount: Decimal,
    next_on: date | None,
    expected_version: int | None = None,
) -> RegularPayment:
    """Keeps what the person gave where it differs from what the search says; the rest follows the search.

    A correction confirms it. Raises RegularBusy, RegularChanged.
    """
    return _write(
        regular,
        "regular.corrected",
        expected_version,
        word=RegularPayment.Word.CONFIRMED.value,
        own_name="" if name == regular.name else name,
        own_cadence="" if cadence == regular.cadence else cadence,
        own_amount=None if amount == regular.amount_typical else amount,
        own_next_on=None if next_on == regular.next_on else next_on,
    )


def _write(
    regular: RegularPayment, act: str, expected_version: int | None, **own: Any
) -> RegularPayment:
    with _changing(regular, expected_version) as row:
        before = {name: getattr(row, name) for name in own}
        for name, value in own.items():
            setattr(row, name, value)
        if before != own:
            row.version += 1
            row.save(update_fields=[*own, "version"])
            audit.record(
                act=act, subject=row, before=before, after=own, customer_id=row.customer_id
            )
    return row


def make_by_hand(row: Transaction, *, cadence: str, next_on: date) -> RegularPayment:
    """A regular payment from one row, by a person's word. Raises AlreadyRegular."""
    holder = AccountHolder.objects.select_related("account").get(
        account=row.account_id, role=AccountHolder.Role.OWNER
    )
    with transaction.atomic():
        known = (
            RegularPaymentDate.objects.filter(
                transaction_id=row.pk, regular__account=row.account_id
            )
            .select_related("regular")
            .first()
        )
        if known is not None:
            raise AlreadyRegular(known.regular)
        amount = abs(row.amount)
        made = RegularPayment.objects.create(
            customer_id=holder.customer_id, account_id=row.account_id, key=key_of(row.pk),
            direction=RegularPayment.Direction.IN if row.amount > 0 else RegularPayment.Direction.OUT,
            currency=holder.account.currency, name=(row.counterparty or row.clean_text)[:120],
            cadence=cadence, next_on=next_on, amount_low=amount, amount_typical=amount,
            amount_high=amount, first_on=row.booked_on, last_on=row.booked_on, payments=1,
            category_id=row.category_id, by_hand=True, own_next_on=next_on,
            word=RegularPayment.Word.CONFIRMED,
        )  # fmt: skip
        RegularPaymentDate.objects.create(
            regular=made, transaction_id=row.pk, expected_on=row.booked_on
        )
        audit.record(
            act="regular.made",
            subject=made,
            after={"transaction": row.pk, "cadence": cadence, "next_on": next_on},
            customer_id=holder.customer_id,
        )
    return made
