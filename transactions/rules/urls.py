from django.urls import path

from transactions.rules.pages import category_pages, learned_pages, rule_pages

app_name = "rules"

urlpatterns = [
    path("", rule_pages.rule_list, name="list"),
    path("new/", rule_pages.new, name="new"),
    path("always/<str:transaction_id>/", learned_pages.always, name="always"),
    path("learned/<uuid:merchant_id>/forget/", learned_pages.forget, name="forget"),
    path("runs/<uuid:run_id>/", learned_pages.run, name="run"),
    path("runs/<uuid:run_id>/undo/", learned_pages.undo, name="undo"),
    path("categories/", category_pages.category_list, name="categories"),
    path("categories/<uuid:category_id>/", category_pages.category, name="category"),
    path("<uuid:rule_id>/", rule_pages.rule, name="rule"),
    path("<uuid:rule_id>/do/", rule_pages.act, name="act"),
]
