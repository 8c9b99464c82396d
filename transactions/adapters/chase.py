"""Chase: checking, card, and the checking file of 2010 that had no header."""

import re
from collections.abc import Sequence

from transactions.adapters.base import Detection, Layout, Refused
from transactions.adapters.named import NamedFormat, Shape
from transactions.adapters.sample import Sample
from transactions.adapters.table import find_table
from transactions.amounts import fits
from transactions.days import orders_fitting

_SIGNED = "in Chase files a minus is money out, whatever the details column says"

_CHECKING = Shape(
    label="Chase checking",
    required={
        "details": "", "posting date": "booked_on", "description": "text", "amount": "amount",
    },
    optional={
        "type": "category", "balance": "balance", "check or slip": "reference", "category": "",
    },
    convention=_SIGNED,
)  # fmt: skip
_CARD = Shape(
    label="Chase card",
    required={
        "transaction date": "booked_on", "post date": "value_on", "description": "text",
        "type": "", "amount": "amount",
    },
    optional={"category": "category", "memo": "reference", "card": "account"},
    convention=_SIGNED,
)  # fmt: skip
_CARD_2017 = Shape(
    label="Chase card (before 2018)",
    required={
        "type": "category", "trans date": "booked_on", "post date": "value_on",
        "description": "text", "amount": "amount",
    },
    convention=_SIGNED,
)  # fmt: skip
_CHECKING_2010 = Shape(label="Chase checking (2010)", required={}, convention=_SIGNED)
_KINDS = re.compile("DEBIT|CREDIT|CHECK|DSLIP|ATM|CHASE_TO_[A-Z_]+|DEP[A-Z_]*|[A-Z]+_[A-Z_]+")


class Chase(NamedFormat):
    name = "CHASE"
    label = "Chase"
    shapes = (_CHECKING, _CARD, _CARD_2017)

    def detect(self, sample: Sample, saved: Sequence[Layout]) -> Detection | None:
        return super().detect(sample, saved) or self._headerless(sample)

    def _headerless(self, sample: Sample) -> Detection | None:
        """Four columns: DEBIT, CREDIT, CHECK or DSLIP; a US day; text; a signed amount."""
        try:
            table = find_table(sample)
        except Refused:
            return None
        rows = [cells for _, cells in table.rows]
        if table.header or table.width not in (4, 5):
            return None
        good = sum(
            len(cells) >= 4
            and _KINDS.fullmatch(cells[0].strip()) is not None
            and "mdy" in orders_fitting(cells[1])
            and fits(cells[3], ".")
            for cells in rows
        )
        if good * 10 < len(rows) * 9 or not any(c[0] in ("DEBIT", "CREDIT") for c in rows):
            return None
        columns = {"category": (0,), "booked_on": (1,), "text": (2,), "amount": (3,)}
        return self.found(sample, table, _CHECKING_2010, columns)
