"""Invented lives with regular payments that are known: the truth that a search is held against."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import numpy as np

from analytics.regulars.calc.due import DueRule, in_months, rolled
from analytics.regulars.calc.streams import Found, find_streams

EPOCH = date(1970, 1, 1)
START, TODAY = date(2024, 1, 1), date(2026, 6, 30)


@dataclass(frozen=True)
class Truth:
    """A regular payment as it was made; `rows` are its places in the arrays."""

    kind: str
    cadence: str
    rows: frozenset[int]
    rise: tuple[int, int] | None = None
    ended: bool = False


@dataclass
class Life:
    """Rows of many keys, with the truth about them."""

    keys: list[int] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    key: int = 0

    def add(self, key: int, day: int, amount: int) -> int:
        self.keys.append(key)
        self.days.append(day)
        self.amounts.append(amount)
        return len(self.keys) - 1

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return (
            np.array(self.keys, dtype=np.int64),
            np.array(self.days, dtype=np.int64),
            np.array(self.amounts, dtype=np.int64),
        )

    def search(self) -> list[Found]:
        return find_streams(*self.arrays())


def number(day: date) -> int:
    return (day - EPOCH).days


def due_days(cadence: str, chance: Random, first: date, last: date) -> list[int]:
    """The days a payment of this rhythm comes on, weekends moved where the payer moves them."""
    start, end = number(first), number(last)
    weeks = {"weekly": 7, "every_2_weeks": 14, "every_4_weeks": 28}
    roll = chance.choice(("", "next", "previous"))
    if cadence in weeks:
        began = start + chance.randrange(weeks[cadence])
        return list(range(began, end + 1, weeks[cadence]))
    months = np.arange(
        (first.year - 1970) * 12 + first.month - 1, (last.year - 1970) * 12 + last.month
    )
    every = {"every_2_months": 2, "quarterly": 3, "half_yearly": 6, "yearly": 12}.get(cadence, 1)
    chosen = months[chance.randrange(min(every, months.size)) :: every]
    if cadence == "twice_a_month":
        days = [in_months(chosen, DueRule(day=day, roll=roll)) for day in (1, 15)]
        found = sorted(int(d) for part in days for d in part)
    elif chance.random() < 0.2:
        found = [int(d) for d in in_months(chosen, DueRule(working=chance.choice((1, 2, -1))))]
    else:
        day = chance.choice((*range(1, 29), 31))
        found = [int(d) for d in in_months(chosen, DueRule(day=day, roll=roll))]
    return [day for day in found if start <= day <= end]


KINDS: tuple[tuple[str, str, int], ...] = (
    # what it is, its rhythm, its usual amount in minor units
    ("allowance", "weekly", 4000), ("cleaner", "every_2_weeks", 6000), ("gym", "every_4_weeks", 2990),
    ("wage", "twice_a_month", 142000), ("rent", "monthly", 89000), ("streaming", "monthly", 1299),
    ("metered energy", "monthly", 7400), ("water", "every_2_months", 4100), ("fee", "quarterly", 900),
    ("licence", "half_yearly", 10500), ("insurance", "yearly", 31000),
)  # fmt: skip


def someone(life: Life, chance: Random) -> None:
    """A person with one of each kind in a random state, and the shops they go to."""
    for kind, cadence, usual in KINDS:
        amount = int(usual * chance.uniform(0.6, 1.6)) * 100
        first = START + timedelta(days=chance.randrange(60))
        last, ended = TODAY, False
        state = chance.random()
        # A young one has been there long enough to be seen three times, and no longer.
        if state < 0.15 and cadence in ("monthly", "every_4_weeks"):
            first = TODAY - timedelta(days=chance.randrange(105, 130))
        elif state < 0.3 and cadence not in ("half_yearly", "yearly"):
            last, ended = TODAY - timedelta(days=chance.randrange(200, 300)), True
        days = due_days(cadence, chance, first, last)
        if kind == "insurance":
            days = due_days(cadence, chance, date(2023, 1, 1), TODAY)
        if not days:
            continue
        key, life.key = life.key, life.key + 1
        rise_at = len(days) // 2 if state > 0.75 and len(days) >= 6 else len(days)
        risen = int(amount * chance.uniform(1.05, 1.2)) // 100 * 100
        rows = []
        for place, day in enumerate(days):
            paid = risen if place >= rise_at else amount
            if kind == "metered energy":
                paid = int(paid * chance.uniform(0.8, 1.25)) // 100 * 100
            late = chance.choice((0, 0, 0, 0, 1)) if cadence not in ("weekly",) else 0
            rows.append(life.add(key, day + late, paid))
        steady = kind != "metered energy"
        rise = (amount, risen) if rise_at < len(days) and steady else None
        life.truths.append(Truth(kind, cadence, frozenset(rows), rise, ended))
    _shops(life, chance)


def _shops(life: Life, chance: Random) -> None:
    span = (TODAY - START).days
    for visits in (180, 90, 60, 40, 25, 12, 8, 6, 5, 4, 3, 3, 2, 2):
        key, life.key = life.key, life.key + 1
        usual = chance.uniform(800, 9000)
        round_prices = chance.random() < 0.3
        for _ in range(visits):
            day = number(START) + chance.randrange(span)
            paid = int(usual * chance.lognormvariate(0, 0.45))
            if round_prices:
                paid = max(500, paid // 500 * 500)
            life.add(key, day, max(paid, 50) * 100)


def two_subscriptions(life: Life, chance: Random) -> None:
    """One merchant, two subscriptions of different price on days of their own."""
    key, life.key = life.key, life.key + 1
    for amount, day in ((9990_00, chance.randint(1, 10)), (2990_00, chance.randint(15, 26))):
        days = in_months(np.arange(648, 678), DueRule(day=day))
        rows = [life.add(key, int(d), amount) for d in days]
        life.truths.append(Truth("one of two", "monthly", frozenset(rows)))


__all__ = ["KINDS", "TODAY", "Life", "Truth", "number", "rolled", "someone", "two_subscriptions"]
