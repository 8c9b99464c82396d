"""The one table from the label words of labelled data to what they mean here.

Each line: label | group | code. The group is what a model is measured on: one per purpose, as wide as the widest
label that people gave it. The code is the category that a bank's own model learns for it; none where the label
names a way of paying and not a purpose. `label/finer label` is read first, then `label` alone.
"""

import re
from dataclasses import dataclass

from transactions.categories.reference import source_match

_TABLE = """
auto | transport | car_costs
auto/gas | transport | fuel
auto/insurance | transport | car_insurance
auto/maintenance | transport | car_costs
clothes | shopping | clothing
debt | debt | loan_payments
electronics | technology | electronics
electronics/gaming | technology | games
entertainment | entertainment | entertainment
entertainment/arts crafts | entertainment | sports_hobby
entertainment/books | entertainment | books
entertainment/games | entertainment | games
entertainment/movies tv | entertainment | streaming
entertainment/sports outdoors | entertainment | sports_hobby
food | food | dining
food/fastfood restaurants | food | dining
food/groceries | food | groceries
home | home | housing
home/decor | home | furniture
home/furniture appliances | home | furniture
home/kitchen | home | furniture
home/tools | home | home_improvement
home/yard garden | home | home_improvement
kids | family | family
medical | health | health
personal care | personal_care | personal_care
pets | pets | pets
subscriptions memberships | subscriptions | memberships
subscriptions memberships/entertainment | subscriptions | streaming
subscriptions memberships/gym | subscriptions | fitness
utilities | utilities | utilities
utilities/gas power | utilities | energy
utilities/internet | utilities | internet
utilities/phone | utilities | phone
utilities/water | utilities | water
vacation | travel | travel
vacation/car rental | travel | car_rental
vacation/flights | travel | flights
vacation/hotels | travel | lodging
alcohol | food | groceries
atm and cash withdrawal | cash | cash
auto insurance | insurance | insurance
bank charges and fees | fees | fees
bank transfer | transfers |
cash deposit | cash_deposit | cash_deposit
cash deposit fee | fees | fees
cellular data purchase | utilities | phone
clothing | shopping | clothing
coffee | food | dining
debit order | debit_orders |
eating out | food | dining
education | education | education
electronics and appliances | technology | electronics
fast food takeouts | food | dining
fuel | transport | fuel
gambling | entertainment | gambling
general insurance | insurance | insurance
general loan repayment | debt | loan_payments
general purchases | shopping | shopping
groceries | food | groceries
health insurance | insurance | insurance
health and medical | health | health
holidays and travel | travel | travel
home and garden | home | home_improvement
insufficient funds fee | fees | fees
interest received | interest | interest
interest repayment | fees | interest_paid
investments | savings | savings
life insurance | insurance | insurance
online purchase | shopping | online_shopping
parking | transport | parking_tolls
refund | refund | other_income
restaurants | food | dining
returned debit order | debit_orders |
savings transfer | savings | savings
spend limit exceeded fee | fees | fees
sport | entertainment | sports_hobby
subscriptions | subscriptions | memberships
tobacco smoking | shopping | tobacco
transport | transport | transport
"""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label stands for: the group it is measured in, and our category or ""."""

    group: str
    code: str


def _spelled(label: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", label.casefold()))


TABLE: dict[str, Meaning] = {}
for _line in _TABLE.strip().splitlines():
    _label, _group, _code = (cell.strip() for cell in _line.split("|"))
    TABLE[_label] = Meaning(_group, _code)


def meaning(label: str, finer: str = "") -> Meaning | None:
    """What a label means; one that the table lacks is a group of its own. None for an empty one."""
    plain = _spelled(label)
    if not plain:
        return None
    known = TABLE.get(f"{plain}/{_spelled(finer)}") or TABLE.get(plain)
    if known:
        return known
    source = source_match(label)
    return Meaning(plain.replace(" ", "_"), source.code if source else "")


# The groups in which a decision of the keyword list is right, by its first level.
GROUP_OF_FIRST_LEVEL: dict[str, str] = {
    "dining": "food",
    "groceries": "food",
    "housing": "home",
    "loan_payments": "debt",
    "card_payment": "debt",
    "giving": "subscriptions",
    "own_transfer": "transfers",
    "other_spending": "transfers",
    "other_income": "refund",
    "salary": "transfers",
}
