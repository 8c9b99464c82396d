"""What verdicts and states are called on the pages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VERDICTS: Mapping[str, str | Promise] = {
    "new": _("new"),
    "same": _("same"),
    "doubtful": _("perhaps the same"),
    "changed": _("changed"),
    "rejected": _("rejected"),
    "not_transactions": _("no payment"),
}
KINDS: Mapping[str, str | Promise] = {
    "income": _("Income"),
    "expense": _("Spending"),
    "transfer": _("Transfers"),
    "": _("No category yet"),
}
