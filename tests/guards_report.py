"""`make guards-report`: runs the guards' and the traps' tests and sets what they reached beside what they must.

    python -m tests.guards_report [--tier all] [G7 G8 traps …] [--keep]

It may be run in parts: by guard (`traps` stands for the tests of tests/traps.py) and by tier. Each line says
with which version and on which day its figure was made. What this run measured takes the place of what was
there; a figure of a test that this run left out, such as one of a slower tier, stays with the version that
it was made at. A figure whose test is gone goes; a test that failed takes its old figure with it.

The page is printed; `--keep` writes it to docs/guards.md, and its lines to docs/guards.jsonl for the next
run. Ends with 1 when a marked test failed. A new guard needs a line in tests/guards.py GOALS and a test
marked `guard`, a trap one in tests/traps.py and a test marked `trap`; nothing here.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import guards
from tests.guards import GOALS, Figure
from tests.traps import TRAPS

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "docs" / "guards.md"
LINES = KEPT.with_suffix(".jsonl")
HELD, FAILED, SKIPPED = "held", "failed", "skipped"


@dataclass(frozen=True)
class Line:
    """What one test said of one guard or trap, and when; its cases that said the same are one line."""

    of: str
    test: str
    outcome: str
    tier: str
    version: str
    at: str
    reached: str = ""
    n: int = 0
    seed: int | str | None = None
    goal: str = ""
    cases: int = 1

    @property
    def function(self) -> tuple[str, str]:
        """The test without its case, and its tier: what a run measures as a whole."""
        return self.test.split("[")[0], self.tier


@dataclass
class Outcome:
    """What one run saw: its lines, and every test that there is, run or not, with its tier."""

    lines: list[Line] = field(default_factory=list)
    there: set[tuple[str, str]] = field(default_factory=set)

    @property
    def failed(self) -> list[Line]:
        return [line for line in self.lines if line.outcome == FAILED]


# Marks, how it ended, tier.
Ended = tuple[set[str], str, str]


class _Watcher:
    """A pytest plugin: chooses the marked tests, and keeps how each ended."""

    def __init__(self, only: set[str]) -> None:
        self.only = only
        self.there: set[tuple[str, str]] = set()
        self.ended: dict[str, Ended] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        self.there.add((item.nodeid.split("[")[0], guards.tier_of(item)))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        chosen = [i for i in items if _is_wanted(_marks(i), self.only)]
        kept = set(chosen)
        config.hook.pytest_deselected(items=[i for i in items if i not in kept])
        items[:] = chosen

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, Any]:
        report = yield
        _, before, _ = self.ended.get(item.nodeid, (set(), HELD, ""))
        now = {"failed": FAILED, "skipped": SKIPPED}.get(report.outcome, HELD)
        worst = FAILED if FAILED in (before, now) else SKIPPED if SKIPPED in (before, now) else HELD
        self.ended[item.nodeid] = (_marks(item), worst, guards.tier_of(item))
        return report


def _marks(item: pytest.Item) -> set[str]:
    return {str(mark.args[0]) for kind in ("guard", "trap") for mark in item.iter_markers(kind)}


def _is_wanted(marks: set[str], only: set[str]) -> bool:
    if not only:
        return bool(marks)
    return bool(marks & only) or ("traps" in only and bool(marks & TRAPS.keys()))


def run(tier: str, only: set[str], version: str) -> Outcome:
    """Runs the marked tests of one tier in this process."""
    watcher = _Watcher(only)
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        os.environ[guards.FILE] = file.name
        pytest.main(["tests", f"--tier={tier}", "-rs"], plugins=[watcher])
        figures = [Figure(**json.loads(line)) for line in file]
    return Outcome(lines_of(figures, watcher.ended, version), watcher.there)


def lines_of(figures: list[Figure], ended: dict[str, Ended], version: str) -> list[Line]:
    """One line a figure, and one for each test that ended without; a failed test's figures don't count."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    found: dict[tuple[str, str], list[Figure]] = {}
    for f in figures:
        found.setdefault((f.guard, f.test), []).append(f)
    lines = []
    for test, (marks, outcome, tier) in ended.items():
        for mark in sorted(marks):
            mine = found.get((mark, test), []) if outcome == HELD else []
            lines += [
                Line(mark, test, HELD, tier, version, f.at, f.reached, f.n, f.seed, f.goal)
                for f in mine
            ] or [Line(mark, test, outcome, tier, version, today)]
    return together(lines)


def together(lines: Iterable[Line]) -> list[Line]:
    """The cases of one test that said the same as one line, with their n added up."""
    groups: dict[Line, list[Line]] = {}
    for line in lines:
        groups.setdefault(replace(line, test=line.function[0], n=0, cases=1), []).append(line)
    return [
        group[0]
        if len(group) == 1
        else replace(one, n=sum(line.n for line in group), cases=len(group))
        for one, group in groups.items()
    ]


def _version() -> str:
    """The commit, with a + where files differ from it; the report's own files don't count."""

    def ask(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip()

    own = [f":!{path.relative_to(ROOT)}" for path in (KEPT, LINES)]
    changed = ask("status", "--porcelain", "--", ".", *own)
    return (ask("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


# -- from one run to the next --------------------------------------------------------------------


def merge(old: Iterable[Line], new: Outcome) -> list[Line]:
    """The lines of this run, and those of earlier ones whose tests are there and weren't measured now.

    A test that could not run here (a program is missing) leaves an earlier figure as it is.
    """
    measured = {(line.of, line.function) for line in new.lines if line.outcome != SKIPPED}
    kept = [
        line
        for line in old
        if line.function in new.there and (line.of, line.function) not in measured
    ]
    known = {(line.of, line.function) for line in kept}
    fresh = [
        line
        for line in new.lines
        if line.outcome != SKIPPED or (line.of, line.function) not in known
    ]
    return sorted(kept + fresh, key=lambda line: (line.of, line.test, line.reached))


def read_lines(path: Path = LINES) -> list[Line]:
    """The lines kept by earlier runs; none where there was none."""
    if not path.is_file():
        return []
    return [Line(**json.loads(text)) for text in path.read_text().splitlines()]


def keep(lines: Iterable[Line], text: str) -> None:
    KEPT.write_text(text)
    LINES.write_text("".join(f"{json.dumps(asdict(line), ensure_ascii=False)}\n" for line in lines))


# -- the page ------------------------------------------------------------------------------------


def page(lines: list[Line], only: set[str], *, tier: str, version: str, parts: str) -> str:
    """The whole page, or of it what `only` names; `tier` and `parts` say what the last run measured."""
    older = ""
    if {line.version for line in lines} - {version}:
        older = (
            f" Lines of another\nversion than {version} were not measured again by that run: they say what "
            "held then."
        )
    text = [
        "# What the guards reached",
        "Made by `make guards-report`; do not edit by hand. `0 of n` bounds the true rate at about 3/n\n"
        "(95 %), so n stands beside every figure; a seed given to the test runs the same cases again. A +\n"
        "after a version means that files differed from it.",
        f"Last run: version {version}, {datetime.now(UTC):%Y-%m-%d}, tier {tier}, {parts}.{older}",
    ]
    if not only or only & GOALS.keys():
        text.append(guards_table(lines, only))
    if not only or "traps" in only or only & TRAPS.keys():
        text += [
            "## Traps of the stack",
            "What was seen to happen with these parts, and the tests that go red when it can happen again.\n"
            "Most of them show the trap itself open where its guard is taken out.",
            traps_table(lines),
        ]
    return "\n\n".join(text) + "\n"


def guards_table(lines: list[Line], only: set[str]) -> str:
    """One line a figure; tests of one file that held without a figure are one line too."""
    rows = [
        "| guard | goal | reached | n | seed | test | tier | version, day |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, goal in GOALS.items():
        if only and name not in only:
            continue
        title = f"{name} {goal.name}"
        mine = [line for line in lines if line.of == name]
        for line in (*(x for x in mine if not _only_held(x)), *_by_file(mine)):
            n, seed = (
                (f"{line.n:,}" if line.reached else ""),
                line.seed if line.seed is not None else "",
            )
            rows.append(
                f"| {title} | {line.goal or goal.figure} | {_ended(line)} | {n} | {seed} | {_test(line)} "
                f"| {line.tier} | {line.version}, {line.at} |"
            )
        if not mine:
            rows.append(f"| {title} | {goal.figure} | no test was run | | | | | |")
    return "\n".join(rows)


def _only_held(line: Line) -> bool:
    return line.outcome == HELD and not line.reached


def _by_file(lines: list[Line]) -> list[Line]:
    held = [replace(line, test=line.test.split("::")[0]) for line in lines if _only_held(line)]
    groups: dict[Line, list[Line]] = {}
    for line in held:
        groups.setdefault(replace(line, cases=1), []).append(line)
    return [replace(one, cases=sum(x.cases for x in group)) for one, group in groups.items()]


def _ended(line: Line) -> str:
    says = {FAILED: "**failed**", SKIPPED: "could not run here", HELD: "held"}
    return line.reached or says[line.outcome]


def _test(line: Line) -> str:
    of = "" if line.cases == 1 else f", {line.cases} {'cases' if '::' in line.test else 'tests'}"
    return f"`{line.test.removeprefix('tests/')}`{of}"


def traps_table(lines: list[Line]) -> str:
    """A trap's tests; the version stands once where all ran with the same."""
    rows = [
        "| trap | what happens | seen with | tests and how they ended | version, day |",
        "|---|---|---|---|---|",
    ]
    for name, trap in TRAPS.items():
        mine = [replace(line, reached="") for line in lines if line.of == name]
        made = {f"{line.version}, {line.at}" for line in mine}
        alone = len(made) > 1
        said = [
            f"{_test(line)} {_ended(line)}" + (f" ({line.version}, {line.at})" if alone else "")
            for line in mine
        ]
        if trap.not_yet:
            said = [f"not used yet: {trap.not_yet}"]
        rows.append(
            f"| {name} | {trap.happens} | {trap.seen} | {'<br>'.join(said) or 'no test was run'} "
            f"| {'' if alone else ''.join(made)} |"
        )
    return "\n".join(rows)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="guards_report")
    parser.add_argument("guards", nargs="*", help="only these, such as G7, or traps")
    parser.add_argument("--tier", choices=(*guards.TIERS, "all"), default="all")
    parser.add_argument("--keep", action="store_true", help="write docs/guards.md")
    given = parser.parse_args(arguments)
    only = set(given.guards)
    if unknown := sorted(only - GOALS.keys() - TRAPS.keys() - {"traps"}):
        parser.error(f"no such guard or trap: {', '.join(unknown)}")
    version = _version()
    outcome = run(given.tier, only, version)
    lines = merge(read_lines(), outcome)
    about = {
        "tier": given.tier,
        "version": version,
        "parts": ", ".join(sorted(only)) or "all guards and traps",
    }
    print(f"\n{page(lines, only, **about)}")
    if given.keep:
        keep(lines, page(lines, set(), **about))
    for line in outcome.failed:
        print(f"failed: {line.of} {line.test}")
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
