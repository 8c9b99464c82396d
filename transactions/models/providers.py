"""Connections to other banks through a provider of account data, and the accounts they deliver."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField
from accounts.customers.models import Customer
from transactions.models.accounts import BankAccount


class ProviderLink(models.Model):
    """One person's connection to one bank. Its secret is sealed (transactions/providers/sealing.py)."""

    class State(models.TextChoices):
        STARTED = "started", _("not finished")
        CHOOSING = "choosing", _("choose the accounts")
        ACTIVE = "active", _("connected")
        LOGIN = "login", _("your bank asks you to sign in again")
        FAULT = "fault", _("stopped")
        ENDED = "ended", _("disconnected")

    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    provider = models.CharField(max_length=10, default="plaid")
    state = models.CharField(max_length=10, choices=State, default=State.STARTED)
    institution_id = models.CharField(max_length=64, blank=True, default="")
    institution_name = models.CharField(max_length=120, blank=True, default="")
    # The provider's own name of the connection: it says in its messages which one it means.
    item_id = models.CharField(max_length=120, blank=True, default="")
    # What opens the connection at the provider, and what opens its pages while the person is there.
    secret = models.BinaryField(default=bytes)
    session = models.BinaryField(default=bytes)
    # How far the provider's news are in the ledger; "" = nothing yet. Written with the rows alone.
    cursor = models.TextField(blank=True, default="")
    # Rows that look like those of a file are taken too.
    takes_doubtful = models.BooleanField(default=False)
    error_code = models.CharField(max_length=80, blank=True, default="")
    # What the person should know although rows arrive: "expires" or "new_accounts".
    notice = models.CharField(max_length=20, blank=True, default="")
    synced_at = models.DateTimeField(null=True, blank=True)
    # When rows were last asked for: the daily look leaves those alone that were asked lately.
    asked_at = models.DateTimeField(null=True, blank=True)
    # The provider's latest messages as [when, digest]: the same one again does nothing.
    messages = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = _("connections to banks")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "item_id"], condition=~Q(item_id=""), name="provider_link_item"
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_open(self) -> bool:
        """Whether rows can come: connected, or kept from it by something the person can mend."""
        return self.state in (self.State.ACTIVE, self.State.LOGIN, self.State.FAULT)

    @property
    def source_key(self) -> str:
        """What its deliveries are known by: rows of another connection or a file are not its own."""
        return f"{self.provider}:{self.pk}"

    @property
    def lane(self) -> str:
        """Jobs of one connection are never at work at the same time."""
        return f"provider:{self.pk}"

    def page(self, name: str = "detail") -> str:
        return reverse(f"providers:{name}", args=[self.public_id], urlconf=settings.ROOT_URLCONF)


class ProviderAccount(models.Model):
    """An account as the provider names it, and where the person wants its rows."""

    class Choice(models.TextChoices):
        OPEN = "open", _("not decided")
        LINKED = "linked", _("rows come in")
        LEFT_OUT = "left_out", _("left out")

    link = models.ForeignKey(ProviderLink, models.CASCADE, related_name="accounts", db_index=False)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=80)
    masked_number = models.CharField(max_length=24, blank=True, default="")
    kind = models.CharField(
        max_length=8, choices=BankAccount.Kind, default=BankAccount.Kind.CURRENT
    )
    currency = models.CharField(max_length=3, blank=True, default="")
    choice = models.CharField(max_length=8, choices=Choice, default=Choice.OPEN)
    account = models.ForeignKey(
        BankAccount, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["link", "external_id"], name="provider_account_once")
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.name}"
