"""The five steps on a telephone's width, by keyboard alone, with and without JavaScript.

The file is what a Czech bank sends: semicolons, decimal commas, Windows-1250, lines before the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests import chromium
from tests.stack import NORTH, StartedStack

PASSWORD = "Jane's own password"
_MAKE = f"""
from datetime import date
from accounts.banks.tenancy import in_bank
from accounts.customers.models import BankProfile
from tests import factories
with in_bank({NORTH!r}):
    BankProfile.objects.update(currency="CZK", business_day=date(2026, 11, 2))
    for name in ("with", "without"):
        user = factories.make_person(email=f"jane.{{name}}@example.com", password={PASSWORD!r})
        jane = factories.make_customer(user=user, full_name="Jane Doe")
        factories.make_account(customer=jane, currency="CZK", name="Běžný účet")
"""
_ROWS = [
    ("01.10.2026", "Mzda Říjen", "32 500,00"),
    ("02.10.2026", "Platba kartou Lékárna U Růže", "-412,50"),
    ("05.10.2026", "Trvalý příkaz nájemné", "-14 000,00"),
    ("27.10.2026", "Platba kartou Potraviny Žižkov", "-1 284,07"),
]
EXPORT = (
    "Výpis z účtu;;;\r\nČíslo účtu:;000000-0000000000/0000;;\r\nObdobí:;1.10.2026 - 31.10.2026;;\r\n\r\n"
    "Datum zaúčtování;Popis;Částka;Měna\r\n"
    + "".join(f"{day};{text};{amount};CZK\r\n" for day, text, amount in _ROWS)
).encode("cp1250")
TOTAL = Decimal("16803.43")


@contextmanager
def telephone(web: str, *, scripts: bool) -> Iterator[Any]:
    with chromium.browser() as browser:
        context = browser.new_context(
            base_url=web,
            viewport={"width": 390, "height": 844},
            java_script_enabled=scripts,
            locale="en-GB",
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        yield page


def to(page: Any, selector: str, presses: int = 120) -> None:
    """Moves the focus on, key by key, until it is there."""
    page.wait_for_selector(selector)
    for _ in range(presses):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}").and_(page.locator(":focus")).count():
            return
    raise AssertionError(f"the keyboard doesn't reach {selector}")


def fits(page: Any) -> None:
    """Nothing makes the page wider than the telephone."""
    width = page.locator("main").bounding_box()["width"]
    assert width <= 390, f"{page.url}: {width}"


@pytest.mark.browser
@pytest.mark.stack
def test_a_czech_export_goes_in_by_keyboard_on_a_telephone(
    stack: StartedStack, tmp_path: Path
) -> None:
    file = tmp_path / "vypis.csv"
    file.write_bytes(EXPORT)
    stack.manage("shell", "-c", _MAKE)
    web = stack.start_web()
    for scripts, name in ((True, "with"), (False, "without")):
        with telephone(web, scripts=scripts) as page:
            page.goto("/imports/new/")
            to(page, "[name=login]")
            page.keyboard.type(f"jane.{name}@example.com")
            to(page, "[name=password]")
            page.keyboard.type(PASSWORD)
            page.keyboard.press("Enter")
            # 1: the file and its account
            page.wait_for_selector("[name=file]")
            fits(page)
            to(page, "[name=file]")
            # The dialogue that a key opens here is the system's, not the page's.
            page.set_input_files("[name=file]", str(file))
            to(page, "main button:has-text('Read the file')")
            page.keyboard.press("Enter")
            page.wait_for_selector(".tally")
            # 2: how it is read
            to(page, "main a:has-text('Read it otherwise')")
            page.keyboard.press("Enter")
            page.wait_for_selector("h1:has-text('How the file is read')")
            fits(page)
            found = page.inner_text("main")
            for words in (
                "Windows-1250",
                "semicolon",
                "comma: 1.284,07",
                "day, month, year",
                "line 5",
            ):
                assert words in found, words
            assert "Datum zaúčtování;Popis;Částka;Měna" in found
            to(page, "main a:has-text('Look at the columns')")
            page.keyboard.press("Enter")
            # 3: what the columns are
            page.wait_for_selector("[name=column_0]")
            fits(page)
            roles = [page.input_value(f"[name=column_{at}]") for at in range(4)]
            assert roles == ["booked_on", "text", "amount", "currency"]
            to(page, "button[form=columns]")
            page.keyboard.press("Enter")
            # 4: what would happen
            page.wait_for_selector("button:has-text('Bring in 4 rows')")
            fits(page)
            assert "Lékárna U Růže" in page.inner_text("main")
            to(page, "button:has-text('Bring in 4 rows')")
            page.keyboard.press("Enter")
            # 5: it is in
            page.wait_for_selector("h1:has-text('The file is in')")
            fits(page)
            page.goto("/transactions/?start_date=2026-10-01&end_date=2026-10-31")
            values = page.locator("main [data-metric=net]").first.get_attribute("data-value")
            assert values is None or Decimal(values) == TOTAL
            assert "Potraviny Žižkov" in page.inner_text("main")
