"""A day's figures for a comparison: each metric by hand, and nothing where nothing is known."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from queue_service.counts import Count
from queue_service.events import Refused
from queue_service.figures import Day, End
from queue_service.hours import instant
from queue_service.insights.daily import METRICS, WAITS, Daily, of_counts, of_days
from queue_service.measures import MEASURES
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.tally import Beside, DeskSpan, Figures, StayFigures, tally
from queue_service.tickets import Stage

MONDAY = "2025-11-24"
MINUTE = 60_000
OFFICE = """
id: small
timezone: Asia/Tokyo
reception_hours: [{hours: {mon-fri: "09:00-16:30"}}]
services:
  - {id: tax, prefix: A}
  - {id: late, prefix: B, hours: {tue: "09:00-19:00"}}
desks: [{id: "1", services: [tax, late]}]
"""


@pytest.fixture
def hall() -> Office:
    return read_office(OFFICE, "office.yaml")


def at(office: Office, clock: str, day: str = MONDAY) -> int:
    hour, minute = map(int, clock.split(":"))
    return instant(office.tz, date.fromisoformat(day), hour * 60 + minute)


def visit(office: Office, clock: str, day: str = MONDAY, **more: Any) -> Figures:
    return Figures(arrived_at=at(office, clock, day), service="tax", **more)


def stay(since: int, until: int, stage: Stage = Stage.RECEPTION) -> StayFigures:
    return StayFigures(service="tax", stage=stage, since=since, served=until - since, until=until)


def one(daily: Daily, name: str) -> float | None:
    """The metric of the only day."""
    metric = METRICS[name]
    if metric.share is not None:
        values = daily.single(metric.span)[1]
        return float(np.quantile(values, metric.share)) / 1000 if values.size else None
    above, below = (float(daily.sum(each)[0]) for each in metric.over)
    return above / below if below else None


def a_day(office: Office) -> Day:
    """Four came: two were served, one did not answer, one left before a call. One was turned away."""
    open_at, shut = at(office, "09:00"), at(office, "16:45")
    served = [
        visit(
            office,
            "09:00",
            to_call=10 * MINUTE,
            wait=10 * MINUTE,
            service_ms=30 * MINUTE,
            in_system=60 * MINUTE,
            end=End.FINISHED,
            stays=(
                stay(at(office, "09:10"), at(office, "09:30")),
                stay(at(office, "09:30"), at(office, "15:00"), Stage.REVIEW),
                stay(at(office, "15:00"), at(office, "15:10"), Stage.HANDOVER),
            ),
        ),
        visit(
            office,
            "16:00",
            to_call=20 * MINUTE,
            wait=20 * MINUTE,
            service_ms=20 * MINUTE,
            in_system=40 * MINUTE,
            end=End.FINISHED,
            stays=(stay(at(office, "16:20"), at(office, "16:40")),),
        ),
    ]
    others = [
        visit(office, "10:00", to_call=5 * MINUTE, end=End.NO_SHOW),
        visit(office, "11:00", left=30 * MINUTE, end=End.CANCELLED),
    ]
    refused = Refused(
        at=at(office, "17:00"), date=MONDAY, service="tax", reason="closed", channel="kiosk"
    )
    beside = Beside(refused=[refused], desks=[DeskSpan("1", open_at, shut)])
    return tally(MONDAY, [*served, *others], beside)


def test_every_metric_of_a_day_by_hand(hall: Office):
    daily = of_days([a_day(hall)], hall)
    told = {name: one(daily, name) for name in METRICS}
    assert {name: told[name] for name in ("arrivals", "refused", "called", "served")} == {
        "arrivals": 4,
        "refused": 1,
        "called": 3,
        "served": 2,
    }
    assert (told["wait_mean_s"], told["wait_p50_s"], told["wait_p90_s"]) == (900, 900, 1140)
    assert told["wait_to_call_mean_s"] == pytest.approx((10 + 20 + 5) * 60 / 3)
    assert (told["service_mean_s"], told["time_in_system_p50_s"]) == (25 * 60, 50 * 60)
    assert told["no_show_rate"] == pytest.approx(1 / 3)
    assert told["abandonment"] == 1 / 4
    assert told["service_hours"] == pytest.approx(50 / 60)  # a review is no work at a desk
    assert told["occupancy"] == pytest.approx(50 / (7 * 60 + 45))
    assert told["overtime_mean_s"] == 10 * 60
    assert told["handover_wait_p50_s"] is None


def test_metrics_are_named_as_the_columns_of_the_statistics():
    own = {"no_show_rate", "abandonment", "service_hours", "occupancy", "overtime_mean_s"}
    assert set(METRICS) - own == {name for name in MEASURES if not name.endswith("_max_s")}
    assert "wait_p90_s" in WAITS and "arrivals" not in WAITS and "service_mean_s" not in WAITS


def test_work_that_ends_before_closing_is_no_overtime_and_a_service_may_close_later(hall: Office):
    for day, ends, late in ((MONDAY, "16:00", 0), ("2025-11-25", "18:00", 0)):
        began = at(hall, "15:00", day)
        mine = visit(hall, "15:00", day, stays=(stay(began, at(hall, ends, day)),))
        assert one(of_days([tally(day, [mine])], hall), "overtime_mean_s") == late, day


def test_what_a_log_cannot_know_is_missing_and_not_zero(hall: Office):
    nobody = read_office(
        OFFICE.replace('reception_hours: [{hours: {mon-fri: "09:00-16:30"}}]', ""), ""
    )
    day = tally(MONDAY, [visit(hall, "09:00", end=End.EXPIRED)], source="log.csv")
    daily = of_days([day], nobody)
    known = {name for name in METRICS if one(daily, name) is not None}
    assert known == {"arrivals"}


def test_an_open_day_without_visitors_counts_and_a_closed_one_does_not(hall: Office):
    sunday = "2025-11-23"
    touched = Refused(
        at=at(hall, "10:00", sunday), date=sunday, service="tax", reason="closed", channel="kiosk"
    )
    days = [tally(MONDAY, []), tally(sunday, [], Beside(refused=[touched]))]
    daily = of_days(days, hall)
    assert daily.dates == (date(2025, 11, 24),)
    assert one(daily, "arrivals") == 0


def test_two_sources_of_a_day_are_one_day(hall: Office):
    imported = tally(MONDAY, [visit(hall, "12:00", to_call=MINUTE, wait=MINUTE)], source="import-1")
    daily = of_days([a_day(hall), imported], hall)
    assert len(daily.dates) == 1
    assert (one(daily, "arrivals"), one(daily, "called")) == (5, 4)
    assert one(daily, "wait_p50_s") == 600


def test_counts_know_visitors_and_nothing_else():
    rows = [("2025-11-25", 540, 3), (MONDAY, 540, 5), (MONDAY, 600, 7)]
    daily = of_counts(Count(1, day, start, count, "") for day, start, count in rows)
    assert daily.dates == (date(2025, 11, 24), date(2025, 11, 25))
    assert daily.sum("arrivals").tolist() == [12, 3]
    assert {name for name in METRICS if one(daily, name) is not None} == {"arrivals"}
