"""The list of banks and their host names: all that `public` knows about a bank."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin


class Bank(TenantMixin):
    """One bank = one schema. Its settings live inside it (customers.BankProfile)."""

    class State(models.TextChoices):
        NEW = "new", _("to be created")
        CREATING = "creating", _("being created")
        ACTIVE = "active", _("active")
        CLOSED = "closed", _("closed")
        FAILED = "failed", _("creation failed")

    # A bank is made by the create_bank command alone, step by step (services.py).
    auto_create_schema = False
    auto_drop_schema = False

    name = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    step = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["schema_name"]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host name that opens one bank."""
