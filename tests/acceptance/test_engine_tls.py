"""TLS towards the engine: every part works through it, and what is wrong with it is said."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from queue_service.cli import main
from queue_service.embedded import Embedded
from queue_service.engine_dir import socket_of
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from tests.acceptance.test_engine_users import first_board, part
from tests.faults.engines import connected, until
from tests.faults.workers import Worker
from tests.guarded import PASSWORDS, Guarded, guarded
from tests.hall import OFFICE, OFFICE_YAML
from tests.live import ADMIN, SMALL, free_port, live
from tests.tls import Authority, Front

HERE = "127.0.0.1"

Run = Callable[..., tuple[int, str]]


class Secured(NamedTuple):
    """An engine that is reached through TLS alone."""

    socket: Path
    authority: Authority
    folder: Path

    def at(self, front: Front, options: str = "", scheme: str = "rediss") -> Guarded:
        """Its address through a front, for whichever part."""
        return Guarded(f"{scheme}://{HERE}:{front.port}/0?{options}")

    @property
    def trusting(self) -> str:
        """The option by which its certificate is trusted."""
        return f"ssl_ca_certs={self.authority.file}"


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    async def begin(url: str) -> None:
        async with Ledger.open(url) as ledger:
            await ledger.apply_office(read_office(OFFICE_YAML, "office.yaml"))

    with Embedded(tmp_path / "engine") as embedded, guarded(embedded.url):
        asyncio.run(begin(embedded.url))
        yield Secured(socket_of(embedded.data_dir), Authority(tmp_path), tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """A command on an engine; the address comes from a file, as a secret does."""

    def command(url: str, *words: object) -> tuple[int, str]:
        (tmp_path / "url").write_text(f"{url}\n")
        monkeypatch.delenv("MADOGUCHI_REDIS_URL", raising=False)
        monkeypatch.setenv("MADOGUCHI_REDIS_URL_FILE", str(tmp_path / "url"))
        capsys.readouterr()
        code = main([*map(str, words), "--data-dir", str(tmp_path / "own")])
        out, err = capsys.readouterr()
        assert PASSWORDS["ops"] not in out + err
        return code, out + err

    return command


def test_every_part_works_through_tls_with_a_certificate_on_both_sides(
    secured: Secured, run: Run
) -> None:
    mine = secured.authority.client()
    options = f"{secured.trusting}&ssl_certfile={mine}&ssl_keyfile={mine}"
    folder, port = secured.folder, free_port()
    with (
        Front(secured.socket, secured.authority.server(HERE, asks=True)) as front,
        Front(secured.socket, secured.authority.server(HERE, asks=True)) as of_jobs,
    ):
        engine, jobs = secured.at(front, options), secured.at(of_jobs, options)
        with live(engine.of("api"), folder, jobs_url=jobs.of("api")) as running:
            with running.client() as client:
                issued = client.post(f"{SMALL}/tickets", json={"service": "insurance"})
                assert issued.status_code == 201, issued.text
                assert "madoguchi_jobs_failed 0.0" in client.get("/metrics").text
            with part(engine, "display", folder, "--port", str(port)):
                assert OFFICE in first_board(port, ADMIN)
        with Worker(engine.of("worker"), folder, jobs.of("worker")) as worker:
            until(lambda: worker.told("successful_job_count") not in (None, "0"), 30)
            assert worker.stop() == 0
        assert run(engine.of("ops"), "verify", "--office", OFFICE)[0] == 0
        assert run(engine.of("ops"), "backup", folder / "backup.zip")[0] == 0
        code, told = run(engine.of("ops"), "doctor", "--only", "engine", "--only", "user")
        assert (code, f"rediss://…@{HERE}:{front.port}/0" in told) == (0, True)
        assert "madoguchi-ops" in told
        assert front.connections >= 5 and of_jobs.connections >= 2


def test_a_certificate_of_somebody_else_is_refused_and_the_remedy_named(
    secured: Secured, run: Run
) -> None:
    other = Authority(secured.folder, "other")
    with Front(secured.socket, other.server(HERE)) as front:
        engine = secured.at(front, secured.trusting)
        for words in (("verify", "--office", OFFICE), ("doctor",)):
            code, told = run(engine.of("ops"), *words)
            assert code == 1
            assert "not signed by anybody who is trusted here" in told
            assert "?ssl_ca_certs=/path/to/ca.pem" in told
        with live(engine.of("api"), secured.folder) as running, running.client() as client:
            assert client.get("/health/ready").status_code == 503
        log = running.log.read_text()
        assert "not signed by anybody who is trusted here" in log
        assert PASSWORDS["api"] not in log


class Wrong(NamedTuple):
    """What is not as it should be, and a part of what is said about it."""

    remedy: str
    names: tuple[str, ...] = (HERE,)  # of the engine's certificate; none: it does not speak TLS
    asks: bool = False  # whether it wants to see a certificate of ours
    scheme: str = "rediss"
    options: str = "{trusting}"
    until: datetime | None = None  # the last day of its certificate


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong("made for another name", names=("engine.example",)),
        Wrong("not good today", until=datetime(2025, 1, 1, tzinfo=UTC)),
        Wrong("if it speaks TLS there, write rediss://", scheme="redis", options=""),
        Wrong("name it with ssl_certfile and ssl_keyfile", asks=True),
        Wrong("ssl_ca_certs=/path/to/ca.pem", options=""),
        Wrong("can be read", options="ssl_ca_certs=/nowhere/ca.pem"),
        Wrong("the files of ssl_ca_certs", options="ssl_ca_certs=/etc/hosts"),
        Wrong("redis:// is for one that does not", names=()),
    ],
)
def test_what_is_wrong_between_us_is_named(secured: Secured, run: Run, wrong: Wrong) -> None:
    server = None
    if wrong.names:
        server = secured.authority.server(*wrong.names, asks=wrong.asks, until=wrong.until)
    with Front(secured.socket, server) as front:
        options = wrong.options.format(trusting=secured.trusting)
        url = secured.at(front, options, wrong.scheme).of("ops").rstrip("?")
        for words in (("verify", "--office", OFFICE), ("doctor",)):
            code, told = run(url, *words)
            assert (code, wrong.remedy in told) == (1, True), told
            assert "Traceback" not in told


def test_another_name_is_accepted_by_whoever_says_so(secured: Secured, run: Run) -> None:
    with Front(secured.socket, secured.authority.server("engine.example")) as front:
        options = f"{secured.trusting}&ssl_check_hostname=false"
        url = secured.at(front, options).of("ops")
        assert run(url, "verify", "--office", OFFICE)[0] == 0


def done_by(client: Any, worker: str) -> int:
    """How many jobs a worker has done."""
    return int(client.hget(worker, "successful_job_count") or 0)


def test_a_worker_says_what_is_wrong_and_works_as_soon_as_it_is_right(secured: Secured) -> None:
    right, wrong = secured.authority, Authority(secured.folder, "other")
    with Front(secured.socket, wrong.server(HERE)) as front:
        url = secured.at(front, secured.trusting).of("worker")
        env = {k: v for k, v in os.environ.items() if not k.startswith("MADOGUCHI_")}
        env |= {"MADOGUCHI_REDIS_URL": url, "MADOGUCHI_DATA_DIR": str(secured.folder)}
        log = secured.folder / "worker.log"
        with log.open("w") as err:
            worker = subprocess.Popen(
                [sys.executable, "-m", "worker"], env=env, stdout=err, stderr=err
            )
        try:
            until(lambda: "not signed by anybody who is trusted here" in log.read_text(), 30)
            front.shows(right.server(HERE))
            with connected(secured.at(front, secured.trusting).of("ops")) as client:
                until(
                    lambda: any(done_by(client, each) for each in client.smembers("rq:workers")), 30
                )
        finally:
            worker.terminate()
            assert worker.wait(15) == 0, log.read_text()
        assert PASSWORDS["worker"] not in log.read_text()
