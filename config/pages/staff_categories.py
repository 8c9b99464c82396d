"""Staff: how categories are decided, and how good the bank's own text model was when it was trained.

Figures of the training data alone. Shares of the bank's lines by who decided would be counts of customers'
lines: those come from releases or not at all.
"""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.permissions import READ_REPORTS, requires
from analytics import charts
from transactions.categories.textmodel import store
from transactions.models import Category

COMMAND = "manage.py train_categories --data DIR"


@requires(READ_REPORTS)
@require_safe
def decided(request: HttpRequest) -> HttpResponse:
    model = store.current()
    context: dict[str, Any] = {"model": model, "command": COMMAND}
    if model:
        figures = model.figures
        context |= {
            "figures": figures,
            "shares": [
                (_("Right answers"), _percent(figures["accuracy"])),
                (_("The same, each category counting alike (macro F1)"), _percent(figures["macro_f1"])),
                (_("Texts it is sure enough of to answer"), _percent(figures["coverage"])),
                (_("Right among those"), _percent(figures["precision"])),
            ],
            "table": _table(figures["categories"]),
        }  # fmt: skip
    return render(request, "pages/staff_categories.html", context)


def _percent(share: Any) -> Decimal | None:
    return None if share is None else (Decimal(str(share)) * 100).quantize(Decimal("0.1"))


def _table(rows: list[dict[str, Any]]) -> charts.Table:
    names = dict(Category.objects.of_bank().values_list("code", "name"))
    return charts.Table(
        _("Texts of the training data by category"),
        [
            charts.Column(_("Category"), card="main"),
            charts.Column(_("Texts"), numeric=True),
            charts.Column(_("Recognised"), numeric=True, card="num"),
            charts.Column(_("Answers"), numeric=True),
            charts.Column(_("Wrong answers"), numeric=True),
        ],
        [
            charts.Row([
                str(names.get(row["code"], row["code"])), row["texts"], row["found"], row["answers"],
                row["answers"] - row["found"],
            ])
            for row in sorted(rows, key=lambda row: -row["texts"])
        ],
    )  # fmt: skip
