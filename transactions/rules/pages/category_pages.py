"""The list of categories with what is in each; adding own ones; renaming, hiding, merging, removing."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import OWN_DATA, requires
from transactions.categories import own as categories
from transactions.categories.merging import MergeRefused, merge_category
from transactions.models import Category, HiddenCategory
from transactions.rules import forms
from transactions.rules.pages.scope import Own, category_for, own


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def category_list(request: HttpRequest) -> HttpResponse:
    """All that may be chosen, with the lines in each; and a form for one more."""
    mine = own(request)
    form = forms.NewCategoryForm(request.POST or None, reach=mine.reach)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            parent = Category.objects.get(public_id=form.cleaned_data["parent"])
            try:
                made = categories.add_category(
                    customer=mine.customer, name=form.cleaned_data["name"], parent=parent
                )
            except categories.OwnCategoryRefused as refused:
                form.add_error("name", str(refused))
            else:
                text = _("“%(name)s” is there. Choose it for payments, or make a rule.")
                messages.success(request, text % {"name": made.name})
                return redirect("rules:categories")
    context = {
        "groups": categories.listed(mine.customer),
        "form": form,
        "crumbs": [(_("Categories and rules"), reverse("rules:list")), (_("Categories"), "")],
    }
    return render(request, "rules/categories.html", context, status=status)


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def category(request: HttpRequest, category_id: UUID) -> HttpResponse:
    """One category: what a person may do with it. The bank's they may only hide."""
    mine = own(request)
    found = category_for(mine, category_id)
    act = request.POST.get("act", "")
    data = request.POST or None
    renaming = forms.RenameForm(data if act == "rename" else None, initial={"name": found.name})
    merging = forms.MergeForm(data if act == "merge" else None, reach=mine.reach, source=found)
    status = 200
    if request.method == "POST":
        done = _done(request, mine, found, act, renaming, merging)
        if done is not None:
            messages.success(request, done)
            return redirect("rules:categories")
        status = 400
    hidden = HiddenCategory.objects.filter(customer=mine.customer, category=found).exists()
    context = {
        "category": found,
        "is_own": found.customer_id is not None,
        "is_hidden": found.is_hidden or hidden,
        "lines": categories.line_counts(mine.customer).get(found.pk, 0),
        "renaming": renaming,
        "merging": merging,
        "crumbs": [
            (_("Categories and rules"), reverse("rules:list")),
            (_("Categories"), reverse("rules:categories")),
            (found.name, ""),
        ],
    }
    return render(request, "rules/category.html", context, status=status)


def _done(
    request: HttpRequest,
    mine: Own,
    found: Category,
    act: str,
    renaming: forms.RenameForm,
    merging: forms.MergeForm,
) -> str | None:
    """Does it and says so; None where it was refused, with the reason on the form."""
    is_own = found.customer_id is not None
    if act in ("hide", "show"):
        categories.set_hidden(customer=mine.customer, category=found, hidden=act == "hide")
        said = _("“%(name)s” is no longer offered. What is in it stays and counts as before.")
        shown = _("“%(name)s” is offered again.")
        return (said if act == "hide" else shown) % {"name": found.name}
    if act == "rename" and is_own and renaming.is_valid():
        try:
            categories.rename_category(found, renaming.cleaned_data["name"])
        except categories.OwnCategoryRefused as refused:
            renaming.add_error("name", str(refused))
            return None
        return _("It is called “%(name)s” now.") % {"name": found.name}
    if act == "merge" and is_own and merging.is_valid():
        into = Category.objects.get(public_id=merging.cleaned_data["into"])
        return _merged(found, into, merging)
    if act == "remove" and is_own and found.parent is not None:
        return _merged(found, found.parent, merging)
    if not is_own:
        messages.error(
            request, _("The bank's categories can be hidden, not renamed, merged or removed.")
        )
    return None


def _merged(source: Category, into: Category, form: forms.MergeForm) -> str | None:
    try:
        moved = merge_category(source=source, into=into)
    except MergeRefused as refused:
        form.add_error("into", str(refused))
        return None
    text = ngettext(
        "“%(source)s” is gone; %(n)d payment of it is in %(into)s now.",
        "“%(source)s” is gone; %(n)d payments of it are in %(into)s now.",
        moved,
    )
    return text % {"source": source.name, "n": moved, "into": into.name}
