"""Why rows are rejected, in words and figures, for the line under their heading."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import ngettext_lazy

_REASONS: Mapping[str, Any] = {
    "date_missing": ngettext_lazy("%(n)d without a day", "%(n)d without a day", "n"),
    "date_format": ngettext_lazy(
        "%(n)d with a day that can’t be read", "%(n)d with days that can’t be read", "n"
    ),
    "date_impossible": ngettext_lazy(
        "%(n)d with a day that doesn’t exist", "%(n)d with days that don’t exist", "n"
    ),
    "date_order": ngettext_lazy(
        "%(n)d with its day in another order", "%(n)d with their days in another order", "n"
    ),
    "amount_missing": ngettext_lazy("%(n)d without an amount", "%(n)d without an amount", "n"),
    "amount_format": ngettext_lazy(
        "%(n)d with an amount that can’t be read", "%(n)d with amounts that can’t be read", "n"
    ),
    "amount_size": ngettext_lazy(
        "%(n)d with an amount too large", "%(n)d with amounts too large", "n"
    ),
    "amount_precision": ngettext_lazy(
        "%(n)d with more than four decimals", "%(n)d with more than four decimals", "n"
    ),
    "cell_count": ngettext_lazy(
        "%(n)d with a wrong number of cells", "%(n)d with a wrong number of cells", "n"
    ),
    "account_unknown": ngettext_lazy(
        "%(n)d of an account that isn’t known here", "%(n)d of accounts that aren’t known here", "n"
    ),
    "account_missing": ngettext_lazy(
        "%(n)d that names no account", "%(n)d that name no account", "n"
    ),
    "account_absent": ngettext_lazy(
        "%(n)d of an account the customer hasn’t got",
        "%(n)d of accounts the customers haven’t got",
        "n",
    ),
    "account_ambiguous": ngettext_lazy(
        "%(n)d that fits several accounts", "%(n)d that fit several accounts", "n"
    ),
    "customer_unknown": ngettext_lazy(
        "%(n)d of a customer who isn’t known here", "%(n)d of customers who aren’t known here", "n"
    ),
    "customer_ambiguous": ngettext_lazy(
        "%(n)d of a name that several customers have",
        "%(n)d of names that several customers have",
        "n",
    ),
    "customer_missing": ngettext_lazy(
        "%(n)d that names no customer", "%(n)d that name no customer", "n"
    ),
    "customer_email": ngettext_lazy(
        "%(n)d with an e-mail address for a customer",
        "%(n)d with e-mail addresses for customers",
        "n",
    ),
    "currency_mismatch": ngettext_lazy(
        "%(n)d in another currency than its account",
        "%(n)d in another currency than their account",
        "n",
    ),
    "cut_off": ngettext_lazy(
        "%(n)d at which the file is cut off", "%(n)d at which the file is cut off", "n"
    ),
    "nul_byte": ngettext_lazy("%(n)d with damaged bytes", "%(n)d with damaged bytes", "n"),
    "encoding": ngettext_lazy(
        "%(n)d with letters of another encoding", "%(n)d with letters of another encoding", "n"
    ),
}
_OTHER_REASON = ngettext_lazy("%(n)d for another reason", "%(n)d for other reasons", "n")

SHOWN = 3


def in_words(by_code: Mapping[str, int]) -> str:
    """Why rows are rejected, the commonest first, at most three kinds by name."""
    named = [(code, n) for code, n in by_code.items() if code in _REASONS][:SHOWN]
    rest = sum(by_code.values()) - sum(n for _code, n in named)
    words = [str(_REASONS[code] % {"n": n}) for code, n in named]
    if rest:
        words.append(str(_OTHER_REASON % {"n": rest}))
    return ", ".join(words)
