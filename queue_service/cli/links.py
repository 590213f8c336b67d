"""The links of the pages: who opens which, and with whose key.

A key stands in the fragment of a link, which a browser keeps to itself: no server and no log sees it.
"""

from msgspec import Struct

from queue_service.access import Access
from queue_service.offices import Office
from queue_service.rights import Role


class Door(Struct, frozen=True):
    """A page that takes a key."""

    name: str
    page: str
    role: Role


DOORS = (
    Door("Ticket machine", "kiosk", Role.KIOSK),
    Door("Lobby board", "board", Role.DISPLAY),
    Door("Staff desk", "desk", Role.STAFF),
    Door("Greeter", "floor", Role.STAFF),
    Door("Statistics", "stats", Role.ANALYST),
)

Keys = dict[Role, str]


async def new_keys(access: Access, office: str, label: str) -> Keys:
    """A key for each role that a page of the office takes."""
    roles = dict.fromkeys(door.role for door in DOORS)
    return {role: (await access.new(role, office, label))[0] for role in roles}


def pages(role: Role, office: str) -> list[str]:
    """The pages that take a key of a role; that of the desks names none."""
    return [
        f"/{door.page}/{office}" + ("/DESK" if door.page == "desk" else "")
        for door in DOORS
        if door.role is role
    ]


def link(site: str, office: Office, page: str, key: str | None = None) -> str:
    """The address of one page; of the desks, the first."""
    path = f"{page}/{office.id}" + (f"/{office.desks[0].id}" if page == "desk" else "")
    return f"{site}/{path}" + (f"#key={key}" if key else "")


def lines(site: str, office: Office, keys: Keys) -> list[str]:
    """A line for each page of an office, with the keys that were made for it."""
    doors = [(door.name, link(site, office, door.page, keys.get(door.role))) for door in DOORS]
    return [f"  {name:<15} {address}" for name, address in [*doors, _status(site, office)]]


def _status(site: str, office: Office) -> tuple[str, str]:
    return "How busy it is", link(site, office, "status")
