"""What a handler needs of every request: the ledger, the intent behind it, a body it can trust."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException, SerializationException
from litestar.params import HeaderParameter

from queue_service.api.guard import holder
from queue_service.api.problems import invalid
from queue_service.ledger import Ledger
from queue_service.refusals import Unavailable
from queue_service.rights import Credential
from queue_service.round_trip import Intent

TheLedger = NamedDependency[Ledger]
TheIntent = NamedDependency[Intent]

KEY_LENGTH = 255
KEY_PATTERN = "^[!-~]([ -~]*[!-~])?$"  # printable ASCII; no space at an end, where headers lose it

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        max_length=KEY_LENGTH,
        pattern=KEY_PATTERN,
        description="Names the intent: the same key and body gives the first answer again, for at "
        "least 48 hours. Up to 255 printable characters; a UUID for each press is right.",
    ),
]


class WrongBody(ValueError):
    """The body is JSON and does not have the shape that its handler takes."""


async def body_of(request: Request[Any, Any, Any]) -> bytes:
    """The whole body.

    Raises:
        Problem: whoever sent it hung up before its end, and hears nothing of this.
    """
    try:
        return await request.body()
    except InternalServerException:
        raise invalid("body", "it ended before its announced length") from None


async def read_strictly(request: Request[Any, Any, Any]) -> None:
    """Refuse a body unless every value has the very type asked for.

    The framework alone would take "2" for 2, a number for a time, and would not look at all at the
    body of a handler that takes none.
    """
    wanted = request.route_handler.parsed_data_field
    if wanted is None or not await body_of(request):
        return
    try:
        body = _whole(await request.json())
    except (SerializationException, UnicodeDecodeError, RecursionError) as error:
        raise invalid("body", f"this cannot be read as JSON: {error}") from None
    try:
        msgspec.convert(body, wanted.annotation)
    except msgspec.ValidationError as error:
        raise WrongBody(str(error)) from None


def _whole(value: Any) -> Any:
    """The value with 2.0 written as 2: to JSON they are one number, to msgspec two types."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_whole(each) for each in value]
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case _:
            return value


async def provide_ledger(request: Request[Any, Any, Any]) -> Ledger:
    """The one ledger of this process."""
    ledger: Ledger | None = request.app.state.ledger
    if ledger is None:
        raise Unavailable
    return ledger


async def provide_intent(
    request: Request[Any, Any, Any], idempotency_key: IdempotencyKey = None
) -> Intent:
    """The intent of a request: the same as before, if it brings the idempotency key of before."""
    return await _intent(request, idempotency_key, holder(request))


async def provide_intent_of_anybody(
    request: Request[Any, Any, Any], idempotency_key: IdempotencyKey = None
) -> Intent:
    """The same, whoever has come to be known to the browser meanwhile."""
    return await _intent(request, idempotency_key, None)


async def _intent(
    request: Request[Any, Any, Any], key: str | None, who: Credential | None
) -> Intent:
    by = who.by if who else None
    if key is None:
        return Intent.once(by)
    credential = who.id if who else "public"
    path, body = request.url.path, await body_of(request)
    return Intent.of(credential, request.method, path, key, body, by)
