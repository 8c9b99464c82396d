from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics.budgets import services
        from analytics.regulars.arrivals import let_go, search_soon
        from transactions import enrichment
        from transactions.categories.merging import category_merged

        enrichment.AFTER_COMMIT.append(search_soon)
        enrichment.BEFORE_UNDO.append(search_soon)
        enrichment.BEFORE_REMOVAL.append(let_go)
        category_merged.connect(services.follow_category, dispatch_uid="budgets", weak=False)
