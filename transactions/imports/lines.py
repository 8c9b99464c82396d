"""The same road for lines that come without a file: the demo, a folder, the admin, the API."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.customers.models import Customer
from accounts.models import User
from transactions import enrichment
from transactions.adapters import Line, Reject, Row
from transactions.fingerprints import amount_text
from transactions.imports import plan as planning
from transactions.imports.accounts import AccountFinder, Misplaced
from transactions.imports.commit import CommitResult, apply, note_act, note_balances
from transactions.ledger import writing_accounts
from transactions.models import BankAccount, ImportBatch


class _GivenAccounts(AccountFinder):
    """Accounts by the very names that lines carry."""

    def __init__(self, accounts: Mapping[str, BankAccount]) -> None:
        self.given = accounts

    def find(self, name: str, currency: str) -> BankAccount | Misplaced:
        account = self.given.get(name)
        if account is None:
            return Misplaced(
                "account",
                "",
                "account_unknown",
                "There is no such account.",
                "Name one that exists.",
            )
        if currency and currency != account.currency:
            return Misplaced(
                "currency", currency, "currency_mismatch",
                f"The row is in {currency}; the account is kept in {account.currency}.",
                f"Give these rows to an account in {currency}.",
            )  # fmt: skip
        return account


def import_lines(
    lines: Iterable[Row],
    *,
    accounts: Mapping[str, BankAccount],
    source: str,
    customer: Customer | None = None,
    user: User | None = None,
    bring_in: Collection[int] = (),
    wait: bool = True,
    source_key: str = "",
    adapter: str = "LINES",
    choices: Mapping[str, Any] | None = None,
) -> CommitResult:
    """The same road for lines that come without a file: plan and commit in one act.

    Parameters: `accounts` by the name that lines carry in `account`; `source` says where they come from
    and marks what is doubtful against other sources, by `source_key` where several are of one kind;
    `bring_in` names the lines that come in all the same, `choices` are kept as a batch keeps them. `wait`
    False raises AccountBusy while another act holds an account. Rejected lines are kept as the batch's
    issues.
    """
    kept = {**(choices or {}), **({"doubtful": sorted(bring_in)} if bring_in else {})}
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            customer=customer, source=source[:12], source_key=source_key or f"lines:{source}"[:64],
            created_by=user, adapter=adapter, choices=kept,
        )  # fmt: skip
        with writing_accounts([a.pk for a in accounts.values()], wait=wait):
            staged = planning.stage(batch, _checked(lines), _GivenAccounts(accounts))
            planning.keep_plan(batch, staged)
            result = apply(batch, staged.verdicts.codes, sorted(staged.staging.account_ids))
            note_balances(batch)
            touched = tuple(sorted(staged.staging.account_ids))
            enrichment.after_commit(enrichment.Delivery(batch, touched))
        if batch.state == ImportBatch.State.PLANNED:
            batch.state = ImportBatch.State.COMMITTED
            batch.committed_at = timezone.now()
            batch.save(update_fields=["state", "committed_at"])
            note_act(result)
    return result


def _checked(rows: Iterable[Row]) -> Iterator[Row]:
    """Lines that no adapter has read: what the ledger can't hold is rejected by name."""
    for row in rows:
        yield (_problem(row) or row) if isinstance(row, Line) else row


def _problem(line: Line) -> Reject | None:
    def reject(column: str, value: str, code: str, reason: str, fix: str) -> Reject:
        return Reject(line.line, column, value[:200], code, reason, fix, line.text)

    amount = line.amount
    if not isinstance(amount, Decimal) or not amount.is_finite():
        return reject(
            "amount", str(amount), "amount_format", "This is not an amount.", "Type it in digits."
        )
    if amount.adjusted() >= 15:
        return reject(
            "amount", "", "amount_size", "The amount has more digits than any account can hold.",
            "Write at most 15 digits before the decimal mark.",
        )  # fmt: skip
    figure = amount_text(amount)
    decimals = len(figure.partition(".")[2])
    if decimals > 4:
        return reject(
            "amount", figure, "amount_precision",
            f"The amount has {decimals} decimals; four are kept.",
            "Round it to at most four decimals.",
        )  # fmt: skip
    if line.status not in ("posted", "pending"):
        return reject(
            "status", line.status, "status_unknown", "A payment is posted or pending.", "Say which."
        )
    return None
