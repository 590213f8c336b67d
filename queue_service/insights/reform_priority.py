"""Which procedures to reform first: how many hours a year each takes, and how sure the order is.

Pure. Hours are cases a year × minutes of reception, check, review and hand-over. Minutes are measured,
so they have an interval; two procedures whose difference lies within the intervals of both, taken
together as independent errors are (the root of the sum of their squares), could stand the other way round.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import hypot

from msgspec import Struct

from queue_service.tickets import Stage

STAGES = tuple(Stage)
HOUR = 60  # minutes
DECIMALS = 4


class Work(Struct, frozen=True, kw_only=True):
    """What one procedure takes a year."""

    procedure: str
    section: str | None = None
    count: int  # cases
    minutes: Mapping[Stage, float]  # of one case
    uncertainty: float = 0.0  # half of the 95 % interval of its minutes, as a part of them

    @property
    def minutes_a_case(self) -> float:
        """All stages together."""
        return sum(self.minutes.values())

    @property
    def hours(self) -> float:
        """A year."""
        return self.count * self.minutes_a_case / HOUR

    def saved(self, reduction: Mapping[Stage, float]) -> float:
        """Hours a year, if stages took less by these parts."""
        less = sum(each * reduction.get(stage, 0.0) for stage, each in self.minutes.items())
        return self.count * less / HOUR


class Ranked(Struct, frozen=True, kw_only=True):
    """One procedure in its place."""

    rank: int
    procedure: str
    section: str | None
    count: int
    minutes: dict[str, float]
    minutes_a_case: float
    hours: float
    hours_low: float
    hours_high: float
    share: float  # of all hours
    cumulative: float  # with those before it
    saving: float  # hours a year, under the stated reduction
    could_swap_with: list[int]  # ranks


class OfSection(Struct, frozen=True, kw_only=True):
    """All procedures of a section."""

    section: str | None
    procedures: int
    hours: float
    saving: float


class ReformPriority(Struct, frozen=True, kw_only=True):
    """The answer; hours are a year's."""

    cases: int
    hours: float
    saving: float
    reduction: dict[str, float]
    procedures: list[Ranked]
    swaps: list[tuple[int, int]]  # neighbouring ranks whose order is not sure
    by_section: list[OfSection]


def reform_priority(
    works: Sequence[Work], reduction: Mapping[Stage, float] | None = None
) -> ReformPriority:
    """Rank procedures by the hours that they take. `reduction`: by which part stages become shorter."""
    less = reduction or {}
    order = sorted(works, key=lambda work: (-work.hours, work.procedure))
    total = sum(work.hours for work in order)
    found, before = [], 0.0
    for rank, work in enumerate(order, start=1):
        before += work.hours
        found.append(_ranked(rank, work, order, less, total, before))
    return ReformPriority(
        cases=sum(work.count for work in order),
        hours=round(total, DECIMALS),
        saving=round(sum(work.saved(less) for work in order), DECIMALS),
        reduction={stage.value: part for stage, part in less.items()},
        procedures=found,
        swaps=[
            (rank, rank + 1)
            for rank, (one, other) in enumerate(pairwise(order), start=1)
            if _could_swap(one, other)
        ],
        by_section=_by_section(order, less),
    )


def _ranked(
    rank: int,
    work: Work,
    order: Sequence[Work],
    reduction: Mapping[Stage, float],
    total: float,
    before: float,
) -> Ranked:
    hours = work.hours
    return Ranked(
        rank=rank,
        procedure=work.procedure,
        section=work.section,
        count=work.count,
        minutes={stage.value: work.minutes.get(stage, 0.0) for stage in STAGES},
        minutes_a_case=round(work.minutes_a_case, DECIMALS),
        hours=round(hours, DECIMALS),
        hours_low=round(hours * (1 - work.uncertainty), DECIMALS),
        hours_high=round(hours * (1 + work.uncertainty), DECIMALS),
        share=round(hours / total, DECIMALS) if total else 0.0,
        cumulative=round(before / total, DECIMALS) if total else 0.0,
        saving=round(work.saved(reduction), DECIMALS),
        could_swap_with=[
            n
            for n, other in enumerate(order, start=1)
            if other is not work and _could_swap(work, other)
        ],
    )


def _could_swap(one: Work, other: Work) -> bool:
    together = hypot(one.hours * one.uncertainty, other.hours * other.uncertainty)
    return abs(one.hours - other.hours) <= together


def _by_section(order: Sequence[Work], reduction: Mapping[Stage, float]) -> list[OfSection]:
    sections: dict[str | None, list[Work]] = defaultdict(list)
    for work in order:
        sections[work.section].append(work)
    found = [
        OfSection(
            section=section,
            procedures=len(mine),
            hours=round(sum(work.hours for work in mine), DECIMALS),
            saving=round(sum(work.saved(reduction) for work in mine), DECIMALS),
        )
        for section, mine in sections.items()
    ]
    return sorted(found, key=lambda each: (-each.hours, each.section or ""))
