"""How allauth behaves here: no open sign-up, tries counted per account, devices remembered."""

import hashlib
import logging
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal.httpkit import clean_client_ip, is_headless_request
from allauth.core.internal.ratelimit import truncate_ip
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from accounts import devices, limits, second_factor, sessions
from accounts.backends import find_person
from accounts.customers.queries import bank_name
from accounts.models import User

log = logging.getLogger(__name__)


class BankAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail or the password is wrong."),
        "username_password_mismatch": _("The e-mail or the password is wrong."),
        "too_many_login_attempts": _(
            "Too many tries. Wait half an hour, or use your passkey, a device you signed in on before, "
            "or “Forgotten?”."
        ),
        "sign_in_unavailable": _("Signing in isn’t possible just now. Try again in a minute."),
        "incorrect_code": _("This code isn’t right, or it was used already. Take the next one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come by invitation or with imported data, never by themselves."""
        return False

    def get_user_search_fields(self) -> list[str]:
        return ["email", "login_name"]

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Names to sign in with are made by the demo loader alone; allauth must not invent one."""

    # -- tries ---------------------------------------------------------------------------------

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Takes one try before the password is looked at; in place of allauth's count per spelling."""
        name = credentials.get("email") or credentials.get("username") or ""
        account, address = self._counted(request, name)
        self._try: limits.Try | None = None
        try:
            self._try = limits.take(account=account, address=address)
        except limits.TooManyTries as refused:
            request.sign_in_wait = refused.wait  # type: ignore[attr-defined]
            log.warning("sign-in: no try left for %s", self._who(account))
            raise self.validation_error("too_many_login_attempts") from None
        except limits.CountersAway:
            raise self.validation_error("sign_in_unavailable") from None

    def _rollback_login_failed_rl_usage(self) -> None:
        if self._try is not None:
            limits.give_back(self._try)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        name = credentials.get("email") or credentials.get("username") or ""
        log.info("sign-in: wrong password for %s", self._who(self._counted(request, name)[0]))

    @staticmethod
    def _who(account: str) -> str:
        """The account's number for the log; what a stranger typed stays out of it."""
        return account if account.startswith("user:") else "an unknown name"

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """allauth calls this when a password was reset by e-mail."""
        person = find_person(credentials.get("email", ""))
        if person is not None:
            limits.forget(_account(person))

    def _counted(self, request: HttpRequest, name: str) -> tuple[str, str | None]:
        """What a try counts for: the account however it is spelled, or a known device or session of it."""
        person = find_person(name)
        if person is None:
            # Unknown names are counted like known ones, or the limit would tell them apart.
            return f"name:{name.strip().lower()}", self._network(request)
        if getattr(request, "user", None) == person:
            key = hashlib.sha256((request.session.session_key or "").encode()).hexdigest()
            return f"{_account(person)}:session:{key}", None
        device = devices.device_of(request, person)
        if device is not None:
            return f"{_account(person)}:device:{device}", None
        return _account(person), self._network(request)

    def _network(self, request: HttpRequest) -> str:
        network: str = truncate_ip(self.get_client_ip(request))
        return network

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address our outermost proxy saw; X-Forwarded-For is read no further than our proxies wrote."""
        hops = settings.TRUSTED_PROXIES
        given = [part for part in request.headers.get("x-forwarded-for", "").split(",") if part]
        seen = given[-hops] if hops and len(given) >= hops else request.META.get("REMOTE_ADDR", "")
        address = clean_client_ip(seen)
        if not address:
            raise PermissionDenied
        found: str = address
        return found

    # -- after signing in ----------------------------------------------------------------------

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().post_login(request, user, **more)
        if not is_headless_request(request):
            devices.remember(request, response, user)
        return response

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Who has just signed in sets their first second factor up without a second question."""
        request = context.request
        if app == "allauth.mfa" and not second_factor.has_one(request.user):
            fresh = sessions.signed_in_for(request.session)
            return bool(fresh > app_settings.REAUTHENTICATION_TIMEOUT)
        return bool(super().is_reauthentication_required(app=app, **more))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [way | {"description": words.get(way["id"], way["description"])} for way in methods]

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Who was never let in has no password to reset: only an invitation lets them in."""
        if not user.has_usable_password():
            self.send_mail("account/email/not_invited", email, {"bank_name": bank_name()})
            return
        super().send_password_reset_mail(user, email, context)

    def send_notification_mail(self, *args: Any, **more: Any) -> None:
        """About a change of sign-in, to the address that counts; nobody to tell is no error."""
        user = args[1] if len(args) > 1 else more.get("user")
        if user is not None and EmailAddress.objects.get_primary(user) is None:
            return
        super().send_notification_mail(*args, **more)


def own_name(user: User) -> str:
    """What a person's own device calls their sign-in; `str(user)` is for others, and covers customers."""
    return user.login_name or user.email


def _account(user: User) -> str:
    return f"user:{user.pk}"
