"""Estimates of waits: learned from past days, shown where they hold, in everything people look at."""

import asyncio
import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import openpyxl
import pytest
from redis import Redis

from queue_service.events import DeskStatus
from queue_service.figures import encode
from queue_service.keys import of
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.roll_ups import days, outstanding, roll_up
from queue_service.tally import Figures, tally
from queue_service.tickets import Move
from queue_service.waits import are_due, learn_waits, report_of, visited
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.integration.test_worker import worked_off
from tests.live import SMALL, Live, live
from worker.schedule import tick

TODAY = "2025-11-24"
DAY_MS, MINUTE_MS = 86_400_000, 60_000
PACE_S, CROWD = 120, 40


@pytest.fixture
async def past(ledger: Ledger) -> Ledger:
    """A week before, all alike: forty people come at ten and are called every two minutes."""
    for back in range(7, 0, -1):
        begun = TEN_O_CLOCK - back * DAY_MS
        visits = [
            Figures(
                arrived_at=begun,
                service="insurance",
                to_call=(n + 1) * PACE_S * 1000,
                wait=(n + 1) * PACE_S * 1000,
                open_desks=1,
            )
            for n in range(CROWD)
        ]
        day = f"2025-11-{24 - back}"
        await ledger.redis.hset(of(OFFICE, "figures"), day, encode(tally(day, visits, until=1)))
    return ledger


@pytest.fixture
def service(past: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


async def at(ledger: Ledger, minutes: float) -> None:
    await ledger.simulate(OFFICE, TEN_O_CLOCK + int(minutes * MINUTE_MS), 0)


async def test_what_past_days_say_is_shown_wherever_somebody_waits(
    past: Ledger, office: Office, service: Live
):
    await issue(past)  # the day begins
    report = await learn_waits(past, office)
    assert report is not None
    assert (report.learned_on, report.days) == (TODAY, 7)
    assert report.shown_services == ["insurance"]
    await past.set_desk(OFFICE, "2", DeskStatus.OPEN)
    with service.client() as anyone:
        board = anyone.get(f"{SMALL}/board").json()
        lines = {each["service"]: each["estimate"] for each in board["queues"]}
        assert lines["insurance"] == {"p50_s": 2 * PACE_S, "p90_s": 2 * PACE_S}
        assert lines["moving"] is None  # nothing is known of it
        told = anyone.get(f"{SMALL}/congestion").json()["queues"]
        assert {each["service"]: each["estimate"] for each in told} == lines
        wish = {"service": "insurance"}
        given = anyone.post(f"{SMALL}/tickets", json=wish).json()
        assert (given["people_ahead"], given["estimate"]) == (1, lines["insurance"])
        anyone.post(f"{SMALL}/tickets", json=wish)
        path = f"{SMALL}/tickets/{given['id']}"
        assert anyone.get(path).json()["estimate"] == given["estimate"]  # others came behind
        first = anyone.post(f"{SMALL}/desks/2/call-next").json()["id"]
        assert anyone.get(path).json()["estimate"]["p50_s"] == PACE_S
        called = anyone.post(
            f"{SMALL}/desks/2/release-and-call-next", json={"ticket": first}
        ).json()["called"]
        assert (called["id"], called["estimate"]) == (given["id"], None)
        assert anyone.get(path).json()["estimate"] is None


async def test_nothing_is_said_while_no_desk_is_open(past: Ledger, office: Office, service: Live):
    await issue(past)
    await learn_waits(past, office)
    with service.client() as anyone:
        queues = anyone.get(f"{SMALL}/board").json()["queues"]
        assert [each["estimate"] for each in queues] == [None] * 3
        given = anyone.post(f"{SMALL}/tickets", json={"service": "insurance"}).json()
        assert (given["people_ahead"], given["estimate"]) == (1, None)


async def test_analysts_are_told_how_good_the_estimates_are(
    past: Ledger, office: Office, service: Live
):
    with service.client() as analyst:
        path = f"{SMALL}/stats/estimates"
        assert analyst.get(path).json()["learned_on"] is None
        await issue(past)
        await learn_waits(past, office)
        told = analyst.get(path).json()
    assert told["learned_on"] == TODAY
    assert told["shown_services"] == ["insurance"]
    assert told["every"]["n"] == 5 * CROWD  # from the third day on
    assert told["every"]["mae_s"] == 0.0
    assert told["every"]["within_p90"] == 1.0
    assert told["services"]["insurance"]["mae_constant_s"] == pytest.approx(1200.0)


async def test_how_good_they_are_can_be_taken_away_as_a_file(
    past: Ledger, office: Office, service: Live, tmp_path: Path
):
    def asked(format: str) -> bytes:
        with service.client() as analyst:
            answer = analyst.get(f"{SMALL}/stats/estimates", params={"format": format})
            assert answer.status_code == 200, answer.text
            name = f'filename="estimates-small.{format}"'
            assert name in answer.headers["content-disposition"]
            return answer.content

    empty = list(csv.DictReader(io.StringIO(asked("csv").decode("utf-8-sig"))))
    assert [(row["service"], row["n"], row["mae_s"]) for row in empty] == [("*", "0", "")]
    await issue(past)
    report = await learn_waits(past, office)
    assert report is not None
    rows = list(csv.DictReader(io.StringIO(asked("csv").decode("utf-8-sig"))))
    assert [(row["service"], row["n"], row["shown"]) for row in rows] == [
        *(("*", "200", ""), ("insurance", "200", "true"))
    ]
    assert float(rows[1]["mae_constant_s"]) == report.services["insurance"]["mae_constant_s"]
    file = tmp_path / "rows.parquet"
    file.write_bytes(asked("parquet"))
    kept = duckdb.sql(f"FROM '{file}'")
    row = dict(zip(kept.columns, kept.fetchall()[1], strict=True))
    assert (row["n"], row["within_p90"], row["shown"]) == (200, 1.0, True)
    book = openpyxl.load_workbook(io.BytesIO(asked("xlsx")))
    heads, _, insurance = [[cell.value for cell in row] for row in book["集計"].iter_rows()]
    assert (heads[0], heads[2], insurance[0]) == ("業務", "見込みの誤差", "insurance")
    (drawn,) = book["グラフ"]._charts
    assert len(drawn.series) == 4  # the ways to foresee a wait
    assert book["グラフ"]["E3"].value == pytest.approx(20)  # minutes off with a constant


async def test_the_worker_learns_once_a_day(past: Ledger, engine_url: str):
    await issue(past)
    assert await are_due(past, OFFICE)
    with Redis.from_url(engine_url) as redis:
        opened = partial(Ledger.open, engine_url)
        for _ in range(2):
            await asyncio.to_thread(tick, redis, opened)
            await worked_off(redis, opened)
    assert not await are_due(past, OFFICE)
    assert (await report_of(past, OFFICE)).days == 7  # type: ignore[union-attr]
    await past.simulate(OFFICE, TEN_O_CLOCK + DAY_MS, 0)
    await past.tend(OFFICE)
    assert await are_due(past, OFFICE)


async def test_the_desks_that_were_open_are_known_of_each_visitor(ledger: Ledger, office: Office):
    await issue(ledger)
    await ledger.set_desk(OFFICE, "1", DeskStatus.OPEN)  # certificates only
    await issue(ledger)
    await ledger.set_desk(OFFICE, "2", DeskStatus.OPEN)
    await issue(ledger)
    await issue(ledger, "certificates")
    await ledger.set_desk(OFFICE, "3", DeskStatus.OPEN)  # hand-over only
    await issue(ledger, "certificates")
    await ledger.set_desk(OFFICE, "2", DeskStatus.BREAK)
    await at(ledger, 3)
    gone = (await issue(ledger)).ticket.seq
    await at(ledger, 7)
    await ledger.advance(OFFICE, gone, Move.CANCEL, by="visitor")
    for day in (await outstanding(ledger, office)).dates:
        await roll_up(ledger, office, day)
    (day,) = await days(ledger, office, TODAY, TODAY)
    told = list(visited(day))
    assert [each.open_desks for each in told] == [0, 0, 1, 2, 2, 0]
    last = told[-1]
    assert (last.called_at, last.left_at) == (None, last.arrived_at + 4 * MINUTE_MS)
