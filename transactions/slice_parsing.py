"""Reads a slice back from a query string; what can't be read is said in the user's words."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.customers.models import Customer
from transactions import slices
from transactions.doors import PAGE, Door
from transactions.merchants import queries as merchants
from transactions.models import BankAccount, Category, Tag
from transactions.queries import category_refs, uncategorised
from transactions.reach import Reach
from transactions.slices import (
    EARLIEST,
    LATEST,
    NO_CATEGORY,
    AccountRef,
    CategoryRef,
    Slice,
    TagRef,
)

MAX_TEXT = 100
MAX_NAMED = 100
_SHOWN = 40
NOBODY = UUID(int=0)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Params(Protocol):
    """Django's QueryDict, or anything that gives all values of a name."""

    def __iter__(self) -> Any: ...
    def getlist(self, key: str) -> list[str]: ...


class BadSlice(ValueError):
    """`fields`: the parameter's name as it was sent → what is wrong and how to mend it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in fields.items()))
        self.fields = dict(fields)


def read_slice(
    params: Params,
    customer: Customer,
    *,
    door: Door = PAGE,
    others: Collection[str] | None = None,
    start: date = EARLIEST,
    end: date = LATEST,
    reach: Reach | None = None,
) -> Slice:
    """The slice that a query string names, of this customer's lines alone.

    Parameters: `others` = names that the caller reads itself; any further name is refused (None: passed
    over, for pages). `start` and `end` (half-open) hold where no day is given; `reach` is this person's,
    where the caller has read it. Raises BadSlice with every fault at once. An account or category that
    isn't this person's is as unknown as one that isn't at all.
    """
    return _Reading(params, customer, door, reach).slice(others, start, end)


def as_day(text: str) -> date:
    """A day as YYYY-MM-DD. Raises ValueError with the sentence to show."""
    wrong = _("“%(text)s” isn't a day. Write it as YYYY-MM-DD, for instance 2026-06-30.") % {
        "text": text[:_SHOWN]
    }
    if not _DAY.fullmatch(text):
        raise ValueError(wrong)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(wrong) from None
    if not EARLIEST <= day < LATEST:
        raise ValueError(_("The ledger keeps days from 1900-01-01 to 2199-12-31."))
    return day


def as_number(text: str, low: int, high: int) -> int:
    """A whole number between two bounds. Raises ValueError with the sentence to show."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
        raise ValueError(
            _("“%(text)s” must be a whole number from %(low)d to %(high)d.")
            % {"text": text[:_SHOWN], "low": low, "high": high}
        )
    return int(text)


class _Reading:
    """One query string being read; faults are gathered, so that all are told at once."""

    def __init__(
        self, params: Params, customer: Customer, door: Door, reach: Reach | None = None
    ) -> None:
        self.params, self.customer, self.door, self.reach = params, customer, door, reach
        self.faults: dict[str, str] = {}

    def slice(self, others: Collection[str] | None, start: date, end: date) -> Slice:
        door = self.door
        known = {
            "start_date", "end_date", "categories", "within", "q", "currency", "month_start", "tag", "merchant",
            "convert", "rated", door.account, door.customer,
        }  # fmt: skip
        if others is not None:
            for name in self.params:
                if name not in known and name not in others:
                    self.faults[name[:_SHOWN]] = _("There is no such parameter here.")
        first, last = self.day("start_date"), self.day("end_date")
        if first and last and first > last:
            self.faults["end_date"] = _("The last day lies before the first.")
        accounts = self.accounts()
        categories, within = self.categories("categories"), self.categories("within")
        tags = self.tags()
        text = self.one("q").strip()
        if len(text) > MAX_TEXT:
            self.faults["q"] = _("Search for at most %(n)d characters.") % {"n": MAX_TEXT}
        month_start = self.number("month_start", 1, 28) or 1
        merchant = self.one("merchant").strip()
        if len(merchant) > merchants.MAX_KEY:
            self.faults["merchant"] = _("There is no such shop here.")
        convert, rated = self.convert(), self.rated()
        currency = self.currency()
        if not currency and self.reach:
            currency = self.reach.currency(accounts)
        if self.faults:
            raise BadSlice(self.faults)
        start = first or (min(start, last) if last else start)
        end = last + timedelta(days=1) if last else max(end, start)
        made = slices.slice_of(
            self.customer, currency=currency, start=start, end=end, accounts=accounts, categories=categories,
            text=text, month_start=month_start,
        )  # fmt: skip
        if merchant:
            made = replace(made, merchant=merchants.merchant_ref(self.customer.pk, merchant))
        return replace(made, within=within, tags=tags, convert=convert, rated=rated)

    def one(self, name: str) -> str:
        values = self.params.getlist(name) if name else []
        if len(values) > 1:
            self.faults[name] = _("This is given more than once.")
        return values[0] if values else ""

    def day(self, name: str) -> date | None:
        text = self.one(name)
        if not text:
            return None
        try:
            return as_day(text)
        except ValueError as error:
            self.faults[name] = str(error)
            return None

    def number(self, name: str, low: int, high: int) -> int | None:
        text = self.one(name)
        if not text:
            return None
        try:
            return as_number(text, low, high)
        except ValueError as error:
            self.faults[name] = str(error)
            return None

    def currency(self) -> str:
        text = self.one("currency")
        if text and not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
            self.faults["currency"] = _("A currency is three capital letters, for instance EUR.")
        return text

    def convert(self) -> bool:
        text = self.one("convert")
        if text not in ("", "1"):
            self.faults["convert"] = _("Write 1 to count other currencies too, or leave it out.")
        return text == "1"

    def rated(self) -> str:
        text = self.one("rated")
        code = text.removeprefix("-")
        if text and not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            self.faults["rated"] = _(
                "Write a currency, for instance EUR, or -EUR for no rate to it."
            )
        return text

    def named(self, name: str) -> dict[str, UUID | None]:
        """Ids of a list, in order and once each; None = what isn't an id."""
        words = [
            w.strip() for value in self.params.getlist(name) for w in value.split(",") if w.strip()
        ]
        if len(words) > MAX_NAMED:
            self.faults[name] = _("Name at most %(n)d at once.") % {"n": MAX_NAMED}
            return {}
        found: dict[str, UUID | None] = {}
        for word in words:
            try:
                found[word] = UUID(word)
            except ValueError:
                found[word] = None
        return found

    def accounts(self) -> tuple[AccountRef, ...]:
        name = self.door.account
        wanted = self.named(name)
        if not wanted:
            return ()
        ids = [i for i in wanted.values() if i]
        held = self.reach.account_refs if self.reach else self.held(ids)
        for word, public_id in wanted.items():
            if public_id not in held:
                self.faults[name] = _("There is no account “%(id)s” here.") % {"id": word[:_SHOWN]}
                return ()
        return tuple(held[i] for i in dict.fromkeys(ids))

    def held(self, ids: list[UUID]) -> dict[UUID, AccountRef]:
        mine = BankAccount.objects.held_by(self.customer).filter(public_id__in=ids)
        return {a.public_id: AccountRef(a.pk, a.public_id, str(a), a.currency) for a in mine}

    def tags(self) -> tuple[TagRef, ...]:
        wanted = self.named("tag")
        if not wanted:
            return ()
        ids = [i for i in wanted.values() if i]
        mine = Tag.objects.filter(customer=self.customer, public_id__in=ids)
        known = {t.public_id: TagRef(t.pk, t.public_id, t.name) for t in mine}
        for word, public_id in wanted.items():
            if public_id not in known:
                self.faults["tag"] = _("There is no tag “%(id)s” here.") % {"id": word[:_SHOWN]}
                return ()
        return tuple(known[i] for i in dict.fromkeys(ids))

    def categories(self, name: str) -> tuple[CategoryRef, ...]:
        wanted = self.named(name)
        if not wanted:
            return ()
        ids = [i for i in wanted.values() if i]
        if self.reach:
            known = {c.public_id: c for c in self.reach.refs.values() if c.public_id}
        else:
            mine = Category.objects.filter(Q(customer=None) | Q(customer=self.customer))
            found_refs = category_refs(mine.filter(public_id__in=ids)) if ids else []
            known = {c.public_id: c for c in found_refs if c.public_id}
        found: dict[str, CategoryRef] = {}
        for word, public_id in wanted.items():
            ref = uncategorised() if word == NO_CATEGORY else known.get(public_id or NOBODY)
            if ref is None:
                self.faults[name] = _("There is no category “%(id)s” here.") % {"id": word[:_SHOWN]}
                return ()
            found[ref.key] = ref
        return tuple(found.values())
