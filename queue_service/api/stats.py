"""Statistics for analysts: arrivals, waits and serving times by interval, to read or for Excel."""

import asyncio
from datetime import date
from typing import Annotated, Any, get_args

from cachetools import LRUCache
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from queue_service.api.deadline import FOR_YEARS
from queue_service.api.guard import ANALYST
from queue_service.api.known import checked
from queue_service.api.problems import invalid
from queue_service.api.request import TheLedger
from queue_service.bins import Bin
from queue_service.definitions import Definition, definitions
from queue_service.intervals import By, Question
from queue_service.parquet import NoParquet
from queue_service.statistics import Statistics, TooMuch, gather
from queue_service.tables import MEDIA, Format, written
from queue_service.words import OWN, languages

ANSWERS_BYTES = 64 * 2**20  # a year by the hour is some ten million
CACHE = "private, no-cache"  # may be kept, and is asked for again with its tag
DAY_MINUTES = 1440

# By tag, which is another as soon as anything in the answer is.
_answers: LRUCache[str, bytes] = LRUCache(ANSWERS_BYTES, getsizeof=len)

Lang = Annotated[
    str,
    QueryParameter(
        description="Of headings and definitions.", schema_extra={"enum": list(languages())}
    ),
]


def _question(
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
    service: Annotated[
        str | None, QueryParameter(description="Only this one; * for the whole office.")
    ] = None,
    within: Annotated[
        int | None,
        QueryParameter(
            ge=1,
            le=DAY_MINUTES,
            description="Minutes: adds `served_within`, how many were served after at most so long.",
        ),
    ] = None,
) -> Question:
    """What is asked of the days of an office."""
    if from_ > to:
        raise invalid("from", f"{from_} lies after to={to}")
    return Question(first=from_, last=to, bin=bin, by=_told_by(by), service=service, within=within)


def _told_by(text: str) -> tuple[By, ...]:
    known: tuple[By, ...] = get_args(By)
    wanted = [each.strip() for each in text.split(",") if each.strip()]
    for each in wanted:
        if each not in known:
            raise invalid("by", f"{each!r} is none of {', '.join(known)}")
    return tuple(each for each in known if each in wanted)


def known_language(lang: str) -> str:
    """A language that has a catalogue.

    Raises:
        Problem
    """
    if lang not in languages():
        raise invalid("lang", f"{lang!r} is none of {', '.join(languages())}")
    return lang


@get(
    "/stats/arrivals",
    opt={"roles": ANALYST},
    dependencies={"question": Provide(_question, sync_to_thread=False)},
)
async def arrivals(
    *,
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    question: NamedDependency[Question],
    format: Annotated[
        Format | None, QueryParameter(description="Else what `Accept` asks for.")
    ] = None,
    lang: Lang = OWN,
) -> Response[Statistics]:
    """One row for each interval and service, and for the whole office with the service `*`.

    Every column of a visit stands in the interval of its arrival. An empty population gives null, not
    0. Percentiles are linear, from the raw values of the range asked for.
    """
    wanted = format or _accepted(request)
    language = known_language(lang)
    known = await checked(ledger, office)
    try:
        evidence = await gather(ledger, known, question)
    except TooMuch as much:
        raise invalid("bin", str(much)) from None
    tag = f"{evidence.tag}-{wanted}" + (f"-{language}" if wanted == "xlsx" else "")
    headers = {"ETag": f'"{tag}"', "Cache-Control": CACHE, "Vary": "Accept"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    if wanted != "json":
        name = f"arrivals-{office}-{question.first}-{question.last}.{wanted}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    body = _answers.get(tag)
    if body is None:
        try:
            body = await asyncio.to_thread(written, evidence, wanted, language)
        except NoParquet as missing:
            raise invalid("format", str(missing)) from None
        if len(body) <= ANSWERS_BYTES:
            _answers[tag] = body
    return Response(body, media_type=MEDIA[wanted], headers=headers)  # type: ignore[arg-type]


def _accepted(request: Request[Any, Any, Any]) -> Format:
    """The format that the one who asks likes best; JSON where nothing else is said."""
    kinds = {media: format for format, media in MEDIA.items()}
    return kinds[request.accept.best_match([*kinds], MEDIA["json"]) or MEDIA["json"]]


@get("/stats/definitions", opt={"roles": ANALYST})
async def meanings(office: FromPath[str], lang: Lang = OWN) -> list[Definition]:
    """What every column of the statistics means, its unit and who is counted."""
    return definitions(known_language(lang))


router = Router(
    "/offices/{office:str}",
    route_handlers=[arrivals, meanings],
    opt=FOR_YEARS,
    tags=["statistics"],
)
