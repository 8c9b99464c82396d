from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from transactions.categories.categorise import Categoriser
from transactions.categories.reference import first_level
from transactions.samples.bank import SampleBank
from transactions.samples.berka import SampleDataMissing, age_bracket, birth_day, read_berka


@pytest.fixture(scope="module")
def berka(data: Path) -> SampleBank:
    return read_berka(data / "berka")


def test_all_accounts_lines_and_holders_are_there(berka: SampleBank) -> None:
    assert len(berka.accounts) == 790
    assert len(berka.transactions) == 30_890
    assert len(berka.customers) == 949
    roles = Counter(holder.role for account in berka.accounts for holder in account.holders)
    assert roles == {"owner": 790, "user": 159}
    assert {account.currency for account in berka.accounts} == {"CZK"}
    assert berka.business_day == date(1994, 3, 31)


def test_balances_follow_from_the_lines_but_for_rounding(berka: SampleBank) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in berka.transactions:
        sums[row.account] += row.amount
    off = 0
    for account in berka.accounts:
        assert account.opening_balance + sums[account.key] == account.stated_balance
        off += abs(account.opening_balance) > Decimal("0.5")
    # Accounts opened at zero; the file is cut before the last interest of these.
    assert off == 17


def test_the_order_inside_a_day_follows_the_balances(berka: SampleBank) -> None:
    """Account 576 ends with interest, then the fee: the fee's balance is the account's."""
    account = next(a for a in berka.accounts if a.key == "B-account-00576")
    assert account.stated_balance == Decimal("18556.30")


def test_regions_stand_in_for_branches(berka: SampleBank) -> None:
    sizes = Counter(customer.branch for customer in berka.customers)
    assert set(sizes) == set(berka.branches)
    assert len(sizes) == 8
    assert min(sizes.values()) >= 50


def test_people_have_no_invented_names_and_no_sign_in(berka: SampleBank) -> None:
    assert all(customer.full_name.startswith("Client ") for customer in berka.customers)
    assert not any(customer.email or customer.password for customer in berka.customers)
    assert len({customer.reference for customer in berka.customers}) == 949


def test_the_symbol_is_the_source_category_and_the_text_is_built(berka: SampleBank) -> None:
    row = next(r for r in berka.transactions if r.source_category == "SIPO" and r.counterparty)
    assert row.raw_text.startswith("PREVOD NA UCET SIPO ")
    assert row.category == "household_payment"
    assert row.amount < 0
    assert row.counterparty_account.endswith(row.counterparty[-2:])
    unknown = Counter(r.amount > 0 for r in berka.transactions if not r.category)
    assert unknown == {True: 1168, False: 1319}


def test_money_out_in_both_of_the_banks_words(berka: SampleBank) -> None:
    assert all(row.amount < 0 for row in berka.transactions if row.raw_text.split()[0] == "VYBER")
    assert sum(row.amount > 0 for row in berka.transactions) == 14_391


def test_the_categoriser_reads_the_banks_words(berka: SampleBank) -> None:
    categoriser = Categoriser()
    for row in berka.transactions:
        if row.category:
            sign = 1 if row.amount > 0 else -1
            code = categoriser.decide(row.raw_text, row.source_category or "", sign).code
            assert code is not None, row.raw_text
            assert first_level(code) == first_level(row.category)


def test_birth_numbers() -> None:
    assert birth_day("706213") == date(1970, 12, 13)
    assert birth_day("561201") == date(1956, 12, 1)


@pytest.mark.parametrize(
    ("born", "bracket"),
    [
        (date(1969, 3, 31), "25-34"),
        (date(1969, 4, 1), "under 25"),
        (date(1929, 3, 31), "65+"),
        (date(1929, 4, 1), "55-64"),
    ],
)
def test_age_is_counted_on_the_business_day(born: date, bracket: str) -> None:
    assert age_bracket(born, date(1994, 3, 31)) == bracket


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SampleDataMissing, match=r"trans_1993_1994\.asc\.gz"):
        read_berka(tmp_path)
