"""Pictures of reports as SVG: they stand in a page, and say in their text what they show."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from unicodedata import east_asian_width

from markupsafe import Markup, escape

from queue_service.hours import Spans, clock

WIDTH, HEIGHT = 900, 260
LEFT, RIGHT, ABOVE, BELOW = 56, 24, 26, 26
HOUR = 60
ROW, FIGURE = 38, 140  # height of a bar with its name; room for its figure
LINE, NAME, FIGURES = 22, 230, 220  # of a bar made of parts: its height, room for name and figures
LOW = 150  # the height of columns with tables below them
LABELS = 14  # that have room below them

Parts = Mapping[str, int]  # by look, which is a class of the page: "bar in" is dark, "bar" pale


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


def stacked_bars(
    rows: Sequence[tuple[str, Parts, str]], looks: Mapping[str, str], title: str
) -> Markup:
    """A bar a row, made of parts. `rows`: name, parts by their look, what is written at the end."""
    most = max((sum(parts.values()) for _, parts, _ in rows), default=0) or 1
    drawn = []
    for n, (name, parts, text) in enumerate(rows):
        top, x = n * LINE, float(NAME)
        drawn.append(f'<text x="0" y="{top + 15}">{escape(_short(name))}</text>')
        for look, value in parts.items():
            wide = round((WIDTH - NAME - FIGURES) * value / most, 1)
            drawn.append(_part(look, (x, top + 4, wide, 14), f"{name} {looks[look]}", value))
            x += wide
        drawn.append(f'<text x="{x + 6:.1f}" y="{top + 15}">{escape(text)}</text>')
    return _picture(max(1, len(rows)) * LINE, title, drawn)


def stacked_columns(
    rows: Sequence[tuple[str, Parts, str]], looks: Mapping[str, str], title: str, unit: str
) -> Markup:
    """A column a row, made of parts. `rows`: as of bars; a row without parts is a gap."""
    top = round_up(max((sum(parts.values()) for _, parts, _ in rows), default=0) or 1)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    every = -(-len(rows) // LABELS)  # so many columns have one label

    def y(count: float) -> float:
        return round(LOW - BELOW - (LOW - ABOVE - BELOW) * count / top, 1)

    drawn = [scale(top, unit, y)]
    for n, (name, parts, text) in enumerate(rows):
        x, count = LEFT + n * step, 0
        for look, value in parts.items():
            high = round(y(count) - y(count + value), 1)
            box = (round(x + step * 0.15, 1), y(count + value), round(step * 0.7, 1), high)
            drawn.append(_part(look, box, f"{name} {looks[look]}", value))
            count += value
        if n % every == 0:
            middle = f'x="{x + step / 2:.1f}" text-anchor="middle"'
            drawn.append(f'<text {middle} y="{LOW - 8}">{escape(name)}</text>')
            drawn.append(f'<text {middle} y="{y(count) - 5:.1f}">{escape(text)}</text>')
    return _picture(LOW, title, drawn)


def pairs(rows: Sequence[tuple[str, float, float]], title: str, unit: str) -> Markup:
    """Two columns a row side by side: what there was, and what was taken of it.

    Where more was taken than there was, its column has another colour and a sign.
    """
    top = round_up(math.ceil(max((max(each[1:]) for each in rows), default=0)))
    wide, every = (WIDTH - LEFT - RIGHT) / max(1, len(rows)), -(-len(rows) // LABELS) or 1

    def y(value: float) -> float:
        return round(LOW - BELOW - (LOW - ABOVE - BELOW) * value / top, 1)

    drawn = [scale(top, unit, y)]
    for n, (name, had, took) in enumerate(rows):
        left, over = LEFT + n * wide, took > had
        for look, start, value in (("", 0.12, had), (" over" if over else " in", 0.5, took)):
            drawn.append(
                f'<rect class="bar{look}" x="{left + wide * start:.1f}" y="{y(value)}" '
                f'width="{wide * 0.36:.1f}" height="{y(0) - y(value):.1f}">'
                f"<title>{escape(name)}: {value:,.2f}</title></rect>"
            )
        middle = f"{left + wide / 2:.1f}"
        if over:
            drawn.append(f'<text x="{middle}" y="{y(took) - 4}" text-anchor="middle">▲</text>')
        if n % every == 0:
            drawn.append(
                f'<text x="{middle}" y="{LOW - 8}" text-anchor="middle">{escape(name)}</text>'
            )
    return _picture(LOW, title, drawn)


def swatch(look: str) -> Markup:
    """A look on its own, for the key of a picture."""
    return Markup(  # noqa: S704 - a class of ours
        f'<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">'
        f'<rect class="{look}" x="1" y="1" width="10" height="10"/></svg>'
    )


def _short(name: str) -> str:
    """A name as far as there is room before its bar; Japanese characters are twice as wide."""
    room, kept = 2 * NAME // 13, ""
    for each in name:
        room -= 2 if east_asian_width(each) in "WF" else 1
        if room < 1:
            return f"{kept}…"
        kept += each
    return name


def _part(look: str, box: tuple[float, float, float, float], name: str, value: int) -> str:
    x, y, wide, high = box
    return (
        f'<rect class="{look}" x="{x:.1f}" y="{y}" width="{wide}" height="{high}">'
        f"<title>{escape(name)}: {value:,}</title></rect>"
    )


def _picture(height: int, title: str, drawn: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704 - numbers of ours, and texts that are escaped
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        + "".join(drawn)
        + "</svg>"
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
    """The next of 2, 4, 6, 8, 10, 12, 16, 20, 30 … that is not below: its half is a whole number, too.

    >>> [round_up(n) for n in (1, 3, 21, 41, 1060)]
    [2, 4, 30, 60, 1200]
    """
    if most <= 8:
        return 2 * max(1, math.ceil(most / 2))
    scale = 1
    while True:
        for top in (10, 12, 16, 20, 30, 40, 60, 80):
            if most <= top * scale:
                return top * scale
        scale *= 10


def _time(minute: int) -> str:
    return f"{minute // HOUR}:{minute % HOUR:02}"
