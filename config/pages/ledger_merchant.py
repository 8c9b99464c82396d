"""The shop or payee of a line: what it is called, all its payments, and a name of one's own for it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import OWN_DATA, requires
from config.pages.customer_scope import View, open_view
from transactions.merchants import queries, services
from transactions.models import Transaction


def card(view: View, row: Transaction) -> dict[str, Any]:
    """What the page of a line says of its merchant. One query."""
    text = queries.text_of(row.raw_text, row.counterparty)
    named = queries.named(view.customer.pk, [text])[text]
    said = {
        "person": _("You named it."),
        "bank": _("The bank's name for it."),
        "text": _("Read from the text, without what card readers and banks put around it."),
    }
    filter = {"merchant": named.key, "period": "12m", **view.named}
    return {
        "merchant": named,
        "merchant_why": said[named.said_by],
        "merchant_url": f"{reverse('transactions:list')}?{urlencode(filter)}" if named else "",
        "merchant_most": services.MAX_NAME,
    }


@require_POST
@requires(OWN_DATA)
def merchant(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """Names the merchant of a line for oneself, on all its lines, or takes the name back."""
    view = open_view(request, "transaction")
    row = view.reach.line(transaction_id)
    if row is None:
        raise Http404
    text = queries.text_of(row.raw_text, row.counterparty)
    key = queries.named(None, [text])[text].key
    try:
        if request.POST.get("act") == "forget":
            if services.forget_name(customer=view.customer, key=key):
                messages.success(request, _("Your name is taken back from all its payments."))
            else:
                messages.info(request, _("It has no name of yours."))
        elif not key:
            messages.error(request, _("This line has no text to know a shop by."))
        else:
            named = services.name_merchant(
                customer=view.customer, key=key, name=request.POST.get("name", "")
            )
            messages.success(
                request, _("All its payments are called “%(name)s” now.") % {"name": named.name}
            )
    except services.NameRefused as error:
        messages.error(request, str(error))
    return redirect(reverse("transactions:detail", args=[transaction_id]) + view.words)
