"""Copies by month, procedure and channel: those the ledger saw at the counter, and those counted elsewhere.

Pure. What nobody counted is not known, which is not zero. Where the ledger and a table both say how many
copies of a procedure the counter issued in a month, they speak of the same copies: either may lack some
(items that nobody recorded, days before the ledger began), neither invents any. So the larger figure
stands, and they are never added.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

from msgspec import Struct, field

from queue_service.counts import Copies
from queue_service.insights.items import Asked, Period

COUNTER = "counter"


class Offer(Struct, frozen=True, kw_only=True):
    """A procedure as the catalogue of an office has it."""

    name: str
    fees: Mapping[str, int | None]  # of every channel; None: not stated


class Cell(Struct, kw_only=True):
    """The copies of one procedure in one month."""

    counter: int | None = None
    others: dict[str, int] = field(default_factory=dict)  # by channel, of those that were counted

    @property
    def elsewhere(self) -> int | None:
        """Through all other channels."""
        return sum(self.others.values()) if self.others else None

    @property
    def issued(self) -> int | None:
        """Through all channels, as far as they are known."""
        known = [each for each in (self.counter, self.elsewhere) if each is not None]
        return sum(known) if known else None

    def through(self, channel: str) -> int | None:
        """Through one channel."""
        return self.counter if channel == COUNTER else self.others.get(channel)


class Stated(Struct, frozen=True, kw_only=True):
    """A figure that tables state differently; the largest stands."""

    month: str
    procedure: str
    channel: str
    copies: list[int]


Cells = Mapping[tuple[str, str], Cell]  # by month and procedure


class Tables:
    """What tables say of the months that lie wholly in a period."""

    def __init__(self, rows: Iterable[Copies], period: Period) -> None:
        stated: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        for row in rows:
            stated[row.month, row.procedure, row.channel].add(row.copies)
        self.procedures = {procedure for _, procedure, _ in stated}
        self.offered = {procedure for _, procedure, channel in stated if channel != COUNTER}
        self.cut = sorted({month for month, _, _ in stated if not period.is_whole(month)})
        self._stated = {
            key: sorted(copies) for key, copies in stated.items() if key[0] not in self.cut
        }

    @property
    def differing(self) -> list[Stated]:
        """What is stated more than once, and not the same."""
        return [
            Stated(month=month, procedure=procedure, channel=channel, copies=copies)
            for (month, procedure, channel), copies in sorted(self._stated.items())
            if len(copies) > 1
        ]

    def cells(self) -> dict[tuple[str, str], Cell]:
        """The copies that they state."""
        found: dict[tuple[str, str], Cell] = defaultdict(Cell)
        for (month, procedure, channel), copies in sorted(self._stated.items()):
            if channel == COUNTER:
                found[month, procedure].counter = copies[-1]
            else:
                found[month, procedure].others[channel] = copies[-1]
        return found


def all_copies(
    tables: Tables, asked: Mapping[str, Asked], procedures: Iterable[str]
) -> tuple[Cells, list[str]]:
    """All that is known, and the months whose counter both the ledger and a table counted.

    In a month of which the ledger knows items, a procedure that is not among them was not issued.
    """
    cells, both, known = tables.cells(), set[str](), sorted(procedures)
    for month, counted in asked.items():
        for procedure in known if counted.with_items else ():
            cell = cells[month, procedure]
            if cell.counter is not None:
                both.add(month)
            cell.counter = max(cell.counter or 0, counted.copies[procedure])
    return cells, sorted(both)


def obtainable(catalogue: Mapping[str, Offer], tables: Tables) -> Set[str]:
    """The procedures that another channel offers: the catalogue says so, or a table has a row of it."""
    listed = {name for name, offer in catalogue.items() if offer.fees.keys() - {COUNTER}}
    return listed | tables.offered
