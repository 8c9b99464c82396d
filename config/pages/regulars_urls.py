from django.urls import path

from config.pages import regulars

app_name = "regulars"

urlpatterns = [
    path("", regulars.page, name="list"),
    path("due/", regulars.due, name="due"),
    path("new/<str:transaction_id>/", regulars.make, name="make"),
    path("<uuid:regular_id>/", regulars.detail, name="detail"),
    path("<uuid:regular_id>/word/", regulars.say, name="say"),
    path("<uuid:regular_id>/correct/", regulars.correct, name="correct"),
]
