import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.banks.services import create_bank, create_installation
from accounts.banks.tenancy import in_bank, in_public
from accounts.customers.models import Customer
from accounts.models import User
from accounts.services import create_person
from config import nightly
from config.demo import loader
from config.demo.signins import OPERATOR, SCHEMAS, STAFF, StaffMember, host_of
from transactions.samples.bank import SampleBank

SEED = 2026
CUSTOMERS = {"north": 400, "south": 120}


class Command(BaseCommand):
    help = (
        "Make the demo banks North, South and Berka. Safe to repeat; a finished bank is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", default=str(settings.BASE_DIR.parent / "shared" / "data"))
        parser.add_argument("--only", choices=list(SCHEMAS), help="one bank")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo's people exist only in a demo. Start it with `make demo`.")
        create_installation(hosts=[host_of("operator")])
        with in_public():
            _person(OPERATOR, "operators")
        data = Path(options["data"])
        wanted = [s for s in SCHEMAS if options["only"] in (None, s) and self._is_there(s, data)]
        # One after the other: granting rights in two banks at once, PostgreSQL refuses one of them.
        for schema in wanted:
            create_bank(schema=schema, name=SCHEMAS[schema], hosts=_hosts(schema))
        if len(wanted) > 1 and (os.cpu_count() or 1) > 1:
            self._fill_side_by_side(wanted, data)
        else:
            for schema in wanted:
                self._fill(schema, data)

    def _is_there(self, schema: str, data: Path) -> bool:
        if schema == "berka" and not (data / "berka").is_dir():
            self.stdout.write(f"Berka is left out: its data is not at {data / 'berka'}.")
            return False
        return True

    def _fill_side_by_side(self, schemas: list[str], data: Path) -> None:
        """The first bank here, which is the largest, each other in a process of its own meanwhile."""
        manage = str(settings.BASE_DIR / "manage.py")
        command = [sys.executable, manage, "seed_demo", f"--data={data}", "--only"]
        others = {s: subprocess.Popen([*command, s]) for s in schemas[1:]}  # noqa: S603
        try:
            self._fill(schemas[0], data)
        finally:
            failed = [schema for schema, process in others.items() if process.wait() != 0]
        if failed:
            raise CommandError(
                f"Not filled: {', '.join(SCHEMAS[s] for s in failed)}; the reason stands above. "
                "Run it again: what is finished stays."
            )

    def _fill(self, schema: str, data: Path) -> None:
        began = time.monotonic()
        with in_bank(schema):
            for member in STAFF:
                _person(member, schema)
            if not Customer.objects.exists():
                sample = _sample(schema, data)
                with transaction.atomic():
                    loader.load(sample, fixed_day=schema == "berka")
            nightly.run_night()
            customers = Customer.objects.count()
        seconds = time.monotonic() - began
        self.stdout.write(f"{SCHEMAS[schema]}: {customers} customers, {seconds:.0f} s")


def _hosts(schema: str) -> list[str]:
    """North also answers under the machine's own names."""
    return [host_of(schema), *(("localhost", "127.0.0.1") if schema == "north" else ())]


def _sample(schema: str, data: Path) -> SampleBank:
    if schema == "berka":
        from transactions.samples.berka import read_berka

        return read_berka(data / "berka")
    from transactions.samples.generate import SampleName, generate_bank

    today = datetime.now(UTC).date()
    name: SampleName = "north" if schema == "north" else "south"
    return generate_bank(name, seed=SEED, today=today, customers=CUSTOMERS[name])


def _person(member: StaffMember, place: str) -> None:
    """A demo sign-in, unless it is there already."""
    if not User.objects.filter(login_name=member.login_name).exists():
        create_person(
            email=f"{member.login_name}@{place}.example.com",
            password=member.password,
            role=member.role,
            login_name=member.login_name,
        )
