"""Statistics for analysts: arrivals, waits and serving times by interval, to read or for Excel."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, get_args

from cachetools import LRUCache
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec.structs import replace

from queue_service.api.deadline import FOR_YEARS
from queue_service.api.guard import ANALYST
from queue_service.api.known import checked
from queue_service.api.problems import invalid
from queue_service.api.request import TheLedger
from queue_service.bins import Bin
from queue_service.definitions import Definition, definitions
from queue_service.intervals import By, Question
from queue_service.parquet import NoParquet
from queue_service.queue_length import BY
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
AFormat = Annotated[Format | None, QueryParameter(description="Else what `Accept` asks for.")]


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
    withhold: Annotated[
        int | None,
        QueryParameter(
            ge=2,
            le=100,
            description="For publication, like 5: what is told of fewer people is withheld, and whatever "
            "would give it away. Null in the rows (x in CSV and workbooks), listed in `withheld`; n and "
            "quality are null with it. Publish one table of the same days: two can be set off.",
        ),
    ] = None,
) -> Question:
    """What is asked of the days of an office."""
    if from_ > to:
        raise invalid("from", f"{from_} lies after to={to}")
    told_by = _told_by(by)
    return Question(first=from_, last=to, bin=bin, by=told_by, service=service, withhold=withhold)


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


@get("/stats/arrivals", opt={"roles": ANALYST})
async def arrivals(
    *,
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    question: NamedDependency[Question],
    within: Annotated[
        int | None,
        QueryParameter(
            ge=1,
            le=DAY_MINUTES,
            description="Minutes: adds `served_within`, how many were served after at most so long.",
        ),
    ] = None,
    format: AFormat = None,
    lang: Lang = OWN,
) -> Response[Statistics]:
    """One row for each interval and service, and for the whole office with the service `*`.

    Every column of a visit stands in the interval of its arrival. An empty population gives null, not
    0. Percentiles are linear, from the raw values of the range asked for.
    """
    asked = replace(question, within=within)
    return await _answered(request, ledger, office, asked, format, lang)


@get("/stats/stages", opt={"roles": ANALYST})
async def stages(
    *,
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    question: NamedDependency[Question],
    format: AFormat = None,
    lang: Lang = OWN,
) -> Response[Statistics]:
    """One row for each interval, service and stage (reception, check, review, hand-over).

    How many visits came to the stage, how long they waited for the call to it, and how long it took.
    Service and desk are those of the stage; the interval is that of the visit's arrival.
    """
    asked = replace(question, table="stages")
    return await _answered(request, ledger, office, asked, format, lang)


@get("/stats/queue", opt={"roles": ANALYST})
async def queue(
    *,
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    question: NamedDependency[Question],
    format: AFormat = None,
    lang: Lang = OWN,
) -> Response[Statistics]:
    """How many people stand in line in each interval: the mean over its time, and the most at once.

    These belong to the interval itself, not to that of an arrival: over a closed day the mean × the
    length of the intervals sums up to the waits. Rows are told apart by section, weekday and time
    only. What lies after the latest entry of the ledger is null.
    """
    for each in question.by:
        if each not in BY:
            raise invalid("by", f"lines are not told apart by {each}: use {', '.join(BY)}")
    asked = replace(question, table="queue")
    return await _answered(request, ledger, office, asked, format, lang)


async def _answered(
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: str,
    question: Question,
    format: Format | None,
    lang: str,
) -> Response[Statistics]:
    wanted = format or accepted(request)
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
    body = _answers.get(tag)
    if body is None:
        body = await in_a_thread(written, evidence, wanted, language)
        if len(body) <= ANSWERS_BYTES:
            _answers[tag] = body
    name = f"{question.table}-{office}-{question.first}-{question.last}"
    if question.withhold is not None:
        name += f"-withheld-below-{question.withhold}"
    return file(body, wanted, name, headers)


async def in_a_thread(write: Callable[..., bytes], *of_what: Any) -> bytes:
    """What is written meanwhile.

    Raises:
        Problem: this kind is not written here.
    """
    try:
        return await asyncio.to_thread(write, *of_what)
    except NoParquet as missing:
        raise invalid("format", str(missing)) from None


def file(body: bytes, format: Format, name: str, headers: Mapping[str, str]) -> Response[Any]:
    """An answer; one that is no JSON is to be saved under a name."""
    saved = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return Response(
        body, media_type=MEDIA[format], headers={**headers, **(saved if format != "json" else {})}
    )


def accepted(request: Request[Any, Any, Any]) -> Format:
    """The format that the one who asks likes best; JSON where nothing else is said."""
    kinds = {media: format for format, media in MEDIA.items()}
    return kinds[request.accept.best_match([*kinds], MEDIA["json"]) or MEDIA["json"]]


@get("/stats/definitions", opt={"roles": ANALYST})
async def meanings(office: FromPath[str], lang: Lang = OWN) -> list[Definition]:
    """What every column of the statistics means, its unit and who is counted."""
    return definitions(known_language(lang))


router = Router(
    "/offices/{office:str}",
    route_handlers=[arrivals, stages, queue, meanings],
    dependencies={"question": Provide(_question, sync_to_thread=False)},
    opt=FOR_YEARS,
    tags=["statistics"],
)
