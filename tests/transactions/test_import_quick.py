"""Rows put together from remembered cells are what reading each row by itself gives."""

import io
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from transactions import adapters
from transactions.adapters import Layout, Refused
from transactions.amounts import AmountError, parse_amount, plain_figure
from transactions.categories.categorise import Categoriser
from transactions.fingerprints import amount_text
from transactions.imports.accounts import AccountFinder, Misplaced
from transactions.imports.staging import Staging


class _Finder(AccountFinder):
    """Knows every account but those that begin with a question mark."""

    def __init__(self) -> None:
        self.met: dict[str, int] = {}

    def find(self, name: str, currency: str) -> Any:
        if name.startswith("?"):
            return Misplaced("account", name, "account_unknown", "Nobody's.", "Choose one.")
        return SimpleNamespace(pk=self.met.setdefault(name, len(self.met) + 1))


def staged(content: bytes, layout: Layout, *, quickly: bool) -> tuple[Any, ...]:
    staging = Staging(
        batch_id=1, finder=_Finder(), categoriser=Categoriser(), layout=layout,  # type: ignore[arg-type]
        category_ids={"groceries": 7, "salary": 8},
    )  # fmt: skip
    stream = io.BytesIO(content)
    rows = adapters.raw_rows(stream, layout) if quickly else adapters.rows(stream, layout)
    assert rows is not None
    lines = b"".join(staging.blocks(rows, lambda done: None)).decode().split("\n")
    named = [(name, named.rows) for name, named in staging.named.items()]
    return (
        lines, bytes(staging.verdicts), named, rejects_of(staging), staging.first_day,
        staging.last_day, staging.falls, staging.has_balances, staging.is_numbered,
    )  # fmt: skip


def rejects_of(staging: Staging) -> list[list[str]]:
    """The rejected rows. Of one that no account takes, only the quick reading still has the row as received."""
    text = b"".join(staging.reject_blocks()).decode()
    rows = [line.split("\t") for line in text.split("\n") if line]
    return [row[:-1] if row[3] in ("account_unknown", "currency_unknown") else row for row in rows]


def compare(content: bytes) -> bool:
    """False where the file is refused or its layout is not for remembering."""
    try:
        layout = adapters.detect(content[: adapters.HEAD_BYTES]).layout
    except Refused as refused:
        if refused.detection is None:
            return False
        layout = refused.detection.layout
    if adapters.raw_rows(io.BytesIO(content), layout) is None:
        return False
    # Twice over, so that each cell comes again.
    twice = content + (b"" if content.endswith(b"\n") else b"\n") + content
    for body in (content, twice):
        assert staged(body, layout, quickly=True) == staged(body, layout, quickly=False)
    return True


def test_every_real_file_reads_alike(data: Path) -> None:
    files = [path for path in sorted(data.glob("exports/**/*.csv")) if path.stat().st_size < 2**20]
    assert sum(compare(path.read_bytes()) for path in files) >= 20


@pytest.mark.parametrize("seed", range(6))
def test_rows_out_of_the_ordinary_read_alike(seed: int) -> None:
    pick = random.Random(seed).choice
    days = ["2026-05-01", "2026-05-02", " 2026-05-03", "31.02.2026", "", "2026-06-30", "Total"]
    texts = [
        "Corner Bakery", " Corner Bakery ", "", "Balance", "Café, Köln", "a\\b\tc", "4111 1111 1111 1111",
        "x" * 250, "Refund Shop", "tab\\", "\u00a0", "Kontostand 30.05.", "\x85",
    ]  # fmt: skip
    amounts = ["-4.20", "4.2", "4.2000", "-0", "0.00", "007.5", "+3", "1,000.00", "(4.20)", "x", "",
               "1e5", "-.5", "12345678901234.5", "1.23456", "-12"]  # fmt: skip
    values = ["2026-05-01", "", "31.02.2026", "2026-05-09"]
    rest = {"Currency": ["USD", "usd", "EUR", "XXQ", ""], "Account": ["One", "'One'", "?None", ""]}
    rest |= {"Status": ["posted", "Pending", "declined", ""], "Category": ["", "Groceries", " x "]}
    rest |= {"Balance": ["", "10.50", "n/a", "-0.10"], "Payee": ["", "A\\B", " Z "]}
    rest |= {"Customer": ["K1", " K1 ", "k2", "?", ""]}
    names = [name for name in rest if random.Random(f"{seed}{name}").random() < 0.7]
    at = {name: (4 + i,) for i, name in enumerate(names)}
    roles = {"Currency": "currency", "Account": "account", "Status": "status"}
    roles |= {"Category": "category", "Balance": "balance", "Payee": "counterparty"}
    roles |= {"Customer": "customer"}
    layout = Layout(
        adapter="GENERIC_CSV", header=("Day", "Value", "Text", "Amount", *names), first_line=1,
        columns={"booked_on": (0,), "value_on": (1,), "text": (2,), "amount": (3,),
                 **{roles[name]: where for name, where in at.items()}},
        currency="USD",
    )  # fmt: skip
    lines = []
    for _ in range(4_000):
        cells = [pick(days), pick(values), pick(texts), pick(amounts)]
        cells += [pick(rest[name]) for name in names]
        quoted = [f'"{cell}"' if "," in cell else cell for cell in cells]
        cut = quoted[:-1] if pick(range(50)) == 0 else quoted
        lines.append(",".join(cut))
    body = "\n".join(lines).encode()
    assert staged(body, layout, quickly=True) == staged(body, layout, quickly=False)


def test_a_plain_figure_is_the_amount_as_the_ledger_writes_it() -> None:
    make = random.Random(4)
    answered = 0
    for _ in range(30_000):
        mark = make.choice(".,")
        text = "".join(make.choice("-0123456789.,+ e") for _ in range(make.randint(1, 9)))
        figure = plain_figure(text, mark)
        try:
            right = amount_text(parse_amount(text, mark))
        except AmountError:
            right = ""
        assert figure in ("", right)
        answered += bool(figure)
    assert answered > 500
    assert plain_figure("-12.50") == "-12.5" and plain_figure("-0.00") == "0"
    assert plain_figure("100") == "100" and plain_figure("0,10", ",") == "0.1"
