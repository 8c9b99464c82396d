"""The browsable description of the API, in a real browser, under the product's own script policy."""

import pytest

from tests import chromium
from tests.stack import NORTH, StartedStack

PERSON = ("reader@example.com", "a reader's own password")
_MAKE = f"""
from accounts.banks.tenancy import in_bank
from accounts.services import create_person
with in_bank({NORTH!r}):
    create_person(email={PERSON[0]!r}, password={PERSON[1]!r})
"""


@pytest.mark.browser
@pytest.mark.stack
def test_the_description_opens_and_lists_every_operation(stack: StartedStack) -> None:
    stack.manage("shell", "-c", _MAKE)
    web = stack.start_web()
    with chromium.browser() as browser:
        page = browser.new_page()
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda m: broken.append(m.text) if "script" in m.text.lower() else None)
        page.goto(f"{web}/api/docs/")
        page.fill("[name=login]", PERSON[0])
        page.fill("[name=password]", PERSON[1])
        page.click("main [type=submit]")
        page.wait_for_selector(".opblock", timeout=20_000)
        assert page.url.endswith("/api/docs/")
        assert page.locator(".opblock").count() == 21
    assert [text for text in broken if "style" not in text.lower()] == []
