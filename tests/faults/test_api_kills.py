"""The API is killed at random moments; whoever asks again with the same key gets the first answer."""

import asyncio
import random
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from tests.faults.load import OFFICE, OFFICE_YAML, SERVICES
from tests.live import ADMIN, live

pytestmark = pytest.mark.faults
USUAL_KILLS = 4  # each costs the time in which Python imports everything
MACHINES = 4
PATIENCE_S = 60.0  # for one answer; while the API is killed again and again, for all of them:
LONG_S = 1200.0


class Machine(threading.Thread):
    """A ticket machine: each press has a key, and is repeated until it is answered."""

    def __init__(self, address: Callable[[], str | None], stop: threading.Event) -> None:
        super().__init__()
        self._address = address
        self._stop_asked = stop
        self.given: dict[str, tuple[str, str, dict]] = {}  # key → service, body of the answer

    def run(self) -> None:
        n = 0
        with httpx.Client(timeout=5, trust_env=False) as client:
            while not self._stop_asked.is_set():
                n += 1
                key, service = secrets.token_hex(12), SERVICES[n % 3]
                answer = ask(client, self._address, key, service)
                self.given[key] = service, answer.text, answer.json()


def ask(
    client: httpx.Client, address: Callable[[], str | None], key: str, service: str
) -> httpx.Response:
    """Press once: send until there is an answer, always with the same key."""
    deadline = time.monotonic() + LONG_S
    while time.monotonic() < deadline:
        try:
            url = address()
            if url is not None:
                answer = client.post(
                    f"{url}/api/v1/offices/{OFFICE}/tickets",
                    json={"service": service},
                    headers={"Authorization": f"Bearer {ADMIN}", "Idempotency-Key": key},
                )
                if answer.status_code != 503:
                    assert answer.status_code == 201, answer.text
                    return answer
        except httpx.TransportError:
            pass
        time.sleep(0.01)
    raise TimeoutError(f"no answer within {LONG_S} s")


async def some_answer(machines: list[Machine]) -> None:
    """Return when another ticket has been given."""
    before = sum(len(machine.given) for machine in machines)
    async with asyncio.timeout(PATIENCE_S):
        while sum(len(machine.given) for machine in machines) == before:  # noqa: ASYNC110 - of threads
            await asyncio.sleep(0.01)


async def test_each_press_has_one_number_however_often_the_api_is_killed(
    engine_url: str, tmp_path: Path, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    async with Ledger.open(engine_url) as ledger:
        await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))
        seed = random.randrange(1 << 32)
        moments = random.Random(seed)
        now: list[str | None] = [None]
        stop = threading.Event()
        machines = [Machine(lambda: now[0], stop) for _ in range(MACHINES)]
        for machine in machines:
            machine.start()
        kills = rounds(USUAL_KILLS)
        try:
            for _ in range(kills):
                with live(engine_url, tmp_path) as api:  # killed, not stopped, at the end
                    now[0] = api.url
                    await some_answer(machines)  # or a busy machine would never get one
                    await asyncio.sleep(moments.uniform(0, 0.5))
            with live(engine_url, tmp_path) as api:
                now[0] = api.url
                stop.set()
                for machine in machines:
                    machine.join(PATIENCE_S)
                given = {key: answer for m in machines for key, answer in m.given.items()}
                with httpx.Client(timeout=5, trust_env=False) as client:
                    again = {
                        key: ask(client, lambda: now[0], key, each[0])
                        for key, each in given.items()
                    }
        finally:
            stop.set()
        measured(f"seed {seed}: {kills} kills, {len(given)} tickets")
        assert len(given) > kills
        assert len({body["number"] for _, _, body in given.values()}) == len(given)
        for key, (_, text, _) in given.items():
            assert again[key].text == text
            assert again[key].headers["Idempotency-Replayed"] == "true"
        issued = [e async for e in ledger.all_entries(OFFICE) if type(e.event).__name__ == "Issued"]
        assert len(issued) == len(given)
        assert await verify(ledger, OFFICE) is None
