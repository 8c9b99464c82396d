"""Long imports as jobs: planning, committing and undoing a batch by its id."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.jobs.context import JobContext
from accounts.jobs.errors import JobRefused
from accounts.jobs.registry import handles
from accounts.models import User
from transactions.imports.errors import ImportProblem
from transactions.models import ImportBatch, RuleRun


def _batch(context: JobContext) -> ImportBatch:
    batch = ImportBatch.objects.filter(pk=context.arguments["batch"]).first()
    if batch is None:
        raise JobRefused("batch_missing", "This import is no longer there.")
    return batch


def _user(context: JobContext) -> User | None:
    return User.objects.filter(pk=context.started_by_id or 0).first()


@handles("import_plan", title=_("Read a file"))
def import_plan(context: JobContext) -> dict[str, Any] | None:
    from transactions.imports import services

    try:
        services.plan(_batch(context), context)
    except ImportProblem as problem:
        raise JobRefused(problem.code, problem.sentence) from problem
    return None


@handles("import_commit", title=_("Bring a file in"))
def import_commit(context: JobContext) -> dict[str, Any] | None:
    from transactions.imports import services

    batch = _batch(context)
    if batch.state == ImportBatch.State.COMMITTED:
        return {"batch": str(batch.public_id), "url": batch.page("done")}
    try:
        services.commit(
            batch, plan_hash=context.arguments["plan_hash"], user=_user(context), context=context
        )
    except ImportProblem as problem:
        raise JobRefused(problem.code, problem.sentence) from problem
    return None


@handles("import_undo", title=_("Undo an import"))
def import_undo(context: JobContext) -> dict[str, Any] | None:
    from transactions.imports import services

    batch = _batch(context)
    if batch.state == ImportBatch.State.UNDONE:
        return {"batch": str(batch.public_id), "url": batch.page("done")}
    try:
        services.undo(
            batch,
            user=_user(context),
            context=context,
            confirm_edits=context.arguments.get("confirm_edits"),
        )
    except ImportProblem as problem:
        raise JobRefused(problem.code, problem.sentence) from problem
    return None


@handles("rule_run", title=_("Run rules over payments"))
def rule_run(context: JobContext) -> dict[str, Any] | None:
    from transactions.rules import runs

    runs.work(_run(context), context)
    return None


@handles("rule_run_undo", title=_("Take a run of rules back"))
def rule_run_undo(context: JobContext) -> dict[str, Any] | None:
    from transactions.rules import runs

    runs.take_back(_run(context), context)
    return None


def _run(context: JobContext) -> RuleRun:
    run = RuleRun.objects.filter(pk=context.arguments["run"]).first()
    if run is None:
        raise JobRefused("run_missing", "This run is no longer there.")
    return run


@handles("provider_sync", title=_("Bring in what a connected bank has"))
def provider_sync(context: JobContext) -> dict[str, Any] | None:
    from transactions.providers import jobs

    return jobs.run(context)
