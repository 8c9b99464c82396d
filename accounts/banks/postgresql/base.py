"""django-tenants' connection, with the bank's role beside its search path.

Path and role go out in one message before every statement, so they change together, and what a rollback
took back is set again by the next statement. Nobody else sends SET ROLE.
"""

import time
from typing import Any

from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name
from psycopg.pq import TransactionStatus

from accounts.banks import roles

# How long a process believes that a bank has no role; that it has one, it believes for good.
_DOUBT_SECONDS = 30.0
_statements: dict[tuple[str, bool, str | None], tuple[list[str], str]] = {}
_taken: dict[tuple[str, str], float] = {}


def forget() -> None:
    """Asks anew which banks have roles (tests, which drop and make them)."""
    _statements.clear()
    _taken.clear()


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    _setting_search_path: bool

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Enters the bank on the server. Unlike django-tenants', raises where the server refuses."""
        if self._setting_search_path:
            return
        if self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            # The server takes nothing but a rollback now, and this would be refused like the rest.
            self.search_path_set_schemas = None
            return
        self._setting_search_path = True
        self.search_path_set_schemas = None
        try:
            paths, statement = self._entering()
            if cursor is not None:
                cursor.execute(statement)
            else:
                with self.wrap_database_errors, self.connection.cursor() as own:
                    own.execute(statement)
            self.search_path_set_schemas = paths
        finally:
            self._setting_search_path = False

    def _entering(self) -> tuple[list[str], str]:
        role = self._role()
        key = (self.schema_name, self.include_public_schema, role)
        if key not in _statements:
            paths = self._get_cursor_search_paths()
            statement = f"SET search_path = {','.join(map(_quoted, paths))}"
            if role is not None:
                statement += f"; SET ROLE {_quoted(role) if role else 'NONE'}"
            _statements[key] = paths, statement
        return _statements[key]

    def _role(self) -> str | None:
        """The role to take on: the bank's, "" for the connection's own, None where there are no roles."""
        mode = self.settings_dict.get("BANK_ROLES", roles.OFF)
        if mode == roles.OFF:
            return None
        if self.schema_name == get_public_schema_name():
            return ""
        role = roles.role_of(self.schema_name)
        return role if mode == roles.ON or self._may_take(role) else ""

    def _may_take(self, role: str) -> bool:
        key = (str(self.settings_dict["NAME"]), role)
        believed_until = _taken.get(key)
        if believed_until is None or 0 < believed_until < time.monotonic():
            with self.wrap_database_errors:
                yes = self._ask(role)
            believed_until = _taken[key] = 0 if yes else time.monotonic() + _DOUBT_SECONDS
        return believed_until == 0

    def _ask(self, role: str) -> bool:
        """By a connection of its own inside a transaction, whose first query belongs to its caller: an
        isolation level can't be set after it."""
        if self.connection.autocommit:
            with self.connection.cursor() as cursor:
                return roles.may_take(cursor, role)
        with self.Database.connect(**self.get_connection_params()) as own, own.cursor() as cursor:
            return roles.may_take(cursor, role)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
