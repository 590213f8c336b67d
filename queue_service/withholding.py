"""Figures that are published: what is told of so few people that they could be recognised is withheld.

Pure. One table of statistics is given, whole. The rule, for figures below five:

1. A count of one to four is withheld; zero is not, for it tells of nobody.
2. What became of the visits of a row is told whole or not at all: it is withheld where one of its counts
   is one to four, or short of a wider one by one to four. Of twenty who were called, two who were not
   served are as few as two who were.
3. A time is withheld that fewer than five visits had, and each longest time, which is one person's. A 90th
   percentile needs twice as many: of fewer it is nearly the longest.
4. Services add up to their office. Where the office is told, what can be set off against it, those that are
   withheld taken together, has to pass the rule itself; else the smallest that was told is withheld with
   them, and where none is left, the office (secondary suppression: A. Hundepool and others, "Statistical
   Disclosure Control", 2012, chapter 4).

What it does not see is another table. Two of the same days that are cut differently, or one of the services
and one of the desks, can be set off against each other: publish one. Nor does it see what readers know of
somebody anyhow.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

from msgspec import Struct

Row = dict[str, Any]
Cell = tuple[int, str]  # the place of a row, and a column

MARK = "x"  # in files for people, as statistics offices write it; null in those for programs


class Shape(Struct, frozen=True, kw_only=True):
    """Which columns of a table are counts, and how they hang together."""

    base: str  # how many there were
    inner: tuple[str, ...] = ()  # what became of them
    nested: tuple[str, ...] = ()  # of base and inner: each counts some of those before it
    alone: tuple[str, ...] = ()  # counts of others
    spans: Mapping[str, tuple[str, ...]] = {}  # columns of times, by what they are of
    follow: Mapping[str, str] = {}  # column → count without which it is not told, either


class Withheld(Struct, frozen=True, kw_only=True):
    """What is not told, though it is known."""

    below: int
    cells: dict[str, list[int]]  # column → places of rows, counted from 0


class _Group(Struct, frozen=True):
    """A row that is the sum of others."""

    total: int
    parts: list[int]


Passes = Callable[[Sequence[int]], bool]  # whether rows, taken together, may be told


def withheld(
    rows: Sequence[Row],
    shape: Shape,
    below: int,
    *,
    whole: str,
    told_by: Sequence[str] = (),
    populations: Mapping[str, Sequence[int]] | None = None,
) -> Withheld:
    """What of a table may not be published.

    `whole`: the service of rows that are sums of others; `told_by`: columns by which rows are told apart,
    beside their interval and service; `populations`: of each span, how many visits had it, row by row.
    """
    groups = list(_groups(rows, whole, told_by))
    cells: set[Cell] = _times(shape, below, populations or {})
    for name in shape.alone:
        alone = _closed(rows, groups, (name,), set(), partial(_room, rows, name, below))
        cells |= {(n, name) for n in alone}
    base = _closed(rows, groups, (shape.base,), set(), partial(_room, rows, shape.base, below))
    cells |= {(n, shape.base) for n in base}
    inner = _closed(rows, groups, shape.inner, base, partial(_passes, rows, shape, below))
    cells |= {(n, name) for n in inner for name in shape.inner}
    cells |= {
        (n, column) for column, count in shape.follow.items() for n, name in cells if name == count
    }
    found: dict[str, list[int]] = defaultdict(list)
    for n, column in sorted(cells):
        if rows[n][column] is not None:
            found[column].append(n)
    return Withheld(below=below, cells=dict(found))


def without(rows: Sequence[Row], hidden: Withheld) -> list[Row]:
    """The rows, with null for what is withheld."""
    told = [dict(row) for row in rows]
    for column, places in hidden.cells.items():
        for n in places:
            told[n][column] = None
    return told


def _groups(rows: Sequence[Row], whole: str, told_by: Sequence[str]) -> Iterator[_Group]:
    found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        found[row["start"], *(row[each] for each in told_by)].append(n)
    for group in found.values():
        total = next((n for n in group if rows[n]["service"] == whole), None)
        if total is not None:
            yield _Group(total, [n for n in group if n != total])


def _times(shape: Shape, below: int, populations: Mapping[str, Sequence[int]]) -> set[Cell]:
    def few(column: str, count: int) -> bool:
        return column.endswith("_max_s") or count < below * (2 if column.endswith("_p90_s") else 1)

    return {
        (n, column)
        for span, columns in shape.spans.items()
        for column in columns
        for n, count in enumerate(populations[span])
        if few(column, count)
    }


def _closed(
    rows: Sequence[Row],
    groups: Sequence[_Group],
    names: Sequence[str],
    hidden: set[int],
    passes: Passes,
) -> set[int]:
    """The rows in which these counts are withheld: `hidden`, those that do not pass, and as many more as it
    takes.
    """
    found = hidden | {n for n in range(len(rows)) if not passes([n])}

    def size(n: int) -> tuple[int, int]:
        return sum(rows[n][name] or 0 for name in names), n

    for group in groups:
        told = sorted((n for n in group.parts if n not in found and size(n)[0]), key=size)
        while group.total not in found:
            dark = [n for n in group.parts if n in found]
            if not dark or passes(dark):
                break
            found.add(told.pop(0) if told else group.total)
        if group.total in found and told and not found & set(group.parts):
            found.add(told[0])  # else the office is their sum
    return found


def _total(rows: Sequence[Row], some: Sequence[int], name: str) -> int | None:
    counts = [rows[n][name] for n in some]
    return None if None in counts else sum(counts)


def _room(rows: Sequence[Row], name: str, below: int, some: Sequence[int]) -> bool:
    """Whether a count may be told, and those of whom everybody knows that they are not zero, together."""
    total = _total(rows, some, name)
    if len(some) == 1 or not total:
        return total not in range(1, below)
    return total >= below and total - len(some) >= max(1, below - 2)


def _passes(rows: Sequence[Row], shape: Shape, below: int, some: Sequence[int]) -> bool:
    """Whether what became of visits may be told."""
    few = range(1, below)
    total = {name: _total(rows, some, name) for name in (shape.base, *shape.inner)}
    if any(total[name] in few for name in shape.inner):
        return False
    pairs = ((total[wide], total[narrow]) for wide, narrow in combinations(shape.nested, 2))
    return not any(None not in pair and pair[0] - pair[1] in few for pair in pairs)  # type: ignore[operator]
