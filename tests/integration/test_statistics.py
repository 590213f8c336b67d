"""Statistics over HTTP: what was played comes out, to the ticket, however the worker is doing."""

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from queue_service import keys
from queue_service.events import DeskStatus
from queue_service.hours import MINUTE_MS
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.roll_ups import computed, note_cursor, outstanding, roll_up
from queue_service.tickets import Item, Move
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.live import SMALL, Live, live

DAY = "2025-11-24"
NEXT = "2025-11-25"
HOUR_MS = 60 * MINUTE_MS


@pytest.fixture
def service(ledger: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


async def at(ledger: Ledger, minutes: float) -> None:
    """Let it be so many minutes after ten."""
    await ledger.simulate(OFFICE, TEN_O_CLOCK + int(minutes * MINUTE_MS), 0)


async def play(ledger: Ledger) -> None:
    """Three arrivals at ten, one after eleven: waits of 4 and 10 minutes, one absent, one waiting."""
    first = (await issue(ledger)).ticket.seq
    second = (await issue(ledger, "certificates")).ticket.seq
    await issue(ledger)
    await at(ledger, 4)
    await ledger.call(OFFICE, "2", ticket=first)
    await at(ledger, 5)
    await ledger.advance(OFFICE, first, Move.START)
    await at(ledger, 10)
    await ledger.release_and_call_next(OFFICE, "2", first)  # the certificate, after ten minutes
    await at(ledger, 11)
    await ledger.advance(OFFICE, second, Move.NO_SHOW)
    await at(ledger, 61)
    await issue(ledger, "moving")


def asked(service: Live, **query: str) -> dict:
    with service.client() as analyst:
        answer = analyst.get(f"{SMALL}/stats/arrivals", params={"from": DAY, "to": DAY, **query})
        assert answer.status_code == 200, answer.text
        return answer.json()


def row(answer: dict, start: str, service: str = "*") -> dict:
    (found,) = [
        each for each in answer["rows"] if start in each["start"] and each["service"] == service
    ]
    return found


async def test_a_day_is_told_by_the_hour_of_arrival(ledger: Ledger, service: Live):
    await play(ledger)
    told = asked(service)
    assert told["n"] == 4
    ten = row(told, "T10:00")
    assert ten["start"] == "2025-11-24T10:00:00+09:00"
    assert ten["end"] == "2025-11-24T11:00:00+09:00"
    counts = {name: ten[name] for name in ("arrivals", "called", "served", "finished", "no_show")}
    assert counts == {"arrivals": 3, "called": 2, "served": 1, "finished": 1, "no_show": 1}
    assert (ten["wait_to_call_mean_s"], ten["wait_to_call_p90_s"]) == (420.0, 564.0)
    assert (ten["wait_mean_s"], ten["service_mean_s"]) == (300.0, 300.0)
    assert ten["time_in_system_p50_s"] == 600.0
    eleven = row(told, "T11:00")
    assert (eleven["arrivals"], eleven["wait_to_call_mean_s"]) == (1, None)
    assert row(told, "T11:00", "moving")["arrivals"] == 1
    assert row(told, "T10:00", "moving")["arrivals"] == 0  # the office is open, and nobody came


async def test_a_day_holds_what_was_counted_beside_the_visits(ledger: Ledger, office: Office):
    """Desk 1 is open for 20 and for 10 minutes; desk 2 is left open, and last did something at 40."""
    opened, paused = DeskStatus.OPEN, DeskStatus.BREAK
    ticket = (await issue(ledger)).ticket.seq
    for minutes, status in ((0, opened), (5, opened), (20, paused), (30, opened), (40, paused)):
        await at(ledger, minutes)
        await ledger.set_desk(OFFICE, "1", status)
    await ledger.call(OFFICE, "2", ticket=ticket)
    await ledger.hint(OFFICE, "certificates", "juminhyo", "no_card")
    await ledger.helped(OFFICE, "moving", "floor")
    await ledger.advance(OFFICE, ticket, Move.SET_ITEMS, items=(Item("juminhyo", 2),))
    await at(ledger, 24 * 60)
    await ledger.tend(OFFICE)
    await ledger.set_desk(OFFICE, "1", opened)  # on the next day
    day = await computed(ledger, office, DAY)
    names = day.names
    assert [
        (
            names[row["desk"]],
            *((int(row[each]) - TEN_O_CLOCK) / MINUTE_MS for each in ("since", "until")),
        )
        for row in day.open_rows
    ] == [("1", 0, 20), ("1", 30, 40), ("2", 40, 40)]
    assert [names[row["answer"]] for row in day.hint_rows] == ["no_card"]
    assert [names[row["service"]] for row in day.helped_rows] == ["moving"]
    assert [(names[row["procedure"]], row["quantity"]) for row in day.item_rows] == [
        ("juminhyo", 2)
    ]


async def test_figures_of_an_earlier_shape_are_computed_anew(ledger: Ledger, office: Office):
    await play(ledger)
    day = await roll_up(ledger, office, DAY)
    await note_cursor(ledger.redis, OFFICE, day.until)
    assert (await outstanding(ledger, office)).dates == ()
    earlier = {
        DAY: str(day.until),
        "": str(day.until),
    }  # as they were noted before there were shapes
    await ledger.redis.hset(keys.of(OFFICE, "rolled"), mapping=earlier)
    assert (await outstanding(ledger, office)).dates == (DAY,)
    await roll_up(ledger, office, DAY)
    assert (await outstanding(ledger, office)).dates == ()


async def test_the_worker_makes_no_difference_to_the_figures(
    ledger: Ledger, service: Live, office: Office
):
    await play(ledger)
    before = asked(service)
    assert (await outstanding(ledger, office)).dates == (DAY,)
    await roll_up(ledger, office, DAY)
    behind = await outstanding(ledger, office)
    assert behind.dates == ()
    await note_cursor(ledger.redis, OFFICE, behind.cursor)
    assert asked(service) == before
    await issue(ledger)
    assert (await outstanding(ledger, office)).dates == (DAY,)
    assert asked(service)["n"] == 5  # at once, whatever the worker does


async def test_rolling_up_twice_gives_the_same_bytes(ledger: Ledger, office: Office):
    await play(ledger)
    first = await roll_up(ledger, office, DAY)
    assert await roll_up(ledger, office, DAY) == first == await computed(ledger, office, DAY)


async def test_a_ticket_finished_on_the_next_day_stands_on_the_day_of_its_arrival(
    ledger: Ledger, service: Live, office: Office
):
    first = (await issue(ledger)).ticket.seq
    await ledger.call_next(OFFICE, "2")
    await ledger.advance(OFFICE, first, Move.START)
    await at(ledger, 20 * 60)  # six in the morning
    await ledger.tend(OFFICE)
    for date in (await outstanding(ledger, office)).dates:
        await roll_up(ledger, office, date)
    told = asked(service)
    assert told["quality"]["forgotten_finishes"] == 1  # nobody pressed finish all night
    await ledger.advance(OFFICE, first, Move.FINISH)
    assert (await outstanding(ledger, office)).dates == (DAY,)
    told = row(asked(service), "T10:00")
    assert (told["finished"], told["service_mean_s"]) == (1, None)
    assert asked(service, **{"from": NEXT, "to": NEXT})["n"] == 0


async def test_a_day_is_final_a_day_after_its_end(ledger: Ledger, office: Office):
    first = (await issue(ledger)).ticket.seq
    await ledger.call_next(OFFICE, "2")
    await at(ledger, 48 * 60)
    await ledger.tend(OFFICE)
    before = await roll_up(ledger, office, DAY)
    await ledger.advance(OFFICE, first, Move.FINISH)
    assert DAY not in (await outstanding(ledger, office)).dates
    after = await computed(ledger, office, DAY)
    assert (after.visits, after.refused) == (before.visits, before.refused)


async def test_excel_gets_a_table_it_can_open(ledger: Ledger, service: Live):
    await play(ledger)
    told = asked(service)
    with service.client() as analyst:
        query = {"from": DAY, "to": DAY, "format": "csv"}
        table = analyst.get(f"{SMALL}/stats/arrivals", params=query)
        del query["format"]
        accepted = analyst.get(
            f"{SMALL}/stats/arrivals", params=query, headers={"Accept": "text/csv"}
        )
    assert table.content == accepted.content
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert "arrivals-small-2025-11-24" in table.headers["content-disposition"]
    assert table.content.startswith(b"\xef\xbb\xbfstart,end,service,arrivals,")
    lines = table.content.split(b"\r\n")
    assert lines[-1] == b""
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert len(rows) == len(told["rows"]) == len(lines) - 2
    for cells, row in zip(rows, told["rows"], strict=True):
        for name, value in row.items():
            assert cells[name] == ("" if value is None else str(value)), name


async def test_the_same_answer_need_not_be_sent_twice(ledger: Ledger, service: Live):
    await issue(ledger)
    query = {"from": DAY, "to": DAY}
    with service.client() as analyst:
        first = analyst.get(f"{SMALL}/stats/arrivals", params=query)
        known = {"If-None-Match": first.headers["etag"]}
        again = analyst.get(f"{SMALL}/stats/arrivals", params=query, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        await issue(ledger)
        fresh = analyst.get(f"{SMALL}/stats/arrivals", params=query, headers=known)
        assert fresh.status_code == 200
        assert fresh.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2025-11-25"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"bin": "7"}, "bin"),
        ({"bin": "15", "from": "2020-01-01"}, "bin"),
        ({"from": "1900-01-01", "bin": "year"}, "bin"),
        ({"by": "mood"}, "by"),
    ],
)
async def test_a_question_that_cannot_be_answered_names_its_field(
    service: Live, query: dict[str, str], field: str
):
    with service.client() as analyst:
        answer = analyst.get(f"{SMALL}/stats/arrivals", params={"from": DAY, "to": DAY, **query})
    assert answer.status_code == 400
    assert field in answer.json()["detail"]


async def test_days_without_figures_are_named(ledger: Ledger, service: Live):
    await issue(ledger)
    told = asked(service, **{"from": "2025-11-22", "to": "2025-11-30"})
    assert told["missing_days"] == ["2025-11-22", "2025-11-23"]


async def test_the_figures_for_a_monitor_say_how_far_the_worker_is_behind(
    ledger: Ledger, service: Live, office: Office
):
    def behind() -> dict[str, float]:
        with service.client() as admin:
            lines = admin.get("/metrics").text.splitlines()
        told = (line.rpartition(" ") for line in lines if line.startswith("madoguchi_"))
        return {name: float(value) for name, _, value in told}

    days = f'madoguchi_rollup_days_behind{{office="{OFFICE}"}}'
    entries = f'madoguchi_rollup_entries_behind{{office="{OFFICE}"}}'
    latest = f'madoguchi_rollup_latest_timestamp_seconds{{office="{OFFICE}"}}'
    await issue(ledger)
    assert behind()[days] == 1
    assert behind()[entries] == 2  # the day and the number; the definition touches no day
    assert latest not in behind()
    await roll_up(ledger, office, DAY)
    await note_cursor(ledger.redis, OFFICE, (await outstanding(ledger, office)).cursor)
    told = behind()
    assert (told[days], told[entries], told["madoguchi_jobs_failed"]) == (0, 0, 0)
    assert abs(time.time() - told[latest]) < 60  # by the true clock, whatever the office's shows


def test_metrics_are_open_to_this_machine_and_not_to_whom_it_passes_on(service: Live):
    with httpx.Client(base_url=service.url) as near:
        assert near.get("/metrics").status_code == 200
        for name in ("X-Forwarded-For", "Forwarded"):
            passed_on = near.get("/metrics", headers={name: "for=192.0.2.1"})
            assert (passed_on.status_code, passed_on.json()["code"]) == (401, "no_key")
