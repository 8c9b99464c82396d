"""The wizard as a person walks it, without JavaScript."""

from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factories
from tests.transactions.test_imports import GENERIC, total
from transactions.models import ImportBatch, Transaction


def signed_in(client):
    customer = factories.make_customer(with_sign_in=True)
    client.force_login(customer.user)
    return customer


def upload(client, account, body=GENERIC, name="export.csv"):
    file = SimpleUploadedFile(name, body, "text/csv")
    return client.post("/imports/new/", {"file": file, "account": str(account.public_id)})


def test_a_file_goes_in_by_its_plan_and_out_again(north_client):
    account = factories.make_account(customer=signed_in(north_client))
    page = upload(north_client, account)
    assert page.status_code == 302
    batch = ImportBatch.objects.get()
    preview = north_client.get(page.headers["Location"])
    assert b"Nothing is written yet" in preview.content and not Transaction.objects.exists()
    answer = north_client.post(
        f"/imports/{batch.public_id}/commit/", {"plan_hash": batch.plan_hash}
    )
    assert answer.headers["Location"].endswith("/done/") and total(account) == Decimal("2983.40")
    assert Transaction.objects.filter(account=account).count() == 4
    assert north_client.get(answer.headers["Location"]).status_code == 200
    assert b"4 rows go" in north_client.get(f"/imports/{batch.public_id}/undo/").content
    north_client.post(f"/imports/{batch.public_id}/undo/", {"edited": "0"})
    assert not Transaction.objects.filter(account=account).exists()
    assert north_client.get("/imports/").status_code == 200


def test_a_tab_that_is_hours_old_is_told_what_changed(north_client):
    account = factories.make_account(customer=signed_in(north_client))
    upload(north_client, account)
    first = ImportBatch.objects.get()
    upload(north_client, account)
    second = ImportBatch.objects.exclude(pk=first.pk).get()
    north_client.post(f"/imports/{second.public_id}/commit/", {"plan_hash": second.plan_hash})
    page = north_client.post(f"/imports/{first.public_id}/commit/", {"plan_hash": first.plan_hash})
    assert page.status_code == 409 and b"Line 2: was new, now same" in page.content
    assert Transaction.objects.filter(account=account).count() == 4


def test_bad_files_get_a_sentence_and_leave_nothing(north_client):
    account = factories.make_account(customer=signed_in(north_client))
    assert b"The file is empty" in upload(north_client, account, b"").content
    for body in (b"\x00\x01\x02\x03" * 400, b"%PDF-1.7 nothing", b"a,b\n1,2\n"):
        page = upload(north_client, account, body)
        assert page.status_code == 302
        shown = north_client.get(page.headers["Location"])
        assert shown.status_code == 200 and b'class="note bad' in shown.content
    assert not Transaction.objects.exists()


def test_another_customers_import_is_missing(north_client):
    mine = factories.make_account(customer=signed_in(north_client))
    upload(north_client, mine)
    batch = ImportBatch.objects.get()
    signed_in(north_client)
    for path in ("", "format/", "done/", "undo/", "rejected.csv"):
        assert north_client.get(f"/imports/{batch.public_id}/{path}").status_code == 404
