"""Bank accounts, who holds them, and what the bank says their balance is."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField, money_field
from accounts.customers.models import Customer


class BankAccountQuerySet(models.QuerySet["BankAccount"]):
    def held_by(self, customer: Customer) -> "BankAccountQuerySet":
        """Every account this person holds, as owner or user; none that only a draft has made."""
        return self.standing().filter(holders__customer=customer)

    def standing(self) -> "BankAccountQuerySet":
        """Accounts that are there for everyone: not those made for a file that isn't committed."""
        return self.filter(draft_of=None)

    def for_file(self, customer: Customer, batch_id: int) -> "BankAccountQuerySet":
        """What a file of this person may write: their accounts, and those made for this very file."""
        mine = self.filter(holders__customer=customer)
        return mine.filter(Q(draft_of=None) | Q(draft_of=batch_id))

    def owned(self) -> "BankAccountQuerySet":
        """Each account once, under its owner: for bank-wide figures."""
        return self.filter(holders__role=AccountHolder.Role.OWNER)


class BankAccount(models.Model):
    class Kind(models.TextChoices):
        CURRENT = "current", _("current account")
        SAVINGS = "savings", _("savings")
        CARD = "card", _("card")
        LOAN = "loan", _("loan")

    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.CURRENT)
    currency = models.CharField(_("currency"), max_length=3)
    masked_number = models.CharField(_("number"), max_length=24, blank=True, default="")
    # Grows by one at each write of the account's lines: what a plan was made against.
    revision = models.BigIntegerField(default=0, editable=False)
    # The import it was made for, until that is committed: nobody else meets it before.
    draft_of = models.BigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BankAccountQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} {self.masked_number}".strip()


class AccountHolder(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        USER = "user", _("user")

    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="holders", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="holdings")
    role = models.CharField(max_length=5, choices=Role, default=Role.OWNER)
    # What this holder calls the account; another holder keeps their own word for it.
    own_name = models.CharField(max_length=80, blank=True, default="", editable=False)
    # Folded away on this holder's pages since then; its lines count as before.
    put_away_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "customer"], name="holder_account_customer"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(role="owner"), name="holder_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.role} of {self.account_id}"


class BalanceStatement(models.Model):
    """What the bank or a file states as the balance at the end of a day."""

    account = models.ForeignKey(
        BankAccount, models.PROTECT, related_name="statements", db_index=False
    )
    day = models.DateField()
    amount = money_field()
    source = models.CharField(max_length=20)
    batch_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day", "source"], name="statement_account_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"
