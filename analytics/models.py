"""Every table of the app, gathered here for Django; each topic keeps its own in its folder."""

from analytics.budgets.models import Budget

__all__ = ["Budget"]
