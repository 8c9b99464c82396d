"""What a person does to one line besides its category: tags, a note, putting a choice back, un-merging."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import OWN_DATA, requires
from config.pages import ledger_pairs
from config.pages.customer_scope import View, open_view
from config.pages.ledger_one import back_to, sentence_of, version_of
from transactions import ids
from transactions.ledger import AccountBusy, VersionConflict
from transactions.models import ImportBatch, Tag, Transaction
from transactions.rows import duplicates, history, notes, splits, tags
from transactions.rows.errors import RowRefused


def own_payment(view: View, transaction_id: str) -> Transaction:
    """A payment of an account this person holds, split or not; whatever else is as missing as nothing."""
    row = view.reach.payment(transaction_id)
    if row is None:
        raise Http404
    return row


def told(request: HttpRequest, act: Callable[[], str]) -> bool:
    """Does an act and says how it went; a refusal is said too. Returns whether it was done."""
    try:
        done = act()
    except RowRefused as refused:
        messages.error(request, refused.sentence)
        return False
    except (AccountBusy, VersionConflict) as error:
        messages.error(request, sentence_of(error))
        return False
    messages.success(request, done)
    return True


def marks_context(view: View, row: Transaction, batch: ImportBatch | None) -> dict[str, Any]:
    """What the detail page shows of tags, note, pairs, parts, merges and history."""
    read = history.sheet(row, view.customer)
    whole = None
    if row.parent_id:
        whole = Transaction.objects.filter(pk=row.parent_id, account_id=row.account_id).first()
    if row.is_split:
        whole = row
    parts = splits.parts_of(whole) if whole else []
    return {
        "tags": [tag for tag in read.tags if tag["on"]],
        "other_tags": [tag["name"] for tag in read.tags if not tag["on"]] if view.is_own else [],
        "note": read.note,
        "note_mark": notes.mark_of(read.note),
        "pairs": ledger_pairs.of_line(view, row, read.pairs, read.sides),
        "whole": whole,
        "whole_url": _url(view, whole) if whole else "",
        "is_whole": row.is_split,
        "split_url": reverse("transactions:split", args=[ids.encode_one((whole or row).pk)]),
        "parts": [
            {
                "url": _url(view, part),
                "name": part.clean_text,
                "amount": part.amount,
                "category": view.reach.ref(part.category_id),
                "here": part.pk == row.pk,
            }
            for part in parts
        ],
        "merged": [
            {
                "id": ids.encode_one(one["pk"]),
                "day": date.fromisoformat(one["day"]),
                "text": one["text"],
            }
            for one in read.merged
        ],
        "history": history.history(
            row, view.customer, view.reach, own=view.is_own, read=read, batch=batch
        ),
    }


def _url(view: View, row: Transaction) -> str:
    return reverse("transactions:detail", args=[ids.encode_one(row.pk)]) + view.words


@require_POST
@requires(OWN_DATA)
def tag(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """Puts one of the person's tags, or a new one, on a line; or takes one off."""
    view = open_view(request, "transaction")
    row = own_payment(view, transaction_id)
    told(request, lambda: _tag(request, view, row))
    return redirect(back_to(request, view))


def _tag(request: HttpRequest, view: View, row: Transaction) -> str:
    if off := request.POST.get("take", ""):
        found = _own_tag(view, off)
        if found is None:
            raise RowRefused(_("There is no such tag any more."), "tag_missing")
        tags.take(found, [row])
        return _("The tag “%(name)s” is off.") % {"name": found.name}
    name = request.POST.get("name", "")
    made = tags.named(view.customer, name)
    tags.put(made, [row])
    return _("Tagged “%(name)s”.") % {"name": made.name}


def _own_tag(view: View, key: str) -> Tag | None:
    wanted = [name for public_id, name in view.reach.tags if public_id == key]
    return Tag.objects.filter(customer=view.customer, name__in=wanted).first()


@require_POST
@requires(OWN_DATA)
def note(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """Writes the person's note on a line, or takes it off when it is empty."""
    view = open_view(request, "transaction")
    row = own_payment(view, transaction_id)
    text = request.POST.get("note", "")

    def act() -> str:
        notes.write([row], view.customer, text, seen=request.POST.get("seen"))
        return _("The note is kept.") if text.strip() else _("There is no note on it now.")

    told(request, act)
    return redirect(back_to(request, view))


@require_POST
@requires(OWN_DATA)
def put_back(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """Undoes the person's last choice of category, or says of a merged pair that it is two payments."""
    view = open_view(request, "transaction")
    row = own_payment(view, transaction_id)

    def act() -> str:
        if other_id := request.POST.get("apart", ""):
            pk = ids.decode(other_id)
            other = Transaction.objects.filter(pk=pk or 0, account_id=row.account_id).first()
            if other is None:
                raise RowRefused(_("These two aren't merged."), "not_merged")
            duplicates.unmerge(row, other)
            return _("These are two payments again; both count.")
        change = version_of(request.POST.get("change", "")) or 0
        history.put_back(row, change, expected_version=version_of(request.POST.get("version", "")))
        return _("The category it had before is back.")

    told(request, act)
    return redirect(back_to(request, view))
