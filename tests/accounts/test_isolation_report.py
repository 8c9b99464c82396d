"""The isolation proof: its file, its hashes, its page for bank admins, and that a failed sweep leaves none."""

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.customers.models import BankProfile
from accounts.isolation import report, source_tree
from accounts.isolation.source_tree import SourceTree
from accounts.models import Role, User
from tests import isolation_report
from tests.conftest import HOSTS, NORTH, REPO
from tests.factories import make_person

PAGE, FILE = "/admin/isolation/", "/admin/isolation/report.json"


def written(source: SourceTree | None = None, **counts: int) -> str:
    return report.make(
        version="1.2.3", made_at=datetime(2026, 6, 15, 9, 30, tzinfo=UTC),
        counts={**dict.fromkeys(report.COUNTS, 7), "answers": 12345, **counts},
        roles=["anonymous", "admin"], tests=["tests/sweep/test_routes.py::test_role_matrix"],
        source=source or source_tree.running(),
    )  # fmt: skip


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the report stands in this test; nothing is there yet."""
    monkeypatch.setattr(report, "PATH", tmp_path / "report.json")
    yield report.PATH


@pytest.fixture
def ada_client(north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client


# -- the file ------------------------------------------------------------------------------------


def test_a_report_reads_back_and_says_nothing_of_the_machine(shipped: Path) -> None:
    shipped.write_text(written())
    found = report.read()
    assert found is not None and found.counts["answers"] == 12345 and found.leaks == 0
    assert found.is_of(source_tree.running()) and found.made_at.hour == 9
    assert str(settings.BASE_DIR) not in shipped.read_text()


@pytest.mark.parametrize(
    ("old", "new"), [("12345", "99999"), ('"leaks": 0', '"leaks": 1'), ("1.2.3", "1.2.4"), ("admin", "x")]
)  # fmt: skip
def test_a_changed_report_is_told(old: str, new: str) -> None:
    text = written().replace(old, new)
    with pytest.raises(report.BadReport, match="changed after it was made"):
        report.parse(text.encode())


@pytest.mark.parametrize("text", ["", "[]", "{}", "\x00", '{"format": 1}', '{"format": 2}', "null"])
def test_what_is_no_report_is_told(text: str) -> None:
    with pytest.raises(report.BadReport):
        report.parse(text.encode())


def test_a_sweep_that_counted_too_little_makes_no_report() -> None:
    with pytest.raises(report.BadReport, match="cache_keys"):
        written(cache_keys=0)
    with pytest.raises(report.BadReport, match="of_something_new"):
        written(of_something_new=1)


@pytest.mark.skipif(not shutil.which("jq"), reason="no jq here")
def test_the_hash_is_checked_by_hand_as_the_page_says(shipped: Path) -> None:
    shipped.write_text(written())
    command = ["jq", "-cjS", "del(.sha256)", str(shipped)]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    assert hashlib.sha256(said).hexdigest() == json.loads(shipped.read_text())["sha256"]


# -- the code ------------------------------------------------------------------------------------


def test_the_code_is_hashed_by_hand_as_the_page_says() -> None:
    said = subprocess.run(
        source_tree.by_hand(), shell=True, cwd=REPO, capture_output=True, text=True, check=True
    )
    assert said.stdout.split()[0] == source_tree.digest(REPO).sha256


def test_every_change_of_the_code_changes_its_hash(tmp_path: Path) -> None:
    (tmp_path / "accounts" / "isolation").mkdir(parents=True)
    code = tmp_path / "accounts" / "models.py"
    code.write_text("one")
    first = source_tree.digest(tmp_path)
    for made in ("accounts/.hidden", "accounts/models.pyc", source_tree.LEFT_OUT, "other.py"):
        (tmp_path / made).write_text("x")
    assert source_tree.digest(tmp_path) == first and first.files == 1
    code.write_text("two")
    second = source_tree.digest(tmp_path)
    code.rename(code.with_name("views.py"))
    third = source_tree.digest(tmp_path)
    (tmp_path / "manage.py").write_text("")
    assert (
        len({first.sha256, second.sha256, third.sha256, source_tree.digest(tmp_path).sha256}) == 4
    )


def test_all_of_the_product_is_hashed() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    apps = set(project["tool"]["importlinter"]["root_packages"])
    assert apps | {"templates", "static", "locale"} == set(source_tree.FOLDERS)


# -- the page ------------------------------------------------------------------------------------


def test_the_page_says_what_was_swept_and_of_which_code(ada_client: Client, shipped: Path) -> None:
    shipped.write_text(written())
    page = ada_client.get(PAGE).content.decode()
    assert "Proved for the code that runs here" in page and "12,345" in page and "1.2.3" in page
    for label in report.COUNTS.values():
        assert str(label) in page
    assert json.loads(written())["sha256"] in page and source_tree.running().sha256 in page
    assert str(settings.BASE_DIR) not in page
    answer = ada_client.get(FILE)
    assert answer.content == shipped.read_bytes()
    assert answer["Content-Disposition"] == 'attachment; filename="isolation-report.json"'
    assert PAGE in ada_client.get("/admin/").content.decode()


def test_a_proof_of_other_code_is_no_proof_of_this(ada_client: Client, shipped: Path) -> None:
    shipped.write_text(written(SourceTree("0" * 64, 3)))
    page = ada_client.get(PAGE).content.decode()
    assert "Proved for other code than runs here" in page
    assert "Proved for the code that runs here" not in page


def test_without_a_report_the_page_says_so(ada_client: Client, shipped: Path) -> None:
    assert "There is no proof here" in ada_client.get(PAGE).content.decode()
    assert ada_client.get(FILE).status_code == 404
    shipped.write_text(written().replace("12345", "99999"))
    page = ada_client.get(PAGE).content.decode()
    assert "The proof is damaged" in page and "99,999" not in page
    assert ada_client.get(FILE).status_code == 404


def test_it_is_for_admins_alone(north: str, shipped: Path) -> None:
    shipped.write_text(written())
    for role in (None, Role.CUSTOMER, Role.VIEWER, Role.ANALYST):
        client = Client(HTTP_HOST=HOSTS[NORTH])
        if role:
            client.force_login(make_person(role=role))
        for url in (PAGE, FILE):
            answer = client.get(url, follow=True)
            assert b"12,345" not in answer.content and b"12345" not in answer.content
            assert answer.status_code == (403 if role else 200), f"{url} as {role}"


# -- the commands --------------------------------------------------------------------------------


def test_the_command_says_whether_it_is_of_this_code(shipped: Path, capsys: Any) -> None:
    with pytest.raises(CommandError, match="no report"):
        call_command("check_isolation_report")
    shipped.write_text(written())
    call_command("check_isolation_report")
    assert "It is of this very code" in capsys.readouterr().out
    other = shipped.with_name("other.json")
    other.write_text(written(SourceTree("0" * 64, 3)))
    with pytest.raises(SystemExit) as ended:
        call_command("check_isolation_report", other)
    assert ended.value.code == 1 and "It is of other code" in capsys.readouterr().out
    shipped.write_text(re.sub("12345", "1", written()))
    with pytest.raises(CommandError, match="hash"):
        call_command("check_isolation_report")


PROBE = """
import pytest

@pytest.mark.guard("G1")
def test_one(record_property):
    {body}
    for name in {names}:
        record_property(f"isolation:{{name}}", 3)
"""


@pytest.mark.parametrize(
    ("body", "names", "good"),
    [
        ("pass", list(report.COUNTS), True),
        ("assert False", list(report.COUNTS), False),
        ("pytest.skip()", list(report.COUNTS), False),
        ("pass", list(report.COUNTS)[1:], False),
        ("", None, False),
    ],
    ids=["passed", "failed", "skipped", "uncounted", "nothing collected"],
)
def test_only_a_sweep_that_passed_leaves_a_report(
    tmp_path: Path, body: str, names: list[str] | None, good: bool
) -> None:
    """In a process of its own: a report that stood there is gone when the sweep did not pass."""
    test, path = tmp_path / "test_probe.py", tmp_path / "report.json"
    test.write_text(PROBE.format(body=body, names=names) if names else "")
    path.write_text(written())
    script = (
        "import sys; from pathlib import Path; from tests.isolation_report import sweep\n"
        f"sys.exit(sweep(Path({str(path)!r}), [{str(test)!r}, '-p', 'tests.guards', '-q',"
        f" '--rootdir={tmp_path}', '-c', '/dev/null', '-p', 'no:django', '-p', 'no:cacheprovider']))"
    )
    ended = subprocess.run(
        [isolation_report.sys.executable, "-c", script], cwd=REPO, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (ended.returncode == 0) == good, ended.stdout + ended.stderr
    assert path.exists() == good
    if good:
        assert report.parse(path.read_bytes()).tests == ("test_probe.py::test_one",)
    else:
        assert "No isolation report" in ended.stdout


def test_the_sweeps_hour_is_said_by_the_banks_clock(shipped: Path, ada_client: Client) -> None:
    shipped.write_text(written())
    BankProfile.objects.update(time_zone="Europe/Berlin")
    page = ada_client.get(PAGE).content.decode()
    assert "2026-06-15 11:30 CEST" in page and "11:30 UTC" not in page
