"""The guards: what each promises, and one fixture by which a test says how far it came.

A guard's test is marked and records its figures when its assertions have held:

    @pytest.mark.guard("G8")
    def test_no_door_writes_by_get(guard: Guard) -> None:
        ...
        guard("G8", reached="0 changes", n=412, seed=7)

Several tests may record one guard; each is a line. The lines are shown at the end of the run, and
appended as JSON to the file that `GUARDS_FILE` names. `make guards-report` runs every marked test and sets
them beside the goals below (tests/guards_report.py).
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

FILE = "GUARDS_FILE"
# fast: every change; nightly: each night; release: before one.
TIERS = ("fast", "nightly", "release")


@dataclass(frozen=True)
class Goal:
    name: str
    figure: str


GOALS: dict[str, Goal] = {
    "G1": Goal("isolation_sweep", "100 % of routes swept; 0 leaks; foreign id = missing id"),
    "G2": Goal("role_matrix", "100 % of role × route × method cells asserted"),
    "G3": Goal("field_matrix", "0 unknown keys, 0 protected writes"),
    "G4": Goal("tenant_mix", "0 canary crossings, 0 rows in the wrong schema (40k requests, 4k tasks)"),
    "G5": Goal("jwt_attacks", "≥ 30 mutations: 100 % 401, 0 5xx; reuse kills the family"),
    "G6": Goal("login_bruteforce", "≤ 10 checks per account and 30 min; owner enters; gap ≤ 5 ms"),
    "G7": Goal("headers_crawl", "100 % of responses right, 0 CSP violations, deploy check = 0"),
    "G8": Goal("csrf_and_verbs", "100 % 403; 0 state changes by GET"),
    "G10": Goal("import_fuzz", "0 crashes; every row booked, rejected or no transaction"),
    "G11": Goal(
        "reject_report",
        "100 % carry line, column, code, text; the mended file books exactly the rest",
    ),
    "G12": Goal("resource_bombs", "refused ≤ 2 s, RSS + ≤ 100 MB"),
    "G13": Goal("kill9_import", "0 lost, 0 doubled, 0 partial; done ≤ 60 s after the last kill"),
    "G14": Goal("double_delivery", "ledger unchanged to the row; genuine equal purchases both kept"),
    "G15": Goal("redis_wiped", "byte-equal to an undisturbed night; resumes ≤ 60 s"),
    "G16": Goal("pg_restart", "0 lost; failures only 503 + Retry-After; 0 stuck connections"),
    "G19": Goal("nightly_exactly_once", "one committed run per bank, day and job; start ≤ 2 min late"),
    "G20": Goal(
        "idempotency",
        "1 effect of 50; replay equal; other body 422; in flight 409; other user/bank apart; key ≤ 255",
    ),
    "G21": Goal("plaid_histories", "mirror = truth, diff 0; cursor in the rows' transaction"),
    "G22": Goal("webhook_in_out", "forgeries 100 % 401 with 0 rows; valid ack ≤ 200 ms"),
    "G24": Goal("csv_injection", "0 formula cells; negatives stay numbers; round trip equal"),
    "G25": Goal("redos", "refused or ≤ 50 ms per evaluation"),
    "G26": Goal("money_exact", "0 minor units of difference; lint bans float"),
    "G33": Goal("audit_chain", "1 entry per act, sealed ≤ 10 s; 100 % of tamperings found"),
    "G34": Goal("no_secrets", "0 hits; CR/LF injection 0"),
    "G38": Goal("lost_update", "0 lost updates of 1,000 interleavings"),
    "G39": Goal("db_roles", "100 % refused; ≤ 20 µs per query"),
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One line of the report: what a test reached, over how many cases, by which seed."""

    guard: str
    reached: str
    n: int
    seed: int | str | None
    goal: str
    test: str
    at: str


Guard = Callable[..., None]


@dataclass
class _Recorded:
    figures: list[Figure] = field(default_factory=list)


_RECORDED = pytest.StashKey[_Recorded]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tier",
        choices=(*TIERS, "all"),
        default="fast",
        help="which tests run: fast (no mark), nightly, release, or all",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RECORDED] = _Recorded()
    config.addinivalue_line("markers", "guard(name): proves one guard of docs/guards.md")
    config.addinivalue_line("markers", "nightly: too long for every change; runs each night")
    config.addinivalue_line("markers", "release: runs before a release")


def tier_of(item: pytest.Item) -> str:
    for tier in ("release", "nightly"):
        if item.get_closest_marker(tier):
            return tier
    return "fast"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--tier")
    if wanted == "all":
        return
    left_out = [item for item in items if tier_of(item) != wanted]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if tier_of(item) == wanted]


@pytest.fixture
def guard(request: pytest.FixtureRequest) -> Iterator[Guard]:
    """Records what this test reached; kept only when the test passes."""
    found: list[Figure] = []

    def record(
        name: str, *, reached: str, n: int, seed: int | str | None = None, goal: str = ""
    ) -> None:
        found.append(
            Figure(
                name, reached, n, seed, goal or GOALS[name].figure, request.node.nodeid,
                datetime.now(UTC).strftime("%Y-%m-%d"),
            )
        )  # fmt: skip

    request.node.stash[_FOUND] = found
    yield record


_FOUND = pytest.StashKey[list[Figure]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    report = yield
    if report.when == "call" and report.passed and (found := item.stash.get(_FOUND, None)):
        item.config.stash[_RECORDED].figures += found
        if path := os.environ.get(FILE):
            with Path(path).open("a") as file:
                file.writelines(json.dumps(asdict(f), ensure_ascii=False) + "\n" for f in found)
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    figures = config.stash[_RECORDED].figures
    if figures:
        terminalreporter.section("guards")
    # The cases of one test that reached the same are one line.
    counts: dict[tuple[str, str, str, int | str | None], int] = {}
    for f in figures:
        key = (f.guard, f.reached, f.goal, f.seed)
        counts[key] = counts.get(key, 0) + f.n
    for (name, reached, goal, seed), n in counts.items():
        said = "" if seed is None else f" seed={seed}"
        terminalreporter.line(f"{name:<4} reached: {reached} | goal: {goal} | n={n}{said}")
