"""Keys and enrolment codes over HTTP.

An administrator of one office makes, sees and takes back the keys of that office and no others, and can
give nobody a right that he lacks.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from queue_service.access import LABEL, Access, Made
from queue_service.api.guard import ADMIN, PUBLIC, check_office, holder
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import END, Body, Word, utc
from queue_service.api.tickets import REPLAYED, Asked, Nothing
from queue_service.enrolment import Enrolment
from queue_service.ledger import Ledger
from queue_service.refusals import Unavailable
from queue_service.rights import Credential, Role

Label = Annotated[
    str,
    Meta(
        pattern=rf"^{LABEL}{END}",
        description="Where the key is used; no name of a person.",
        examples=["entrance 1F"],
    ),
]
OWN = {"roles": ADMIN, "own_office": True}


class KeyBody(Body, frozen=True, kw_only=True):
    """Whom a new key is for."""

    role: Role
    office: Annotated[Word | None, Meta(description="null: every office")] = None
    label: Label = ""


class EnrolmentBody(Body, frozen=True, kw_only=True):
    """What a device will be."""

    role: Literal["kiosk", "display", "staff", "analyst"]
    office: Word
    label: Label = ""


class CodeBody(Body, frozen=True, kw_only=True):
    """The code that an administrator has read out."""

    code: Annotated[str, Meta(min_length=1, max_length=40, examples=["ACDE-FHJ3"])]


class NewKey(Struct, frozen=True, kw_only=True):
    """A key, shown this once."""

    id: str
    key: str
    role: Role
    office: str | None
    label: str


class Key(Struct, frozen=True, kw_only=True):
    """A key without the key."""

    id: str
    role: Role
    office: str | None
    label: str
    created_at: datetime
    last_used_at: Annotated[datetime | None, Meta(description="To the minute; null: never.")]


class Keys(Struct, frozen=True, kw_only=True):
    """The keys there are, oldest first."""

    keys: list[Key]


class Code(Struct, frozen=True, kw_only=True):
    """A code, shown this once."""

    code: str
    role: Role
    office: str
    label: str
    expires_at: datetime


async def provide_access(request: Asked) -> Access:
    """The keys as this process knows them."""
    access: Access | None = request.app.state.access
    if access is None:
        raise Unavailable
    return access


TheAccess = NamedDependency[Access]


@post("/keys", opt=OWN, status_code=201)
async def make_key(
    request: Asked,
    access: TheAccess,
    ledger: TheLedger,
    data: JSONBody[KeyBody],
    intent: TheIntent,
) -> Response[NewKey]:
    """Make a key. It is shown in this answer, and kept as a hash alone."""
    await check_place(request, ledger, data.office)
    return _new_key(await access.make(data.role, data.office, data.label, intent))


@get("/keys", opt={"roles": ADMIN})
async def list_keys(request: Asked, access: TheAccess) -> Keys:
    """Every key that this one may take back, without the keys themselves."""
    who, used = holder(request), await access.used()
    held = [each for each in await access.list() if who and who.covers(each.office)]
    return Keys(keys=[_key(each, used.get(each.id)) for each in held])


@post("/keys/{id:str}/revoke", opt=OWN, status_code=200)
async def revoke_key(
    request: Asked,
    access: TheAccess,
    id: FromPath[str],
    intent: TheIntent,
    data: Nothing = None,
) -> Response[Key]:
    """Take a key back: it stops working within seconds, everywhere, open boards included."""
    await _check_key(request, access, id)
    used = (await access.used()).get(id)
    revoked = await access.revoke(id, intent)
    view = _key(revoked.credential, used)
    return Response(view, headers=REPLAYED if revoked.replayed else None)


@delete("/keys/{id:str}", opt=OWN, status_code=204)
async def delete_key(request: Asked, access: TheAccess, id: FromPath[str]) -> None:
    """Take a key back, as `revoke` does."""
    await _check_key(request, access, id)
    await access.revoke(id)


@post("/enrolments", opt=OWN, status_code=201)
async def offer_code(
    request: Asked,
    access: TheAccess,
    ledger: TheLedger,
    data: JSONBody[EnrolmentBody],
    intent: TheIntent,
) -> Response[Code]:
    """Make a code of eight characters that puts one device into service within ten minutes."""
    await check_place(request, ledger, data.office)
    offered = await Enrolment(access).offer(Role(data.role), data.office, data.label, intent)
    view = Code(
        code=offered.code,
        role=offered.offer.role,
        office=offered.offer.office,
        label=offered.offer.label,
        expires_at=utc(offered.until),
    )
    return Response(view, headers=REPLAYED if offered.replayed else None)


@post("/enrol", opt={"roles": PUBLIC}, status_code=201)
async def enrol(
    request: Asked, access: TheAccess, data: JSONBody[CodeBody], intent: TheIntent
) -> Response[NewKey]:
    """Exchange a code for the key of this device.

    A code is good once. Send an Idempotency-Key that nobody can guess, so that a key whose answer was
    lost on the way is not lost with it.
    """
    address = request.client.host if request.client else ""
    return _new_key(await Enrolment(access).enrol(data.code, address, intent))


async def check_place(request: Asked, ledger: Ledger, office: str | None) -> None:
    """Hold whoever asks to an office that stands in the body or the query, and that there is.

    Raises:
        Problem, UnknownOffice
    """
    check_office(holder(request), office)
    if office is not None:
        await ledger.known_office(office)


async def _check_key(request: Asked, access: Access, id: str) -> None:
    """A key that is gone is nobody's: whoever asks again has the answer of before."""
    found = await access.credential(id)
    if found is not None:
        check_office(holder(request), found.office)


def _new_key(made: Made) -> Response[NewKey]:
    held = made.credential
    view = NewKey(id=held.id, key=made.key, role=held.role, office=held.office, label=held.label)
    return Response(view, headers=REPLAYED if made.replayed else None)


def _key(held: Credential, used: int | None) -> Key:
    return Key(
        id=held.id,
        role=held.role,
        office=held.office,
        label=held.label,
        created_at=utc(held.created_at),
        last_used_at=None if used is None else utc(used),
    )


handlers: list[Any] = [make_key, list_keys, revoke_key, delete_key, offer_code, enrol]
router = Router(
    "/", route_handlers=handlers, dependencies={"access": Provide(provide_access)}, tags=["access"]
)
