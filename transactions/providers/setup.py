"""Whether this installation has a provider, and where it is asked. The host comes from here alone."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from transactions.providers import sealing
from transactions.providers.errors import NotSetUp

HOSTS = {"sandbox": "https://sandbox.plaid.com", "production": "https://production.plaid.com"}
_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the provider is asked, and with which credentials."""

    environment: str
    base_url: str
    client_id: str
    secret: str

    @property
    def is_stand_in(self) -> bool:
        return self.environment == "stand-in"

    def may_lead_to(self, url: str) -> bool:
        """Whether a page that the provider names is one of its own, which we may send a person to."""
        where = urlsplit(url)
        if self.is_stand_in:
            return where.scheme == "http" and where.netloc == urlsplit(self.base_url).netloc
        host = where.hostname or ""
        return where.scheme == "https" and (host == "plaid.com" or host.endswith(".plaid.com"))


def is_set_up() -> bool:
    """Whether people can connect a bank here."""
    try:
        provider()
    except NotSetUp:
        return False
    return True


def provider() -> Provider:
    """Raises NotSetUp where there is none, its keys can't be read, or its stand-in stands outside a demo."""
    environment = settings.PLAID_ENV
    if environment == "stand-in":
        url = settings.PLAID_BASE_URL
        if not settings.DEMO or urlsplit(url).hostname not in _LOOPBACK:
            raise NotSetUp("The stand-in is the demo's alone, on this machine alone.")
    elif environment in HOSTS:
        url = HOSTS[environment]
    else:
        raise NotSetUp("PLAID_ENV is not set.")
    if not settings.PLAID_CLIENT_ID or not settings.PLAID_SECRET:
        raise NotSetUp("PLAID_CLIENT_ID and PLAID_SECRET are not set.")
    try:
        if not sealing.keys():
            raise NotSetUp("PROVIDER_KEYS is not set.")
    except sealing.NoKeys as error:
        raise NotSetUp(str(error)) from error
    return Provider(environment, url, settings.PLAID_CLIENT_ID, settings.PLAID_SECRET)
