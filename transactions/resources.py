"""Transactions out of and into the admin: columns out; in, a dry run is a plan and applying its commit."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.formats.base_formats import CSV
from import_export.resources import ModelResource
from import_export.results import Error, Result, RowResult

from accounts.models import User
from transactions import ids
from transactions.adapters import Line, NotATransaction, Reject, Row, Stated
from transactions.csv_cells import harmless
from transactions.imports import reading, verdict_codes
from transactions.imports.errors import ImportProblem, PlanChanged
from transactions.models import ImportBatch, Transaction
from transactions.plain_money import plain_amount

# A preview longer than this is looked through in the import's own pages.
PREVIEW_ROWS = 300

_VERDICTS = {
    verdict_codes.NEW: ("new", _("new")),
    verdict_codes.SAME: ("same", _("there already")),
    verdict_codes.DOUBTFUL: ("doubtful", _("looks like one that is there")),
    verdict_codes.CHANGED: ("changed", _("changes one that is there")),
    verdict_codes.REJECTED: ("rejected", _("can't be read")),
    verdict_codes.NO_TRANSACTION: ("skipped", _("no transaction")),
}
_IMPORT_TYPES = {
    verdict_codes.NEW: RowResult.IMPORT_TYPE_NEW,
    verdict_codes.CHANGED: RowResult.IMPORT_TYPE_UPDATE,
}


class VerdictRow(RowResult):  # type: ignore[misc]
    """One row of the file and what would become of it."""

    def __init__(self, row: Row, verdict: str) -> None:
        super().__init__()
        self.line = row.line
        self.verdict, self.verdict_text = _VERDICTS[verdict]
        self.import_type = _IMPORT_TYPES.get(verdict, RowResult.IMPORT_TYPE_SKIP)
        self.day, self.amount, self.text = "", "", ""
        match row:
            case Line():
                self.day, self.text = row.booked_on.isoformat(), row.text
                self.amount = f"{row.amount:f}"
            case Reject():
                where = " ".join(filter(None, (row.column, row.value)))
                self.text = f"{where}: {row.reason} {row.fix}".strip()
            case NotATransaction():
                self.text = row.why
            case Stated():
                self.text = "states a balance or total"


class TransactionResource(ModelResource):  # type: ignore[misc]
    """Every column of one opened customer's account."""

    public_id = Field(column_name="id")
    account = Field(column_name="account")
    booked_on = Field(column_name="booked_on", attribute="booked_on")
    value_on = Field(column_name="value_on", attribute="value_on")
    amount = Field(column_name="amount")
    currency = Field(column_name="currency", attribute="account__currency")
    text = Field(column_name="text", attribute="clean_text")
    raw_text = Field(column_name="as_received", attribute="raw_text")
    counterparty = Field(column_name="counterparty", attribute="counterparty")
    reference = Field(column_name="reference", attribute="reference")
    category = Field(column_name="category")
    status = Field(column_name="status", attribute="status")

    class Meta:
        model = Transaction
        fields = (
            "public_id", "account", "booked_on", "value_on", "amount", "currency", "text", "raw_text",
            "counterparty", "reference", "category", "status",
        )  # fmt: skip
        export_order = fields
        skip_admin_log = True

    def dehydrate_public_id(self, row: Transaction) -> str:
        return ids.encode_one(row.pk)

    def dehydrate_account(self, row: Transaction) -> str:
        return str(row.account.public_id)

    def dehydrate_amount(self, row: Transaction) -> str:
        return plain_amount(row.amount, row.account.currency)

    def dehydrate_category(self, row: Transaction) -> str:
        return row.category.name if row.category else ""

    def import_data(
        self,
        dataset: Any = None,
        dry_run: bool = False,
        *,
        batch: ImportBatch,
        user: User,
        plan_hash: str = "",
        **kwargs: Any,
    ) -> Result:
        """Plans the batch's kept file, or commits the plan that `plan_hash` names.

        Parameters: the rows are those of `batch.file`, so `dataset` is not asked for. The result holds a row
        with its verdict for each of the file's first rows after a dry run, totals, the `batch` as it is
        now, and a base error with one sentence where the import refused; then nothing was written.
        """
        from transactions.imports import services

        result = Result()
        try:
            if dry_run:
                batch = services.plan(batch)
            else:
                batch = services.commit(batch, plan_hash=plan_hash, user=user).batch
        except ImportProblem as problem:
            result.append_base_error(Error(problem))
            if isinstance(problem, PlanChanged):
                result.differences = problem.rows
            return result
        result.batch = batch
        if batch.state == ImportBatch.State.REFUSED:
            result.append_base_error(
                Error(ImportProblem(batch.refused_message, batch.refused_code))
            )
            return result
        counts = batch.counts
        result.total_rows = counts.get("rows", 0)
        result.totals[RowResult.IMPORT_TYPE_NEW] = counts.get("new", 0)
        result.totals[RowResult.IMPORT_TYPE_UPDATE] = counts.get("changed", 0)
        result.totals[RowResult.IMPORT_TYPE_SKIP] = sum(
            counts.get(name, 0) for name in ("same", "doubtful", "rejected", "not_transactions")
        )
        if dry_run:
            for row in islice(_verdicts(batch), PREVIEW_ROWS):
                result.append_row_result(row)
        return result


class MaskedTransactionResource(ModelResource):  # type: ignore[misc]
    """What may be said of transactions whose customer is not opened: no name, text, category or amount."""

    public_id = Field(column_name="id")
    account = Field(column_name="account")
    booked_on = Field(column_name="booked_on", attribute="booked_on")
    status = Field(column_name="status", attribute="status")

    class Meta:
        model = Transaction
        fields = ("public_id", "account", "booked_on", "status")
        export_order = fields

    def dehydrate_public_id(self, row: Transaction) -> str:
        return ids.encode_one(row.pk)

    def dehydrate_account(self, row: Transaction) -> str:
        return str(row.account.public_id)


class SafeCSV(CSV):  # type: ignore[misc]
    """CSV whose cells no spreadsheet takes for formulas; numbers stay numbers."""

    def _escape_formulae(self, dataset: Any) -> None:
        for _unused in range(len(dataset)):
            dataset.append([self._harmless(cell) for cell in dataset.lpop()])

    def _harmless(self, cell: Any) -> str:
        text = "" if cell is None else str(cell)
        return text if _is_number(text) else harmless(text)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii()


def _verdicts(batch: ImportBatch) -> Iterator[VerdictRow]:
    codes = reading.verdicts_of(batch).decode()
    rows, _progress = reading.open_rows(batch)
    for row, code in zip(rows, codes, strict=False):
        yield VerdictRow(row, code)
