"""Passwords: a table of forty, the breached file, the demo's, length, script, and how they are kept."""

import hashlib
import unicodedata
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts import passwords
from accounts.models import User
from tests.accounts.signin_case import browser, by_api, by_page, is_signed_in, somebody
from tests.factories import PASSWORD

# What each is refused for ("" = taken): length, common, like the person, the demo's, stolen.
TABLE = [
    ("", "short"), ("a", "short"), ("12345678901", "short"), ("Tr0ub4dor&3", "short"), ("admin123", "short"),
    ("password123", "short"), ("customer123", "short"), ("analyst123", "short"), ("viewer123", "short"),
    ("operator123", "short"), ("ééééééééééé", "short"), ("👩‍👩‍👧‍👦", "short"),
    ("1q2w3e4r5t6y", "common"), ("123456789123", "common"), ("password1234", "common"),
    ("Password1234", "common"), ("qwertyuiop123", "common"), ("professional", "common"),
    ("zaq12wsxzaq12wsx", ""), ("correct horse battery staple", ""), ("            ", ""),
    ("          x y", ""), ("naïve café déjà vu", ""), ("пароль из многих слов", ""), ("密码密码密码密码密码密码", ""),
    ("كلمة مرور طويلة جدا", ""), ("🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑", ""), ("a" * 64, ""), ("ab cd ef gh " * 10, ""),
    ("é" * 128, ""), ("x" * 1000, ""), ("x" * 1001, "long"), ("y" * 100_000, "long"),
    ("<script>alert(1)</script>", ""), ("'; drop table accounts_user; --", ""), ("tab\tand\nline ends", ""),
    ("ana.novak@example.com", "similar"), ("Ana.Novak@Example.com1", "similar"),
    ("stolen elsewhere 2019", "stolen"), ("another stolen one!", "stolen"),
]  # fmt: skip
SAID = {"short": "password_too_short", "common": "password_too_common", "long": "password_too_long",
        "similar": "password_too_similar", "stolen": "password_breached"}  # fmt: skip
STOLEN = [word for word, why in TABLE if why == "stolen"]


@pytest.fixture
def stolen(tmp_path: Path, settings: Any) -> Path:
    file = tmp_path / "stolen.txt"
    file.write_text("\n".join(["aaa", *STOLEN, "zzz"]) + "\n")
    settings.BREACHED_PASSWORDS_FILE = str(file)
    return file


def test_the_table_has_forty() -> None:
    assert len(TABLE) == 40


@pytest.mark.parametrize(("password", "why"), TABLE)
def test_each_of_forty(stolen: Path, password: str, why: str) -> None:
    user = User(email="ana.novak@example.com")
    if not why:
        validate_password(password, user)
        return
    with pytest.raises(ValidationError) as refused:
        validate_password(password, user)
    assert SAID[why] in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize("password", [word for word, why in TABLE if not why])
def test_every_accepted_one_signs_in_whole_and_not_in_part(north: str, password: str) -> None:
    user = somebody(password=password)
    assert by_api(browser(), user.email, password).status_code == 200
    page = browser()
    by_page(page, user.email, password)
    assert is_signed_in(page)
    assert by_api(browser(), user.email, password[:-1] or "x").status_code == 401
    assert by_api(browser(), user.email, password + "x").status_code in (400, 401)


def test_nothing_is_cut(north: str) -> None:
    user = somebody(password="a" * 72 + "b" * 200)
    for other in ("a" * 72, "a" * 72 + "c" * 200, "a" * 72 + "b" * 199):
        assert by_api(browser(), user.email, other).status_code == 401


def test_an_accent_is_the_same_however_the_keyboard_writes_it(north: str) -> None:
    composed = unicodedata.normalize("NFC", "naïve café déjà vu")
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    user = somebody(password=composed)
    assert by_api(browser(), user.email, apart).status_code == 200


# -- stolen ones ---------------------------------------------------------------------------------


def sha1(word: str) -> str:
    return hashlib.sha1(word.encode()).hexdigest().upper()


@pytest.mark.parametrize("shape", ["hash", "hash:count", "lower", "prefix", "crlf", "no end"])
def test_hashes_are_found_by_halving(tmp_path: Path, shape: str) -> None:
    words = [f"word {n}" for n in range(2000)]
    lines = sorted(sha1(word) for word in words)
    end = "\r\n" if shape == "crlf" else "\n"
    if shape == "hash:count":
        lines = [f"{line}:{n}" for n, line in enumerate(lines)]
    elif shape == "lower":
        lines = [line.lower() for line in lines]
    elif shape == "prefix":
        lines = [line[:16] for line in lines]
    file = tmp_path / "hashes"
    file.write_bytes((end.join(lines) + ("" if shape == "no end" else end)).encode())
    assert all(passwords.is_breached(word, str(file)) for word in words)
    assert not any(passwords.is_breached(f"other {n}", str(file)) for n in range(2000))


def test_lines_are_found_whole(tmp_path: Path) -> None:
    file = tmp_path / "words"
    file.write_bytes("first one\r\nzweite Straße\nthe last".encode())
    for word in ("first one", "zweite Straße", "the last"):
        assert passwords.is_breached(word, str(file))
    for word in (
        "first",
        "one",
        "zweite",
        "the last ",
        "he last",
        "first one\r\nzweite Straße",
        "x",
    ):
        assert not passwords.is_breached(word, str(file))


def test_a_plain_list_that_starts_with_digits_is_no_list_of_hashes(tmp_path: Path) -> None:
    file = tmp_path / "words"
    file.write_text("123456\npassword\nsomething longer\n")
    assert passwords.is_breached("something longer", str(file))


def test_an_empty_file_knows_nothing(tmp_path: Path) -> None:
    file = tmp_path / "empty"
    file.touch()
    assert not passwords.is_breached("x", str(file))


def test_the_page_says_that_it_was_stolen(north: str, stolen: Path) -> None:
    user = somebody()
    client = browser()
    by_page(client, user.email)
    body = {"oldpassword": PASSWORD, "password1": STOLEN[0], "password2": STOLEN[0]}
    answer = client.post("/accounts/password/change/", body)
    assert "lists of stolen passwords" in answer.content.decode()


def test_a_missing_file_stops_the_start() -> None:
    import os
    import subprocess
    import sys

    code = "import config.settings_test"
    env = {**os.environ, "BREACHED_PASSWORDS_FILE": "/nowhere/words"}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert ran.returncode != 0 and "there is no file /nowhere/words" in ran.stderr


# -- the demo's ----------------------------------------------------------------------------------


def test_the_demos_passwords_are_the_ones_named(settings: Any) -> None:
    from config.demo.signins import STAFF, sign_ins

    used = {s.password for s in sign_ins()} | {m.password for m in STAFF}
    assert used <= settings.SEED_PASSWORDS
    assert {"admin123", "password123", "customer123"} <= settings.SEED_PASSWORDS


@pytest.mark.parametrize("door", [by_page, by_api])
def test_a_seeded_person_signs_in_nowhere_but_in_the_demo(
    north: str, settings: Any, door: Any
) -> None:
    for word in settings.SEED_PASSWORDS:
        user = somebody(password=word)
        settings.DEMO = False
        client = browser()
        answer = door(client, user.email, word)
        assert answer.status_code in (200, 401) and not is_signed_in(client)
        assert "access_token" not in answer.content.decode()
        settings.DEMO = True
        assert door(browser(), user.email, word).status_code in (200, 302)


def test_a_seed_password_is_refused_for_its_own_sake(settings: Any) -> None:
    with pytest.raises(ValidationError, match="manual"):
        passwords.KnownPasswordValidator().validate("Admin123")
    settings.DEMO = True
    passwords.KnownPasswordValidator().validate("admin123")


# -- how they are kept ---------------------------------------------------------------------------


def test_the_hash_is_argon2id_with_its_strength(north: str, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    user = somebody(password=PASSWORD)
    _, kind, version, strength, _, _ = user.password.split("$")
    values = dict(part.split("=") for part in strength.split(","))
    assert (kind, version) == ("argon2id", "v=19")
    assert int(values["m"]) >= 19456 and int(values["t"]) >= 2


def test_signing_in_renews_an_older_hash(north: str, settings: Any) -> None:
    user = somebody()
    assert user.password.startswith("md5$")
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert by_api(browser(), user.email).status_code == 200
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")


def test_nobody_can_sign_in_on_a_fresh_bank(north: str) -> None:
    assert User.objects.count() == 0
    for name in ("admin", "admin@example.com", "john.doe@example.com", uuid.uuid4().hex):
        assert by_api(browser(), name, "admin123").status_code == 401
