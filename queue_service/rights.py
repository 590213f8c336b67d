"""Rights: roles, whoever holds one, and the one rule that every door asks.

A device shows a key, a person signs in. Both become the same kind of holder, a `Credential`: no door
needs to know how it was shown.
"""

from enum import StrEnum, auto

from msgspec import Struct


class Role(StrEnum):
    """What somebody is here for."""

    KIOSK = "kiosk"  # issues; reads and cancels what it issued
    DISPLAY = "display"  # reads boards
    STAFF = "staff"  # works the desks and tickets of its office
    ANALYST = "analyst"  # reads events and figures
    ADMIN = "admin"  # everything


class Credential(Struct, frozen=True, kw_only=True):
    """Whoever asks, as far as the service knows."""

    id: str
    role: Role
    office: str | None  # None: every office
    label: str
    created_at: int
    person: str | None = None  # who signed in; None: a key

    @property
    def by(self) -> str | None:
        """Who answers for what is done with this; None: a machine, which does what visitors wish."""
        if self.role in (Role.KIOSK, Role.DISPLAY):
            return None
        return self.person or f"key {self.id}"

    def covers(self, office: str | None) -> bool:
        """Whether this holds at an office; None: at every office there is or will be."""
        return self.office is None or self.office == office


# Who may pass: each door names one of these.
PUBLIC: frozenset[Role] = frozenset()
ADMIN = frozenset({Role.ADMIN})
STAFF = frozenset({Role.STAFF, Role.ADMIN})
KIOSK = frozenset({Role.KIOSK, Role.STAFF, Role.ADMIN})
BOARD = frozenset({Role.DISPLAY, Role.STAFF, Role.ADMIN})
ANALYST = frozenset({Role.ANALYST, Role.ADMIN})
RECORDS = STAFF | ANALYST  # both know what freed time was used for
ANYONE = frozenset(Role)


class Verdict(StrEnum):
    """What a door says."""

    LET_IN = auto()
    UNKNOWN = auto()  # 401: nobody the service knows
    WRONG_ROLE = auto()  # 403
    ELSEWHERE = auto()  # 403: of another office


def judge(who: Credential | None, roles: frozenset[Role], office: str | None = None) -> Verdict:
    """Whether somebody may pass a door that lets in these roles; `office`: whose door it is, if one's.

    >>> judge(None, PUBLIC, "ashikaga")
    <Verdict.LET_IN: 'let_in'>
    """
    if roles == PUBLIC:
        return Verdict.LET_IN
    if who is None:
        return Verdict.UNKNOWN
    if who.role not in roles:
        return Verdict.WRONG_ROLE
    if office is not None and not who.covers(office):
        return Verdict.ELSEWHERE
    return Verdict.LET_IN
