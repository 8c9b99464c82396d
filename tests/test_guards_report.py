"""The report of the guards: a figure is kept only when its test passes, and with the version it was made at."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests import guards_report
from tests.guards import Figure, Guard
from tests.guards_report import FAILED, HELD, SKIPPED, Line, Outcome, merge
from tests.traps import TRAPS

OLD = Line(
    "G8", "tests/a.py::test_b", HELD, "fast", "abc1234", "2026-06-15", "0 changes", 1412, 7,
    "0 state changes",
)  # fmt: skip
NIGHTLY = replace(OLD, test="tests/a.py::test_b[full]", tier="nightly", n=90_000)
THERE = {OLD.function, NIGHTLY.function}


def test_a_figure_stands_beside_its_goal_with_its_tier_and_version() -> None:
    text = guards_report.guards_table([OLD], {"G8"})
    assert (
        "| G8 csrf_and_verbs | 0 state changes | 0 changes | 1,412 | 7 | `a.py::test_b` | fast "
        "| abc1234, 2026-06-15 |"
    ) in text


def test_a_failed_guard_says_so() -> None:
    text = guards_report.guards_table([replace(OLD, outcome=FAILED, reached="", n=0)], {"G8"})
    assert "**failed**" in text and "held" not in text


def test_a_guard_without_a_test_says_so() -> None:
    assert "no test was run" in guards_report.guards_table([], {"G39"})


def test_cases_that_say_the_same_are_one_line() -> None:
    cases = [replace(OLD, test=f"tests/a.py::test_b[{n}]", n=1) for n in range(75)]
    cases.append(replace(cases[0], test="tests/a.py::test_b[odd]", reached="another"))
    lines = guards_report.together(cases)
    assert [(line.test, line.n, line.cases) for line in lines] == [
        ("tests/a.py::test_b", 75, 75),
        ("tests/a.py::test_b[odd]", 1, 1),
    ]
    text = guards_report.guards_table(lines, {"G8"})
    assert "| 0 changes | 75 | 7 | `a.py::test_b`, 75 cases |" in text
    assert "| another | 1 | 7 | `a.py::test_b[odd]` |" in text and text.count("\n") == 3


def test_tests_without_a_figure_are_one_line_a_file() -> None:
    held = [replace(OLD, test=f"tests/a.py::test_{n}", reached="", n=0, cases=2) for n in range(3)]
    text = guards_report.guards_table([*held, OLD], {"G8"})
    assert "| held |  | 7 | `a.py`, 6 tests | fast |" in text and text.count("\n") == 3


def test_an_unknown_guard_is_refused(guard: Guard) -> None:
    try:
        guard("G999", reached="", n=0)
    except KeyError as error:
        assert "G999" in str(error)
    else:
        raise AssertionError("recorded")


# -- from one run to the next --------------------------------------------------------------------


def test_what_was_measured_now_takes_the_place_of_what_was_there() -> None:
    new = replace(OLD, version="def5678", at="2026-07-01", n=1500)
    assert merge([OLD, NIGHTLY], Outcome([new], THERE)) == [new, NIGHTLY]


def test_a_figure_of_a_slower_tier_stays_with_its_own_version() -> None:
    new = replace(OLD, version="def5678")
    lines = merge([NIGHTLY], Outcome([new], THERE))
    text = guards_report.guards_table(lines, {"G8"})
    assert "| nightly | abc1234, 2026-06-15 |" in text and "| fast | def5678, 2026-06-15 |" in text
    page = guards_report.page(lines, set(), tier="fast", version="def5678", parts="G8")
    assert "version def5678" in page and "were not measured again" in page
    assert "## Traps" in page and "tenant-client" in page
    part = guards_report.page(lines, {"traps"}, tier="fast", version="def5678", parts="traps")
    assert "G8 csrf" not in part and "tenant-client" in part


def test_a_test_that_fails_takes_its_old_figure_along() -> None:
    failed = replace(OLD, outcome=FAILED, reached="", version="def5678")
    assert merge([OLD], Outcome([failed], THERE)) == [failed]
    # And its failure goes when it holds again.
    assert merge([failed], Outcome([OLD], THERE)) == [OLD]


def test_a_test_that_is_gone_takes_its_figure_along() -> None:
    assert merge([OLD, NIGHTLY], Outcome([], {NIGHTLY.function})) == [NIGHTLY]


def test_a_test_that_could_not_run_here_leaves_an_earlier_figure() -> None:
    skipped = replace(OLD, outcome=SKIPPED, reached="", version="def5678")
    assert merge([OLD], Outcome([skipped], THERE)) == [OLD]
    assert merge([], Outcome([skipped], THERE)) == [skipped]
    assert "could not run here" in guards_report.guards_table([skipped], {"G8"})


def test_two_figures_of_one_test_are_both_replaced() -> None:
    two = [OLD, replace(OLD, reached="0 of others")]
    new = replace(OLD, version="def5678", reached="0 at all")
    assert merge(two, Outcome([new], THERE)) == [new]


def test_lines_come_back_as_they_were_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards_report, "KEPT", tmp_path / "guards.md")
    monkeypatch.setattr(guards_report, "LINES", tmp_path / "guards.jsonl")
    guards_report.keep([OLD, NIGHTLY], "# page")
    assert guards_report.read_lines(tmp_path / "guards.jsonl") == [OLD, NIGHTLY]
    assert json.loads((tmp_path / "guards.jsonl").read_text().splitlines()[0])["n"] == 1412
    assert guards_report.read_lines(tmp_path / "none") == []


def test_a_failed_test_records_no_figure() -> None:
    figure = Figure("G8", "0 changes", 1, None, "goal", OLD.test, "2026-06-15")
    ended = {OLD.test: ({"G8", "tenant-client"}, FAILED, "fast")}
    lines = guards_report.lines_of([figure], ended, "v")
    assert [(line.of, line.outcome, line.reached) for line in lines] == [
        ("G8", FAILED, ""),
        ("tenant-client", FAILED, ""),
    ]


# -- traps ---------------------------------------------------------------------------------------


def test_each_trap_is_listed_with_its_tests() -> None:
    held = replace(OLD, of="tenant-client", reached="")
    text = guards_report.traps_table([held, replace(held, test="tests/c.py::d", outcome=FAILED)])
    assert "| `a.py::test_b` held<br>`c.py::d` **failed** | abc1234, 2026-06-15 |" in text
    later = replace(held, version="def5678", test="tests/c.py::d")
    text = guards_report.traps_table([held, later])
    assert "`a.py::test_b` held (abc1234, 2026-06-15)<br>`c.py::d` held (def5678" in text
    assert text.count("\n") == len(TRAPS) + 1


def test_a_part_is_chosen_by_its_name() -> None:
    for marks, only, wanted in (
        ({"G8"}, set(), True),
        (set(), set(), False),
        ({"G8"}, {"G7"}, False),
        ({"tenant-client"}, {"traps"}, True),
        ({"G8", "tenant-client"}, {"tenant-client"}, True),
        ({"G8"}, {"traps"}, False),
    ):
        assert guards_report._is_wanted(marks, only) is wanted, (marks, only)
