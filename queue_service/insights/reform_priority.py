"""Which procedures to reform first: how many hours a year each takes, and how sure the order is.

Pure. Hours are cases a year × minutes of reception, check, review and hand-over. Minutes were measured
(`work`), or a table states them with an interval; `ranking` puts them in order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from queue_service.insights.ranking import (
    DECIMALS,
    HOUR,
    STAGES,
    Hours,
    Load,
    Order,
    Place,
    Ranks,
    by_stage,
    rounded,
    together,
)
from queue_service.tickets import Stage

By = Literal["procedure", "section"]
UNCERTAINTY = 0.2  # of minutes that somebody estimated, as a part of them


class Work(Struct, frozen=True, kw_only=True):
    """What one procedure takes a year."""

    procedure: str | None  # None: nobody recorded which one it was at its service
    service: str | None = None  # where it was measured
    section: str | None = None
    count: float  # cases a year
    counted: int | None = None  # the cases that were seen; None: a table states the count
    minutes: Mapping[Stage, float]  # of one case
    uncertainty: float = 0.0  # half of the 95 % interval of a table's minutes, as a part of them
    drawn: Hours | None = None  # hours a year in each draw of days; None: of a table
    days: int = 0  # on which it was measured

    @property
    def load(self) -> Load:
        """Its hours, and how far they could be off."""
        stages = {stage: self.count * each / HOUR for stage, each in self.minutes.items()}
        hours = sum(stages.values())
        return Load(
            name=(self.procedure or "", self.service or "", self.section or ""),
            count=self.count,
            stages=stages,
            half=hours * self.uncertainty,
            off=None if self.drawn is None else self.drawn - hours,
            days=self.days,
        )


class Ranked(Place, frozen=True, kw_only=True):
    """One procedure in its place."""

    procedure: str | None
    service: str | None
    section: str | None
    source: Literal["measured", "table"]
    counted: int | None


class OfSection(Place, frozen=True, kw_only=True):
    """All procedures of a section in its place."""

    section: str | None
    procedures: int


class IfOff(Struct, frozen=True, kw_only=True):
    """The ranks that could change places if all minutes were off by a part of them."""

    uncertainty: float
    swaps: Ranks


class ReformPriority(Struct, frozen=True, kw_only=True):
    """The answer; hours are a year's. `by`: whose ranks stand in `swaps`, `undetermined`, `if_off`."""

    by: By
    cases: float
    hours: float
    stages: dict[str, float]  # of them, the hours of each stage
    saving: float
    reduction: dict[str, float]
    procedures: list[Ranked]
    by_section: list[OfSection]
    swaps: Ranks  # neighbouring ranks whose order is not sure
    undetermined: Ranks  # neighbouring ranks of which that cannot be told
    if_off: IfOff


def reduction_of(text: str) -> dict[Stage, float]:
    """By which part stages become shorter, like "reception:0.3,review:0.5".

    Raises:
        ValueError: with the reason and the remedy.
    """
    found: dict[Stage, float] = {}
    for each in filter(None, text.split(",")):
        name, _, part = each.strip().partition(":")
        if name not in STAGES:
            raise ValueError(f"{name!r} is no stage: use {', '.join(STAGES)}")
        if name in found:
            raise ValueError(f"{name} is named twice: write its part in one place")
        found[Stage(name)] = part_of(part)
    return found


def part_of(text: str) -> float:
    """A part from 0 to 1.

    Raises:
        ValueError: with the remedy.
    """
    try:
        part = float(text)
    except ValueError:
        part = -1.0
    if not 0 <= part <= 1:
        raise ValueError(f"{text!r}: write a part from 0 to 1, like 0.2")
    return part


def reform_priority(
    works: Iterable[Work],
    reduction: Mapping[Stage, float] | None = None,
    *,
    by: By = "procedure",
    if_off: float = UNCERTAINTY,
) -> ReformPriority:
    """Rank procedures and sections by the hours that they take.

    `reduction`: by which part stages become shorter; `if_off`: by which part all minutes could be wrong.

    Raises:
        TooMany
    """
    works, less = list(works), reduction or {}
    mine = _by_section(works)
    procedures = Order([work.load for work in works])
    loads = [together(name or "", [work.load for work in each]) for name, each in mine.items()]
    sections = Order(loads)
    asked = procedures if by == "procedure" else sections
    return ReformPriority(
        by=by,
        cases=round(sum(work.count for work in works), DECIMALS),
        hours=round(procedures.hours, DECIMALS),
        stages=rounded(by_stage(procedures.loads)),
        saving=round(sum(load.saved(less) for load in procedures.loads), DECIMALS),
        reduction={stage.value: part for stage, part in less.items()},
        procedures=_procedures(works, procedures, less),
        by_section=_sections([*mine.items()], sections, less),
        swaps=asked.swaps,
        undetermined=asked.undetermined,
        if_off=IfOff(uncertainty=if_off, swaps=asked.swaps_if_off(if_off)),
    )


def _by_section(works: Iterable[Work]) -> dict[str | None, list[Work]]:
    sections: dict[str | None, list[Work]] = defaultdict(list)
    for work in works:
        sections[work.section].append(work)
    return sections


def _sections(
    found: Sequence[tuple[str | None, list[Work]]], order: Order, reduction: Mapping[Stage, float]
) -> list[OfSection]:
    return [
        OfSection(section=section, procedures=len(works), **place)
        for (section, works), place in zip(
            (found[n] for n in order.places), order.told(reduction), strict=True
        )
    ]


def _procedures(
    works: Sequence[Work], order: Order, reduction: Mapping[Stage, float]
) -> list[Ranked]:
    return [
        Ranked(
            procedure=work.procedure,
            service=work.service,
            section=work.section,
            source="table" if work.drawn is None else "measured",
            counted=work.counted,
            **place,
        )
        for work, place in zip((works[n] for n in order.places), order.told(reduction), strict=True)
    ]
