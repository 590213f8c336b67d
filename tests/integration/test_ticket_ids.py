"""Whoever tries ids of tickets learns nothing, whatever he tries."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from queue_service.api.app import create_app
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.settings import Settings
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, OFFICE_YAML, issue

DAY_MS = 24 * 3_600_000
ASKS = [("GET", ""), ("GET", "/qr"), ("POST", "/cancel")]


@pytest.fixture
async def client(
    ledger: Ledger, engine_url: str, tmp_path: Path
) -> AsyncIterator[AsyncTestClient[Litestar]]:
    settings = Settings(
        data_dir=tmp_path, redis_url=engine_url, public_url="https://queue.example.jp"
    )
    async with AsyncTestClient(create_app(settings)) as opened:
        yield opened


async def ask(client: AsyncTestClient[Litestar], method: str, id: str, more: str) -> httpx.Response:
    return await client.request(method, f"/api/v1/offices/{OFFICE}/tickets/{id}{more}")


async def bad_ids(ledger: Ledger) -> dict[str, str]:
    """Ids that open nothing at this office today; one of each kind."""
    seq = (await issue(ledger)).ticket.seq
    over = ledger.ticket_id(OFFICE, seq)
    await ledger.simulate(OFFICE, TEN_O_CLOCK + DAY_MS, 0)
    present = (await issue(ledger)).ticket.seq
    good = ledger.ticket_id(OFFICE, present)
    return {
        "its day is over": over,
        "of another office": ledger.ticket_id("elsewhere", present),
        "never issued": ledger.ticket_id(OFFICE, 10**6),
        "no ticket but an entry": ledger.ticket_id(OFFICE, 1),
        "all but the last character": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "the number alone": good.partition("-")[0],
        "another number before it": f"{present + 1}-{good.partition('-')[2]}",
        "nonsense": "nonsense",
    }


@pytest.mark.parametrize(("method", "more"), ASKS)
async def test_every_id_that_opens_nothing_gets_the_same_answer(
    client: AsyncTestClient[Litestar], ledger: Ledger, method: str, more: str
) -> None:
    await ledger.apply_office(
        read_office(OFFICE_YAML.replace("id: small", "id: elsewhere"), "elsewhere.yaml")
    )
    answers = {
        kind: await ask(client, method, id, more) for kind, id in (await bad_ids(ledger)).items()
    }
    told = {
        kind: (answer.status_code, answer.content, sorted(answer.headers.items()))
        for kind, answer in answers.items()
    }
    expected = told["nonsense"]
    assert expected[0] == 404 and b"unknown_ticket" in expected[1]
    assert {kind: said for kind, said in told.items() if said != expected} == {}


@pytest.mark.parametrize(("method", "more"), ASKS)
async def test_an_id_that_is_good_opens_its_ticket(
    client: AsyncTestClient[Litestar], ledger: Ledger, method: str, more: str
) -> None:
    id = ledger.ticket_id(OFFICE, (await issue(ledger)).ticket.seq)
    assert (await ask(client, method, id, more)).status_code == 200
