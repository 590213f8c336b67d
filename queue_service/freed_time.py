"""What freed time was used for: minutes by date, section and category, and which entries count.

Pure. Shorter reception hours free minutes at every desk; a city asks its sections what became of them.
Categories are a coded list, as no entry holds free text; an office may add its own. A use that was
struck no longer counts, and stays to be seen.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from queue_service.offices import Office
from queue_service.words import languages, say

CATEGORIES = (
    *("training", "back_office", "outreach", "improvement"),
    *("overtime_cut", "handover_between_staff", "other"),
)
WHOLE = "-"  # the section of an office whose services name none
MOST_MINUTES = 100_000  # of one use: a section of twenty desks frees a third of it in a month

STRUCK = "struck:"  # in the engine, before the entry of a use that was struck


class Use(Struct, frozen=True):
    """So many minutes of a section's freed time, and what they were used for."""

    used_on: str  # local date
    section: str
    category: str
    minutes: int


class NotedUse(Struct, frozen=True, kw_only=True):
    """A use and its entry; `struck_by`: the entry since which it no longer counts."""

    entry: int
    use: Use
    struck_by: int | None = None


def rendered(uses: Mapping[int, Use], struck: Mapping[int, int]) -> dict[str, str]:
    """Uses by their entries as the engine holds them."""
    return {f"{entry}": written(use) for entry, use in uses.items()} | {
        f"{STRUCK}{entry}": f"{by}" for entry, by in struck.items()
    }


def written(use: Use) -> str:
    """The bytes of a use in the engine: equal uses have equal bytes."""
    return msgspec.json.encode(use).decode()


def noted(fields: Mapping[str, str]) -> list[NotedUse]:
    """What the engine holds, by date and entry."""
    found = [
        NotedUse(
            entry=int(name),
            use=_use.decode(raw),
            struck_by=int(fields[STRUCK + name]) if STRUCK + name in fields else None,
        )
        for name, raw in fields.items()
        if not name.startswith(STRUCK)
    ]
    return sorted(found, key=lambda each: (each.use.used_on, each.entry))


_use = msgspec.json.Decoder(Use)


def sections(office: Office) -> tuple[str, ...]:
    """The sections of an office, as its services name them."""
    named = dict.fromkeys(each.section for each in office.services if each.section)
    return tuple(named) or (WHOLE,)


def names(office: Office, language: str) -> dict[str, str]:
    """The categories of an office with their names, in their order."""
    usual = {each: say(language, f"freed_time.categories.{each}") for each in CATEGORIES}
    return usual | {each.id: each.name.get(language, each.id) for each in office.freed_time}


def spellings(office: Office) -> dict[str, str]:
    """Every way to write a category in a table, its names in all languages included, without case."""
    named = {name: id for each in languages() for id, name in names(office, each).items()}
    return {name.casefold(): id for name, id in (named | {id: id for id in named.values()}).items()}
