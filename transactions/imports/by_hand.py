"""A file brought in by a command: the wizard's road in one act, whole or not at all.

Nothing is left of a file that is refused or holds nothing new: no draft, no kept copy.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction

from accounts.customers.models import Customer
from accounts.jobs.errors import EmptyFile, FileTooLarge
from accounts.uploads import too_large
from transactions.adapters import Refused
from transactions.imports import plan as planning
from transactions.imports.bulk.services import receive_bulk
from transactions.imports.commit import commit
from transactions.imports.errors import ImportProblem, PlanChanged
from transactions.imports.receive import choose, receive
from transactions.models import BankAccount, ImportBatch

DONE, PLANNED, NOTHING_NEW, REFUSED = "in the ledger", "planned", "nothing new", "refused"
LEFT_OUT = ("rejected", "doubtful")
_VERDICTS = ("new", "same", "changed", "doubtful", "rejected", "not_transactions")


@dataclass(slots=True)
class Brought:
    """What became of one file: `state` is one of the four words above."""

    file: str
    state: str = REFUSED
    format: str = ""
    plan: str = ""
    counts: dict[str, Any] = field(default_factory=dict)
    sums: dict[str, Any] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    refused: ImportProblem | None = None
    batch: str = ""

    def count(self, verdict: str) -> int:
        return int(self.counts.get(verdict, 0))

    @property
    def left_out(self) -> int:
        """Rows that should be in the ledger and are not."""
        return sum(self.count(verdict) for verdict in LEFT_OUT)

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "state": self.state,
            "format": self.format,
            "plan": self.plan,
            "rows": self.count("rows"),
            **{verdict: self.count(verdict) for verdict in _VERDICTS},
            "money": {currency: list(_money(kinds)) for currency, kinds in self.sums.items()},
            "issues": self.issues,
            "batch": self.batch or None,
            "refused": self.refused
            and {"code": self.refused.code, "message": self.refused.sentence},
        }

    def as_text(self) -> list[str]:
        """For people: what was found, what happens to it, each row that stays out."""
        if self.refused is not None:
            return [f"{self.file}: refused ({self.refused.code}). {self.refused.sentence}"]
        verdicts = [
            f"{self.count(verdict):,} {verdict.replace('_', ' ')}"
            for verdict in _VERDICTS
            if self.count(verdict)
        ]
        said = [
            f"{self.file}: {self.format}",
            f"  {self.count('rows'):,} rows: {', '.join(verdicts) or 'none'}",
        ]
        for currency, kinds in self.sums.items():
            money_in, money_out = _money(kinds)
            said.append(f"  new rows: {currency} {money_in} in, {money_out} out")
        said += map(issue_text, self.issues)
        return [*said, f"  plan {self.plan}", f"  {self.state}"]


def issue_text(issue: Mapping[str, Any]) -> str:
    where = f"line {issue['line']}" + (f", {issue['column']}" if issue["column"] else "")
    if issue["verdict"] == "doubtful":
        return f"  {where}: looks like a payment that came from elsewhere, so it stays out."
    return f"  {where}: {issue['code']}. {issue['reason']} {issue['fix']}"


def _money(kinds: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    both = (sum((Decimal(of[side]) for of in kinds.values()), Decimal(0)) for side in ("in", "out"))
    money_in, money_out = map(_plain, both)
    return money_in, money_out


def _plain(amount: Decimal) -> str:
    """Two decimals, four where the money has them."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount:f}"


class _TakenBack(Exception):
    """Rolls back to before the file."""


def bring_file(
    path: Path,
    *,
    customer: Customer | None,
    account: BankAccount | None,
    adapter: str | None = None,
    choices: Mapping[str, str] | None = None,
    bring_in: list[int] | str | None = None,
    source: str = "file",
    wanted_plan: str = "",
    apply: bool = True,
    settle: Callable[[ImportBatch], ImportBatch] = lambda batch: batch,
    opened: BinaryIO | None = None,
    most_issues: int | None = None,
) -> Brought:
    """Receives, plans and commits one file of `customer`, or says why not; never raises for a bad file.

    Without a customer the file is one for many, in which a column says whose each row is.

    Parameters: `account` for rows that name none; `choices` and `bring_in` as receive.choose takes them;
    `wanted_plan` commits only a plan of this hash; `apply` False plans and leaves nothing behind; `settle`
    may choose more about the file, such as its accounts, once it is known how to read it; `opened` is the
    file where it is open already; `most_issues` of them are read back.
    """
    brought = Brought(path.name)
    try:
        with transaction.atomic():
            with nullcontext(opened) if opened is not None else path.open("rb") as stream:
                limit = settings.UPLOAD_LIMIT_STAFF
                if customer is None:
                    batch = receive_bulk(
                        stream=stream, name=path.name, user=None, source=source, limit=limit
                    )
                else:
                    batch = receive(
                        stream=stream, name=path.name, customer=customer, account=account, source=source,
                        limit=limit, adapter=adapter,
                    )  # fmt: skip
            if choices or bring_in is not None:
                batch = choose(batch, format_choices=choices or None, bring_in=bring_in)
            if batch.state != ImportBatch.State.REFUSED:
                batch = planning.plan(settle(batch))
            if batch.state == ImportBatch.State.REFUSED:
                raise ImportProblem(batch.refused_message, batch.refused_code)
            _read(brought, batch, most_issues)
            if wanted_plan and wanted_plan != batch.plan_hash:
                raise PlanChanged(
                    "The plan for this file is another one now, so nothing was written. "
                    "Make a dry run again and look at the new plan."
                )
            if batch.state == ImportBatch.State.EMPTY:
                brought.state = NOTHING_NEW
                raise _TakenBack
            if not apply:
                brought.state = PLANNED
                raise _TakenBack
            commit(batch, plan_hash=batch.plan_hash)
            brought.state, brought.batch = DONE, str(batch.public_id)
    except _TakenBack:
        pass
    except (ImportProblem, Refused, FileTooLarge, EmptyFile, OSError) as problem:
        brought.state, brought.refused = REFUSED, _said(problem)
    return brought


def _read(brought: Brought, batch: ImportBatch, most_issues: int | None) -> None:
    """What the plan says; a batch that is taken back takes its issues with it."""
    brought.format = str(batch.detection.get("label") or batch.adapter)
    brought.plan, brought.counts, brought.sums = batch.plan_hash, dict(batch.counts), batch.sums
    names = ("line", "verdict", "column", "code", "reason", "fix")
    brought.issues = list(batch.issues.filter(verdict__in=LEFT_OUT).values(*names)[:most_issues])


def _said(problem: Exception) -> ImportProblem:
    match problem:
        case ImportProblem():
            return problem
        case Refused():
            return ImportProblem(problem.message, problem.code)
        case FileTooLarge():
            return ImportProblem(too_large(problem.limit), "file_too_large")
        case EmptyFile():
            return ImportProblem(
                "The file is empty. Download it again and use the new one.", "file_empty"
            )
    reason = getattr(problem, "strerror", None) or "it cannot be opened"
    return ImportProblem(f"The file cannot be read: {reason}.", "unreadable")
