"""Why a line has its category, where a rule or something learned decided it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from transactions.models import CategoryRule, LearnedMerchant, Transaction
from transactions.rules.decisions import LEARNED, RULE


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, and where what decided can be changed ("" where it can't be by who looks)."""

    sentence: str
    url: str = ""
    action: str = ""


def reason_of(row: Transaction, *, is_own: bool) -> Reason | None:
    """The rule or merchant that decided; None where nothing taught did."""
    decision = row.decision or {}
    if row.category_origin == Transaction.Origin.RULE and RULE in decision:
        rule = CategoryRule.objects.filter(pk=decision[RULE]).first()
        if rule is None:
            return Reason(_("A rule decided it that has since been removed."))
        if rule.customer_id is None:
            return Reason(_("A rule of the bank decided it: “%(name)s”.") % {"name": rule.name})
        return Reason(
            _("Your rule “%(name)s” decided it.") % {"name": rule.name}
            if is_own
            else _("A rule of the customer decided it: “%(name)s”.") % {"name": rule.name},
            reverse("rules:rule", args=[rule.public_id]) if is_own else "",
            _("Look at the rule"),
        )
    if row.category_origin == Transaction.Origin.LEARNED and LEARNED in decision:
        merchant = LearnedMerchant.objects.filter(pk=decision[LEARNED]).first()
        if merchant is None:
            return Reason(_("It was learned from earlier choices that have since been forgotten."))
        said = {
            LearnedMerchant.How.ALWAYS: _("“Always” was chosen for %(name)s."),
            LearnedMerchant.How.REPEATED: _("It was chosen for %(name)s before, more than once."),
        }
        return Reason(
            said[LearnedMerchant.How(merchant.how)] % {"name": merchant.name},
            reverse("rules:list") + "#learned" if is_own else "",
            _("What was learned"),
        )
    return None
