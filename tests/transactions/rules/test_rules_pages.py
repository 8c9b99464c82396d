"""The pages: seen before saved, each act said, nobody else's met, bad input mended in words."""

import re

from django.test import Client

from accounts.audit.models import AuditEntry
from accounts.customers.models import Customer
from tests import factories
from transactions import ids, ledger
from transactions.models import (
    BankAccount,
    Category,
    CategoryRule,
    HiddenCategory,
    LearnedMerchant,
    RuleRun,
    Transaction,
)
from transactions.rules import learning
from transactions.rules import services as rules
from transactions.rules.conditions import Conditions, Word


def key(code: str) -> str:
    return str(factories.category(code).public_id)


def text(answer: object) -> str:
    page = answer.content.decode()  # type: ignore[attr-defined]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


CORNER = {"place_0": "text", "way_0": "contains", "what_0": "corner"}


def corner(cleo: Customer, name: str = "Corner") -> CategoryRule:
    asked = Conditions(words=(Word("text", "contains", "corner"),))
    return rules.save_rule(
        customer=cleo, name=name, conditions=asked, category=factories.category("gifts")
    )


def test_a_rule_is_seen_before_it_is_saved_and_run(client_of_cleo: Client) -> None:
    assert "No rule yet" in text(client_of_cleo.get("/rules/"))
    said = CORNER | {"category": key("gifts")}
    answer = client_of_cleo.post("/rules/new/", said | {"act": "preview"})
    assert "It would change 3 payments." in text(answer)
    assert not CategoryRule.objects.exists()
    answer = client_of_cleo.post("/rules/new/", said | {"act": "save_run"}, follow=True)
    assert "3 payments were changed." in text(answer) and "Take it back" in text(answer)
    rule = CategoryRule.objects.get()
    assert rule.name == "corner"
    assert Transaction.objects.filter(category_origin="rule").count() == 3
    listed = text(client_of_cleo.get("/rules/"))
    assert "contains “corner”" in listed and "→ Gifts" in listed
    run = RuleRun.objects.get()
    answer = client_of_cleo.post(f"/rules/runs/{run.public_id}/undo/", follow=True)
    assert "3 payments are as they were before." in text(answer)
    acts = AuditEntry.objects.filter(act__startswith="rule").values_list("act", flat=True)
    assert set(acts) == {"rule.saved", "rules.run", "rules.run_undone"}


def test_own_choices_are_counted_as_staying(client_of_cleo: Client) -> None:
    row = Transaction.objects.get(raw_text="CORNER BAKERY 3")
    ledger.recategorise([row], category=factories.category("books"))
    answer = client_of_cleo.post("/rules/new/", CORNER | {"category": key("gifts")})
    assert "It would change 2 payments." in text(answer)
    assert "1 of them is your own choice, which stays." in text(answer)


def test_bad_input_says_what_is_wrong(client_of_cleo: Client) -> None:
    for said, sentence in (
        ({}, "Say what follows"),
        ({"category": key("gifts")}, "Say at least one thing"),
        ({"what_0": "***", "category": key("gifts")}, "There is no letter or digit"),
        ({"least": "9", "most": "1", "category": key("gifts")}, "Swap the two."),
        ({"least": "x", "category": key("gifts")}, "Enter a number."),
        ({"sign": "7", "category": key("gifts")}, "Select a valid choice"),
        ({"day_from": "32", "category": key("gifts")}, "less than or equal to 31"),
        ({"what_0": "x", "category": "nobody's"}, "Select a valid choice"),
    ):
        answer = client_of_cleo.post("/rules/new/", said | {"act": "save"})
        assert answer.status_code == 400 and sentence in text(answer), said
    assert not CategoryRule.objects.exists()


def test_every_condition_comes_back_into_the_form(client_of_cleo: Client, cleo: Customer) -> None:
    factories.make_account(customer=cleo, name="Second")
    account = BankAccount.objects.get(name="Second")
    said = CORNER | {
        "what_1": "bakery", "way_1": "word", "place_1": "party", "join": "any", "sign": "-1", "least": "1,50",
        "most": "20", "weekdays": ["0", "6"], "day_from": "28", "day_to": "3", "without": key("dining"),
        "accounts": [str(account.public_id)], "category": key("gifts"), "rename_to": "The corner",
        "name": "All of it", "act": "save",
    }  # fmt: skip
    client_of_cleo.post("/rules/new/", said)
    rule = CategoryRule.objects.get()
    before = rule.conditions
    page = client_of_cleo.get(f"/rules/{rule.public_id}/")
    form = page.context["form"]
    again = {
        name: form[name].value() for name in form.fields if form[name].value() not in (None, "")
    }
    client_of_cleo.post(f"/rules/{rule.public_id}/", again | {"act": "save"})
    rule.refresh_from_db()
    assert rule.conditions == before and before["least"] == "1.5" and len(before) == 9


def test_rules_are_moved_switched_and_removed(client_of_cleo: Client, cleo: Customer) -> None:
    first, second = corner(cleo, "First"), corner(cleo, "Second")

    def act(rule: CategoryRule, name: str) -> str:
        answer = client_of_cleo.post(f"/rules/{rule.public_id}/do/", {"act": name}, follow=True)
        assert answer.status_code == 200
        return text(answer)

    act(second, "up")
    assert [rule.name for rule in rules.rules_of(cleo)] == ["Second", "First"]
    act(second, "up")
    act(second, "down")
    assert [rule.name for rule in rules.rules_of(cleo)] == ["First", "Second"]
    assert "off" in act(first, "off")
    assert not CategoryRule.objects.get(pk=first.pk).is_on
    act(first, "on")
    assert "3 payments were changed." in act(first, "run")
    assert "Nothing was done." in act(first, "dance")
    assert "3 payments were changed." in act(first, "remove_back")
    act(second, "remove_back")
    assert not CategoryRule.objects.exists()
    assert Transaction.objects.filter(category_origin="source").count() == 2


def test_always_shows_first_and_is_forgotten_again(client_of_cleo: Client) -> None:
    row = Transaction.objects.get(raw_text="CORNER BAKERY 3")
    public = ids.encode_one(row.pk)
    answer = client_of_cleo.get(f"/rules/always/{public}/", follow=True)
    assert "Give this payment a category first" in text(answer)
    client_of_cleo.post(f"/transactions/{public}/category/", {"category": key("books")})
    assert "Always Books" in text(client_of_cleo.get(f"/transactions/{public}/"))
    answer = client_of_cleo.get(f"/rules/always/{public}/")
    assert "It would change 2 payments." in text(answer)
    assert not LearnedMerchant.objects.exists()
    answer = client_of_cleo.post(f"/rules/always/{public}/", {"history": "yes"}, follow=True)
    assert "From now on Corner Bakery goes to Books and papers." in text(answer)
    other = Transaction.objects.get(raw_text="CORNER BAKERY 1")
    why = text(client_of_cleo.get(f"/transactions/{ids.encode_one(other.pk)}/"))
    assert "“Always” was chosen for Corner Bakery." in why and "97" in why
    merchant = LearnedMerchant.objects.get()
    answer = client_of_cleo.post(f"/rules/learned/{merchant.public_id}/forget/", follow=True)
    assert "Corner Bakery is forgotten." in text(answer)
    other.refresh_from_db()
    assert (other.category_origin, other.category) == ("source", factories.category("coffee"))


def test_two_choices_alike_teach_and_say_so(client_of_cleo: Client) -> None:
    for number in (1, 2):
        row = Transaction.objects.get(raw_text=f"CORNER BAKERY {number}")
        answer = client_of_cleo.post(
            f"/transactions/{ids.encode_one(row.pk)}/category/",
            {"category": key("books")},
            follow=True,
        )
        assert ("You chose this twice" in text(answer)) is (number == 2)
    assert "Corner Bakery → Books" in text(client_of_cleo.get("/rules/"))
    row = Transaction.objects.get(raw_text="CORNER BAKERY 3")
    answer = client_of_cleo.post(
        f"/transactions/{ids.encode_one(row.pk)}/category/",
        {"category": key("gifts")},
        HTTP_HX_REQUEST="true",
        HTTP_HX_CURRENT_URL="http://north.test/transactions/",
    )
    assert "no longer goes to Books and papers by itself" in text(answer)


def test_a_renamed_payment_is_called_so_everywhere(client_of_cleo: Client, cleo: Customer) -> None:
    asked = Conditions(words=(Word("text", "contains", "harbour"),))
    rule = rules.save_rule(
        customer=cleo, name="Fuel", conditions=asked, category=None, rename_to="The harbour pump"
    )
    rules.run_rule(rule)
    row = Transaction.objects.get(raw_text="HARBOUR FUEL")
    assert "The harbour pump" in text(client_of_cleo.get("/transactions/"))
    page = text(client_of_cleo.get(f"/transactions/{ids.encode_one(row.pk)}/"))
    assert "The harbour pump" in page and "HARBOUR FUEL" in page


def test_a_categorys_whole_life(
    client_of_cleo: Client, cleo: Customer, cleos_account: BankAccount
) -> None:
    add = {"name": "Rolls", "parent": key("dining")}
    answer = client_of_cleo.post("/rules/categories/", add, follow=True)
    assert "“Rolls” is there." in text(answer) and "yours" in text(answer)
    for wrong, sentence in (
        (add, "There is a category “Rolls” in Dining already."),
        (add | {"name": "dining"}, "already"),
        ({"name": "", "parent": key("dining")}, "Give the category a name."),
        ({"name": "x", "parent": ""}, "Choose the category it stands in."),
        ({"name": "x", "parent": key("coffee")}, "Select a valid choice"),
    ):
        answer = client_of_cleo.post("/rules/categories/", wrong)
        assert answer.status_code == 400 and sentence in text(answer), wrong
    rolls = Category.objects.get(customer=cleo)
    url = f"/rules/categories/{rolls.public_id}/"
    rows = list(Transaction.objects.filter(raw_text__startswith="CORNER"))
    ledger.recategorise(rows, category=rolls)
    assert "3 payments" in text(client_of_cleo.get("/rules/categories/"))
    client_of_cleo.post(url, {"act": "rename", "name": "Bread"})
    client_of_cleo.post(url, {"act": "hide"})
    rolls.refresh_from_db()
    assert (rolls.name, rolls.is_hidden) == ("Bread", True)
    client_of_cleo.post(url, {"act": "show"})
    assert "Bread" in text(client_of_cleo.get(f"/transactions/{ids.encode_one(rows[0].pk)}/"))
    bad = client_of_cleo.post(url, {"act": "merge", "into": key("wages")})
    assert bad.status_code == 400
    learning.always(cleo, rows[0], rolls, to_history=False)
    answer = client_of_cleo.post(url, {"act": "remove"}, follow=True)
    assert "3 payments of it are in Dining now." in text(answer)
    assert {t.category for t in Transaction.objects.filter(raw_text__startswith="CORNER")} == {
        factories.category("dining")
    }
    assert LearnedMerchant.objects.get().category == factories.category("dining")
    assert client_of_cleo.get(url).status_code == 404


def test_own_categories_merge_into_one_another(client_of_cleo: Client, cleo: Customer) -> None:
    dining = factories.category("dining")
    one, two = (
        factories.make_category(name=name, customer=cleo, parent=dining) for name in ("One", "Two")
    )
    ledger.recategorise([Transaction.objects.get(raw_text="HARBOUR FUEL")], category=one)
    url = f"/rules/categories/{one.public_id}/"
    answer = client_of_cleo.post(url, {"act": "merge", "into": str(two.public_id)}, follow=True)
    assert "1 payment of it is in Two now." in text(answer)
    assert Transaction.objects.get(raw_text="HARBOUR FUEL").category == two


def test_the_banks_categories_are_hidden_for_oneself_alone(
    client_of_cleo: Client, client_of_nora: Client
) -> None:
    coffee = factories.category("coffee")
    url = f"/rules/categories/{coffee.public_id}/"
    client_of_cleo.post(url, {"act": "hide"})
    assert HiddenCategory.objects.get().category == coffee
    row = Transaction.objects.get(raw_text="HARBOUR FUEL")
    page = client_of_cleo.get(f"/transactions/{ids.encode_one(row.pk)}/").content.decode()
    assert f'value="{coffee.public_id}"' not in page
    assert "hidden" not in text(client_of_nora.get("/rules/categories/"))
    for act in ("rename", "merge", "remove"):
        answer = client_of_cleo.post(url, {"act": act, "name": "x", "into": key("dining")})
        assert answer.status_code == 400
    coffee.refresh_from_db()
    assert coffee.name != "x" and not coffee.is_hidden
    client_of_cleo.post(url, {"act": "show"})
    assert not HiddenCategory.objects.exists()


def test_figures_of_an_own_category_are_its_parents(
    client_of_cleo: Client, cleo: Customer, cleos_account: BankAccount
) -> None:
    from analytics.metrics.registry import figures
    from transactions.reach import Reach
    from transactions.slices import slice_of

    own = factories.make_category(name="Rolls", customer=cleo, parent=factories.category("dining"))
    whole = slice_of(cleo)
    dining = Reach(cleo).ref(factories.category("dining").pk)
    before = figures(whole.in_category(dining), ["expenses"])[0]["expenses"].value
    row = Transaction.objects.get(raw_text="CORNER BAKERY 1")
    ledger.recategorise([row], category=own)
    assert figures(whole.in_category(dining), ["expenses"])[0]["expenses"].value == before


def test_what_is_another_persons_is_missing(
    client_of_nora: Client, cleo: Customer, cleos_account: BankAccount
) -> None:
    rule = corner(cleo)
    run = rules.run_rule(rule)
    row = Transaction.objects.get(raw_text="HARBOUR FUEL")
    merchant, _ = learning.always(cleo, row, factories.category("books"))
    own = factories.make_category(name="Mine", customer=cleo, parent=factories.category("dining"))
    for path in (
        f"/rules/{rule.public_id}/",
        f"/rules/runs/{run.public_id}/",
        f"/rules/always/{ids.encode_one(row.pk)}/",
        f"/rules/categories/{own.public_id}/",
    ):
        assert client_of_nora.get(path).status_code == 404, path
    for path in (
        f"/rules/{rule.public_id}/do/",
        f"/rules/runs/{run.public_id}/undo/",
        f"/rules/learned/{merchant.public_id}/forget/",
    ):
        assert client_of_nora.post(path, {"act": "remove"}).status_code == 404, path
    assert "Mine" not in text(client_of_nora.get("/rules/categories/"))
    seen = client_of_nora.post(
        "/rules/new/", CORNER | {"category": str(own.public_id), "act": "save"}
    )
    assert seen.status_code == 400


def test_the_banks_rules_are_listed_and_not_changed(client_of_cleo: Client) -> None:
    asked = Conditions(words=(Word("text", "contains", "harbour"),))
    rule = rules.save_rule(
        customer=None,
        name="Fuel of the bank",
        conditions=asked,
        category=factories.category("gifts"),
    )
    assert "Fuel of the bank" in text(client_of_cleo.get("/rules/"))
    assert client_of_cleo.get(f"/rules/{rule.public_id}/").status_code == 404
    assert client_of_cleo.post(f"/rules/{rule.public_id}/do/", {"act": "off"}).status_code == 404
