"""Addresses: written, read back by every client, translated for Celery, printed without secrets."""

from pathlib import Path

import psycopg
import pytest
import redis
from kombu import Connection

from config.embedded import celery_broker_url, database_settings, servers
from config.embedded.urls import socket_database_url, without_password


def test_socket_address_reads_back_as_it_was_written() -> None:
    url = socket_database_url("app", "p@ss/w:rd", "counter foil", Path("/run/some where"))
    assert database_settings(url) == {
        "NAME": "counter foil",
        "USER": "app",
        "PASSWORD": "p@ss/w:rd",
        "HOST": "/run/some where",
        "PORT": "",
    }
    assert psycopg.conninfo.conninfo_to_dict(url)["host"] == "/run/some where"


def test_network_address_keeps_port_and_options() -> None:
    found = database_settings("postgres://u:p@db.example:5433/bank?sslmode=require")
    assert (found["HOST"], found["PORT"]) == ("db.example", "5433")
    assert found["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize("url", ["", "mysql://h/d", "postgresql://h/", "postgresql://h:x/d"])
def test_unusable_address_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError):
        database_settings(url)


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("unix:///run/r.sock?db=3", "redis+socket:///run/r.sock?virtual_host=3"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
        ("redis://cache:6379/1", "redis://cache:6379/1"),
        ("rediss://:pw@cache:6379/0", "rediss://:pw@cache:6379/0"),
    ],
)
def test_broker_address(url: str, broker: str) -> None:
    assert celery_broker_url(url) == broker


def test_printed_address_has_no_password() -> None:
    assert without_password("postgresql://u:pw@h:5/d?sslmode=require") == "postgresql://h:5/d"
    assert without_password("postgresql://u:pw@/d?host=/run") == "postgresql:///run/d"


def test_broker_and_cache_reach_the_same_redis(shared: servers.Servers) -> None:
    with Connection(celery_broker_url(shared.redis_url)) as broker:
        queue = broker.SimpleQueue("sweep")
        queue.put("wake")
        queue.close()
    assert redis.Redis.from_url(shared.redis_url).llen("sweep") == 1
