"""`make isolation-report`: runs the sweep over the twin banks and writes the proof that ships with the product.

    python -m tests.isolation_report [--to FILE]

Runs every fast test of the guards G1, G2 and G4. When one fails, errs or is skipped, or a count is missing,
no report is written and the one that stands there is removed: a proof is never older than a failure. Ends
with 1 then.
"""

import argparse
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.isolation import report, source_tree

ROOT = Path(__file__).resolve().parent.parent
MATRIX = ROOT / "tests" / "sweep" / "matrix.txt"
GUARDS = {"G1", "G2", "G4"}
PREFIX = "isolation:"


@dataclass(eq=False)
class Watcher:
    """A pytest plugin: chooses the tests, keeps what they counted and which did not pass."""

    counts: Counter[str] = field(default_factory=Counter)
    passed: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        chosen = [i for i in items if GUARDS & {m.args[0] for m in i.iter_markers("guard")}]
        config.hook.pytest_deselected(items=[i for i in items if i not in chosen])
        items[:] = chosen

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome != "passed":
            self.others.add(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.others.add(report.nodeid)
        elif report.when == "call":
            self.passed.add(report.nodeid)
            for name, n in report.user_properties:
                if name.startswith(PREFIX) and isinstance(n, int):
                    self.counts[name.removeprefix(PREFIX)] += n


def roles() -> list[str]:
    """Who was asked, as the reviewed table's first section says."""
    lines = MATRIX.read_text().splitlines()
    return next(line.split()[2:] for line in lines if line.startswith("# roles: "))


def sweep(path: Path, arguments: list[str]) -> int:
    """Runs pytest with `arguments` and writes the report to `path`, or removes it. Returns the exit code."""
    before = source_tree.digest(ROOT)
    watcher = Watcher()
    code = pytest.main(arguments, plugins=[watcher])
    problems = sorted(watcher.others)
    if code:
        problems.append(f"pytest ended with {int(code)}")
    if source_tree.digest(ROOT) != before:
        problems.append("the code was changed while it was swept")
    if not problems:
        try:
            text = report.make(
                version=tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
                made_at=datetime.now(UTC), counts=watcher.counts, roles=roles(),
                tests=watcher.passed, source=before,
            )  # fmt: skip
        except report.BadReport as problem:
            problems.append(str(problem))
        else:
            path.write_text(text)
            print(f"\n{path.name}: {sum(watcher.counts.values()):,} counted, 0 leaks.")
            return 0
    path.unlink(missing_ok=True)
    print("\nNo isolation report: " + "; ".join(problems))
    return 1


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="isolation_report")
    parser.add_argument("--to", type=Path, default=report.PATH, help="where the report goes")
    path = parser.parse_args(given).to
    return sweep(path, ["tests", "--tier=fast", "-rs"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
