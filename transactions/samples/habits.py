"""The habits of ordinary sample customers, drawn once per person, then lived month by month."""

from dataclasses import dataclass
from random import Random

from transactions.samples.places import EMPLOYERS, SHOPS, Shop

# How much more or less of each kind is bought in January … December.
SEASONS: dict[str, tuple[float, ...]] = {
    "groceries": (1.0, 0.97, 1.0, 1.04, 1.0, 0.99, 0.96, 0.95, 1.0, 1.0, 1.03, 1.18),
    "dining": (0.82, 0.92, 0.98, 1.02, 1.08, 1.12, 1.15, 1.1, 1.0, 0.98, 0.95, 1.18),
    "transport": (0.97, 0.95, 1.0, 1.02, 1.03, 1.05, 1.12, 1.1, 1.0, 0.98, 0.97, 1.0),
    "shopping": (0.75, 0.8, 0.95, 0.98, 1.0, 1.0, 1.05, 0.9, 1.0, 1.0, 1.35, 1.75),
    "travel": (0.2, 0.5, 0.6, 1.0, 1.1, 1.6, 2.4, 2.2, 0.9, 0.7, 0.3, 0.9),
    "technology": (0.9, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 1.0, 1.2, 0.9, 1.6, 1.5),
    "education": (1.3, 1.0, 0.9, 0.9, 0.8, 0.7, 0.5, 0.9, 1.9, 1.3, 0.9, 0.6),
}
_FLAT = (1.0,) * 12

# Shares of free money by kind of person; what is left over stays on the account.
TASTES: dict[str, dict[str, float]] = {
    "careful": {"groceries": 0.40, "transport": 0.14, "dining": 0.08, "shopping": 0.08,
                "health": 0.07, "housing": 0.06, "education": 0.03, "technology": 0.03},
    "family": {"groceries": 0.42, "family": 0.14, "transport": 0.12, "shopping": 0.10,
               "dining": 0.06, "health": 0.06, "housing": 0.05, "personal_care": 0.03},
    "social": {"groceries": 0.22, "dining": 0.26, "entertainment": 0.12, "transport": 0.13,
               "shopping": 0.10, "personal_care": 0.05, "travel": 0.05, "technology": 0.03},
    "lifestyle": {"groceries": 0.20, "shopping": 0.25, "travel": 0.16, "health": 0.09,
                  "dining": 0.12, "personal_care": 0.06, "technology": 0.05, "giving": 0.02},
    "senior": {"groceries": 0.36, "health": 0.15, "dining": 0.08, "shopping": 0.08,
               "transport": 0.07, "giving": 0.05, "family": 0.05, "entertainment": 0.05},
    "student": {"groceries": 0.34, "dining": 0.20, "transport": 0.10, "education": 0.10,
                "entertainment": 0.10, "shopping": 0.07, "technology": 0.04},
}  # fmt: skip


def season(kind: str, month: int) -> float:
    """The factor of a kind of spending in a month, 1–12."""
    return SEASONS.get(kind, _FLAT)[month - 1]


@dataclass(frozen=True, slots=True)
class Bill:
    """A regular payment: each month, or every `every` months; dearer from `rise_at` on."""

    to: str
    category: str
    day: int
    minor: int
    what: str = ""
    every: int = 1
    phase: int = 0
    rise_at: int = 999
    risen: int = 0

    def due(self, month_index: int, month_number: int) -> int:
        """What it costs in that month of the window; 0 when it is not due."""
        if (month_number - self.phase) % self.every:
            return 0
        return self.risen if month_index >= self.rise_at else self.minor


@dataclass(frozen=True, slots=True)
class Habits:
    """Everything about an ordinary person that does not change from month to month."""

    taste: str
    income_text: str
    income_from: str
    income_category: str
    income: int
    pay_day: int
    raise_month: int
    irregular: bool
    bills: tuple[Bill, ...]
    saving: int
    saving_day: int
    shops: dict[str, tuple[Shop, ...]]
    shares: dict[str, float]
    activity: float
    visits: float
    card_day: int
    loses_job_at: int
    quiet_from: int


_LIFE: dict[str, tuple[str, ...]] = {
    "under 25": ("student", "student", "employed"),
    "25-34": ("employed", "employed", "employed", "self-employed", "student", "between jobs"),
    "35-44": ("employed", "employed", "employed", "self-employed", "between jobs"),
    "45-54": ("employed", "employed", "employed", "self-employed"),
    "55-64": ("employed", "employed", "self-employed", "retired"),
    "65+": ("retired", "retired", "retired", "employed"),
}
AGE_BRACKETS = tuple(_LIFE)
AGE_WEIGHTS = (10, 24, 22, 18, 14, 12)


def employment(age_bracket: str, chance: Random) -> str:
    """An employment status that people of this age have."""
    return chance.choice(_LIFE[age_bracket])


def _income(status: str, chance: Random) -> tuple[str, str, str, int, int, bool]:
    """Text, payer, category, minor units a month, day, irregular."""
    if status == "retired":
        return "PENSION", "State Pension Office", "pension", chance.randint(1250, 2600), 28, False
    if status == "student":
        return ("SALARY", chance.choice(EMPLOYERS), "wages", chance.randint(780, 1350), 25, False)
    if status == "between jobs":
        return ("UNEMPLOYMENT BENEFIT", "Employment Office", "unemployment",
                chance.randint(1050, 1500), 30, False)  # fmt: skip
    if status == "self-employed":
        client = chance.choice(EMPLOYERS)
        return ("FREELANCE INVOICE", client, "self_employed", chance.randint(2100, 5200), 12, True)
    wage = int(1900 + 3600 * chance.random() ** 2)
    return (
        "SALARY",
        chance.choice(EMPLOYERS),
        "wages",
        wage,
        chance.choice((1, 15, 25, 28, 31)),
        False,
    )


def _bills(income: int, chance: Random, months: int) -> tuple[Bill, ...]:
    rise = chance.randint(8, max(9, months - 2))
    rent = int(income * chance.uniform(0.24, 0.34)) // 500 * 500
    energy = chance.randint(5200, 11800)
    bills = [
        Bill("Oak Street Housing" if chance.random() < 0.5 else "Terrace Row Housing", "rent",
             chance.choice((1, 2, 3, 5)), rent, "rent", rise_at=rise + 2, risen=int(rent * 1.04)),
        Bill("Brightwater Energy", "energy", chance.choice((5, 8, 12)), energy, rise_at=rise,
             risen=int(energy * 1.11)),
        Bill("Peak Mobile", "phone", chance.randint(6, 20), chance.choice((999, 1499, 1999, 2999))),
    ]  # fmt: skip
    if chance.random() < 0.6:
        bills.append(Bill("Fibreline Internet", "internet", 10, chance.choice((2999, 3499, 4499))))
    if chance.random() < 0.5:
        bills.append(Bill("City Works", "water", 15, chance.randint(2400, 4200), "water", every=3,
                          phase=chance.randint(0, 2)))  # fmt: skip
    if chance.random() < 0.6:
        bills.append(Bill("Streamline", "streaming", 18, 1299, "subscription", rise_at=rise - 3,
                          risen=1499))  # fmt: skip
    if chance.random() < 0.35:
        bills.append(Bill("Cloudbox", "software_cloud", 20, 299))
    if chance.random() < 0.3:
        bills.append(Bill("Iron Gate Gym", "fitness", 4, chance.choice((1999, 2999, 4499))))
    if chance.random() < 0.45:
        bills.append(Bill("Fairway Insurance", "car_insurance", 12, chance.randint(22000, 46000),
                          "car insurance", every=12, phase=chance.randint(1, 12)))  # fmt: skip
    if chance.random() < 0.25:
        bills.append(Bill("Meadow Life Insurance", "life_insurance", 9, chance.randint(1500, 4800)))
    return tuple(bills)


def habits(status: str, age_bracket: str, chance: Random, months: int) -> Habits:
    """Draw a person's habits from their age and work."""
    text, payer, category, units, pay_day, irregular = _income(status, chance)
    income = units * 100
    if status == "student":
        taste = "student"
    elif age_bracket == "65+":
        taste = "senior"
    else:
        taste = chance.choice(("careful", "careful", "family", "social", "lifestyle"))
    shares = {kind: share * chance.uniform(0.75, 1.25) for kind, share in TASTES[taste].items()}
    shops = {kind: tuple(chance.sample(SHOPS[kind], min(3, len(SHOPS[kind])))) for kind in shares}
    saving = int(income * chance.choice((0, 0.06, 0.1, 0.15, 0.2))) // 1000 * 1000
    return Habits(
        taste=taste,
        income_text=text,
        income_from=payer,
        income_category=category,
        income=income,
        pay_day=pay_day,
        raise_month=chance.choice((1, 4, 7)),
        irregular=irregular,
        bills=_bills(income, chance, months),
        saving=saving,
        saving_day=chance.choice((2, 4, 16, 27)),
        shops=shops,
        shares=shares,
        activity=chance.uniform(0.78, 1.0),
        visits=chance.uniform(4, 7.5),
        card_day=chance.randint(18, 26),
        loses_job_at=chance.randint(6, max(7, months - 3)) if chance.random() < 0.05 else 999,
        quiet_from=chance.randint(5, max(6, months - 4)) if chance.random() < 0.04 else 999,
    )
