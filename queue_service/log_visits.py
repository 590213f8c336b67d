"""Visits of a ticket log, in figures: what a row of any other system counts for.

Pure. A log knows one serving a visit, so its waits and serving time are those of that serving.
"""

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


def figures_of_row(row: Row, service: str) -> Figures:
    """What a row counts for.

    A visit without an outcome is finished where it has an end, expired where nobody was ever called
    for it, and otherwise open: the log does not say.
    """
    end = ENDS.get(row.outcome or "", End.OPEN)
    if row.outcome is None and row.finished_at is not None:
        end = End.FINISHED
    elif row.outcome is None and row.called_at is None and row.started_at is None:
        end = End.EXPIRED
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
