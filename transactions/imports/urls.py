from django.urls import path

from transactions.imports import views

app_name = "imports"

urlpatterns = [
    path("", views.batches, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:batch_id>/format/", views.layout, name="format"),
    path("<uuid:batch_id>/", views.preview, name="preview"),
    path("<uuid:batch_id>/commit/", views.commit, name="commit"),
    path("<uuid:batch_id>/done/", views.done, name="done"),
    path("<uuid:batch_id>/undo/", views.undo, name="undo"),
    path("<uuid:batch_id>/rejected.csv", views.rejected, name="rejected"),
    path("<uuid:batch_id>/delete/", views.discard, name="cancel"),
]
