"""One change on the lines that a person ticked, or on all that fit the filter."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.jobs import services as jobs
from accounts.permissions import OWN_DATA, requires
from config.pages.customer_scope import View, open_view
from config.pages.ledger_one import (
    back_to,
    chosen_category,
    sentence_of,
    sentence_of_lesson,
    version_of,
)
from config.pages.ledger_reading import read_list
from transactions import ids, queries
from transactions.ledger import AccountBusy, VersionConflict
from transactions.models import Transaction
from transactions.rows import bulk as acts
from transactions.rows import notes, tags
from transactions.rows.bulk import BulkChange
from transactions.rows.errors import RowRefused
from transactions.rules.learning import Lesson

LESSONS_SAID = 3


@dataclass(frozen=True)
class Chosen:
    """Keys of lines → the version that was seen (None where the person chose all that fit)."""

    seen: dict[int, int | None]


@require_POST
@requires(OWN_DATA)
def bulk(request: HttpRequest) -> HttpResponse:
    """`row` = id:version of each ticked line, or `all` with the filter and the number that was shown."""
    view = open_view(request, "transactions")
    back = back_to(request, view)
    try:
        change = _change(request, view)
        chosen = _chosen(request, view)
        if len(chosen.seen) > acts.AT_ONCE:
            if change.action == "note":
                raise RowRefused(
                    _("A note goes on %(n)d lines at most. Narrow the filter down first.")
                    % {"n": acts.AT_ONCE},
                    "too_many",
                )
            return _as_job(request, view, change, chosen)
        result = acts.apply(view.customer, chosen.seen, change)
    except RowRefused as refused:
        messages.error(request, refused.sentence)
        return redirect(back)
    except (AccountBusy, VersionConflict) as error:
        messages.error(request, sentence_of(error))
        return redirect(back)
    if not result.chosen:
        messages.error(request, _("No line is ticked. Tick the ones you mean."))
        return redirect(back)
    messages.success(
        request,
        ngettext("%(n)d line is changed.", "%(n)d lines are changed.", result.changed)
        % {"n": result.changed},
    )
    if result.left:
        messages.warning(request, _left(view, result.left))
    for said in _taught(view, result.lessons):
        messages.info(request, said)
    return redirect(back)


def _taught(view: View, lessons: list[Lesson]) -> list[str]:
    """What the choice taught, shop by shop while they are few."""
    if len(lessons) <= LESSONS_SAID:
        return [sentence_of_lesson(view, lesson) for lesson in lessons]
    return [
        ngettext(
            "This taught %(n)d shop; see “Categories and rules”.",
            "This taught %(n)d shops; see “Categories and rules”.",
            len(lessons),
        )
        % {"n": len(lessons)}
    ]


def _left(view: View, left: tuple[int, ...]) -> str:
    """Names the lines that were changed meanwhile, so that the person can look at them."""
    held = [account.pk for account in view.reach.accounts]
    rows = Transaction.objects.filter(pk__in=left[:5], account__in=held)
    rows = rows.order_by("-booked_on", "-id")
    names = [f"{row.counterparty or row.clean_text} ({row.booked_on:%Y-%m-%d})" for row in rows]
    if len(left) > len(names):
        names.append("…")
    return ngettext(
        "%(n)d line was changed meanwhile and is left as it is: %(names)s",
        "%(n)d lines were changed meanwhile and are left as they are: %(names)s",
        len(left),
    ) % {"n": len(left), "names": ", ".join(names)}


def _change(request: HttpRequest, view: View) -> BulkChange:
    action = request.POST.get("action", "")
    if action == "category":
        category, fault = chosen_category(view, request.POST.get("category", ""))
        if fault:
            raise RowRefused(_("Choose a category first."), "category_missing")
        return BulkChange("category", category=category)
    if action == "tag":
        return BulkChange("tag", tag=tags.named(view.customer, request.POST.get("tag", "")))
    if action == "untag":
        name = request.POST.get("tag", "").strip()
        tag = tags.tags_of(view.customer).filter(name__iexact=name).first()
        if tag is None:
            raise RowRefused(
                _("You have no tag “%(name)s”. Write one of yours.") % {"name": name[:40]},
                "tag_missing",
            )
        return BulkChange("untag", tag=tag)
    if action == "note":
        return BulkChange("note", note=notes.clean(request.POST.get("note", "")))
    raise RowRefused(_("Say what to do with the chosen lines."), "act_missing")


def _chosen(request: HttpRequest, view: View) -> Chosen:
    if request.POST.get("all"):
        return _all_that_fit(request, view)
    found: dict[int, int | None] = {}
    for said in request.POST.getlist("row")[: acts.AT_ONCE + 1]:
        public_id, _sep, version = said.partition(":")
        pk = ids.decode(public_id)
        if pk is not None:
            found[pk] = version_of(version)
    if not found:
        raise RowRefused(_("No line is ticked. Tick the ones you mean."), "nothing_chosen")
    return Chosen(found)


def _all_that_fit(request: HttpRequest, view: View) -> Chosen:
    reading = read_list(view, QueryDict(request.POST.get("query", "")[:4000]))
    if reading.slice is None:
        raise RowRefused(_("This filter can't be read. Mend it, then choose again."), "filter_bad")
    status = reading.status or Transaction.Status.POSTED
    rows = queries.listed(reading.slice, reading.flow, status)
    found = list(rows.values_list("pk", flat=True)[: acts.MOST + 1])
    if len(found) > acts.MOST:
        raise RowRefused(
            _("More than %(n)d lines fit. Narrow the filter down first.") % {"n": acts.MOST},
            "too_many",
        )
    shown = version_of(request.POST.get("fitting", ""))
    if shown is not None and shown != len(found):
        raise RowRefused(
            _("%(now)d lines fit now, not %(then)d. Look again before you change them all.")
            % {"now": len(found), "then": shown},
            "number_changed",
        )
    if not found:
        raise RowRefused(_("No line fits this filter."), "nothing_chosen")
    return Chosen(dict.fromkeys(found))


def _as_job(request: HttpRequest, view: View, change: BulkChange, chosen: Chosen) -> HttpResponse:
    arguments: dict[str, Any] = {
        "customer": view.customer.pk,
        "rows": list(chosen.seen),
        "action": change.action,
        "category": change.category.pk if change.category else None,
        "tag": change.tag.pk if change.tag else None,
        "url": reverse("transactions:list"),
    }
    person: Any = request.user
    job = jobs.enqueue(kind="rows_bulk", arguments=arguments, started_by=person)
    return redirect("jobs:detail", job.public_id)
