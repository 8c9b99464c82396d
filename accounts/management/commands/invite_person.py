"""The first admin of a bank, or an operator: prints the link with which they set their password."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django_tenants.utils import get_public_schema_name

from accounts import invitations
from accounts.banks.models import Bank, Domain
from accounts.banks.tenancy import in_bank, in_public
from accounts.models import Role, User
from accounts.services import create_person


class Command(BaseCommand):
    help = "Prints an invitation for a bank's first admin (or for an operator, without --bank)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--bank", help="the bank's schema; without it an operator is invited")
        parser.add_argument("--role", choices=[Role.ADMIN, Role.ANALYST, Role.VIEWER])

    def handle(
        self, *args: Any, email: str, bank: str | None, role: str | None, **options: Any
    ) -> None:
        schema = bank or get_public_schema_name()
        if role and not bank:
            raise CommandError(
                "Operators have one role: leave --role away, or name a bank with --bank."
            )
        with in_public():
            if not Bank.objects.filter(schema_name=schema).exists():
                raise CommandError(f"There is no bank {schema}.")
            host = Domain.objects.filter(tenant__schema_name=schema).order_by("-is_primary").first()
        if host is None:
            raise CommandError(f"The bank {schema} has no host name yet.")
        wanted = (role or Role.ADMIN) if bank else Role.OPERATOR
        with in_bank(schema):
            user = User.objects.filter(email__iexact=email.strip()).first()
            if user is None:
                user = create_person(email=email, password=None, role=wanted)
            elif user.role != wanted:
                raise CommandError(f"{email} signs in there as {user.role} already.")
            try:
                token = invitations.new_token(user=user, by=None)
            except invitations.InvitationRefused as refused:
                raise CommandError(str(refused)) from None
        path = reverse("account_invitation", urlconf=settings.ROOT_URLCONF, args=[token])
        scheme = "https" if settings.HTTPS else "http"
        self.stdout.write(f"{scheme}://{host.domain}{path}")
