"""What a handler needs of every request: the ledger, and the intent behind it."""

from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from queue_service.api.guard import holder
from queue_service.ledger import Ledger
from queue_service.refusals import Unavailable
from queue_service.round_trip import Intent

TheLedger = NamedDependency[Ledger]
TheIntent = NamedDependency[Intent | None]

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


async def provide_ledger(request: Request[Any, Any, Any]) -> Ledger:
    """The one ledger of this process."""
    ledger: Ledger | None = request.app.state.ledger
    if ledger is None:
        raise Unavailable
    return ledger


async def provide_intent(
    request: Request[Any, Any, Any], idempotency_key: IdempotencyKey = None
) -> Intent | None:
    """The intent of a request that brought an idempotency key."""
    if idempotency_key is None:
        return None
    who = holder(request)
    credential = who.id if who else "public"
    path, body = request.url.path, await request.body()
    return Intent.of(credential, request.method, path, idempotency_key, body)
