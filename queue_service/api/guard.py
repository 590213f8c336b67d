"""Who may do what: each handler names its roles, and one guard holds everyone to them.

What stands in the `opt` of a handler is its rule, and the table in ACCESS.md is drawn from it:

    roles      who may; with an office in the path, only at that office
    holder     whoever has the id of the ticket in the path may, too, and shows no key
    near       whoever asks from this machine may, too
    own_office the office is not in the path: the handler asks `check_office`
    door       a WebSocket, whose key comes later: display.door asks the same question
    limit      how often the public may ask from one address, if not as usual; None: as often as it likes

Whoever shows a key is that key's holder, whatever cookies come along; else the session in the cookie
says who asks, and what it asks to be done has to come from a page of ours.

A handler without a rule does not start: `app.create_app` walks the routes.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from queue_service import browsers
from queue_service.access import Access
from queue_service.api.problems import Problem
from queue_service.limits import Limit, Limits, network, seconds
from queue_service.refusals import Unavailable
from queue_service.rights import (
    ADMIN,
    ANALYST,
    ANYONE,
    BOARD,
    KIOSK,
    PUBLIC,
    RECORDS,
    STAFF,
    Credential,
    Role,
    Verdict,
    judge,
)

__all__ = ["ADMIN", "ANALYST", "ANYONE", "BOARD", "KIOSK", "PUBLIC", "RECORDS", "STAFF"]

Connection = ASGIConnection[Any, Any, Any, Any]

# A ticket machine asks a few times a minute, a desk every few seconds, a page of figures some thirty
# times at once; programs of the house may ask more. An administrator's key has no limit: it could do
# worse than ask often.
LIMITS = {
    Role.KIOSK: Limit("kiosk", per_s=20, burst=500),  # fewer than there are numbers
    Role.DISPLAY: Limit("display", per_s=50, burst=1000),
    Role.STAFF: Limit("staff", per_s=50, burst=1000),
    Role.ANALYST: Limit("analyst", per_s=50, burst=1000),
}
BY_ADDRESS = Limit("public", per_s=50, burst=1000)  # a hall's phones may share one
WRONG_KEY = Limit("wrong", per_s=2, burst=300)  # a screen whose key was revoked asks again, too


def holder(connection: Connection) -> Credential | None:
    """Whoever asks, or None for the public."""
    user: Credential | None = connection.scope.get("user")
    return user


def works_at(who: Credential | None, office: str) -> bool:
    """Whether this is staff of an office."""
    return judge(who, STAFF, office) is Verdict.LET_IN


def check_office(who: Credential | None, office: str | None) -> None:
    """Hold somebody to his own office, where the path does not name it; None: every office.

    Raises:
        Problem
    """
    if who is not None and not who.covers(office):
        what = "key" if who.person is None else "sign-in"
        raise Problem("forbidden", f"This {what} is for the office {who.office}.")


async def may(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let pass whoever holds one of the handler's roles, at the office in question."""
    key = _key(connection)
    user = await _find(connection, key)
    connection.scope["user"] = user
    await _ask_for_patience(connection, handler, user, wrong=bool(key) and user is None)
    # Only the answers to OPTIONS, which Litestar writes itself, have no roles; see `app`.
    roles: frozenset[Role] = handler.opt.get("roles", PUBLIC)
    if key and user is None:
        raise Problem("no_key", "This key is unknown or was revoked.")
    if user is not None and user.person is not None:
        _check_site(connection)
    if user is None and handler.opt.get("holder"):
        return  # the ticket's id in the path is right enough
    if handler.opt.get("door") or (handler.opt.get("near") and _is_near(connection)):
        return
    office = connection.path_params.get("office")
    verdict = judge(user, roles, office)
    if verdict is Verdict.UNKNOWN:
        raise Problem("no_key", "Send a key (Authorization: Bearer KEY), or sign in.")
    if user is not None and verdict is Verdict.WRONG_ROLE:
        needed = ", ".join(sorted(roles))
        raise Problem("forbidden", f"The role {user.role} may not do this; it takes {needed}.")
    if verdict is Verdict.ELSEWHERE:
        check_office(user, office)


async def _ask_for_patience(
    connection: Connection, handler: BaseRouteHandler, user: Credential | None, *, wrong: bool
) -> None:
    """Count a request; whoever asks too often is told when to come back."""
    limit = _limit(handler, user, wrong=wrong)
    limits: Limits | None = connection.app.state.limits
    if limit is None or limits is None:
        return
    address = connection.client.host if connection.client else ""
    wait_s = await limits.wait_s(user.id if user else network(address), limit)
    if wait_s:
        again = seconds(wait_s)
        reason = f"That was too often ({limit.name}). Come back in {again} s."
        raise Problem("too_many", reason, retry_after_s=again)


def _limit(handler: BaseRouteHandler, user: Credential | None, *, wrong: bool) -> Limit | None:
    if wrong:
        return WRONG_KEY
    if user is not None:
        return LIMITS.get(user.role)
    found: Limit | None = handler.opt.get("limit", BY_ADDRESS)
    return found


def _key(connection: Connection) -> str:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _is_near(connection: Connection) -> bool:
    client = connection.client
    near = client is not None and (client.host == "::1" or client.host.startswith("127."))
    # What a proxy on this machine passes on comes from elsewhere.
    return near and not {"forwarded", "x-forwarded-for"} & connection.headers.keys()


async def _find(connection: Connection, key: str) -> Credential | None:
    """Who asks: by the key, or else by the session in the cookie. Neither does for the other."""
    shown = key or session_token(connection)
    if not shown:
        return None
    access: Access | None = connection.app.state.access
    if access is None:
        raise Unavailable
    found = await access.find(shown)
    return found if found is None or (found.person is None) == bool(key) else None


def session_token(connection: Connection) -> str:
    """The session in the cookie, whether it is one or not."""
    return browsers.session_in(connection.cookies, secure=over_tls(connection))


def over_tls(connection: Connection) -> bool:
    """Whether a cookie set now would travel over TLS alone."""
    public_url = connection.app.state.settings.public_url
    host = connection.headers.get("host")
    return browsers.is_secure(connection.scope["scheme"], host, public_url)


def _check_site(connection: Connection) -> None:
    """Refuse a command that another site made a browser send, with the cookie of somebody signed in."""
    if connection.scope.get("method") in browsers.SAFE:
        return
    public_url = connection.app.state.settings.public_url
    if not browsers.asks_from_here(connection.headers, public_url):
        raise Problem(
            "cross_site", "This was not asked from a page of this service; open it there."
        )
