"""What a person says about a file: the file itself, its account, and how it is to be read."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.customers.models import Customer
from accounts.customers.queries import bank_profile
from transactions.models import BankAccount, ImportBatch

NEW_ACCOUNT = "new"


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File from your bank"),
        help_text=_(
            "A CSV export, as you downloaded it. Nothing is written before you have seen what would happen."
        ),
        allow_empty_file=True,
    )
    account = forms.ChoiceField(label=_("Account"))
    name = forms.CharField(label=_("Name of a new account"), required=False, max_length=80)
    kind = forms.ChoiceField(
        label=_("Kind of the new account"), choices=BankAccount.Kind.choices, required=False
    )
    currency = forms.CharField(label=_("Its currency"), required=False, min_length=3, max_length=3)

    def __init__(self, *args: Any, customer: Customer, limit: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer, self.limit = customer, limit
        self.accounts = {str(a.public_id): a for a in BankAccount.objects.held_by(customer)}
        field = self.fields["account"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            *((key, f"{a} · {a.currency}") for key, a in self.accounts.items()),
            (NEW_ACCOUNT, _("A new account")),
        ]
        self.fields["currency"].initial = bank_profile().currency

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size == 0:
            raise forms.ValidationError(
                _("The file is empty. Download it again and choose the new one.")
            )
        if file.size > self.limit:
            raise forms.ValidationError(
                _("The file is larger than %(mb)d MB. Split it by year and bring in the parts.")
                % {"mb": self.limit // 2**20}
            )
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("account") == NEW_ACCOUNT:
            if not cleaned.get("name"):
                self.add_error("name", _("Give the new account a name, such as Everyday."))
            if not str(cleaned.get("currency", "")).isalpha():
                self.add_error("currency", _("Write the currency as three letters, such as EUR."))
        return cleaned


class LayoutForm(forms.Form):
    """One choice per thing that was found and can be read otherwise."""

    def __init__(self, *args: Any, batch: ImportBatch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for found in batch.detection.get("evidence", []):
            if not found.get("field") or not found.get("options"):
                continue
            self.fields[str(found["field"])] = forms.ChoiceField(
                label=found["what"],
                choices=[("", found["found"]), *((str(o[0]), str(o[1])) for o in found["options"])],
                required=False,
                help_text=found["why"],
            )


class UndoForm(forms.Form):
    sure = forms.BooleanField(label=_("Take this whole import back"))
