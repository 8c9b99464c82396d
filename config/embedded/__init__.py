"""The bundled PostgreSQL and Redis: started, found and stopped, on private sockets.

Importable without Django: settings and the test suite ask it for addresses.
"""

from config.embedded.errors import EmbeddedError
from config.embedded.servers import Servers, start, status, stop
from config.embedded.urls import celery_broker_url, database_settings

__all__ = [
    "EmbeddedError",
    "Servers",
    "celery_broker_url",
    "database_settings",
    "start",
    "status",
    "stop",
]
