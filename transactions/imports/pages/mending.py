"""What a person can do about a file that can't be read, by the code of its refusal."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_AGAIN = _(
    "Download it from your bank again, as OFX, CAMT, MT940, QIF, CSV or Excel, and don’t save it with another program "
    "between."
)
HINTS: Mapping[str, str | Promise] = {
    "empty": _AGAIN,
    "binary": _AGAIN,
    "nul_bytes": _AGAIN,
    "no_rows": _("Choose a longer period at your bank and download it again."),
    "no_date": _(
        "Each payment needs a day in a column of its own, such as 2026-11-25 or 25.11.2026."
    ),
    "no_amount": _(
        "Each payment needs an amount in a column of its own, in digits, such as -48.20."
    ),
    "too_wide": _("Look whether the right file was chosen, or choose another delimiter."),
    "no_adapter": _AGAIN,
    "wrong_format": _AGAIN,
    # Their own sentences say what to do.
    "entities": "",
    "damaged": "",
    "damaged_rows": "",
    "cut_off": "",
    "signon_failed": "",
    "bank_error": "",
    "investments": "",
    "packed_locked": "",
    "packed_many": "",
    "packed_empty": "",
    "packed_nested": "",
    "packed_too_large": "",
    "packed_damaged": "",
    "packed_kind": "",
    "layout_differs": "",
    "mended_unknown": "",
    "mended_changed": "",
}


def hint(code: str) -> str | Promise:
    return HINTS.get(
        code, _("Look at the first lines below; the file may be another than you meant.")
    )
