"""The bundled Redis: a cache and a messenger, started and stopped; nothing of value lives in it."""

import contextlib
import re
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded.binaries import Programs
from config.embedded.errors import EmbeddedError
from config.embedded.places import Place
from config.embedded.processes import launch, log_since

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "daemonize": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",  # a full broker must say so, not forget a task
    "databases": "16",
}
START_SECONDS = 20.0
ANSWER_SECONDS = 5.0


def start(place: Place, programs: Programs) -> bool:
    """Have the Redis of `place` answering; True when this call started it."""
    if answers(place):
        return False
    command = [str(programs.serving), "--unixsocket", str(place.redis_socket)]
    for name, value in SETTINGS.items():
        command += [f"--{name}", value]
    log = place.log("redis")
    process, mark = launch(command, place, log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if answers(place):
            return True
        if process.poll() is not None:
            break
        time.sleep(0.01)
    said = [line for line in log_since(log, mark).splitlines() if line.strip()] or [
        "it said nothing"
    ]
    reason = re.sub(r"^\d+:\w .*? [#*] ", "", said[-1])
    if process.poll() is None:
        process.kill()
    raise EmbeddedError(f"Redis did not start: {reason} (more in {log})")


def stop(place: Place) -> bool:
    """End the Redis of `place`; True when one was running."""
    if not answers(place):
        return False
    client = _client(place)
    with contextlib.suppress(redis.ConnectionError):
        client.shutdown(nosave=True)
    client.close()
    deadline = time.monotonic() + 10
    while answers(place):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"Redis does not stop; see {place.log('redis')}.")
        time.sleep(0.01)
    return True


def running_pid(place: Place) -> int | None:
    if not answers(place):
        return None
    client = _client(place)
    try:
        return int(client.info("server")["process_id"])
    finally:
        client.close()


def answers(place: Place) -> bool:
    if not place.redis_socket.exists():
        return False
    client = _client(place)
    try:
        return bool(client.ping())
    except redis.TimeoutError:
        return True  # it took the connection: busy or stopped, and a second one would orphan it
    except redis.RedisError:
        return False
    finally:
        client.close()


def _client(place: Place) -> "redis.Redis[bytes]":
    # No second try: a server that is gone is the answer here, not a mishap.
    return redis.Redis(
        unix_socket_path=str(place.redis_socket),
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
