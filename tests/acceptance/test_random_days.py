"""A thousand random days: the statistics say what a plain walk over the entries says.

Visitors do by chance whatever a hall allows; their entries are written to a ledger, counted while it
grows, and compared with a count that knows the ledger's JSON and nothing of ours.
"""

import asyncio
import json
import random
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct
from msgspec.structs import replace

from queue_service import events as ev
from queue_service import keys, roll_ups
from queue_service.connection import Client
from queue_service.figures import NONE, Day, End
from queue_service.intervals import Question, Row
from queue_service.ledger import Ledger
from queue_service.measures import COUNTS, WITHIN
from queue_service.offices import Desk, Office, Service
from queue_service.roll_ups import computed, days, note_cursor, outstanding, roll_up
from queue_service.statistics import gather
from queue_service.tickets import Item, Leg, Stage
from tests.hall import OFFICE, issue

SEED = 20_251_124
STRETCHES, DATES = 100, 10  # so many times ten days
VISITS = 20  # a day, at most
MINUTE, HOUR = 60_000, 3_600_000  # ms
SOON = 15 * MINUTE
A_DAY, MIDNIGHT = timedelta(days=1), time()
FINAL = 24 * HOUR  # after the end of its day a visit changes no more
R, C, V, H = Stage.RECEPTION, Stage.CHECK, Stage.REVIEW, Stage.HANDOVER
STAGES = {"moving": (R, C, V, H), "certificates": (R, H), "tax": (R,)}
ZONES = {  # with dates on which clocks are changed
    "Asia/Tokyo": ("2025-11-24",),
    "Asia/Kathmandu": ("2025-12-28",),
    "Europe/Helsinki": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "America/St_Johns": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
}
DAY_STARTS = ("00:00", "04:00", "05:30", "22:00")

Draft = tuple[int, Any, dict[str, Any]]  # an entry to be: when, which event, and its fields
Told = tuple[int, list[Draft]]  # who goes first at the same instant, and the drafts in their order
Plain = dict[str, Any]  # an entry as the ledger's JSON has it, with its id


# What people do


class Now(Struct, frozen=True, kw_only=True):
    """Where a visitor stands."""

    state: str
    service: str
    stages: tuple[Stage, ...]
    stage: Stage = R
    then: tuple[Leg, ...] = ()
    desk: str | None = None
    called_at: int = 0
    started_at: int | None = None


WHAT_NEXT = {
    "booked": {"check_in": 6, "cancel": 1, "note": 1, "lapse": 1},
    "waiting": {"call": 14, "cancel": 1, "park": 1, "transfer": 1, "note": 2},
    "called": {"start": 12, "finish": 4, "recall": 2, "no_show": 2}
    | {"give_back": 1, "park": 1, "transfer": 1, "cancel": 1},
    "serving": {"finish": 12, "give_back": 1, "park": 1, "transfer": 1, "note": 1},
    "processing": {"finish": 8, "cancel": 1},
    "parked": {"resume": 3, "call": 3, "cancel": 1, "transfer": 1},
    "no_show": {"give_back": 1, "go": 4},
}
ENDS = {
    "Finished": End.FINISHED,
    "NoShow": End.NO_SHOW,
    "Cancelled": End.CANCELLED,
    "Expired": End.EXPIRED,
}
NEW_STAGE = ("StageFinished", "LegFinished", "Transferred")
AT_DESK = {"called", "serving"}
GAPS = (0, 1, 3, 3, 10, 10, 20, 200)  # minutes, at most


class Visitor:
    """One visit, made up as it goes: `told` are its entries, the first being its number."""

    def __init__(self, chance: random.Random, date: str, bounds: Sequence[int]) -> None:
        """`bounds`: when its business day opens and closes, and when the next one does."""
        opens, self.closes, self.next_closes = bounds
        self.chance = chance
        self.at = chance.randrange(opens + 1, self.closes)
        service = chance.choice(list(STAGES))
        others = chance.sample(list(STAGES), chance.choice((0, 0, 0, 1, 2)))
        then = tuple(Leg(each, STAGES[each]) for each in others)
        booked = chance.random() < 0.1
        state = "booked" if booked else "waiting"
        self.now = Now(state=state, service=service, stages=STAGES[service], then=then)
        self.of = {"number": f"A{chance.randrange(1000):03}", "date": date}
        self.told: list[Draft] = []
        self.tell(
            ev.Issued,
            **{"booked_for" if booked else "place": self.at},
            service=service,
            stages=STAGES[service],
            then=then,
            priority="normal",
            language="ja",
            channel="kiosk",
            issuer="kiosk-1",
            items=(Item("copy", 1),) if chance.random() < 0.2 else (),
        )

    def tell(self, kind: Any, **fields: Any) -> None:
        self.told.append((self.at, kind, self.of | fields))

    def come_and_go(self) -> list[Draft]:
        """Do something again and again until the visit is over, or the ledger looks away."""
        while self.now.state != "over":
            self.at += int(self.chance.choice(GAPS) * MINUTE * self.chance.random())
            if self.at >= self.closes and not self._goes_on():
                break
            before = self.now
            weights = WHAT_NEXT[before.state]
            name = self.chance.choices(list(weights), list(weights.values()))[0]
            getattr(self, name)()
            self._think_again(before)
        return self.told

    def _goes_on(self) -> bool:
        """The day is over: whoever is at a desk may be seen to later, the others expire."""
        if self.now.state in AT_DESK and self.told[-1][0] < self.closes:
            late = self.closes + self.chance.choice((0, 1, 9 * HOUR, FINAL - 1, FINAL, FINAL + 1))
            self.at = max(late, self.told[-1][0])
            return self.chance.random() < 0.5
        if self.told[-1][0] < self.closes or self.at >= self.next_closes:
            if self.now.state not in (*AT_DESK, "no_show"):
                self.at = self.closes if self.told[-1][0] < self.closes else self.next_closes
                self.tell(ev.Expired)
            return False
        return self.now.state != "no_show"

    def _think_again(self, before: Now) -> None:
        """Now and then the desk takes back what it did."""
        by_desk = self.told[-1][1] is not ev.Undone and self.told[-1][2].get("desk")
        if by_desk and self.now != before and self.chance.random() < 0.07:
            self.at += self.chance.randrange(MINUTE)
            self.tell(ev.Undone, undoes=len(self.told) - 1, desk=by_desk)
            self.now = before

    def move(self, kind: Any, state: str, **fields: Any) -> None:
        """Tell of a move of the desk that holds the ticket, if one does."""
        held = {"desk": self.now.desk} if self.now.state in AT_DESK else {}
        self.tell(kind, **(held | fields))
        self.now = replace(self.now, state=state)

    def check_in(self) -> None:
        self.move(ev.CheckedIn, "waiting", place=self.at)

    def call(self) -> None:
        self.now = replace(self.now, desk=self.chance.choice("123"), called_at=self.at)
        self.now = replace(self.now, state="called", started_at=None)
        self.move(ev.Called, "called", service=self.now.service, stage=self.now.stage)

    def recall(self) -> None:
        self.now = replace(self.now, called_at=self.at)
        self.move(ev.Recalled, "called", service=self.now.service, stage=self.now.stage)

    def start(self) -> None:
        self.now = replace(self.now, started_at=self.at)
        self.move(ev.ServeStarted, "serving", service=self.now.service, stage=self.now.stage)

    def no_show(self) -> None:
        self.move(ev.NoShow, "no_show", service=self.now.service, stage=self.now.stage)

    def give_back(self) -> None:
        self.move(ev.Returned, "waiting", place=1)

    def park(self) -> None:
        self.move(ev.Parked, "parked")

    def resume(self) -> None:
        self.move(ev.Resumed, "waiting", place=1)

    def cancel(self) -> None:
        self.move(ev.Cancelled, "over", by="visitor")

    def lapse(self) -> None:
        self.move(ev.Expired, "over")

    def go(self) -> None:
        self.now = replace(self.now, state="over")

    def note(self) -> None:
        kind = self.chance.choice((ev.ItemsSet, ev.Reprinted, ev.NeedsSet))
        items = {"items": (Item("copy", 2),) * self.chance.randrange(2)}
        self.tell(kind, **(items if kind is ev.ItemsSet else {}))

    def transfer(self) -> None:
        now, to = self.now, self.chance.choice(list(STAGES))
        self.move(ev.Transferred, "waiting", service=now.service, to=to, stages=STAGES[to], place=1)
        self.now = replace(self.now, service=to, stages=STAGES[to], stage=R)

    def finish(self) -> None:
        now = self.now
        served: dict[str, Any] = {"service": now.service, "stage": now.stage}
        if now.state in AT_DESK:
            served["started_at"] = now.started_at or now.called_at
            served["implied"] = now.started_at is None
            served["by_next"] = self.chance.random() < 0.3
        later = now.stages[now.stages.index(now.stage) + 1 :]
        if later and self.chance.random() < 0.9:
            calls = later[0] in (R, H)
            place = {"place": 1} if calls else {}
            state = "waiting" if calls else "processing"
            self.move(ev.StageFinished, state, next=later[0], **served, **place)
            self.now = replace(self.now, stage=later[0])
        elif now.then:
            leg = now.then[0]
            more = {"next_service": leg.service, "stages": leg.stages, "place": 1}
            self.move(ev.LegFinished, "waiting", **served, **more)
            self.now = replace(self.now, service=leg.service, stages=leg.stages, stage=R)
            self.now = replace(self.now, then=now.then[1:])
        else:
            self.move(ev.Finished, "over", **served)


# The ledger they leave


class Stretch:
    """An office, some of its business days, and the entries of what happened there."""

    def __init__(self, seed: int) -> None:
        chance = self.chance = random.Random(seed)
        zone, starts = chance.choice(list(ZONES)), time.fromisoformat(chance.choice(DAY_STARTS))
        self.zone = ZoneInfo(zone)
        first = date.fromisoformat(chance.choice(ZONES[zone])) - chance.randrange(DATES) * A_DAY
        self.dates = [first + n * A_DAY for n in range(DATES)]
        self.office = Office(
            id=f"hall-{seed}",
            timezone=zone,
            day_starts_at=f"{starts:%H:%M}",
            services=tuple(Service(id=each, prefix="A", stages=STAGES[each]) for each in STAGES),
            desks=(Desk(id="1", services=tuple(STAGES)),),
        )
        opens = [self.instant(each, starts) for each in self.dates]
        opens += [self.instant(first + n * A_DAY, starts) for n in (DATES, DATES + 1)]
        bounds = zip(opens[:-2], opens[1:-1], opens[2:], strict=True)
        self.days = {f"{day}": found for day, found in zip(self.dates, bounds, strict=True)}
        self.entries = written([told for day in self.days for told in self._business_day(day)])
        if chance.random() < 0.5:  # the last day is still running
            now = chance.randrange(opens[DATES - 1], opens[DATES])
            self.entries = [each for each in self.entries if each["at"] <= now]

    def instant(self, day: date, clock: time = MIDNIGHT) -> int:
        return round(datetime.combine(day, clock, self.zone).timestamp() * 1000)

    def _business_day(self, day: str) -> Iterator[Told]:
        (opens, closes, _), chance, on = self.days[day], self.chance, {"date": day}
        yield 1, [(closes, ev.DayClosed, on)]
        yield 2, [(opens, ev.DayOpened, on)]
        for _ in range(chance.randrange(VISITS + 1)):
            yield 0, Visitor(chance, day, self.days[day]).come_and_go()
        for _ in range(chance.randrange(4)):
            at, asked = chance.randrange(opens, closes), chance.choice(list(STAGES))
            why = {"reason": ev.Refusal.FULL, "channel": "kiosk"}
            yield 0, [(at, ev.Refused, on | why | {"service": asked})]
            yield 0, [(at, ev.Helped, on | {"channel": "kiosk"})]


def written(drafts: list[Told]) -> list[Plain]:
    """All entries in the order of time, under the numbers that a ledger would give them."""
    order = sorted(
        (told[n][0], first, who, n)
        for who, (first, told) in enumerate(drafts)
        for n in range(len(told))
    )
    ids = {(who, n): id for id, (*_, who, n) in enumerate(order, start=1)}
    entries = []
    for at, _, who, n in order:
        _, kind, fields = drafts[who][1][n]
        if issubclass(kind, ev.TicketEvent):
            fields = fields | {"ticket": ids[who, 0]}
        if kind is ev.Undone:
            fields = fields | {"undoes": ids[who, fields["undoes"]]}
        entries.append(json.loads(ev.encode(kind(at=at, **fields))) | {"id": ids[who, n]})
    return entries


async def append(redis: Client, office: str, entries: Iterable[Plain]) -> None:
    async with redis.pipeline() as pipe:
        for each in entries:
            event = json.dumps({name: each[name] for name in each if name != "id"})
            pipe.xadd(keys.of(office, "ledger"), {"event": event}, id=f"{each['id']}-0")
            head = {"seq": each["id"], "date": each.get("date", ""), "at": each["at"]}
        pipe.hset(keys.of(office, "head"), mapping=head)
        await pipe.execute()


# The plain count


def plain_tickets(entries: list[Plain], day: str, ends: int) -> tuple[list[list[Plain]], bool]:
    """The entries of each ticket of a business day that count, and whether the day was closed."""
    mine = [each for each in entries if each.get("date") == day and each["at"] < ends + FINAL]
    over = any(each["type"] == "DayClosed" for each in mine)
    taken_back = {each["undoes"] for each in mine if each["type"] == "Undone"}
    tickets = defaultdict(list)
    for each in mine:
        if "ticket" in each and each["id"] not in taken_back:
            tickets[each["ticket"]].append(each)
    return [*tickets.values()], over


def plain_line(told: list[Plain], now: int) -> Iterator[tuple[int, int, bool]]:
    """From when until when a visitor stood in line, and whether for the hand-over."""
    since: int | None = None
    for_handover = False
    for each in told:
        kind, at = each["type"], each["at"]
        if since is not None and (kind == "Called" or kind in NEW_STAGE or kind in ENDS):
            yield since, at, for_handover
            since = None
        if kind == "CheckedIn" or ("place" in each and kind == "Issued"):
            since = at
        if kind in NEW_STAGE:
            for_handover = each.get("next") == "handover"
            since = at if each.get("next", "handover") == "handover" else None
    over = any(each["type"] in ENDS for each in told)
    if since is not None and not over:
        yield since, now, for_handover


def plain_day(entries: list[Plain], day: str, ends: int) -> list[Plain]:
    """What each visit of a business day comes to, in the order of arrival."""
    tickets, over = plain_tickets(entries, day, ends)
    found = [plain_visit(told, ends, over) for told in tickets]
    visits = [each for each in found if each["arrived_at"] is not None]
    in_time = [each for each in visits if not each["forgotten"] and each["service_ms"] is not None]
    for each in in_time:
        same = [v for v in in_time if v is not each and v["service"] == each["service"]]
        if each["by_next"] and same:
            usual = nearly_all([other["service_ms"] for other in same])
            each["forgotten"] = each["service_ms"] > usual + 30 * MINUTE
    for each in visits:
        each["service_ms"] = None if each["forgotten"] else each["service_ms"]
        del each["by_next"]
    return sorted(visits, key=lambda each: each["arrived_at"])


def nearly_all(times: list[int]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(times, n=100, method="inclusive")[98] if times[1:] else times[0]


def plain_visit(told: list[Plain], ends: int, over: bool) -> Plain:
    """One visit, gone through entry by entry."""
    first, end = told[0], None
    for each in told:
        if each["type"] in ENDS or each["type"] == "Returned":
            end = each if each["type"] in ENDS else None
    arrivals = [each["at"] for each in told if each["type"] == "CheckedIn"]
    arrived = first["at"] if "place" in first else arrivals[0] if arrivals else None
    calls = [each["at"] for each in told if each["type"] == "Called"]
    implied = [each["started_at"] for each in told if each.get("implied")]
    starts = [each["at"] for each in told if each["type"] == "ServeStarted"] + implied
    stages = plain_servings(told)
    longest = max(stages, key=lambda each: each["ms"], default=None)
    items = [each.get("items") for each in told if each["type"] in ("Issued", "ItemsSet")]
    finished = end is not None and end["type"] == "Finished"
    return {
        "arrived_at": arrived,
        "service": first["service"],
        "to_call": min(calls) - arrived if calls else None,
        "wait": min(starts) - arrived if starts else None,
        "service_ms": sum(each["ms"] for each in stages) if stages else None,
        "handover_wait": plain_handover(told),
        "in_system": end["at"] - arrived if end and finished else None,
        "left": end["at"] - arrived if end and arrived and not calls else None,
        "end": ENDS[end["type"]] if end else End.OPEN,
        "implied": plain_implied(told),
        "forgotten": any(each["until"] > ends for each in stages) or (over and end is None),
        "with_items": bool(items[-1]),
        "by_next": longest is not None and longest.get("by_next", False),
    }


def plain_servings(told: list[Plain]) -> list[Plain]:
    """The stages in which it was worked on it, each with its time, its end, and who ended it."""
    found: list[Plain] = [{"ms": None}]
    since = None
    for each in told:
        stage, at = found[-1], each["at"]
        ends = each["type"] in ("StageFinished", "LegFinished", "Finished")
        if ends or (each["type"] in ("Parked", "Returned", "Transferred") and since is not None):
            begun = each.get("started_at", since)
            stage |= {"ms": (stage["ms"] or 0) + at - begun, "until": at}
            since = None
        if ends:
            stage["by_next"] = each.get("by_next", False)
        if each["type"] in NEW_STAGE:
            found.append({"ms": None})
        if each["type"] == "ServeStarted" or ("next" in each and "place" not in each):
            since = at
    return [each for each in found if each["ms"] is not None]


def plain_handover(told: list[Plain]) -> int | None:
    """From when a hand-over could be called until the first time one was."""
    ready = None
    for each in told:
        if each["type"] in NEW_STAGE:
            ready = each["at"] if each.get("next") == "handover" else None
        if each["type"] == "Called" and ready is not None:
            return int(each["at"] - ready)
    return None


def plain_implied(told: list[Plain]) -> bool:
    """Whether there was a stage of which nobody ever pressed the start."""
    by_hand = False
    for each in told:
        if each["type"] == "ServeStarted":
            by_hand = True
        if each.get("implied") and not by_hand:
            return True
        if each["type"] in NEW_STAGE:
            by_hand = False
    return False


# What is compared


def as_plain(day: Day) -> list[Plain]:
    """The figures of a day in the words of the plain count."""
    names = day.visit_rows.dtype.names or ()
    rows = [dict(zip(names, row, strict=True)) for row in day.visit_rows.tolist()]
    for row in rows:
        row |= {name: None for name in names if row[name] == NONE}
        row |= {"service": day.names[row["service"]], "end": End(row["end"])}
        for name in ("desk", "channel", "language", "open_desks"):
            del row[name]
    return rows


def interval(at: int, bin: str, zone: ZoneInfo) -> str:
    wall = datetime.fromtimestamp(at // 1000, zone)
    if bin == "day":
        return datetime.combine(wall, time(), zone).isoformat()
    return wall.replace(minute=wall.minute // int(bin) * int(bin), second=0).isoformat()


def plain_counts(visits: list[Plain], refused: list[Plain]) -> Row:
    ended = {end.name.lower(): sum(each["end"] is end for each in visits) for end in End}
    return {name: ended[name] for name in COUNTS if name in ended} | {
        "arrivals": len(visits),
        "refused": len(refused),
        "called": sum(each["to_call"] is not None for each in visits),
        "served": sum(each["wait"] is not None for each in visits),
        WITHIN: sum(each["wait"] is not None and each["wait"] <= SOON for each in visits),
    }


def counts(rows: Iterable[Row]) -> Row:
    kept = list(rows)
    return {name: sum(each[name] for each in kept) for name in (*COUNTS, WITHIN)}


def same_waits(row: Row, visits: list[Plain]) -> bool:
    """Whether the waits of a row are those of the visits, to the four decimals that are written."""
    told = [row[f"wait_{each}_s"] for each in ("mean", "p50", "p90", "max")]
    waits = [each["wait"] / 1000 for each in visits if each["wait"] is not None]
    if not waits:
        return told == [None] * 4
    ninth = statistics.quantiles(waits, n=10, method="inclusive")[8] if waits[1:] else waits[0]
    plain = [statistics.fmean(waits), statistics.median(waits), ninth, max(waits)]
    return all(abs(one - other) < 0.501e-4 for one, other in zip(told, plain, strict=True))


async def counted_while_it_grew(ledger: Ledger, stretch: Stretch) -> list[Day]:
    """Write the entries in two pieces and roll up after each, yet never all; then ask for all days."""
    office, entries, chance = stretch.office, stretch.entries, stretch.chance
    half = chance.randrange(1, len(entries))
    for piece in (entries[:half], entries[half:]):
        await append(ledger.redis, office.id, piece)
        behind = await outstanding(ledger, office)
        await note_cursor(ledger.redis, office.id, behind.cursor)
        for day in chance.sample(behind.dates, len(behind.dates) * 7 // 8):
            await roll_up(ledger, office, day)
    return await days(ledger, office, f"{stretch.dates[0]}", f"{stretch.dates[-1]}")


@pytest.mark.parametrize("tenth", range(10))
async def test_the_statistics_say_what_a_plain_walk_over_the_entries_says(
    engine_url: str, tenth: int
):
    async with Ledger.open(engine_url) as ledger:
        for seed in range(SEED + tenth, SEED + STRETCHES, 10):
            stretch = Stretch(seed)
            found = await counted_while_it_grew(ledger, stretch)
            plain = {
                day: plain_day(stretch.entries, day, closes)
                for day, (_, closes, _) in stretch.days.items()
                if any(each.get("date") == day for each in stretch.entries)
            }
            assert {day.date: as_plain(day) for day in found} == plain, seed
            await compare(ledger, stretch, [v for day in plain.values() for v in day])
            await compare_lines(ledger, stretch)


async def compare(ledger: Ledger, stretch: Stretch, visits: list[Plain]) -> None:
    """Ask for some of the calendar dates, cut in every way, and count them plainly."""
    first, last = sorted(stretch.chance.sample(stretch.dates, 2))
    begins, ends = stretch.instant(first), stretch.instant(last + A_DAY)
    come = [each for each in visits if begins <= each["arrived_at"] < ends]
    sent = [e for e in stretch.entries if e["type"] == "Refused" and begins <= e["at"] < ends]
    total = plain_counts(come, sent)
    evidence = await gather(ledger, stretch.office, Question(first=first, last=last))
    for bin in ("15", "30", "day", "week"):
        asked = Question(first=first, last=last, bin=bin, within=15)  # type: ignore[arg-type]
        told = replace(evidence, question=asked).counted()
        assert told.n == len(come)
        for mine in (True, False):
            assert counts(row for row in told.rows if (row["service"] == "*") is mine) == total
        quality = told.quality
        assert [quality.implied_starts, quality.forgotten_finishes, quality.with_items] == [
            sum(each[name] for each in come) for name in ("implied", "forgotten", "with_items")
        ]
        if bin in ("30", "day"):  # clocks are changed by half an hour, too
            compare_rows(told.rows, come, sent, bin, stretch.zone)


async def compare_lines(ledger: Ledger, stretch: Stretch) -> None:
    """By Little's law, the line through all days is what was waited in it."""
    now = stretch.entries[-1]["at"]
    stood = [
        spell
        for day, (_, closes, _) in stretch.days.items()
        for told in plain_tickets(stretch.entries, day, closes)[0]
        for spell in plain_line(told, now)
    ]
    first, last = stretch.dates[0] - A_DAY, stretch.dates[-1] + 3 * A_DAY
    for bin in ("30", "day"):
        asked = Question(table="queue", first=first, last=last, bin=bin, service="*")  # type: ignore[arg-type]
        rows = (await gather(ledger, stretch.office, asked)).counted().rows
        for kind, handover in (("queue", False), ("handover_queue", True)):
            line = 0.0
            for row in rows:
                start, end = (
                    datetime.fromisoformat(row[each]).timestamp() for each in ("start", "end")
                )
                line += (row[f"{kind}_mean"] or 0) * (min(end, now / 1000) - start)
            waited = sum(until - since for since, until, kept in stood if kept is handover) / 1000
            assert abs(line - waited) < 1e-4 * 86_400 * len(rows), (stretch.dates, bin, kind)


def compare_rows(
    rows: list[Row], come: list[Plain], sent: list[Plain], bin: str, zone: ZoneInfo
) -> None:
    groups: dict[Any, tuple[list[Plain], list[Plain]]] = defaultdict(lambda: ([], []))
    for n, everybody, at in ((0, come, "arrived_at"), (1, sent, "at")):
        for each in everybody:
            for service in ("*", each["service"]):
                groups[interval(each[at], bin, zone), service][n].append(each)
    seen = {(row["start"], row["service"]): row for row in rows}
    assert len(seen) == len(rows)
    assert groups.keys() <= seen.keys()
    for place, row in seen.items():
        there, away = groups.get(place, ([], []))
        assert counts([row]) == plain_counts(there, away), place
        assert same_waits(row, there), place


async def test_a_slow_roll_up_does_not_undo_a_faster_one(
    ledger: Ledger, office: Office, monkeypatch: pytest.MonkeyPatch
):
    day, counted, go_on = "2025-11-24", asyncio.Event(), asyncio.Event()

    async def slowly(*asked: Any) -> Day:
        found = await computed(*asked)
        counted.set()
        await go_on.wait()
        return found

    await issue(ledger)
    with monkeypatch.context() as patch:
        patch.setattr(roll_ups, "computed", slowly)
        slow = asyncio.create_task(roll_up(ledger, office, day))
        await counted.wait()
    await issue(ledger)
    await roll_up(ledger, office, day)
    await note_cursor(ledger.redis, OFFICE, (await outstanding(ledger, office)).cursor)
    go_on.set()
    await slow
    (told,) = await days(ledger, office, day, day)
    assert told.visit_rows.size == 2
