"""The bank's own settings as a bank admin edits them: a bad value would break every page."""

import re
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from django import forms
from django.utils.translation import gettext as _

from accounts.customers.models import BankProfile
from accounts.customers.signals import currency_changing

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LEAST_CONTRAST = 4.5


class BankProfileForm(forms.ModelForm[BankProfile]):
    time_zone = forms.ChoiceField(choices=lambda: [(z, z) for z in sorted(available_timezones())])

    class Meta:
        model = BankProfile
        fields = (
            "name",
            "country",
            "time_zone",
            "currency",
            "locale",
            "brand",
            "k",
            "business_day",
            "heads_to",
        )
        help_texts = {
            "heads_to": "E-mail addresses, parted by commas, outside of this bank's own servers. "
            "Empty: nothing is sent to the bank.",
            "brand": "#1E3FAE",
            "business_day": "Leave empty: today. A day is fixed in demo banks only.",
        }

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if not re.fullmatch("[A-Z]{2}", country):
            raise forms.ValidationError(_("A country is two letters, such as DE."))
        return country

    def clean_currency(self) -> str:
        code = currency_code(self.cleaned_data["currency"])
        if self.instance._state.adding:  # of a bank that is just being made
            return code
        old = BankProfile.objects.values_list("currency", flat=True).first() or ""
        if old and code != old:
            for _receiver, refusal in currency_changing.send(BankProfile, old=old, new=code):
                if refusal:
                    raise forms.ValidationError(refusal)
        return code

    def clean_locale(self) -> str:
        locale: str = self.cleaned_data["locale"]
        try:
            Locale.parse(locale, sep="-" if "-" in locale else "_")
        except (ValueError, UnknownLocaleError):
            raise forms.ValidationError(_("A language is written like en, de or de-AT.")) from None
        return locale

    def clean_heads_to(self) -> str:
        field = forms.EmailField(max_length=254)
        found = []
        for part in filter(None, (p.strip() for p in self.cleaned_data["heads_to"].split(","))):
            try:
                found.append(field.clean(part))
            except forms.ValidationError:
                said = _("“%(part)s” is no e-mail address. Part several by commas.")
                raise forms.ValidationError(said % {"part": part}) from None
        return ", ".join(found)

    def clean_brand(self) -> str:
        brand: str = self.cleaned_data["brand"]
        if brand and not _COLOUR.fullmatch(brand):
            raise forms.ValidationError(_("A colour is written like #1E3FAE."))
        if brand and contrast_on_white(brand) < _LEAST_CONTRAST:
            raise forms.ValidationError(
                _("White text can't be read on this colour. Take a darker one.")
            )
        return brand


def contrast_on_white(colour: str) -> float:
    """Contrast ratio of a colour like #1E3FAE to white, 1–21 (WCAG 2.2, "contrast ratio")."""

    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[n : n + 2]) for n in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def currency_code(text: str) -> str:
    """The currency as its three capital letters. Raises ValidationError."""
    code = text.strip().upper()
    if code not in list_currencies():
        raise forms.ValidationError(_("A currency is three letters, such as EUR."))
    return code
