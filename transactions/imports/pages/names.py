"""The accounts that a file names, counted, for the person to say which is which."""

from collections import Counter
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from transactions.adapters import Line, Refused
from transactions.imports import reading
from transactions.imports.accounts import AccountFinder, Misplaced, accounts_open_to, mask
from transactions.imports.errors import ImportProblem
from transactions.models import ImportBatch

# Of a file not planned yet only its beginning is asked.
ASKED_ROWS = 20_000


def names_of(batch: ImportBatch) -> list[dict[str, Any]]:
    """What AccountsForm asks: one entry per name and currency, the commonest first.

    Empty where the file names none, so that one account takes all rows. Each entry has name, currency,
    rows, account (its id or None) and the words to show: shown, rows_in_words.
    """
    kept = batch.choices.get("names")
    found = kept if kept and batch.plan_hash else _read(batch)
    if not any(n["name"] for n in found):
        # Without names only a currency that the account isn't kept in needs a word.
        found = [n for n in found if n["currency"] and n["account"] is None]
    return [
        named
        | {
            "shown": _shown(named["name"], named["currency"]),
            "rows_in_words": ngettext("%(n)d row", "%(n)d rows", named["rows"])
            % {"n": named["rows"]},
        }
        for named in sorted(found, key=lambda n: -n["rows"])
    ]


def _shown(name: str, currency: str) -> str:
    words = mask(name) if name else _("Rows that name no account")
    return f"{words} · {currency}" if currency else words


def _read(batch: ImportBatch) -> list[dict[str, Any]]:
    if batch.state == ImportBatch.State.REFUSED or batch.file is None:
        return []
    counts: Counter[tuple[str, str]] = Counter()
    try:
        rows, _progress = reading.open_rows(batch)
        for row in islice(rows, ASKED_ROWS):
            if isinstance(row, Line):
                counts[row.account, row.currency] += 1
    except (ImportProblem, Refused):
        return []
    finder = AccountFinder(accounts_open_to(batch), batch)
    found = []
    for (name, currency), rows_of_it in counts.items():
        place = finder.find(name, currency)
        account = None if isinstance(place, Misplaced) else place.pk
        found.append({"name": name, "currency": currency, "rows": rows_of_it, "account": account})
    return found
