"""The dates of a log: which of them cannot be true, because the clock of a machine was wrong.

Pure. Two witnesses are heard once the whole log was read, and either is enough. The log as a whole: a few
rows on a few days, far from all others. The rows around it in the file: a log that goes on in the order
of time, leaps far away, and is back where it was. What is left of a log that is sparse or in no order
shows neither, and is believed. A row is never moved to the date it may have had.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

FAR = 180  # days; a log whose own pauses are long, or that is sparse, is judged by more
PAUSES, STEPS = 2, 20  # far is also more than so many of its longest pauses, and of its usual steps
FEW = 4  # rows are few when others are so many times as many …
FEW_DAYS = 31  # … and they lie on so few days: somebody sets a clock that is wrong
NEAR = 31  # days between rows that are of one time
ABOUT = 7  # days within which a date fits
A_YEAR = 365  # days, or one of those about it: 364 where the weekday was kept, 366 in a leap year
MOST_RUNS = 20_000  # a log with more leaps is in no order; memory stays flat
FIRST_YEAR = 1990  # a date before it was written by a clock without a battery


class Odd(Struct, frozen=True):
    """Rows whose date cannot be true."""

    dates: frozenset[str]
    lines: tuple[int, int] | None  # of the file, both included; None: every row of these dates
    rows: int
    reason: str  # what is said of such a date

    def holds(self, line: int) -> bool:
        """Whether a row of one of the dates is meant."""
        return self.lines is None or self.lines[0] <= line <= self.lines[1]


class Pause(Struct, frozen=True):
    """A long time of which the log tells nothing."""

    after: str
    before: str
    days: int


def impossible(day: str, last: str) -> str | None:
    """Why no row can be of a date whatever the others say; `last`: the last date that can be."""
    if day > last:
        year_before = f"{int(day[:4]) - 1:04}{day[4:]}"
        if _turn_of_year(date.fromisoformat(day)) > 0 and year_before <= last:
            return _year(1, is_new_year=True)
        return "lies in the future: the clock of the machine was wrong"
    if int(day[:4]) < FIRST_YEAR:
        return f"lies before {FIRST_YEAR}: the clock of the machine was wrong"
    return None


class _Run(Struct):
    """Rows one after the other in the file, none of them far from the one before it."""

    since: int  # the line of its first row …
    until: int  # … and of its last
    first: int  # the date of its first row, as a number of days …
    last: int  # … and of its last
    rows: int
    days: Counter[int]
    joined: bool = False  # it went on after rows that leapt away

    @property
    def low(self) -> int:
        return min(self.days)

    @property
    def high(self) -> int:
        return max(self.days)


class Dates:
    """The dates of a log, row by row; afterwards it says which are odd."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._date = ""  # of the row before
        self._day = 0
        self._ordered = True

    def add(self, date: str, line: int) -> None:
        """A row of that date stands on that line."""
        if date != self._date:
            self._date, self._day = date, _number(date)
            if not self._runs or (self._ordered and abs(self._day - self._runs[-1].last) > FAR):
                self._begin(line)
        run = self._runs[-1]
        run.until, run.last = line, self._day
        run.rows += 1
        run.days[self._day] += 1

    def _begin(self, line: int) -> None:
        if len(self._runs) == MOST_RUNS:
            self._ordered = False
            every = _Run(0, line, self._day, self._day, 0, Counter())
            for run in self._runs:
                every.rows += run.rows
                every.days.update(run.days)
            self._runs = [every]
        else:
            self._runs.append(_Run(line, line, self._day, self._day, 0, Counter()))

    def odd(self) -> list[Odd]:
        """The rows whose date cannot be true. To be asked once, when all rows were added."""
        left = Counter[int]()
        for run in self._runs:
            left.update(run.days)
        away = {day for days in _strange(left) for day in days}
        leaps = _leaps(run for run in self._runs if run.first not in away) if self._ordered else []
        for run, _, _ in leaps:
            left.subtract(run.days)
        left = +left  # once more, now that they hide nothing
        strange = _strange(left)
        away = {day for days in strange for day in days}
        main = [day for day in sorted(left) if day not in away]
        return [self._odd_days(days, left, main) for days in strange] + [
            Odd(
                dates=frozenset(map(_text, run.days)),
                lines=(run.since, run.until),
                rows=run.rows,
                reason=_by_rows_around(run.first, before, after),
            )
            for run, before, after in leaps
        ]

    def _odd_days(self, days: Sequence[int], every: Counter[int], main: Sequence[int]) -> Odd:
        around = next(self._leaps_to(days), None)
        return Odd(
            dates=frozenset(map(_text, days)),
            lines=None,
            rows=sum(every[day] for day in days),
            reason=_by_rows_around(*around) if around else _by_all_rows(days, main),
        )

    def _leaps_to(self, days: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """Where the file leaps to one of these days and back: that day, and those before and after."""
        for n in range(1, len(self._runs) - 1):
            before, run, after = self._runs[n - 1 : n + 2]
            if run.first in days and abs(after.first - before.last) <= NEAR:
                yield run.first, before.last, after.first


def pauses(dates: Iterable[str]) -> list[Pause]:
    """Where a log is silent for long, in the order of time."""
    days = sorted(map(_number, dates))
    return [Pause(_text(a), _text(b), b - a) for a, b in pairwise(days) if b - a > FAR]


# The log as a whole


def _strange(every: Counter[int]) -> list[list[int]]:
    """The stretches of days that are short, hold few rows, and lie far from all others."""
    stretches = list(_stretches(sorted(every)))
    rows = [sum(every[day] for day in days) for days in stretches]
    most = max(rows, default=0)
    small = [
        days
        for days, count in zip(stretches, rows, strict=True)
        if len(days) <= FEW_DAYS and count * FEW <= most
    ]
    few = {day for days in small for day in days}
    main = [day for day in sorted(every) if day not in few]
    if sum(every[day] for day in few) * FEW > sum(every[day] for day in main):
        return []  # there is no bulk that the others could be far from
    far = _far(main)
    return [days for days in small if _distance(days[0], days[-1], main) > far]


def _stretches(days: Sequence[int]) -> Iterator[list[int]]:
    begin = 0
    for n in range(1, len(days) + 1):
        if n == len(days) or days[n] - days[n - 1] > FAR:
            yield list(days[begin:n])
            begin = n


def _far(days: Sequence[int]) -> float:
    """How far is far from these days: an office that is open for a month a year pauses for eleven."""
    gaps = [b - a for a, b in pairwise(days)] or [0]
    return max(FAR, PAUSES * max(gaps), STEPS * sum(gaps) / len(gaps))


def _distance(first: int, last: int, days: Sequence[int]) -> int:
    """From these days, none of which lies between the two, to the nearest."""
    place = bisect_left(days, first)
    return min(
        abs(days[n] - end) for n, end in ((place - 1, first), (place, last)) if 0 <= n < len(days)
    )


# The rows around


def _leaps(runs: Iterable[_Run]) -> list[tuple[_Run, int, int]]:
    """Where a log that is in the order of time leaps far away and comes back to where it was.

    Each with the dates before and after it.
    """
    line: list[_Run] = []
    away: list[tuple[_Run, int, int]] = []
    for run in runs:
        mine = replace(run, days=Counter(run.days))
        if line and abs(run.first - line[-1].last) <= FAR:  # what lay between is away already
            mine = _join(line.pop(), mine)
        line.append(mine)
        while len(line) > 2 and _is_leap(*line[-3:]):
            before, odd, after = line[-3:]
            if odd.joined:  # whatever leapt away from these rows was true
                away = [each for each in away if not odd.since < each[0].since <= odd.until]
            away.append((odd, before.last, after.first))
            line[-3:] = [_join(before, after)]
    return away if _in_order(line) else []


def _is_leap(before: _Run, run: _Run, after: _Run) -> bool:
    """Rows that took no longer than the pause they lie in, and are few beside the others."""
    pause = abs(after.first - before.last)
    brief = pause <= NEAR and run.high - run.low <= pause + 1
    return brief and run.rows * FEW <= before.rows + after.rows


def _join(before: _Run, after: _Run) -> _Run:
    before.until, before.last, before.joined = after.until, after.last, True
    before.rows += after.rows
    before.days.update(after.days)
    return before


def _in_order(line: Sequence[_Run]) -> bool:
    """Whether they go on in the order of time, or all the way back."""
    return all(a.high <= b.low + NEAR for a, b in pairwise(line)) or all(
        a.low >= b.high - NEAR for a, b in pairwise(line)
    )


# What is said


def _by_rows_around(day: int, before: int, after: int) -> str:
    since, until = min(before, after) - ABOUT, max(before, after) + ABOUT
    if told := _year_off(day, lambda other: since <= other <= until):
        return told
    about = "" if before == after else "about "
    return (
        f"lies far from the rows around it ({_text(before)!r}): "
        f"the clock of the machine was {about}{abs(day - before)} days off"
    )


def _by_all_rows(days: Sequence[int], main: Sequence[int]) -> str:
    """`days` in their order, and all days that are not odd."""
    if told := _year_off(days[0], lambda other: _distance(other, other, main) <= ABOUT):
        return told
    least = _distance(days[0], days[-1], main)
    return f"lies far from all other rows: the clock of the machine was at least {least} days off"


def _year_off(day: int, fits: Callable[[int], bool]) -> str | None:
    for sign in (1, -1):
        if fits(day - sign * A_YEAR):
            return _year(sign, is_new_year=_turn_of_year(date.fromordinal(day)) == sign)
    return None


def _year(sign: int, *, is_new_year: bool) -> str:
    when = "late" if sign > 0 else "early"
    why = "the machine wrote the ISO week-year?" if is_new_year else "its clock had the wrong year?"
    return f"is a year {when}: {why}"


def _turn_of_year(day: date) -> int:
    """1 where the year of the week may be the next one, -1 where it may be the one before, else 0."""
    if (day.month, day.day) >= (12, 29):
        return 1
    return -1 if (day.month, day.day) <= (1, 3) else 0


def _number(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def _text(day: int) -> str:
    return date.fromordinal(day).isoformat()
