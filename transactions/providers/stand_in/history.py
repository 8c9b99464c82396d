"""Random histories of an item: payments appear, wait, are posted, change and vanish. Seeded, so repeatable."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from transactions.providers.stand_in.world import Item, Json

_PLACES = (
    ("Corner Bakery", "FOOD_AND_DRINK_COFFEE", 2, 14),
    ("Green Market", "FOOD_AND_DRINK_GROCERIES", 8, 120),
    ("City Trams", "TRANSPORTATION_PUBLIC_TRANSIT", 2, 40),
    ("Harbour Books", "GENERAL_MERCHANDISE_BOOKSTORES_AND_NEWSSTANDS", 6, 60),
    ("Riverside Cinema", "ENTERTAINMENT_TV_AND_MOVIES", 9, 35),
    ("North Power", "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY", 40, 160),
    ("Old Mill Pharmacy", "MEDICAL_PHARMACIES_AND_SUPPLEMENTS", 4, 70),
)


class History:
    """Writes an item's history step by step."""

    def __init__(self, item: Item, random: Random, *, today: date, days: int = 90) -> None:
        self.item = item
        self.random = random
        self.today = today
        self.days = days
        self.made = 0
        # Posted without their pending one being taken away in the same step.
        self.left: list[str] = []

    def step(self) -> None:
        """One thing happens."""
        acts: list[tuple[int, Callable[[], None]]] = [
            (5, self.appear), (4, self.wait), (5, self.post), (2, self.change), (2, self.vanish),
            (1, self.clear_left),
        ]  # fmt: skip
        weights = [weight for weight, _act in acts]
        self.random.choices([act for _weight, act in acts], weights)[0]()

    def appear(self) -> None:
        self.item.put(*self._new(pending=False))

    def wait(self) -> None:
        self.item.put(*self._new(pending=True))

    def post(self) -> None:
        """A waiting payment is posted: another id, often another text or amount."""
        waiting = [key for key, row in self.item.current().items() if row["pending"]]
        waiting = [key for key in waiting if key not in self.left]
        if not waiting:
            return
        key = self.random.choice(waiting)
        row = self.item.current()[key]
        posted = {
            **row, "transaction_id": self._id(), "pending": False, "pending_transaction_id": key,
            "date": str(date.fromisoformat(row["date"]) + timedelta(days=self.random.randint(0, 3))),
        }  # fmt: skip
        if self.random.random() < 0.3:
            posted["amount"] = row["amount"] + Decimal(self.random.randint(1, 500)) / 100
        if self.random.random() < 0.3:
            posted["name"] = f"{row['name']} POSTED"
        how = self.random.random()
        if how < 0.2:  # the pending one goes first, in a step of its own
            self.item.put(key, None)
            self.item.put(posted["transaction_id"], posted)
        elif how < 0.85:
            self.item.put(posted["transaction_id"], posted)
            self.item.put(key, None)
        else:
            self.item.put(posted["transaction_id"], posted)
            self.left.append(key)

    def clear_left(self) -> None:
        if self.left:
            self.item.put(self.left.pop(0), None)

    def _touchable(self) -> dict[str, Json]:
        """Rows that may change or vanish: neither half of a pair whose pending one is still to go."""
        return {
            key: row
            for key, row in self.item.current().items()
            if key not in self.left and row["pending_transaction_id"] not in self.left
        }

    def change(self) -> None:
        rows = self._touchable()
        if not rows:
            return
        key = self.random.choice(sorted(rows))
        row = dict(rows[key])
        what = self.random.randrange(4)
        if what == 0:
            row["amount"] = row["amount"] + Decimal(self.random.randint(-300, 300)) / 100
        elif what == 1:
            row["name"] = f"{row['name']} *{self.random.randint(10, 99)}"
        elif what == 2:
            row["authorized_date"] = None
        else:
            moved = date.fromisoformat(row["date"]) + timedelta(days=self.random.randint(-2, 2))
            row["date"] = str(moved)
        self.item.put(key, row)

    def vanish(self) -> None:
        rows = self._touchable()
        if rows:
            self.item.put(self.random.choice(sorted(rows)), None)

    def _id(self) -> str:
        self.made += 1
        return f"tx{self.made:05}-{self.random.getrandbits(64):016x}"

    def _new(self, *, pending: bool) -> tuple[str, Json]:
        name, category, low, high = self.random.choice(_PLACES)
        day = self.today - timedelta(days=0 if pending else self.random.randrange(self.days))
        amount = Decimal(self.random.randint(low * 100, high * 100)) / 100
        income = self.random.random() < 0.08
        key = self._id()
        return key, {
            "transaction_id": key,
            "account_id": self.random.choice(self.item.accounts)["account_id"],
            "amount": -amount * 20 if income else amount,
            "iso_currency_code": self.item.accounts[0]["balances"]["iso_currency_code"],
            "unofficial_currency_code": None,
            "date": str(day),
            "authorized_date": str(day - timedelta(days=1)) if self.random.random() < 0.5 else None,
            "name": "SALARY" if income else f"{name} {self.random.randint(100, 999)}",
            "merchant_name": None if income else name,
            "pending": pending,
            "pending_transaction_id": None,
            "payment_meta": {"reference_number": None},
            "personal_finance_category": {
                "primary": "INCOME" if income else category.split("_")[0],
                "detailed": "INCOME_WAGES" if income else category,
                "confidence_level": "VERY_HIGH",
            },
        }
