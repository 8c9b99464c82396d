"""The ledger's tables, by topic. Only `transactions.ledger` writes those of `ledger.py`."""

from transactions.models.accounts import AccountHolder, BalanceStatement, BankAccount
from transactions.models.categories import Category
from transactions.models.imports import ImportBatch, ImportIssue, ImportProfile, PlannedChunk
from transactions.models.ledger import KeptEdit, MonthTotal, Transaction
from transactions.models.merchants import Merchant, MerchantAlias, TextModel
from transactions.models.pairs import RowPair
from transactions.models.providers import ProviderAccount, ProviderLink
from transactions.models.rates import ExchangeRate
from transactions.models.rows import Note, PairVerdict, RowChange, SavedFilter, Tag, TransactionTag
from transactions.models.rules import (
    CategoryRule,
    Correction,
    HiddenCategory,
    LearnedMerchant,
    RuleChange,
    RuleRun,
)
from transactions.models.watched import WatchedFile

__all__ = [
    "AccountHolder",
    "BalanceStatement",
    "BankAccount",
    "Category",
    "CategoryRule",
    "Correction",
    "ExchangeRate",
    "HiddenCategory",
    "ImportBatch",
    "ImportIssue",
    "ImportProfile",
    "KeptEdit",
    "LearnedMerchant",
    "Merchant",
    "MerchantAlias",
    "MonthTotal",
    "Note",
    "PairVerdict",
    "PlannedChunk",
    "ProviderAccount",
    "ProviderLink",
    "RowChange",
    "RowPair",
    "RuleChange",
    "RuleRun",
    "SavedFilter",
    "Tag",
    "TextModel",
    "Transaction",
    "TransactionTag",
    "WatchedFile",
]
