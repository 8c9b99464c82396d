"""Addresses of the ledger's admin pages, and what an answer says."""

from typing import Any

from django.urls import reverse

LIST = "/admin/transactions/transaction/"


def text(response: Any) -> str:
    return str(response.content.decode())


def change(name: str, key: int) -> str:
    return reverse(f"admin:transactions_{name}_change", args=[key])
