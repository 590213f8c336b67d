"""Why the ledger did not do what it was asked: one class a reason, its docstring the message.

A refused command has changed nothing, except that a visitor who was given no number is counted.
"""

from typing import ClassVar

from queue_service.tickets import Ticket


class Refusal(Exception):
    """The command cannot be carried out."""

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str | None = None, **more: object) -> None:
        super().__init__(detail or (self.__doc__ or "").split("\n\n")[0])
        self.more = more  # fields that help, such as the ticket in the way
        self.ticket: Ticket | None = None  # the ticket in the way, if it is one
        self.ahead: int | None = None
        self.replayed = False


class Closed(Refusal):
    """No numbers are given for this service at this time."""

    code = "closed"


class Suspended(Refusal):
    """This service is suspended for now; staff can open it again."""

    code = "suspended"


class Full(Refusal):
    """All numbers of this service for today are taken."""

    code = "full"


class Past(Refusal):
    """The booked time is already over; choose a later one."""

    code = "past"


class DeskBusy(Refusal):
    """The desk still holds a ticket; finish, park or return it first."""

    code = "desk_busy"


class Stale(Refusal):
    """The desk no longer holds this ticket: look at what it holds now."""

    code = "stale"


class IllegalMove(Refusal):
    """The ticket cannot make this move in its present state."""

    code = "illegal_move"


class NothingToUndo(Refusal):
    """Only the latest move of a desk can be undone, within a minute, while nothing else happened."""

    code = "nothing_to_undo"


class UnknownTicket(Refusal):
    """There is no such ticket today."""

    code = "unknown_ticket"


class UnknownOffice(Refusal):
    """There is no such office; an office definition puts it into service."""

    code = "unknown_office"


class ServiceInUse(Refusal):
    """The new definition lacks a service that tickets still wait for; finish them first."""

    code = "service_in_use"


class DeskInUse(Refusal):
    """The new definition lacks a desk that still holds a ticket; finish it first."""

    code = "desk_in_use"


class NotYet(Refusal):
    """Freed time cannot have been used on a date that is still to come."""

    code = "not_yet"


class UnknownEntry(Refusal):
    """There is no entry of freed time with this id."""

    code = "unknown_entry"


class AlreadyStruck(Refusal):
    """This entry was struck before; it does not count any more."""

    code = "already_struck"


class KeyReused(Refusal):
    """This idempotency key was used for another request; use a new key for each intent."""

    code = "key_reused"


class UnknownKey(Refusal):
    """There is no key with this id; `madoguchi keys list` shows them."""

    code = "unknown_key"


class UnknownCode(Refusal):
    """No device can be enrolled with this code: it is mistyped, was used, or its time is over."""

    code = "unknown_code"


class TooManyCodes(Refusal):
    """Too many wrong codes were tried. Wait a little; codes that are good stay so for their time."""

    code = "too_many_codes"


class UnknownPerson(Refusal):
    """Nobody signs in with this name; `madoguchi people list` shows who does."""

    code = "unknown_person"


class PersonExists(Refusal):
    """Somebody signs in with this name already; choose another, or give that person a new password."""

    code = "person_exists"


class PersonChanged(Refusal):
    """This person was changed at the same moment: look again, and do it again if it is still needed."""

    code = "person_changed"


class WrongName(Refusal):
    """A name to sign in with has 1 to 40 letters or digits, or any of . - _ @, and no space."""

    code = "wrong_name"


class WeakPassword(Refusal):
    """This password is too easy to guess; choose another."""

    code = "weak_password"


class WrongSignIn(Refusal):
    """Name, password or code is wrong."""

    code = "wrong_sign_in"


class CodeNeeded(Refusal):
    """Send the six digits that your authenticator app shows now, too (`code`)."""

    code = "code_needed"


class NewPasswordNeeded(Refusal):
    """Somebody else knows this password: choose one of your own and send it, too (`new_password`)."""

    code = "new_password_needed"


class TooManySignIns(Refusal):
    """That was tried too often from there. Wait a little, or use a device on which you signed in before."""

    code = "too_many_sign_ins"


class OtherPepper(Refusal):
    """The keys of this data set were made with another MADOGUCHI_PEPPER. Set it as it was then, the
    same for every part; it can be changed when no key is left.
    """

    code = "other_pepper"


class ClockLive(Refusal):
    """Only an office without entries can be given a simulated clock."""

    code = "clock_live"


class Unavailable(Refusal):
    """The engine cannot be reached. Nothing was lost; try again, with the same idempotency key."""

    code = "unavailable"


class MissingEntries(Refusal):
    """Entries are missing from the ledger. Restore a backup."""

    code = "entries_missing"


def _all(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind, *(deeper for below in kind.__subclasses__() for deeper in _all(below))]


BY_CODE: dict[str, type[Refusal]] = {kind.code: kind for kind in _all(Refusal)}
