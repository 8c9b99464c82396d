"""The file for many customers."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.uploads import too_large


class BulkUploadForm(forms.Form):
    file = forms.FileField(
        label=_("File with a column for the customer"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        allow_empty_file=True,
        error_messages={
            "required": _("Choose the file first."),
            "missing": _("Choose the file first."),
            "invalid": _("The file did not arrive. Choose it again."),
            "max_length": _("The file’s name is too long. Rename it and choose it again."),
        },
    )

    def __init__(self, *args: Any, limit: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit = limit
        self.fields["file"].help_text = gettext(
            "A CSV table up to %(mb)d MB and about a million rows. Nothing is written before you have seen "
            "what would happen."
        ) % {"mb": limit // 2**20}

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size == 0:
            raise forms.ValidationError(
                gettext("The file is empty. Export it again and choose the new one.")
            )
        if file.size > self.limit:
            raise forms.ValidationError(too_large(self.limit))
        return file
