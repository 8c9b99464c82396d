"""Ways an import ends otherwise than well; each carries a code and one sentence for people."""

from dataclasses import dataclass


class ImportProblem(Exception):
    """`code` for programs, `sentence` for the person who waits."""

    code = "import_failed"

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.code


class PlanMissing(ImportProblem):
    """There is no plan to commit, or this batch is beyond planning."""

    code = "plan_missing"


class AccountNeeded(ImportProblem):
    """The file names no account and the person has not said which one it belongs to."""

    code = "account_needed"


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row whose verdict is another now: line in the file, what was planned, what it would be."""

    line: int
    was: str
    now: str


class PlanChanged(ImportProblem):
    """The plan that was shown is not what a commit would do now; nothing was written."""

    code = "plan_changed"

    def __init__(self, sentence: str, rows: list[RowDifference] | None = None) -> None:
        super().__init__(sentence)
        self.rows = rows or []


class UndoRefused(ImportProblem):
    """This import can't be taken back (now, or in this order)."""

    code = "undo_refused"
