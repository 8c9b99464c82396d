"""Content types have other ids in every bank; Django caches them per process.

The cache is one dict shared by threads, so a thread in one bank could read another's id. Keyed by
schema it cannot (test: two threads in two banks).
"""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connections


class _BySchema(dict[Any, Any]):
    """A dict whose keys silently carry the schema of the database connection they are asked for."""

    @staticmethod
    def _key(alias: str) -> tuple[str, str]:
        wrapper: Any = connections[alias]
        return alias, str(wrapper.schema_name)

    def __getitem__(self, alias: str) -> Any:
        return super().__getitem__(self._key(alias))

    def setdefault(self, alias: str, default: Any = None) -> Any:
        return super().setdefault(self._key(alias), default)

    def clear(self) -> None:
        """django-tenants clears at each switch; other threads' banks are kept.

        Only connections this thread has: asking for one would make it, and making one clears.
        """
        wrapper: Any
        for wrapper in connections.all(initialized_only=True):
            self.pop((wrapper.alias, str(wrapper.schema_name)), None)


def key_cache_by_schema() -> None:
    """Replaces the manager's cache; called once when the app is ready."""
    manager: Any = ContentType.objects
    manager._cache = _BySchema()
