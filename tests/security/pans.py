"""Card numbers that belong to nobody: the networks' ranges, random digits, a right check digit."""

import random

SEED = 34
# First digits and length of the networks in use.
RANGES = (("4", 16), ("4", 13), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15),
          ("37", 15), ("36", 14), ("6011", 16), ("65", 16), ("3528", 16), ("62", 19))  # fmt: skip


def luhn_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card_numbers(count: int, seed: int = SEED) -> list[str]:
    """Distinct ones, ranges in turn."""
    rng = random.Random(seed)
    found: list[str] = []
    while len(found) < count:
        start, length = RANGES[len(found) % len(RANGES)]
        body = start + "".join(rng.choices("0123456789", k=length - len(start) - 1))
        found.append(body + luhn_digit(body))
    return found


def spaced(number: str) -> str:
    """As people type it."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
