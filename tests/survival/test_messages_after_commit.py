"""Every message to a worker is sent after the commit of what it is about, and nowhere else."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from accounts.jobs import services, tasks
from tests.conftest import REPO

APPS = ("accounts", "transactions", "analytics", "recommendations", "alerts", "config")
SENDS = {"delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit"}
# The one sender, called on commit or by the sweep; and the class of all tasks, which adds the bank.
ALLOWED = {"accounts/jobs/tasks.py: _send", "accounts/banks/celery_tasks.py: apply_async"}


def sends(source: str) -> Iterator[tuple[str, int]]:
    """Innermost function and line of every call that hands a task to Celery."""
    yield from _calls(ast.parse(source), "(module)")


def _calls(node: ast.AST, inside: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        inside = node.name
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SENDS
    ):
        yield inside, node.lineno
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, inside)


def test_tasks_are_sent_from_one_place() -> None:
    found = {}
    for app in APPS:
        for path in (REPO / app).rglob("*.py"):
            place = path.relative_to(REPO).as_posix()
            for name, line in sends(path.read_text()):
                found[f"{place}: {name}"] = line
    assert set(found) == ALLOWED, found


def test_the_search_finds_what_it_looks_for() -> None:
    assert list(sends("def f():\n    task.delay(1)\n")) == [("f", 2)]
    assert list(sends("task.apply_async()\n")) == [("(module)", 1)]


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_job_wakes_a_worker_at_the_commit_and_not_before(
    north: str,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    end: str,
) -> None:
    sent: list[int | None] = []
    monkeypatch.setattr(tasks, "_send", lambda schema, job: sent.append(job))
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                job = services.enqueue(kind="nobody", arguments={})
                assert sent == []
                if end == "rollback":
                    raise LookupError
        except LookupError:
            pass
        assert sent == []
    assert sent == ([job.pk] if end == "commit" else [])
