from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"

    def ready(self) -> None:
        from accounts.banks.signals import bank_created
        from accounts.customers.signals import currency_changing
        from transactions import enrichment, guard
        from transactions.categories import services
        from transactions.pairs import steps
        from transactions.rates import bank_currency
        from transactions.rows import duplicates
        from transactions.rules import acting

        guard.install()
        steps.register()
        currency_changing.connect(bank_currency.refusal, dispatch_uid="bank-currency", weak=False)
        bank_created.connect(services.load_reference, dispatch_uid="categories", weak=False)
        enrichment.AFTER_COMMIT.insert(0, acting.act_on_arrival)
        enrichment.AFTER_COMMIT.append(duplicates.merge_again)
        enrichment.BEFORE_UNDO.append(duplicates.part_before_undo)
        enrichment.BEFORE_REMOVAL.append(duplicates.part_before_removal)
