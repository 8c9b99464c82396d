"""The bank's category tree in two levels.

A code is stable: it stands in files, rules and saved views. Names may be translated or renamed.
A child always has its parent's kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["income", "expense", "transfer"]


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    """One category of the bank; `parent` is the code of the first level, or None there."""

    code: str
    name: str
    kind: Kind
    parent: str | None = None


# First level: code, name, children as (code, name).
_EXPENSES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "groceries",
        "Groceries",
        (
            ("supermarket", "Supermarket"),
            ("convenience_store", "Corner shop"),
            ("alcohol_shop", "Wine and spirits"),
        ),
    ),
    (
        "dining",
        "Dining",
        (
            ("restaurants", "Restaurants"),
            ("fast_food", "Fast food and takeaway"),
            ("coffee", "Coffee and bakery"),
            ("bars", "Bars"),
        ),
    ),
    (
        "housing",
        "Housing",
        (
            ("rent", "Rent"),
            ("mortgage", "Mortgage"),
            ("household_payment", "Household payments"),
            ("home_improvement", "Home and garden"),
            ("furniture", "Furniture"),
            ("home_services", "Repairs and home services"),
        ),
    ),
    (
        "utilities",
        "Utilities",
        (
            ("energy", "Gas and electricity"),
            ("water", "Water and waste"),
            ("internet", "Internet and cable"),
            ("phone", "Phone"),
        ),
    ),
    (
        "transport",
        "Transport",
        (
            ("fuel", "Fuel"),
            ("public_transport", "Public transport"),
            ("taxi", "Taxi and ride share"),
            ("parking_tolls", "Parking and tolls"),
            ("car_costs", "Car repair and upkeep"),
            ("bikes_scooters", "Bikes and scooters"),
        ),
    ),
    (
        "shopping",
        "Shopping",
        (
            ("clothing", "Clothing and shoes"),
            ("online_shopping", "Online shops"),
            ("department_store", "Department stores"),
            ("books", "Books and papers"),
            ("sports_hobby", "Sport and hobby goods"),
            ("tobacco", "Tobacco"),
        ),
    ),
    (
        "travel",
        "Travel",
        (
            ("flights", "Flights"),
            ("lodging", "Hotels and lodging"),
            ("car_rental", "Car rental"),
            ("trips", "Trains, ships and tours"),
        ),
    ),
    (
        "health",
        "Health",
        (
            ("doctor", "Doctor and hospital"),
            ("dentist", "Dentist"),
            ("pharmacy", "Pharmacy"),
            ("eye_care", "Eye care"),
            ("fitness", "Fitness"),
            ("care_at_home", "Nursing and care"),
        ),
    ),
    (
        "personal_care",
        "Personal care",
        (
            ("hair_beauty", "Hair and beauty"),
            ("laundry", "Laundry and cleaning"),
        ),
    ),
    (
        "entertainment",
        "Entertainment",
        (
            ("streaming", "Films, series and television"),
            ("music", "Music"),
            ("games", "Games"),
            ("events", "Events, parks and museums"),
            ("gambling", "Betting and lotteries"),
        ),
    ),
    (
        "technology",
        "Technology",
        (
            ("electronics", "Electronics"),
            ("software_cloud", "Software and cloud"),
        ),
    ),
    (
        "education",
        "Education",
        (
            ("courses", "Courses and training"),
            ("tuition", "School and university"),
        ),
    ),
    (
        "insurance",
        "Insurance",
        (
            ("car_insurance", "Car insurance"),
            ("health_insurance", "Health insurance"),
            ("home_insurance", "Home insurance"),
            ("life_insurance", "Life insurance"),
        ),
    ),
    (
        "family",
        "Family",
        (
            ("childcare", "Children"),
            ("pets", "Pets"),
            ("veterinary", "Veterinary"),
            ("gifts", "Gifts"),
        ),
    ),
    (
        "giving",
        "Giving",
        (("donations", "Donations"), ("memberships", "Clubs and memberships")),
    ),
    (
        "loan_payments",
        "Loan payments",
        (
            ("car_loan", "Car loan"),
            ("student_loan", "Student loan"),
            ("personal_loan", "Personal loan"),
        ),
    ),
    (
        "fees",
        "Fees",
        (
            ("account_fees", "Account fees"),
            ("interest_paid", "Interest paid"),
            ("overdraft_fees", "Overdraft and returned payments"),
            ("atm_fees", "Cash machine fees"),
            ("foreign_fees", "Foreign payment fees"),
        ),
    ),
    (
        "taxes",
        "Taxes",
        (("tax_payment", "Tax payments"), ("fines", "Fines and public fees")),
    ),
    ("cash", "Cash", (("cash_withdrawal", "Cash withdrawn"),)),
    (
        "other_spending",
        "Other spending",
        (
            ("payments_to_people", "Payments to people"),
            ("professional_services", "Professional services"),
            ("post_shipping", "Post and storage"),
            ("work_costs", "Work costs"),
        ),
    ),
)

_INCOME: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "salary",
        "Salary",
        (("wages", "Wages"), ("bonus", "Bonus"), ("self_employed", "Own work")),
    ),
    ("pension", "Pension", ()),
    (
        "interest",
        "Interest and dividends",
        (("interest_earned", "Interest"), ("dividends", "Dividends")),
    ),
    (
        "benefits",
        "Benefits",
        (("unemployment", "Unemployment"), ("family_benefit", "Child and family")),
    ),
    (
        "other_income",
        "Other income",
        (
            ("tax_refund", "Tax refund"),
            ("reimbursement", "Money back"),
            ("gifts_received", "Gifts received"),
            ("cashback", "Cashback and rewards"),
            ("cash_deposit", "Cash paid in"),
            ("payments_from_people", "Payments from people"),
            ("rent_received", "Rent received"),
            ("insurance_claim", "Insurance paid out"),
        ),
    ),
)

_TRANSFERS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("own_transfer", "Own transfer", ()),
    ("card_payment", "Card payment", ()),
    (
        "savings",
        "Savings",
        (
            ("savings_transfer", "To and from savings"),
            ("investment_transfer", "Investments"),
        ),
    ),
    ("loan_principal", "Loan principal", (("loan_received", "Loan paid out"),)),
)


def _entries() -> Iterator[CategoryEntry]:
    levels: tuple[tuple[Kind, tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]], ...] = (
        ("expense", _EXPENSES),
        ("income", _INCOME),
        ("transfer", _TRANSFERS),
    )
    for kind, first_level in levels:
        for code, name, children in first_level:
            yield CategoryEntry(code, name, kind)
            for child_code, child_name in children:
                yield CategoryEntry(child_code, child_name, kind, parent=code)


CATEGORIES: tuple[CategoryEntry, ...] = tuple(_entries())
BY_CODE: dict[str, CategoryEntry] = {entry.code: entry for entry in CATEGORIES}

# The same thing seen from the other side of zero: what an outflow of the left means as an inflow.
COUNTERPARTS: dict[str, str] = {
    "payments_to_people": "payments_from_people",
    "interest_paid": "interest_earned",
    "cash_withdrawal": "cash_deposit",
    "cash": "cash_deposit",
    "gifts": "gifts_received",
    "taxes": "tax_refund",
    "tax_payment": "tax_refund",
    "rent": "rent_received",
}
_INFLOW_TO_OUTFLOW: dict[str, str] = {
    "payments_from_people": "payments_to_people",
    "interest_earned": "interest_paid",
    "interest": "interest_paid",
    "cash_deposit": "cash_withdrawal",
    "gifts_received": "gifts",
    "tax_refund": "tax_payment",
    "rent_received": "rent",
}


def kind_of(code: str) -> Kind:
    """The kind of a category code; KeyError for an unknown one."""
    return BY_CODE[code].kind


def first_level(code: str) -> str:
    """The first-level code above `code`, or the code itself when it is first level."""
    entry = BY_CODE[code]
    return entry.parent or entry.code


def counterpart(code: str, amount_sign: int) -> str | None:
    """The category that fits `amount_sign` where `code` is the other direction of one thing."""
    return (COUNTERPARTS if amount_sign > 0 else _INFLOW_TO_OUTFLOW).get(code)
