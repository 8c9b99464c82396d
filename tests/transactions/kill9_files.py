"""Files of 20,000 rows with a seed, for `test_imports_kill9.py`; `receive_files` runs inside the stack."""

import csv
import io
import json
import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

Row = tuple[date, Decimal, str]

SHOPS = ("Corner Bakery", "Fuel Point", "City Water", "Harbour Cinema", "Green Grocer", "Tram 12")


def make_rows(seed: str, count: int) -> list[Row]:
    """Three years of lines; every fiftieth is the one before it over again, as in life."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for n in range(count):
        if n % 50 == 49:
            rows.append(rows[-1])
            continue
        cents = rng.randint(90_000, 400_000) if n % 30 == 0 else -rng.randint(100, 30_000)
        text = "Salary Harbour Works" if cents > 0 else f"{rng.choice(SHOPS)} {rng.randint(1, 400)}"
        rows.append((date(2023, 1, 1) + timedelta(n * 1095 // count), Decimal(cents) / 100, text))
    return rows


def body_of(rows: list[Row]) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(["Date", "Description", "Amount"])
    writer.writerows((day.isoformat(), text, f"{amount:.2f}") for day, amount, text in rows)
    return made.getvalue().encode()


def write_file(path: Path, rows: list[Row]) -> None:
    path.write_bytes(body_of(rows))


def receive_files(files: list[tuple[str, str]]) -> None:
    """Brings each file of (bank, path) to an account of its own; prints [[bank, batch, account], …]."""
    from accounts.banks.tenancy import in_bank
    from tests.factories import make_account
    from transactions.imports import services

    made = []
    for bank, path in files:
        with in_bank(bank), open(path, "rb") as stream:
            account = make_account()
            batch = services.receive(
                stream=stream, name=Path(path).name, customer=account.holders.get().customer,
                account=account, limit=50_000_000,
            )  # fmt: skip
            made.append([bank, batch.pk, account.pk])
    print("made " + json.dumps(made))
