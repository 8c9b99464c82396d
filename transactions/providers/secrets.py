"""The secrets of a connection: sealed on their way into its row, opened for one conversation."""

import json

from transactions.models import ProviderLink
from transactions.providers import sealing

_TOKEN, _VISIT = "access token", "visit"


def keep_access_token(link: ProviderLink, token: str) -> None:
    """Seals it onto the row; the caller saves."""
    link.secret = sealing.seal(token, link=link.public_id, use=_TOKEN)


def access_token(link: ProviderLink) -> str:
    """Raises SealBroken where there is none, or it can't be opened here."""
    if not link.secret:
        raise sealing.SealBroken("This connection has no secret.")
    return sealing.open_sealed(link.secret, link=link.public_id, use=_TOKEN)


def keep_visit(link: ProviderLink, link_token: str, url: str) -> None:
    """Seals what leads a person to the provider's page; the caller saves."""
    link.session = sealing.seal(json.dumps([link_token, url]), link=link.public_id, use=_VISIT)


def visit(link: ProviderLink) -> tuple[str, str]:
    """The link token and the address of the provider's page. Raises SealBroken where there is none."""
    if not link.session:
        raise sealing.SealBroken("Nobody is on their way to this bank.")
    link_token, url = json.loads(sealing.open_sealed(link.session, link=link.public_id, use=_VISIT))
    return link_token, url


def renew(link: ProviderLink) -> bool:
    """Seals anew what isn't sealed with the first key and in today's way; whether anything was."""
    renewed = False
    if link.secret and not sealing.is_current(link.secret):
        keep_access_token(link, access_token(link))
        renewed = True
    if link.session and not sealing.is_current(link.session):
        keep_visit(link, *visit(link))
        renewed = True
    return renewed
