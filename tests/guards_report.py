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
from dataclasses import asdict, dataclass, field
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
    """What one test said of one guard or trap, and when."""

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


@dataclass
class Outcome:
    """What one run saw: its lines, and every test that there is, run or not."""

    lines: list[Line] = field(default_factory=list)
    there: set[str] = field(default_factory=set)

    @property
    def failed(self) -> list[Line]:
        return [line for line in self.lines if line.outcome == FAILED]


class _Watcher:
    """A pytest plugin: chooses the marked tests, and keeps how each ended."""

    def __init__(self, only: set[str]) -> None:
        self.only = only
        self.there: set[str] = set()
        self.ended: dict[str, tuple[set[str], str, str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        self.there.add(item.nodeid)

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


def run(tier: str, only: set[str]) -> Outcome:
    """Runs the marked tests of one tier in this process."""
    watcher, now = _Watcher(only), _version()
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        os.environ[guards.FILE] = file.name
        pytest.main(["tests", f"--tier={tier}", "-rs"], plugins=[watcher])
        figures = [Figure(**json.loads(line)) for line in file]
    return Outcome(_lines(figures, watcher.ended, now), watcher.there)


def _lines(
    figures: list[Figure], ended: dict[str, tuple[set[str], str, str]], version: str
) -> list[Line]:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = []
    for test, (marks, outcome, tier) in ended.items():
        for mark in sorted(marks):
            found = [f for f in figures if (f.guard, f.test) == (mark, test)]
            if outcome == HELD and found:
                lines += [
                    Line(mark, test, HELD, tier, version, f.at, f.reached, f.n, f.seed, f.goal)
                    for f in found
                ]
            else:
                lines.append(Line(mark, test, outcome, tier, version, today))
    return lines


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
    earlier = [line for line in old if line.test in new.there]
    measured = {(line.of, line.test) for line in new.lines if line.outcome != SKIPPED}
    kept = [line for line in earlier if (line.of, line.test) not in measured]
    known = {(line.of, line.test) for line in kept}
    fresh = [n for n in new.lines if n.outcome != SKIPPED or (n.of, n.test) not in known]
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


def page(lines: list[Line], only: set[str], tier: str) -> str:
    made = {line.version for line in lines}
    now = _version()
    older = ""
    if made - {now}:
        older = (
            f" Lines of another version than {now} were not measured again by the last run:\n"
            "they say what held then."
        )
    parts = [
        "# What the guards reached",
        "Made by `make guards-report`; do not edit by hand. `0 of n` bounds the true rate at about 3/n\n"
        "(95 %), so n stands beside every figure; a seed given to the test runs the same cases again. A +\n"
        "after a version means that files differed from it.",
        f"Last run: version {now}, {datetime.now(UTC):%Y-%m-%d}, tier {tier},"
        f" {', '.join(sorted(only)) or 'all guards and traps'}.{older}",
        guards_table(lines, only),
    ]
    if not only or "traps" in only or only & TRAPS.keys():
        parts += [
            "## Traps of the stack",
            "What was seen to happen with these parts, and the tests that go red when it can happen again.\n"
            "Most of them show the trap itself open where its guard is taken out.",
            traps_table(lines),
        ]
    return "\n\n".join(parts) + "\n"


def guards_table(lines: list[Line], only: set[str]) -> str:
    """One line a figure; the cases of one test that say the same are one, with their n added up."""
    rows = [
        "| guard | goal | reached | n | seed | test | tier | version, day |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, goal in GOALS.items():
        if only and name not in only:
            continue
        title = f"{name} {goal.name}"
        mine = [line for line in lines if line.of == name]
        for (reached, test, *_), group in _alike(mine, by_file=True).items():
            one = group[0]
            n = f"{sum(line.n for line in group):,}" if one.reached else ""
            seed = "" if one.seed is None else one.seed
            rows.append(
                f"| {title} | {one.goal or goal.figure} | {reached} | {n} | {seed} | {test} "
                f"| {one.tier} | {one.version}, {one.at} |"
            )
        if not mine:
            rows.append(f"| {title} | {goal.figure} | no test was run | | | | | |")
    return "\n".join(rows)


def _alike(lines: list[Line], by_file: bool = False) -> dict[tuple[Any, ...], list[Line]]:
    """Lines by what they say, cases of one test together; `by_file`, tests that only held as well."""
    groups: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        function = line.test.split("[")[0]
        if by_file and line.outcome == HELD and not line.reached:
            function = line.test.split("::")[0]
        says = {FAILED: "**failed**", SKIPPED: "could not run here", HELD: "held"}[line.outcome]
        key = (
            line.reached or says,
            function,
            line.goal,
            line.seed,
            line.tier,
            line.version,
            line.at,
        )
        groups.setdefault(key, []).append(line)
    named = {}
    for (reached, function, *rest), group in groups.items():
        one, cases = (
            _short(group[0].test),
            f"{len(group)} {'cases' if '::' in function else 'tests'}",
        )
        test = one if len(group) == 1 else _short(f"{function}") + f", {cases}"
        named[(reached, test, *rest)] = group
    return named


def traps_table(lines: list[Line]) -> str:
    rows = ["| trap | what happens | seen with | tests and how they ended |", "|---|---|---|---|"]
    for name, trap in TRAPS.items():
        mine = [line for line in lines if line.of == name]
        said = [
            f"{test} {reached} ({group[0].version}, {group[0].at})"
            for (reached, test, *_), group in _alike(mine).items()
        ]
        if trap.not_yet:
            said = [f"not used yet: {trap.not_yet}"]
        rows.append(
            f"| {name} | {trap.happens} | {trap.seen} | {'<br>'.join(said) or 'no test was run'} |"
        )
    return "\n".join(rows)


def _short(nodeid: str) -> str:
    return f"`{nodeid.removeprefix('tests/')}`"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="guards_report")
    parser.add_argument("guards", nargs="*", help="only these, such as G7, or traps")
    parser.add_argument("--tier", choices=(*guards.TIERS, "all"), default="all")
    parser.add_argument("--keep", action="store_true", help="write docs/guards.md")
    given = parser.parse_args(arguments)
    only = set(given.guards)
    if unknown := sorted(only - GOALS.keys() - TRAPS.keys() - {"traps"}):
        parser.error(f"no such guard or trap: {', '.join(unknown)}")
    outcome = run(given.tier, only)
    lines = merge(read_lines(), outcome)
    print(f"\n{page(lines, only, given.tier)}")
    if given.keep:
        keep(lines, page(lines, set(), given.tier))
    for line in outcome.failed:
        print(f"failed: {line.of} {line.test}")
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
