from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"

    def ready(self) -> None:
        from accounts.banks.signals import bank_created
        from transactions import guard
        from transactions.categories import services
        from transactions.pairs import steps

        guard.install()
        steps.register()
        bank_created.connect(services.load_reference, dispatch_uid="categories", weak=False)
