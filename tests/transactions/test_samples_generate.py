import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from transactions.categories.categorise import Categoriser
from transactions.categories.reference import BY_CODE, first_level, kind_of
from transactions.samples.bank import SampleBank, SampleTransaction
from transactions.samples.generate import SampleName, generate_bank
from transactions.samples.life import window, working_day_before

TODAY = date(2026, 11, 21)
PEOPLE = {
    "N-0001": ("John Doe", "john.doe@example.com", {"groceries", "utilities", "transport"}),
    "N-0002": ("Jane Doe", "jane.doe@example.com", {"dining", "entertainment", "transport"}),
    "N-0003": ("Charlie Williams", "charlie@example.com", {"shopping", "travel", "health"}),
}


@pytest.fixture(scope="module")
def north() -> SampleBank:
    return generate_bank("north", seed=1, today=TODAY, customers=200)


@pytest.fixture(scope="module")
def south() -> SampleBank:
    return generate_bank("south", seed=1, today=TODAY, customers=60)


def _lines_of(bank: SampleBank, reference: str) -> list[SampleTransaction]:
    keys = {account.key for account in bank.accounts if account.owner == reference}
    return [row for row in bank.transactions if row.account in keys and not row.pending]


def _months(bank: SampleBank, reference: str) -> dict[str, dict[str, Decimal]]:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in _lines_of(bank, reference):
        sums[f"{row.booked_on:%Y-%m}"][kind_of(row.category)] += row.amount
    return sums


@pytest.mark.parametrize("name", ["north", "south"])
def test_the_same_seed_and_day_give_the_same_bank(name: SampleName) -> None:
    made = [generate_bank(name, seed=7, today=TODAY, customers=12) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0] != generate_bank(name, seed=8, today=TODAY, customers=12)


def test_a_later_day_of_the_month_only_adds_lines() -> None:
    before = generate_bank("north", seed=1, today=date(2026, 11, 20), customers=30)
    after = generate_bank("north", seed=1, today=date(2026, 11, 24), customers=30)
    # The named people's odd things follow today, the others do not.
    named = {a.key for a in before.accounts if a.owner in PEOPLE}
    old = Counter(row for row in before.transactions if row.account not in named)
    new = Counter(row for row in after.transactions if row.account not in named)
    assert not old - new
    assert all(row.booked_on > date(2026, 11, 20) for row in new - old)


def test_two_banks_of_one_seed_have_nothing_in_common(north: SampleBank, south: SampleBank) -> None:
    assert north.currency == "EUR"
    assert south.currency == "GBP"
    assert not set(north.branches) & set(south.branches)
    assert not {c.full_name for c in north.customers} & {c.full_name for c in south.customers}
    assert not {c.reference for c in north.customers} & {c.reference for c in south.customers}


@pytest.mark.parametrize("which", ["north", "south"])
def test_opening_balance_and_lines_make_the_stated_balance(
    which: str, request: pytest.FixtureRequest
) -> None:
    bank: SampleBank = request.getfixturevalue(which)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in bank.transactions:
        sums[row.account] += 0 if row.pending else row.amount
    for account in bank.accounts:
        assert account.opening_balance + sums[account.key] == account.stated_balance


def test_every_line_fits_its_bank(north: SampleBank) -> None:
    accounts = {account.key: account for account in north.accounts}
    since = {customer.reference: customer.created_on for customer in north.customers}
    decimals = {"JPY": 0, "KWD": 3}
    for row in north.transactions:
        account = accounts[row.account]
        assert date(2024, 12, 1) <= row.booked_on <= TODAY
        assert row.booked_on >= since[account.owner]
        assert row.amount != 0
        assert row.amount == round(row.amount, decimals.get(account.currency, 2))
        assert row.category in BY_CODE
        assert row.raw_text == row.raw_text.strip()


def test_lines_stand_by_account_and_day(north: SampleBank) -> None:
    order = {account.key: place for place, account in enumerate(north.accounts)}
    keys = [(order[row.account], row.booked_on) for row in north.transactions]
    assert keys == sorted(keys)


def test_every_account_has_one_owner_and_a_number_of_its_own(north: SampleBank) -> None:
    for account in north.accounts:
        assert [holder.role for holder in account.holders].count("owner") == 1
    assert len({account.masked_number for account in north.accounts}) == len(north.accounts)
    assert any(len(account.holders) == 2 for account in north.accounts)
    assert {account.kind for account in north.accounts} == {"current", "savings", "card", "loan"}
    assert {account.currency for account in north.accounts} == {"EUR", "USD", "GBP", "JPY", "KWD"}


def test_transfers_have_both_legs(north: SampleBank) -> None:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    owners = {account.key: account.owner for account in north.accounts}
    for row in north.transactions:
        if row.category in ("savings_transfer", "card_payment", "loan_principal"):
            sums[owners[row.account], row.category] += row.amount
    assert sums
    assert set(sums.values()) == {Decimal(0)}


def test_groups_of_k_exist(north: SampleBank) -> None:
    assert min(Counter(customer.branch for customer in north.customers).values()) >= 10
    assert len(north.branches) == 6


def test_only_named_people_sign_in_and_only_at_example_com(
    north: SampleBank, south: SampleBank
) -> None:
    with_email = {c.reference: c for c in north.customers if c.email}
    assert {(r, c.full_name, c.email) for r, c in with_email.items()} == {
        (reference, name, email) for reference, (name, email, _) in PEOPLE.items()
    }
    assert all(customer.password == "password123" for customer in with_email.values())
    assert [c.email for c in south.customers if c.email] == ["sam@example.com"]
    names = [customer.full_name for customer in north.customers]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("reference", PEOPLE)
def test_named_people_have_their_habits(north: SampleBank, reference: str) -> None:
    _, _, habits = PEOPLE[reference]
    spent: Counter[str] = Counter()
    for row in _lines_of(north, reference):
        if kind_of(row.category) == "expense":
            spent[first_level(row.category)] -= row.amount  # type: ignore[assignment]
    assert habits | {"technology", "education"} <= set(spent)
    # Beside the roof over their head, their own kinds are the largest.
    largest = [code for code, _ in spent.most_common() if code not in ("housing", "insurance")]
    assert len(habits & set(largest[:5])) >= 2, largest


def test_johns_months_look_like_a_life(north: SampleBank) -> None:
    months = _months(north, "N-0001")
    assert len(months) == 24
    for name, sums in months.items():
        income, expenses = sums["income"], -sums["expense"]
        assert 2800 <= income <= 3500, name
        assert 1700 <= expenses <= 3100, name
        assert sums["transfer"] == 0
    assert months["2026-05"]["income"] > months["2026-06"]["income"] + 300
    assert -months["2026-07"]["expense"] > -months["2026-06"]["expense"] + 500
    assert sum(row.category == "wages" for row in _lines_of(north, "N-0001")) == 24


def test_johns_overview_has_what_it_should_find(north: SampleBank) -> None:
    lines = _lines_of(north, "N-0001")
    twice = [
        row for row in lines if row.counterparty == "Fuel Point" and row.amount == Decimal("-48.20")
    ]
    assert [row.booked_on for row in twice] == [date(2026, 11, 17)] * 2
    assert len({row.raw_text for row in twice}) == 2
    energy = [row.amount for row in lines if row.counterparty == "Brightwater Energy"]
    assert energy == [Decimal("-86.00")] * 23 + [Decimal("-94.80")]
    assert any(
        row.amount == Decimal("34.90") and row.category == "clothing" and row.booked_on.day == 19
        for row in lines
    )


def test_johns_account_runs_low_but_lives(north: SampleBank) -> None:
    account = next(a for a in north.accounts if a.key == "N-0001-current")
    balance = account.opening_balance
    balances = []
    for row in north.transactions:
        if row.account == account.key:
            balance += row.amount
            balances.append(balance)
    assert min(balances) == Decimal("18.50")
    assert max(balances) < 8000


def test_budgets_stand_on_first_level_spending(north: SampleBank) -> None:
    assert {budget.customer for budget in north.budgets} == set(PEOPLE)
    assert len({(b.customer, b.category, b.month) for b in north.budgets}) == len(north.budgets)
    for budget in north.budgets:
        assert BY_CODE[budget.category].parent is None
        assert kind_of(budget.category) == "expense"
        assert budget.month.day == 1
        assert budget.currency == "EUR"


def test_a_bank_has_refunds_and_seasons(north: SampleBank) -> None:
    refunds = [r for r in north.transactions if r.amount > 0 and kind_of(r.category) == "expense"]
    assert len(refunds) > 50
    shopping: Counter[int] = Counter()
    for row in north.transactions:
        if first_level(row.category) == "shopping" and row.booked_on.year == 2025:
            shopping[row.booked_on.month] += 1
    assert shopping[12] > 1.4 * shopping[2]


def test_the_categoriser_finds_the_truth_of_every_line(
    north: SampleBank, south: SampleBank
) -> None:
    categoriser = Categoriser()
    wrong = Counter(
        (row.raw_text, row.category)
        for row in north.transactions + south.transactions
        if first_level(
            categoriser.decide(
                row.raw_text, row.source_category or "", 1 if row.amount > 0 else -1
            ).code
            or "cash"
        )
        != first_level(row.category)
        and row.category != "cash_withdrawal"
    )
    assert not wrong


def test_both_demo_banks_are_made_in_seconds() -> None:
    began = time.perf_counter()
    rows = len(generate_bank("north", seed=1, today=TODAY, customers=400).transactions)
    rows += len(generate_bank("south", seed=1, today=TODAY, customers=120).transactions)
    took = time.perf_counter() - began
    print(f"{rows} lines in {took:.1f} s")
    assert 120_000 <= rows <= 230_000
    assert took < 12


@pytest.mark.parametrize(
    "today", [date(2026, 1, 1), date(2024, 2, 29), date(2026, 3, 31), date(2026, 12, 31)]
)
def test_any_day_can_be_today(today: date) -> None:
    bank = generate_bank("north", seed=3, today=today, customers=8, months=24)
    assert max(row.booked_on for row in bank.transactions) <= today
    john = [row for row in bank.transactions if row.account == "N-0001-card"]
    assert len([r for r in john if " REF 7K2-" in r.raw_text]) == 2


def test_one_customer_and_one_month_are_enough() -> None:
    bank = generate_bank("south", seed=1, today=TODAY, customers=1, months=1)
    assert len(bank.customers) == 1
    assert bank.transactions


@pytest.mark.parametrize(("customers", "months"), [(0, 24), (-1, 24), (5, 0)])
def test_nobody_and_no_time_are_refused(customers: int, months: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        generate_bank("north", seed=1, today=TODAY, customers=customers, months=months)


def test_an_unknown_bank_is_refused() -> None:
    with pytest.raises(ValueError, match="east"):
        generate_bank("east", seed=1, today=TODAY, customers=1)  # type: ignore[arg-type]


def test_the_window_ends_with_the_month_of_today() -> None:
    months = window(date(2024, 2, 29), 24)
    assert (months[0].year, months[0].number) == (2022, 3)
    assert months[-1].day(31) == date(2024, 2, 29)
    assert len(months) == 24


def test_pay_comes_before_a_weekend() -> None:
    saturday = date(2026, 11, 21)
    assert working_day_before(saturday) == saturday - timedelta(days=1)
    assert working_day_before(saturday - timedelta(days=1)) == saturday - timedelta(days=1)
