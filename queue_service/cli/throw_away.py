"""A service for one play, on this machine: an embedded engine, and API and worker as children.

It ends when whoever started it does, however that comes about, and takes its data with it unless it
was told where to keep them.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx
from msgspec import Struct

from queue_service.cli.command import CommandFailed
from queue_service.embedded import Embedded
from queue_service.settings import PREFIX

HOST = "127.0.0.1"
DURABILITY: Final = "everysec"  # what a power loss takes can be played again
START_S = 60.0  # a start takes two seconds; a busy small machine needs a few more
POLL_S = 0.05
STOP_S = 10.0  # what a part promises for its own end
LOG_LINES = 12  # how much of the API's log a failed start shows


class ThrowAway(Struct, frozen=True):
    """Where the service is found, the key that may do everything, and where its data lie."""

    url: str
    key: str
    engine_url: str
    data_dir: Path


@contextmanager
def throw_away(
    keep: Path | None = None, port: int = 0, *, worker: bool = False
) -> Iterator[ThrowAway]:
    """Run a service until the end of the block.

    `keep`: an empty directory in which its data stay; None: they go. `port` 0: any free one.
    `worker`: for a play that is watched for long; figures are right without it. To be called from the
    main thread, because the engine ends with the thread that started it.

    Raises:
        CommandFailed: the directory is not empty, or the service does not start.
        EngineError: the engine does not start.
    """
    with ExitStack() as stack:
        if keep is None:
            keep = Path(stack.enter_context(TemporaryDirectory(prefix="madoguchi-")))
        elif keep.exists() and any(keep.iterdir()):
            raise CommandFailed(
                f"{keep} is not empty: a replay has a time of its own and goes into no other data. "
                "Name a new directory."
            )
        engine = stack.enter_context(Embedded(keep, durability=DURABILITY))
        port = _free(port)
        service = ThrowAway(f"http://{HOST}:{port}", secrets.token_urlsafe(24), engine.url, keep)
        words = ("--host", HOST, "--port", str(port))
        api = stack.enter_context(_part(service, "api", *words))
        if worker:
            stack.enter_context(_part(service, "worker"))
        _wait_until_ready(service.url, api, _log(service, "api"))
        yield service


def _free(port: int) -> int:
    """The port, if nobody uses it; for 0, one that nobody uses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the API does
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandFailed(
                f"Port {port} cannot be used ({error.strerror}): choose another with --port."
            ) from None
        free: int = probe.getsockname()[1]
        return free


def _log(service: ThrowAway, name: str) -> Path:
    return service.data_dir / f"{name}.log"


@contextmanager
def _part(service: ThrowAway, name: str, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "queue_service.cli", name, "--lifeline"]
    command += ["--data-dir", str(service.data_dir), *words]
    ours = {
        "REDIS_URL": service.engine_url,
        "ADMIN_KEY": service.key,
        "DURABILITY": DURABILITY,
        "LOG_FORMAT": "json",  # a line a request: this one is written faster
    }
    # None of the settings is for this service: they are those of the house's own.
    env = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
    env |= {PREFIX + name: text for name, text in ours.items()}
    with (
        _log(service, name).open("wb") as output,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=env
        ) as part,
    ):
        try:
            yield part
        finally:
            part.terminate()
            try:
                part.wait(STOP_S)
            except subprocess.TimeoutExpired:
                part.kill()


def _wait_until_ready(url: str, api: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    with httpx.Client(trust_env=False, timeout=START_S) as client:
        while api.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if client.get(f"{url}/health/ready").is_success:
                    return
            time.sleep(POLL_S)
    said = "\n".join(log.read_text("utf-8", "replace").splitlines()[-LOG_LINES:])
    raise CommandFailed(f"The service of the replay did not start:\n{said}")
