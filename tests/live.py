"""The API as a real process, with a key of its own and its log in a file."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import httpx

ADMIN = "an-administrator-of-the-tests"
PATIENCE_S = 20.0  # a busy machine takes seconds to import everything
SMALL = "/api/v1/offices/small"


class Live(NamedTuple):
    """A running API."""

    port: int
    process: subprocess.Popen[bytes]
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
    engine_url: str, folder: Path, public_url: str | None = None, port: int = 0
) -> Iterator[Live]:
    """Serve the data set of an engine, boards and pages too, until the block ends."""
    port, log = port or free_port(), folder / "stderr"
    with log.open("wb") as err:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.live",
                engine_url,
                str(port),
                str(folder),
                public_url or "",
            ],
            cwd=Path(__file__).parents[1],
            stderr=err,
        )
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


def _main(url: str, port: str, folder: str, public_url: str) -> None:
    from display import site
    from display.server import board_socket, feeding
    from queue_service.api.app import create_app
    from queue_service.api.serve import serve
    from queue_service.logs import configure
    from queue_service.settings import Settings

    configure("json")
    settings = Settings(
        data_dir=Path(folder), redis_url=url, admin_key=ADMIN, public_url=public_url or None
    )
    app = create_app(settings, [board_socket, *site.handlers], [feeding])
    serve(app, "127.0.0.1", int(port))


if __name__ == "__main__":
    _main(*sys.argv[1:])
