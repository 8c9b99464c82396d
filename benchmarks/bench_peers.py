"""P5 and P6: 50,000 rows against two programs that keep books in text files.

Run: `python -m benchmarks peers`. hledger (`apt-get install hledger`) prints the same CSV by ten rules; beancount
loads the same rows as a ledger that is written for it beforehand, its cache off, and only the time inside its
process counts, without its start. It stands in an environment of its own under .local/, made here. Neither writes
a database or looks for duplicates. A program that isn't there is said, not missed.
"""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

from benchmarks.bench_import import ACCOUNTS, make_file
from benchmarks.bench_ways import _clear
from benchmarks.figures import Figure, sized
from benchmarks.own_bank import import_file, make_customers, own_bank
from benchmarks.own_database import INSIDE, measured_inside

ROWS = sized(50_000, 2_000)
ROUNDS = sized(3, 1)
PEER_ROUNDS = sized(2, 1)
BEANCOUNT = "beancount==3.2.3"
BESIDE = Path(__file__).resolve().parent.parent / ".local" / "bench" / "beancount"
_RULES = """skip 1
fields date, description, amount, account
date-format %Y-%m-%d
currency USD
account1 assets:bank
if BAKERY
  account2 expenses:groceries
if PHARMACY
  account2 expenses:health
if GROCERY
  account2 expenses:groceries
if CAFE
  account2 expenses:coffee
if FUEL
  account2 expenses:car
if BOOKS
  account2 expenses:leisure
if HARDWARE
  account2 expenses:home
if CINEMA
  account2 expenses:leisure
if UTILITIES
  account2 expenses:home
if INSURANCE
  account2 expenses:insurance
"""
_LOAD = """
import sys, time
from beancount import loader
began = time.perf_counter()
entries, errors, _options = loader.load_file(sys.argv[1])
print(time.perf_counter() - began, len(entries), len(errors))
"""


def _measure() -> dict[str, Any]:
    found: dict[str, Any] = {"ours": [], "hledger": [], "beancount": [], "beancount with start": []}
    body = make_file(ROWS)
    python = _beancount()
    hledger = shutil.which("hledger")
    with own_bank(), tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "rows.csv").write_bytes(body)
        (place / "rules").write_text(_RULES)
        (place / "rows.beancount").write_text(_as_beancount(body))
        customer, _accounts = make_customers(1, accounts_each=ACCOUNTS)[0]
        for turn in range(ROUNDS):
            _clear()
            began = time.perf_counter()
            import_file(body, customer)
            found["ours"].append(time.perf_counter() - began)
            if turn >= PEER_ROUNDS:
                continue
            if hledger:
                command = [
                    hledger,
                    "-f",
                    str(place / "rows.csv"),
                    "--rules-file",
                    str(place / "rules"),
                    "print",
                ]
                found["hledger"].append(_run(command)[0])
            if python:
                took, said = _run([str(python), "-c", _LOAD, str(place / "rows.beancount")])
                inside, entries, errors = said.split()
                if int(errors) or int(entries) < ROWS:
                    raise RuntimeError(f"beancount read {entries} entries with {errors} errors")
                found["beancount"].append(float(inside))
                found["beancount with start"].append(took)
    return found


def _run(command: list[str]) -> tuple[float, str]:
    env = {**os.environ, "BEANCOUNT_DISABLE_LOAD_CACHE": "1", "LC_ALL": "C.UTF-8"}
    began = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
    return time.perf_counter() - began, run.stdout


def _beancount() -> Path | None:
    """The interpreter of the environment with beancount; made where it isn't there yet."""
    python = BESIDE / "bin" / "python"
    if not python.exists():
        venv.create(BESIDE, with_pip=True)
    asked = subprocess.run([python, "-c", "import beancount"], capture_output=True, check=False)
    if asked.returncode:
        made = subprocess.run([python, "-m", "pip", "install", "-q", BEANCOUNT], check=False)
        return python if made.returncode == 0 else None
    return python


def _as_beancount(body: bytes) -> str:
    rows = csv.DictReader(io.StringIO(body.decode()))
    said = [f"2000-01-01 open Assets:Bank:A{n:04d} USD" for n in range(ACCOUNTS)]
    said += ["2000-01-01 open Expenses:All"]
    for row in rows:
        account = row["Account"].removeprefix("Account ")
        said += [
            f'{row["Date"]} * "{row["Description"]}"',
            f"  Assets:Bank:A{account}  {row['Amount']} USD",
            "  Expenses:All",
            "",
        ]
    return "\n".join(said) + "\n"


def main() -> list[Figure]:
    found = measured_inside("benchmarks.bench_peers")
    print(f"{f'{ROWS:,} rows':<44}{'seconds':>9}")
    for name, took in found.items():
        said = (
            f"{min(took):9.2f}  {' '.join(f'{one:.2f}' for one in took)}" if took else "  not there"
        )
        print(f"{name:<44}{said}")
    ours = min(found["ours"])
    figures = []
    for code, name, goal in (("P5", "hledger", 10.0), ("P6", "beancount", 3.0)):
        ratio = min(found[name]) / ours if found[name] else None
        why = "" if found[name] else f"{name} is not installed here"
        figures.append(Figure(code, f"{name} on {ROWS:,} rows / import", ratio, goal, why=why))
    return figures


if __name__ == "__main__":
    if INSIDE in sys.argv:
        print(json.dumps(_measure()))
    else:
        for figure in main():
            print(figure.line())
