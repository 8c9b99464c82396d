"""From an empty installation to its first operator, bank and bank admin, by commands alone."""

import io
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django_tenants.utils import get_public_schema_name

from accounts.banks.models import Bank, Domain
from accounts.banks.tenancy import in_bank, in_public
from accounts.customers.models import BankProfile
from accounts.models import Role, User
from tests.conftest import NORTH

PASSWORD = "quite-a-long-one-47"


def run(command: str, *args: str, monkeypatch: Any = None, stdin: str = "") -> str:
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    out = StringIO()
    call_command(command, *args, stdout=out)
    return out.getvalue()


def hosts_of(schema: str) -> set[str]:
    return set(Domain.objects.filter(tenant__schema_name=schema).values_list("domain", flat=True))


def test_operators_door_is_opened_and_a_second_time_changes_nothing(db: None) -> None:
    Domain.objects.filter(tenant__schema_name=get_public_schema_name()).delete()
    assert Client(HTTP_HOST="ops.example.com").get("/").status_code == 404
    for _ in range(2):
        assert "ops.example.com" in run("create_installation", "--host", "ops.example.com")
        assert hosts_of(get_public_schema_name()) == {"ops.example.com"}
    assert Bank.objects.filter(schema_name=get_public_schema_name()).count() == 1
    answer = Client(HTTP_HOST="ops.example.com").get("/")
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_commands_that_make_tables_or_doors_get_the_owner() -> None:
    assert {"create_installation", "create_bank", "migrate_schemas"} <= settings.OWNER_COMMANDS
    assert "create_person" not in settings.OWNER_COMMANDS


@pytest.mark.parametrize("host", ["https://ops.example.com", "Ops.example.com", "ops.test:80", ""])
def test_what_is_no_host_name_is_refused(db: None, host: str) -> None:
    with pytest.raises(CommandError, match="no host name"):
        run("create_installation", "--host", host)


def test_host_of_a_bank_is_not_taken_from_it(db: None) -> None:
    for command in (("create_installation",), ("create_bank", "west", "--name", "West")):
        with pytest.raises(CommandError, match=r"north\.test opens North already"):
            run(*command, "--host", "north.test")
    assert hosts_of(NORTH) == {"north.test"}
    assert not Bank.objects.filter(schema_name="west").exists()


@pytest.mark.parametrize("schema", ["public", "pg_north", "North", "no-rth", "1", "a" * 49])
def test_schema_names_the_database_would_stumble_over_are_refused(db: None, schema: str) -> None:
    with pytest.raises(CommandError, match="can't be named"):
        run("create_bank", schema, "--name", "x", "--host", "x.test")
    assert not Domain.objects.filter(domain="x.test").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--currency", "EURO"), ("--country", "DEU"), ("--time-zone", "Berlin"), ("--locale", "??")],
)
def test_wrong_settings_of_a_bank_are_refused_before_it_is_made(
    db: None, option: str, value: str
) -> None:
    with pytest.raises(CommandError, match=f"^{option}: "):
        run("create_bank", "west", "--name", "West", "--host", "west.test", option, value)
    assert not Bank.objects.filter(schema_name="west").exists()


def test_new_bank_has_its_settings_and_its_first_admin_signs_in(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        "create_bank", "west", "--name", "West", "--host", "west.test",
        "--currency", "chf", "--country", "ch", "--time-zone", "Europe/Zurich", "--locale", "de-CH",
    )  # fmt: skip
    with in_bank("west"):
        profile = BankProfile.objects.get()
        assert (profile.name, profile.currency, profile.country) == ("West", "CHF", "CH")
        assert (profile.time_zone, profile.locale) == ("Europe/Zurich", "de-CH")
    run("create_bank", "west", "--name", "West", "--host", "west.test")
    with in_bank("west"):
        assert BankProfile.objects.get().currency == "CHF"
    run(
        "create_person", "ada@west.test", "--bank", "west", "--role", "admin", "--password-stdin",
        monkeypatch=monkeypatch, stdin=PASSWORD + "\n",
    )  # fmt: skip
    client = Client(HTTP_HOST="west.test")
    client.post("/accounts/login/", {"login": "ada@west.test", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200


def test_first_operator_signs_in_with_the_password_they_gave(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        "create_person", "olivia@example.com", "--operator", "--password-stdin",
        monkeypatch=monkeypatch, stdin=PASSWORD + "\n",
    )  # fmt: skip
    with in_public():
        assert User.objects.get(email="olivia@example.com").role == Role.OPERATOR
    client = Client(HTTP_HOST="operator.test")
    client.post("/accounts/login/", {"login": "olivia@example.com", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    with in_bank(NORTH):
        assert not User.objects.filter(email="olivia@example.com").exists()


def test_without_a_password_nobody_is_made(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for args, stdin, words in (
        ((), "", "no terminal"),
        (("--password-stdin",), "\n", "too short"),
        (("--password-stdin",), "password\n", "common|short"),
    ):
        with pytest.raises(CommandError, match=words):
            run(
                "create_person", "olivia@example.com", "--operator", *args,
                monkeypatch=monkeypatch, stdin=stdin,
            )  # fmt: skip
    with in_public():
        assert not User.objects.filter(email="olivia@example.com").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("not-an-address", "--operator"), "no e-mail address"),
        (("a@example.com", "--bank", "nowhere", "--role", "admin"), f"no active bank.*{NORTH}"),
        (("a@example.com", "--bank", NORTH), "Say --role with --bank"),
        (("a@example.com", "--operator", "--role", "admin"), "Say --role with --bank"),
        (("a@example.com",), "one of the arguments"),
    ],
)
def test_wrong_use_says_how_to_mend_it(db: None, args: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("create_person", *args)


def test_sign_in_that_is_there_is_left_as_it_is(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    args = ("--bank", NORTH, "--role", "viewer", "--password-stdin")
    run("create_person", "Vic@x.test", *args, monkeypatch=monkeypatch, stdin=PASSWORD + "\n")
    with pytest.raises(CommandError, match="can sign in already"):
        run("create_person", "vic@X.TEST", *args, monkeypatch=monkeypatch, stdin="another-long-1\n")
    with in_bank(NORTH):
        assert User.objects.get(email__iexact="vic@x.test").check_password(PASSWORD)
