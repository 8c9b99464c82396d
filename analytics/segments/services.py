"""The segment step: tonight's groups, continued from the last published run's."""

import numpy as np

from analytics.nights.models import Run
from analytics.nights.services import StepResult
from analytics.segments.models import (
    CustomerFeatures,
    Membership,
    Move,
    Segment,
    SegmentModel,
    SegmentProfile,
)


def compute_segments(run: Run) -> StepResult:
    """Writes the run's model, profiles, memberships and moves; needs the run's features.

    With too few customers for groups there are none, and the note says so.
    """
    from analytics.segments.calc.clustering import TooFewCustomers
    from analytics.segments.calc.features import FEATURES
    from analytics.segments.calc.renewal import segment_customers

    for table in (Move, Membership, SegmentProfile, SegmentModel):
        table.objects.filter(run=run).delete()
    names = [feature.name for feature in FEATURES]
    found = list(
        CustomerFeatures.objects.filter(run=run)
        .order_by("customer_id")
        .values_list("customer_id", "features")
    )
    keys = np.array([customer for customer, _ in found], dtype=np.int64)
    raw = np.array([[features[n] for n in names] for _, features in found], dtype=np.float64)
    try:
        result = segment_customers(
            raw.reshape(len(found), len(names)), keys, seed=run.seed, last=_last_night(run, names)
        )
    except TooFewCustomers as error:
        return StepResult(0, str(error))
    segments = {i: _segment(i, run) for i in result.model.ids}
    SegmentModel.objects.create(
        run=run, k=len(result.model.ids), customers=len(found), parameters=result.model.to_json()
    )
    centres = dict(zip(result.model.ids, result.model.centroids, strict=True))
    SegmentProfile.objects.bulk_create(
        SegmentProfile(
            run=run,
            segment=segments[words.id],
            name=words.name[:60],
            description=words.description[:400],
            customers=words.customers,
            centre=dict(zip(names, centres[words.id], strict=True)),
        )
        for words in result.words
    )
    Membership.objects.bulk_create(
        (
            Membership(
                run=run,
                customer_id=int(customer),
                segment=segments[int(result.segment[i])],
                x=round(float(result.coordinates[i, 0]), 5),
                y=round(float(result.coordinates[i, 1]), 5),
            )
            for i, customer in enumerate(keys)
        ),
        batch_size=2000,
    )
    Move.objects.bulk_create(
        Move(
            run=run,
            customer_id=move.key,
            old=segments.get(move.old) or _segment(move.old, run),
            new=segments[move.new],
            drivers=[vars_of(driver) for driver in move.drivers],
        )
        for move in result.moves
    )
    return StepResult(len(result.words), f"{len(result.moves)} customers moved")


def vars_of(driver: object) -> dict[str, object]:
    """A driver as plain JSON."""
    return {name: getattr(driver, name) for name in ("feature", "before", "after", "share")}


def _segment(number: int, run: Run) -> Segment:
    """The lasting identity behind the model's own number."""
    return Segment.objects.get_or_create(position=number, defaults={"first_run": run})[0]


def _last_night(run: Run, names: list[str]):  # type: ignore[no-untyped-def]
    """The last published run's model, memberships and features, or None on the first night."""
    from analytics.segments.calc.clustering import model_from_json
    from analytics.segments.calc.renewal import LastNight

    kept = (
        SegmentModel.objects.filter(run__state=Run.State.PUBLISHED)
        .exclude(run=run)
        .order_by("-run__published_at")
        .first()
    )
    if kept is None:
        return None
    where = dict(
        Membership.objects.filter(run_id=kept.run_id).values_list(
            "customer_id", "segment__position"
        )
    )
    features = dict(
        CustomerFeatures.objects.filter(run_id=kept.run_id).values_list("customer_id", "features")
    )
    keys = sorted(where.keys() & features.keys())
    return LastNight(
        model=model_from_json(kept.parameters),
        keys=np.array(keys, dtype=np.int64),
        segment=np.array([where[k] for k in keys], dtype=np.int64),
        raw=np.array([[features[k].get(n, 0.0) for n in names] for k in keys], dtype=np.float64),
    )
