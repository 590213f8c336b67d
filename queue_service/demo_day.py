"""The people of the demonstration: who comes on a day, when, for what, and how long each takes.

Pure, and the same for the same seed. It draws people from the parameters in `samples/demo.yaml`; it
knows no service and no clock.
"""

import datetime
import random
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Self

import msgspec
from msgspec import Struct

from queue_service.demo_calendar import Calendar
from queue_service.hours import MINUTE_MS, clock, instant
from queue_service.offices import Office
from queue_service.tickets import Stage

HALF_HOUR = 30  # minutes; the arrivals are given by the half hour
NEEDS = ("wheelchair", "baby", "hearing", "interpreter")


class Work(Struct, frozen=True):
    """What one service means for its visitors and its staff."""

    share: float
    minutes: Mapping[Stage, float]
    sigma: float


class People(Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters, as they stand in the file."""

    visits_a_day: float
    calendar: Calendar
    day_spread: float
    arrivals: Mapping[str, float]
    services: Mapping[str, Work]
    walk_s: tuple[float, float]
    no_show: float
    comes_back: float
    parked: float
    priority: float
    helped: float
    languages: Mapping[str, float]
    hints: Mapping[str, float]
    break_minutes: int
    breaks_from: str

    @classmethod
    @cache
    def read(cls) -> Self:
        """The people of the file beside the samples."""
        text = (files("queue_service") / "samples" / "demo.yaml").read_bytes()
        return msgspec.yaml.decode(text, type=cls)


class Visitor(Struct, frozen=True, kw_only=True):
    """Someone who comes in."""

    at: int  # ms
    service: str
    procedure: str | None = None  # as the ticket machine asked for it
    hint: str | None = None  # the answer, when another channel was offered
    language: str = "ja"
    priority: bool = False
    needs: tuple[str, ...] = ()
    helped: bool = False  # a word with the greeter was enough


class Day:
    """One day's visitors, and the chances of that day."""

    def __init__(self, office: Office, date: datetime.date, seed: int) -> None:
        self.people = People.read()
        self._office = office
        self._date = date
        # Not for secrets: a demonstration that was seen once can be shown again.
        self._chance = random.Random(f"{seed} {date}")  # noqa: S311

    def at(self, minutes: float) -> int:
        """The instant of so many minutes after midnight."""
        return instant(self._office.tz, self._date, 0) + round(minutes * MINUTE_MS)

    def visitors(self) -> list[Visitor]:
        """Everyone who comes, in the order of arrival."""
        people, calendar = self.people, self.people.calendar
        shares = {
            name: work.share * calendar.season(name, self._date)
            for name, work in people.services.items()
        }
        more = sum(shares.values()) / sum(work.share for work in people.services.values())
        usual = people.visits_a_day * calendar.factor(self._office, self._date) * more
        expected = usual * max(0.5, self._chance.gauss(1, people.day_spread))
        total = sum(people.arrivals.values())
        found = [
            self._visitor(clock(start) + self._chance.random() * HALF_HOUR, shares)
            for start, share in people.arrivals.items()
            for _ in range(self._some(expected * share / total))
        ]
        return sorted(found, key=lambda visitor: visitor.at)

    def minutes(self, service: str, stage: Stage) -> float:
        """How long one stage of one visit takes."""
        work = self.people.services[service]
        return work.minutes.get(stage, 1.0) * self._chance.lognormvariate(0, work.sigma)

    def walk_ms(self) -> int:
        """How long a visitor takes to the desk."""
        return round(self._chance.uniform(*self.people.walk_s) * 1000)

    def happens(self, share: float) -> bool:
        """Whether something that happens so often happens now."""
        return self._chance.random() < share

    def _some(self, expected: float) -> int:
        """About so many: chance decides, with a variance of half as much again as Poisson's."""
        spread = (1.5 * expected) ** 0.5
        return max(0, round(self._chance.gauss(expected, spread)))

    def _visitor(self, minutes: float, shares: Mapping[str, float]) -> Visitor:
        people = self.people
        service = self._one_of(shares)
        procedure, hint = self._wish(service)
        priority = self.happens(people.priority)
        return Visitor(
            at=self.at(minutes),
            service=service,
            procedure=procedure,
            hint=hint,
            language=self._one_of(people.languages),
            priority=priority,
            needs=(self._chance.choice(NEEDS),) if priority else (),
            helped=self.happens(people.helped),
        )

    def _wish(self, service: str) -> tuple[str | None, str | None]:
        procedures = self._office.service(service).procedures
        if not procedures:
            return None, None
        procedure = self._chance.choice(procedures)
        elsewhere = procedure.channels.keys() - {"counter"}
        return procedure.id, self._one_of(self.people.hints) if elsewhere else None

    def _one_of(self, shares: Mapping[str, float]) -> str:
        return self._chance.choices(list(shares), list(shares.values()))[0]
