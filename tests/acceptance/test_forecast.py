"""The forecast on two real logs: five district offices of Warsaw, and a bank's telephone hall.

Every day is foreseen by what the days before it taught, every ticket at the instant of its issue,
and set beside what an office could say without learning. What is measured is listed at the end of
the run. The constants of the model were chosen on the same logs; none of them matters much.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from timeit import timeit
from zoneinfo import ZoneInfo

import msgspec
import pytest

from queue_service.estimates import Model, Tally
from queue_service.forecasting import Study, Visited, learn, moments, study

pytestmark = [pytest.mark.slow, pytest.mark.data]

WARSAW, HAIFA = ZoneInfo("Europe/Warsaw"), ZoneInfo("Asia/Jerusalem")
WARSAW_LOG, TECHNION_LOG = "warsaw_tickets_derived.csv.gz", "technion_calls_1999-08-01_14.csv.gz"
SIMPLE_WAYS = ("mae_last_wait_s", "mae_by_interval_s", "mae_constant_s")
COVERED = (0.85, 0.95)  # by a P90 that is shown
LONGEST_US = 200  # for one estimate; some 10 are usual
LARGEST = 10_000  # bytes of a model as JSON

Days = list[list[Visited]]


def rows(log: Path) -> Iterator[dict[str, str]]:
    with gzip.open(log, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def in_order(days: dict[str, list[Visited]]) -> Days:
    return [sorted(days[date], key=lambda visit: visit.arrived_at) for date in sorted(days)]


def warsaw(log: Path) -> dict[str, Days]:
    """The days of each office. A number that was never seen called is taken to wait all day."""
    offices: dict[str, dict[str, list[Visited]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(log):
        issued, called = (
            ms(datetime.fromisoformat(f"{row['day']}T{row[name]}").replace(tzinfo=WARSAW))
            if row[name]
            else None
            for name in ("issued", "called")
        )
        assert issued is not None
        offices[row["office"]][row["day"]].append(
            Visited(service=row["queue_id"], arrived_at=issued, called_at=called)
        )
    return {office: in_order(days) for office, days in sorted(offices.items())}


def technion(log: Path) -> Days:
    """The days of the hall: who had to wait or was served; hanging up is leaving.

    The day is that of the log. The rule of the log puts eleven calls a day late, whose clock ran
    back; the gap before one of them would ruin people × interval for the whole of that later day.
    """
    days: dict[str, list[Visited]] = defaultdict(list)
    for row in rows(log):
        queued = row["q_start"] != "0:00:00"
        if row["outcome"] == "PHANTOM" or not (queued or row["outcome"] == "AGENT"):
            continue
        entry = datetime.fromisoformat(row["date"]).replace(tzinfo=HAIFA) + clock(row["vru_entry"])
        arrived = entry + between(row, "vru_entry", "vru_exit")
        end = ms(arrived + between(row, "q_start", "q_exit")) if queued else ms(arrived)
        served = row["outcome"] == "AGENT"
        days[row["date"]].append(
            Visited(
                service=row["type"],
                arrived_at=ms(arrived),
                called_at=end if served else None,
                left_at=None if served else end,
            )
        )
    return in_order(days)


def clock(text: str) -> timedelta:
    hours, minutes, seconds = map(int, text.split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def between(row: dict[str, str], start: str, end: str) -> timedelta:
    """From one clock time to the next, over midnight where it has to be."""
    return (clock(row[end]) - clock(row[start])) % timedelta(days=1)


def told(place: str, found: Study) -> str:
    """A row of the table."""
    every, shown = found.every.figures(), found.shown.figures()
    beaten = "" if beats_all(found.every) else " NOT THE BEST"
    return (
        f"{place}: {every['n']} tickets, mean absolute error {every['mae_s']:.0f} s{beaten}"
        f" (last ticket's wait {every['mae_last_wait_s']:.0f},"
        f" people × interval {every['mae_by_interval_s']:.0f},"
        f" constant {every['mae_constant_s']:.0f}), bias {every['bias_s']:+.0f} s,"
        f" within P90 {every['within_p90']:.1%}, P50 {every['within_p50']:.1%};"
        f" shown for {found.shown.n / found.every.n:.0%}: error {shown['mae_s']:.0f} s,"
        f" within P90 {shown['within_p90']:.1%}, P50 {shown['within_p50']:.1%}"
    )


def beats_all(tally: Tally) -> bool:
    figures = tally.figures()
    return all(tally.ours_s / tally.n < (figures[way] or 0) for way in SIMPLE_WAYS)


def in_total(found: list[Study]) -> Study:
    total = Study(Model(zone=WARSAW.key), Tally(), Tally(), {})
    for each in found:
        total.every.add(each.every)
        total.shown.add(each.shown)
    return total


def holds(found: Study) -> bool:
    low, high = COVERED
    return beats_all(found.every) and low <= found.shown.within_p90 / found.shown.n <= high


def test_at_five_offices_the_forecast_beats_every_simple_way(
    data: Path, measured: Callable[[str], None]
) -> None:
    offices = warsaw(data / WARSAW_LOG)
    found = {office: study(days, WARSAW) for office, days in offices.items()}
    total = in_total(list(found.values()))
    for place, each in {**found, "Warsaw": total}.items():
        measured(told(place, each))
    assert sum(len(day) for days in offices.values() for day in days) == 50_038
    assert total.every.n > 40_000
    assert total.shown.n > total.every.n / 2
    assert holds(total)


def test_in_a_telephone_hall_the_forecast_beats_every_simple_way(
    data: Path, measured: Callable[[str], None]
) -> None:
    days = technion(data / TECHNION_LOG)
    found = study(days, HAIFA)
    measured(told("Technion", found))
    assert sum(len(day) for day in days) == 20_046
    assert found.every.n > 10_000
    assert found.shown.n > found.every.n / 2
    assert holds(found)


def test_a_model_is_small_and_an_estimate_takes_microseconds(
    data: Path, measured: Callable[[str], None]
) -> None:
    days = warsaw(data / WARSAW_LOG)["UD_Wola"]
    stored = msgspec.json.encode(learn(days[:-1], WARSAW))
    model = msgspec.json.decode(stored, type=Model)
    asked = [(each.service, each.line) for each in moments(days[-1])]
    took = timeit(lambda: [model.expect(*each) for each in asked], number=3) / 3 / len(asked)
    measured(f"model of 19 services: {len(stored):,} bytes; an estimate: {took * 1e6:.0f} µs")
    assert len(stored) < LARGEST
    assert took * 1e6 < LONGEST_US
