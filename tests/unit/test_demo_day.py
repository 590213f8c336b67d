"""The people of the demonstration: drawn by chance, and yet as the parameters say."""

import datetime
from collections import Counter
from importlib.resources import files
from itertools import count, islice

import pytest

from queue_service.demo_day import Day, People
from queue_service.hours import clock, local_time
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.tickets import Stage

MONDAY = datetime.date(2025, 11, 10)
DAYS = 60


@pytest.fixture(scope="module")
def cityhall() -> Office:
    text = (files("queue_service") / "samples" / "cityhall.yaml").read_text("utf-8")
    return read_office(text, "cityhall.yaml")


@pytest.fixture(scope="module")
def many(cityhall: Office):
    """The visitors of many Wednesdays on which nothing was out of the ordinary."""
    calendar = People.read().calendar

    def is_usual(date: datetime.date) -> bool:
        seasons = {calendar.season(name, date) for name in calendar.seasons}
        return seasons == {1.0} and calendar.factor(cityhall, date) == calendar.weekdays[2]

    wednesdays = (MONDAY + datetime.timedelta(days=2 + 7 * n) for n in count())
    usual = islice(filter(is_usual, wednesdays), DAYS)
    return [visitor for date in usual for visitor in Day(cityhall, date, 1).visitors()]


def test_the_same_seed_shows_the_same_day(cityhall: Office):
    one, same, other = (Day(cityhall, MONDAY, seed) for seed in (1, 1, 2))
    assert one.visitors() == same.visitors() != other.visitors()
    assert one.minutes("moving", Stage.REVIEW) == same.minutes("moving", Stage.REVIEW)


def test_people_come_when_the_profile_says(cityhall: Office, many):
    people = People.read()
    found = Counter()
    for visitor in many:
        at = local_time(cityhall, visitor.at)
        found[f"{at.hour:02}:{at.minute // 30 * 30:02}"] += 1
    assert found.keys() == people.arrivals.keys()
    total = sum(people.arrivals.values())
    for start, share in people.arrivals.items():
        assert found[start] / len(many) == pytest.approx(share / total, abs=0.008), start


def test_as_many_come_as_on_a_wednesday(many):
    people = People.read()
    expected = people.visits_a_day * people.calendar.weekdays[2]
    assert len(many) / DAYS == pytest.approx(expected, rel=0.06)


def test_people_come_for_what_the_parameters_say(many):
    people = People.read()
    found = Counter(visitor.service for visitor in many)
    total = sum(work.share for work in people.services.values())
    for service, work in people.services.items():
        assert found[service] / len(many) == pytest.approx(work.share / total, abs=0.01), service


def test_they_come_in_order_and_are_offered_only_what_there_is(cityhall: Office, many):
    day = Day(cityhall, MONDAY, 1).visitors()
    assert day == sorted(day, key=lambda visitor: visitor.at)
    for visitor in many:
        procedures = {each.id: each for each in cityhall.service(visitor.service).procedures}
        assert visitor.procedure is None or visitor.procedure in procedures
        if visitor.hint:
            assert procedures[visitor.procedure].channels.keys() - {"counter"}


def test_the_parameters_fit_the_sample_office(cityhall: Office):
    people = People.read()
    assert people.services.keys() == {service.id for service in cityhall.services}
    for service in cityhall.services:
        assert people.services[service.id].minutes.keys() == set(service.stages)
    assert [clock(start) for start in people.arrivals] == list(range(8 * 60 + 30, 17 * 60 + 1, 30))


def test_stages_take_as_long_as_the_median_says(cityhall: Office):
    day = Day(cityhall, MONDAY, 1)
    drawn = sorted(day.minutes("moving", Stage.RECEPTION) for _ in range(2001))
    assert drawn[1000] == pytest.approx(8, rel=0.1)
