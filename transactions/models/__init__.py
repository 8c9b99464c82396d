"""The ledger's tables, by topic. Only `transactions.ledger` writes those of `ledger.py`."""

from transactions.models.accounts import AccountHolder, BalanceStatement, BankAccount
from transactions.models.categories import Category
from transactions.models.imports import ImportBatch, ImportIssue, ImportProfile, PlannedChunk
from transactions.models.ledger import KeptEdit, MonthTotal, Transaction
from transactions.models.rates import ExchangeRate

__all__ = [
    "AccountHolder",
    "BalanceStatement",
    "BankAccount",
    "Category",
    "ExchangeRate",
    "ImportBatch",
    "ImportIssue",
    "ImportProfile",
    "KeptEdit",
    "MonthTotal",
    "PlannedChunk",
    "Transaction",
]
