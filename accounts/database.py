"""What a database error means: that the server is away, or that something is wrong with the statement."""

from django.db import InterfaceError, OperationalError

# Classes and codes of PostgreSQL for a server that is not there: connection exceptions (08), shutting down,
# crashed or still starting (57P01–57P03), no connection left (53300).
_AWAY_CLASS = "08"
_AWAY_CODES = {"57P01", "57P02", "57P03", "53300"}


def is_away(error: BaseException) -> bool:
    """Whether this error, or one that led to it, says that the database server does not answer.

    A lock that is held, a statement that took too long or a deadlock is none: they have codes of their own.
    """
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        if isinstance(found, OperationalError | InterfaceError) and _says_away(found):
            return True
        found = found.__cause__ or found.__context__
    return False


def _says_away(error: BaseException) -> bool:
    # Where the connection itself broke there is no answer of the server, hence no code.
    code = getattr(error.__cause__, "sqlstate", None) or ""
    return not code or code.startswith(_AWAY_CLASS) or code in _AWAY_CODES
