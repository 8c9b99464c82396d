"""Requests that act on rules, what was learned, and own categories; see audit_requests.py."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.factories import category, make_category, make_transaction
from transactions.ids import encode_one
from transactions.models import CategoryRule, LearnedMerchant, RuleRun
from transactions.rules import learning, services
from transactions.rules.conditions import Conditions, Word

if TYPE_CHECKING:
    from tests.accounts.audit_requests import Case

Request = tuple[str, str, dict[str, Any]]


def _said(case: "Case") -> dict[str, Any]:
    return {"what_0": "market", "category": str(category("groceries").public_id), "act": "save"}


def _rule(case: "Case", *, is_banks: bool = False) -> CategoryRule:
    make_transaction(account=case.account, amount="-9.00", raw_text="Market Hall")
    return services.save_rule(
        customer=None if is_banks else case.cleo,
        name="Market",
        conditions=Conditions(words=(Word("text", "contains", "market"),)),
        category=category("gifts"),
    )


def _learned(case: "Case") -> LearnedMerchant:
    row = make_transaction(account=case.account, amount="-9.00", raw_text="Market Hall")
    return learning.always(case.cleo, row, category("gifts"), to_history=False)[0]


def _run(case: "Case") -> RuleRun:
    return services.run_rule(_rule(case))


def rule_new(case: "Case") -> Request:
    return "cleo", "/rules/new/", _said(case)


def rule_change(case: "Case") -> Request:
    return "cleo", f"/rules/{_rule(case).public_id}/", _said(case)


def rule_act(case: "Case") -> Request:
    return "cleo", f"/rules/{_rule(case).public_id}/do/", {"act": "off"}


def rule_always(case: "Case") -> Request:
    row = make_transaction(account=case.account, amount="-9.00", category="groceries")
    return "cleo", f"/rules/always/{encode_one(row.pk)}/", {"history": "no"}


def rule_forget(case: "Case") -> Request:
    return "cleo", f"/rules/learned/{_learned(case).public_id}/forget/", {}


def rule_undo(case: "Case") -> Request:
    return "cleo", f"/rules/runs/{_run(case).public_id}/undo/", {}


def own_category(case: "Case") -> Request:
    parent = str(category("dining").public_id)
    return "cleo", "/rules/categories/", {"name": "Rolls", "parent": parent}


def own_category_change(case: "Case") -> Request:
    own = make_category(name="Rolls", customer=case.cleo, parent=category("dining"))
    return "cleo", f"/rules/categories/{own.public_id}/", {"act": "rename", "name": "Bread"}


_ASKED = {
    "name": "Market", "position": "0", "is_on": "on", "place_0": "text", "way_0": "contains", "what_0": "market",
    "join": "all", "sign": "0",
}  # fmt: skip


def admin_rule_add(case: "Case") -> Request:
    data = {**_ASKED, "category": str(category("gifts").pk)}
    return "ada", "/admin/transactions/categoryrule/add/", data


def admin_rule_change(case: "Case") -> Request:
    rule = _rule(case, is_banks=True)
    data = {**_ASKED, "what_0": "hall", "category": str(category("gifts").pk)}
    return "ada", f"/admin/transactions/categoryrule/{rule.pk}/change/", data


def admin_rule_delete(case: "Case") -> Request:
    rule = _rule(case, is_banks=True)
    return "ada", f"/admin/transactions/categoryrule/{rule.pk}/delete/", {"post": "yes"}


def admin_rule_run(case: "Case") -> Request:
    rule = _rule(case, is_banks=True)
    data = {"action": "run_over_history", "_selected_action": [str(rule.pk)]}
    return "ada", "/admin/transactions/categoryrule/", data


def admin_run_back(case: "Case") -> Request:
    from accounts.jobs.services import run_job

    run = services.run_rule(_rule(case, is_banks=True))
    assert run.job is not None
    run_job(run.job.pk)
    data = {"action": "take_back", "_selected_action": [str(run.pk)]}
    return "ada", "/admin/transactions/rulerun/", data


ACTS: dict[str, tuple[Callable[..., Request], str]] = {
    "rules:new": (rule_new, "rule.saved"),
    "rules:rule": (rule_change, "rule.saved"),
    "rules:act": (rule_act, "rule.switched"),
    "rules:always": (rule_always, "merchant.learned"),
    "rules:forget": (rule_forget, "merchant.forgotten"),
    "rules:undo": (rule_undo, "rules.run_undone"),
    "rules:categories": (own_category, "category.added"),
    "rules:category": (own_category_change, "category.renamed"),
    "admin:transactions_categoryrule_add": (admin_rule_add, "row.added"),
    "admin:transactions_categoryrule_change": (admin_rule_change, "row.changed"),
    "admin:transactions_categoryrule_delete": (admin_rule_delete, "row.removed"),
    "admin:transactions_categoryrule_changelist": (admin_rule_run, "rules.run"),
    "admin:transactions_rulerun_changelist": (admin_run_back, "rules.run_undone"),
}
