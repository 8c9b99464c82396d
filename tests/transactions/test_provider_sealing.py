"""Secrets of connections: bound to bank, connection and use; keys change; both schemes open side by side."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from accounts.audit.models import AuditEntry
from accounts.banks.tenancy import in_bank
from tests.conftest import NORTH, SOUTH
from tests.factories import make_customer
from transactions.models import ProviderLink
from transactions.providers import sealing, secrets
from transactions.providers.sealing import NoKeys, SealBroken, open_sealed, seal

OLD, NEW = "k1:" + "11" * 32, "k2:" + "22" * 32


@pytest.fixture(params=[False, True], ids=["symmetric", "hybrid"])
def scheme(request: pytest.FixtureRequest, settings: Any) -> bool:
    settings.POST_QUANTUM = request.param
    return bool(request.param)


def test_a_secret_comes_back_and_never_shows(north: str, scheme: bool) -> None:
    link = uuid4()
    sealed = seal("access-secret", link=link, use="access token")
    assert b"access-secret" not in sealed
    assert open_sealed(sealed, link=link, use="access token") == "access-secret"
    assert sealed != seal("access-secret", link=link, use="access token")
    # ML-KEM's own 1,088 bytes and X25519's 32 stand in it.
    assert (len(sealed) > 1120) is scheme


def test_it_opens_nowhere_else(north: str, scheme: bool) -> None:
    link = uuid4()
    sealed = seal("secret", link=link, use="access token")
    for other in ({"link": uuid4(), "use": "access token"}, {"link": link, "use": "visit"}):
        with pytest.raises(SealBroken):
            open_sealed(sealed, **other)  # type: ignore[arg-type]
    with in_bank(SOUTH), pytest.raises(SealBroken):
        open_sealed(sealed, link=link, use="access token")


def test_every_altered_byte_is_noticed(north: str, scheme: bool) -> None:
    link = uuid4()
    sealed = seal("secret", link=link, use="access token")
    places = range(len(sealed)) if not scheme else [*range(60), *range(60, len(sealed), 37)]
    for place in places:
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(SealBroken):
            open_sealed(bytes(altered), link=link, use="access token")
    for cut in (b"", sealed[:1], sealed[:9], sealed[:-1]):
        with pytest.raises(SealBroken):
            open_sealed(cut, link=link, use="access token")


def test_both_schemes_open_side_by_side(north: str, settings: Any) -> None:
    link = uuid4()
    plain = seal("one", link=link, use="access token")
    settings.POST_QUANTUM = True
    hybrid = seal("two", link=link, use="access token")
    for on in (True, False):
        settings.POST_QUANTUM = on
        assert open_sealed(plain, link=link, use="access token") == "one"
        assert open_sealed(hybrid, link=link, use="access token") == "two"


def test_keys_change_by_the_command(north: str, settings: Any, capsys: Any) -> None:
    settings.PROVIDER_KEYS = OLD
    link = ProviderLink.objects.create(customer=make_customer())
    secrets.keep_access_token(link, "access-1")
    secrets.keep_visit(link, "link-1", "https://secure.plaid.com/x")
    link.save()
    settings.PROVIDER_KEYS, settings.POST_QUANTUM = f"{NEW},{OLD}", True
    call_command("rotate_provider_keys", bank=NORTH)
    assert f"{NORTH}: 1 sealed anew" in capsys.readouterr().out
    call_command("rotate_provider_keys", bank=NORTH)
    assert f"{NORTH}: 0 sealed anew" in capsys.readouterr().out
    with in_bank(NORTH):
        link.refresh_from_db()
        settings.PROVIDER_KEYS = NEW
        assert secrets.access_token(link) == "access-1"
        assert secrets.visit(link) == ("link-1", "https://secure.plaid.com/x")
        assert AuditEntry.objects.filter(act="provider.keys_renewed").count() == 1
    settings.PROVIDER_KEYS = OLD
    with in_bank(NORTH), pytest.raises(SealBroken):
        secrets.access_token(link)
    with pytest.raises(CommandError, match="can't be opened"):
        call_command("rotate_provider_keys", bank=NORTH)


@pytest.mark.parametrize(
    "text", ["k1", "k1:zz", "k1:" + "11" * 16, f"{OLD},{OLD}", ":" + "11" * 32]
)
def test_keys_that_cannot_be_read_are_named_without_their_value(
    text: str, north: str, settings: Any
) -> None:
    settings.PROVIDER_KEYS = text
    with pytest.raises(NoKeys) as refused:
        sealing.keys()
    assert "1111" not in str(refused.value)


def test_without_keys_nothing_is_sealed(north: str, settings: Any) -> None:
    settings.PROVIDER_KEYS = ""
    with pytest.raises(NoKeys):
        seal("secret", link=uuid4(), use="access token")
