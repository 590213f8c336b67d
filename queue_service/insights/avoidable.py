"""Which copies and visits could have been had without the counter?

Pure. It counts what another channel offers: an upper bound of what that channel would carry, for not
everyone has a card. A visit counts only if all its items can be had elsewhere. The share of the counter is
told of the months and procedures of which both sides were counted.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from msgspec import Struct

from queue_service.counts import Copies
from queue_service.figures import Day
from queue_service.insights.copies import (
    COUNTER,
    Cell,
    Cells,
    Offer,
    Stated,
    Tables,
    all_copies,
    obtainable,
)
from queue_service.insights.items import Asked, Period, asked_by_month, together
from queue_service.offices import Office

DECIMALS = 6
ANSWERS = ("elsewhere", "no_card", "prefers_counter")

Hints = dict[str, int]  # by answer


class Issued(Struct, frozen=True, kw_only=True):
    """Copies through all channels; null: nobody counted them."""

    issued: int | None
    obtainable: int | None  # of them, those of procedures that another channel offers
    at_counter: int | None
    avoidable_copies: int | None  # of those at the counter, the obtainable ones
    elsewhere: int | None  # through other channels
    compared_copies: int | None  # of the obtainable ones, where both sides were counted …
    counter_share: float | None  # … and of those, at the counter …
    elsewhere_share: float | None  # … and elsewhere


class Sums(Issued, frozen=True, kw_only=True):
    """Copies and visits of all procedures; null: nobody counted them."""

    obtainable_share: float | None  # of all copies
    avoidable_copies_share: float | None  # of those at the counter
    visits: int | None
    visits_with_items: int | None
    with_items_share: float | None
    avoidable_visits: int | None
    avoidable_visits_share: float | None  # of visits with items
    hints: Hints | None
    helped: int | None


class Way(Struct, frozen=True, kw_only=True):
    """A channel through which a procedure can be had."""

    channel: str
    fee: int | None  # null: not stated
    copies: int | None


class OfProcedure(Issued, frozen=True, kw_only=True):
    """One procedure."""

    procedure: str
    name: str
    known: bool  # to the catalogue, or to a table
    obtainable_elsewhere: bool
    channels: list[Way]
    visits: int | None  # that had it among their items
    avoidable_visits: int | None  # of them
    hints: Hints | None


class OfMonth(Sums, frozen=True, kw_only=True):
    """One month."""

    month: str
    whole: bool  # whether all its days lie in the period


class Avoidable(Sums, frozen=True, kw_only=True):
    """The answer."""

    compared_months: int
    unknown_copies: int | None  # at the counter, of procedures in neither catalogue nor table
    counted_twice: list[str]  # months whose counter both ledger and table know: the larger stands
    cut_months: list[str]  # of tables, and not wholly in the period: left out
    stated_twice: list[Stated]
    procedures: list[OfProcedure]
    months: list[OfMonth]


def avoidable(
    days: Iterable[Day],
    copies: Iterable[Copies],
    catalogue: Mapping[str, Offer],
    office: Office,
    period: Period,
) -> Avoidable:
    """What could have been had elsewhere. `copies`: as tables state them; `days`: none of tables alone."""
    tables = Tables(copies, period)
    free = obtainable(catalogue, tables)
    asked = asked_by_month(days, office, period, free)
    whole = together(asked.values()) if asked else None
    listed = {*catalogue, *tables.procedures}
    seen = whole.procedures - listed if whole else set()
    cells, both = all_copies(tables, asked, listed | seen)
    sums = _sums(cells, whole, free)
    unknown = sum(cell.counter or 0 for (_, name), cell in cells.items() if name in seen)
    return Avoidable(
        **sums,
        compared_months=len({month for month, _ in _compared(cells, free)}),
        unknown_copies=None if sums["at_counter"] is None else unknown,
        counted_twice=both,
        cut_months=tables.cut,
        stated_twice=tables.differing,
        procedures=sorted(
            (
                _of_procedure(name, mine, whole, catalogue.get(name), free, known=name not in seen)
                for name, mine in _grouped(cells, 1, listed | seen).items()
            ),
            key=_order,
        ),
        months=[
            OfMonth(
                **_sums(mine, asked.get(month), free), month=month, whole=period.is_whole(month)
            )
            for month, mine in _grouped(cells, 0, _span(period, asked, cells)).items()
        ],
    )


def _grouped(cells: Cells, part: int, names: Iterable[str]) -> dict[str, Cells]:
    """The cells of each name; `part`: of their key, 0 is the month and 1 the procedure."""
    found: dict[str, dict[tuple[str, str], Cell]] = {name: {} for name in names}
    for key, cell in cells.items():
        found[key[part]][key] = cell
    return {**found}


def _of_procedure(
    name: str, mine: Cells, whole: Asked | None, offer: Offer | None, free: Set[str], *, known: bool
) -> OfProcedure:
    fees = offer.fees if offer else {}
    counted = sorted({channel for cell in mine.values() for channel in cell.others})
    return OfProcedure(
        **_copies(mine, free),
        procedure=name,
        name=offer.name if offer else name,
        known=known,
        obtainable_elsewhere=name in free,
        channels=[
            Way(
                channel=channel,
                fee=fees.get(channel),
                copies=_sum(cell.through(channel) for cell in mine.values()),
            )
            for channel in dict.fromkeys((COUNTER, *fees, *counted))
        ],
        visits=whole.visits_for[name] if whole else None,
        avoidable_visits=whole.avoidable_for[name] if whole else None,
        hints={each: whole.hints[name, each] for each in ANSWERS} if whole else None,
    )


def _order(row: OfProcedure) -> tuple[int, int, str]:
    return -(row.avoidable_copies or 0), -(row.issued or 0), row.procedure


def _sums(cells: Cells, asked: Asked | None, free: Set[str]) -> dict[str, Any]:
    counted = _copies(cells, free)
    return {
        **counted,
        "obtainable_share": _share(counted["obtainable"], counted["issued"]),
        "avoidable_copies_share": _share(counted["avoidable_copies"], counted["at_counter"]),
        **_visits(asked),
    }


def _copies(cells: Cells, free: Set[str]) -> dict[str, Any]:
    """The fields of `Issued`."""
    can = [cell for (_, procedure), cell in cells.items() if procedure in free]
    issued = _sum(each.issued for each in cells.values())
    at_counter = _sum(each.counter for each in cells.values())
    both = _compared(cells, free).values()
    there, away = (sum(getattr(each, side) for each in both) for side in ("counter", "elsewhere"))
    return {
        "issued": issued,
        "obtainable": _sum(each.issued for each in can) if can else issued and 0,
        "at_counter": at_counter,
        "avoidable_copies": _sum(each.counter for each in can) if can else at_counter and 0,
        "elsewhere": _sum(each.elsewhere for each in cells.values()),
        "compared_copies": there + away if both else None,
        "counter_share": _share(there, there + away),
        "elsewhere_share": _share(away, there + away),
    }


def _visits(asked: Asked | None) -> dict[str, Any]:
    """The fields of `Sums` that are about visits."""
    if asked is None:
        names = ("visits", "visits_with_items", "with_items_share", "avoidable_visits")
        return dict.fromkeys((*names, "avoidable_visits_share", "hints", "helped"))
    hints = {
        answer: sum(n for (_, said), n in asked.hints.items() if said == answer)
        for answer in ANSWERS
    }
    return {
        "visits": asked.visits,
        "visits_with_items": asked.with_items,
        "with_items_share": _share(asked.with_items, asked.visits),
        "avoidable_visits": asked.avoidable,
        "avoidable_visits_share": _share(asked.avoidable, asked.with_items),
        "hints": hints,
        "helped": asked.helped,
    }


def _compared(cells: Cells, free: Set[str]) -> Cells:
    """Where the counter and another channel were both counted, of what can be had elsewhere."""
    return {
        (month, name): cell
        for (month, name), cell in cells.items()
        if name in free and cell.counter is not None and cell.elsewhere is not None
    }


def _span(period: Period, asked: Mapping[str, Asked], cells: Cells) -> Sequence[str]:
    """From the first month with any figure to the last; those between without any are gaps."""
    counted = {*asked, *(month for month, _ in cells)}
    there = [n for n, month in enumerate(period.months) if month in counted]
    return period.months[there[0] : there[-1] + 1] if there else ()


def _sum(counts: Iterable[int | None]) -> int | None:
    """Of what is known; None where nothing is."""
    known = [each for each in counts if each is not None]
    return sum(known) if known else None


def _share(part: int | None, whole: int | None) -> float | None:
    return round(part / whole, DECIMALS) if part is not None and whole else None
