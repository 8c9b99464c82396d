"""The change log's scheduled work."""

from django.utils.translation import gettext_lazy as _

from accounts.jobs.context import JobContext
from accounts.jobs.registry import handles


@handles("audit_head", title=_("Mail the day's head of the change log"))
def audit_head(context: JobContext) -> None:
    from accounts.audit import daily

    daily.send(context)
