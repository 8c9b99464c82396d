"""G14: the same payments delivered again, however their file is called, ordered, encoded or ended."""

import csv
import io
import random

import pytest

from tests import factories
from tests.guards import Guard
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.models import BankAccount, ImportBatch, MonthTotal, Transaction

SEED = 14
HEADER = ["Date", "Description", "Amount"]
SHOPS = (
    "Café Müller",
    "Straßenbahn 12",
    "Fuel Point",
    'The "Old" Mill, Ltd',
    "Señor Taco",
    "Bäckerei",
)
# Two genuine equal purchases of one day, and the same text and amount on another.
EQUAL = [["2026-05-02", "Corner Bakery", "-4.20"]] * 2 + [["2026-05-03", "Corner Bakery", "-4.20"]]


def make_lines(rng: random.Random) -> list[list[str]]:
    made = [
        [f"2026-{rng.randint(1, 6):02}-{rng.randint(1, 28):02}", rng.choice(SHOPS),
         f"{rng.choice([-1, -1, 1]) * rng.randint(100, 90_000) / 100:.2f}"]
        for _n in range(40)
    ]  # fmt: skip
    return sorted(made + EQUAL)


def written(lines: list[list[str]], *, ends: str = "\n", comma: str = ",") -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator=ends, delimiter=comma)
    writer.writerows([HEADER, *lines])
    return file.getvalue()


def deliver(account: BankAccount, body: bytes, name: str = "export.csv") -> ImportBatch:
    batch = services.plan(
        services.receive(
            stream=io.BytesIO(body), name=name, limit=1_000_000, account=account,
            customer=account.holders.get().customer,
        )
    )  # fmt: skip
    if batch.state == ImportBatch.State.PLANNED:
        services.commit(batch, plan_hash=batch.plan_hash)
        batch.refresh_from_db()
    return batch


def ledger(account: BankAccount) -> tuple[list[tuple], list[tuple]]:
    rows = Transaction.objects.filter(account=account).order_by("pk").values_list()
    cells = MonthTotal.objects.filter(account=account).order_by("pk").values_list()
    return list(rows), list(cells)


@pytest.mark.guard("G14")
def test_the_same_file_in_other_clothes_changes_no_row(north: str, guard: Guard) -> None:
    rng = random.Random(SEED)
    lines = make_lines(rng)
    text = written(lines)
    account = factories.make_account()
    assert deliver(account, text.encode()).counts["new"] == len(lines)
    before = ledger(account)
    shuffled = lines.copy()
    rng.shuffle(shuffled)
    again = {
        "as it was": text.encode(),
        "renamed": text.encode(),
        "reversed": written(lines[::-1]).encode(),
        "shuffled": written(shuffled).encode(),
        "half of it": written(lines[::2]).encode(),
        "utf-8 with a mark": text.encode("utf-8-sig"),
        "utf-16": text.encode("utf-16"),
        "utf-16 big end first": b"\xfe\xff" + text.encode("utf-16-be"),
        "cp1252": text.encode("cp1252"),
        "iso-8859-1": text.encode("iso-8859-1"),
        "CRLF": written(lines, ends="\r\n").encode(),
        "CR": written(lines, ends="\r").encode(),
        "no last end": text.rstrip("\n").encode(),
        "semicolons": written(lines, comma=";").encode(),
        "all at once": written(shuffled, ends="\r\n", comma=";").encode("utf-16"),
    }
    for what, body in again.items():
        batch = deliver(account, body, name="May (2).CSV" if what == "renamed" else "export.csv")
        counts = {name: batch.counts.get(name, 0) for name in ("new", "changed", "rejected")}
        assert not any(counts.values()), (what, batch.counts)
        assert batch.state == ImportBatch.State.EMPTY, (what, batch.refused_message)
        assert ledger(account) == before, what
    assert audit_ledger() == []
    guard("G14", reached=f"0 rows changed; {', '.join(again)}", n=len(again), seed=SEED)


@pytest.mark.guard("G14")
def test_genuine_equal_purchases_are_all_kept(north: str, guard: Guard) -> None:
    account = factories.make_account()
    one, two, three = EQUAL[:1], EQUAL[:2], [*EQUAL[:2], EQUAL[0]]
    for lines, kept in ((one, 1), (two, 2), (one, 2), (three, 3), (two, 3)):
        deliver(account, written([*lines, ["2026-05-09", "Fuel Point", "-48.20"]]).encode())
        found = Transaction.objects.filter(account=account, raw_text="Corner Bakery")
        assert found.count() == kept
    assert audit_ledger() == []
    guard("G14", reached="2 and 3 equal purchases kept; a file with fewer takes none away", n=5)
