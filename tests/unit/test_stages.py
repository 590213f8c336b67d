"""Stages: worked out by hand, and against plain Python over the same visits."""

import random
import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from queue_service.figures import Day
from queue_service.intervals import Answer, Question, Row
from queue_service.measures import STAGE_MEASURES
from queue_service.stages import answer
from queue_service.tally import Figures, StayFigures, tally
from queue_service.tickets import Item, Stage
from tests.unit.test_intervals import HALL, MINUTE_MS, MONDAY, SUNDAY, TUESDAY, ms

R, C, V, H = Stage


def stay(
    stage: Stage, wait: float | None = None, served: float | None = None, **more: Any
) -> StayFigures:
    """A stage: its wait and its time in minutes. When it was says nothing of where it stands."""
    wait_ms, served_ms = (
        None if minutes is None else round(minutes * MINUTE_MS) for minutes in (wait, served)
    )
    return StayFigures(
        **{"service": "moving", "since": ms("2025-11-24 15:00"), "stage": stage}
        | {"wait": wait_ms, "served": served_ms}
        | more
    )


def visit(at: str, *stays: StayFigures, **more: Any) -> Figures:
    return Figures(arrived_at=ms(at), service="moving", stays=stays, **more)


def ask(days: Sequence[Day], last: str = MONDAY, **more: Any) -> Answer:
    first = date.fromisoformat(MONDAY)
    question = Question(table="stages", first=first, last=date.fromisoformat(last), **more)
    return answer(question, days, HALL)


def told(found: Answer) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The measures, by hour, service and stage."""
    return {
        (row["start"][5:13], row["service"], row["stage"]): {
            each: row[each] for each in STAGE_MEASURES
        }
        for row in found.rows
    }


# By hand: one is passed through all stages, one goes on to tax, one waits in vain


def a_monday() -> Day:
    through = (stay(R, 2, 5), stay(C, None, 12), stay(V, None, 30), stay(H, 4, 1, desk="3"))
    passed_on = (stay(R, 6, 7), stay(R, 1, 3, service="tax"))
    return tally(
        MONDAY,
        [
            visit("2025-11-24 09:00", *through, items=(Item("id_card", 1),)),
            visit("2025-11-24 09:59", *passed_on),
            visit("2025-11-24 09:30", stay(R)),
            visit("2025-11-24 10:00", stay(R, 3), forgotten=True),
        ],
    )


def row(visits: int, called: int | None, handled: int, *times: float | None) -> Row:
    """Counts, then wait mean, P50, P90, maximum and time mean, P50, P90 in seconds."""
    values = (visits, called, handled, *times, *(None,) * (7 - len(times)))
    return dict(zip(STAGE_MEASURES, values, strict=True))


RECEPTION_AT_NINE = row(3, 2, 2, 240, 240, 336, 360, 360, 360, 408)  # waits 2 6, times 5 7
RECEPTION_OF_ALL = row(4, 3, 3, 180, 120, 312, 360, 300, 300, 396)  # waits 1 2 6, times 3 5 7
BY_HAND: dict[tuple[str, str, str], Row] = {
    ("11-24T09", "*", "reception"): RECEPTION_OF_ALL,
    ("11-24T09", "*", "check"): row(1, None, 1, *(None,) * 4, 720, 720, 720),
    ("11-24T09", "*", "review"): row(1, None, 1, *(None,) * 4, 1800, 1800, 1800),
    ("11-24T09", "*", "handover"): row(1, 1, 1, 240, 240, 240, 240, 60, 60, 60),
    ("11-24T09", "moving", "reception"): RECEPTION_AT_NINE,
    ("11-24T09", "moving", "check"): row(1, None, 1, *(None,) * 4, 720, 720, 720),
    ("11-24T09", "moving", "review"): row(1, None, 1, *(None,) * 4, 1800, 1800, 1800),
    ("11-24T09", "moving", "handover"): row(1, 1, 1, 240, 240, 240, 240, 60, 60, 60),
    ("11-24T09", "tax", "reception"): row(1, 1, 1, 60, 60, 60, 60, 180, 180, 180),
    ("11-24T10", "*", "reception"): row(1, 1, 0, 180, 180, 180, 180),
    ("11-24T10", "moving", "reception"): row(1, 1, 0, 180, 180, 180, 180),
}


def test_every_stage_of_every_service_in_the_hour_of_arrival():
    assert told(ask([a_monday()])) == BY_HAND
    assert [*told(ask([a_monday()]))] == [*BY_HAND]  # the whole office first, stages in their order


def test_a_row_has_the_columns_that_were_promised_in_their_order():
    found = ask([a_monday()], by=("desk", "time"))
    assert " ".join(found.rows[0]) == (
        "start end service stage desk time visits called handled "
        "stage_wait_mean_s stage_wait_p50_s stage_wait_p90_s stage_wait_max_s "
        "stage_time_mean_s stage_time_p50_s stage_time_p90_s"
    )


def test_a_stage_stands_at_the_desk_that_called_for_it():
    found = ask([a_monday()], by=("desk",), service="moving").rows
    assert {row["desk"] for row in found if row["stage"] == "handover"} == {"3"}
    assert {row["desk"] for row in found if row["stage"] == "reception"} == {None}


def test_an_answer_says_of_how_many_visits_it_tells():
    found = ask([a_monday()])
    quality = found.quality
    assert (found.n, quality.forgotten_finishes, quality.with_items) == (4, 1, 1)
    assert ask([a_monday()], service="tax").n == 1
    assert (ask([]).n, ask([]).rows) == (0, [])


def test_what_a_log_cannot_tell_of_a_stage_is_null():
    imported = tally(TUESDAY, [visit("2025-11-25 09:00", stay(R))], source="3f9a")
    dark = replace(imported, unknown=("called", "served"))
    rows = {row["start"][:10]: row for row in ask([a_monday(), dark], TUESDAY, bin="day").rows}
    tuesday = rows[TUESDAY]
    assert (tuesday["visits"], tuesday["called"], tuesday["handled"]) == (1, None, None)
    (both,) = [
        row
        for row in ask([a_monday(), dark], TUESDAY, bin="week", service="moving").rows
        if row["stage"] == "reception"
    ]
    assert (both["visits"], both["called"]) == (5, 3)  # of those of whom it can be told


# Against plain Python


@pytest.mark.parametrize("seed", range(5))
def test_a_whole_week_at_once_is_told_from_its_raw_values(seed: int):
    chance = random.Random(seed)
    waits, times = defaultdict[Any, list[float]](list), defaultdict[Any, list[float]](list)
    days = []
    for day in (MONDAY, TUESDAY):
        visits = []
        for _ in range(60):
            stays = []
            for stage in chance.sample((R, C, V, H), 3):
                service = chance.choice(("moving", "tax", "dogs"))
                wait = (
                    chance.uniform(0, 90) if stage.calls_visitor and chance.random() < 0.8 else None
                )
                served = chance.uniform(0, 30) if chance.random() < 0.7 else None
                stays.append(stay(stage, wait, served, service=service))
                for which in ("*", service):
                    waits[which, stage.value] += [wait * 60] if wait is not None else []
                    times[which, stage.value] += [served * 60] if served is not None else []
            visits.append(visit(f"{day} {chance.randrange(9, 17):02}:00", *stays))
        days.append(tally(day, visits))
    found = ask(days, SUNDAY, bin="day", by=("time",)).rows
    assert sum(row["visits"] for row in found if row["service"] == "*") == 2 * 60 * 3
    for row in found:
        for name, values in (("wait", waits), ("time", times)):
            mine = values[row["service"], row["stage"]]
            middle = statistics.median(mine) if mine else None
            tenth = statistics.quantiles(mine, n=10, method="inclusive")[8] if mine[1:] else None
            assert row[f"stage_{name}_p50_s"] == pytest.approx(middle, abs=0.002)
            if tenth is not None:
                assert row[f"stage_{name}_p90_s"] == pytest.approx(tenth, abs=0.002)
                mean = statistics.fmean(mine)
                assert row[f"stage_{name}_mean_s"] == pytest.approx(mean, abs=0.002)
