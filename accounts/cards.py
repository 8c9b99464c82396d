"""Card numbers never reach a table: in texts they are cut to their last four digits."""

import re
from typing import Any

from django.db import models

_RUN = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,}(?![0-9])")
_GROUP = re.compile(r"[0-9]+")
# A longer row of digit groups is no text of a payment: it is cut whole, not searched.
MAX_GROUPS = 500


def cut_card_numbers(text: str) -> str:
    """The text with every card number as ****1234.

    A card number: 13 to 19 digits, in one piece or in groups parted by a space or hyphen, that begins
    as cards do (2221–2720, 3, 4, 5, 6) and passes the Luhn check. Other long numbers stay.
    """
    return _RUN.sub(_cut_run, text) if len(text) > 12 else text


def cut_in(said: Any) -> Any:
    """The same of a JSON value: every text in it is cut."""
    if isinstance(said, str):
        return cut_card_numbers(said)
    if isinstance(said, dict):
        return {key: cut_in(value) for key, value in said.items()}
    if isinstance(said, list | tuple):
        return [cut_in(value) for value in said]
    return said


def cut_fields(row: models.Model, names: set[str]) -> None:
    """Cuts the free texts among these fields of a row that is about to be written."""
    for field in row._meta.concrete_fields:
        free = isinstance(field, models.CharField | models.TextField) and not field.choices
        text = getattr(row, field.attname)
        if free and text and field.name in names and not isinstance(field, models.EmailField):
            setattr(row, field.attname, cut_card_numbers(text))


def _cut_run(found: re.Match[str]) -> str:
    run = found[0]
    if run.count(" ") + run.count("-") > MAX_GROUPS:
        return f"****{_GROUP.findall(run[-40:])[-1][-4:]}"
    groups = list(_GROUP.finditer(run))
    pieces: list[str] = []
    at, first = 0, 0
    while first < len(groups):
        last = _card_from(groups, first)
        if last is None:
            first += 1
            continue
        digits = "".join(group[0] for group in groups[first : last + 1])
        pieces += [run[at : groups[first].start()], "****", digits[-4:]]
        at, first = groups[last].end(), last + 1
    return "".join([*pieces, run[at:]])


def _card_from(groups: list[re.Match[str]], first: int) -> int | None:
    """The last group of the card number that starts with this group, the longest one."""
    best, digits = None, ""
    for last in range(first, len(groups)):
        digits += groups[last][0]
        if len(digits) > 19:
            break
        if len(digits) >= 13 and _is_card(digits):
            best = last
    return best


def _is_card(digits: str) -> bool:
    if digits[0] not in "3456" and not 2221 <= int(digits[:4]) <= 2720:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0
