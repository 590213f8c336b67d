"""A Pareto chart as SVG: columns by their size, each made of its parts, and what share they add up to."""

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from markupsafe import Markup, escape

from queue_service.reports.picture import (
    ABOVE,
    BELOW,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    round_up,
    scale,
)

LINE = 16  # of text
WIDE, NARROW = 12, 7  # about so wide are its signs
LEAST = 70  # below a narrower column no name could be read
THICK = 0.7  # of the room that a column has

Row = tuple[str, Sequence[float], float]  # rank and name, parts, and the share with all before it


def pareto(rows: Sequence[Row], title: str, unit: str, whole: str) -> Markup:
    """A column a row, its parts on each other, and a line of the share that the rows so far have.

    `unit`: of the columns; `whole`: what the line is.
    """
    top = round_up(max((sum(parts) for _, parts, _ in rows), default=0))
    room = (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    drawn = [scale(top, unit, lambda value: _y(value / top)), *_shares(whole)]
    for n, (name, parts, _) in enumerate(rows):
        middle = LEFT + room * (n + 0.5)
        drawn += _column(name, [part / top for part in parts], parts, middle, room * THICK)
        drawn += _under(name, middle, room)
    line = " ".join(
        f"{LEFT + room * (n + 0.5):.1f},{_y(share)}" for n, (*_, share) in enumerate(rows)
    )
    drawn.append(f'<polyline class="sum" points="{line}"/>')
    tall = HEIGHT + LINE * (room > LEAST)
    return Markup(  # noqa: S704 - numbers of ours, and texts that are escaped
        f'<svg viewBox="0 0 {WIDTH} {tall}" role="img" aria-label="{escape(title)}">'
        + "".join(drawn)
        + "</svg>"
    )


def _y(part: float) -> float:
    """How high a part of the whole height stands."""
    return round(HEIGHT - BELOW - (HEIGHT - ABOVE - BELOW) * part, 1)


def _shares(whole: str) -> Iterator[str]:
    for text, part in ((f"{whole} 100%", 1), ("50%", 0.5)):
        yield f'<text x="{WIDTH - 2}" y="{_y(part) - 4}" text-anchor="end">{escape(text)}</text>'


def _column(
    name: str, high: Sequence[float], parts: Sequence[float], middle: float, wide: float
) -> Iterator[str]:
    below = 0.0
    for kind, (part, value) in enumerate(zip(high, parts, strict=True)):
        yield (
            f'<rect class="part{kind}" x="{middle - wide / 2:.1f}" y="{_y(below + part)}" '
            f'width="{wide:.1f}" height="{_y(below) - _y(below + part):.1f}">'
            f"<title>{escape(name)}: {value:,.1f}</title></rect>"
        )
        below += part


def _under(name: str, middle: float, room: float) -> Iterator[str]:
    """A name below its column: its rank, and as much of the rest as there is room for."""
    rank, _, rest = name.partition(" ")
    short, left = "", room - 6
    for sign in rest if room > LEAST else "":
        left -= WIDE if east_asian_width(sign) in "WFA" else NARROW
        if left < WIDE:
            short += "…"
            break
        short += sign
    for n, text in enumerate(filter(None, (rank, short))):
        y = HEIGHT - 8 + LINE * n
        yield f'<text x="{middle:.1f}" y="{y}" text-anchor="middle">{escape(text)}</text>'
