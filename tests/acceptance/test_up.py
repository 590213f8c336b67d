"""`madoguchi up` as people start, stop and lose it: real processes, real signals, real HTTP."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from queue_service.cli import supervisor
from queue_service.cli.command import CommandFailed
from queue_service.cli.supervisor import DEATHS, Part, Supervisor
from tests.faults.engines import is_alive, until
from tests.hall import OFFICE, OFFICE_YAML

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

ADMIN_KEY = "an-admin-key-for-the-tests"
STOP_S = 10.0


def processes(data_dir: Path) -> dict[int, str]:
    """Every living process that has the data dir in its command line, but not the test's own."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(data_dir) in line and is_alive(int(entry.name)):
            found[int(entry.name)] = line
    return found


class Up:
    """One `madoguchi up`, with what it prints."""

    def __init__(self, data_dir: Path, *words: str, admin_key: str | None = ADMIN_KEY) -> None:
        self.data_dir = data_dir
        env = {k: v for k, v in os.environ.items() if not k.startswith("MADOGUCHI_")}
        if admin_key:
            env["MADOGUCHI_ADMIN_KEY"] = admin_key
        line = [sys.executable, "-m", "queue_service.cli", "up", "--data-dir", str(data_dir)]
        self._output = data_dir.with_name(f"output-{time.monotonic_ns()}")
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*line, "--port", "0", *words],
                env=env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """Everything it and its parts have printed so far."""
        return self._output.read_text()

    def ready(self) -> "Up":
        """Wait until it says that it is ready."""
        until(lambda: "\nReady" in self.said or self.process.poll() is not None, 30)
        assert self.process.poll() is None, self.said
        return self

    @property
    def site(self) -> str:
        found = re.search(r"^Ready +(http://\S+)$", self.said, re.MULTILINE)
        assert found, self.said
        return found[1]

    def pid(self, part: str) -> int:
        """The process of a part: api, worker or the engine."""
        word = {"engine": "engine.sock"}.get(part, f"queue_service.cli {part} ")
        (found,) = (pid for pid, line in processes(self.data_dir).items() if word in line)
        return found

    def issue(self, key: str = ADMIN_KEY) -> str:
        """Take a number, as a kiosk would: again with the same key until there is an answer."""
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": os.urandom(8).hex()}
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = httpx.post(
                    f"{self.site}/api/v1/offices/{OFFICE}/tickets",
                    json={"service": "insurance"},
                    headers=headers,
                    timeout=5,
                    trust_env=False,
                )
                if answer.status_code != 503:
                    assert answer.status_code == 201, answer.text
                    return str(answer.json()["number"])
            time.sleep(0.05)
        raise AssertionError(f"no number was given: {self.said}")

    def stop(self) -> float:
        """SIGTERM; returns how long it took."""
        begin = time.monotonic()
        self.process.terminate()
        assert self.process.wait(STOP_S + 5) == 0, self.said
        return time.monotonic() - begin


@pytest.fixture
def office_file(tmp_path: Path) -> Path:
    """The small office that is always open."""
    file = tmp_path / "office.yaml"
    file.write_text(OFFICE_YAML)
    return file


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data dir; whatever runs on it after the test is ended."""
    data_dir = tmp_path / "data"
    yield data_dir
    for pid in processes(data_dir):
        os.kill(pid, signal.SIGKILL)


def test_a_restart_goes_on_where_the_first_start_stopped(data_dir: Path, office_file: Path) -> None:
    first = Up(data_dir, "--office", str(office_file), admin_key=None).ready()
    (admin,) = re.findall(r"^Admin key +(mg_\S+)", first.said, re.MULTILINE)
    (key,) = re.findall(rf"{first.site}/kiosk/{OFFICE}#key=(mg_\S+)", first.said)
    assert [first.issue(admin), first.issue(key)] == ["C001", "C002"]
    pages = re.findall(rf"{first.site}/(\w+)/{OFFICE}", first.said)
    assert pages == ["kiosk", "board", "desk", "floor", "stats", "status"]
    assert str(data_dir) in first.said
    assert len(processes(data_dir)) == 4, "up, engine, API, worker"
    groups = {os.getpgid(pid) for pid in processes(data_dir)}
    assert groups == {os.getpgid(first.process.pid)}

    assert first.stop() < STOP_S
    assert processes(data_dir) == {}
    assert "Traceback" not in first.said

    second = Up(data_dir, admin_key=None).ready()
    assert "mg_" not in second.said, "the key is shown once"
    assert second.issue(key) == "C003"
    files = [file.read_bytes() for file in data_dir.rglob("*") if file.is_file()]
    assert files
    assert not any(b"mg_" in file for file in files), "and kept nowhere"

    third = Up(data_dir)
    assert third.process.wait(30) == 1
    assert "is in use" in third.said
    assert "--data-dir" in third.said, "it says what to do"
    assert "Traceback" not in third.said
    assert second.issue(key) == "C004", "the second does not notice"

    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(STOP_S) == 0
    assert processes(data_dir) == {}
    assert "Traceback" not in second.said


def test_what_is_killed_comes_back_with_every_acknowledged_ticket(
    data_dir: Path, office_file: Path
) -> None:
    up = Up(data_dir, "--office", str(office_file)).ready()
    numbers = [up.issue()]
    for part in ("engine", "api", "worker", "engine"):
        pid = up.pid(part)
        os.kill(pid, signal.SIGKILL)
        numbers.append(up.issue())
        until(lambda: not is_alive(pid))  # noqa: B023
        until(lambda: len(processes(data_dir)) == 4, 15)
    assert numbers == [f"C{figure:03}" for figure in range(1, 6)]

    up.process.kill()
    up.process.wait()
    until(lambda: not processes(data_dir), STOP_S)  # nothing outlives `up`


def test_a_port_in_use_is_named(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = Up(data_dir, "--port", str(port))
        assert up.process.wait(15) == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in up.said
    assert "Traceback" not in up.said
    assert processes(data_dir) == {}


def test_a_part_that_keeps_dying_stops_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "PAUSES_S", (0.0,) * DEATHS)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    hopeless = Part("hopeless", [])
    watching = Supervisor(None, "redis://127.0.0.1:1", [hopeless])
    watching.start()

    def look_for_ever() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            watching.look()
            time.sleep(0.01)

    with pytest.raises(CommandFailed, match=r"hopeless died 6 times within 60 s.*exit code 1"):
        look_for_ever()
    watching.stop()
