"""Long imports as jobs: planning, committing and undoing a batch by its id."""

from typing import Any

from django.db import transaction
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


@handles("rows_bulk", title=_("Change many payments"))
def rows_bulk(context: JobContext) -> dict[str, Any] | None:
    """One change on many lines, whole or not at all; lines that went meanwhile are left out."""
    from accounts.customers.models import Customer
    from transactions.models import Category, Tag
    from transactions.rows import bulk
    from transactions.rows.errors import RowRefused

    said = context.arguments
    customer = Customer.objects.filter(pk=said["customer"]).first()
    category = Category.objects.filter(pk=said.get("category") or 0).first()
    tag = Tag.objects.filter(pk=said.get("tag") or 0, customer=customer).first()
    is_gone = (said.get("category") and not category) or (said.get("tag") and not tag)
    if customer is None or is_gone:
        raise JobRefused("choice_missing", "What was to be put on these payments is gone.")
    change = bulk.BulkChange(said["action"], category, tag)
    with transaction.atomic():
        context.progress(0, len(said["rows"]), "changing")
        try:
            result = bulk.apply(customer, dict.fromkeys(said["rows"]), change, wait=True)
        except RowRefused as refused:
            raise JobRefused(refused.code, refused.sentence) from refused
        context.raise_if_cancelled()
        context.finish(
            {"changed": result.changed, "left": len(result.left), "url": said.get("url", "")}
        )
    return None
