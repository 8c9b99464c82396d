"""The session store: a sign-in ends by its age, and by not being used.

Both limits (settings.SESSION_LIMITS) are kept in the row's expiry day, so that Django's own look-up, the
API's tokens and every list of sessions refuse an ended one alike. `touch` moves the end of idleness by a
statement that carries no data: a save of the whole session could bring back a refresh token spent meanwhile.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User

# Signed in at (seconds since 1970), seconds it lasts at all, seconds it lasts unused.
LIMITS = "sign_in_limits"
# The end of idleness is written once in so many seconds, not at each request.
_COARSE = timedelta(seconds=60)


class SessionStore(db.SessionStore):
    _ends: datetime | None = None

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]
        self._ends = row.expire_date if row else None
        return row

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        now = timezone.now()
        limits = self.get(LIMITS)
        if not limits:
            return now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        signed_in_at, longest, idle = limits
        end = datetime.fromtimestamp(signed_in_at + longest, UTC)
        return min(now + timedelta(seconds=idle), end)

    def get_expiry_age(self, **kwargs: Any) -> int:
        return max(0, int((self.get_expiry_date() - timezone.now()).total_seconds()))

    def touch(self) -> None:
        """Notes that the sign-in was used just now. Does nothing before anybody signed in."""
        if not self.session_key or not self.get(LIMITS):
            return
        ends = self.get_expiry_date()
        if self._ends is not None and ends - self._ends < _COARSE:
            return
        Session.objects.filter(session_key=self.session_key).update(expire_date=ends)
        UserSession.objects.filter(session_key=self.session_key).update(last_seen_at=timezone.now())
        self._ends = ends


def start(session: Any, user: User) -> None:
    """The limits of a sign-in that begins now; a changed role ends the session, so they stay right."""
    longest, idle = settings.SESSION_LIMITS["customer" if user.is_customer else "staff"]
    session[LIMITS] = [int(timezone.now().timestamp()), longest, idle]


def signed_in_for(session: Any) -> float:
    """Seconds since the sign-in; infinite where nobody signed in."""
    limits = session.get(LIMITS)
    return timezone.now().timestamp() - limits[0] if limits else float("inf")


def own_sessions(user: User) -> list[UserSession]:
    """Sign-ins of this person that still hold, newest first."""
    mine = list(UserSession.objects.filter(user=user).order_by("-created_at"))
    alive = set(
        Session.objects.filter(
            session_key__in=[s.session_key for s in mine], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    return [session for session in mine if session.session_key in alive]


def end_sessions(user: User, *, keep: str | None = None) -> int:
    """Signs `user` out everywhere, programs with tokens included, but for the session `keep`."""
    ended: QuerySet[UserSession] = UserSession.objects.filter(user=user)
    return _end(ended.exclude(session_key=keep) if keep else ended)


def end_session(user: User, session_id: int) -> int:
    """Signs one of the person's own sessions out; 0 when it isn't theirs."""
    return _end(UserSession.objects.filter(user=user, pk=session_id))


def end_key(session_key: str) -> None:
    """Ends the one session with this key."""
    Session.objects.filter(session_key=session_key).delete()
    UserSession.objects.filter(session_key=session_key).delete()


@transaction.atomic
def _end(sessions: Iterable[UserSession]) -> int:
    found = list(sessions)
    Session.objects.filter(session_key__in=[s.session_key for s in found]).delete()
    UserSession.objects.filter(pk__in=[s.pk for s in found]).delete()
    return len(found)
