"""What is compared: the scripts alone, a bare ASGI function that runs them, and the product."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec
from redis.asyncio import Redis

from queue_service import scripts
from queue_service.api.serve import listen
from queue_service.ledger import Ledger, Wish
from queue_service.office_files import read_office
from tests.benchmarks.load import Connection, Result, measure

OFFICE = "bench"
DESKS = 32  # connections at most: each has a desk and a service of its own
ANSWER = 11  # where hall.lua has the key of the answer
PREFIXES = [f"{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(DESKS)]
YAML = "\n".join(
    [
        f"id: {OFFICE}",
        "timezone: Asia/Tokyo",
        "services:",
        *(f"  - {{id: s{i}, prefix: {PREFIXES[i]}, numbers: 1-9999}}" for i in range(DESKS)),
        "desks:",
        *(f'  - {{id: "{i}", services: [s{i}]}}' for i in range(DESKS)),
    ]
)

Commands = dict[str, tuple[list[str], dict[str, Any]]]


class Variant(Protocol):
    """One way to issue and to call."""

    name: str

    async def measure(self, calling: bool, connections: int, seconds: float) -> Result:
        """Repeat for some seconds: issue, or issue, finish what the desk does and call the next."""
        ...


async def learn(url: str) -> Commands:
    """Define the office, and learn the commands by watching the product send them."""
    seen: Commands = {}
    async with Ledger.open(url) as ledger:
        await ledger.apply_office(read_office(YAML, "bench.yaml"))
        run = ledger._trips.run

        async def watched(verb: str, names: list[str], command: dict[str, Any]) -> str:
            kept = {name: value for name, value in command.items() if value is not None}
            seen[verb] = names, json.loads(msgspec.json.encode(kept)) | {"keep": 1000}
            return await run(verb, names, command)

        ledger._trips.run = watched  # type: ignore[method-assign]
        for i in range(DESKS):
            wish = Wish(
                service=f"s{i}", priority="normal", language="ja", channel="kiosk", issuer=""
            )
            first = await ledger.issue(OFFICE, wish)
            await ledger.issue(OFFICE, wish)
            await ledger.call_next(OFFICE, str(i))
            if i == 0:
                await ledger.release_and_call_next(OFFICE, "0", first.ticket.seq)
    for names, _ in seen.values():
        names[ANSWER] = names[ANSWER].rpartition(":")[0] + ":"
    return {verb: seen[verb] for verb in ("issue", "release_and_call_next")}


async def held(url: str) -> dict[str, int]:
    """Which ticket each desk holds now."""
    async with Ledger.open(url) as ledger:
        desks = (await ledger.snapshot(OFFICE)).desks
        return {id: desk.ticket for id, desk in desks.items() if desk.ticket is not None}


def issue_of(i: int, commands: Commands) -> dict[str, Any]:
    """What differs when worker i issues."""
    numbers = commands["issue"][1]["numbers"] | {"prefix": PREFIXES[i]}
    return {"service": f"s{i}", "numbers": numbers}


def release_of(i: int, ticket: int) -> dict[str, Any]:
    """What differs when worker i is done with a ticket."""
    return {"desk": str(i), "desk_services": [f"s{i}"], "ticket": ticket}


class Alone:
    """The scripts and nothing else: one connection, the commands of all workers in one pipeline."""

    name = "script alone"

    def __init__(self, url: str, commands: Commands) -> None:
        self._url = url
        self._commands = commands

    async def measure(self, calling: bool, connections: int, seconds: float) -> Result:
        tickets = await held(self._url)
        redis = Redis.from_url(self._url, decode_responses=True)
        shas = {verb: await redis.script_load(scripts.assemble(verb)) for verb in self._commands}
        times: list[float] = []

        async def all_at_once(verb: str, different: list[dict[str, Any]]) -> list[str]:
            names, command = self._commands[verb]
            async with redis.pipeline(transaction=False) as pipe:
                for each in different:
                    slot = [names[ANSWER] + secrets.token_hex(16)]
                    keys = [*names[:ANSWER], *slot, *names[ANSWER + 1 :]]
                    argument = json.dumps(command | each)
                    pipe.evalsha(shas[verb], len(keys), *keys, argument)
                return list(await pipe.execute())

        async def turn() -> None:
            begin = time.perf_counter()
            workers = range(connections)
            await all_at_once("issue", [issue_of(i, self._commands) for i in workers])
            if calling:
                done = [release_of(i, tickets[str(i)]) for i in workers]
                for i, reply in enumerate(await all_at_once("release_and_call_next", done)):
                    tickets[str(i)] = json.loads(reply)["called"]["ticket"]["seq"]
            times.append(time.perf_counter() - begin)

        result = await measure([turn], seconds)
        await redis.aclose()
        return Result(result.per_s * connections, result.p50_ms, result.p99_ms)


class Server:
    """A server process of its own, from when it listens until it is not needed."""

    def __init__(self, name: str, arguments: list[str], **env: str) -> None:
        self.name = name
        self._arguments = arguments
        self._env = os.environ | env

    def __enter__(self) -> Self:
        with listen("127.0.0.1", 0) as socket:
            self.port: int = socket.getsockname()[1]
        command = [sys.executable, "-m", *self._arguments, "--port", str(self.port)]
        self._child = subprocess.Popen(command, env=self._env, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                asyncio.run(Connection(self.port).open())
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise TimeoutError(f"{self.name} did not start")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._child.terminate()
        self._child.wait(15)


class Bare(Server):
    """A bare ASGI function on the same HTTP server."""

    def __init__(self, url: str, commands: Commands) -> None:
        super().__init__(
            "bare ASGI",
            ["uvicorn", "tests.benchmarks.bare:app", "--log-level", "critical", "--no-access-log"],
            BENCH_URL=url,
            BENCH_COMMANDS=json.dumps(commands),
        )
        self._url = url
        self._commands = commands

    async def measure(self, calling: bool, connections: int, seconds: float) -> Result:
        tickets = await held(self._url)
        opened = [await Connection(self.port).open() for _ in range(connections)]

        async def step(i: int) -> None:
            await opened[i].post("/issue", json.dumps(issue_of(i, self._commands)).encode())
            if calling:
                body = json.dumps(release_of(i, tickets[str(i)])).encode()
                reply = json.loads(await opened[i].post("/release_and_call_next", body))
                tickets[str(i)] = reply["called"]["ticket"]["seq"]

        try:
            return await measure([lambda i=i: step(i) for i in range(connections)], seconds)
        finally:
            for each in opened:
                each.close()


class Product(Server):
    """The API as it is installed."""

    def __init__(self, name: str, url: str, key: str, data_dir: Path) -> None:
        super().__init__(
            name,
            ["queue_service.cli", "api", "--host", "127.0.0.1"],
            MADOGUCHI_REDIS_URL=url,
            MADOGUCHI_DATA_DIR=str(data_dir),
            MADOGUCHI_ADMIN_KEY=key,
            MADOGUCHI_DURABILITY="everysec" if "second" in name else "always",
        )
        self._url = url
        self._headers = f"Authorization: Bearer {key}\r\n"

    async def measure(self, calling: bool, connections: int, seconds: float) -> Result:
        tickets = await self._held_ids()
        at = f"/api/v1/offices/{OFFICE}"
        opened = [await Connection(self.port, self._headers).open() for _ in range(connections)]

        async def step(i: int) -> None:
            await opened[i].post(f"{at}/tickets", b'{"service":"s%d"}' % i)
            if calling:
                body = json.dumps({"ticket": tickets[str(i)]}).encode()
                path = f"{at}/desks/{i}/release-and-call-next"
                tickets[str(i)] = json.loads(await opened[i].post(path, body))["called"]["id"]

        try:
            return await measure([lambda i=i: step(i) for i in range(connections)], seconds)
        finally:
            for each in opened:
                each.close()

    async def _held_ids(self) -> dict[str, str]:
        async with Ledger.open(self._url) as ledger:
            desks = (await ledger.snapshot(OFFICE)).desks
            return {
                id: ledger.ticket_id(OFFICE, desk.ticket)
                for id, desk in desks.items()
                if desk.ticket is not None
            }
