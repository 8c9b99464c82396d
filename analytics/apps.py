from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics.budgets import services
        from transactions.categories.merging import category_merged

        category_merged.connect(services.follow_category, dispatch_uid="budgets", weak=False)
