"""Handling engines under test: talking to them, waiting for them, killing them."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from queue_service.embedded import Embedded


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A client that answers in text and asks only once."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        yield client


def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait for a condition; fail the test when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def kill(embedded: Embedded) -> None:
    """End the engine as a crash would; returns when it is gone."""
    assert embedded.pid is not None
    os.kill(embedded.pid, signal.SIGKILL)
    until(lambda: embedded.pid is None)


def is_alive(pid: int) -> bool:
    """A zombie counts as ended: it only waits for somebody to ask for its exit code."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
