"""What a connection's state and the provider's codes mean, in plain sentences."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from transactions.models import ProviderLink

State = ProviderLink.State

STATES: dict[str, str | Promise] = {
    State.STARTED: _("The next step is on your bank’s side."),
    State.CHOOSING: _("Say which accounts shall come in. Nothing is written before."),
    State.ACTIVE: _("New payments arrive by themselves."),
    State.LOGIN: _("Your bank asks you to sign in again. Until then no new payments arrive."),
    State.FAULT: _("The connection has stopped, and no new payments arrive."),
    State.ENDED: _("This connection is ended. Payments that were kept stay yours."),
}
# What mends a connection that stopped, by the provider's code.
FAULTS: dict[str, str | Promise] = {
    "USER_PERMISSION_REVOKED": _(
        "You took the permission back at your bank. Disconnect it here, and connect it anew if you want it."
    ),
    "USER_ACCOUNT_REVOKED": _(
        "You took the permission for an account back at your bank. Sign in again to choose anew."
    ),
    "ITEM_NOT_FOUND": _(
        "It is no longer known there. Disconnect it here and connect your bank anew."
    ),
    "INVALID_ACCESS_TOKEN": _(
        "It is no longer known there. Disconnect it here and connect your bank anew."
    ),
    "ACCESS_NOT_GRANTED": _(
        "Payments were not among what you allowed. Sign in again and allow them."
    ),
    "NO_ACCOUNTS": _("No account is open to us any more. Sign in again and choose one."),
    "not_set_up": _("Your own bank has to set connections up anew. Ask your branch."),
    "INVALID_API_KEYS": _("Your own bank has to set connections up anew. Ask your branch."),
}
OTHER_FAULT = _("Try “Update now”. If it stays so, sign in again.")
# A connection that works, while the other side can't answer just now.
WAITING = _("The other bank can’t be reached just now. We try again by ourselves.")
NOTICES: dict[str, str | Promise] = {
    "expires": _("Your permission at the bank ends soon. Sign in again to renew it."),
    "new_accounts": _("Your bank has accounts that you have not decided on."),
}


def fault(link: ProviderLink) -> str:
    """What the person should know or do, "" where all is well."""
    if link.state == State.FAULT:
        return str(FAULTS.get(link.error_code, OTHER_FAULT))
    if link.state == State.ACTIVE and link.error_code:
        return str(WAITING)
    return ""


def notice(link: ProviderLink) -> str:
    return str(NOTICES.get(link.notice, "")) if link.is_open else ""
