"""The ledger in the admin: looked at under a purpose, changed through its services alone."""

from transactions.admin import accounts, categories, imports, ledger, rules

__all__ = ["accounts", "categories", "imports", "ledger", "rules"]
from transactions.admin import merchants

__all__ = ["accounts", "categories", "imports", "ledger", "merchants"]
from transactions.admin import rates

__all__ = ["accounts", "categories", "imports", "ledger", "rates"]
