"""Forecasting: learns a model of waits from past days, and measures how far it errs.

Pure. Days are walked forward. Each is foreseen by a model of the days before it, at the instant of
each ticket, by what was known at that instant; so no wait has a part in its own forecast. What a
model says of spread, and whether it may be shown, is learned from forecasts made that way.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import accumulate, product
from statistics import median
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from queue_service.estimates import Learned, Line, Model, Recipe, Spread, Tally
from queue_service.scripts import CALLS_KEPT

RECIPES = tuple(Recipe(*each) for each in product((0.0, 0.5), (0.0, 1.0), (0.0, 0.5, 1.0)))
GAPS = 20  # between calls, for people ahead × interval: of 3, 5, 10, 20 and the whole day its best
LAST_DAYS = 5  # a model is judged by: a week of an office …
FEWEST_DAYS = 3  # … or so many of them: what goes wrong on a day goes wrong for all its tickets
OF_A_SIZE = 40  # waits that tell a P90
SIZES = 12
PRIOR_WAITS = 50  # more of an hour are believed before its service's, of a service its office's
SWIFTEST_S = 1.0  # what a place costs at least, so that people ahead always count

Pair = tuple[float, float]


class Visited(Struct, frozen=True, kw_only=True):
    """A past visit of one service. Instants are milliseconds since the epoch."""

    service: str
    arrived_at: int
    called_at: int | None = None
    left_at: int | None = None  # gave up before a call
    open_desks: int | None = None  # for this service when the visitor arrived; None: not known


class Moment(Struct, frozen=True, kw_only=True):
    """A ticket as it was issued, and the wait that followed."""

    service: str
    line: Line
    last_wait_s: float  # of the ticket of this service called last today; 0 before the first
    by_interval_s: float  # people ahead × the mean interval of its latest calls
    wait_s: float | None  # None: never called


class Study(Struct, frozen=True):
    """What was learned, and how far forecasts made on the way erred."""

    model: Model
    every: Tally
    shown: Tally  # those that would have been shown
    services: dict[str, Tally]


def learn(days: Sequence[Sequence[Visited]], zone: ZoneInfo) -> Model:
    """A model of past business days, oldest first; of fewer than two it foresees nothing."""
    return study(days, zone).model


def study(days: Sequence[Sequence[Visited]], zone: ZoneInfo) -> Study:
    """The model, and how far forecasts would have erred, each by a model of the days before.

    The population is the tickets that were called, from the third day on (no model stands on fewer
    than two), but for those issued while no desk was open. Oldest day first.
    """
    every, shown = Tally(), Tally()
    by_service: dict[str, Tally] = defaultdict(Tally)
    learner = Learner(zone, _recipes(days))
    for day in days:
        services = learner.model.services
        for service, tally in learner.add(day).items():
            every.add(tally)
            by_service[service].add(tally)
            if service in services and services[service].shown:
                shown.add(tally)
    return Study(learner.model, every, shown, dict(by_service))


def _recipes(days: Sequence[Sequence[Visited]]) -> list[Recipe]:
    known = any(visit.open_desks is not None for day in days for visit in day)
    return [recipe for recipe in RECIPES if known or not recipe.desks]


def moments(day: Iterable[Visited]) -> Iterator[Moment]:
    """Every ticket of a business day with what was known when it was issued, in that order.

    Of tickets issued at one instant the earlier of the day comes first. A call or a leaving at that
    very instant is not known yet.
    """
    waiting: dict[str, int] = defaultdict(int)
    calls: dict[str, list[int]] = defaultdict(list)
    boards = deque[tuple[str, int]](maxlen=CALLS_KEPT)  # the calls that a board has, and we know
    last_wait: dict[str, float] = defaultdict(float)
    for at, issued, visit in _steps(day):
        service = visit.service
        if issued:
            ahead = waiting[service]
            line = Line(
                at=at,
                ahead=ahead,
                beside=sum(waiting.values()) - ahead,
                open_desks=visit.open_desks,
                recent_calls=tuple(at for called, at in boards if called == service),
            )
            yield Moment(
                service=service,
                line=line,
                last_wait_s=last_wait[service],
                by_interval_s=ahead * interval_s(calls[service][-GAPS - 1 :]),
                wait_s=None if visit.called_at is None else (visit.called_at - at) / 1000,
            )
        elif visit.called_at is not None:
            calls[service].append(at)
            boards.append((service, at))
            last_wait[service] = (at - visit.arrived_at) / 1000
        waiting[service] += 1 if issued else -1


def _steps(day: Iterable[Visited]) -> list[tuple[int, bool, Visited]]:
    """Tickets issued (True) and no longer waiting (False), in the order they became known."""
    steps = []
    for visit in day:
        end = visit.left_at if visit.called_at is None else visit.called_at
        steps.append((visit.arrived_at, True, visit))
        if end is not None:
            steps.append((end, False, visit))
    return sorted(steps, key=lambda step: (step[0], not step[1]))


def interval_s(calls: Sequence[int]) -> float:
    """The mean interval of calls; 0 before the second."""
    return (calls[-1] - calls[0]) / (len(calls) - 1) / 1000 if len(calls) > 1 else 0.0


class Learner:
    """Learns day by day; each day is foreseen by what was learned before it."""

    def __init__(self, zone: ZoneInfo, recipes: Sequence[Recipe]) -> None:
        """Know nothing yet; `recipes` are those to choose from."""
        self.model = Model(zone=zone.key)
        self._zone = zone
        self._recipes = recipes
        self._office = _Past(recipes)
        self._services = defaultdict[str, _Past](lambda: _Past(recipes))
        self._lately: deque[dict[str, Tally]] = deque(maxlen=LAST_DAYS)

    def add(self, day: Iterable[Visited]) -> dict[str, Tally]:
        """Learn one more day; returns how well it was foreseen, by service.

        A day without calls says nothing, and is none of the last days.
        """
        called = [
            (moment, wait)
            for moment in moments(day)
            if (wait := moment.wait_s) is not None and moment.line.open_desks != 0
        ]
        if not called:
            return {}
        tallies = self._judge(called)
        self._lately.append(tallies)
        if self._office.waits:
            self._foresee(called)
        for moment, wait in called:
            for past in (self._services[moment.service], self._office):
                past.keep(moment.line, self._hour(moment), wait)
        self.model = self._fit()
        return tallies

    def _hour(self, moment: Moment) -> int:
        return datetime.fromtimestamp(moment.line.at / 1000, self._zone).hour

    def _judge(self, called: Iterable[tuple[Moment, float]]) -> dict[str, Tally]:
        """How the model of the days before does, beside the simple ways."""
        tallies: dict[str, Tally] = defaultdict(Tally)
        for moment, wait in called:
            line, service = moment.line, moment.service
            if ours := self.model.expect(service, line):
                past = self._services.get(service, self._office)
                tallies[service].count(
                    wait, ours, moment.last_wait_s, moment.by_interval_s, past.median_s
                )
        return tallies

    def _foresee(self, called: Iterable[tuple[Moment, float]]) -> None:
        """Note what each recipe expects by the days before, and the wait that came."""
        for moment, wait in called:
            hour = self._hour(moment)
            own = self._services.get(moment.service)
            for recipe in self._recipes:
                learned = (own or self._office).learned[_places(recipe)]
                pair = (learned.expected_s(moment.line, hour, recipe), wait)
                self._office.foreseen[recipe].append(pair)
                if own:
                    own.foreseen[recipe].append(pair)

    def _fit(self) -> Model:
        """The model of all days so far, by the recipe that would have missed the waits least."""
        self._office.learn({})
        for past in self._services.values():
            past.learn(self._office.pace_s)
        recipe = min(self._recipes, key=self._office.missed_s)
        office = self._office.told_by(recipe)
        if not office.spreads:
            return self.model
        services = {
            name: replace(past.told_by(recipe), shown=self._shown(name))
            for name, past in self._services.items()
        }
        return Model(zone=self._zone.key, recipe=recipe, office=office, services=services)

    def _shown(self, service: str) -> bool:
        """Whether the forecasts of the last days have held, and there were such on enough days."""
        found = [tallies[service] for tallies in self._lately if service in tallies]
        total = Tally()
        for tally in found:
            total.add(tally)
        return len(found) >= FEWEST_DAYS and total.holds()


class _Past:
    """What happened at one service, or at its whole office."""

    def __init__(self, recipes: Iterable[Recipe]) -> None:
        self.waits: list[float] = []
        self.median_s = 0.0
        self.desks: list[int] = []
        # By recipe and hour: what a place in line cost a visitor, and how many places there were.
        self.costs = {_places(each): [list[Pair]() for _ in range(24)] for each in recipes}
        self.foreseen = {each: list[Pair]() for each in recipes}  # expected, and what came
        self.pace_s: dict[Recipe, float] = {}
        self.learned: dict[Recipe, Learned] = {}

    def keep(self, line: Line, hour: int, wait_s: float) -> None:
        """Take one visit in."""
        self.waits.append(wait_s)
        if line.open_desks:
            self.desks.append(line.open_desks)
        for recipe, hours in self.costs.items():
            places = line.ahead + 1 + recipe.beside * line.beside
            share = places / (line.open_desks or 1) ** recipe.desks
            hours[hour].append((wait_s / share, share))

    def learn(self, office_pace_s: dict[Recipe, float]) -> None:
        """Draw from all that was kept; of a service, with its office in mind."""
        self.median_s = median(self.waits or [0.0])
        for recipe, hours in self.costs.items():
            every = [pair for pairs in hours for pair in pairs]
            self.pace_s[recipe] = pace = _pace_s(every, office_pace_s.get(recipe))
            self.learned[recipe] = Learned(
                pace_s=tuple(round(_pace_s(pairs, pace), 1) for pairs in hours),
                desks=median(self.desks or [1]),
                median_s=self.median_s,
                waits=len(self.waits),
            )

    def missed_s(self, recipe: Recipe) -> float:
        """By how much a recipe would have missed all waits."""
        return sum(abs(expected - came) for expected, came in self.foreseen[recipe])

    def told_by(self, recipe: Recipe) -> Learned:
        """What was learned, if the waits follow this recipe."""
        return replace(self.learned[_places(recipe)], spreads=_spreads(self.foreseen[recipe]))


def _places(recipe: Recipe) -> Recipe:
    """The part of a recipe that says how long a line is."""
    return Recipe(beside=recipe.beside, desks=recipe.desks)


def _pace_s(costs: list[Pair], usual: float | None) -> float:
    """What a place costs: the median cost, each weighed by its places, drawn towards the usual.

    That median is the pace by which places × pace misses the waits least.
    """
    middle = 0.0
    if costs:
        costs.sort()
        places = list(accumulate(places for _, places in costs))
        middle, _ = costs[bisect_left(places, places[-1] / 2)]
    if usual is not None:
        middle = (middle * len(costs) + usual * PRIOR_WAITS) / (len(costs) + PRIOR_WAITS)
    return max(SWIFTEST_S, middle)


def _spreads(foreseen: list[Pair]) -> tuple[Spread, ...]:
    """How many times as long as expected waits became, by the size expected; () of too few."""
    foreseen.sort()
    sizes = min(SIZES, len(foreseen) // OF_A_SIZE)
    found = [Spread(0.0, 0.0, 0.0)]
    for n in range(sizes):
        some = foreseen[n * len(foreseen) // sizes : (n + 1) * len(foreseen) // sizes]
        size = median(expected for expected, _ in some)
        times = sorted(came / expected for expected, came in some)
        p50, p90 = (round(size * _percentile(times, share), 1) for share in (0.5, 0.9))
        last = found[-1]
        found.append(Spread(round(size, 1), max(last.p50_s, p50), max(last.p90_s, p90)))
    return tuple(found[1:])


def _percentile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
