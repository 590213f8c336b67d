"""Pictures of reports as SVG: they stand in a page, and say in their text what they show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from queue_service.hours import Spans, clock

WIDTH, HEIGHT = 900, 260
LEFT, RIGHT, ABOVE, BELOW = 56, 24, 26, 26
HOUR = 60
ROW, FIGURE = 38, 140  # height of a bar with its name; room for its figure


def columns_of_a_day(
    slots: Iterable[Mapping[str, Any]], windows: Mapping[str, Spans], title: str, unit: str
) -> Markup:
    """Visitors by time of day; those within the last of the windows are darker.

    `slots`: start, end and visitors of each; `windows`: lines over the columns, by their class.
    """
    rows = [(clock(each["start"]), clock(each["end"]), each["visitors"]) for each in slots]
    edges = [edge for spans in windows.values() for span in spans for edge in span]
    first = min([start for start, *_ in rows] + edges, default=8 * HOUR) // HOUR * HOUR
    last = -(-max([end for _, end, _ in rows] + edges, default=18 * HOUR) // HOUR) * HOUR
    most = max((count for *_, count in rows), default=0) or 1
    top = round_up(most)

    def x(minute: int) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (minute - first) / max(1, last - first), 1)

    def y(count: float) -> float:
        return round(HEIGHT - BELOW - (HEIGHT - ABOVE - BELOW) * count / top, 1)

    inside = [*windows.values()][-1] if windows else ()
    drawn = [scale(top, unit, y)]
    drawn += [
        f'<rect class="{_look(start, end, inside)}" x="{x(start) + 0.5}" y="{y(count)}" '
        f'width="{max(0.5, x(end) - x(start) - 1):.1f}" height="{y(0) - y(count):.1f}">'
        f"<title>{_time(start)}–{_time(end)}: {count:,}</title></rect>"
        for start, end, count in rows
    ]
    drawn += [
        f'<text x="{x(hour)}" y="{HEIGHT - 8}" text-anchor="middle">{hour // HOUR}:00</text>'
        for hour in range(first, last + 1, HOUR)
    ]
    for n, (name, spans) in enumerate(windows.items()):
        height = 8 + 8 * n
        drawn += [
            f'<line class="{escape(name)}" x1="{x(a)}" x2="{x(b)}" y1="{height}" y2="{height}"/>'
            for a, b in spans
        ]
    return Markup(  # noqa: S704 - numbers of ours, and two texts that are escaped
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        + "".join(drawn)
        + "</svg>"
    )


def bars(rows: Sequence[tuple[str, float, str]], title: str) -> Markup:
    """A bar a row under its name, with its figure at the end. `rows`: name, value, what is written."""
    most = max((value for _, value, _ in rows), default=0) or 1
    drawn = []
    for n, (name, value, text) in enumerate(rows):
        top, wide = n * ROW, round((WIDTH - FIGURE) * value / most, 1)
        drawn.append(
            f'<text x="0" y="{top + 12}">{escape(name)}</text>'
            f'<rect class="bar in" x="0" y="{top + 17}" width="{max(wide, 1)}" height="12"/>'
            f'<text x="{wide + 6}" y="{top + 28}">{escape(text)}</text>'
        )
    return Markup(  # noqa: S704 - numbers of ours, and texts that are escaped
        f'<svg viewBox="0 0 {WIDTH} {max(1, len(rows)) * ROW}" role="img" '
        f'aria-label="{escape(title)}">' + "".join(drawn) + "</svg>"
    )


def _look(start: int, end: int, inside: Spans) -> str:
    return "bar in" if any(a <= start and end <= b for a, b in inside) else "bar"


def scale(top: float, unit: str, y: Callable[[float], float]) -> str:
    """Lines at nothing, at half and at the top, each with its number."""
    lines = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(n)}" y2="{y(n)}"/>'
        f'<text x="{LEFT - 6}" y="{y(n) + 4}" text-anchor="end">{n:,.0f}</text>'
        for n in (0, top / 2, top)
    )
    return lines + f'<text x="4" y="12">{escape(unit)}</text>'


def round_up(most: float) -> int:
    """The next of 2, 4, 6, 8, 10, 12, 16, 20, 40 … that is not below: its half is a round number, too.

    >>> [round_up(n) for n in (1, 3, 35, 41, 1060)]
    [2, 4, 40, 60, 1200]
    """
    scale = 1
    while True:
        for step in (2, 4, 6, 8, 10, 12, 16):
            if most <= step * scale:
                return step * scale
        scale *= 10


def _time(minute: int) -> str:
    return f"{minute // HOUR}:{minute % HOUR:02}"
