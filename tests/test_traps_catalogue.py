"""Every trap of tests/traps.py has a marked test or says why not; every mark names one of them."""

import ast
from pathlib import Path

from tests.traps import TRAPS, Trap

TESTS = Path(__file__).resolve().parent


def marked() -> dict[str, list[str]]:
    """The tests that carry each name, read off the files: a run of a few files sees all of them."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for name in names_of(node):
                    found.setdefault(name, []).append(f"{path.name}::{node.name}")
    return found


def names_of(test: ast.FunctionDef) -> list[str]:
    marks = [d for d in test.decorator_list if isinstance(d, ast.Call)]
    return [
        ast.literal_eval(mark.args[0])
        for mark in marks
        if ast.unparse(mark.func) == "pytest.mark.trap"
    ]


def problems(traps: dict[str, Trap], tests: dict[str, list[str]]) -> list[str]:
    unguarded = [f"{n}: no test" for n, t in traps.items() if not t.not_yet and n not in tests]
    both = [
        f"{n}: has a test and a reason for none"
        for n, t in traps.items()
        if t.not_yet and n in tests
    ]
    unknown = [f"{n}: no such trap ({', '.join(tests[n])})" for n in tests if n not in traps]
    return unguarded + both + unknown


def test_each_trap_has_a_test_and_each_mark_a_trap() -> None:
    assert problems(TRAPS, marked()) == []
    assert len(TRAPS) >= 25
    assert all(t.happens and t.seen and "|" not in t.happens + t.seen for t in TRAPS.values())


def test_what_is_missing_is_named() -> None:
    traps = {
        "a": Trap("x", "y"),
        "b": Trap("x", "y", "not built"),
        "c": Trap("x", "y", "not built"),
    }
    assert problems(traps, {"c": ["t"], "d": ["t"]}) == [
        "a: no test",
        "c: has a test and a reason for none",
        "d: no such trap (t)",
    ]
