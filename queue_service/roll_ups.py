"""Roll-ups: the figures of whole business days, made from the ledger and kept beside it.

A roll-up is a re-computation: the entries of one day are folded anew and the result overwrites what
was there. Twice, late, in two processes at once or after a crash, the figures are the same. Nothing is
ever added to a figure.

A day is final 24 hours after its end: what is done with one of its tickets later no longer counts.

Beside the figures it is noted up to which entry they go, and in which shape they were written: after an
update that writes another one, every day is behind and computed anew.
"""

from msgspec import Struct

from queue_service import events as ev
from queue_service import keys
from queue_service.board import open_desks
from queue_service.connection import Client
from queue_service.events import Entry
from queue_service.figures import LEDGER, SHAPE, Day, decode, encode
from queue_service.hall import DeskRecord
from queue_service.hours import BusinessDay, business_day_of
from queue_service.offices import Office
from queue_service.questions import Questions
from queue_service.round_trip import answered
from queue_service.tally import Beside, DeskSpan, figures_of, tally
from queue_service.visits import Visits

FINAL_MS = 24 * 3_600_000  # after the end of a day
CURSOR = ""  # in `rolled`: up to this entry every day is rolled up
LATEST = "at"  # in `rolled`: when a day was rolled up last (s)


class Outstanding(Struct, frozen=True):
    """What the roll-ups do not know yet."""

    dates: tuple[str, ...]  # business dates with newer entries
    cursor: int  # up to this entry nothing is outstanding
    until: int  # the latest entry there is


async def outstanding(ledger: Questions, office: Office) -> Outstanding:
    """Which business dates have entries newer than their roll-up."""
    async with answered():
        raw = await ledger.redis.hgetall(keys.of(office.id, "rolled"))
    rolled = {date: rolled_until(noted) for date, noted in raw.items()}
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


def rolled_until(noted: str | None) -> int:
    """Up to which entry figures go, as it is noted beside them; 0 where they have another shape."""
    until, _, shape = (noted or "").partition(":")
    return int(until) if shape == str(SHAPE) else 0


def _noted(until: int) -> str:
    return f"{until}:{SHAPE}"


async def note_cursor(redis: Client, office: str, cursor: int) -> None:
    """Remember up to where nothing is outstanding, so that it is not looked for again."""
    async with answered():
        await redis.hset(keys.of(office, "rolled"), CURSOR, _noted(cursor))


async def roll_up(ledger: Questions, office: Office, date: str) -> Day:
    """Compute the figures of a business date anew, and keep them.

    Of two at once the one that read more of the ledger stays, whichever is done first.
    """
    day = await computed(ledger, office, date)
    rolled = keys.of(office.id, "rolled")

    async def keep(pipe: Client) -> None:
        known = rolled_until(await pipe.hget(rolled, date))
        seconds, _ = await pipe.time()
        pipe.multi()
        pipe.hset(rolled, LATEST, seconds)
        if known <= day.until:
            pipe.hset(keys.of(office.id, "figures"), date, encode(day))
            pipe.hset(rolled, date, _noted(day.until))

    async with answered():
        await ledger.redis.transaction(keep, rolled)
    return day


async def latest(ledger: Questions, office: str) -> int | None:
    """When a day was rolled up last, in seconds since the epoch by the engine's clock; None: never."""
    async with answered():
        noted = await ledger.redis.hget(keys.of(office, "rolled"), LATEST)
    return int(noted) if noted else None


async def computed(ledger: Questions, office: Office, date: str, until: int | None = None) -> Day:
    """The figures of a business date as of an entry; None: as of the latest."""
    day = business_day_of(office, date)
    entries = ledger.entries_of(office.id)
    until = await entries.last() if until is None else until
    after = await entries.before(day.start)
    visits, beside, over = Visits(), Beside(), False
    desks = _Desks(office, date)
    async for entry in entries.all(after, until):
        if entry.event.at >= day.end + FINAL_MS:
            break
        desks.add(entry)
        if getattr(entry.event, "date", None) != date:
            continue
        match entry.event:
            case ev.Refused() as event:
                beside.refused.append(event)
            case ev.HintAnswered() as event:
                beside.hints.append(event)
            case ev.Helped() as event:
                beside.helped.append(event)
            case ev.DayClosed():
                over = True
            case _:
                visits.add(entry)
    beside.desks = desks.spans()
    found = (
        figures_of(visit, day.end, over=over, open_desks=desks.at_arrival.get(visit.ticket))
        for visit in visits.rest()
    )
    return tally(date, [each for each in found if each is not None], beside, until=until)


class _Desks:
    """Which desks are open on a business day, entry by entry, and how many were for whoever arrived."""

    def __init__(self, office: Office, date: str) -> None:
        self.at_arrival: dict[int, int | None] = {}
        self._office, self._date = office, date
        self._desks: dict[str, DeskRecord] = {}
        self._services: dict[int, str] = {}
        self._today = False
        self._since: dict[str, int] = {}
        self._touched: dict[str, int] = {}
        self._spans: list[DeskSpan] = []

    def spans(self) -> list[DeskSpan]:
        """While each desk was open. One that nobody closed was open until the last thing done at it."""
        left = [DeskSpan(desk, at, self._touched[desk]) for desk, at in self._since.items()]
        return sorted((*self._spans, *left), key=lambda span: (span.since, span.desk))

    def add(self, entry: Entry) -> None:
        desk = getattr(entry.event, "desk", None)
        if self._today and desk is not None:
            self._touched[desk] = entry.event.at
        match entry.event:
            case ev.DayOpened(date=date):
                self._desks.clear()
                self._today = date == self._date
            case ev.DeskChanged(desk=desk, status=status, services=services):
                self._desks[desk] = DeskRecord(status=status, services=services)
                if self._today:
                    self._change(desk, entry.event.at, opens=status is ev.DeskStatus.OPEN)
            case ev.Issued(service=service, place=place):
                self._services[entry.id] = service
                if place is not None:
                    self._arrive(entry.id)
            case ev.CheckedIn(ticket=ticket):
                self._arrive(ticket)
            case _:
                pass

    def _change(self, desk: str, at: int, *, opens: bool) -> None:
        since = self._since.get(desk)
        if opens and since is None:
            self._since[desk] = at
        elif not opens and since is not None:
            del self._since[desk]
            self._spans.append(DeskSpan(desk, since, at))

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
