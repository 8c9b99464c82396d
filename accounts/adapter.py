"""How allauth behaves here: no open sign-up, and rate limits that know the bank."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class BankAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come by invitation or with imported data, never by themselves."""
        return False

    def get_user_search_fields(self) -> list[str]:
        return ["email", "login_name"]

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Names to sign in with are made by the demo loader alone; allauth must not invent one."""
