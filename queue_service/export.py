"""The ledger as tables: one row an entry, one row a visit, or one row a use of freed time.

It knows columns and how CSV and NDJSON are written. It decides nothing: a row says what the entries
say, without what was taken back. Times carry the office's offset. A ticket's id is never in a row;
`ticket` is the number of the entry that issued it, which opens nothing.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

import msgspec

from queue_service import events as ev
from queue_service.events import AnyEvent, Entry
from queue_service.freed_time import NotedUse
from queue_service.hours import business_day, business_day_of, local_iso
from queue_service.lines import cell, csv_line, ndjson_line
from queue_service.offices import Office
from queue_service.parquet import COUNT, DATE, INSTANT, JSON, TEXT, TRUTH
from queue_service.questions import Questions
from queue_service.visits import ENDS, OPEN, Stay, Visit, Visits

Row = dict[str, Any]
What = Literal["events", "tickets", "freed-time"]
Format = Literal["csv", "ndjson", "parquet"]

EVENT_COLUMNS = (
    *("entry_id", "at", "business_date", "type"),
    *("ticket", "number", "service", "stage", "desk", "details"),
)
TICKET_COLUMNS = (
    # Those of a ticket log come first, so that whoever reads logs reads this.
    *("number", "service", "issued_at", "called_at", "started_at", "finished_at"),
    *("outcome", "desk", "channel", "priority"),
    *("business_date", "ticket", "booked_for", "arrived_at", "ended_at", "state"),
    *("started_implied", "calls", "legs", "stages", "items"),
)
FREED_COLUMNS = ("date", "section", "category", "minutes", "entry_id")  # as they are imported
COLUMNS: dict[What, tuple[str, ...]] = {
    "events": EVENT_COLUMNS,
    "tickets": TICKET_COLUMNS,
    "freed-time": FREED_COLUMNS,
}
KINDS: dict[str, str] = {  # of the columns in Parquet; whatever is not named here is text
    **dict.fromkeys(("entry_id", "ticket", "calls", "minutes"), COUNT),
    **dict.fromkeys(("at", "issued_at", "called_at", "started_at", "finished_at"), INSTANT),
    **dict.fromkeys(("booked_for", "arrived_at", "ended_at"), INSTANT),
    **dict.fromkeys(("business_date", "date"), DATE),
    "started_implied": TRUTH,
    "details": JSON,
    "legs": "STRUCT(service VARCHAR, joined_at TIMESTAMPTZ, called_at TIMESTAMPTZ, "
    "started_at TIMESTAMPTZ, finished_at TIMESTAMPTZ)[]",
    "stages": "STRUCT(leg BIGINT, service VARCHAR, stage VARCHAR, joined_at TIMESTAMPTZ, "
    "desk VARCHAR, calls BIGINT, called_at TIMESTAMPTZ, started_at TIMESTAMPTZ, "
    "finished_at TIMESTAMPTZ, left_at TIMESTAMPTZ, served_ms BIGINT, implied BOOLEAN, "
    "by_next BOOLEAN)[]",
    "items": "STRUCT(procedure VARCHAR, quantity BIGINT)[]",
}

_INSTANTS = frozenset({"at", "place", "booked_for", "started_at"})  # fields of events
_PARTS = frozenset({"then", "items"})
_OUTCOMES = frozenset({"finished", "no_show", "cancelled"})  # those a ticket log knows

# Entries


def business_date(office: Office, event: AnyEvent) -> str:
    """The business date to which an entry belongs: its ticket's, else the one in which it lies."""
    stated: str | None = getattr(event, "date", None)
    return stated or business_day(office, event.at).date


def event_row(office: Office, entry: Entry) -> Row:
    """One entry, every field under its own name; instants are written out."""
    fields: Row = msgspec.to_builtins(entry.event)
    if isinstance(entry.event, ev.Unknown):
        fields["type"] = fields.pop("name")
    for name in _INSTANTS & fields.keys():
        fields[name] = local_iso(office, fields[name])
    for name in (
        _PARTS & fields.keys()
    ):  # the ledger packs them as arrays; here each value has its name
        fields[name] = [msgspec.structs.asdict(part) for part in getattr(entry.event, name)]
    return {
        "entry_id": entry.id,
        "business_date": business_date(office, entry.event),
        **fields,
    }


# Visits


def visit_row(office: Office, visit: Visit) -> Row:
    """One visit: when it was first called and first served, how it ended, and all its stages."""
    issued, stays, end = visit.issued, visit.stays, visit.end
    called = next((each for each in stays if each.called_at), None)
    served = next((each for each in stays if each.started_at), None)
    state = ENDS[type(end.event)] if end else OPEN
    row = {
        "number": issued.number,
        "service": issued.service,
        "issued_at": issued.at,
        "called_at": called and called.called_at,
        "started_at": served and served.started_at,
        "finished_at": end.event.at if end and state == "finished" else None,
        "outcome": state if state in _OUTCOMES else None,
        "desk": (served or called or stays[0]).desk,
        "channel": issued.channel,
        "priority": visit.priority,
        "business_date": issued.date,
        "ticket": visit.ticket,
        "booked_for": issued.booked_for,
        "arrived_at": stays[0].joined_at,
        "ended_at": end and end.event.at,
        "state": state,
        "started_implied": served and served.implied,
        "calls": sum(each.calls for each in stays),
        "legs": _legs(stays),
        "stages": [msgspec.to_builtins(each) for each in stays],
        "items": [msgspec.structs.asdict(item) for item in visit.items],
    }
    return {name: _written(office, name, value) for name, value in row.items()}


def _legs(stays: list[Stay]) -> list[Row]:
    """The services of a visit, each from its first stage to its last."""
    legs = [[stay for stay in stays if stay.leg == leg] for leg in range(1, stays[-1].leg + 1)]
    return [
        {
            "service": leg[0].service,
            "joined_at": leg[0].joined_at,
            "called_at": next((stay.called_at for stay in leg if stay.called_at), None),
            "started_at": next((stay.started_at for stay in leg if stay.started_at), None),
            "finished_at": leg[-1].finished_at,
        }
        for leg in legs
    ]


def _written(office: Office, name: str, value: Any) -> Any:
    """The same with every instant written out, at any depth."""
    if isinstance(value, list):
        return [{k: _written(office, k, v) for k, v in each.items()} for each in value]
    if isinstance(value, int) and (name.endswith("_at") or name == "booked_for"):
        return local_iso(office, value)
    return value


# Freed time


def use_row(noted: NotedUse) -> Row:
    """One use of freed time."""
    use = noted.use
    values = (use.used_on, use.section, use.category, use.minutes, noted.entry)
    return dict(zip(FREED_COLUMNS, values, strict=True))


# Reading


async def rows(
    ledger: Questions,
    office: Office,
    what: What,
    first: str,
    last: str,
    progress: Callable[[int], None] = lambda _: None,
) -> AsyncIterator[Row]:
    """The rows of the business dates from `first` to `last`, both included.

    Of freed time it is the dates on which it was used; what was struck is not in the rows. Entries
    appended meanwhile are not read. A visit comes when its day is over, so that one held at a desk past
    the end of its day comes after those of the next.
    """
    if what == "freed-time":
        for noted in await ledger.freed_time(office.id):
            if noted.struck_by is None and first <= noted.use.used_on <= last:
                yield use_row(noted)
        return
    entries = ledger.entries_of(office.id)
    until = await entries.last()
    after = await entries.before(business_day_of(office, first).start)
    progress(after)
    visits = Visits()
    async for piece in entries.pieces(after, until):
        for entry in piece:
            for row in _rows_of(office, what, visits, entry):
                if first <= row["business_date"] <= last:
                    yield row
        progress(len(piece))
    for visit in visits.rest():
        if first <= visit.issued.date <= last:
            yield visit_row(office, visit)


def _rows_of(office: Office, what: What, visits: Visits, entry: Entry) -> list[Row]:
    if what == "events":
        return [event_row(office, entry)]
    return [visit_row(office, visit) for visit in visits.add(entry)]


# Writing


def header(what: What, format: Format) -> str:
    """The first line, where the format has one."""
    return csv_line(COLUMNS[what]) if format == "csv" else ""


def line(what: What, format: Format, row: Row) -> str:
    """One row as a line of text; of Parquet, as the line it is made of."""
    match format:
        case "csv":
            return csv_line(map(cell, _in_columns(what, row).values()))
        case "ndjson":
            return ndjson_line(row)
        case "parquet":
            return ndjson_line(_in_columns(what, row))


def kinds(what: What) -> dict[str, str]:
    """The columns of Parquet with their types."""
    return {name: KINDS.get(name, TEXT) for name in COLUMNS[what]}


def _in_columns(what: What, row: Row) -> Row:
    """One row by the columns of its table; what has none of its own goes into `details`."""
    columns = COLUMNS[what]
    if "details" in columns:
        told = (*columns, "date")  # a ticket's date is its business date
        row = {**row, "details": {k: v for k, v in row.items() if k not in told}}
    return {name: row.get(name) for name in columns}
