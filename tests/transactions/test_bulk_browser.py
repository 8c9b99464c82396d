"""A file for many customers in a real browser: on a narrow screen, by keyboard, without JavaScript."""

import os
from pathlib import Path

import pytest

from tests import chromium
from tests.accounts.signin_case import code_of
from tests.stack import NORTH, StartedStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]

EMAIL, PASSWORD = "ana@example.com", "Ana's own password"
_MAKE = f"""
from accounts.banks.tenancy import in_bank
from accounts.models import Role
from tests import factories
from tests.accounts.signin_case import app_of
from tests.transactions.bulk_case import make_people
with in_bank({NORTH!r}):
    user = factories.make_person(email={EMAIL!r}, password={PASSWORD!r}, role=Role.ANALYST)
    print("secret " + app_of(user))
    make_people(8)
    factories.make_customer(reference="BARE1")
"""
TEXT = "Customer;Date;Text;Amount\n" + "".join(
    f"{who};{day:02}.05.2026;Market {day};-{day},50\n"
    for day in range(1, 20)
    for who in (f"K{day % 8:05}", "BARE1", "K0O012" if day % 6 == 0 else "K00001")
)


def test_on_390_pixels_without_javascript(stack: StartedStack, tmp_path: Path) -> None:
    secret = stack.manage("shell", "--no-imports", "-c", _MAKE).split("secret ")[1].split()[0]
    web = stack.start_web()
    file = tmp_path / "many.csv"
    file.write_text(TEXT)
    shots = Path(os.environ.get("BULK_SHOTS", str(tmp_path)))
    with chromium.browser() as browser:
        context = browser.new_context(
            base_url=web, java_script_enabled=False, viewport={"width": 390, "height": 900}
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto("/accounts/login/")
        page.fill("[name=login]", EMAIL)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/2fa/**")
        page.fill("[name=code]", code_of(secret))
        page.keyboard.press("Enter")
        page.wait_for_url("**/staff/**")
        page.goto("/imports/many/")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=shots / "new.png", full_page=True)
        page.set_input_files("[name=file]", file)
        page.get_by_role("button", name="Read the file").press("Enter")
        assert page.locator("[data-count=new]").inner_text() == "35"
        assert page.locator("[data-count=rejected]").inner_text() == "22"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=shots / "preview.png", full_page=True)
        page.get_by_role("button", name="Make 1 account").press("Enter")
        assert page.locator("[data-count=new]").inner_text() == "54"
        if os.environ.get("BULK_SHOTS"):
            page.set_viewport_size({"width": 1280, "height": 900})
            page.screenshot(path=shots / "preview_wide.png", full_page=True)
            page.emulate_media(color_scheme="dark")
            page.screenshot(path=shots / "preview_dark.png", full_page=True)
        page.get_by_role("button", name="Bring in 54 rows").press("Enter")
        page.wait_for_url("**/done/")
        page.screenshot(path=shots / "done.png", full_page=True)
        page.goto("/imports/")
        assert page.get_by_role("link", name="Many customers", exact=True).count() == 1
        page.screenshot(path=shots / "list.png", full_page=True)
