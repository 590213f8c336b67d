"""The picture of a metric over time: before and after a date, with the level of both.

It says in its text what it shows. Dates on which something was changed are marked.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from markupsafe import Markup, escape
from msgspec import Struct

from queue_service.reports.picture import ABOVE, BELOW, HEIGHT, LEFT, RIGHT, WIDTH, round_up, scale

A_DAY = timedelta(days=1)
LABELS = 8  # dates below the picture


class Dot(Struct, frozen=True):
    """A value from a date on."""

    start: date
    days: int  # how long it is for
    value: float
    says: str


class Level(Struct, frozen=True):
    """A line at a height over some days, both included; `look`: its class."""

    look: str
    first: date
    last: date
    value: float


def timeline(
    dots: Sequence[Dot], levels: Sequence[Level], marks: Sequence[date], title: str, unit: str
) -> Markup:
    """Dots joined by a line, broken where a mark stands; levels across, marks upright."""
    first = min([each.start for each in dots] + [each.first for each in levels])
    last = max([each.start for each in dots] + [each.last for each in levels]) + A_DAY
    most = max([each.value for each in dots] + [each.value for each in levels])
    top = round_up(most)

    def x(day: date) -> float:
        share = (day - first) / max(A_DAY, last - first)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BELOW - (HEIGHT - ABOVE - BELOW) * value / top, 1)

    def middle(dot: Dot) -> float:
        return round((x(dot.start) + x(min(last, dot.start + dot.days * A_DAY))) / 2, 1)

    drawn = [scale(top, unit, y)]
    drawn += [
        f'<text x="{x(day)}" y="{HEIGHT - 8}" text-anchor="middle">{day}</text>'
        for day in _dates(first, last)
    ]
    for run in _runs(dots, marks):
        points = " ".join(f"{middle(dot)},{y(dot.value)}" for dot in run)
        drawn.append(f'<polyline class="run" points="{points}"/>')
    drawn += [
        f'<circle class="dot" cx="{middle(dot)}" cy="{y(dot.value)}" r="2.5">'
        f"<title>{escape(dot.says)}</title></circle>"
        for dot in dots
    ]
    drawn += [
        f'<line class="{escape(each.look)}" x1="{x(each.first)}" x2="{x(each.last + A_DAY)}" '
        f'y1="{y(each.value)}" y2="{y(each.value)}"/>'
        for each in levels
    ]
    drawn += [
        f'<line class="mark" x1="{x(day)}" x2="{x(day)}" y1="{ABOVE - 8}" y2="{HEIGHT - BELOW}"/>'
        f'<text x="{x(day)}" y="{ABOVE - 12}" text-anchor="middle">{day}</text>'
        for day in marks
    ]
    return Markup(  # noqa: S704 - numbers and dates of ours, and texts that are escaped
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        + "".join(drawn)
        + "</svg>"
    )


def _runs(dots: Sequence[Dot], marks: Sequence[date]) -> list[list[Dot]]:
    """The dots between the marks."""
    edges = [date.min, *sorted(marks), date.max]
    runs = [[dot for dot in dots if begin <= dot.start < end] for begin, end in pairwise(edges)]
    return [run for run in runs if run]


def _dates(first: date, last: date) -> list[date]:
    """Dates to be written below: the first, and at most so many at equal distances."""
    step = max(1, -(-(last - first).days // LABELS))
    return [first + n * A_DAY for n in range(0, (last - first).days, step)][:LABELS]
