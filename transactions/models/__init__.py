"""The ledger's tables, by topic. Only `transactions.ledger` writes those of `ledger.py`."""

from transactions.models.accounts import AccountHolder, BalanceStatement, BankAccount
from transactions.models.categories import Category
from transactions.models.imports import ImportBatch, ImportIssue, ImportProfile, PlannedChunk
from transactions.models.ledger import KeptEdit, MonthTotal, Transaction
from transactions.models.merchants import Merchant, MerchantAlias, TextModel

__all__ = [
    "AccountHolder",
    "BalanceStatement",
    "BankAccount",
    "Category",
    "ImportBatch",
    "ImportIssue",
    "ImportProfile",
    "KeptEdit",
    "Merchant",
    "MerchantAlias",
    "MonthTotal",
    "PlannedChunk",
    "TextModel",
    "Transaction",
]
