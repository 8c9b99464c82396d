"""One line: what the bank received, why it has its category, where it counts; and giving it another."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires
from analytics import formats
from analytics.metrics import cells as reading
from analytics.metrics.figures import Figure
from analytics.metrics.registry import METRICS, figures
from config.pages import ledger, ledger_merchant, regulars_reading
from config.pages.customer_scope import View, open_view
from config.pages.ledger_reading import Row, called, hue_of, read_list, shown_name
from transactions import ids, periods
from transactions import ledger as books
from transactions.ledger import AccountBusy, VersionConflict
from transactions.models import Category, ImportBatch, Transaction
from transactions.rows.marks import marks_of
from transactions.rules import learning
from transactions.rules.why import reason_of
from transactions.slices import NO_CATEGORY, CategoryRef, CustomerRef, Slice


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def detail(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """A line, or a whole payment whose parts are the lines."""
    # They stand on this module: what one line's page shows beside its category.
    from config.pages.rows_one import marks_context, own_payment

    view = open_view(request, "transaction")
    row = own_payment(view, transaction_id)
    context = _context(view, row, request)
    context |= marks_context(view, row, context["batch"])
    return render(request, "transactions/detail.html", context)


def _own_line(view: View, transaction_id: str) -> Transaction:
    """A line of an account this person holds; whatever else is as missing as nothing."""
    row = view.reach.line(transaction_id)
    if row is None:
        raise Http404
    return row


def _context(view: View, row: Transaction, request: HttpRequest) -> dict[str, Any]:
    account = next(a for a in view.reach.accounts if a.pk == row.account_id)
    category = view.reach.ref(row.category_id)
    batch = None
    if row.batch_id:
        batch = ImportBatch.objects.filter(pk=row.batch_id).select_related("file").first()
    back = reverse("transactions:list") + view.words
    reason = reason_of(row, is_own=view.is_own) if category.pk else None
    shop = ledger_merchant.card(view, row)
    name = called(row, shop["merchant"])
    return {
        "view": view,
        "row": row,
        "public_id": ids.encode_one(row.pk),
        "account": account,
        "name": name,
        "category": category,
        "root": view.reach.root(row.category_id),
        "groups": view.reach.groups(),
        "why": reason.sentence if reason else _why(row, category),
        "reason": reason,
        "may_teach": view.is_own and any(a.pk == row.account_id for a in view.reach.owned),
        "counts_in": _counts_in(view, row, category, account.currency),
        "batch": batch,
        "regular": regulars_reading.link_of(view, row),
        "may_change": view.is_own,
        **shop,
        "crumbs": [(_("Transactions"), back), (name, "")],
        "next": request.get_full_path(),
        "when": formats.day(row.booked_on, view.locale, "full"),
    }


def _why(row: Transaction, category: CategoryRef) -> str:
    """Who decided the category, in a sentence."""
    origin = Transaction.Origin(row.category_origin)
    if row.parent_id and origin == Transaction.Origin.RULE and not row.decision:
        return _("A rule split the payment so.")
    if not category.pk:
        return _("Nobody has given it a category yet; its sign decides where it counts.")
    said = {
        Transaction.Origin.PERSON: _("You chose it. Your choice always wins over the bank's."),
        Transaction.Origin.RULE: _("One of the bank's rules fits it."),
        Transaction.Origin.LEARNED: _("You gave this shop the same category before."),
        Transaction.Origin.SOURCE: _("It came so from the bank."),
        Transaction.Origin.KEYWORD: _("Its text holds a name that is known."),
        Transaction.Origin.MODEL: _("Similar texts have this category."),
        Transaction.Origin.PAIR: _("It follows from the payment that it belongs to."),
    }
    return said.get(origin, _("Nobody has decided it yet."))


def _counts_in(
    view: View, row: Transaction, category: CategoryRef, currency: str
) -> list[tuple[str, Figure]]:
    """The month's figures that hold this line, by label; none for a transfer or a pending line."""
    is_counted = row.status == Transaction.Status.POSTED and not row.is_split
    if not is_counted or category.kind == Category.Kind.TRANSFER:
        return []
    first, end = periods.this_month(row.booked_on)
    month = Slice(
        currency=currency,
        customer=CustomerRef(view.customer.pk, view.customer.public_id),
        start=first,
        end=end,
    )
    name = "income" if category.kind == Category.Kind.INCOME else "expenses"
    if not category.pk and row.amount > 0:
        name = "income"
    root = view.reach.root(row.category_id)
    when = formats.month(first, view.locale)
    cells = reading.cells(month, ("category",))
    whole = figures(month, [name], door=view.door, cells=cells)[0][name]
    inside = [cell for cell in cells if (cell.category or 0) == root.pk]
    part = figures(month.in_category(root), [name], door=view.door, cells=inside)[0][name]
    return [
        (f"{METRICS[name].label}, {when}", whole),
        (f"{root.name}, {when}", part),
    ]


@require_POST
@requires(OWN_DATA)
def categorise(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """A person's own decision on one line. In place with htmx; without it, back to where they were."""
    view = open_view(request, "transaction")
    row = _own_line(view, transaction_id)
    category, fault = chosen_category(view, request.POST.get("category", ""))
    status = 400 if fault else 200
    lessons: list[str] = []
    if not fault:
        try:
            version = version_of(request.POST.get("version", ""))
            with transaction.atomic():
                books.recategorise([row], category=category, expected_version=version)
                found = learning.note_choices(view.customer, [row], category)
            lessons = [sentence_of_lesson(view, lesson) for lesson in found]
        except (AccountBusy, VersionConflict) as error:
            fault, status = sentence_of(error), 409
        row.refresh_from_db()
    if request.htmx:  # type: ignore[attr-defined]
        return _in_place(request, view, row, fault, status, lessons)
    if fault:
        messages.error(request, fault)
    else:
        messages.success(request, _("The category is changed. Your choice stays above the bank's."))
        for said in lessons:
            messages.info(request, said)
    return redirect(back_to(request, view))


def sentence_of_lesson(view: View, lesson: learning.Lesson) -> str:
    """What came of a choice, said at once: nothing is learned in silence."""
    text = _("“%(name)s” no longer goes to %(category)s by itself: you chose otherwise.")
    if lesson.is_new:
        text = _(
            "You chose this twice, so “%(name)s” goes to %(category)s from now on. Take it back under "
            "“Categories and rules”."
        )
    category = view.reach.ref(lesson.merchant.category_id).name
    return text % {"name": lesson.merchant.name, "category": category}


def sentence_of(error: Exception) -> str:
    if isinstance(error, AccountBusy):
        return _(
            "This account is being written now, by a file or by rules. Nothing was changed; try again in a "
            "moment."
        )
    return _(
        "This line was changed meanwhile. It is shown as it is now; look again before you change it."
    )


def chosen_category(view: View, key: str) -> tuple[Category | None, str]:
    """The category named, which must be one that the list offers."""
    if key == NO_CATEGORY:
        return None, ""
    offered = {ref.key: ref for _name, refs in view.reach.groups() for ref in refs}
    ref = offered.get(key)
    if ref is None:
        return None, _("There is no such category. Choose one of the list.")
    return Category.objects.get(pk=ref.pk), ""


def version_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def back_to(request: HttpRequest, view: View) -> str:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse("transactions:list") + view.words


def _in_place(
    request: HttpRequest,
    view: View,
    row: Transaction,
    fault: str,
    status: int,
    lessons: list[str],
) -> HttpResponse:
    """The row as it is now; with it the sums of the filter that the person is looking at."""
    address = request.htmx.current_url_abs_path or ""  # type: ignore[attr-defined]
    path, _sep, query = address.partition("?")
    if path != reverse("transactions:list"):
        context = _context(view, row, request)
        context |= {"fault": fault, "next": back_to(request, view), "lessons": lessons}
        return render(request, "transactions/_category_card.html", context, status=status)
    found = read_list(view, QueryDict(query))
    context = ledger.frame(request, view, found)
    context |= {"row": _row(view, row), "fault": fault, "changed": True, "here": address}
    context |= {"lessons": lessons}
    if found.slice is not None and row.status == Transaction.Status.POSTED:
        context["day_figure"] = found.day_figures([row.booked_on]).get(row.booked_on)
        context["day_key"] = f"d{row.booked_on:%Y-%m-%d}"
    return render(request, "transactions/_row_changed.html", context, status=status)


def _row(view: View, row: Transaction) -> Row:
    account = next(a for a in view.reach.accounts if a.pk == row.account_id)
    public_id = ids.encode_one(row.pk)
    marks = marks_of([row.pk], view.customer.pk)
    return Row(
        public_id=public_id,
        url=reverse("transactions:detail", args=[public_id]) + view.words,
        name=shown_name(view, [row])[row.pk],
        account=str(account),
        amount=row.amount,
        currency=account.currency,
        category=view.reach.ref(row.category_id),
        root=view.reach.root(row.category_id),
        hue=hue_of(view, row.category_id),
        version=row.version,
        is_pending=row.status == Transaction.Status.PENDING,
        origin=row.category_origin,
        tags=marks.tags.get(row.pk, []),
        note=marks.notes.get(row.pk, ""),
        is_part=row.parent_id is not None,
    )
