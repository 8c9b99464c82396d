"""`make guards-report`: runs the guards' tests and sets what they reached beside what they must.

    python -m tests.guards_report [--tier all] [G7 G8 …] [--keep]

The table is printed; `--keep` writes it to docs/guards.md too. Ends with 1 when a marked test failed.
A new guard needs a line in tests/guards.py GOALS and a test marked `guard`; nothing here.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import guards
from tests.guards import GOALS, Figure

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "docs" / "guards.md"


@dataclass
class Outcome:
    """What one run saw: the figures, and which marked tests did not hold or could not run."""

    figures: list[Figure] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=dict)
    skipped: dict[str, list[str]] = field(default_factory=dict)


class _Watcher:
    """A pytest plugin: chooses the marked tests, and keeps the names of those that did not pass."""

    def __init__(self, outcome: Outcome, only: set[str]) -> None:
        self.outcome, self.only = outcome, only

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        marked = [i for i in items if (g := _guards_of(i)) and (not self.only or g & self.only)]
        config.hook.pytest_deselected(items=[i for i in items if i not in marked])
        items[:] = marked

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> object:
        report = yield
        kept = {"failed": self.outcome.failed, "skipped": self.outcome.skipped}.get(report.outcome)
        if kept is not None:
            for guard in _guards_of(item):
                kept.setdefault(guard, []).append(item.nodeid)
        return report


def _guards_of(item: pytest.Item) -> set[str]:
    return {str(mark.args[0]) for mark in item.iter_markers("guard")}


def run(tier: str, only: set[str]) -> Outcome:
    """Runs the marked tests of one tier in this process."""
    outcome = Outcome()
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        os.environ[guards.FILE] = file.name
        pytest.main(["tests", f"--tier={tier}", "-rs"], plugins=[_Watcher(outcome, only)])
        outcome.figures = [Figure(**json.loads(line)) for line in file]
    return outcome


def table(outcome: Outcome, only: set[str]) -> str:
    """Markdown: one line a figure; a guard without one says why."""
    lines = ["| guard | goal | reached | n | seed | test |", "|---|---|---|---|---|---|"]
    for name, goal in GOALS.items():
        if only and name not in only:
            continue
        title = f"{name} {goal.name}"
        mine = [f for f in outcome.figures if f.guard == name]
        for f in mine:
            seed = "" if f.seed is None else f.seed
            lines.append(
                f"| {title} | {f.goal} | {f.reached} | {f.n:,} | {seed} | {_short(f.test)} |"
            )
        for word, tests in (
            ("**failed**", outcome.failed.get(name, [])),
            ("not run here", outcome.skipped.get(name, [])),
        ):
            lines += [f"| {title} | {goal.figure} | {word} | | | {_short(t)} |" for t in tests]
        if not mine and name not in outcome.failed and name not in outcome.skipped:
            lines.append(f"| {title} | {goal.figure} | no test in this tier | | | |")
    return "\n".join(lines)


def _short(nodeid: str) -> str:
    return f"`{nodeid.removeprefix('tests/')}`"


def page(outcome: Outcome, only: set[str], tier: str) -> str:
    version = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()  # fmt: skip
    return (
        "# What the guards reached\n\n"
        "Made by `make guards-report`; do not edit by hand. `0 of n` bounds the true rate at about 3/n\n"
        "(95 %), so n stands beside every figure; a seed given to the test runs the same cases again.\n\n"
        f"Tests: {tier}. Version {version or 'unknown'}, {datetime.now(UTC):%Y-%m-%d}.\n\n"
        f"{table(outcome, only)}\n"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="guards_report")
    parser.add_argument("guards", nargs="*", help="only these, such as G7")
    parser.add_argument("--tier", choices=(*guards.TIERS, "all"), default="all")
    parser.add_argument("--keep", action="store_true", help="write docs/guards.md")
    given = parser.parse_args(arguments)
    only = set(given.guards)
    if unknown := sorted(only - GOALS.keys()):
        parser.error(f"no such guard: {', '.join(unknown)}")
    outcome = run(given.tier, only)
    text = page(outcome, only, given.tier)
    print(f"\n{text}")
    if given.keep:
        KEPT.write_text(text)
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
