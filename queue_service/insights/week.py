"""Hours of a week, as somebody proposes them: "09:00-16:30", or other hours for some weekdays."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from queue_service.hours import DAYS, Spans, days, spans


class Week(Struct, frozen=True):
    """Reception hours by weekday from Monday, in minutes after midnight; () is closed."""

    hours: tuple[Spans, ...]

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Hours like "09:00-16:30", or "mon 09:00-18:30; tue-fri 09:00-16:30".

        Raises:
            ValueError: with the reason and the remedy.
        """
        found: dict[int, Spans] = {}
        for part in text.split(";"):
            names, _, written = part.strip().rpartition(" ")
            for day in days(names) if names else range(7):
                if day in found:
                    raise ValueError(f"{DAYS[day]} is named twice: write its hours in one place")
                found[day] = spans(written)
        return cls(tuple(found.get(day, ()) for day in range(7)))

    @classmethod
    def of(cls, hours: Mapping[str, str]) -> "Week":
        """Hours as a definition states them: "mon-fri" → "08:30-17:15"."""
        found = {day: spans(text) for key, text in hours.items() for day in days(key)}
        return cls(tuple(found.get(day, ()) for day in range(7)))

    @property
    def every_day(self) -> bool:
        """Whether all days have the same hours, as when no weekday was named."""
        return same(self.hours) is not None

    def on(self, weekday: int) -> Spans:
        """The hours of one weekday."""
        return self.hours[weekday]

    @property
    def by_day(self) -> dict[str, str]:
        """As a definition states them; a day that is not named is closed."""
        return {name: written(hours) for name, hours in zip(DAYS, self.hours, strict=True) if hours}


def minutes(hours: Spans) -> int:
    """How long they are together."""
    return sum(end - start for start, end in hours)


def written(hours: Spans) -> str:
    """As people write them.

    >>> written(((540, 720), (780, 990)))
    '09:00-12:00,13:00-16:30'
    """
    return ",".join(f"{clock(start)}-{clock(end)}" for start, end in hours)


def clock(minute: int) -> str:
    """A time of day.

    >>> clock(510)
    '08:30'
    """
    return f"{minute // 60:02}:{minute % 60:02}"


def same(hours: Sequence[Spans]) -> Spans | None:
    """The hours that all of these have; None where they differ."""
    return hours[0] if hours and len(set(hours)) == 1 else None
