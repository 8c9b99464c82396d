"""A person's tags, saved filters, and payments that may be there twice: each a page of its own."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import OWN_DATA, requires
from config.pages.customer_scope import View, open_view
from config.pages.ledger_one import back_to, version_of
from config.pages.rows_one import told
from transactions import ids
from transactions.models import SavedFilter, Tag, Transaction
from transactions.rows import duplicates, saved, tags
from transactions.rows.errors import RowRefused


def _crumbs(name: str) -> list[tuple[str, str]]:
    return [(_("Transactions"), reverse("transactions:list")), (name, "")]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def tag_list(request: HttpRequest) -> HttpResponse:
    view = open_view(request, "transactions")
    if request.method == "POST":
        told(request, lambda: _change_tag(request, view))
        return redirect("transactions:tags")
    found = tags.counted(view.customer).order_by("name")
    context = {"view": view, "tags": found, "crumbs": _crumbs(_("Tags"))}
    return render(request, "transactions/tags.html", context)


def _change_tag(request: HttpRequest, view: View) -> str:
    act, name = request.POST.get("act", ""), request.POST.get("name", "")
    if act == "add":
        return _("The tag “%(name)s” is there.") % {"name": tags.named(view.customer, name).name}
    key = _uuid(request.POST.get("tag", ""))
    tag: Tag | None = tags.tags_of(view.customer).filter(public_id=key).first() if key else None
    if tag is None:
        raise RowRefused(_("There is no such tag any more."), "tag_missing")
    if act == "rename":
        return _("The tag is “%(name)s” now.") % {"name": tags.rename(tag, name).name}
    if act == "remove":
        n = tags.remove(tag)
        return _("The tag “%(name)s” is gone; it was on %(n)d lines.") % {"name": tag.name, "n": n}
    raise RowRefused(_("Say what to do with the tag."), "act_missing")


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def filter_list(request: HttpRequest) -> HttpResponse:
    view = open_view(request, "transactions")
    if request.method == "POST":
        told(request, lambda: _change_filter(request))
        return redirect(back_to(request, view))
    person: Any = request.user
    context = {
        "view": view,
        "filters": saved.filters_of(person),
        "here": request.path,
        "crumbs": _crumbs(_("Saved filters")),
    }
    return render(request, "transactions/filters.html", context)


def _change_filter(request: HttpRequest) -> str:
    person: Any = request.user
    act, name = request.POST.get("act", ""), request.POST.get("name", "")
    if act == "save":
        made = saved.save(person, name, request.POST.get("query", ""))
        return _("Kept as “%(name)s”.") % {"name": made.name}
    key = _uuid(request.POST.get("filter", ""))
    found: SavedFilter | None = (
        saved.filters_of(person).filter(public_id=key).first() if key else None
    )
    if found is None:
        raise RowRefused(_("There is no such filter any more."), "filter_missing")
    if act == "rename":
        return _("The filter is “%(name)s” now.") % {"name": saved.rename(found, name).name}
    if act == "remove":
        saved.remove(found)
        return _("The filter “%(name)s” is gone.") % {"name": found.name}
    raise RowRefused(_("Say what to do with the filter."), "act_missing")


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """Pairs of lines that may be one payment from two sources; the person says which they are."""
    view = open_view(request, "transactions")
    if request.method == "POST":
        told(request, lambda: _say_of_pair(request, view))
        return redirect("transactions:duplicates")
    accounts = {a.pk: a for a in view.reach.accounts}
    context = {
        "view": view,
        "pairs": [
            {
                "account": accounts[pair.first.account_id],
                "days_apart": pair.days_apart,
                "sides": [_side(view, row) for row in (pair.first, pair.second)],
            }
            for pair in duplicates.pairs(view.customer, view.today)
        ],
        "days": duplicates.DAYS_APART,
        "crumbs": _crumbs(_("Perhaps twice")),
    }
    return render(request, "transactions/duplicates.html", context)


def _side(view: View, row: Transaction) -> dict[str, Any]:
    public_id = ids.encode_one(row.pk)
    return {
        "row": row,
        "id": public_id,
        "url": reverse("transactions:detail", args=[public_id]),
        "category": view.reach.ref(row.category_id),
    }


def _say_of_pair(request: HttpRequest, view: View) -> str:
    rows = [view.reach.line(request.POST.get(name, "")) for name in ("first", "second")]
    first, second = rows
    if first is None or second is None:
        raise RowRefused(_("One of the two is no longer there."), "row_missing")
    act = request.POST.get("act", "")
    if act == "different":
        duplicates.keep_apart(first, second)
        return _("Remembered: these are two payments.")
    if act not in ("keep-first", "keep-second"):
        raise RowRefused(_("Say which of the two to keep."), "act_missing")
    seen = [version_of(request.POST.get(f"{name}_version", "")) for name in ("first", "second")]
    versions = (seen[0], seen[1]) if seen[0] is not None and seen[1] is not None else None
    if act == "keep-second":
        first, second = second, first
        versions = versions and (versions[1], versions[0])
    duplicates.merge(first, second, versions=versions)
    return _("They count as one payment now. You can take that back on its page.")
