"""One deadline around a whole request."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from litestar import Litestar, Request, get, post
from litestar.response import Stream
from litestar.testing import TestClient

from queue_service.api import deadline

SHORT_S = 0.2


async def longer_than_allowed() -> None:
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 2 * SHORT_S)
    except TimeoutError:
        return


@get("/never")
async def never() -> None:
    await longer_than_allowed()


@get("/years", opt={"deadline_s": 20 * SHORT_S})
async def years() -> str:
    await longer_than_allowed()
    return "counted"


@get("/late")
async def late() -> Stream:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"begun, "
        await longer_than_allowed()
        yield b"ended"

    return Stream(pieces())


@post("/body")
async def body(request: Request[Any, Any, Any]) -> str:
    return (await request.body()).decode()


@get("/bug")
async def bug() -> None:
    raise TimeoutError("somebody else's")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient[Litestar]]:
    monkeypatch.setattr(deadline, "DEADLINE_S", SHORT_S)
    app = Litestar([never, years, late, body, bug], middleware=[deadline.Deadline()])
    with TestClient(app) as asking:
        yield asking


def test_a_request_that_takes_too_long_is_answered_with_503(client: TestClient[Litestar]) -> None:
    refused = client.get("/never")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["retry-after"]


def test_a_route_that_counts_years_has_a_deadline_of_its_own(client: TestClient[Litestar]) -> None:
    assert client.get("/years").text == "counted"


def test_a_long_answer_may_take_its_time_once_it_has_begun(client: TestClient[Litestar]) -> None:
    assert client.get("/late").text == "begun, ended"


def test_a_time_limit_of_somebody_else_is_no_missed_deadline(
    client: TestClient[Litestar],
) -> None:
    assert client.get("/bug").status_code == 500


async def test_the_time_that_a_body_takes_to_arrive_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadline, "DEADLINE_S", SHORT_S)
    sent: list[Any] = []

    async def app(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Any:
        await longer_than_allowed()
        return {"type": "http.request", "body": b"slow", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "route_handler": never}
    await deadline.Deadline().handle(scope, receive, send, app)  # type: ignore[arg-type]
    assert [message["status"] for message in sent] == [200]
