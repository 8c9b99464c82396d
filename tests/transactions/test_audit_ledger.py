"""The audit as a command: silent on good books, and it finds what was changed behind the ledger's back."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests import factories
from tests.conftest import NORTH, SOUTH
from transactions import audit, guard
from transactions.models import BankAccount, MonthTotal, Transaction


def audited(*args: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("audit_ledger", *args, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


@pytest.fixture
def account(north: str) -> BankAccount:
    account = factories.make_account(name="Hidden name")
    rows = [
        {"amount": "100.00", "category": "wages"},
        {"amount": "-20.50"},
        {"amount": "-1.00", "booked_on": date(2026, 7, 1)},
    ]
    factories.make_transactions(account, rows)
    return account


def behind_the_ledger(statement: str, *values: object) -> None:
    with guard.writing(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_good_books_end_with_code_zero_and_say_what_was_compared(account: BankAccount) -> None:
    said, code = audited("--bank", NORTH)
    assert code == 0
    assert said == f"{NORTH}: 1 accounts, 3 lines and 3 month totals compared; the books add up\n"


def test_a_changed_total_is_named_by_account_and_month_without_names(account: BankAccount) -> None:
    behind_the_ledger(
        "update transactions_monthtotal set money_out = -21 where account_id = %s and month = %s",
        account.pk, date(2026, 7, 1),
    )  # fmt: skip
    said, code = audited("--bank", NORTH)
    assert code == 1
    where = f"  month's money out, account {account.pk}, 2026-07, category 0"
    assert said.splitlines()[1:] == [where] and "1 difference" in said
    assert account.name not in said
    said, _ = audited("--bank", NORTH, "--amounts")
    assert f"{where}: is -21.0000, should be -1.0000" in said


def test_a_line_that_vanished_and_one_of_no_category_are_found(account: BankAccount) -> None:
    first, second, _ = Transaction.objects.order_by("pk")
    behind_the_ledger("delete from transactions_transaction where id = %s", first.pk)
    behind_the_ledger(
        "update transactions_transaction set category_id = 987654 where id = %s", second.pk
    )
    said, code = audited("--bank", NORTH, "--json")
    (bank,) = json.loads(said)
    assert code == 1 and bank["compared"] == {"accounts": 1, "lines": 2, "month_totals": 3}
    found = {(d["what"], d["where"].split(",")[0]) for d in bank["differences"]}
    assert found == {
        ("category", f"transaction {second.pk}"),
        ("month's money in", f"account {account.pk}"),
        ("month's money out", f"account {account.pk}"),
        ("month's number of lines", f"account {account.pk}"),
    }


def test_one_bad_bank_fails_all_and_is_told_from_the_good_one(account: BankAccount) -> None:
    behind_the_ledger("update transactions_monthtotal set n = 9 where account_id = %s", account.pk)
    for args in ((), ("--all",)):
        said, code = audited(*args)
        assert code == 1
        (north,) = [line for line in said.splitlines() if line.startswith(NORTH)]
        (south,) = [line for line in said.splitlines() if line.startswith(SOUTH)]
        assert "3 differences" in north and "add up" in south


def test_wrong_use_ends_with_code_two_and_names_the_banks(north: str) -> None:
    with pytest.raises(CommandError, match=f"no active bank nowhere.*{NORTH}") as refused:
        call_command("audit_ledger", "--bank", "nowhere")
    assert refused.value.returncode == 2
    with pytest.raises(CommandError, match="not allowed with"):
        call_command("audit_ledger", "--bank", NORTH, "--all")


def test_an_import_between_two_reads_is_no_difference(
    account: BankAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, reads = audit._account, []

    def read(*args):
        found = real(*args)
        reads.append(found)
        if len(reads) == 1:
            # As a reader sees it whose second statement came after another's commit.
            factories.make_transaction(account=account, amount="-3.00")
            return [audit.Difference("month total", "account", "", "")]
        return found

    monkeypatch.setattr(audit, "_account", read)
    assert audit.audit_ledger() == [] and len(reads) == 2
    assert MonthTotal.objects.filter(money_out=Decimal("-23.50")).exists()
