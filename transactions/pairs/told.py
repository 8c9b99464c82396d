"""What pairs leave in the history of their lines, for the owner alone: the other line's name stands in it."""

from collections.abc import Iterable, Mapping

from transactions.models import RowPair, Transaction
from transactions.rows import changes


def note(pairs: Iterable[RowPair], rows: Mapping[int, Transaction], *, together: bool) -> None:
    """Both lines of each pair say what they are to each other now, or that they no longer are.

    Parameters: `rows` by key, with both lines of each pair; a pair of which one is missing says nothing.
    """
    by_owner: dict[int, list[changes.Change]] = {}
    for pair in pairs:
        first, second = rows.get(pair.first_id or 0), rows.get(pair.second_id or 0)
        if first is None or second is None:
            continue
        found = by_owner.setdefault(pair.customer_id, [])
        for row, other, side in ((first, second, "out"), (second, first, "in")):
            said = {
                "kind": pair.kind, "side": side,
                "with": (other.counterparty or other.clean_text)[:80],
            }  # fmt: skip
            found.append(changes.Change(row.pk, *(({}, said) if together else (said, {}))))
    act = changes.PAIRED if together else changes.PARTED
    for owner, found in by_owner.items():
        changes.note(act, found, customer_id=owner)
