"""The question which of two unnamed columns is money in, and what its answer does."""

from decimal import Decimal

import pytest

from tests import factories
from tests.transactions.test_adapters_two_sides import BOTH
from tests.transactions.test_import_pages import signed_in, upload
from transactions.models import ImportBatch


@pytest.mark.parametrize(
    ("value", "says", "amount"),
    [
        ("keep", "“column 2” is money out, “column 3” money in", Decimal("-1.00")),
        ("flip", "“column 3” is money out, “column 2” money in", Decimal("1.00")),
    ],
)
def test_the_answer_names_both_columns_and_the_row_with_both_is_rejected(
    north_client, value, says, amount
):
    account = factories.make_account(customer=signed_in(north_client))
    upload(north_client, account, BOTH, name="both.csv")
    batch = ImportBatch.objects.get()
    listed = north_client.get("/imports/").content.decode()
    assert "Needs an answer" in listed and "Can’t be read yet" not in listed
    step = f"/imports/{batch.public_id}/format/"
    asked = north_client.get(step)
    answer = next(a for a in asked.context["question"].answers if a.value == value)
    assert (answer.says, answer.line.amount) == (says, amount)
    assert says in asked.content.decode()

    north_client.post(step, {"act": "turn", "field": "turn", "value": value})
    shown = north_client.get(step)
    assert [c.role for c in shown.context["shown"].columns()][1:] == (
        ["money_out", "money_in"] if value == "keep" else ["money_in", "money_out"]
    )
    sign = next(f for f in shown.context["shown"].found() if f.field == "sign")
    assert (sign.found, sign.why) == (says, "as you chose")
    preview = north_client.get(f"/imports/{batch.public_id}/")
    assert (preview.context["summary"].new, preview.context["summary"].rejected) == (2, 1)
    (bad,) = preview.context["rejected"].rows
    assert (bad.line, bad.column, bad.code) == (3, "column 3" if value == "keep" else "column 2",
                                                "both_in_and_out")  # fmt: skip
    assert "Both money out and money in are filled." in preview.content.decode()
