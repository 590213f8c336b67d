"""What is answered when a handler does not succeed: every exception as a problem."""

import re
import secrets
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from queue_service.api.problems import HEADERS, STATUS, Problem
from queue_service.api.request import WrongBody
from queue_service.api.schemas import ticket_view
from queue_service.office_rules import OfficeError
from queue_service.offices import UnknownDesk, UnknownService
from queue_service.refusals import IllegalMove, Refusal, Unavailable
from queue_service.tickets import allowed

RETRY_S = 2  # the engine restarts in less

log = structlog.get_logger("api")


def _answer(
    code: str, detail: str, status: int, more: dict[str, Any], headers: dict[str, str] | None = None
) -> Response[bytes]:
    body = {
        "type": f"urn:madoguchi:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
    }
    headers = dict(headers or {})
    if "retry_after_s" in more:
        headers["Retry-After"] = str(more["retry_after_s"])
    # Encoded here, because more may hold a lone surrogate from a hostile request.
    raw = msgspec.json.encode(msgspec.to_builtins(body | more, str_keys=True))
    return Response(
        raw,
        status_code=status,
        media_type="application/problem+json",
        headers=HEADERS | headers,
    )


def of_problem(_: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """What the API itself found."""
    headers = {"WWW-Authenticate": "Bearer"} if problem.code == "no_key" else None
    return _answer(problem.code, str(problem), STATUS[problem.code], problem.more, headers)


def of_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """What the ledger refused, with the ticket in the way."""
    more: dict[str, Any] = dict(refusal.more)
    if refusal.ticket is not None:
        view = ticket_view(request, refusal.ticket, refusal.ahead)
        if isinstance(refusal, IllegalMove):
            more |= {"state": refusal.ticket.state, "allowed": allowed(refusal.ticket)}
        else:
            more["ticket"] = view
    headers = {"Idempotency-Replayed": "true"} if refusal.replayed else {}
    if isinstance(refusal, Unavailable):
        headers["Retry-After"] = str(RETRY_S)
    return _answer(refusal.code, str(refusal), STATUS.get(refusal.code, 409), more, headers)


def of_office_error(_: Request[Any, Any, Any], error: OfficeError) -> Response[bytes]:
    """What is wrong with an office definition: all of it."""
    errors = [{"field": each.path, "reason": each.reason} for each in error.problems]
    more = {"field": errors[0]["field"], "errors": errors}
    return _answer("invalid", str(error), 400, more)


def of_unknown(_: Request[Any, Any, Any], error: UnknownDesk | UnknownService) -> Response[bytes]:
    """A desk or service that the path names and the office lacks."""
    code = "unknown_desk" if isinstance(error, UnknownDesk) else "unknown_service"
    return _answer(code, str(error), 404, {})


def of_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework found: no such route, a wrong method, too large a body, a wrong value."""
    if error.status_code >= 500:
        return of_bug(request, error)
    more: dict[str, Any] = {}
    detail = error.detail
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        errors = [_wrong_value(each) for each in error.extra if isinstance(each, dict)]
        more = {"field": errors[0]["field"], "errors": errors}
        detail = "; ".join(f"{each['field']}: {each['reason']}" for each in errors)
    code = _CODES.get(error.status_code, "invalid")
    return _answer(code, detail, error.status_code, more, dict(error.headers or {}))


def of_wrong_body(_: Request[Any, Any, Any], error: WrongBody) -> Response[bytes]:
    """A body that was read, and does not have the shape that was asked for."""
    reason, path = _PLACED.fullmatch(str(error)).groups("")  # type: ignore[union-attr]
    found = _wrong_value({"key": path, "message": reason})
    detail = f"{found['field']}: {found['reason']}"
    return _answer("invalid", detail, 400, {"field": found["field"], "errors": [found]})


_CODES = {401: "no_key", 403: "forbidden", 404: "not_found", 405: "wrong_method", 413: "too_large"}
_PLACED = re.compile(r"(.*?)(?: - at (?:`key` in )?`\$\.?(.*)`)?", re.DOTALL)
_NAMED = re.compile("(unknown|required) field `(.*)`")


def _wrong_value(found: dict[str, Any]) -> dict[str, str]:
    """Which field is wrong and why, of what the framework says about one value."""
    # A parameter whose name is a word of Python's has an underscore there.
    path, reason = str(found.get("key") or "").rstrip("_"), str(found.get("message") or "")
    path = path.removeprefix("data").lstrip(".")
    if named := _NAMED.search(reason):
        path = f"{path}.{named[2]}".lstrip(".")
        reason = "there is no such field" if named[1] == "unknown" else "is missing"
    elif reason == "'data'":
        reason = "is missing: send a JSON object"
    return {"field": path or "body", "reason": reason}


def of_bug(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Our own mistake: the log has it under the id that the answer carries."""
    id = secrets.token_hex(6)
    log.error("bug", id=id, exc_info=error)
    detail = "The service made a mistake. Tell your administrator this id."
    return _answer("internal", detail, 500, {"id": id})


HANDLERS: dict[Any, Any] = {
    Problem: of_problem,
    Refusal: of_refusal,
    WrongBody: of_wrong_body,
    UnknownDesk: of_unknown,
    UnknownService: of_unknown,
    HTTPException: of_http,
    Exception: of_bug,
}
