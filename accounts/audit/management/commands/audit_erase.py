from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import services
from accounts.banks.tenancy import bank_schemas, in_bank


class Command(BaseCommand):
    help = (
        "Erase what the change log says of one customer. The entries, their digests and seals stay. "
        "Runs as the owner of the tables; the role that serves may not change the log."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bank", required=True, help="schema of the bank, such as north")
        parser.add_argument(
            "--customer", required=True, type=UUID, help="public id of the customer"
        )
        parser.add_argument(
            "--reason", required=True, help="why, such as the number of the request"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from accounts.customers.models import Customer

        if options["bank"] not in bank_schemas():
            raise CommandError(f"There is no active bank {options['bank']}.")
        with in_bank(options["bank"]):
            customer = Customer.objects.filter(public_id=options["customer"]).first()
            if customer is None:
                raise CommandError("There is no such customer in this bank.")
            count = services.erase_payloads(customer_id=customer.pk, reason=options["reason"])
        self.stdout.write(f"{count} entries erased; `audit_verify` counts them.")
