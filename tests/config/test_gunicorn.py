"""A body of the API that is too long: 413 from the server itself, and a line that is closed in order."""

import os
import runpy
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts import parsing

REPO = Path(__file__).parents[2]
APP = """
import sys
sys.path.insert(0, {repo!r})
def application(environ, start_response):
    start_response("413 Content Too Large", [("Content-Length", "2"), ("Connection", "close")])
    return [b"{{}}"]
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """gunicorn as the product starts it, with an application that reads nothing."""
    (tmp_path / "unread.py").write_text(APP.format(repo=str(REPO)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "unread:application",
        "--bind",
        f"127.0.0.1:{number}",
    ]
    more = [
        "--workers",
        "1",
        "--threads",
        "2",
        "--no-control-socket",
        "--pythonpath",
        str(tmp_path),
    ]
    process = subprocess.Popen([*command, *more], cwd=REPO, env={**os.environ})
    try:
        for _n in range(200):
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", number)) == 0:
                    break
            time.sleep(0.1)
        yield number
    finally:
        process.terminate()
        process.wait(20)


def head_of(port: int, path: str, length: int) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        asked = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        line.sendall(asked.encode())
        return line.recv(4096).decode().lower()


def test_both_limits_are_one() -> None:
    assert runpy.run_path(str(REPO / "gunicorn.conf.py"))["LIMIT"] == parsing.LIMIT


def test_a_body_that_is_refused_unread_ends_its_line(port: int) -> None:
    for path, length, closes in (
        ("/api/v1/login", 6_000_000, True),
        ("/api/v1/login", 2_500_000, False),
        ("/imports/new/", 6_000_000, False),
    ):
        head = head_of(port, path, length)
        assert head.startswith("http/1.1 413"), head
        assert ("connection: close" in head) == closes, (path, length, head)
