"""The order of the night, and when each bank's night begins."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.customers.queries import bank_profile, business_day
from analytics.forecasts.services import issue_forecasts, score_forecasts
from analytics.nights import services
from analytics.nights.models import Run
from analytics.nights.services import NightReport, NightStopped, Step, StepResult
from analytics.releases.services import make_release
from analytics.segments.features import compute_features
from analytics.segments.services import compute_segments
from transactions.audit import audit_ledger

START = time(2, 30)


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
) -> NightReport:
    """Computes and publishes the current bank's night of `day` (its business day)."""
    return services.run_night(STEPS, business_day=day or business_day(), progress=progress)


def next_start(now: datetime) -> datetime:
    """When this bank's next night begins, in UTC: half past two in its own zone, on DST days too."""
    zone = ZoneInfo(bank_profile().time_zone)
    today = now.astimezone(zone).date()
    for day in (today, today + timedelta(days=1)):
        start = datetime.combine(day, START, zone).astimezone(UTC)
        if start > now:
            return start
    raise AssertionError("a day has a half past two")
