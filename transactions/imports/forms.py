"""What a person says about a file: the file itself, its account, what is to be kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.customers.models import Customer
from accounts.customers.queries import bank_profile
from accounts.uploads import too_large
from transactions.adapters.words import CURRENCIES
from transactions.imports.accounts import create_account, mask
from transactions.models import BankAccount

NEW_ACCOUNT, BY_FILE = "new", "file"
# What a file dialogue offers first; what a file is, its content says.
ACCEPTED = (
    ".csv,.txt,.tsv,.ofx,.qfx,.qif,.xml,.sta,.mt940,.940,.942,.xlsx,.xlsm,.zip,.gz,text/csv,text/plain,"
    "text/xml,application/xml,application/x-ofx,application/vnd.intu.qfx,application/qif"
)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File from your bank"),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
        allow_empty_file=True,
        error_messages={
            "required": _("Choose the file first."),
            "missing": _("Choose the file first."),
            "invalid": _("The file did not arrive. Choose it again."),
            "max_length": _("The file’s name is too long. Rename it and choose it again."),
        },
    )
    account = forms.ChoiceField(
        label=_("Account"),
        error_messages={
            "required": _("Choose the account this file belongs to."),
            "invalid_choice": _("This account is not there. Choose one of the list."),
        },
    )
    name = forms.CharField(
        label=_("Name of the new account"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=BankAccount.Kind.choices, required=False)
    currency = forms.CharField(
        label=_("Currency"),
        required=False,
        max_length=3,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "size": 3}
        ),
    )

    def __init__(self, *args: Any, customer: Customer, limit: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer, self.limit = customer, limit
        self.accounts = {str(a.public_id): a for a in BankAccount.objects.held_by(customer)}
        choices: list[tuple[str, Any]] = [
            (key, f"{a} · {a.currency}") for key, a in self.accounts.items()
        ]
        if len(self.accounts) != 1:
            choices.insert(0, ("", gettext("Choose an account")))
        if len(self.accounts) > 1:
            choices.append((BY_FILE, gettext("The file names its accounts")))
        choices.append((NEW_ACCOUNT, gettext("A new account")))
        field = self.fields["account"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        if not self.accounts:
            field.initial = NEW_ACCOUNT
        self.fields["file"].help_text = gettext(
            "An OFX, QFX, CAMT, MT940, QIF, CSV or Excel file as you downloaded it, packed as zip or not, up "
            "to %(mb)d MB. Nothing "
            "is written before you have seen what would happen."
        ) % {"mb": limit // 2**20}
        self.fields["currency"].help_text = gettext(
            "Three letters. Leave it empty to take the file’s own, or else %(currency)s."
        ) % {"currency": bank_profile().currency}

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size == 0:
            raise forms.ValidationError(
                gettext("The file is empty. Download it again and choose the new one.")
            )
        if file.size > self.limit:
            raise forms.ValidationError(too_large(self.limit))
        return file

    def clean_currency(self) -> str:
        code = str(self.cleaned_data.get("currency") or "").strip().upper()
        if self.data.get("account") == NEW_ACCOUNT and code and code not in CURRENCIES:
            raise forms.ValidationError(
                gettext("“%(code)s” is no currency. Write three letters, such as EUR.")
                % {"code": code}
            )
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name = str(cleaned.get("name") or "").strip()
        if cleaned.get("account") == NEW_ACCOUNT and "name" in cleaned:
            if not name:
                self.add_error("name", gettext("Give the new account a name, such as Everyday."))
            elif name.casefold() in {a.name.casefold() for a in self.accounts.values()}:
                self.add_error(
                    "name",
                    gettext(
                        "An account of this name is there already. Choose it, or another name."
                    ),
                )
            elif self._is_of_a_draft(name):
                self.add_error(
                    "name",
                    gettext(
                        "A file that isn’t brought in yet makes an account of this name. Finish it or throw "
                        "it away first, or choose another name."
                    ),
                )
        return cleaned

    def _is_of_a_draft(self, name: str) -> bool:
        drafts = BankAccount.objects.filter(holders__customer=self.customer).exclude(draft_of=None)
        return drafts.filter(name__iexact=name).exists()


class AccountsForm(forms.Form):
    """Where the file's rows go: one account for all, or one for each name in the file."""

    def __init__(
        self,
        *args: Any,
        customer: Customer,
        batch_id: int,
        account: BankAccount | None,
        names: list[dict[str, Any]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        held = list(BankAccount.objects.for_file(customer, batch_id))
        self.accounts = {str(a.public_id): a for a in held}
        self.names = names
        self.made: list[BankAccount] = []
        choices = [("", gettext("Choose an account"))] + [
            (key, f"{a} · {a.currency}") for key, a in self.accounts.items()
        ]
        if not names:
            self.fields["account"] = forms.ChoiceField(
                label=gettext("This file belongs to"),
                choices=choices,
                initial=str(account.public_id) if account else "",
                error_messages={"required": gettext("Choose the account this file belongs to.")},
            )
        public = {a.pk: str(a.public_id) for a in held}
        for n, named in enumerate(names):
            fitting = [c for c in choices if not c[0] or self._fits(c[0], named["currency"])]
            fitting.append((NEW_ACCOUNT, gettext("A new account for these rows")))
            self.fields[f"name_{n}"] = forms.ChoiceField(
                label=named["shown"],
                choices=fitting,
                required=False,
                initial=public.get(named["account"], ""),
                help_text=named["rows_in_words"],
            )

    def _fits(self, key: Any, currency: str) -> bool:
        return not currency or self.accounts[str(key)].currency == currency

    def chosen(self) -> dict[tuple[str, str], BankAccount]:
        """Accounts by name and currency, those left open not among them; new ones are made."""
        found = {}
        for n, named in enumerate(self.names):
            key = self.cleaned_data.get(f"name_{n}")
            if key == NEW_ACCOUNT:
                found[named["name"], named["currency"]] = self._make(named)
            elif key:
                found[named["name"], named["currency"]] = self.accounts[key]
        return found

    def _make(self, named: dict[str, Any]) -> BankAccount:
        """An account called as the file calls it, of a long number only the end."""
        number = mask(named["name"])
        is_number = number.startswith("··")
        currency = named["currency"] or bank_profile().currency
        account = create_account(
            customer=self.customer,
            name=gettext("Account in %(currency)s") % {"currency": currency}
            if is_number or not number
            else number,
            currency=currency,
            masked_number=number if is_number else "",
        )
        self.made.append(account)
        return account

    def one(self) -> BankAccount | None:
        return self.accounts.get(self.cleaned_data.get("account", ""))
