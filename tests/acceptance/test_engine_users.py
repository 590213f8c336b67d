"""A user for each part of the engine: a whole day is worked with them, and nothing else can be done."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.exceptions import NoPermissionError, ResponseError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from queue_service import keys
from queue_service.access import Access
from queue_service.cli import main
from queue_service.embedded import Embedded
from queue_service.engine_check import find_engine
from queue_service.engine_trouble import is_denied
from queue_service.engine_users import PARTS, acl_file, user
from queue_service.ledger import Ledger
from queue_service.office_files import office_to_json, read_office
from queue_service.rights import Role
from tests.acceptance.test_secrets import Told, boards, keys_and_codes, people, ticket_life
from tests.conftest import TEN_O_CLOCK
from tests.faults.engines import connected, until
from tests.faults.workers import Worker
from tests.guarded import PASSWORDS, Guarded, guarded
from tests.hall import OFFICE, OFFICE_YAML, issue
from tests.live import ADMIN, SMALL, Live, free_port, live

DAY_MS = 86_400_000
JSON = {"Content-Type": "application/json"}
TABLES = {
    "tickets": "number,service,issued_at,called_at\nA001,moving,2024-04-01 09:00,2024-04-01 09:10\n",
    "counts": "date,start,count\n2019-04-01,08:00,4\n",
    "channels": "month,procedure,channel,copies\n2024-04,residence,store,7\n",
    "freed-time": "date,category,minutes\n2025-11-24,training,45\n",
}

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Guarded]:
    with Embedded(tmp_path / "engine") as embedded, guarded(embedded.url) as users:
        yield users


@pytest.fixture
async def office(engine: Guarded) -> AsyncIterator[Ledger]:
    """The small office at ten o'clock, as its engine's administrator sees it."""
    async with Ledger.open(engine.url) as ledger:
        await ledger.simulate(OFFICE, TEN_O_CLOCK, 0)
        yield ledger


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command, as the user `ops` of an engine or as another one."""

    def command(engine: Guarded, *words: object, part: str = "ops") -> tuple[int, str]:
        capsys.readouterr()
        monkeypatch.setenv("MADOGUCHI_REDIS_URL", engine.of(part))
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out + err

    return command


@contextmanager
def part(
    engine: Guarded, name: str, folder: Path, *words: str
) -> Iterator["subprocess.Popen[str]"]:
    """A part as it is started by hand, until the block ends."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("MADOGUCHI_")}
    env |= {"MADOGUCHI_REDIS_URL": engine.of(name), "MADOGUCHI_DATA_DIR": str(folder)}
    with (folder / f"{name}.log").open("w") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "queue_service.cli", name, *words],
            env=env | {"MADOGUCHI_ADMIN_KEY": ADMIN},
            stdout=log,
            stderr=log,
            text=True,
        )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(15)


def asked_of_the_api(running: Live) -> str:
    """What devices, people and analysts do in a day; returns the key of a screen."""
    told = Told()
    with running.client() as client:
        ticket_life(client, told)
        people(client, told)
        screen = keys_and_codes(client, told)
        boards(running.url, screen, told)
        days = {"from": "2025-11-01", "to": "2025-11-30"}
        for path in ("stats/arrivals", "stats/stages", "stats/queue", "stats/estimates"):
            assert client.get(f"{SMALL}/{path}", params=days).status_code == 200
        for path in ("/metrics", "/health/ready", "/api/v1/offices", "/api/v1/audit"):
            assert client.get(path).status_code == 200, path
        changed = read_office(OFFICE_YAML.replace("小さな役所", "小さい役所"), "office.yaml")
        put = client.put(SMALL, content=office_to_json(changed), headers=JSON)
        assert put.status_code in (200, 201), put.text
        use = {"used_on": "2025-11-24", "section": "-", "category": "training", "minutes": 45}
        entered = client.post(f"{SMALL}/freed-time", json=use)
        assert entered.status_code == 201, entered.text
        entry = entered.json()["entry_id"]
        assert client.post(f"{SMALL}/freed-time/{entry}/strike").status_code == 200
        notice = {"text": {"ja": "本日は混んでいます"}}
        assert client.put(f"{SMALL}/notice", json=notice).status_code == 200
    return screen


def first_board(port: int, key: str) -> str:
    """The first board that a display sends, as soon as it is there."""
    found: list[str] = []

    def come() -> bool:
        try:
            with connect(f"ws://127.0.0.1:{port}/ws/offices/{OFFICE}/board") as screen:
                screen.send(f'{{"key": "{key}"}}')
                found.append(str(screen.recv(5)))
        except Exception:  # noqa: BLE001 - it is not there yet, or does not send yet
            return False
        return True

    until(come, 30)
    return found[0]


async def test_a_whole_day_is_worked_without_a_right_that_a_part_lacks(
    engine: Guarded, office: Ledger, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "office.yaml"
    file.write_text(OFFICE_YAML)

    def ops(*words: object, code: int = 0) -> None:
        answer = run(engine, *words, "--data-dir", tmp_path)
        assert answer[0] == code, (words, answer)

    await asyncio.to_thread(ops, "office", "apply", file)
    port = free_port()
    with live(engine.of("api"), tmp_path, "https://queue.example.jp") as running:
        screen = await asyncio.to_thread(asked_of_the_api, running)
        with part(engine, "display", tmp_path, "--port", str(port)):
            assert OFFICE in await asyncio.to_thread(first_board, port, screen)

    # Ten days later: the worker ends the day, rolls it up, seals it, and deletes what is too old.
    await office.simulate(OFFICE, TEN_O_CLOCK + 10 * DAY_MS, 0)
    with Worker(engine.of("worker"), tmp_path, retention_days=7) as worker:
        with connected(engine.url) as administrator:
            until(lambda: administrator.hget(keys.of(OFFICE, "start"), "seq"), 60)
            until(lambda: administrator.hget(keys.of(OFFICE, "waits"), "learned_on"), 60)
        assert worker.stop() == 0

    def commands() -> None:
        for kind, text in TABLES.items():
            (table := tmp_path / f"{kind}.csv").write_text(text)
            ops("import", kind, table, "--office", OFFICE)
            ops("import", kind, table, "--office", OFFICE)
        ops("keys", "new", "--role", "staff")
        ops("keys", "enrol", "--role", "kiosk", "--office", OFFICE)
        ops("keys", "list")
        ops("people", "add", "suzuki", "--role", "staff", "--office", OFFICE)
        ops("people", "list")
        ops("people", "reset", "suzuki")
        ops("people", "remove", "suzuki")
        ops("audit", "--office", OFFICE)
        ops("verify", "--office", OFFICE)
        days = ("--office", OFFICE, "--from", "2025-11-24", "--to", "2025-12-04")
        ops("export", "events", *days, "-o", tmp_path / "events.csv")
        ops("report", "reform-priority", *days)
        ops("archive", "list", "--office", OFFICE)
        ops("archive", "delete", "--office", OFFICE, "--older-than", "7", "--yes")
        ops("backup", tmp_path / "backup.zip")
        ops("doctor", "--only", "data", "--only", "people", "--only", "persistence")
        ops("doctor", "--only", "worker", code=1)  # it was stopped

    await asyncio.to_thread(commands)
    assert engine.refused() == []
    info = [str(Path(sys.executable).with_name("rq")), "info", "-u", engine.of("ops")]
    await asyncio.to_thread(subprocess.run, info, check=True, capture_output=True)
    # rq's own command says which library it is; it does not mind that nobody listens.
    assert set(engine.refused()) <= {"madoguchi-ops: toplevel client|setinfo"}


def test_everything_on_one_machine_works_as_one_user(engine: Guarded, tmp_path: Path) -> None:
    file, port = tmp_path / "office.yaml", free_port()
    file.write_text(OFFICE_YAML)
    site = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            return httpx.get(f"{site}/health/ready").status_code == 200
        except httpx.TransportError:
            return False

    with part(engine, "up", tmp_path, "--port", str(port), "--office", str(file)) as up:
        until(lambda: ready() or up.poll() is not None, 30)
        assert up.poll() is None, (tmp_path / "up.log").read_text()
        issued = httpx.post(
            f"{site}{SMALL}/tickets",
            json={"service": "insurance"},
            headers={"Authorization": f"Bearer {ADMIN}"},
        )
        assert issued.status_code == 201, issued.text
        with connected(engine.url) as administrator:
            until(lambda: administrator.smembers("rq:workers"), 30)
    assert engine.refused() == []


def test_a_backup_is_restored_by_the_user_of_the_commands(
    engine: Guarded, run: Run, tmp_path: Path
) -> None:
    async def lived() -> None:
        async with Ledger.open(engine.url) as ledger:
            await ledger.apply_office(read_office(OFFICE_YAML, "office.yaml"))
            await issue(ledger)
            await Access(ledger.redis).new(Role.STAFF, OFFICE)

    asyncio.run(lived())
    backup = tmp_path / "backup.zip"
    assert run(engine, "backup", backup, "--data-dir", tmp_path / "one")[0] == 0
    with Embedded(tmp_path / "other") as other, guarded(other.url) as users:
        with connected(other.url) as administrator:
            administrator.delete(keys.DATASET)
        for code in (0, 1):  # the second finds what the first has put there
            assert run(users, "restore", backup, "--data-dir", tmp_path / "two")[0] == code
        assert users.refused() == []
    assert engine.refused() == []


# ---- what nobody may


ANYBODY = [
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("KEYS", "*"),
    ("CONFIG", "SET", "appendonly", "no"),
    ("ACL", "SETUSER", "default", "on"),
    ("ACL", "LIST"),
    ("SHUTDOWN", "NOSAVE"),
    ("REPLICAOF", "127.0.0.1", "1"),
    ("SAVE",),
    ("MONITOR",),
    ("CLIENT", "LIST"),
    ("DEL", "{small}:ledger"),
    ("RENAME", "{small}:ledger", "{small}:other"),
    ("SET", "{small}:ledger", "x"),
    ("COPY", "{small}:ledger", "{small}:other"),
    ("GET", "of-another-program"),
    ("SET", "of-another-program", "x"),
    ("EVAL", "return redis.call('DEL', KEYS[1])", 1, "{small}:ledger"),
    ("PUBLISH", "anything", "x"),
    ("FUNCTION", "LIST"),
]
SECRETS = [
    ("SET", keys.SECRET, "a secret of our own"),
    ("DEL", keys.SECRET),
    ("SET", keys.DATASET, "another"),
]
KEYS_AND_PEOPLE = [
    ("HVALS", keys.KEYS),
    ("HGETALL", keys.KEYS),
    ("HKEYS", keys.PEOPLE),
    ("HSCAN", keys.PEOPLE, 0),
    ("HSET", keys.KEYS, "id", "hash"),
    ("HSET", keys.PEOPLE, "sato", "{}"),
    ("XRANGE", keys.AUDIT, "-", "+"),
    ("SET", keys.session("3fa9"), "hash"),
    ("SET", keys.PEPPER, "none"),
]
BY_PART: dict[str, list[tuple[Any, ...]]] = {
    "api": [
        *SECRETS,
        ("XTRIM", "{small}:ledger", "MAXLEN", 0),
        ("XDEL", "{small}:ledger", "1-0"),
        ("HSET", "{small}:figures", "2025-11-24", "x"),
        ("HSET", "{small}:rolled", "", "9"),
        ("LPUSH", "rq:queue:madoguchi", "job"),
        ("HGETALL", "rq:job:tend-small"),
        ("SCAN", 0),
    ],
    "worker": [
        *SECRETS,
        *KEYS_AND_PEOPLE,
        ("HGET", keys.KEYS, "id"),
        ("HGET", keys.PEOPLE, "sato"),
        ("GET", keys.session("3fa9")),
        ("GET", "{small}:answer:9f3c"),
        ("XRANGE", "{small}:audit", "-", "+"),
        ("HSET", "{small}:counts", "2019-04-01/x", "{}"),
        ("SADD", keys.OFFICES, "atlantis"),
        ("SET", keys.limit("kiosk:x"), "1"),
        ("SCAN", 0),
    ],
    "display": [
        *SECRETS,
        *KEYS_AND_PEOPLE,
        ("CONFIG", "GET", "*"),
        ("INFO",),
        ("XADD", "{small}:ledger", "*", "event", "{}"),
        ("XRANGE", "{small}:ledger", "-", "+"),
        ("XTRIM", "{small}:ledger", "MAXLEN", 0),
        ("HSET", "{small}:head", "seq", "9"),
        ("HSET", "{small}:desks", "1", "{}"),
        ("ZADD", "{small}:queue:moving:reception", 1, "x"),
        ("XREAD", "STREAMS", "{small}:audit", "0"),
        ("EVALSHA", "0" * 40, 1, "{small}:ledger"),
        ("EVAL_RO", "return redis.call('XRANGE', KEYS[1], '-', '+')", 1, "{small}:audit"),
        ("HGETALL", "{small}:figures"),
        ("GET", "{small}:answer:9f3c"),
        ("ZRANGE", "rq:failed:madoguchi", 0, -1),
        ("SADD", keys.OFFICES, "atlantis"),
        ("SCAN", 0),
    ],
    "ops": [("XDEL", "{small}:ledger", "1-0")],
    "up": [*SECRETS, ("SCAN", 0)],
}


@pytest.mark.parametrize("name", PARTS)
def test_what_is_not_ones_own_is_denied(engine: Guarded, name: str) -> None:
    with connected(engine.url) as administrator:
        administrator.set("of-another-program", "x")
        administrator.xadd("{small}:ledger", {"event": "{}"})
        administrator.hset(keys.KEYS, "id", "hash")
    with connected(engine.of(name)) as client:
        for command in (*ANYBODY, *BY_PART[name]):
            with pytest.raises(ResponseError) as refused:
                pytest.fail(f"{name} was let do {command}: {client.execute_command(*command)}")
            assert is_denied(refused.value), (command, refused.value)
    assert len(engine.refused()) >= 10
    with connected(engine.url) as administrator:
        assert administrator.xlen("{small}:ledger") == 1
        assert administrator.hgetall(keys.KEYS) == {"id": "hash"}


def test_a_secret_is_made_once_and_by_nobody_replaced(engine: Guarded) -> None:
    for name in ("display", "worker", "api"):
        with connected(engine.of(name)) as client:
            client.setnx(keys.SECRET, name)
            assert client.get(keys.SECRET) == "display"


def test_an_engine_reads_the_file_and_lets_in_nobody_without_a_name(tmp_path: Path) -> None:
    file, socket = tmp_path / "users.acl", tmp_path / "s"
    file.write_text(acl_file(PASSWORDS))
    settings = {"port": "0", "unixsocket": str(socket), "dir": str(tmp_path), "aclfile": str(file)}
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen([find_engine().path, *words], stdout=log, stderr=log)
    try:
        until(lambda: socket.exists() or server.poll() is not None)
        assert server.poll() is None, (tmp_path / "log").read_text()
        url = Guarded(f"unix://{socket}")
        with connected(url.of("ops")) as client:
            assert client.acl_whoami() == user("ops")
        with connected(f"unix://madoguchi-health:-@{socket}") as asks:
            assert asks.ping()
            with pytest.raises(NoPermissionError):
                asks.get(keys.SECRET)
        with connected(url.url) as nobody, pytest.raises(Exception, match="authenticated"):
            nobody.ping()
    finally:
        server.terminate()
        server.wait(10)


# ---- what is said


def test_doctor_warns_of_whoever_may_do_all_and_is_content_with_a_user_of_its_own(
    engine: Guarded, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(engine, "doctor", "--only", "user")
    assert (code, "ok    user         works as the engine's user madoguchi-ops" in told) == (
        0,
        True,
    )
    monkeypatch.setenv("MADOGUCHI_REDIS_URL", engine.url)
    assert main(["doctor", "--only", "user"]) == 0, "a warning is no failure"
    told = capsys.readouterr().out
    assert "warn  user         works as the engine's user default, who may do all" in told
    assert "→" in told and "`madoguchi engine users`" in told


def test_a_right_that_is_missing_is_named_with_its_user_and_the_remedy(
    engine: Guarded, run: Run, tmp_path: Path
) -> None:
    with connected(engine.url) as administrator:
        administrator.execute_command("ACL", "SETUSER", user("ops"), "-info")
        administrator.execute_command("ACL", "SETUSER", user("worker"), "clearselectors")
    code, told = run(engine, "doctor")
    assert code == 1
    assert "'madoguchi-ops'" in told and "'info' command" in told
    assert "`madoguchi engine users`" in told
    code, told = run(engine, "keys", "list", part="worker")
    assert code == 1
    assert "'madoguchi-worker'" in told and "setnx" in told
    assert "Traceback" not in told and PASSWORDS["worker"] not in told


async def test_an_api_without_its_rights_says_so_and_answers_503(
    engine: Guarded, office: Ledger, tmp_path: Path
) -> None:
    await office.apply_office(read_office(OFFICE_YAML, "office.yaml"))
    with live(engine.of("api"), tmp_path) as running:
        with running.client() as client:
            assert client.get(f"{SMALL}/board").status_code == 200
            with connected(engine.url) as administrator:
                administrator.execute_command("ACL", "SETUSER", user("api"), "clearselectors")
            refused = client.post(f"{SMALL}/tickets", json={"service": "insurance"})
        assert refused.status_code == 503
        assert refused.json()["code"] == "unavailable"
        assert "'evalsha' command; `madoguchi engine users`" in refused.json()["detail"]


@pytest.mark.parametrize("password", ["wrong-password-of-the-tests", ""])
def test_whoever_is_not_let_in_is_told_what_to_write(
    engine: Guarded,
    password: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = f"madoguchi-ops:{password}@" if password else ""
    monkeypatch.setenv("MADOGUCHI_REDIS_URL", engine.url.replace("://", f"://{name}", 1))
    with connected(engine.of("ops")) as kept, connected(engine.url) as administrator:
        kept.ping()
        administrator.ping()
        administrator.execute_command("ACL", "SETUSER", "default", "off")
        try:
            for words in (["keys", "list"], ["doctor"]):
                assert main(words) == 1
                told = "".join(capsys.readouterr())
                assert (
                    f"does not let the user '{'madoguchi-ops' if password else 'default'}' in"
                    in told
                )
                assert "redis://NAME:PASSWORD@host:6379/0" in told
                assert "wrong-password" not in told
        finally:
            administrator.execute_command("ACL", "SETUSER", "default", "on")


# ---- what a display no longer writes


async def test_a_display_waits_until_somebody_else_begins_the_day(
    engine: Guarded, office: Ledger, tmp_path: Path
) -> None:
    await office.apply_office(read_office(OFFICE_YAML, "office.yaml"))
    await issue(office)
    key, held = await Access(office.redis).new(Role.DISPLAY, OFFICE)
    await office.simulate(OFFICE, TEN_O_CLOCK + DAY_MS, 0)
    before = await office.redis.xlen(keys.of(OFFICE, "ledger"))
    port = free_port()

    def turned_away() -> bool:
        try:
            with connect(f"ws://127.0.0.1:{port}/ws/offices/{OFFICE}/board") as screen:
                screen.send(f'{{"key": "{key}"}}')
                screen.recv(5)
        except ConnectionClosed as closed:
            return closed.rcvd is not None and closed.rcvd.code == 1013
        except OSError:
            return False  # it has not started yet
        raise AssertionError("yesterday's board was sent")

    with part(engine, "display", tmp_path, "--port", str(port)):
        await asyncio.to_thread(until, turned_away, 30)
        assert await office.redis.xlen(keys.of(OFFICE, "ledger")) == before
        await office.tend(OFFICE)
        assert OFFICE in await asyncio.to_thread(first_board, port, key)
    assert held.id in await Access(office.redis).used(), "last use is noted all the same"
    assert engine.refused() == []
    assert "not been begun by anybody" in (tmp_path / "display.log").read_text()
