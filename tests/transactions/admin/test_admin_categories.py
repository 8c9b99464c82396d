"""Categories in the admin: added, hidden, merged; and saved mappings."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics.budgets.models import Budget
from tests.factories import (
    category,
    make_account,
    make_budget,
    make_category,
    make_transactions,
)
from tests.transactions.admin.addresses import change, text
from transactions.audit import audit_ledger
from transactions.categories.merging import MergeRefused, merge_category
from transactions.models import (
    Category,
    ImportProfile,
    MonthTotal,
    Transaction,
)

# -- categories ----------------------------------------------------------------------------------


def category_form(**fields: Any) -> dict[str, Any]:
    return {"name": "Bees", "parent": "", "kind": "expense", "pfc": "", "position": 3} | fields


def test_a_category_gets_a_code_and_its_parents_kind(client: Client) -> None:
    url = reverse("admin:transactions_category_add")
    assert client.post(url, category_form()).status_code == 302
    assert client.post(url, category_form()).status_code == 302
    bees = list(Category.objects.filter(name="Bees").order_by("id"))
    assert [c.code for c in bees] == ["bees", "bees_2"]
    form = category_form(name="Honey", parent=category("salary").pk, kind="")
    assert client.post(url, form).status_code == 302
    honey = Category.objects.get(name="Honey")
    assert honey.kind == "income"
    nested = client.post(url, category_form(name="Third", parent=honey.pk))
    assert "Select a valid choice" in text(nested)
    missing = client.post(url, category_form(name="Kindless", kind=""))
    assert "Say whether it is income" in text(missing)


@pytest.mark.trap("set-null-beneath-the-guard")
def test_a_category_in_use_is_not_deleted_and_not_put_below_another(client: Client) -> None:
    groceries = category("groceries")
    assert client.post(f"/admin/transactions/category/{groceries.pk}/delete/").status_code == 403
    form = category_form(name="Groceries", parent=category("dining").pk)
    answer = client.post(change("category", groceries.pk), form)
    assert "there are two levels only" in text(answer)


def test_categories_are_hidden_and_shown(client: Client) -> None:
    url = reverse("admin:transactions_category_changelist")
    pets = category("pets")
    for action, hidden in (("hide", True), ("show", False)):
        client.post(url, {"action": action, "_selected_action": [pets.pk]})
        assert category("pets").is_hidden is hidden


def test_a_merge_moves_lines_edits_budgets_and_what_comes_later(client: Client) -> None:
    account = make_account()
    owner = account.holders.get().customer
    source, into = category("coffee"), category("restaurants")
    make_transactions(account, [{"amount": "-3.00", "category": "coffee"}] * 3)
    make_transactions(account, [{"amount": "-30.00", "category": "restaurants"}])
    own = make_category(customer=owner, parent=source)
    june, july = date(2026, 6, 1), date(2026, 7, 1)
    for month, of in ((june, source), (june, into), (july, source)):
        make_budget(customer=owner, category=of, month=month, amount="10.00")

    url = reverse("admin:transactions_category_merge", args=[source.pk])
    assert "Restaurants" in text(client.get(url))
    answer = client.post(url, {"into": into.pk}, follow=True)
    assert "3 lines moved" in text(answer)

    assert Transaction.objects.filter(category=into).count() == 4
    total = MonthTotal.objects.get(account=account, category_id=into.pk)
    assert (total.n, total.money_out) == (4, Decimal("-39"))
    assert not audit_ledger()
    assert {(b.month, b.category_id, b.amount) for b in Budget.objects.all()} == {
        (june, into.pk, Decimal(20)), (july, into.pk, Decimal(10)),
    }  # fmt: skip
    own.refresh_from_db(), source.refresh_from_db()
    assert own.parent_id == into.pk
    assert source.is_hidden and source.merged_into_id == into.pk
    assert Category.objects.ids_by_code()["coffee"] == into.pk
    assert client.post(url, {"into": into.pk}).status_code == 403


@pytest.mark.parametrize(
    ("source", "into", "sentence"),
    [
        ("coffee", "coffee", "into itself"),
        ("coffee", "salary", "of one kind"),
        ("dining", "coffee", "one below it"),
        ("dining", "fuel", "has categories below it"),
    ],
)
def test_a_merge_that_would_change_what_figures_mean_is_refused(
    north: str, source: str, into: str, sentence: str
) -> None:
    with pytest.raises(MergeRefused, match=sentence):
        merge_category(source=category(source), into=category(into))
    assert not category(source).is_hidden


def test_merged_twice_the_first_code_leads_to_the_end(north: str) -> None:
    merge_category(source=category("bars"), into=category("coffee"))
    merge_category(source=category("coffee"), into=category("restaurants"))
    by_code = Category.objects.ids_by_code()
    assert by_code["bars"] == by_code["coffee"] == category("restaurants").pk


# -- saved mappings ------------------------------------------------------------------------------


def test_a_mapping_that_reads_nothing_is_refused(client: Client) -> None:
    url = reverse("admin:transactions_importprofile_add")
    layout = (
        '{"adapter": "generic_csv", "header": ["Day", "Amount"], "columns": {"booked_on": [0], %s}}'
    )
    bad = client.post(url, {"name": "Ours", "layout": layout % '"text": [1]'})
    assert "no column holds the amount" in text(bad)
    good = {"name": "Ours", "layout": layout % '"amount": [1]'}
    assert client.post(url, good).status_code == 302
    profile = ImportProfile.objects.get()
    assert len(profile.signature) == 64
    assert "a mapping for files of this kind already" in text(client.post(url, good))
    delete = f"/admin/transactions/importprofile/{profile.pk}/delete/"
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not ImportProfile.objects.exists()
