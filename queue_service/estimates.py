"""Wait estimates: how long the wait may still be, by a model of past days, and when to say so.

Pure. A model says what a place in line usually costs at a service and hour; how much the other
lines, the open desks and the latest calls change that; and how far waits then spread. It knows
neither visits nor ledger: forecasting.py learns it and measures its error.

An estimate is shown only where those of the last days have held; else people ahead alone say more.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

LATEST_GAPS = 10  # between calls; their mean is the pace of the moment
LONGEST_GAP = 2.0  # usual paces: a longer gap says that nobody came, not that the desks were slow
PRIOR_CALLS = 3.0  # of today weigh as much as the usual pace
FADES_S = 3600.0  # a wait of an hour believes half of the pace of the moment, a longer one less
OWN_WAITS = 60  # from which on a service is believed more than its office

ENOUGH = 30  # waits of a service in the days it is judged by
P50_OFF, P90_OFF = 0.15, 0.05  # how far the share of waits below may be from a half and from 90 %


class Estimate(Struct, frozen=True, kw_only=True):
    """How long the wait may still be."""

    p50_s: int
    p90_s: int

    def minutes(self) -> dict[str, int]:
        """As people say it: whole minutes, never less than one, never a range without width.

        >>> Estimate(p50_s=20, p90_s=55).minutes()
        {'low': 1, 'high': 2}
        """
        low = max(1, self.p50_s // 60)
        return {"low": low, "high": max(low + 1, -(-self.p90_s // 60))}


class Line(Struct, frozen=True, kw_only=True):
    """What is known of the line of one service at an instant; nothing of what comes after."""

    at: int  # ms since the epoch
    ahead: int  # people waiting for this service before the one who asks
    beside: int = 0  # people waiting for any other service of the office
    open_desks: int | None = None  # that take this service; None: not known
    recent_calls: Sequence[int] = ()  # instants (ms) of its latest calls today, oldest first


class Recipe(Struct, frozen=True):
    """What the waits of an office were found to follow."""

    beside: float = 0.0  # what part of a place someone beside takes: 0 where desks are not shared
    desks: float = 0.0  # 1: twice the desks halve the wait; 0: their number says nothing
    pace: float = 0.0  # how far the pace of the moment is believed


class Spread(Struct, frozen=True, array_like=True):
    """What became of the waits that were expected to be of one size."""

    expected_s: float
    p50_s: float
    p90_s: float


class Learned(Struct, frozen=True, kw_only=True):
    """What past days say of one service, or of an office as a whole."""

    pace_s: tuple[float, ...]  # what a place in line costs, by the 24 local hours of arrival
    desks: float  # usually open
    median_s: float  # of the waits
    waits: int  # learned from
    spreads: tuple[Spread, ...] = ()  # growing in size; p50 and p90 never shrink
    shown: bool = False  # the estimates of the last days have held

    def expected_s(self, line: Line, hour: int, recipe: Recipe) -> float:
        """Places in line × the usual pace of the hour × the pace of the moment, which fades.

        More people ahead never make it shorter: with w = places × usual pace and x, how slow the
        moment is, it is w·x^(1 / (1 + w/FADES_S)); x is below LONGEST_GAP, so that the slope of its
        logarithm in ln w is at least 1 - ln(2)/4.
        """
        usual = self.pace_s[hour] / math.pow(line.open_desks or self.desks, recipe.desks)
        wait = (line.ahead + 1 + recipe.beside * line.beside) * usual
        believed = recipe.pace / (1 + wait / FADES_S)
        return wait * math.pow(slowness(line, usual), believed) if believed else wait


class Model(Struct, frozen=True, kw_only=True):
    """What past days say of the waits of an office; a few kilobytes of JSON."""

    zone: str
    recipe: Recipe = Recipe()
    office: Learned | None = None  # None: too few days, and nothing is estimated
    services: dict[str, Learned] = {}

    def estimate(self, service: str, line: Line) -> Estimate | None:
        """What may be shown to the one who has this line before them. Costs microseconds.

        None where the estimates of the last days have not held or were too few, and while no desk
        is open for the service.
        """
        learned = self.services.get(service)
        return self.expect(service, line) if learned and learned.shown else None

    def expect(self, service: str, line: Line) -> Estimate | None:
        """The same, whether it may be shown or not; a service without history is like its office.

        None without history of the office, and while no desk is open for the service.
        """
        if self.office is None or line.open_desks == 0:
            return None
        learned = self.services.get(service, self.office)
        hour = datetime.fromtimestamp(line.at / 1000, ZoneInfo(self.zone)).hour
        expected = learned.expected_s(line, hour, self.recipe)
        p50, p90 = _spread(self.office.spreads, expected)
        if learned.spreads:
            own = learned.waits / (learned.waits + OWN_WAITS)
            own_p50, own_p90 = _spread(learned.spreads, expected)
            p50 += own * (own_p50 - p50)
            p90 += own * (own_p90 - p90)
        return Estimate(p50_s=round(p50), p90_s=max(round(p50), math.ceil(p90)))


class Tally(Struct, kw_only=True):
    """Waits that were foreseen, and how far they were missed: sums, which can be added up."""

    n: int = 0
    ours_s: float = 0.0  # absolute errors: of our P50 …
    last_wait_s: float = 0.0  # … of the wait of the ticket called last
    by_interval_s: float = 0.0  # … of people ahead × the mean interval of the latest calls
    constant_s: float = 0.0  # … of the median of the earlier days
    over_s: float = 0.0  # what P50 foresaw too much, less what it foresaw too little
    below_p50: int = 0  # waits shorter than P50 …
    within_p50: int = 0  # … and not longer
    below_p90: int = 0
    within_p90: int = 0

    def count(
        self, wait: float, ours: Estimate, last_wait: float, by_interval: float, constant: float
    ) -> None:
        """Add one wait and what was foreseen (s): by us, and by the three simple ways."""
        self.n += 1
        self.ours_s += abs(ours.p50_s - wait)
        self.last_wait_s += abs(last_wait - wait)
        self.by_interval_s += abs(by_interval - wait)
        self.constant_s += abs(constant - wait)
        self.over_s += ours.p50_s - wait
        self.below_p50 += wait < ours.p50_s
        self.within_p50 += wait <= ours.p50_s
        self.below_p90 += wait < ours.p90_s
        self.within_p90 += wait <= ours.p90_s

    def add(self, other: "Tally") -> None:
        """Add the sums of another."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def figures(self) -> dict[str, float | None]:
        """Mean absolute errors, bias and the shares of waits within P50 and P90; None without any."""
        sums = {
            "mae_s": self.ours_s,
            "mae_last_wait_s": self.last_wait_s,
            "mae_by_interval_s": self.by_interval_s,
            "mae_constant_s": self.constant_s,
            "bias_s": self.over_s,
            "within_p50": self.within_p50,
            "within_p90": self.within_p90,
        }
        means = {name: total / self.n if self.n else None for name, total in sums.items()}
        return {"n": self.n, **means}

    def holds(self) -> bool:
        """Whether estimates like these may be shown.

        There are enough of them; they are nearer than a constant; and P50 and P90 are where they
        should be: at most that share of the waits lies below, at least that share not above, give
        or take a tolerance and one standard error of so small a sample. (Two shares, because many
        waits may equal a percentile: at an idle desk most are zero.)
        """
        return (
            self.n >= ENOUGH
            and self.ours_s < self.constant_s
            and self._is_at(0.5, self.below_p50, self.within_p50, P50_OFF)
            and self._is_at(0.9, self.below_p90, self.within_p90, P90_OFF)
        )

    def _is_at(self, share: float, below: int, within: int, off: float) -> bool:
        off += math.sqrt(share * (1 - share) / self.n)
        return below / self.n <= share + off and within / self.n >= share - off


def slowness(line: Line, usual_s: float) -> float:
    """How slow the latest calls were against the usual pace: 2 is half as fast, 1 without calls.

    Of a gap between calls only so much counts as says something about the desks. The gap since the
    last call counts while people wait: that is how desks at a standstill are noticed.
    """
    calls = line.recent_calls[-LATEST_GAPS - 1 :]
    if not calls:
        return 1.0
    longest = LONGEST_GAP * usual_s
    took = sum(min((b - a) / 1000, longest) for a, b in pairwise(calls))
    if line.ahead:
        took += min((line.at - calls[-1]) / 1000, longest)
    prior = PRIOR_CALLS * usual_s
    return (prior + took) / (prior + (len(calls) - 1) * usual_s)


def _spread(spreads: Sequence[Spread], expected_s: float) -> tuple[float, float]:
    """P50 and P90 of a size: between two known sizes on a line, beyond them in proportion."""
    place = bisect_right(spreads, expected_s, key=lambda each: each.expected_s)
    if 0 < place < len(spreads):
        low, high = spreads[place - 1], spreads[place]
        share = (expected_s - low.expected_s) / (high.expected_s - low.expected_s)
        return (
            low.p50_s + share * (high.p50_s - low.p50_s),
            low.p90_s + share * (high.p90_s - low.p90_s),
        )
    end = spreads[0 if place == 0 else -1]
    times = expected_s / end.expected_s
    return end.p50_s * times, end.p90_s * times
