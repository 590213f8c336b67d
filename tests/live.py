"""The API as a real process, with a key of its own and its log in a file."""

import multiprocessing
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import httpx

ADMIN = "an-administrator-of-the-tests"
PATIENCE_S = 20.0  # a busy machine takes seconds to import everything
SMALL = "/api/v1/offices/small"


# A server that has imported everything once and forks for each test: a start takes milliseconds.
forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(["pytest", "tests.served", "worker.work"])


class Child:
    """A forked process, in the words of `subprocess.Popen`."""

    def __init__(self, *args: str) -> None:
        self._args = args
        self._process = forks.Process(target=_serve, args=args)
        self._process.start()

    def again(self) -> "Child":
        """Another one like this, on the same port, when this has ended."""
        return Child(*self._args)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("tests.served", timeout or 0)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def _serve(*args: str) -> None:
    from tests.served import serve

    serve(*args)


class Live(NamedTuple):
    """A running API."""

    port: int
    process: Child
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, key: str = ADMIN) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=15
        )

    def stop(self) -> float:
        """End it with SIGTERM; returns how long that took."""
        begin = monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return monotonic() - begin


def free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def live(
    engine_url: str,
    folder: Path,
    public_url: str | None = None,
    port: int = 0,
    jobs_url: str | None = None,
) -> Iterator[Live]:
    """Serve the data set of an engine, boards and pages too, until the block ends."""
    port, log = port or free_port(), folder / "stderr"
    process = Child(engine_url, str(port), str(folder), public_url or "", str(log), jobs_url or "")
    try:
        running = Live(port, process, log)
        wait_for_port(running)
        yield running
    finally:
        process.kill()
        process.wait()


def wait_for_port(running: Live) -> None:
    """Return when connections are accepted."""

    def accepted() -> bool:
        assert running.process.poll() is None, running.log.read_text()
        try:
            with closing(socket.create_connection(("127.0.0.1", running.port), 0.1)):
                return True
        except OSError:
            return False

    wait_until(accepted)


def wait_until(holds: Callable[[], bool]) -> None:
    """Return as soon as a condition holds; fail when it does not come to hold."""
    until = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < until, "waited in vain"
        sleep(0.02)  # leaves the machine to those who are waited for
