"""A folder of customers brought into a bank: people and accounts found or made, files on the one road.

Who a customer is says the folder's `reference`; without one the name does, and a person made here carries
a reference that follows from the name, so that the same folder finds them again.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import services as audit
from accounts.customers.models import Customer
from accounts.customers.queries import bank_profile
from transactions.adapters import Line
from transactions.adapters.folder import CustomerFile
from transactions.adapters.words import fold
from transactions.days import DayError, parse_day
from transactions.imports import by_hand, reading
from transactions.imports.accounts import create_account, mask, names_account
from transactions.imports.errors import ImportProblem
from transactions.imports.receive import choose
from transactions.models import AccountHolder, BankAccount, ImportBatch

SOURCE = "folder"
ACCOUNT_NAME = "Everyday account"
# Columns of profiles.csv that become the customer's own, with how much of each is kept.
_PROFILE = {"age_bracket": 12, "location": 80, "employment_status": 40, "branch": 60}
_AGES = ((25, "under 25"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))


@dataclass(slots=True)
class Loaded:
    """What became of one customer of the folder."""

    name: str
    reference: str = ""
    is_new: bool = False
    new_accounts: int = 0
    file: by_hand.Brought | None = None
    problem: ImportProblem | None = None
    notes: list[str] = field(default_factory=list)


class People:
    """The bank's customers by reference and by name, read once for a whole folder."""

    def __init__(self) -> None:
        self.by_reference: dict[str, int] = {}
        self.by_name: dict[str, list[int]] = {}
        for pk, reference, name in Customer.objects.values_list("pk", "reference", "full_name"):
            self._add(pk, reference, name)

    def _add(self, pk: int, reference: str, name: str) -> None:
        self.by_reference[reference] = pk
        self.by_name.setdefault(fold(name), []).append(pk)

    def find_or_make(self, found: CustomerFile, loaded: Loaded) -> Customer:
        """The customer that the folder means; an empty field of one that is there is filled.

        Raises ImportProblem where the folder doesn't say who it means.
        """
        given = found.profile.get("reference", "")
        if storable(found.name) != found.name:
            raise ImportProblem(
                "The file's name is in no readable encoding. Rename the file.", "name_unreadable"
            )
        if len(given) > 40:
            raise ImportProblem(
                "The reference has more than 40 characters. Shorten it.", "reference_long"
            )
        made_here = f"F-{sha256(fold(found.name).encode()).hexdigest()[:12]}"
        pk = self.by_reference.get(given or made_here)
        if pk is None and not given:
            namesakes = self.by_name.get(fold(found.name), [])
            if len(namesakes) > 1:
                raise ImportProblem(
                    f"The bank has {len(namesakes)} customers of this name. "
                    "Give profiles.csv a column “reference” that says which one is meant.",
                    "name_ambiguous",
                )
            pk = namesakes[0] if namesakes else None
        values = _values(found, loaded)
        if pk is not None:
            customer = Customer.objects.get(pk=pk)
            filled = [n for n in _PROFILE if values[n] and not getattr(customer, n)]
            for name in filled:
                setattr(customer, name, values[name])
            if filled:
                with transaction.atomic():
                    customer.save(update_fields=filled)
                    _note("row.changed", customer, {n: values[n] for n in filled})
        else:
            with transaction.atomic():
                customer = Customer.objects.create(
                    reference=given or made_here, full_name=found.name[:120], **values
                )
                _note("row.added", customer, {"full_name": customer.full_name, **values})
            self._add(customer.pk, customer.reference, customer.full_name)
            loaded.is_new = True
        loaded.reference = customer.reference
        return customer


def _note(act: str, customer: Customer, after: dict[str, Any]) -> None:
    audit.record(act=act, subject=customer, after=after, customer_id=customer.pk)


def _values(found: CustomerFile, loaded: Loaded) -> dict[str, Any]:
    values: dict[str, Any] = {n: found.profile.get(n, "")[:most] for n, most in _PROFILE.items()}
    age = values["age_bracket"]
    if age.isdecimal():
        values["age_bracket"] = next((name for limit, name in _AGES if int(age) < limit), "65+")
    since = found.profile.get("created_at", "")
    values["created_at"] = timezone.now()
    if since:
        try:
            values["created_at"] = datetime.combine(parse_day(since), time(9), UTC)
        except DayError as error:
            loaded.notes.append(f"profiles.csv, customer since: {error.reason} Today is kept.")
    return values


def storable(name: str) -> str:
    """A file's name with "?" where its bytes are no text."""
    return name.encode(errors="replace").decode()


def load_customer(found: CustomerFile, people: People) -> Loaded:
    """One customer of the folder: the person, then their file; whatever is amiss costs nobody else.

    A refused file leaves the person and no account.
    """
    loaded = Loaded(storable(found.name))
    try:
        customer = people.find_or_make(found, loaded)
    except ImportProblem as problem:
        loaded.problem = problem
        return loaded
    if found.path is None:
        return loaded
    currency = found.profile.get("currency", "").upper() or bank_profile().currency
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        loaded.problem = ImportProblem(
            "The currency in profiles.csv must be three letters, such as EUR.", "currency_format"
        )
        return loaded
    accounts = FileAccounts(customer, currency)
    loaded.file = by_hand.bring_file(
        found.path, customer=customer, account=None, source=SOURCE, settle=accounts.settle
    )
    # Those of a file that did not go in are gone with it.
    loaded.new_accounts = accounts.made if loaded.file.state == by_hand.DONE else 0
    return loaded


class FileAccounts:
    """The accounts that a customer's file goes to: one per name and currency that it states."""

    def __init__(self, customer: Customer, currency: str, *, source: str = SOURCE) -> None:
        self.customer, self.currency, self.source = customer, currency, source
        self.made = 0

    def settle(self, batch: ImportBatch) -> ImportBatch:
        """Chooses an account for every name and currency of the file; makes those that are missing."""
        stated = self._stated(batch)
        main = self._main() if not stated or ("", "") in stated else None
        chosen = {named: self._account(*named) for named in sorted(stated) if named != ("", "")}
        return choose(batch, account=main, accounts=chosen)

    def _stated(self, batch: ImportBatch) -> set[tuple[str, str]]:
        layout = reading.layout_of(batch)
        columns = {"account", "currency"} & set(layout.columns)
        if not columns and not layout.currency and not layout.amount_currencies:
            return set()
        rows, _progress = reading.open_rows(batch)
        return {(row.account, row.currency) for row in rows if isinstance(row, Line)}

    def _account(self, name: str, currency: str) -> BankAccount:
        currency = currency or self.currency
        if not name:
            return (
                self._main()
                if currency == self.currency
                else self._named(f"{ACCOUNT_NAME} {currency}", currency)
            )
        return self._named(name, currency)

    def _named(self, name: str, currency: str) -> BankAccount:
        found = [a for a in self._own(currency) if names_account(name, a)]
        if len(found) == 1:
            return found[0]
        # Of a long number only the last digits are kept, and they find it again.
        masked = mask(name)
        if masked == name:
            return self._make(name, currency)
        return self._make(ACCOUNT_NAME, currency, masked)

    def _main(self) -> BankAccount:
        """Where an earlier folder of this customer went, else their everyday account, else a new one."""
        earlier = (
            ImportBatch.objects.filter(
                customer=self.customer, source=self.source, state=ImportBatch.State.COMMITTED,
                account__currency=self.currency,
            )
            .select_related("account")
            .order_by("pk")
            .first()
        )  # fmt: skip
        if earlier is not None and earlier.account is not None:
            return earlier.account
        own = self._own(self.currency)
        named = [a for a in own if a.name == ACCOUNT_NAME and not a.masked_number]
        current = [a for a in own if a.kind == BankAccount.Kind.CURRENT]
        if named or len(current) == 1:
            return (named or current)[0]
        return self._make(ACCOUNT_NAME, self.currency)

    def _own(self, currency: str) -> list[BankAccount]:
        owner = AccountHolder.Role.OWNER
        return list(
            BankAccount.objects.standing().filter(
                holders__customer=self.customer, holders__role=owner, currency=currency
            )
        )

    def _make(self, name: str, currency: str, masked_number: str = "") -> BankAccount:
        self.made += 1
        return create_account(
            customer=self.customer, name=name, currency=currency, masked_number=masked_number
        )
