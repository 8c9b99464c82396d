"""Every act that the log knows, in words. `record()` refuses others, so this list is complete."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, str | Promise] = {
    # people
    "sign_in.done": _("signed in"),
    "sign_in.failed": _("sign-in failed"),
    "sign_in.ended": _("signed out"),
    "token.renewed": _("renewed the tokens of a program"),
    "password.changed": _("changed the password"),
    "password.reset": _("set a new password by e-mail"),
    "email.added": _("gave another e-mail address"),
    "email.changed": _("changed the e-mail address"),
    "email.confirmed": _("confirmed an e-mail address"),
    "email.removed": _("removed an e-mail address"),
    "factor.added": _("added a second factor"),
    "factor.removed": _("removed a second factor"),
    "factor.renewed": _("made new recovery codes"),
    "factor.forgotten": _("took the second factor of people away"),
    "session.ended": _("signed out elsewhere"),
    "person.created": _("made a sign-in"),
    "person.invited": _("invited people to sign in"),
    "invitation.accepted": _("set the first password"),
    # the bank
    "bank.created": _("made the bank"),
    "bank.changed": _("changed the bank's row"),
    "customer.opened": _("opened a customer"),
    "customer.connected": _("gave a customer another sign-in"),
    # what the admin's forms write
    "row.added": _("added a row"),
    "row.changed": _("changed a row"),
    "row.removed": _("removed a row"),
    # the ledger
    "import.received": _("gave a file"),
    "import.chosen": _("said how a file is read"),
    "import.discarded": _("threw a draft away"),
    "import.committed": _("brought a file in"),
    "import.undone": _("took an import back"),
    "mapping.saved": _("saved how files are read"),
    "account.created": _("made an account"),
    "account.described": _("named an account or said its kind"),
    "account.folded": _("folded an account away"),
    "account.unfolded": _("brought an account back"),
    "balance.stated": _("stated a balance"),
    "balance.withdrawn": _("took a stated balance back"),
    "customer.currency_chosen": _("chose the currency of the figures"),
    "rates.loaded": _("brought exchange rates in"),
    "transaction.recategorised": _("gave payments another category"),
    "category.merged": _("merged two categories"),
    "category.hidden": _("hid categories"),
    "category.shown": _("showed categories"),
    # work
    "job.cancelled": _("stopped work"),
    "job.retried": _("tried stopped work again"),
    "night.published": _("published a night"),
    # the log itself
    "audit.erased": _("erased what entries said of a person"),
}
