"""The order of the night, and when each bank's night begins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.customers.queries import bank_profile, business_day
from accounts.jobs import services as jobs
from accounts.jobs.models import Job
from analytics.forecasts.services import issue_forecasts, score_forecasts
from analytics.nights import services
from analytics.nights.models import Run
from analytics.nights.services import NightReport, NightStopped, Step, StepResult
from analytics.regulars.search import find_regular_payments
from analytics.releases.services import make_release
from analytics.segments.features import compute_features
from analytics.segments.services import compute_segments
from transactions.audit import audit_ledger
from transactions.pairs.steps import find_open as find_pairs

START = time(2, 30)
KIND = "night"


def _audit(run: Run) -> StepResult:
    """Nothing is computed from books that don't add up."""
    differences = audit_ledger()
    if differences:
        raise NightStopped(
            f"The month totals differ from the lines in {len(differences)} places. "
            "Run `manage.py audit_ledger` to see them; nothing was published."
        )
    return StepResult(0, "totals equal the lines")


STEPS = (
    Step("audit", "Totals audit", _audit),
    Step("features", "Features", compute_features),
    Step("regulars", "Regular payments", find_regular_payments),
    Step("forecasts", "Forecasts", issue_forecasts),
    Step("scores", "Scores of forecasts", score_forecasts),
    Step("segments", "Segments", compute_segments),
    Step("release", "Figures for staff", make_release),
)
TITLES = {step.name: step.title for step in STEPS}


def run_night(
    *,
    day: date | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, step: None,
    before_commit: Callable[[], None] = lambda: None,
    published: Callable[[Run], None] = lambda run: None,
) -> NightReport:
    """Computes and publishes the current bank's night of `day` (its business day).

    Transfers and refunds among what came since are found first: they change what counts, so they belong
    to the books that the night reads, not to what it computes.
    """
    progress(0, len(STEPS), "Transfers and refunds")
    find_pairs()
    return services.run_night(
        STEPS,
        business_day=day or business_day(),
        progress=progress,
        before_commit=before_commit,
        published=published,
    )


class NightRunning(RuntimeError):
    """Another process computes a night of this bank; the message says since when."""


def run_by_hand(day: date | None = None) -> NightReport:
    """The current bank's night, computed by this process at once; a day that was passed over as well.

    It is a job in the lane of the nights, so there is never a second one at work. Raises NightRunning,
    NightStopped.
    """
    arguments = {"business_day": (day or business_day()).isoformat(), "by_hand": True}
    job = jobs.run_here(kind=KIND, arguments=arguments, lane=KIND)
    if job is None:
        other = Job.objects.filter(lane=KIND, state=Job.State.RUNNING).first()
        since = f" since {other.started_at:%H:%M} UTC" if other and other.started_at else ""
        raise NightRunning(
            f"The night of this bank is being computed already{since}. Nothing was done: wait until it is "
            "published, then run this again."
        )
    if job.state != Job.State.DONE:
        raise NightStopped(job.error or "It was stopped before it was published.")
    run = Run.objects.get(pk=job.result["run"])
    return NightReport(run, job.result["outcome"] == "unchanged", tuple(run.steps.all()))


# -- when --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Night:
    """The night of one business day, and when it begins, in UTC."""

    business_day: date
    starts_at: datetime

    @property
    def key(self) -> str:
        """A job of this key exists once: never two nights of one business day."""
        return f"{KIND}:{self.business_day}"


def nights_around(now: datetime) -> tuple[Night, Night]:
    """The current bank's last night that should have begun by `now`, and its next one.

    A night begins at half past two in the bank's own zone. Where the clocks leap over that, it is an
    hour later on the wall; where it comes twice, the first one counts: one start for each calendar day.
    """
    profile = bank_profile()
    zone = ZoneInfo(profile.time_zone)
    today = now.astimezone(zone).date()
    nights = [
        Night(profile.business_day or day, datetime.combine(day, START, zone).astimezone(UTC))
        for day in (today - timedelta(days=1), today, today + timedelta(days=1))
    ]
    last = [night for night in nights if night.starts_at <= now][-1]
    return last, next(night for night in nights if night.starts_at > now)


def put_nights(now: datetime) -> int:
    """Sees to it that the last night and the next one are among the bank's jobs; returns how many are new.

    A night missed while nothing ran is due at once; of several missed ones only the last is made up for.
    """
    last, following = nights_around(now)
    new = _put(last, run_at=None)
    if following.business_day == last.business_day:  # a bank whose day stands still
        return new
    new += _put(following, run_at=following.starts_at)
    # The bank may have moved to another zone since the job was put in.
    Job.objects.filter(unique_key=following.key, state=Job.State.DUE, failures=0).exclude(
        run_at=following.starts_at
    ).update(run_at=following.starts_at)
    return new


def _put(night: Night, *, run_at: datetime | None) -> int:
    if Job.objects.filter(unique_key=night.key).exists():
        return 0
    jobs.enqueue(
        kind=KIND,
        arguments={"business_day": night.business_day.isoformat()},
        unique_key=night.key,
        run_at=run_at,
        lane=KIND,
    )
    return 1


def passed_over(day: date, now: datetime) -> bool:
    """Whether a later night has begun: an older one published after it would hide it."""
    last, following = nights_around(now)
    return day < last.business_day or (
        last.business_day == following.business_day and day != last.business_day
    )
