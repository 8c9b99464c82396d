"""The one thing that nothing in a file answers, put to the person by the file's own first row."""

from collections.abc import Sequence
from dataclasses import dataclass

from transactions.adapters import Layout, Line
from transactions.imports.pages.understood import FileShown, two_columns
from transactions.models import ImportBatch


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to an open question: what is sent, and what the first payment would be by it."""

    field: str
    value: str
    line: Line
    currency: str
    says: str = ""  # which column is money out and which money in, where the answer settles that


@dataclass(frozen=True, slots=True)
class Question:
    """The one thing nothing in the file answers; the person does, by the file's own first row."""

    kind: str  # "days" or "sign"
    sentence: str
    cell: str
    answers: Sequence[Answer]


def question(shown: FileShown) -> Question | None:
    """The open question of a file that was refused for it, None where there is none."""
    batch, layout = shown.batch, shown.layout
    if batch.state != ImportBatch.State.REFUSED or layout is None:
        return None
    if batch.refused_code == "ambiguous_dates":
        readings = [
            (o, Layout.from_json({**batch.layout, "date_order": o})) for o in ("dmy", "mdy")
        ]
        kind, field, cell = "days", "date_order", shown.first_day()
    elif batch.refused_code == "ambiguous_sign":
        readings = [("keep", layout), ("flip", layout.flipped())]
        kind, field, cell = "sign", "turn", ""
    else:
        return None
    answers = []
    for value, reading in readings:
        line = shown.first_line(reading)
        if line is not None:
            says = two_columns(reading) if kind == "sign" and reading.sign == "two_columns" else ""
            answers.append(Answer(field, value, line, shown.currency(None, line), says))
    return Question(kind, batch.refused_message, cell, answers) if answers else None
