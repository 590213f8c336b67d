"""Definitions: what every column of the statistics means, in each language of the catalogues.

Pure. The words stand in the catalogues; here is which column has which unit, and in which order.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from queue_service.measures import COUNTS, LENGTHS, SPANS, STAGE_SPANS, WITHIN, Spans
from queue_service.words import say

Unit = Literal["instant", "text", "people", "visits", "seconds", "days", "entry", "share", "truth"]

_PLACES: dict[str, Unit] = {
    **dict.fromkeys(("start", "end"), "instant"),
    **dict.fromkeys(("service", "desk", "section", "weekday", "channel", "language"), "text"),
    **dict.fromkeys(("time", "stage"), "text"),
}
_OF_ESTIMATES: dict[str, Unit] = {
    **dict.fromkeys(("mae_s", "mae_last_wait_s", "mae_by_interval_s"), "seconds"),
    **dict.fromkeys(("mae_constant_s", "bias_s"), "seconds"),
    **dict.fromkeys(("within_p50", "within_p90"), "share"),
    "shown": "truth",
}
_RESTS_ON: dict[str, Unit] = {  # what an answer says of itself, beside its rows
    "n": "visits",
    "missing_days": "days",
    **dict.fromkeys(("known_for", "implied_starts", "forgotten_finishes", "with_items"), "visits"),
    "as_of": "entry",
    "withheld": "text",
}


class Definition(Struct, frozen=True, kw_only=True):
    """What a column means. `unit` is a word for people, in the same language."""

    name: str
    title: str
    unit: str
    meaning: str


def definitions(language: str) -> list[Definition]:
    """Of every column in its order, and of what an answer says of itself."""
    people: dict[str, Unit] = dict.fromkeys(COUNTS, "people")
    more: dict[str, Unit] = {WITHIN: "people", "visits": "visits", "handled": "visits"}
    lengths: dict[str, Unit] = dict.fromkeys(LENGTHS, "people")
    return [
        *_plain(language, _PLACES | people),
        *_spans(language, SPANS),
        *_plain(language, more),
        *_spans(language, STAGE_SPANS),
        *_plain(language, lengths | _OF_ESTIMATES | _RESTS_ON),
    ]


def _plain(language: str, columns: Mapping[str, Unit]) -> Iterator[Definition]:
    for name, unit in columns.items():
        yield Definition(
            name=name,
            title=say(language, f"definitions.columns.{name}.title"),
            unit=say(language, f"definitions.units.{unit}"),
            meaning=say(language, f"definitions.columns.{name}.text"),
        )


def _spans(language: str, spans: Spans) -> Iterator[Definition]:
    for name, (_, figures) in spans.items():
        for figure in figures:
            yield _span(language, name, figure)


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
