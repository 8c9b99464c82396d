"""The ledger in the admin: looked at under a purpose, changed through its services alone."""

from transactions.admin import accounts, categories, imports, ledger, rates

__all__ = ["accounts", "categories", "imports", "ledger", "rates"]
