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
        for schema in SCHEMAS:
            if options["only"] in (None, schema):
                self._bank(schema, Path(options["data"]))

    def _bank(self, schema: str, data: Path) -> None:
        if schema == "berka" and not (data / "berka").is_dir():
            self.stdout.write(f"Berka is left out: its data is not at {data / 'berka'}.")
            return
        began = time.monotonic()
        hosts = [host_of(schema)]
        if schema == "north":
            hosts += ["localhost", "127.0.0.1"]
        create_bank(schema=schema, name=SCHEMAS[schema], hosts=hosts)
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
