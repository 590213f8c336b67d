"""Roll-ups: the figures of whole business days, made from the ledger and kept beside it.

A roll-up is a re-computation: the entries of one day are folded anew and the result overwrites what
was there. Twice, late, in two processes at once or after a crash, the figures are the same. Nothing is
ever added to a figure.

A day is final 24 hours after its end: what is done with one of its tickets later no longer counts.
"""

from msgspec import Struct

from queue_service import events as ev
from queue_service import keys
from queue_service.board import open_desks
from queue_service.connection import Client
from queue_service.events import Entry
from queue_service.figures import LEDGER, Day, decode, encode, figures_of, tally
from queue_service.hall import DeskRecord
from queue_service.hours import BusinessDay, business_day_of
from queue_service.offices import Office
from queue_service.questions import Questions
from queue_service.round_trip import answered
from queue_service.visits import Visits

FINAL_MS = 24 * 3_600_000  # after the end of a day
CURSOR = ""  # in `rolled`: up to this entry every day is rolled up


class Outstanding(Struct, frozen=True):
    """What the roll-ups do not know yet."""

    dates: tuple[str, ...]  # business dates with newer entries
    cursor: int  # up to this entry nothing is outstanding
    until: int  # the latest entry there is


async def outstanding(ledger: Questions, office: Office) -> Outstanding:
    """Which business dates have entries newer than their roll-up."""
    async with answered():
        raw = await ledger.redis.hgetall(keys.of(office.id, "rolled"))
    rolled = {date: int(until) for date, until in raw.items()}
    days: dict[str, BusinessDay] = {}
    entries = ledger.entries_of(office.id)
    cursor = until = rolled.get(CURSOR) or await entries.deleted()
    found: dict[str, None] = {}
    async for entry in entries.all(cursor):
        date = getattr(entry.event, "date", None)
        if date is not None and entry.id > rolled.get(date, 0):
            day = days.setdefault(date, business_day_of(office, date))
            if entry.event.at < day.end + FINAL_MS:
                found[date] = None
        if not found:
            cursor = entry.id
        until = entry.id
    return Outstanding(dates=tuple(found), cursor=cursor, until=until)


async def note_cursor(redis: Client, office: str, cursor: int) -> None:
    """Remember up to where nothing is outstanding, so that it is not looked for again."""
    async with answered():
        await redis.hset(keys.of(office, "rolled"), CURSOR, str(cursor))


async def roll_up(ledger: Questions, office: Office, date: str) -> Day:
    """Compute the figures of a business date anew, and keep them.

    Of two at once the one that read more of the ledger stays, whichever is done first.
    """
    day = await computed(ledger, office, date)
    rolled = keys.of(office.id, "rolled")

    async def keep(pipe: Client) -> None:
        known = int(await pipe.hget(rolled, date) or 0)
        pipe.multi()
        if known <= day.until:
            pipe.hset(keys.of(office.id, "figures"), date, encode(day))
            pipe.hset(rolled, date, str(day.until))

    async with answered():
        await ledger.redis.transaction(keep, rolled)
    return day


async def computed(ledger: Questions, office: Office, date: str, until: int | None = None) -> Day:
    """The figures of a business date as of an entry; None: as of the latest."""
    day = business_day_of(office, date)
    entries = ledger.entries_of(office.id)
    until = await entries.last() if until is None else until
    after = await entries.before(day.start)
    visits, refused, over = Visits(), list[ev.Refused](), False
    desks = _Desks(office)
    async for entry in entries.all(after, until):
        if entry.event.at >= day.end + FINAL_MS:
            break
        desks.add(entry)
        if getattr(entry.event, "date", None) != date:
            continue
        if isinstance(entry.event, ev.Refused):
            refused.append(entry.event)
        elif isinstance(entry.event, ev.DayClosed):
            over = True
        else:
            visits.add(entry)
    found = (
        figures_of(visit, day.end, over=over, open_desks=desks.at_arrival.get(visit.ticket))
        for visit in visits.rest()
    )
    return tally(date, [each for each in found if each is not None], refused, until=until)


class _Desks:
    """Which desks are open, entry by entry, and how many were for whoever arrived."""

    def __init__(self, office: Office) -> None:
        self.at_arrival: dict[int, int | None] = {}
        self._office = office
        self._desks: dict[str, DeskRecord] = {}
        self._services: dict[int, str] = {}

    def add(self, entry: Entry) -> None:
        match entry.event:
            case ev.DayOpened():
                self._desks.clear()
            case ev.DeskChanged(desk=desk, status=status, services=services):
                self._desks[desk] = DeskRecord(status=status, services=services)
            case ev.Issued(service=service, place=place):
                self._services[entry.id] = service
                if place is not None:
                    self._arrive(entry.id)
            case ev.CheckedIn(ticket=ticket):
                self._arrive(ticket)
            case _:
                pass

    def _arrive(self, ticket: int) -> None:
        if service := self._services.get(ticket):
            self.at_arrival[ticket] = open_desks(self._office, self._desks, service)


async def days(ledger: Questions, office: Office, first: str, last: str) -> list[Day]:
    """The figures of the business dates from `first` to `last`, both included, as of this moment.

    What the roll-ups do not know yet is computed by the same function and not kept.
    """
    behind = set((await outstanding(ledger, office)).dates)
    key = keys.of(office.id, "figures")
    async with answered():
        known = sorted(await ledger.redis.hkeys(key))
        whole = {LEDGER, *await ledger.redis.hkeys(keys.of(office.id, "imports"))}
        wanted = [
            name
            for name in known
            if first <= name[:10] <= last and name not in behind and name[11:] in whole
        ]
        raw = await ledger.redis.hmget(key, wanted) if wanted else []
    kept = [decode(each) for each in raw if each is not None]
    running = [
        await computed(ledger, office, date) for date in sorted(behind) if first <= date <= last
    ]
    return sorted([*kept, *running], key=lambda day: (day.date, day.source))
