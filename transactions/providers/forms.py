"""Where the rows of each account of a connection go."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from transactions.models import AccountHolder, BankAccount, ProviderAccount, ProviderLink

NEW, OUT = "new", "out"


class ChooseForm(forms.Form):
    """One choice for each of the provider's accounts: a new account, one of the person's, or none."""

    def __init__(self, *args: Any, link: ProviderLink, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = {f"account_{row.pk}": row for row in link.accounts.select_related("account")}
        self.open_to = _accounts_of(link)
        for name, row in self.rows.items():
            self.fields[name] = forms.ChoiceField(
                label=f"{row.name} {row.masked_number} · {row.get_kind_display()}",
                choices=self._offered(row),
                initial=self._first(row),
                help_text=self._hint(row),
                error_messages={
                    "required": _("Say where its payments go, or leave it out."),
                    "invalid_choice": _("This account is not offered. Choose one of the list."),
                },
            )

    def _offered(self, row: ProviderAccount) -> list[tuple[str, str]]:
        out = [(OUT, gettext("Leave it out"))]
        if not row.currency:
            return out
        if row.account is not None:
            return [(str(row.account.public_id), str(row.account)), *out]
        mine = [(str(a.public_id), str(a)) for a in self.open_to if a.currency == row.currency]
        return [(NEW, gettext("A new account")), *mine, *out]

    def _first(self, row: ProviderAccount) -> str:
        if row.account is not None:
            return str(row.account.public_id)
        return OUT if row.choice == ProviderAccount.Choice.LEFT_OUT or not row.currency else NEW

    def _hint(self, row: ProviderAccount) -> str:
        if not row.currency:
            return gettext("Its currency has no official code, so it can’t come in.")
        return gettext("Kept in %(currency)s.") % {"currency": row.currency}

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        used: dict[str, str] = {}
        for name in self.rows:
            chosen = said.get(name)
            if not chosen or chosen in (NEW, OUT):
                continue
            if chosen in used:
                self.add_error(name, gettext("Two accounts can’t go to one. Choose another one."))
            used[chosen] = name
        return said

    def choices(self) -> dict[int, BankAccount | str]:
        """What was said, by key of the provider's account."""
        by_id = {str(account.public_id): account for account in self.open_to}
        by_id |= {
            str(row.account.public_id): row.account
            for row in self.rows.values()
            if row.account is not None
        }
        found: dict[int, BankAccount | str] = {}
        for name, row in self.rows.items():
            chosen = self.cleaned_data[name]
            found[row.pk] = "new" if chosen == NEW else "" if chosen == OUT else by_id[chosen]
        return found


def _accounts_of(link: ProviderLink) -> list[BankAccount]:
    """The person's own accounts that no other open connection writes."""
    taken = (
        ProviderAccount.objects.filter(choice=ProviderAccount.Choice.LINKED, account__isnull=False)
        .exclude(link__state=ProviderLink.State.ENDED)
        .values("account")
    )
    return list(
        BankAccount.objects.standing()
        .filter(holders__customer=link.customer, holders__role=AccountHolder.Role.OWNER)
        .exclude(pk__in=taken)
        .order_by("pk")
    )
