"""Bring a customer's bank exports into the ledger, as the import pages do."""

import re
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.banks.tenancy import bank_schemas, in_bank
from accounts.customers.models import Customer
from transactions.adapters import ADAPTERS, SIGNS
from transactions.days import ORDERS
from transactions.imports import by_hand
from transactions.imports.accounts import names_account
from transactions.models import BankAccount

SETTINGS: dict[str, str] = {
    "date_order": "|".join(ORDERS),
    "decimal": r"[.,]",
    "sign": "|".join(SIGNS),
    "delimiter": ".",
    "header_line": "[0-9]{1,6}",
    "encoding": "[A-Za-z0-9_-]{2,30}",
}
SHOWN = 8


class Command(BaseCommand):
    help = (
        "Plans each file and commits that plan, or prints the plan alone with --dry-run; a file goes in "
        "whole or, when it is refused, not at all. Rows that can't be read are printed and the rest goes "
        "in; bringing the same file again changes nothing. "
        "Exit code 0: everything is in the ledger (or would be); 1: a file was refused, or its plan is "
        "not the one named by --plan; 2: wrong arguments; 3: in the ledger, but some rows were left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--bank", metavar="SCHEMA", required=True)
        parser.add_argument("--customer", metavar="REFERENCE", required=True)
        parser.add_argument(
            "--account",
            metavar="NAME",
            help="name or public id of the account; not needed where the file names accounts",
        )
        parser.add_argument("--as", dest="adapter", metavar="ADAPTER", help=", ".join(ADAPTERS))
        parser.add_argument(
            "--set", action="append", default=[], metavar="WHAT=VALUE",
            help=f"how the file is to be read, such as date_order=dmy ({', '.join(SETTINGS)})",
        )  # fmt: skip
        parser.add_argument(
            "--bring-in", action="append", default=[], metavar="LINE",
            help="a doubtful line to bring in all the same, or `all`; may be repeated",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="print the plan, write nothing")
        parser.add_argument(
            "--plan", action="append", default=[], metavar="HASH",
            help="commit only if the plan is this one, as a dry run printed it; one for each FILE, in order",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print one JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        paths = _files(options)
        schema, banks = options["bank"], bank_schemas()
        if schema not in banks:
            raise _wrong(f"There is no active bank {schema}. Banks: {', '.join(banks) or 'none'}.")
        choices, bring_in = _choices(options["set"]), _lines(options["bring_in"])
        if choices and options["adapter"]:
            raise _wrong("Use --as or --set, not both: --set finds the adapter by itself.")
        plans = options["plan"] or [""] * len(paths)
        with in_bank(schema):
            customer = _customer(options["customer"], schema)
            account = _account(customer, options["account"])
            brought = []
            # A dry run commits all but the last file and takes everything back, so that each plan is
            # made against the ledger it would meet.
            with transaction.atomic() if options["dry_run"] else nullcontext():
                for number, (path, plan) in enumerate(zip(paths, plans, strict=True), start=1):
                    found = by_hand.bring_file(
                        path, customer=customer, account=account, adapter=options["adapter"],
                        choices=choices, bring_in=bring_in, wanted_plan=plan,
                        apply=not options["dry_run"] or number < len(paths),
                    )  # fmt: skip
                    found.file = str(path)
                    if options["dry_run"] and found.state == by_hand.DONE:
                        found.state, found.batch = by_hand.PLANNED, ""
                    brought.append(found)
                    if not options["json"]:
                        self._print(found, customer)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        if options["json"]:
            listed = [found.as_json() for found in brought]
            self.stdout.write(orjson.dumps(listed, option=orjson.OPT_INDENT_2).decode())
        if any(found.refused for found in brought):
            raise SystemExit(1)
        if any(found.left_out for found in brought):
            raise SystemExit(3)

    def _print(self, found: by_hand.Brought, customer: Customer) -> None:
        self.stdout.write("\n".join(found.as_text()))
        if found.refused and found.refused.code == "account_needed":
            self.stdout.write(f"  Name one by --account: {_accounts_of(customer)}.")


def _wrong(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=2)


def _files(options: dict[str, Any]) -> list[Path]:
    adapter, paths = options["adapter"], [Path(name) for name in options["files"]]
    if adapter is not None and adapter not in ADAPTERS:
        raise _wrong(f"There is no adapter {adapter}: {', '.join(ADAPTERS)}.")
    if absent := [str(path) for path in paths if not path.is_file()]:
        raise _wrong(f"No such file: {', '.join(absent)}.")
    if options["plan"] and options["dry_run"]:
        raise _wrong("--plan commits the plan that a dry run printed; leave --dry-run out.")
    if options["plan"] and len(options["plan"]) != len(paths):
        raise _wrong(f"There are {len(paths)} files and {len(options['plan'])} --plan.")
    return paths


def _choices(given: list[str]) -> dict[str, str]:
    choices = {}
    for one in given:
        name, equals, value = one.partition("=")
        if name not in SETTINGS or not equals or not value:
            raise _wrong(
                f"--set {one}: say WHAT=VALUE, where WHAT is one of {', '.join(SETTINGS)}."
            )
        if not re.fullmatch(SETTINGS[name], value):
            words = SETTINGS[name].replace("|", ", ") if "|" in SETTINGS[name] else "another value"
            raise _wrong(f"--set {one}: {name} can't be {value}; say {words}.")
        choices[name] = value
    return choices


def _lines(given: list[str]) -> list[int] | str | None:
    if not given:
        return None
    if given == ["all"]:
        return "all"
    if wrong := [one for one in given if not (one.isdecimal() and len(one) < 10)]:
        raise _wrong(f"--bring-in {wrong[0]}: name a line by its number, or say `all` once.")
    return [int(one) for one in given]


def _customer(reference: str, schema: str) -> Customer:
    customer = Customer.objects.filter(reference=reference).first()
    if customer is not None:
        return customer
    known = Customer.objects.values_list("reference", flat=True)
    like = list(known.filter(reference__istartswith=reference[:3])[:SHOWN]) or list(known[:SHOWN])
    raise _wrong(
        f"{schema} has no customer with the reference {reference}. "
        + (f"Some that it has: {', '.join(like)}." if like else "It has no customers yet.")
        + " A customer is added on the bank's admin pages, or with `manage.py load_folder`."
    )


def _account(customer: Customer, named: str | None) -> BankAccount | None:
    if not named:
        return None
    held = list(BankAccount.objects.held_by(customer))
    # What is exactly a name or an id goes before the same last digits.
    exact = [a for a in held if named.strip() in (a.name, str(a.public_id))]
    found = exact or [a for a in held if names_account(named, a)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{a} {a.currency} = {a.public_id}" for a in found)
        raise _wrong(f"{len(found)} accounts are called {named}; give the public id: {ids}.")
    raise _wrong(
        f"{customer.reference} has no account {named}. Accounts: {_accounts_of(customer)}. "
        "A new one is made in the first step of the import pages, or on the bank's admin pages."
    )


def _accounts_of(customer: Customer) -> str:
    held = BankAccount.objects.held_by(customer)
    return ", ".join(f"{a} {a.currency} ({a.public_id})" for a in held) or "none yet"
