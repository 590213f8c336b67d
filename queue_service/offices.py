"""What an office is: its services, desks, reception hours and rules, as its definition states them.

The structs have the fields of the definition and nothing else. They know no clock and no visitor:
`hours` tells when an office is open, `office_files` reads and checks a definition. What stands in
properties here may rely on a definition that was checked.
"""

import datetime
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import force_setattr

from queue_service.tickets import Stage

Texts = Mapping[str, str]  # language tag → text; a language may be missing, then the id stands in

PRIORITIES = {"normal": 0.0, "priority": 20.0, "handover": 30.0}  # minutes of head start
LANGUAGES = ("ja", "ja-easy", "en")  # of the screens, the office's own first
NUMBER_DIGITS = 3  # a number is read aloud and from afar: A001 keeps one shape all day


class UnknownService(LookupError):
    """The office has no such service."""

    def __init__(self, office: "Office", service: str) -> None:
        known = ", ".join(each.id for each in office.services)
        super().__init__(f"{office.id} has no service {service!r}; its services are {known}")


class UnknownDesk(LookupError):
    """The office has no such desk."""

    def __init__(self, office: "Office", desk: str) -> None:
        known = ", ".join(each.id for each in office.desks)
        super().__init__(f"{office.id} has no desk {desk!r}; its desks are {known}")


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a definition. It never changes: another definition is another version."""


class ReceptionHours(Part, frozen=True, kw_only=True):
    """The hours in which visitors are received, from a date on until the next entry begins."""

    since: datetime.date | None = field(default=None, name="from")  # None: ever since
    hours: Mapping[str, str]  # "mon-fri" → "08:30-12:00,13:00-17:15"; a day not named is closed
    note: str | None = None


class Closed(Part, frozen=True, kw_only=True):
    """The dates on which nobody is received, whatever the hours."""

    holidays: str | None = None  # country whose public holidays are kept
    dates: tuple[datetime.date, ...] = ()


class Note(Part, frozen=True, kw_only=True):
    """Something that happened on a date, and may have changed the figures from then on."""

    date: datetime.date
    text: Texts


class Lamp(Part, frozen=True, kw_only=True):
    """From how many waiting people on a service is shown as busy, and as crowded."""

    busy: int = 10
    crowded: int = 20


class Channel(Part, frozen=True, kw_only=True):
    """A way to obtain something."""

    fee: int | None = None  # as printed on the price list; None: not stated


class Procedure(Part, frozen=True, kw_only=True):
    """Something a visitor comes for, and the ways in which it can be had."""

    id: str
    name: Texts = {}
    channels: Mapping[str, Channel] = {}


class Category(Part, frozen=True, kw_only=True):
    """What freed time may be used for, beside the usual."""

    id: str
    name: Texts = {}


class Service(Part, frozen=True, kw_only=True):
    """What a visitor chooses at the kiosk: one line of people, one run of numbers."""

    id: str
    name: Texts = {}
    section: str | None = None
    prefix: str
    numbers: str = "1-999"
    stages: tuple[Stage, ...] = (Stage.RECEPTION,)
    lamp: Lamp = Lamp()
    daily_limit: int | None = None
    hours: Mapping[str, str] | None = None  # None: the office's
    sensitive: bool = False
    ask_procedure: bool = False  # whether the ticket machine asks which one; one tap more
    bring: Texts = {}
    procedures: tuple[Procedure, ...] = ()

    @property
    def lowest(self) -> int:
        """The first figure of its numbers."""
        return int(self.numbers.partition("-")[0])

    @property
    def highest(self) -> int:
        """The last figure of its numbers, itself included."""
        return int(self.numbers.partition("-")[2])

    @property
    def width(self) -> int:
        """To how many digits a figure is padded."""
        return max(NUMBER_DIGITS, len(str(self.highest)))


class Desk(Part, frozen=True, kw_only=True):
    """A place where one member of staff receives one visitor at a time."""

    id: str
    name: Texts = {}
    zone: str | None = None
    services: tuple[str, ...]
    stages: tuple[Stage, ...] = ()  # empty: every stage to which the visitor is called


class Office(Part, frozen=True, kw_only=True):
    """A hall with one ledger and one board."""

    id: str
    name: Texts = {}
    timezone: str
    day_starts_at: str = "04:00"
    reception_hours: tuple[ReceptionHours, ...] = ()  # empty: always open
    tickets_from: int = 0  # minutes, zero or negative: how long before opening tickets are given
    closed: Closed = Closed()
    notes: tuple[Note, ...] = ()  # in any order; new reception hours are one by themselves
    priorities: Mapping[str, float] = {}  # minutes of head start; always holds PRIORITIES
    languages: tuple[str, ...] = LANGUAGES
    slides: tuple[Texts, ...] = ()  # what the lobby's board shows in turn, below the calls
    freed_time: tuple[Category, ...] = ()  # its own categories, beside freed_time.CATEGORIES
    services: tuple[Service, ...]
    desks: tuple[Desk, ...]

    def __post_init__(self) -> None:
        """Complete the priorities, so that the classes the house relies on are always there."""
        stated = {name: minutes + 0.0 for name, minutes in self.priorities.items()}  # -0 is 0
        force_setattr(self, "priorities", PRIORITIES | stated)

    @property
    def tz(self) -> ZoneInfo:
        """The time zone in which the office lives."""
        return ZoneInfo(self.timezone)

    def service(self, service: str) -> Service:
        """The service of that id.

        Raises:
            UnknownService: the office has none.
        """
        for each in self.services:
            if each.id == service:
                return each
        raise UnknownService(self, service)

    def desk(self, desk: str) -> Desk:
        """The desk of that id.

        Raises:
            UnknownDesk: the office has none.
        """
        for each in self.desks:
            if each.id == desk:
                return each
        raise UnknownDesk(self, desk)
