"""A report's ground from a file alone: a ticket log, or a table that somebody kept. No engine is needed."""

import hashlib
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from queue_service.counts import (
    Copies,
    Count,
    Counted,
    Table,
    read_copies,
    read_counts,
    read_uses,
    whole,
)
from queue_service.freed_time import Use, spellings
from queue_service.insights.ranking import STAGES
from queue_service.insights.reform_priority import Work
from queue_service.intake import Intake
from queue_service.log_columns import Columns, TicketLogError
from queue_service.log_visits import unknown_counts
from queue_service.offices import Office
from queue_service.reports.freed_time import UsedTime
from queue_service.reports.ground import EARLIEST, LATEST, Ground
from queue_service.reports.priority import Stated
from queue_service.ticket_log import BadRow, lines_of, open_log

MOST_CASES = 1_000_000_000
MOST_MINUTES = 100_000
UTC = ZoneInfo("UTC")  # a table of months knows no hours
FAR_FUTURE = "2099-12-31"  # a file has no clock beside it that could know better


def office_of(zone: ZoneInfo) -> Office:
    """An office of which nothing is known but its time zone."""
    return Office(id="file", timezone=zone.key, reception_hours=(), services=(), desks=())


def ground_of_tickets(
    file: Path, columns: Iterable[str], zone: ZoneInfo, *, keep_odd: bool = False
) -> tuple[Ground, list[BadRow]]:
    """The ground of a ticket log, and the rows that cannot be used.

    `keep_odd`: rows whose date cannot be true are used.

    Raises:
        TicketLogError: it is none.
        OSError
    """
    office = office_of(zone)
    with (
        open_log(file, Columns.parse(columns), zone) as log,
        TemporaryDirectory(prefix="madoguchi-") as folder,
    ):
        intake = Intake(office, Path(folder), FAR_FUTURE, unknown_counts(log.columns))
        bad = [_told(row) for row in intake.take(log, keep_odd=keep_odd)]
        days = [day for _, day in intake.days(file.name)]
    first, last = _period(each.date for each in days)
    ground = Ground(office=office, source=file.name, first=first, last=last, days=days)
    return ground, bad


def ground_of_counts(file: Path, interval: int, zone: ZoneInfo) -> tuple[Ground, list[BadRow]]:
    """The ground of a table of counts, and the rows that cannot be used; `interval`: minutes.

    Raises:
        TicketLogError: it is none.
        OSError
    """
    bad, counts = list[BadRow](), list[Count]()
    with closing(lines_of(file)) as lines:
        for row in read_counts(Table(lines), interval):
            if isinstance(row, BadRow):
                bad.append(_told(row))
            else:
                counts.append(row)
    first, last = _period(each.date for each in counts)
    ground = Ground(
        office=office_of(zone),
        source=file.name,
        first=first,
        last=last,
        counted=[Counted(interval, whole(counts))],
        knows_visits=False,
    )
    return ground, bad


def ground_of_copies(file: Path) -> tuple[Ground, list[BadRow]]:
    """The ground of a table of copies by month and channel, and the rows that cannot be used.

    Raises:
        TicketLogError: it is none.
        OSError
    """
    bad, copies = list[BadRow](), list[Copies]()
    with closing(lines_of(file)) as lines:
        for row in read_copies(Table(lines)):
            if isinstance(row, BadRow):
                bad.append(_told(row))
            elif f"{EARLIEST}" <= f"{row.month}-01" <= f"{LATEST}":
                copies.append(row)
            else:
                reason = f"month {row.month}: write one from {EARLIEST:%Y-%m} to {LATEST:%Y-%m}"
                bad.append(BadRow(row.line, reason, ()))
    first, last = _period(f"{each.month}-01" for each in copies)
    ground = Ground(
        office=office_of(UTC),
        source=file.name,
        first=first,
        last=last.replace(day=monthrange(last.year, last.month)[1]),
        copies=copies,
        knows_visits=False,
    )
    return ground, bad


def works_of_table(file: Path, uncertainty: float) -> Stated:
    """Procedures with their cases a year and minutes.

    Columns: procedure, count, and any of reception, check, review, handover; section and uncertainty
    where there are. `uncertainty`: of rows that state none.

    Raises:
        TicketLogError: it cannot be used; the message names line and column.
        OSError
    """
    with closing(lines_of(file)) as lines:
        table = Table(lines)
        named = {name: table.place(name) for name in ("procedure", "count")}
        stages = [stage for stage in STAGES if stage in table.header]
        if not stages:
            raise TicketLogError(f"no column of minutes: name one of {', '.join(STAGES)}")
        optional = [name for name in ("section", "uncertainty") if name in table.header]
        named |= {name: table.header.index(name) for name in (*stages, *optional)}
        works = [
            _work(line, {name: cells[place] for name, place in named.items()}, fault, uncertainty)
            for line, cells, fault in table.rows()
        ]
    twice = [name for name, n in Counter(work.procedure for work in works).items() if n > 1]
    if twice:
        raise TicketLogError(f"procedure: {twice[0]!r} stands in the table twice")
    sha256 = hashlib.sha256(msgspec.json.encode(works)).hexdigest()
    return Stated(file=file.name, works=works, sha256=sha256)


def _work(line: int, cells: dict[str, str], fault: str | None, uncertainty: float) -> Work:
    def number(name: str, most: float) -> float:
        try:
            value = float(cells[name] or 0)
        except ValueError:
            value = -1.0
        if not 0 <= value <= most:
            raise TicketLogError(f"line {line}: {name}: {cells[name]!r} is not 0 to {most:g}")
        return value

    if fault:
        raise TicketLogError(f"line {line} {fault}")
    if not cells["procedure"]:
        raise TicketLogError(f"line {line}: procedure: name it")
    return Work(
        procedure=cells["procedure"],
        section=cells.get("section") or None,
        count=int(number("count", MOST_CASES)),
        minutes={stage: number(stage, MOST_MINUTES) for stage in STAGES if stage in cells},
        uncertainty=number("uncertainty", 1) if cells.get("uncertainty") else uncertainty,
    )


def used_time_of_table(
    file: Path, office: Office, first: date, last: date
) -> tuple[UsedTime, list[BadRow]]:
    """What a table says freed time was used for, and the rows that cannot be used.

    `office`: the calendar and the hours that it is set against.

    Raises:
        TicketLogError: it is none.
        OSError
    """
    with closing(lines_of(file)) as lines:
        rows = list(read_uses(Table(lines), (), spellings(office), f"{date.max}"))
    uses = [row for row in rows if isinstance(row, Use) and f"{first}" <= row.used_on <= f"{last}"]
    ground = UsedTime(
        office=office,
        source=file.name,
        first=first,
        last=last,
        today=date.max,  # a table has no clock beside it that could know better
        uses=sorted(uses, key=lambda use: use.used_on),
    )
    return ground, [_told(row) for row in rows if isinstance(row, BadRow)]


def _told(row: BadRow) -> BadRow:
    """A row of which only the reason is told; whatever stood in it need not be kept."""
    return replace(row, cells=())


def _period(dates: Iterable[str]) -> tuple[date, date]:
    known = sorted(dates) or ["1970-01-01"]
    return date.fromisoformat(known[0]), date.fromisoformat(known[-1])
