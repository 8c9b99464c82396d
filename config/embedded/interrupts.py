"""Ctrl-C, SIGTERM and a closed terminal as one exception, never between two halves of a step."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the program to end."""


class _State:
    holders = 0
    arrived = False


def _arrive(number: int, frame: FrameType | None) -> None:
    if _State.holders:
        _State.arrived = True
    else:
        raise Stopped


@contextmanager
def caught() -> Iterator[None]:
    """Raise Stopped where one of the signals arrives; the old handlers come back at the end."""
    before = {number: signal.signal(number, _arrive) for number in SIGNALS}
    _State.arrived = False
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held() -> Iterator[None]:
    """Put a signal off until the block has ended."""
    _State.holders += 1
    try:
        yield
    finally:
        _State.holders -= 1
    if _State.arrived and not _State.holders:
        _State.arrived = False
        raise Stopped


def ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
