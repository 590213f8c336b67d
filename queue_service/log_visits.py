"""Visits of a ticket log, in figures: what a row of any other system counts for.

Pure. A log knows one serving a visit, so its waits and serving time are those of that serving. What its
columns do not tell is not known, which is another thing than that it never happened.
"""

from collections.abc import Collection

from queue_service.figures import End
from queue_service.tally import Figures, StayFigures
from queue_service.ticket_log import Row
from queue_service.tickets import Stage

ENDS = {
    "finished": End.FINISHED,
    "no_show": End.NO_SHOW,
    "cancelled": End.CANCELLED,
    "expired": End.EXPIRED,
}
TOLD_BY = {  # a count, and the columns of which one is enough to tell it
    "called": ("called_at", "started_at"),
    "served": ("started_at",),
    "finished": ("finished_at", "outcome"),
    "no_show": ("outcome",),
    "cancelled": ("outcome",),
    "expired": ("called_at", "started_at", "outcome"),
}
UNTOLD = ("refused",)  # no log tells of those who were given no number


def unknown_counts(columns: Collection[str]) -> tuple[str, ...]:
    """Which counts a log with these columns cannot tell."""
    return UNTOLD + tuple(
        count for count, tell in TOLD_BY.items() if not any(name in columns for name in tell)
    )


def end_of_row(row: Row, unknown: Collection[str] = ()) -> End:
    """How a visit ended.

    Without an outcome it is finished where it has an end, expired where nobody was ever called for it,
    though calls were written down, and otherwise open: the log does not say.
    """
    if row.outcome is not None:
        return ENDS[row.outcome]
    if row.finished_at is not None:
        return End.FINISHED
    if row.called_at is not None or row.started_at is not None or "called" in unknown:
        return End.OPEN
    return End.EXPIRED


def figures_of_row(row: Row, service: str, unknown: Collection[str] = ()) -> Figures:
    """What a row counts for; `unknown`: the counts that its log cannot tell."""
    end = end_of_row(row, unknown)
    called = row.called_at if row.called_at is not None else row.started_at
    return Figures(
        arrived_at=row.issued_at,
        service=service,
        desk=row.desk or "",
        channel=row.channel or "",
        to_call=_span(called, row.issued_at),
        wait=_span(row.started_at, row.issued_at),
        service_ms=_span(row.finished_at, row.started_at),
        in_system=_span(row.finished_at, row.issued_at) if end is End.FINISHED else None,
        left=_span(row.finished_at, row.issued_at) if called is None else None,
        end=end,
        stays=(
            StayFigures(
                service=service,
                stage=Stage.RECEPTION,
                desk=row.desk or "",
                since=row.issued_at,
                wait=_span(called, row.issued_at),
                served=_span(row.finished_at, row.started_at),
                until=row.finished_at,
            ),
        ),
    )


def _span(until: int | None, since: int | None) -> int | None:
    return None if until is None or since is None else until - since
