"""Forms of sign-in: allauth's with our words, and the one that accepts an invitation."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.passwords import LONGEST


class SignInForm(LoginForm):  # type: ignore[misc]
    """The field takes an e-mail or, in the demo, a name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail or name")
        self.fields["login"].max_length = 254
        self.fields["login"].widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].widget.attrs.pop("placeholder", None)


class _Code:
    """The field of a code: our label, no placeholder that stands in for one, digits on a phone's keyboard."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form: Any = self
        form.fields["code"].label = _("Code")
        form.fields["code"].max_length = 32
        form.fields["code"].widget.attrs.pop("placeholder", None)
        form.fields["code"].widget.attrs["inputmode"] = "numeric"


class CodeForm(_Code, AuthenticateForm):  # type: ignore[misc]
    pass


class CodeAgainForm(_Code, ReauthenticateForm):  # type: ignore[misc]
    pass


class FirstCodeForm(_Code, ActivateTOTPForm):  # type: ignore[misc]
    def clean_code(self) -> str:
        """The code that turns the app on is used with that: whoever saw it typed can't sign in with it."""
        code: str = super().clean_code()
        app = Authenticator(user=self.user, type=Authenticator.Type.TOTP)
        TOTP(app)._mark_code_used(code)
        return code


class Credential:
    """What a browser says of a key is read by fido2, which fails on odd shapes in more ways than one."""

    def clean_credential(self) -> Any:
        form: Any = self
        if not isinstance(form.cleaned_data["credential"], dict):
            raise get_adapter().validation_error("incorrect_code")
        try:
            check = getattr(super(), "clean_credential", None)
            return check() if check else form.cleaned_data["credential"]
        except (TypeError, ValueError, KeyError, AttributeError, LookupError, ArithmeticError):
            raise get_adapter().validation_error("incorrect_code") from None


class PasskeyForm(Credential, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeySignInForm(Credential, LoginWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyAgainForm(Credential, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class AddPasskeyForm(Credential, AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("What do you call this device or key?")
        self.fields["name"].max_length = 60
        if "passwordless" in self.fields:
            self.fields["passwordless"].label = _("Sign in with it alone, without a password")
            self.fields["passwordless"].help_text = _(
                "It asks for your finger, face or PIN; then nobody can shut you out by guessing passwords."
            )
            self.fields["passwordless"].initial = True

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
            return cleaned
        except (TypeError, ValueError, KeyError, AttributeError, LookupError, ArithmeticError):
            raise get_adapter().validation_error("incorrect_code") from None


class FirstPasswordForm(forms.Form):
    """Chooses the password with an invitation; both fields take what a password manager pastes."""

    password1 = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=LONGEST,
        help_text=_("At least 12 characters. A sentence is easier to keep than signs and digits."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The same once more"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password1(self) -> str:
        password: str = get_adapter().clean_password(self.cleaned_data["password1"], user=self.user)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("This isn’t the same as above."))
        return cleaned


class InviteForm(forms.Form):
    """Where a customer's invitation goes."""

    email = forms.EmailField(label=_("E-mail of the customer"), max_length=254)
