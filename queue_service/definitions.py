"""Definitions: what every column of the statistics means, in each language of the catalogues.

Pure. The words stand in the catalogues; here is which column has which unit, and in which order.
"""

from typing import Literal

from msgspec import Struct

from queue_service.measures import COUNTS, SPANS, WITHIN
from queue_service.words import say

Unit = Literal["instant", "text", "people", "visits", "seconds", "days", "entry"]

_PLACES: dict[str, Unit] = {
    **dict.fromkeys(("start", "end"), "instant"),
    **dict.fromkeys(("service", "desk", "section", "weekday", "channel", "language"), "text"),
    "time": "text",
}
_RESTS_ON: dict[str, Unit] = {  # what an answer says of itself, beside its rows
    "n": "visits",
    "missing_days": "days",
    **dict.fromkeys(("known_for", "implied_starts", "forgotten_finishes", "with_items"), "visits"),
    "as_of": "entry",
}


class Definition(Struct, frozen=True, kw_only=True):
    """What a column means. `unit` is a word for people, in the same language."""

    name: str
    title: str
    unit: str
    meaning: str


def definitions(language: str) -> list[Definition]:
    """Of every column in its order, and of what an answer says of itself."""
    spans = [
        _span(language, name, figure) for name, (_, figures) in SPANS.items() for figure in figures
    ]
    people: dict[str, Unit] = dict.fromkeys(COUNTS, "people")
    return [
        *(_plain(language, name, unit) for name, unit in (_PLACES | people).items()),
        *spans,
        _plain(language, WITHIN, "people"),
        *(_plain(language, name, unit) for name, unit in _RESTS_ON.items()),
    ]


def _plain(language: str, name: str, unit: Unit) -> Definition:
    return Definition(
        name=name,
        title=say(language, f"definitions.columns.{name}.title"),
        unit=say(language, f"definitions.units.{unit}"),
        meaning=say(language, f"definitions.columns.{name}.text"),
    )


def _span(language: str, name: str, figure: str) -> Definition:
    span, told = (
        {part: say(language, f"definitions.{path}.{part}") for part in ("title", "text")}
        for path in (f"spans.{name}", f"figures.{figure}")
    )
    title, meaning = (
        say(language, f"definitions.span_{joined}", span=span[part], figure=told[part])
        for joined, part in (("title", "title"), ("meaning", "text"))
    )
    unit = say(language, "definitions.units.seconds")
    return Definition(name=f"{name}_{figure}_s", title=title, unit=unit, meaning=meaning)
