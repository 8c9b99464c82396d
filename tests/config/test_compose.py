"""The container files: no engine is at hand, so their structure is read and held to its rules."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import load_command_class

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
ONE_SHOT = {"migrate", "seed"}
OURS = {"web", "worker", "beat", "migrate", "seed"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    return found


def example() -> dict[str, str]:
    lines = [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_everything_is_there(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"db", "redis", "mail"} | OURS


def test_every_lasting_service_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    for name in set(services) - ONE_SHOT:
        check = services[name]["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL") and len(check["test"]) > 1, name
        assert check["interval"] and check["timeout"] and check["retries"], name
    assert "/health/ready" in str(services["web"]["healthcheck"])


def test_start_order_waits_for_health_and_for_the_migration(
    services: dict[str, dict[str, Any]],
) -> None:
    healthy = {"condition": "service_healthy"}
    assert services["migrate"]["depends_on"] == {"db": healthy, "redis": healthy}
    for name in ("web", "worker", "beat", "seed"):
        assert services[name]["depends_on"] == {
            "db": healthy,
            "redis": healthy,
            "migrate": {"condition": "service_completed_successfully"},
        }, name


def test_profile_never_lacks_what_its_services_wait_for(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        for needed in service.get("depends_on", {}):
            assert set(service["profiles"]) <= set(services[needed]["profiles"]), (name, needed)
    assert {"app", "mail"} == set(example()["COMPOSE_PROFILES"].split(","))


def test_only_migration_knows_the_owner(services: dict[str, dict[str, Any]]) -> None:
    knowing = {
        name
        for name, service in services.items()
        if "MIGRATION_DATABASE_URL" in service.get("environment", {})
    }
    assert knowing == ONE_SHOT
    for name in OURS - ONE_SHOT:
        assert "OWNER_PASSWORD" not in str(services[name]["environment"])


def test_start_opens_the_operators_door_between_tables_and_rights(
    services: dict[str, dict[str, Any]],
) -> None:
    shell, flags, script = services["migrate"]["command"]
    assert (shell, flags) == ("sh", "-ec")  # -e: a step that fails keeps the others from starting
    commands = [line.split()[2] for line in script.splitlines()]
    assert commands == ["migrate_schemas", "create_installation", "grant_banks"]
    assert '--host "$$OPERATOR_HOST"' in script
    assert services["migrate"]["environment"]["OPERATOR_HOST"].startswith("${OPERATOR_HOST:?")
    assert set(commands) <= settings.OWNER_COMMANDS
    for command in commands[1:]:
        assert load_command_class("accounts.banks", command)


def test_ports_are_of_this_machine_alone(services: dict[str, dict[str, Any]]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_data_is_kept_in_named_volumes(services: dict[str, dict[str, Any]]) -> None:
    assert set(yaml.safe_load(COMPOSE)["volumes"]) == {"database", "media"}
    # From version 18 the image keeps its data one folder higher than before.
    assert "database:/var/lib/postgresql" in services["db"]["volumes"]
    assert "media:/app/.local/media" in services["web"]["volumes"]
    assert 'VOLUME ["/app/.local/media"]' in DOCKERFILE


def test_own_containers_have_no_powers(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        service = services[name]
        assert service["cap_drop"] == ["ALL"] and service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_images_are_of_a_stated_version(services: dict[str, dict[str, Any]]) -> None:
    for name in ("db", "redis", "mail"):
        tag = services[name]["image"].split(":")[1]
        assert re.match(r"v?\d+\.\d+", tag), name
    assert services["db"]["image"].startswith("postgres:18.")


def test_variables_of_compose_are_explained(services: dict[str, dict[str, Any]]) -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE))
    assert used and used <= set(example())
    for name in re.findall(r"\$\{(\w+):\?", COMPOSE):
        assert example()[name] == "", f"{name} is demanded, so the example must not answer it"


def test_variables_of_the_settings_are_explained() -> None:
    text = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', text)) | set(
        re.findall(r'required\(\s*"(\w+)"', text)
    )
    assert len(read) > 20
    assert read <= set(example())


def test_each_line_of_the_example_has_a_comment_and_no_secret() -> None:
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if line and not line.startswith("#"):
            assert lines[number - 1].startswith("# "), line
    values = example()
    assert (values["COUNTERFOIL_DEMO"], values["DEBUG"], values["HTTPS"]) == ("0", "0", "1")
    assert values["BIND"] == "127.0.0.1"
    secret = [name for name in values if re.search("KEY|PASS|DATABASE_URL", name)]
    assert len(secret) >= 8 and not any(values[name] for name in secret)


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_image_is_built_in_two_stages_and_runs_without_root() -> None:
    found = instructions()
    stages = [rest for word, rest in found if word == "FROM"]
    assert len(stages) == 2 and stages[0].endswith("AS build")
    assert all(re.search(r":3\.1[12]-slim", stage) for stage in stages)
    last = [index for index, (word, _) in enumerate(found) if word == "FROM"][-1]
    users = [rest for word, rest in found[last:] if word == "USER"]
    assert users == ["10001:10001"]
    after = found[[word for word, _ in found].index("USER") :]
    assert not any(word in ("RUN", "COPY", "ADD") for word, _ in after)


def test_image_installs_hashed_pins_and_collects_static_files() -> None:
    runs = " ".join(rest for word, rest in instructions() if word == "RUN")
    assert "--require-hashes" in runs and "requirements.txt" in runs
    assert "requirements-dev" not in DOCKERFILE
    assert "collectstatic --noinput" in runs
    commands = [rest for word, rest in instructions() if word == "CMD"]
    assert commands[-1].startswith('["gunicorn", "config.wsgi:application"')
    assert any(word == "HEALTHCHECK" for word, _ in instructions())
    assert not any(word == "ADD" for word, _ in instructions())


def test_image_leaves_out_secrets_history_and_tests() -> None:
    ignored = set((ROOT / ".dockerignore").read_text().splitlines())
    assert {".git", ".env", ".env.*", ".local", ".venv", "tests"} <= ignored


def test_roles_are_made_as_the_bundled_servers_make_them() -> None:
    script = ROOT / "deploy" / "postgres" / "10-roles.sh"
    assert subprocess.run(["/bin/sh", "-n", script], check=False).returncode == 0
    text = script.read_text()
    for role, roles in (("owner", "CREATEROLE"), ("app", "NOCREATEROLE")):
        assert f'CREATE ROLE "{role}" LOGIN NOSUPERUSER NOCREATEDB {roles} PASSWORD' in text
    assert 'GRANT CONNECT, TEMPORARY ON DATABASE counterfoil TO "app"' in text
    assert "REVOKE ALL ON DATABASE counterfoil FROM PUBLIC" in text


@pytest.mark.parametrize("script", ["config/embedded/setup.sh", ".ci/run"])
def test_shell_scripts_are_sound(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["/bin/sh", "-n", path], check=False).returncode == 0


def test_make_help_lists_every_command() -> None:
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    said = subprocess.run(
        ["make", "-C", ROOT, "help"], capture_output=True, text=True, check=True
    ).stdout
    for name in [
        "help",
        "setup",
        "demo",
        "dev",
        "down",
        "test",
        "check",
        "lint",
        "ci",
        "e2e",
        "bench",
    ]:
        assert re.search(rf"^  make {name} ", said, re.MULTILINE), name


@pytest.mark.trap("too-many-locks")
def test_database_has_locks_for_a_bank_of_many_tables(services: dict[str, dict[str, Any]]) -> None:
    assert "max_locks_per_transaction=256" in services["db"]["command"]
