"""Pages of sign-in that allauth doesn't bring: own sessions, invitations, the two well-known addresses."""

from datetime import timedelta

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import invitations
from accounts import sessions as signed_in
from accounts.audit.sign_ins import note, note_first_password
from accounts.forms import FirstPasswordForm

_TOKEN = "invitation"  # noqa: S105  where the link's token stays while the page is open


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where this person is signed in; each place can be signed out, or all of them."""
    user, current = request.user, request.session.session_key
    if request.method == "POST":
        which = request.POST.get("end", "")
        if which == "everywhere":
            signed_in.end_sessions(user)  # type: ignore[arg-type]
            note("sign_in.ended", user=user, request=request, everywhere=True)
            request.session.flush()
            return redirect("account_login")
        if which == "others":
            n = signed_in.end_sessions(user, keep=current)  # type: ignore[arg-type]
        else:
            n = signed_in.end_session(user, int(which)) if _is_number(which) else 0  # type: ignore[arg-type]
        if n:
            note("session.ended", user=user, request=request, sessions=n)
            messages.success(request, _("Signed out there."))
        else:
            messages.info(request, _("Nobody was signed in there any more."))
        return redirect("account_sessions")
    found = signed_in.own_sessions(user)  # type: ignore[arg-type]
    places = [
        {"session": s, "here": s.session_key == current, "device": _device(s.user_agent)}
        for s in found
    ]
    places.sort(key=lambda place: not place["here"])
    return render(request, "account/sessions.html", {"places": places})


@login_not_required
@require_safe
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the token out of the address, where it would stand in histories and logs."""
    request.session[_TOKEN] = token[:100]
    return redirect("account_accept_invitation")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request: HttpRequest) -> HttpResponseBase:
    """The first password; whoever set it is signed in, staff go on to their second factor."""
    token = request.session.get(_TOKEN, "")
    invitation = invitations.find(token) if token else None
    if invitation is None:
        return _ended(request, token)
    form = FirstPasswordForm(request.POST or None, user=invitation.user)
    if request.method == "POST" and form.is_valid():
        user = invitations.accept(token=token, password=form.cleaned_data["password1"])
        if user is None:
            return _ended(request, token)
        note_first_password(user=user, request=request)
        request.session.flush()
        record_authentication(request, user, method="password", email=user.email)
        response: HttpResponseBase = perform_login(request, Login(user=user, email=user.email))
        return response
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "email": invitation.user.email}
    return render(request, "account/invitation.html", context, status=status)


def _ended(request: HttpRequest, token: str) -> HttpResponse:
    context = {"why": invitations.why_ended(token).value}
    return render(request, "account/invitation_ended.html", context, status=410)


@login_not_required
@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """Where a password manager looks for the page that changes a password."""
    return redirect("account_change_password")


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: where to report a weakness."""
    expires = (timezone.now() + timedelta(days=180)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, de",
        f"Canonical: {request.build_absolute_uri(request.path)}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
             ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip


def _device(user_agent: str) -> str:
    """What people call the device; a program that names itself is called so."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent.split("/")[0][:40] or _("a program")
