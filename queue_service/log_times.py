"""Times as ticket logs write them, made into instants.

It knows ISO 8601 and its everyday relatives ("2019/12/30 7:55"), time zones, clocks that are put
back, and visits over midnight. It refuses to guess: a text that could mean two days is no time.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, Self
from zoneinfo import ZoneInfo

from msgspec import Struct

APART_MS = 60_000  # two clocks of one system; a step back by less is no step
OVER_MIDNIGHT_MS = (
    6 * 3_600_000
)  # a visit that began yesterday is over by then; longer is a mistake

Correction = Literal["clocks_apart", "shown_twice", "over_midnight"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_ONE_DAY = timedelta(days=1)
_TIME = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2}) *[T ] *(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r" *([Zz]|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


class NotATime(ValueError):
    """The times of a row cannot be read, or contradict each other."""


class Written(Struct, frozen=True):
    """An instant, with the words and the local time in which it was written."""

    text: str
    local: datetime  # aware
    at: int  # milliseconds since the epoch
    corrected: Correction | None = None  # it is not read as it stands

    @classmethod
    def of(cls, text: str, local: datetime, corrected: Correction | None = None) -> Self:
        """The instant of an aware local time."""
        return cls(text, local, (local - _EPOCH) // _MS, corrected)

    @property
    def offset_min(self) -> int:
        """Minutes east of UTC."""
        offset = self.local.utcoffset()
        assert offset is not None, "the local time is aware"
        return offset // timedelta(minutes=1)

    def later(self, rolls: bool) -> Iterator["Written"]:
        """The other ways to read it: a time that clocks show twice, at its second showing; one that
        `rolls`, on the day after.
        """
        yield Written.of(self.text, self.local.replace(fold=1), "shown_twice")
        if rolls:
            yield Written.of(self.text, self.local + _ONE_DAY, "over_midnight")


def read_time(name: str, text: str, zone: ZoneInfo | None) -> Written:
    """Read one time; `zone` is for those without offset.

    A time that clocks skip is read by the clock before the skip.

    Raises:
        NotATime: it is none, or has no offset and there is no zone; the message says what to do.
    """
    found = _TIME.fullmatch(text)
    if not found:
        raise NotATime(f"{name} {text!r} is not a time: write it like 2019-12-30T07:55:15")
    *figures, fraction, offset = found.groups(default="")
    micros = int(fraction[:6].ljust(6, "0"))
    if not offset and zone is None:
        raise NotATime(
            f"{name} {text!r} has no offset: say in which --timezone the log was written"
        )
    try:
        year, month, day, hour, minute, second = (int(figure or 0) for figure in figures)
        local = datetime(year, month, day, hour, minute, second, micros, zone or UTC)
        if offset:
            local = datetime.fromisoformat(
                f"{local.replace(tzinfo=None).isoformat()}{offset.upper()}"
            )
        return Written.of(text, local)
    except ValueError as error:
        raise NotATime(f"{name} {text!r} is not a time: {error}") from None


def put_in_order(times: Mapping[str, Written], rolling: Collection[str]) -> dict[str, Written]:
    """Read the times of one visit so that none lies before the one before it.

    A serving that seems to begin a second before its call was dated by another clock: it begins with
    the call. `times` come in the order of a visit; those `rolling` were written with the day of the
    first, so that after midnight they seem to lie a day too early.

    Raises:
        NotATime: there is no such reading.
    """
    chosen: dict[str, Written] = {}
    earlier, last = "", None
    for name, time in times.items():
        if last is not None and time.at < last.at:
            latest = max(last.at, next(iter(chosen.values())).at + OVER_MIDNIGHT_MS)
            ways = (time, *time.later(name in rolling))
            found = next((way for way in ways if last.at - APART_MS <= way.at <= latest), None)
            if found is None:
                raise NotATime(f"{name} {time.text!r} lies before {earlier} {last.text!r}")
            apart = found.at < last.at
            time = Written(time.text, last.local, last.at, "clocks_apart") if apart else found
        chosen[name] = time
        earlier, last = name, time
    return chosen
