"""Every table of the app, gathered here for Django; each topic keeps its own in its folder."""

from analytics.budgets.models import Budget
from analytics.forecasts.models import ForecastIssue, ForecastPoint, ForecastScore
from analytics.nights.models import Run, RunStep
from analytics.regulars.models import RegularPayment, RegularPaymentDate
from analytics.releases.models import StaffGroup, StaffMonth, StaffRelease
from analytics.segments.models import (
    CustomerFeatures,
    Membership,
    Move,
    Segment,
    SegmentModel,
    SegmentProfile,
)

__all__ = [
    "Budget",
    "CustomerFeatures",
    "ForecastIssue",
    "ForecastPoint",
    "ForecastScore",
    "Membership",
    "Move",
    "RegularPayment",
    "RegularPaymentDate",
    "Run",
    "RunStep",
    "Segment",
    "SegmentModel",
    "SegmentProfile",
    "StaffGroup",
    "StaffMonth",
    "StaffRelease",
]
