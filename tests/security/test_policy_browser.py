"""G7 in a real browser: the main pages, and not one violation of their policy."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import chromium
from tests.guards import Guard
from tests.stack import NORTH, StartedStack

PASSWORD = "a reader's own password"
_FILL = f"""
from accounts.banks.tenancy import in_bank
from accounts.models import User
from config import nightly
from tests import sample_bank
with in_bank({NORTH!r}):
    sample_bank.fill(customers=24, months=5)
    nightly.run_night()
    for user in User.objects.all():
        user.set_password({PASSWORD!r})
        user.save()
"""
CUSTOMER = [
    "/", "/overview/", "/overview/?period=12m", "/transactions/", "/transactions/?metric=expenses",
    "/trace/net/?start_date=2026-06-01&end_date=2026-06-30", "/forecast/net/", "/imports/", "/imports/new/",
    "/profile/", "/accounts/email/", "/accounts/password/change/", "/api/docs/", "/no/such/page",
]  # fmt: skip
ADMIN = [
    "/staff/", "/staff/groups/", "/staff/customers/", "/staff/jobs/", "/imports/", "/admin/",
    "/admin/accounts/user/", "/admin/accounts/user/add/", "/admin/customers/customer/",
    "/admin/customers/customer/add/", "/admin/customers/bankprofile/1/change/",
    "/admin/transactions/transaction/", "/admin/transactions/transaction/import/",
    "/admin/transactions/transaction/export/", "/admin/transactions/category/",
    "/admin/transactions/bankaccount/add/", "/admin/analytics/budget/add/", "/admin/analytics/run/",
    "/api/docs/",
]  # fmt: skip
# Told to the page's own listener, which keeps it across the page's life.
_LISTEN = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.__violations.push(
  e.violatedDirective + " " + e.blockedURI + " " + (e.sourceFile || "") + ":" + e.lineNumber));
"""


def walk(page: Any, web: str, paths: list[str], broken: list[str]) -> int:
    for path in paths:
        page.goto(f"{web}{path}", wait_until="networkidle")
        for said in page.evaluate("window.__violations"):
            broken.append(f"{path}: {said}")
    return len(paths)


@pytest.mark.browser
@pytest.mark.stack
@pytest.mark.guard("G7")
def test_no_page_breaks_its_policy(stack: StartedStack, guard: Guard) -> None:
    stack.manage("shell", "-c", _FILL)
    web = stack.start_web()
    broken: list[str] = []
    pages = 0
    with chromium.browser() as browser:
        for email, paths in (("john.doe@example.com", CUSTOMER), ("admin@example.com", ADMIN)):
            context = browser.new_context()
            context.add_init_script(_LISTEN)
            page = context.new_page()
            page.on(
                "console",
                lambda m: (
                    broken.append(f"console: {m.text}")
                    if "content security policy" in m.text.lower()
                    else None
                ),
            )
            page.on("pageerror", lambda error: broken.append(f"script: {error}"))
            page.goto(f"{web}/accounts/login/")
            page.fill("[name=login]", email)
            page.fill("[name=password]", PASSWORD)
            page.click("main [type=submit]")
            page.wait_for_url(lambda url: urlsplit(url).path != "/accounts/login/")
            pages += 1 + walk(page, web, paths, broken)
            context.close()
    assert not broken, "\n".join(broken[:20])
    guard("G7", reached=f"0 violations in {pages} pages in Chromium", n=pages)
