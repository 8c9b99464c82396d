"""The day's last head, mailed out of the house: whoever can write the tables can't take it back there.

One job for each bank and day, put in by the clock (config/tasks.py). Only the last day is made up for after
a standstill: its head vouches for all before it.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.utils import make_msgid
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.models import AuditSeal
from accounts.audit.sealing import head_line
from accounts.banks.tenancy import current_bank
from accounts.customers.queries import bank_profile
from accounts.jobs import services as jobs
from accounts.jobs.context import JobContext
from accounts.jobs.models import Job

KIND = "audit_head"


def addresses() -> list[str]:
    """Who gets the current bank's heads: the operators' mailbox, then the bank's own."""
    named = [*settings.AUDIT_HEADS_TO, *bank_profile().heads_to.split(",")]
    return list(dict.fromkeys(filter(None, (part.strip() for part in named))))


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day of the bank, and the instants between which it lies, the end not included."""

    day: date
    begins: datetime
    ends: datetime

    @property
    def key(self) -> str:
        """A job of this key exists once: never two mails of one day."""
        return f"{KIND}:{self.day}"


def day_of(day: date) -> Day:
    zone = ZoneInfo(bank_profile().time_zone)
    begins, ends = (datetime.combine(at, time(), zone) for at in (day, day + timedelta(days=1)))
    return Day(day, begins, ends)


def last_day(now: datetime) -> Day:
    """The last day that is over, in the bank's own zone."""
    zone = ZoneInfo(bank_profile().time_zone)
    return day_of(now.astimezone(zone).date() - timedelta(days=1))


def put_daily_head(now: datetime) -> int:
    """Puts the mail of the last day among the bank's jobs, once; none where nobody is to get it."""
    day = last_day(now)
    if not addresses() or Job.objects.filter(unique_key=day.key).exists():
        return 0
    jobs.enqueue(kind=KIND, arguments={"day": day.day.isoformat()}, unique_key=day.key)
    return 1


def send(context: JobContext) -> None:
    """The job. The mail leaves as the last thing before `done` commits: a worker that lost the job sends
    nothing, and a mail that can't be sent leaves the job to be tried again. One that was killed in between
    sends it a second time, under the same Message-ID.
    """
    day = day_of(date.fromisoformat(context.arguments["day"]))
    to = addresses()
    seal = AuditSeal.objects.filter(sealed_at__lt=day.ends).order_by("-no").first()
    outcome: dict[str, Any] = {"day": day.day, "seal": seal.no if seal else None, "to": len(to)}
    with transaction.atomic():
        context.finish(outcome)
        if seal is not None and to:
            message(day, seal, to).send()


def message(day: Day, seal: AuditSeal, to: list[str]) -> EmailMessage:
    """What is mailed: ids and digests, nothing of what entries say."""
    schema = current_bank()
    quiet = "" if seal.sealed_at >= day.begins else _("Nothing was written on this day.") + "\n\n"
    body = _(
        "The last head of the change log of %(bank)s on %(day)s:\n\n%(head)s\n\n%(quiet)s"
        "Keep this message where nobody who writes the bank's database can reach it. To check the log "
        "against it, save its text as a file:\n\n"
        "manage.py audit_verify --bank %(bank)s --heads FILE\n\n"
        "The command says so when anything up to this head was changed or cut off. A day without such a "
        "message is a question to ask."
    ) % {"bank": schema, "day": day.day, "head": head_line(schema, seal), "quiet": quiet}
    # The same for the same day, so that a message sent twice is known as one.
    _local, _at, domain = make_msgid().rpartition("@")
    return EmailMessage(
        subject=_("Change log of %(bank)s: head of %(day)s") % {"bank": schema, "day": day.day},
        body=body,
        to=to,
        headers={"Message-ID": f"<{KIND}.{schema}.{day.day}@{domain}"},
    )
