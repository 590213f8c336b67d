"""The pages: static shells that bring no words and no key of their own, and two small pages that can
be read without scripts.

A shell is the same for every office; what it shows comes through the API and the WebSocket. Nothing
is loaded from another host, and no script or style stands in the page itself: the policy below says so
to the browser.
"""

from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response, get
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.static_files import create_static_files_router

from display import typeface
from display.words_for import preferred
from queue_service import words
from queue_service.board import QueueLine
from queue_service.ledger import Ledger
from queue_service.refusals import Unavailable, UnknownOffice
from queue_service.reports.page import style_sheet
from queue_service.signs import Signs, signs_of

PAGES = Path(str(files("display") / "pages"))
# A shell holds nothing: whoever has no key gets no further. It costs nothing, so it may be asked for
# as often as one likes; what asks the engine may not.
OPEN = {"roles": frozenset[str](), "limit": None}
ASKS = {"roles": frozenset[str]()}
LONGEST = 200  # characters of a path to an asset; the system refuses longer names, and NUL
STATUS_S = 5  # how long anyone in between may keep the congestion page

# What is stored; each has its words in the catalogues.
STORED = (
    "visit",
    "marks",
    "figures",
    "link",
    "answers",
    "address",
    "staff",
    "audit",
    "people",
    "browser",
)

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

Asked = Request[Any, Any, Any]


@cache
def _shell(page: str) -> bytes:
    return (PAGES / page / "index.html").read_bytes()


def _page(name: str) -> Response[bytes]:
    return Response(_shell(name), media_type=MediaType.HTML, headers=HEADERS)


@get("/kiosk/{office:str}", opt=OPEN, include_in_schema=False)
async def kiosk(office: FromPath[str]) -> Response[bytes]:
    """The ticket machine."""
    return _page("kiosk")


@get("/board/{office:str}", opt=OPEN, include_in_schema=False)
async def board(office: FromPath[str]) -> Response[bytes]:
    """The lobby's screen."""
    return _page("board")


@get("/desk/{office:str}/{desk:str}", opt=OPEN, include_in_schema=False)
async def desk(office: FromPath[str], desk: FromPath[str]) -> Response[bytes]:
    """The desk of a member of staff."""
    return _page("desk")


@get("/floor/{office:str}", opt=OPEN, include_in_schema=False)
async def floor(office: FromPath[str]) -> Response[bytes]:
    """The greeter's page."""
    return _page("floor")


@get("/admin/{office:str}", opt=OPEN, include_in_schema=False)
async def admin(office: FromPath[str]) -> Response[bytes]:
    """The administrator's page."""
    return _page("admin")


@get("/stats/{office:str}", opt=OPEN, include_in_schema=False)
async def stats(office: FromPath[str]) -> Response[bytes]:
    """The analyst's page."""
    return _page("stats")


@get("/stats/{office:str}/{report:str}", opt=OPEN, include_in_schema=False)
async def report(office: FromPath[str], report: FromPath[str]) -> Response[bytes]:
    """A question of a reform."""
    return _page("reports")


@get("/assets/report.css", opt=OPEN, include_in_schema=False)
async def report_style() -> Response[str]:
    """How a report looks, on its own page and among ours."""
    return Response(style_sheet(), media_type="text/css", headers=HEADERS)


@get("/t/{office:str}/{ticket:str}", opt=OPEN, include_in_schema=False)
async def visitor(office: FromPath[str], ticket: FromPath[str]) -> Response[bytes]:
    """The visitor's own page; the ticket's id in its address is all it takes."""
    return _page("ticket")


# Rendered here, so that they can be read without scripts


_templates = Environment(
    loader=PackageLoader("display", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _ledger(request: Asked) -> Ledger:
    ledger: Ledger | None = request.app.state.ledger
    if ledger is None:
        raise Unavailable
    return ledger


def _render(page: str, language: str, status: int = 200, **values: object) -> Response[str]:
    def say(path: str, **named: object) -> str:
        return words.say(language, path, **named)

    def pick(texts: dict[str, str], otherwise: str) -> str:
        found = (texts.get(each) for each in (language, language.removesuffix("-easy")))
        return next((text for text in found if text), next(iter(texts.values()), otherwise))

    names = {each: words.catalogue(each)["name"] for each in words.languages()}
    text = _templates.get_template(f"{page}.html").render(
        page=page, say=say, pick=pick, language=language, names=names, **values
    )
    kept = {"Cache-Control": f"public, max-age={STATUS_S}", "Vary": "Accept-Language"}
    headers = HEADERS | (kept if status == 200 else {"Cache-Control": "no-store"})
    return Response(text, media_type=MediaType.HTML, headers=headers, status_code=status)


@get("/status/{office:str}", opt=ASKS, include_in_schema=False)
async def status(
    request: Asked, office: FromPath[str], lang: FromQuery[str | None] = None
) -> Response[str]:
    """How crowded it is now: small, cacheable, readable on anything."""
    language = preferred(lang, request.headers.get("accept-language", ""))
    try:
        ledger = _ledger(request)
        signs, at, queues = await _congestion(ledger, office)
    except UnknownOffice:
        return _render("status", language, 404, office=office, trouble="unknown")
    except Unavailable:
        return _render("status", language, 503, office=office, trouble="away")
    return _render(
        "status",
        language,
        office=office,
        trouble=None,
        signs=signs,
        at=at,
        lines=[(sign, queue) for sign, queue in zip(signs.services, queues, strict=True)],
    )


async def _congestion(ledger: Ledger, office: str) -> tuple[Signs, datetime, list[QueueLine]]:
    board = await ledger.board(office)
    return signs_of(await ledger.known_office(office), board.version), board.at, board.queues


@get("/", opt=ASKS, include_in_schema=False)
async def links(request: Asked, lang: FromQuery[str | None] = None) -> Response[str]:
    """Where to go: the pages of every office, by who uses them."""
    language = preferred(lang, request.headers.get("accept-language", ""))
    try:
        ledger = _ledger(request)
        offices = [
            signs_of(await ledger.known_office(id), await ledger.known_version(id))
            for id in await ledger.offices()
        ]
    except Unavailable:
        return _render("links", language, 503, offices=[], trouble="away")
    return _render("links", language, offices=offices, trouble=None)


@get("/privacy", opt=OPEN, include_in_schema=False)
async def privacy(request: Asked, lang: FromQuery[str | None] = None) -> Response[str]:
    """What is stored of a visit, for how long, and where."""
    language = preferred(lang, request.headers.get("accept-language", ""))
    days = request.app.state.settings.retention_days
    kept = words.say(language, "privacy.for_days" if days else "privacy.for_ever", days=days)
    return _render("privacy", language, rows=STORED, kept=kept)


@get("/assets/words/{name:str}", opt=OPEN, include_in_schema=False)
async def word_file(name: FromPath[str]) -> Response[dict[str, Any]]:
    """One catalogue, `ja.json`; or `names.json`, every language by its own name."""
    language = name.removesuffix(".json")
    if language == "names":
        known = {each: words.catalogue(each)["name"] for each in words.languages()}
        return Response(known, headers=HEADERS)
    if language not in words.languages():
        raise NotFoundException(f"There is no catalogue {name}.")
    return Response(words.catalogue(language), headers=HEADERS)


async def _only_names(request: Asked) -> None:
    """What cannot be the name of a file is not looked for."""
    path = str(request.path_params["file_path"])
    if len(path) > LONGEST or "\0" in path:
        raise NotFoundException("There is no such file.")


assets = create_static_files_router(
    path="/assets",
    directories=[PAGES],
    opt=OPEN,
    before_request=_only_names,
    cache_control=CacheControlHeader(no_cache=True),  # asked for again, and answered with 304
    include_in_schema=False,
    name="assets",
)

handlers: list[Any] = [
    *(links, kiosk, board, desk, floor, admin, stats, report, visitor, status, privacy),
    *(word_file, report_style, typeface.style_sheet, typeface.file, assets),
]
