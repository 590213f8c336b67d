"""People who sign in, over HTTP, and what they did.

As with keys, an administrator of one office rules over the people of that office and no others.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import segno
from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from queue_service import audit
from queue_service.api.access import TheAccess, check_place, provide_access
from queue_service.api.guard import ADMIN, check_office, holder
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import END, Body, Word, utc
from queue_service.api.tickets import REPLAYED, Asked, Nothing
from queue_service.people import LETTERS, Invited, People, Person, checked_name
from queue_service.rights import Role

OWN = {"roles": ADMIN, "own_office": True}


class PersonBody(Body, frozen=True, kw_only=True):
    """Who shall sign in."""

    name: Annotated[
        str,
        Meta(
            pattern=rf"^[{LETTERS}]{{1,40}}{END}",
            description="1 to 40 letters, digits or any of . _ - @; a number of staff will do.",
            examples=["sato"],
        ),
    ]
    role: Literal["staff", "analyst", "admin"]
    office: Annotated[Word | None, Meta(description="null: every office")] = None
    second_factor: Annotated[bool, Meta(description="An administrator always has one (TOTP).")] = (
        False
    )


class PersonView(Struct, frozen=True, kw_only=True):
    """Somebody who may sign in."""

    name: str
    role: Role
    office: str | None
    second_factor: bool
    signed_in: Annotated[bool, Meta(description="Whether the first password was changed.")]
    created_at: datetime


class InvitedView(Struct, frozen=True, kw_only=True):
    """A person with a new password and, where there is one, a new second factor; shown this once."""

    name: str
    role: Role
    office: str | None
    password: str
    second_factor: Annotated[str | None, Meta(description="otpauth://… for an authenticator app")]
    second_factor_qr: Annotated[str | None, Meta(description="The same as a picture, data:…")]


class PeopleView(Struct, frozen=True, kw_only=True):
    """Who may sign in, by name."""

    people: list[PersonView]


class NoteView(Struct, frozen=True, kw_only=True):
    """Who did something once."""

    id: str
    at: datetime
    by: str
    did: str | None
    office: str | None
    on: str | None
    desk: str | None
    entry_id: int | None


class AuditView(Struct, frozen=True, kw_only=True):
    """The latest notes, newest first, and where older ones begin."""

    audit: list[NoteView]
    before: str | None


async def provide_people(request: Asked, access: TheAccess) -> People:
    """The people as this process knows them."""
    return People(access, request.app.state.passwords)


ThePeople = NamedDependency[People]


@post("/people", opt=OWN, status_code=201)
async def add_person(
    request: Asked,
    people: ThePeople,
    ledger: TheLedger,
    data: JSONBody[PersonBody],
    intent: TheIntent,
) -> Response[InvitedView]:
    """Let somebody sign in. The first password is shown in this answer; the person changes it."""
    checked_name(data.name)
    await check_place(request, ledger, data.office)
    role = Role(data.role)
    invited = await people.add(
        data.name, role, data.office, intent, second_factor=data.second_factor
    )
    return _invited(invited)


@get("/people", opt={"roles": ADMIN})
async def list_people(request: Asked, people: ThePeople) -> PeopleView:
    """Everybody whom this administrator may remove."""
    who = holder(request)
    known = [each for each in await people.list() if who and who.covers(each.office)]
    return PeopleView(people=[_view(each) for each in known])


@post("/people/{person:str}/reset", opt=OWN, status_code=200)
async def reset_person(
    request: Asked,
    people: ThePeople,
    person: FromPath[str],
    intent: TheIntent,
    data: Nothing = None,
) -> Response[InvitedView]:
    """Give somebody a new password, and a new second factor to whoever has one. Sessions end."""
    await _check(request, people, person)
    return _invited(await people.reset(person, intent))


@delete("/people/{person:str}", opt=OWN, status_code=204)
async def remove_person(
    request: Asked, people: ThePeople, person: FromPath[str], intent: TheIntent
) -> Response[None]:
    """Let somebody sign in no more: sessions end within seconds, everywhere."""
    await _check(request, people, person)
    replayed = await people.remove(person, intent)
    return Response(None, status_code=204, headers=REPLAYED if replayed else None)


@get("/audit", opt=OWN)
async def read_audit(
    request: Asked,
    ledger: TheLedger,
    office: Annotated[
        str | None, QueryParameter(description="Of one office; without it, everything.")
    ] = None,
    before: Annotated[
        str | None,
        QueryParameter(
            pattern=rf"^[0-9]{{1,15}}-[0-9]{{1,9}}{END}", description="Older than this note."
        ),
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> AuditView:
    """Who did what, newest first. Ask again with `before`; null there is the end."""
    await check_place(request, ledger, office)
    notes = await audit.latest(ledger, office, before=before, limit=limit)
    more = notes[-1].id if len(notes) >= limit else None
    return AuditView(audit=[_note(each) for each in notes], before=more)


async def _check(request: Asked, people: People, name: str) -> None:
    """Whoever is gone is nobody's: whoever asks again has the answer of before."""
    found = await people.find(name)
    if found is not None:
        check_office(holder(request), found.office)


def _invited(invited: Invited) -> Response[InvitedView]:
    view = InvitedView(
        name=invited.person.name,
        role=invited.person.role,
        office=invited.person.office,
        password=invited.password,
        second_factor=invited.second_factor,
        second_factor_qr=_picture(invited.second_factor) if invited.second_factor else None,
    )
    return Response(view, headers=REPLAYED if invited.replayed else None)


def _picture(address: str) -> str:
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4)


def _view(person: Person) -> PersonView:
    return PersonView(
        name=person.name,
        role=person.role,
        office=person.office,
        second_factor=person.salt is not None,
        signed_in=not person.temporary,
        created_at=utc(person.created_at),
    )


def _note(note: audit.Note) -> NoteView:
    return NoteView(
        id=note.id,
        at=utc(note.at),
        by=note.by,
        did=note.did,
        office=note.office,
        on=note.on,
        desk=note.desk,
        entry_id=note.entry,
    )


handlers: list[Any] = [add_person, list_people, reset_person, remove_person, read_audit]
router = Router(
    "/",
    route_handlers=handlers,
    dependencies={"access": Provide(provide_access), "people": Provide(provide_people)},
    tags=["access"],
)
