from django.urls import path

from transactions.imports.pages import bulk, outcome, preview, upload
from transactions.imports.pages import format as reading

app_name = "imports"

urlpatterns = [
    path("", upload.batches, name="list"),
    path("new/", upload.new, name="new"),
    path("many/", bulk.new, name="bulk"),
    path("<uuid:batch_id>/unknown.csv", bulk.unknown, name="unknown"),
    path("<uuid:batch_id>/accounts/", bulk.accounts, name="accounts"),
    path("<uuid:batch_id>/format/", reading.reading, name="format"),
    path("<uuid:batch_id>/columns/", reading.columns, name="columns"),
    path("<uuid:batch_id>/", preview.preview, name="preview"),
    path("<uuid:batch_id>/commit/", preview.commit, name="commit"),
    path("<uuid:batch_id>/done/", outcome.done, name="done"),
    path("<uuid:batch_id>/undo/", outcome.undo, name="undo"),
    path("<uuid:batch_id>/again/", outcome.again, name="again"),
    path("<uuid:batch_id>/rejected.csv", outcome.rejected, name="rejected"),
    path("<uuid:batch_id>/delete/", preview.discard, name="cancel"),
]
