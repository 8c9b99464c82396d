"""The shell of every page: navigation by role, the bank's name, the look the person chose.

Everything is lazy, so that an error page, which prints none of it, asks the database nothing.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_public_schema_name

from accounts import permissions
from accounts.banks.tenancy import current_schema

THEMES = ("light", "dark")
KEYS = {
    "pages:overview": "o",
    "pages:staff_overview": "o",
    "transactions:list": "t",
    "pages:customers": "t",
}


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry: where it leads, and whether the reader is there ("page") or below it ("true")."""

    label: str | Promise
    url_name: str
    icon: str
    section: str  # "main" or "foot"
    url: str
    current: str = ""

    @property
    def key(self) -> str:
        """The second key after `g` that goes there."""
        return KEYS.get(self.url_name, "")


@dataclass(frozen=True, slots=True)
class BankIdentity:
    """What a page says of the bank. `brand` is a colour like #1E3FAE, "" = ours."""

    name: str
    brand: str = ""
    locale: str = "en"
    currency: str = ""
    staff: bool = False
    operator: bool = False


# label, URL name, icon, section, capability that opens the page
ITEMS: tuple[tuple[str | Promise, str, str, str, str], ...] = (
    (_("Overview"), "pages:overview", "home", "main", permissions.OWN_DATA),
    (_("Transactions"), "transactions:list", "list", "main", permissions.OWN_DATA),
    (_("Regulars"), "regulars:list", "refresh", "main", permissions.OWN_DATA),
    (_("Accounts"), "accounts_held:list", "wallet", "main", permissions.OWN_DATA),
    (_("Bring in a file"), "imports:new", "upload", "foot", permissions.OWN_DATA),
    (_("Rules"), "rules:list", "tag", "foot", permissions.OWN_DATA),
    (_("Profile"), "pages:profile", "person", "foot", permissions.OWN_DATA),
    (_("Overview"), "pages:staff_overview", "home", "main", permissions.READ_REPORTS),
    (_("Customers"), "pages:customers", "people", "main", permissions.OPEN_CUSTOMER),
    (_("Imports"), "imports:list", "data", "main", permissions.IMPORT_TRANSACTIONS),
    (_("Categories"), "pages:staff_categories", "tag", "main", permissions.READ_REPORTS),
    (_("Jobs"), "jobs:list", "clock", "main", permissions.RUN_ANALYTICS),
    (_("Admin"), "admin:index", "gear", "foot", permissions.MANAGE_BANK),
    (_("Admin"), "admin:index", "gear", "main", permissions.RUN_INSTALLATION),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `nav` (this person's items), `bank`, `look` (theme, hidden amounts)
    and `plain_http`, where cookies and pages travel unsealed."""
    return {
        "nav": SimpleLazyObject(lambda: items_for(request)),
        "bank": SimpleLazyObject(lambda: bank_identity(request)),
        "look": SimpleLazyObject(lambda: look(request)),
        "plain_http": settings.DEMO and not settings.HTTPS,
    }


def items_for(request: HttpRequest) -> list[NavItem]:
    """The pages this person may open and that exist; the deepest match is the current one."""
    user = getattr(request, "user", None)
    found = []
    for label, url_name, icon, section, capability in ITEMS:
        if not permissions.has(user, capability):
            continue
        try:
            found.append(NavItem(label, url_name, icon, section, reverse(url_name)))
        except NoReverseMatch:
            continue
    inside = [item for item in found if _is_below(request.path, item.url)]
    if not inside:
        return found
    here = max(inside, key=lambda item: len(item.url))
    mark = "page" if request.path == here.url else "true"
    return [
        NavItem(i.label, i.url_name, i.icon, i.section, i.url, mark if i is here else "")
        for i in found
    ]


def _is_below(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))


def bank_identity(request: HttpRequest) -> BankIdentity:
    """Name, brand, locale and currency of the bank whose host name was asked."""
    user = getattr(request, "user", None)
    if current_schema() == get_public_schema_name():
        return BankIdentity(name="Counterfoil", operator=True)
    from accounts.customers.queries import bank_profile

    profile = bank_profile()
    return BankIdentity(
        name=profile.name,
        brand=profile.brand,
        locale=profile.locale,
        currency=profile.currency,
        staff=bool(getattr(user, "is_bank_staff", False)),
    )


def look(request: HttpRequest) -> dict[str, Any]:
    """The switches of the top line: a cookie of this device, else what the person keeps."""
    chosen = request.COOKIES.get("theme") or getattr(getattr(request, "user", None), "theme", "")
    return {
        "theme": chosen if chosen in THEMES else "system",
        "hide": request.COOKIES.get("hide") == "1",
    }
