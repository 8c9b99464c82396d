"""From a file to the figures and back, in a real browser: what the pages say is read off the pages."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests import chromium
from tests.stack import NORTH, StartedStack

EMAIL, PASSWORD = "john.doe@example.com", "John's own password"
FILE = "csv_us/chase_checking_1.csv"
OCTOBER = "start_date=2026-10-01&end_date=2026-10-31"
FIGURES = ("money_in", "money_out", "income", "expenses", "net", "count")
# John has lines of his own in the file's month, a transfer among them, and a budget.
_MAKE = f"""
from datetime import date
from accounts.banks.tenancy import in_bank
from accounts.customers.models import BankProfile
from tests import factories
with in_bank({NORTH!r}):
    BankProfile.objects.update(currency="USD", business_day=date(2026, 11, 2))
    user = factories.make_person(email={EMAIL!r}, password={PASSWORD!r})
    john = factories.make_customer(user=user, full_name="John Doe")
    account = factories.make_account(customer=john, currency="USD", name="Checking", masked_number="··1134")
    factories.make_transactions(account, [
        dict(booked_on=date(2026, 10, 5), amount="812.40", category="salary", raw_text="NORTH WORKS"),
        dict(booked_on=date(2026, 10, 6), amount="-61.15", category="groceries", raw_text="GREEN GROCER"),
        dict(booked_on=date(2026, 10, 7), amount="-75.00", category="own_transfer", raw_text="TO SAVINGS"),
    ])
    factories.make_budget(customer=john, category="groceries", month=date(2026, 10, 1), amount=200, currency="USD")
"""


@contextmanager
def browsing(web: str) -> Iterator[Any]:
    with chromium.browser() as browser:
        page = browser.new_page(base_url=web)
        page.set_default_timeout(20_000)
        yield page


class Reader:
    """Figures as the pages print them, exact by the value each carries."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def metrics(self, url: str, scope: str = "main") -> dict[str, list[str]]:
        """Every figure of a page: the values of each metric in the order they stand there."""
        self.page.goto(url)
        found: dict[str, list[str]] = {}
        for figure in self.page.locator(f"{scope} [data-metric]").all():
            value = figure.get_attribute("data-value") or ""
            found.setdefault(figure.get_attribute("data-metric"), []).append(value)
        return found

    def sums(self, account: str) -> dict[str, Decimal]:
        """The sum line of the account's rows in October."""
        found = self.metrics(f"/transactions/?{OCTOBER}&account={account}", "#sums")
        return {name: Decimal(found[name][0]) for name in FIGURES}

    def everything(self, account: str) -> list[dict[str, list[str]]]:
        """All figures that could move: overview and list, with and without the filter."""
        return [
            self.metrics(url)
            for url in (
                f"/overview/?{OCTOBER}&account={account}",
                f"/overview/?{OCTOBER}",
                "/overview/",
                f"/transactions/?{OCTOBER}&account={account}",
                "/transactions/",
            )
        ]

    def tally(self) -> dict[str, int]:
        """The counts of the preview the browser is at."""
        return {
            tile.get_attribute("data-count"): int(tile.inner_text())
            for tile in self.page.locator(".tally [data-count]").all()
        }

    def planned(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Money in and out of the new rows by kind of category, from the preview's table."""
        found = {}
        for row in self.page.locator("#money [data-kind]").all():
            money_in = row.locator("[data-in]").get_attribute("data-in")
            money_out = row.locator("[data-out]").get_attribute("data-out")
            found[row.get_attribute("data-kind")] = (Decimal(money_in), Decimal(money_out))
        return found


def upload(page: Any, file: Path) -> None:
    page.goto("/imports/new/")
    page.set_input_files("[name=file]", str(file))
    page.select_option("[name=account]", label="Checking ··1134 · USD")
    page.click("main button:has-text('Read the file')")
    page.wait_for_selector(".tally")


def expected_of(data: Path, file: str) -> tuple[Decimal, Decimal, int]:
    """Money in, money out and rows of a file, as counted independently of this product."""
    with (data / "exports/expected.csv").open() as lines:
        row = next(row for row in csv.DictReader(lines) if row["file"] == file)
    return Decimal(row["money_in"]), Decimal(row["money_out"]), int(row["transactions"])


@pytest.mark.browser
@pytest.mark.stack
def test_a_bank_export_goes_in_shows_in_every_figure_and_out_again(
    stack: StartedStack, data: Path
) -> None:
    file = data / "exports" / FILE
    file_in, file_out, n_rows = expected_of(data, FILE)
    stack.manage("shell", "-c", _MAKE)
    with browsing(stack.start_web()) as page:
        reader = Reader(page)
        page.goto("/overview/")
        page.fill("[name=login]", EMAIL)
        page.fill("[name=password]", PASSWORD)
        page.click("main [type=submit]")
        page.wait_for_selector(".kpi")

        # Seven figures: four cards, the categories' shares, twelve months, the budget.
        shown = reader.metrics(f"/overview/?{OCTOBER}")
        assert page.locator(".kpi").count() == 4
        assert {"income", "expenses", "net", "savings_rate", "share", "variance"} <= set(shown)
        assert "12 months" in page.inner_text("main")

        page.goto("/imports/new/")
        option = page.locator("[name=account] option", has_text="Checking")
        account = option.first.get_attribute("value")
        before, everything = reader.sums(account), reader.everything(account)

        upload(page, file)
        assert reader.tally() == {
            "new": n_rows,
            "same": 0,
            "doubtful": 0,
            "changed": 0,
            "rejected": 0,
        }
        planned = reader.planned()
        transfer_in, transfer_out = planned["transfer"]
        assert sum(pair[0] for pair in planned.values()) == file_in
        assert sum(pair[1] for pair in planned.values()) == file_out
        assert transfer_out == Decimal("300.00"), "the card's payment is no spending"
        assert reader.sums(account) == before, "a preview writes nothing"

        page.go_back()
        page.click(f"button:has-text('Bring in {n_rows} rows')")
        page.wait_for_selector("h1:has-text('The file is in')")
        done = page.url
        after = reader.sums(account)
        assert after["money_in"] - before["money_in"] == file_in
        assert after["money_out"] - before["money_out"] == file_out
        assert after["income"] - before["income"] == file_in - transfer_in
        assert after["expenses"] - before["expenses"] == file_out - transfer_out
        assert after["count"] - before["count"] == n_rows
        overview = reader.metrics(f"/overview/?{OCTOBER}&account={account}")
        assert Decimal(overview["income"][0]) == after["income"]
        assert Decimal(overview["expenses"][0]) == after["expenses"]

        upload(page, file)
        assert reader.tally() == {
            "new": 0,
            "same": n_rows,
            "doubtful": 0,
            "changed": 0,
            "rejected": 0,
        }
        assert "Everything in this file is here already" in page.inner_text("main")
        assert page.locator("button:has-text('Bring in')").count() == 0

        page.goto(done)
        page.click("a:has-text('Undo this import')")
        page.click(f"button:has-text('Take back {n_rows} rows')")
        page.wait_for_selector("h1:has-text('This import is undone')")
        assert reader.sums(account) == before
        assert reader.everything(account) == everything
