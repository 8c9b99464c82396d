"""The report of the guards: a figure is kept only when its test passes."""

from tests import guards_report
from tests.guards import Figure, Guard
from tests.guards_report import Outcome


def test_a_figure_stands_beside_its_goal() -> None:
    figure = Figure(
        "G8", "0 changes", 1412, 7, "0 state changes", "tests/a.py::test_b", "2026-06-15"
    )
    text = guards_report.table(Outcome([figure]), {"G8"})
    assert (
        "| G8 csrf_and_verbs | 0 state changes | 0 changes | 1,412 | 7 | `a.py::test_b` |" in text
    )


def test_a_failed_guard_says_so() -> None:
    text = guards_report.table(Outcome(failed={"G8": ["tests/a.py::test_b"]}), {"G8"})
    assert "**failed**" in text


def test_a_guard_without_a_test_says_so() -> None:
    assert "no test in this tier" in guards_report.table(Outcome(), {"G39"})


def test_an_unknown_guard_is_refused(guard: Guard) -> None:
    try:
        guard("G999", reached="", n=0)
    except KeyError as error:
        assert "G999" in str(error)
    else:
        raise AssertionError("recorded")
