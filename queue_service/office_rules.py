"""The rules of an office definition that its shape alone does not hold to.

Every broken rule is found, not the first only, and each says what to do. Whether a definition fits
the tickets that wait at this moment is not known here.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_service import words
from queue_service.freed_time import CATEGORIES
from queue_service.hours import HOLIDAY_COUNTRIES, MIDNIGHT, clock, week_problems
from queue_service.offices import Office, Service, Texts
from queue_service.tickets import Stage

MAX_TEXT = 500  # characters: more fits no screen and no slip
MAX_HEAD_START = 600  # minutes: longer than any working day, and still finite
MAX_COUNT = 1_000_000  # tickets a day, or a fee: above any real one, below what scripts round

_ID = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,39}")  # safe in keys, job ids, addresses and JSON
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}")
_PREFIX = re.compile("[A-Z]{1,2}")
_NUMBERS = re.compile("[0-9]{1,4}-[0-9]{1,4}")

_ID_RULE = "an id is 1 to 40 letters (a-z, A-Z), digits, _ and -, and begins with a letter or digit"


class Problem(Struct, frozen=True):
    """One reason why a definition cannot be used."""

    path: str  # "services[1].prefix"; empty: the definition as a whole
    reason: str  # and what to do about it
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = None if self.file is None else f"{self.file}:{self.line or 1}"
        return ": ".join(part for part in (place, self.path, self.reason) if part)


class OfficeError(ValueError):
    """The office definition cannot be used; each problem names its place and its remedy."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def check(office: Office) -> list[Problem]:
    """Every rule the definition breaks, in the order of its fields; none: it can be used."""
    return [
        *_ids("", [office.id]),
        *_texts("name", office.name),
        *_times(office),
        *_reception_hours(office),
        *_notes(office),
        *_priorities(office),
        *_languages(office),
        *_categories(office),
        *_services(office),
        *_number_clashes(office.services),
        *_desks(office),
    ]


def is_id(text: str) -> bool:
    """Whether a text may be an id: it leads out of no folder, and breaks no key."""
    return _ID.fullmatch(text) is not None


def _priorities(office: Office) -> Iterator[Problem]:
    for name, minutes in office.priorities.items():
        if not is_id(name):
            yield Problem(f"priorities.{name}", _ID_RULE)
        if not 0 <= minutes <= MAX_HEAD_START:  # true of not-a-number too
            yield Problem(f"priorities.{name}", f"must be 0 to {MAX_HEAD_START} minutes")


def _languages(office: Office) -> Iterator[Problem]:
    if not office.languages:
        yield Problem("languages", f"name at least one, of {', '.join(words.languages())}")
    for i, language in enumerate(office.languages):
        if language not in words.languages():
            known = ", ".join(words.languages())
            yield Problem(f"languages[{i}]", f"{language!r} has no catalogue: use {known}")
    yield from _repeated("languages", office.languages)
    for i, slide in enumerate(office.slides):
        yield from _texts(f"slides[{i}]", slide)


def _categories(office: Office) -> Iterator[Problem]:
    yield from _ids("freed_time", [each.id for each in office.freed_time])
    for i, category in enumerate(office.freed_time):
        if category.id in CATEGORIES:
            yield Problem(f"freed_time[{i}].id", f"{category.id} is there already: remove it")
        yield from _texts(f"freed_time[{i}].name", category.name)


def _times(office: Office) -> Iterator[Problem]:
    try:
        ZoneInfo(office.timezone)
    except (LookupError, ValueError, OSError):  # OSError: the name of a folder of zones
        yield Problem("timezone", f"{office.timezone!r} is not known: write it like Asia/Tokyo")
    try:
        if clock(office.day_starts_at) == MIDNIGHT:
            yield Problem("day_starts_at", "24:00 is the day after: write 00:00")
    except ValueError as error:
        yield Problem("day_starts_at", str(error))
    if not -MIDNIGHT <= office.tickets_from <= 0:
        yield Problem("tickets_from", "counts minutes before opening: write 0, or like -15")
    country = office.closed.holidays
    if country is not None and country not in HOLIDAY_COUNTRIES:
        known = ", ".join(HOLIDAY_COUNTRIES)
        yield Problem(
            "closed.holidays", f"{country!r} is not known: use {known}, or list the dates"
        )


def _reception_hours(office: Office) -> Iterator[Problem]:
    before = None
    for i, entry in enumerate(office.reception_hours):
        path = f"reception_hours[{i}]"
        if i > 0 and (entry.since is None or (before is not None and entry.since <= before)):
            yield Problem(f"{path}.from", "must be a later date than that of the entry before")
        before = entry.since or before
        yield from _week(f"{path}.hours", entry.hours)
        yield from _text(f"{path}.note", entry.note)


def _notes(office: Office) -> Iterator[Problem]:
    for i, note in enumerate(office.notes):
        if not note.text:
            yield Problem(f"notes[{i}].text", "says nothing: write it like {ja: …, en: …}")
        yield from _texts(f"notes[{i}].text", note.text)


def _services(office: Office) -> Iterator[Problem]:
    if not office.services:
        yield Problem("services", "an office has at least one service")
    yield from _ids("services", [each.id for each in office.services])
    for i, service in enumerate(office.services):
        path = f"services[{i}]"
        yield from _texts(f"{path}.name", service.name)
        yield from _text(f"{path}.section", service.section)
        yield from _texts(f"{path}.bring", service.bring)
        yield from _week(f"{path}.hours", service.hours or {})
        yield from _stages(f"{path}.stages", service.stages)
        yield from _numbers(path, service)
        yield from _limits(path, service)
        yield from _procedures(path, service)


def _stages(path: str, stages: tuple[Stage, ...]) -> Iterator[Problem]:
    if not stages:
        yield Problem(path, "a service has at least one stage: write [reception]")
    elif not stages[0].calls_visitor:
        yield Problem(
            f"{path}[0]", f"{stages[0]} is done without the visitor: begin with reception"
        )
    yield from _repeated(path, stages)


def _numbers(path: str, service: Service) -> Iterator[Problem]:
    if not _PREFIX.fullmatch(service.prefix):
        yield Problem(f"{path}.prefix", f"{service.prefix!r} is not one or two letters A-Z")
    if not _well_numbered(service):
        yield Problem(
            f"{path}.numbers",
            f"{service.numbers!r} is not a range of numbers from 1 to 9999: write it like 1-499",
        )


def _well_numbered(service: Service) -> bool:
    return (
        _NUMBERS.fullmatch(service.numbers) is not None and 1 <= service.lowest <= service.highest
    )


def _number_clashes(services: tuple[Service, ...]) -> Iterator[Problem]:
    """Two services whose visitors could hold the same number."""
    numbered = [(each.prefix, i, each) for i, each in enumerate(services) if _well_numbered(each)]
    widest: tuple[str, int, Service] | None = None  # of those before, the one that reaches furthest
    for prefix, i, each in sorted(numbered, key=lambda it: (it[0], it[2].lowest)):
        if widest is None or widest[0] != prefix:
            widest = (prefix, i, each)
            continue
        if each.lowest <= widest[2].highest:
            one, other = (f"{it.id} ({prefix} {it.numbers})" for it in (widest[2], each))
            yield Problem(
                f"services[{max(i, widest[1])}].numbers",
                f"{one} and {other} would give the same numbers: "
                "take another prefix, or ranges that do not meet",
            )
        if each.highest > widest[2].highest:
            widest = (prefix, i, each)


def _limits(path: str, service: Service) -> Iterator[Problem]:
    if not 1 <= service.lamp.busy <= service.lamp.crowded:
        yield Problem(
            f"{path}.lamp",
            f"busy {service.lamp.busy}, crowded {service.lamp.crowded}: "
            "busy begins at 1 or more people, and crowded not before busy",
        )
    if service.daily_limit is not None and not 1 <= service.daily_limit <= MAX_COUNT:
        yield Problem(
            f"{path}.daily_limit", f"must be 1 to {MAX_COUNT}, or null where there is no limit"
        )


def _procedures(path: str, service: Service) -> Iterator[Problem]:
    yield from _ids(f"{path}.procedures", [each.id for each in service.procedures])
    for i, procedure in enumerate(service.procedures):
        yield from _texts(f"{path}.procedures[{i}].name", procedure.name)
        for name, channel in procedure.channels.items():
            place = f"{path}.procedures[{i}].channels.{name}"
            if not is_id(name):
                yield Problem(place, _ID_RULE)
            if channel.fee is not None and not 0 <= channel.fee <= MAX_COUNT:
                yield Problem(f"{place}.fee", "is not a price: write a whole number, 0 or more")


def _desks(office: Office) -> Iterator[Problem]:
    known = {each.id for each in office.services}
    if not office.desks:
        yield Problem("desks", "an office has at least one desk")
    yield from _ids("desks", [each.id for each in office.desks])
    for i, desk in enumerate(office.desks):
        path = f"desks[{i}]"
        yield from _texts(f"{path}.name", desk.name)
        if desk.zone is not None and not is_id(desk.zone):
            yield Problem(f"{path}.zone", _ID_RULE)
        if not desk.services:
            yield Problem(f"{path}.services", "a desk serves at least one service")
        for j, service in enumerate(desk.services):
            if service not in known:
                yield Problem(
                    f"{path}.services[{j}]",
                    f"there is no service {service!r}: define it under services, or remove it",
                )
        yield from _repeated(f"{path}.services", desk.services)
        for j, stage in enumerate(desk.stages):
            if not stage.calls_visitor:
                yield Problem(
                    f"{path}.stages[{j}]", f"{stage} is done without the visitor: remove it"
                )
        yield from _repeated(f"{path}.stages", desk.stages)


# Rules of single values


def _ids(path: str, ids: Sequence[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, each in enumerate(ids):
        place = f"{path}[{i}].id" if path else "id"
        if not is_id(each):
            yield Problem(place, f"{each!r} cannot be used: {_ID_RULE}")
        if each in seen:
            yield Problem(place, f"{each!r} is used twice: give each its own id")
        seen.add(each)


def _repeated(path: str, names: Sequence[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            yield Problem(f"{path}[{i}]", f"{name} is named twice: remove one")
        seen.add(name)


def _texts(path: str, texts: Texts) -> Iterator[Problem]:
    for language, text in texts.items():
        if not _LANGUAGE.fullmatch(language):
            yield Problem(
                f"{path}.{language}", "is no language tag: write it like ja, en or ja-easy"
            )
        yield from _text(f"{path}.{language}", text)


def _text(path: str, text: str | None) -> Iterator[Problem]:
    if text is None:
        return
    if not text.strip():
        yield Problem(path, "is empty: leave it out")
    if len(text) > MAX_TEXT:
        yield Problem(path, f"has {len(text)} characters: shorten it to {MAX_TEXT}")
    if any(unicodedata.category(each) in ("Cc", "Cs") and each != "\n" for each in text):
        yield Problem(path, "holds a control character: remove it")


def _week(path: str, hours: Mapping[str, str]) -> Iterator[Problem]:
    for key, reason in week_problems(hours):
        yield Problem(f"{path}.{key}", reason)
