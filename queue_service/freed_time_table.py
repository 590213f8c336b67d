"""Taking in a table of what freed time was used for: every row becomes an entry of the ledger.

It is no partition of its own: an entry has an id by which it can be struck, is proven, sealed and backed
up like any other, and reports read one list. A row for which an equal use stands already, struck or not,
is passed over, so that the same table again changes nothing and one that has grown adds what is new.
All rows go in by one script, or none.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct

from queue_service.counts import Table, read_uses
from queue_service.freed_time import Use, sections, spellings
from queue_service.hours import local_time
from queue_service.ledger import Ledger
from queue_service.log_columns import TicketLogError
from queue_service.offices import Office
from queue_service.ticket_log import BadRow

MOST_ROWS = 10_000  # in one step of the engine: nobody is served meanwhile, some 0.15 s


class TakenUses(Struct, frozen=True, kw_only=True):
    """What was taken in."""

    rows: int  # that can be used
    new: int  # of them: entered now
    known: int  # of them: passed over
    rejected: int
    minutes: int  # of all rows
    first: str
    last: str
    sections: dict[str, int]  # minutes
    categories: dict[str, int]


async def take_in_uses(
    ledger: Ledger,
    office: Office,
    lines: Iterable[str],
    *,
    rejected: Callable[[BadRow], None],
    dry: bool = False,
) -> TakenUses:
    """Take a table in; `dry`: only read it, and say what would be new.

    Raises:
        TicketLogError: it cannot be used; nothing was entered.
    """
    now = (await ledger.snapshot(office.id)).at
    today = local_time(office, now).date()
    uses, bad = list[Use](), 0
    for row in read_uses(Table(lines), sections(office), spellings(office), f"{today}"):
        if isinstance(row, BadRow):
            bad += 1
            rejected(row)
        else:
            uses.append(row)
        if len(uses) > MOST_ROWS:
            raise TicketLogError(f"there are more than {MOST_ROWS} rows: take them in by years")
    if dry or not uses:
        standing = Counter(each.use for each in await ledger.freed_time(office.id))
        new = (Counter(uses) - standing).total()
    else:
        new = (await ledger.use_freed_time(office.id, uses, once=True)).count
    return _summary(uses, new, bad)


def _summary(uses: list[Use], new: int, rejected: int) -> TakenUses:
    dates = sorted({use.used_on for use in uses}) or [""]
    by_section, by_category = Counter[str](), Counter[str]()
    for use in uses:
        by_section[use.section] += use.minutes
        by_category[use.category] += use.minutes
    return TakenUses(
        rows=len(uses),
        new=new,
        known=len(uses) - new,
        rejected=rejected,
        minutes=by_section.total(),
        first=dates[0],
        last=dates[-1],
        sections=dict(by_section.most_common()),
        categories=dict(by_category.most_common()),
    )
