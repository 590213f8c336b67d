"""Signing in and out. The session is a cookie that no script can read and no other site can use."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, Router, delete, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from msgspec import Meta, Struct

from queue_service import browsers
from queue_service.access import Session
from queue_service.api.access import TheAccess, provide_access
from queue_service.api.guard import ANYONE, PUBLIC, holder, over_tls, session_token
from queue_service.api.problems import Problem
from queue_service.api.request import TheIntent, provide_intent_of_anybody
from queue_service.api.schemas import Body, utc
from queue_service.api.tickets import REPLAYED, Asked
from queue_service.refusals import Unavailable
from queue_service.rights import Role
from queue_service.sign_in import Attempt, Signed, SignIn

PATH = "/session"
REMEMBERED_S = 365 * 86_400  # a device on which somebody signed in is known for so long

Secret = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(max_length=20, examples=["123456"])]


class SignInBody(Body, frozen=True, kw_only=True):
    """Who it is, and what proves it."""

    name: Annotated[str, Meta(min_length=1, max_length=80, examples=["sato"])]
    password: Secret
    code: Annotated[Code | None, Meta(description="The second factor, where there is one.")] = None
    new_password: Annotated[
        Secret | None, Meta(description="From now on; all other sessions of this person end.")
    ] = None


class SessionView(Struct, frozen=True, kw_only=True):
    """Who asks."""

    person: Annotated[str | None, Meta(description="null: a key.")]
    role: Role
    office: Annotated[str | None, Meta(description="null: every office.")]
    label: str
    until: Annotated[datetime | None, Meta(description="null: until it is revoked.")]


async def provide_sign_in(request: Asked, access: TheAccess) -> SignIn:
    """The sign-in as this process knows it."""
    state = request.app.state
    if state.limits is None:
        raise Unavailable
    return SignIn(access, state.limits, state.passwords)


TheSignIn = NamedDependency[SignIn]


@post(
    PATH,
    opt={"roles": PUBLIC},
    status_code=201,
    dependencies={"intent": Provide(provide_intent_of_anybody)},
)
async def sign_in(
    request: Asked, signing: TheSignIn, data: JSONBody[SignInBody], intent: TheIntent
) -> Response[SessionView]:
    """Sign in for a shift.

    The session is a cookie. What it vouches for has to come from a page of this service; programs use a
    key instead.
    """
    public_url = request.app.state.settings.public_url
    if browsers.asks_from_here(request.headers, public_url) is False:
        raise Problem("cross_site", "Sign in on a page of this service.")
    slot = f"madoguchi_device_{await signing.device_slot(data.name)}"
    attempt = Attempt(
        name=data.name,
        password=data.password,
        code=data.code,
        new_password=data.new_password,
        address=request.client.host if request.client else "",
        device=request.cookies.get(slot),
    )
    signed = await signing.sign_in(attempt, intent)
    return Response(
        _view(signed.session),
        cookies=_cookies(request, signed, slot),
        headers=REPLAYED if signed.replayed else None,
    )


@get(PATH, opt={"roles": ANYONE})
async def who_am_i(request: Asked) -> SessionView:
    """Who asks: the person who signed in, or the key."""
    who = holder(request)
    assert who is not None, "the guard lets nobody else in"
    return _view(who)


@delete(PATH, opt={"roles": ANYONE}, status_code=204)
async def sign_out(request: Asked, signing: TheSignIn) -> Response[None]:
    """Sign out: the session ends, everywhere. A key has none, so nothing ends."""
    who = holder(request)
    if who is None or who.person is None:
        return Response(None, status_code=204)
    await signing.sign_out(who, session_token(request))
    name = browsers.session_cookie(secure=over_tls(request))
    return Response(None, status_code=204, cookies=[_cookie(request, name, "", "/", 0)])


def _view(who: Any) -> SessionView:
    until = utc(who.until) if isinstance(who, Session) else None
    return SessionView(
        person=who.person, role=who.role, office=who.office, label=who.label, until=until
    )


def _cookies(request: Asked, signed: Signed, slot: str) -> list[Cookie]:
    name = browsers.session_cookie(secure=over_tls(request))
    session = signed.session
    lasts_s = (session.until - session.created_at) // 1000
    return [
        _cookie(request, name, signed.token, "/", lasts_s),
        _cookie(request, slot, signed.device, request.url.path, REMEMBERED_S),
    ]


def _cookie(request: Asked, name: str, value: str, path: str, lasts_s: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path=path,
        max_age=lasts_s,
        httponly=True,
        samesite="strict",
        secure=over_tls(request),
    )


handlers: list[Any] = [sign_in, who_am_i, sign_out]
router = Router(
    "/",
    route_handlers=handlers,
    dependencies={"access": Provide(provide_access), "signing": Provide(provide_sign_in)},
    tags=["access"],
)
