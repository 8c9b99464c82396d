"""People who sign in. In a bank: its customers and staff; in public: the operators."""

import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.addresses import masked


class Role(models.TextChoices):
    CUSTOMER = "customer", _("customer")
    VIEWER = "viewer", _("viewer")
    ANALYST = "analyst", _("analyst")
    ADMIN = "admin", _("bank admin")
    OPERATOR = "operator", _("operator")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A sign-in. What its role may do stands in one table, accounts/permissions.py."""

    email = models.EmailField(_("e-mail"), unique=True)
    # Made by the demo loader alone; the sign-in form takes "E-mail or name".
    login_name = models.CharField(_("name to sign in with"), max_length=80, null=True, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.CUSTOMER)
    is_active = models.BooleanField(_("may sign in"), default=True)
    theme = models.CharField(
        max_length=6,
        default="system",
        choices=[("system", _("as the device")), ("light", _("light")), ("dark", _("dark"))],
    )
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_any_case"),
            models.UniqueConstraint(Lower("login_name"), name="user_login_name_any_case"),
        ]

    def __str__(self) -> str:
        """For staff pages, logs of forms and choices: a customer stays covered wherever it is used."""
        return masked(self.email) if self.is_customer else self.email

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(_one_form(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(_one_form(raw_password))

    @property
    def is_staff(self) -> bool:
        """Django's word for "may open the admin site"."""
        return self.role in (Role.ADMIN, Role.OPERATOR)

    @property
    def is_bank_staff(self) -> bool:
        return self.role in (Role.VIEWER, Role.ANALYST, Role.ADMIN)

    @property
    def is_customer(self) -> bool:
        return self.role == Role.CUSTOMER

    @property
    def is_superuser(self) -> bool:
        return False

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """The admin sites ask this; each shows its own models, so the role decides alone."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff

    def get_all_permissions(self, obj: object | None = None) -> set[str]:
        return set()


def _one_form(password: str | None) -> str | None:
    """Keyboards write "é" in two ways; a password is the same either way (NIST SP 800-63B 3.1.1.2)."""
    return None if password is None else unicodedata.normalize("NFKC", password)


class Invitation(models.Model):
    """A link with which a person sets their first password: good once, and not for long.

    Only the link's hash is kept, so that nobody who reads the table can use it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user_id}"
