"""How the named demo people live: pay, bills, shops, and the odd thing worth finding."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random

from transactions.samples.bank import SampleBudget
from transactions.samples.habits import season
from transactions.samples.life import Account, Life, Month
from transactions.samples.named_people import (
    AIRLINE,
    BOOKS,
    CAFE,
    ELECTRONICS,
    FUEL,
    HOTEL,
    STORES,
    THEATRE,
    THREADLINE,
    TOURS,
    NamedPerson,
    Round,
)


def _latest(life: Life, month: Month, day: int) -> bool:
    """Whether this month holds the last such day up to today."""
    here = month.day(day)
    later = life.months[month.index + 1].day(day) if month.index + 1 < len(life.months) else None
    return here <= life.today and (later is None or later > life.today)


def _johns(life: Life, month: Month) -> int:
    current, card = life.accounts["current"], life.accounts["card"]
    spent = 0
    if month.number == 5:
        life.say(current, month.day(14), 41260, "TAX REFUND 2291", "Tax office", "tax_refund")
    if month.number == 7:
        spent += life.buy(card, month.day(4), AIRLINE, 38640) * 38640
        spent += life.buy(card, month.day(19), HOTEL, 47200) * 47200
    if month.number == 12:
        spent += life.buy(card, month.day(9), ELECTRONICS, 18990) * 18990
        spent += life.buy(card, month.day(16), STORES, 14260) * 14260
    if month.number == 9:
        life.buy(current, month.day(8), BOOKS, 3495)
    # The same fuel twice on one day: a mistake that his overview should point at.
    if _latest(life, month, 17):
        for note in (" REF 7K2-0091", " REF 7K2-0092"):
            spent += life.buy(card, month.day(17), FUEL, 4820, store=231, note=note) * 4820
    if _latest(life, month, 19):
        bought, back = month.day(11), month.day(19)
        spent += life.buy(card, bought, THREADLINE, 6980, store=118) * 6980
        spent -= life.buy(card, back, THREADLINE, -3490, store=118) * 3490
    # His energy costs more from the latest bill on.
    risen = _latest(life, month, 5)
    life.pay(current, month.day(5), 9480 if risen else 8600, "Brightwater Energy", "energy")
    return spent


def _janes(life: Life, month: Month) -> int:
    current, card = life.accounts["current"], life.accounts["card"]
    spent = 0
    if month.number == 6:
        spent += life.buy(card, month.day(6), THEATRE, 16400, note=" FESTIVAL") * 16400
    if month.number == 8:
        spent += life.buy(card, month.day(3), AIRLINE, 21480) * 21480
        spent += life.buy(card, month.day(12), HOTEL, 33600) * 33600
    if month.number == 12:
        spent += life.buy(card, month.day(14), STORES, 22350) * 22350
        life.say(current, month.day(22), 15000, "PAYMENT FROM AUNT MIRA GIFT", "Aunt Mira",
                 "gifts_received")  # fmt: skip
    if month.index % 3 == 1:
        life.say(current, month.day(24), -4500, "SENT MONEY TO FLATMATE", "Flatmate",
                 "payments_to_people")  # fmt: skip
    return spent


def _charlies(life: Life, month: Month) -> int:
    current, card = life.accounts["current"], life.accounts["card"]
    spent = 0
    if month.number in (2, 5, 7, 10):
        dear = 1.5 if month.number == 7 else 1.0
        for day, shop, minor in ((5, AIRLINE, 31900), (9, HOTEL, 42800), (10, TOURS, 11800)):
            cost = int(minor * dear)
            spent += life.buy(card, month.day(day), shop, cost) * cost
    if month.number in (4, 11):
        spent += life.buy(card, month.day(13), ELECTRONICS, 64900) * 64900
    if month.index % 5 == 2:
        spent += life.buy(card, month.day(8), THREADLINE, 18900, store=118) * 18900
        spent -= life.buy(card, month.day(15), THREADLINE, -18900, store=118) * 18900
    if month.number == 12:
        life.say(current, month.day(18), 240000, "ANNUAL BONUS NORTHLIGHT STUDIO",
                 "Northlight Studio", "bonus")  # fmt: skip
    if month.index % 4 == 3:
        life.say(current, month.last_day, -1184, "OVERDRAFT INTEREST", "Interest", "interest_paid")
    return spent


def _sams(life: Life, month: Month) -> int:
    card = life.accounts["card"]
    spent = 0
    if month.number == 8:
        spent += life.buy(card, month.day(7), HOTEL, 38200) * 38200
    if month.number == 12:
        spent += life.buy(card, month.day(15), STORES, 17800) * 17800
    return spent


_EXTRAS: dict[str, Callable[[Life, Month], int]] = {
    "John Doe": _johns,
    "Jane Doe": _janes,
    "Charlie Williams": _charlies,
    "Sam Fallowbrook": _sams,
}


def live_named(life: Life, person: NamedPerson) -> None:
    """All months of a named person."""
    current, card, savings = (life.accounts[name] for name in ("current", "card", "savings"))
    owed = -card.opening
    extras = _EXTRAS[person.full_name]
    last = life.months[-1].index
    # The raise lies in the last twelve months, so that the overview shows it.
    raised = next(
        month.index
        for month in reversed(life.months)
        if month.number == person.raise_month or month.index == 0
    )
    for month in life.months:
        chance = life.chance(month)
        salary = person.risen_salary if month.index >= raised else person.salary
        if month.index < last - 15:
            salary -= (person.risen_salary - person.salary) // 2
        life.say(current, month.day(person.pay_day), salary, f"SALARY {person.employer.upper()}",
                 person.employer, "wages")  # fmt: skip
        for bill in person.bills:
            minor = bill.due(month.index, month.number)
            if minor:
                life.pay(current, month.day(bill.day), minor, bill.to, bill.category,
                         what=bill.what)  # fmt: skip
        life.move(current, savings, month.day(person.saving_day), person.saving,
                  "savings_transfer")  # fmt: skip
        if month.number % 3 == 1:
            # What the quarter left over, so that the everyday account runs low now and then.
            life.move(current, savings, month.day(6), person.quarterly_saving,
                      "savings_transfer")  # fmt: skip
        if owed > 0:
            life.move(current, card, month.day(22), owed, "card_payment")
        owed = extras(life, month)
        for visit in person.rounds:
            owed += _visits(life, card if visit.on_card else current, visit, month, chance)
        if chance.random() < 0.6:
            life.say(current, month.day(chance.randint(1, 26)), -5000, "ATM WITHDRAWAL",
                     "Cash machine", "cash_withdrawal")  # fmt: skip
        if month.number % 3 == 0:
            life.say(savings, month.last_day, 900 + chance.randint(0, 700), "INTEREST EARNED",
                     "Interest", "interest_earned")  # fmt: skip
    life.buy(card, life.today, CAFE, 640, pending=True)


def _visits(life: Life, account: Account, visit: Round, month: Month, chance: Random) -> int:
    times = int(visit.times * season(visit.kind, month.number) + chance.random())
    spent = 0
    store = 100 + sum(map(ord, visit.shop.name)) % 400
    for _ in range(times):
        day = month.day(chance.randint(1, 31))
        if visit.weekend and day.weekday() < 4 and chance.random() < 0.7:
            # To the Friday or Saturday of that week, inside the month.
            day = month.day(min(31, day.day + 4 - day.weekday() + chance.randint(0, 1)))
        minor = chance.randint(visit.low, visit.high)
        if life.buy(account, day, visit.shop, minor, store=store) and account.kind == "card":
            spent += minor
    return spent


def budgets(person: NamedPerson, reference: str, months: tuple[date, ...], currency: str
            ) -> tuple[SampleBudget, ...]:  # fmt: skip
    """The person's budgets, the same in each of the months."""
    return tuple(
        SampleBudget(reference, category, month, Decimal(amount), currency)
        for month in months
        for category, amount in person.budgets
    )
