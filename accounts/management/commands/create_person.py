"""A sign-in for an operator or a member of a bank's staff, made by whoever runs the installation."""

import getpass
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse
from django_tenants.utils import get_public_schema_name

from accounts import invitations
from accounts.banks.models import Domain
from accounts.banks.tenancy import bank_schemas, in_bank, in_public
from accounts.models import Role, User
from accounts.services import create_person

STAFF = (Role.VIEWER.value, Role.ANALYST.value, Role.ADMIN.value)


class Command(BaseCommand):
    help = (
        "Make a sign-in for an operator (--operator) or for a bank's staff (--bank, --role). The password "
        "is asked for, or read from the standard input with --password-stdin: there is no default one. With "
        "--invite a link is printed instead, with which the person alone sets it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--operator", action="store_true", help="may open the operators' door")
        where.add_argument("--bank", metavar="SCHEMA", help="works at this bank")
        parser.add_argument("--role", choices=STAFF, help="what they may do at the bank")
        parser.add_argument("--password-stdin", action="store_true")
        parser.add_argument(
            "--invite", action="store_true", help="print a link to set the password"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email, schema, banks = options["email"].strip(), options["bank"], bank_schemas()
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is no e-mail address.") from error
        if schema and schema not in banks:
            known = ", ".join(banks) or "none yet; make one with create_bank"
            raise CommandError(f"There is no active bank {schema}. Banks: {known}.")
        if bool(schema) != bool(options["role"]):
            raise CommandError(f"Say --role with --bank: {', '.join(STAFF)}.")
        with in_bank(schema) if schema else in_public():
            if User.objects.filter(email__iexact=email).exists():
                raise CommandError(
                    f"{email} can sign in already. A forgotten password is set anew from the sign-in page."
                )
            password = None
            if not options["invite"]:
                password = _password(email, from_stdin=options["password_stdin"])
            user = create_person(
                email=email, password=password, role=options["role"] or Role.OPERATOR
            )
            token = invitations.new_token(user=user, by=None) if options["invite"] else ""
        if token:
            self.stdout.write(_link(schema or get_public_schema_name(), token))
            return
        place = schema or "the operators' door"
        self.stdout.write(f"{email} can sign in at {place} now.")


def _link(schema: str, token: str) -> str:
    with in_public():
        host = Domain.objects.filter(tenant__schema_name=schema).order_by("-is_primary").first()
    name = host.domain if host else "…"
    path = reverse("account_invitation", urlconf=settings.ROOT_URLCONF, args=[token])
    return f"{'https' if settings.HTTPS else 'http'}://{name}{path}"


def _password(email: str, *, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandError("The two are not the same; nothing was made.")
    else:
        raise CommandError("There is no terminal to ask for the password; use --password-stdin.")
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
