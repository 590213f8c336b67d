"""Statistics for analysts: arrivals, waits and serving times by interval, as JSON or for Excel."""

import asyncio
from datetime import date
from typing import Annotated, Any, Literal, get_args

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import FromPath, QueryParameter

from queue_service.api.guard import ANALYST
from queue_service.api.known import checked
from queue_service.api.problems import invalid
from queue_service.api.request import TheLedger
from queue_service.bins import Bin
from queue_service.export import cell, csv_line
from queue_service.intervals import By, Question
from queue_service.statistics import Evidence, Statistics, TooMuch, gather

Format = Literal["json", "csv"]
MEDIA: dict[Format, str] = {"json": "application/json", "csv": "text/csv"}
BOM = "\ufeff"  # without it, Excel takes UTF-8 for something else
CACHE = "private, no-cache"  # may be kept, and is asked for again with its tag


def _told_by(text: str) -> tuple[By, ...]:
    known: tuple[By, ...] = get_args(By)
    wanted = [each.strip() for each in text.split(",") if each.strip()]
    for each in wanted:
        if each not in known:
            raise invalid("by", f"{each!r} is none of {', '.join(known)}")
    return tuple(each for each in known if each in wanted)


@get("/stats/arrivals", opt={"roles": ANALYST})
async def arrivals(
    *,
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    from_: Annotated[date, QueryParameter(name="from", description="The first local date.")],
    to: Annotated[date, QueryParameter(description="The last, itself included.")],
    bin: Annotated[
        Bin, QueryParameter(description="Minutes, or day, week (ISO), month, year (from April).")
    ] = "60",
    by: Annotated[
        str,
        QueryParameter(
            description="What rows are told apart by besides their service, with commas: desk, "
            "section, weekday, channel, language; `time` makes one day of all."
        ),
    ] = "",
    format: Annotated[
        Format | None, QueryParameter(description="Else what `Accept` asks for.")
    ] = None,
    service: Annotated[
        str | None, QueryParameter(description="Only this one; * for the whole office.")
    ] = None,
    within: Annotated[
        int | None,
        QueryParameter(
            ge=1,
            le=1440,
            description="Minutes: adds `served_within`, how many were served after at most so long.",
        ),
    ] = None,
) -> Response[Statistics]:
    """One row for each interval and service, and for the whole office with the service `*`.

    Every column of a visit stands in the interval of its arrival. An empty population gives null, not
    0. Percentiles are linear, from the raw values of the range asked for.
    """
    if from_ > to:
        raise invalid("from", f"{from_} lies after to={to}")
    known = await checked(ledger, office)
    question = Question(
        first=from_, last=to, bin=bin, by=_told_by(by), service=service, within=within
    )
    try:
        evidence = await gather(ledger, known, question)
    except TooMuch as much:
        raise invalid("bin", str(much)) from None
    accepted: Format = "csv" if "text/csv" in request.headers.get("accept", "") else "json"
    wanted = format or accepted
    headers = {"ETag": f'"{evidence.tag}-{wanted}"', "Cache-Control": CACHE, "Vary": "Accept"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    if wanted == "csv":
        name = f"arrivals-{office}-{from_}-{to}.csv"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    body = await asyncio.to_thread(_written, evidence, wanted)
    return Response(body, media_type=MEDIA[wanted], headers=headers)  # type: ignore[arg-type]


def _written(evidence: Evidence, format: Format) -> bytes:
    counted = evidence.counted()
    if format == "json":
        return msgspec.json.encode(counted)
    columns = evidence.question.columns
    lines = [csv_line(columns)]
    lines += (csv_line(cell(row[name]) for name in columns) for row in counted.rows)
    return (BOM + "".join(lines)).encode()


router = Router("/offices/{office:str}", route_handlers=[arrivals], tags=["statistics"])
