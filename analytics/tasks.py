"""Work of this app that lasts: the search for regular payments after an import."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.jobs.context import JobContext
from accounts.jobs.registry import handles


@handles("regulars", title=_("Look for regular payments"))
def regulars(context: JobContext) -> dict[str, Any] | None:
    """Safe to repeat; the effect and `done` are one transaction."""
    from analytics.regulars import search

    with transaction.atomic():
        report = search.search_accounts(context.arguments["accounts"])
        context.finish({"streams": report.streams, "new": report.new})
    return None
