"""Reads of segments: the group that the last published night put a customer in."""

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from analytics.nights.models import Run
from analytics.segments.models import Membership, SegmentProfile


@dataclass(frozen=True, slots=True)
class OwnSegment:
    """The group one customer is in, in words."""

    name: str
    description: str


def night_and_segment(customer_pk: int) -> tuple[Run | None, OwnSegment | None]:
    """The run that pages show, and this customer's group in it; one query for both."""
    mine = Membership.objects.filter(run=OuterRef(OuterRef("pk")), customer_id=customer_pk)
    profile = SegmentProfile.objects.filter(
        run=OuterRef("pk"), segment=Subquery(mine.values("segment")[:1])
    )
    run = (
        Run.objects.filter(state=Run.State.PUBLISHED)
        .order_by("-published_at", "-id")
        .annotate(
            segment_name=Subquery(profile.values("name")[:1]),
            segment_description=Subquery(profile.values("description")[:1]),
        )
        .first()
    )
    name = getattr(run, "segment_name", None)
    if not name:
        return run, None
    return run, OwnSegment(name, getattr(run, "segment_description", ""))
