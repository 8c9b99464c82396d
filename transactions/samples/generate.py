"""A whole invented bank from a name, a seed and a day: the same every time for the same three."""
# ruff: noqa: S311 - invented people need a seed that repeats, not secrets

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Literal

from transactions.samples import named, named_people, places
from transactions.samples.bank import (
    SampleAccount,
    SampleBank,
    SampleBudget,
    SampleCustomer,
    SampleProduct,
    SampleTransaction,
)
from transactions.samples.habits import AGE_BRACKETS, AGE_WEIGHTS, employment, habits
from transactions.samples.life import Life, Month, window
from transactions.samples.ordinary import live

SampleName = Literal["north", "south"]


@dataclass(frozen=True, slots=True)
class _Setting:
    title: str
    country: str
    time_zone: str
    currency: str
    locale: str
    branches: tuple[places.Branch, ...]
    people: tuple[named_people.NamedPerson, ...]
    foreign: tuple[str, ...]
    surnames: tuple[str, ...]


_SETTINGS: dict[str, _Setting] = {
    "north": _Setting(
        "North", "DE", "Europe/Berlin", "EUR", "en", places.NORTH_BRANCHES,
        named_people.NORTH_PEOPLE,
        ("USD", "GBP", "JPY", "KWD"),
        places.SURNAMES[0::2],
    ),
    "south": _Setting(
        "South", "GB", "Europe/London", "GBP", "en-GB", places.SOUTH_BRANCHES,
        named_people.SOUTH_PEOPLE,
        ("EUR", "USD"),
        places.SURNAMES[1::2],
    ),
}  # fmt: skip

PRODUCTS: tuple[SampleProduct, ...] = (
    SampleProduct("daily_saver", "Daily saver", "savings", "Savings with interest each quarter"),
    SampleProduct("fixed_saver", "Fixed saver", "savings", "Twelve months at a fixed rate"),
    SampleProduct("travel_card", "Travel card", "card", "A card without fees abroad"),
    SampleProduct("cashback_card", "Cashback card", "card", "A share of each purchase comes back"),
    SampleProduct("home_loan", "Home loan", "loan", "A loan for a home of one's own"),
    SampleProduct("bridge_loan", "Small loan", "loan", "A loan for a year, paid back monthly"),
    SampleProduct("home_cover", "Home cover", "insurance", "Insurance for what is in the home"),
)


def generate_bank(
    name: SampleName,
    *,
    seed: int,
    today: date,
    customers: int,
    months: int = 24,
) -> SampleBank:
    """Make a sample bank.

    Parameters
    ----------
    name : "north" or "south"
        Which bank: its currency, branches and named people.
    seed, today : int, date
        The same pair gives the same bank; `today` is the last day with lines.
    customers : int >= 1
        How many people, the named ones first; North holds 3 of those, South 1.
    months : int >= 1
        Calendar months up to and including the one of `today`.

    Raises
    ------
    ValueError
        If `name` is unknown, or `customers` or `months` is below 1.
    """
    if name not in _SETTINGS:
        raise ValueError(f"No sample bank is called {name}: choose north or south.")
    if customers < 1 or months < 1:
        raise ValueError("A sample bank needs at least one customer and one month.")
    setting = _SETTINGS[name]
    span = window(today, months)
    accounts: list[SampleAccount] = []
    transactions: list[SampleTransaction] = []
    people: list[SampleCustomer] = []
    budgets: list[SampleBudget] = []
    for life in _lives(setting, f"{name}/{seed}", today, span, customers):
        people.append(life.customer)
        for account, lines in life.finished():
            accounts.append(account)
            transactions.extend(lines)
    for position, person in enumerate(setting.people[:customers]):
        firsts = tuple(month.day(1) for month in span)
        budgets += named.budgets(person, people[position].reference, firsts, setting.currency)
    return SampleBank(
        name=setting.title,
        country=setting.country,
        time_zone=setting.time_zone,
        currency=setting.currency,
        locale=setting.locale,
        business_day=today,
        branches=tuple(branch.name for branch in setting.branches),
        customers=tuple(people),
        accounts=tuple(accounts),
        transactions=tuple(transactions),
        budgets=tuple(budgets),
        products=PRODUCTS,
    )


def _lives(
    setting: _Setting, seed: str, today: date, span: tuple[Month, ...], customers: int
) -> Iterator[Life]:
    chance = Random(f"{seed}/people")
    letter = setting.title[0]
    for number, person in zip(range(1, customers + 1), setting.people, strict=False):
        customer = SampleCustomer(
            reference=f"{letter}-{number:04d}",
            full_name=person.full_name,
            age_bracket=person.age_bracket,
            location=person.location,
            employment_status=person.employment_status,
            branch=person.branch,
            created_on=span[0].day(1) - timedelta(days=900 + 37 * number),
            email=person.email,
            login_name=person.full_name,
            password=named_people.PASSWORD,
        )
        yield _named_life(setting, customer, person, seed, today, span)
    full_names = _full_names(chance, setting.surnames)
    tails = _tails(chance, {tail for person in setting.people for tail in person.tails})
    previous = ""
    for number in range(len(setting.people) + 1, customers + 1):
        customer = _someone(setting, chance, f"{letter}-{number:04d}", next(full_names), span)
        # Every 25th holds an account in another currency, each currency in turn.
        turn, place = divmod(number, 25)
        foreign = setting.foreign[turn % len(setting.foreign)] if place == 7 else None
        yield _ordinary_life(setting, customer, seed, today, span, tails, previous, foreign)
        previous = customer.reference


def _full_names(chance: Random, surnames: tuple[str, ...]) -> Iterator[str]:
    """Invented names, all different: every pair once in random order, then numbered."""
    pairs = len(places.FIRST_NAMES) * len(surnames)
    order = chance.sample(range(pairs), pairs)
    for turn in count(1):
        for place in order:
            first = places.FIRST_NAMES[place % len(places.FIRST_NAMES)]
            last = surnames[place // len(places.FIRST_NAMES)]
            yield f"{first} {last}" if turn == 1 else f"{first} {last} {turn}"


def _tails(chance: Random, taken: set[str]) -> Iterator[str]:
    free = [f"{number:04d}" for number in range(1000, 10000) if f"{number:04d}" not in taken]
    while True:
        yield from chance.sample(free, len(free))


def _someone(
    setting: _Setting, chance: Random, reference: str, full_name: str, span: tuple[Month, ...]
) -> SampleCustomer:
    branch = chance.choices(setting.branches, [branch.weight for branch in setting.branches])[0]
    age_bracket = chance.choices(AGE_BRACKETS, AGE_WEIGHTS)[0]
    # Most have long been customers; one in nine came within the window.
    if len(span) > 3 and chance.random() < 0.11:
        created_on = chance.choice(span[1:-2]).day(chance.randint(1, 28))
    else:
        created_on = span[0].day(1) - timedelta(days=chance.randint(30, 4200))
    return SampleCustomer(
        reference=reference,
        full_name=full_name,
        age_bracket=age_bracket,
        location=chance.choice(branch.places),
        employment_status=employment(age_bracket, chance),
        branch=branch.name,
        created_on=created_on,
    )


def _named_life(
    setting: _Setting,
    customer: SampleCustomer,
    person: named_people.NamedPerson,
    seed: str,
    today: date,
    span: tuple[Month, ...],
) -> Life:
    life = Life(customer, seed=seed, today=today, months=span)
    everyday, card, savings = person.tails
    money = setting.currency
    life.open("current", name="current", tail=everyday, label="Everyday", currency=money,
              lowest=person.lowest)  # fmt: skip
    life.open("card", name="card", tail=card, label="Card", currency=money, opening=-21460)
    life.open("savings", name="savings", tail=savings, label="Savings", currency=money,
              opening=person.savings_opening)  # fmt: skip
    named.live_named(life, person)
    return life


def _ordinary_life(
    setting: _Setting,
    customer: SampleCustomer,
    seed: str,
    today: date,
    span: tuple[Month, ...],
    tails: Iterator[str],
    neighbour: str,
    foreign: str | None,
) -> Life:
    life = Life(customer, seed=seed, today=today, months=span)
    chance = life.traits
    way = habits(customer.employment_status, customer.age_bracket, chance, len(span))
    money = setting.currency
    joined_lately = customer.created_on >= span[0].day(1)
    # One in fourteen shares the account with someone else of the bank.
    partner = neighbour if neighbour and chance.random() < 0.07 else None
    low = chance.choice((-6000, 0, 2000, 15000, 60000, 140000)) + chance.randint(0, 9999)
    life.open("current", name="current", tail=next(tails), label="Everyday", currency=money,
              lowest=low, also=partner)  # fmt: skip
    if chance.random() < 0.72:
        life.open("savings", name="savings", tail=next(tails), label="Savings", currency=money,
                  opening=0 if joined_lately else chance.randint(20_000, 1_800_000))  # fmt: skip
    if chance.random() < 0.5:
        life.open("card", name="card", tail=next(tails), label="Card", currency=money,
                  opening=0 if joined_lately else -chance.randint(4_000, 60_000))  # fmt: skip
    if chance.random() < 0.16 and customer.employment_status in ("employed", "self-employed"):
        rest = way.income * chance.randint(3, 9)
        life.open("loan", name="loan", tail=next(tails), label="Loan", currency=money,
                  opening=-rest)  # fmt: skip
    if foreign is not None:
        life.open("current", name="foreign", tail=next(tails), label=f"{foreign} account",
                  currency=foreign, lowest=5000)  # fmt: skip
    live(life, way)
    return life
