"""The office in which a ticket log is played: how its services and desks are found, or made.

It knows the rows of a log and office definitions. It refuses to know when anything happens.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, product
from string import ascii_uppercase

from msgspec.structs import replace

from queue_service.hours import business_day
from queue_service.office_rules import MAX_TEXT
from queue_service.offices import PRIORITIES, Desk, Office, Service
from queue_service.ticket_log import Row

UNNAMED = "visit"  # the service of a log that names none
USUAL_NUMBERS, WIDE_NUMBERS = 999, 9999  # numbers have three digits unless a day needs more

_ID = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_NOT_IN_IDS = re.compile("[^A-Za-z0-9_-]+")
_LONGEST_ID = 40
_PREFIXES = (*ascii_uppercase, *map("".join, product(ascii_uppercase, repeat=2)))


class PlanError(ValueError):
    """The log cannot be played in this office; the message says what to do."""


# Ids


def as_id(text: str) -> str:
    """The text itself where it can be an id, else what is left of it without other characters."""
    if _ID.fullmatch(text):
        return text
    return _NOT_IN_IDS.sub("-", text).strip("-_")[:_LONGEST_ID] or "x"


def ids(texts: Iterable[str]) -> dict[str, str]:
    """An id for each text, no two the same; the same texts have the same ids."""
    found: dict[str, str] = {}
    for text in sorted(set(texts), key=lambda each: (as_id(each) != each, each)):
        stem = as_id(text)
        numbered = (f"{stem[: _LONGEST_ID - 7]}-{n}" for n in range(2, 10**6))
        taken = set(found.values())
        found[text] = next(each for each in chain([stem], numbered) if each not in taken)
    return found


def service_of(row: Row) -> str:
    """What the log calls the service of a row."""
    return row.service or UNNAMED


# An office that is there


def known_services(rows: Iterable[Row], office: Office) -> dict[str, str]:
    """The office's service for each one of the log, found by its id or by one of its names.

    Raises:
        PlanError: it has no such service.
    """
    by_text = {name: each.id for each in office.services for name in each.name.values()}
    by_text |= {each.id: each.id for each in office.services}
    if len(office.services) == 1:
        by_text.setdefault(UNNAMED, office.services[0].id)
    wanted = {service_of(row) for row in rows}
    missing = sorted(wanted - by_text.keys())
    if missing:
        there = ", ".join(each.id for each in office.services)
        raise PlanError(
            f"the office {office.id} has no service {', '.join(missing)}; it has {there}: "
            "map another column with --map service=COLUMN, "
            "or name an office that is not defined yet"
        )
    return {text: by_text[text] for text in wanted}


# An office that is not


def new_office(rows: Sequence[Row], id: str, timezone: str) -> Office:
    """An office for the rows, always open, with a service for each text; it has no desk yet.

    Raises:
        PlanError: there are more services than two letters can tell apart.
    """
    office = Office(
        id=id, timezone=timezone, services=(), desks=(), priorities=_new_priorities(rows)
    )
    names = ids(map(service_of, rows))
    if len(names) > len(_PREFIXES):
        raise PlanError(
            f"the log has {len(names)} services, more than the {len(_PREFIXES)} that the letters "
            "of a number can tell apart: map another column with --map service=COLUMN"
        )
    busiest = _busiest_days(rows, office)
    services = (
        _new_service(text, id, prefix, busiest[text])
        for (text, id), prefix in zip(sorted(names.items()), _PREFIXES, strict=False)
    )
    return replace(office, services=tuple(services))


def with_desks(office: Office, desks: Mapping[str, Sequence[str]]) -> Office:
    """The office with these desks and what each serves."""
    made = (Desk(id=id, services=tuple(services)) for id, services in desks.items())
    return replace(office, desks=tuple(made))


def _new_service(text: str, id: str, prefix: str, numbers_a_day: int) -> Service:
    highest = USUAL_NUMBERS if numbers_a_day <= USUAL_NUMBERS else WIDE_NUMBERS
    name = "".join(each if each.isprintable() else " " for each in text)[:MAX_TEXT]
    names = {"en": name} if name != id else {}
    return Service(id=id, name=names, prefix=prefix, numbers=f"1-{highest}")


def _busiest_days(rows: Iterable[Row], office: Office) -> Counter[str]:
    """How many numbers each service gives on its busiest day."""
    days = Counter((service_of(row), business_day(office, row.issued_at).date) for row in rows)
    busiest: Counter[str] = Counter()
    for (service, _), count in days.items():
        busiest[service] = max(busiest[service], count)
    return busiest


def _new_priorities(rows: Iterable[Row]) -> dict[str, float]:
    """The log's own classes. They give no head start: the log itself says who is called next."""
    found = {as_id(row.priority) for row in rows if row.priority}
    return dict.fromkeys(sorted(found - PRIORITIES.keys()), 0.0)
