"""Who may do what: each handler names its roles, and one guard holds everyone to them.

What stands in the `opt` of a handler is its rule, and the table in ACCESS.md is drawn from it:

    roles      who may; with an office in the path, only at that office
    holder     whoever has the id of the ticket in the path may, too, and shows no key
    near       whoever asks from this machine may, too
    own_office the office is not in the path: the handler asks `check_office`
    door       a WebSocket, whose key comes later: display.door asks the same question

A handler without a rule does not start: `app.create_app` walks the routes.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from queue_service.access import Access
from queue_service.api.problems import Problem
from queue_service.refusals import Unavailable
from queue_service.rights import (
    ADMIN,
    ANALYST,
    ANYONE,
    BOARD,
    KIOSK,
    PUBLIC,
    STAFF,
    Credential,
    Role,
    Verdict,
    judge,
)

__all__ = ["ADMIN", "ANALYST", "ANYONE", "BOARD", "KIOSK", "PUBLIC", "STAFF"]

Connection = ASGIConnection[Any, Any, Any, Any]


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
        raise Problem("forbidden", f"This key is for the office {who.office}.")


async def may(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let pass whoever holds one of the handler's roles, at the office in question."""
    key = _key(connection)
    user = await _find(connection, key) if key else None
    connection.scope["user"] = user
    # Only the answers to OPTIONS, which Litestar writes itself, have no roles; see `app`.
    roles: frozenset[Role] = handler.opt.get("roles", PUBLIC)
    if key and user is None:
        raise Problem("no_key", "This key is unknown or was revoked.")
    if user is None and handler.opt.get("holder"):
        return  # the ticket's id in the path is right enough
    if handler.opt.get("door") or (handler.opt.get("near") and _is_near(connection)):
        return
    office = connection.path_params.get("office")
    verdict = judge(user, roles, office)
    if verdict is Verdict.UNKNOWN:
        raise Problem("no_key", "Send a key: Authorization: Bearer KEY.")
    if user is not None and verdict is Verdict.WRONG_ROLE:
        needed = ", ".join(sorted(roles))
        raise Problem("forbidden", f"A key of role {user.role} may not do this; it takes {needed}.")
    if verdict is Verdict.ELSEWHERE:
        check_office(user, office)


def _key(connection: Connection) -> str:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _is_near(connection: Connection) -> bool:
    client = connection.client
    near = client is not None and (client.host == "::1" or client.host.startswith("127."))
    # What a proxy on this machine passes on comes from elsewhere.
    return near and not {"forwarded", "x-forwarded-for"} & connection.headers.keys()


async def _find(connection: Connection, key: str) -> Credential | None:
    access: Access | None = connection.app.state.access
    if access is None:
        raise Unavailable
    return await access.find(key)
