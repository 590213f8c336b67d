"""What was understood of a log or a table, in words: before it is taken in, and after."""

from collections.abc import Iterator, Mapping

from queue_service.cli.command import table
from queue_service.imports import Import

SHOWN = 12  # services, odd dates and pauses that are named; the others are counted
REASONS_SHOWN = 5

UNITS = {
    "tickets": ("tickets", "service"),
    "counts": ("counts", "service"),
    "channels": ("figures", "procedure"),
}
CORRECTED = {
    "clocks_apart": "written less than a minute before what came first: read as of that moment",
    "shown_twice": "at an hour that clocks showed twice: read as the second",
    "over_midnight": "after midnight, written with the day before: read as of the next day",
}


def import_text(what: Import) -> str:
    """All of it."""
    unit, of = UNITS[what.kind]
    rows = [
        (name, str(count), "not of the office" if name in what.new_services else "")
        for name, count in what.services.items()
    ]
    lines = [f"{what.rows} {unit}, {what.first} to {what.last}, {what.days} {_dates(what)}"]
    lines += [f"  {name:<11} {told}" for name, told in _understood(what) if told]
    lines += ["", table((of, unit, ""), rows[:SHOWN])]
    if len(rows) > SHOWN:
        lines.append(f"… and {len(rows) - SHOWN} more")
    return "\n".join(lines)


def rejected_text(what: Import, file: str) -> Iterator[str]:
    """Why rows could not be used: each reason with the first row of which it is true."""
    yield f"{_rows(what.rejected)} could not be used: see {file}."
    for each in what.reasons[:REASONS_SHOWN]:
        yield f"  {each.rows:>6}  {each.reason}"
        yield f"          the first is line {each.line}: {each.example}"
    if len(what.reasons) > REASONS_SHOWN:
        yield f"  … and {len(what.reasons) - REASONS_SHOWN} more reasons"
    if what.odd_dates and not what.odd_dates_kept:
        yield "If dates that look wrong are right, take the same file in with --keep-odd-dates."


def _dates(what: Import) -> str:
    return "months" if what.kind == "channels" else "days"


def _understood(what: Import) -> Iterator[tuple[str, str]]:
    yield "read", ", ".join(_read(what.columns))
    yield "not read", ", ".join(what.unused_columns)
    yield "time zone", f"{what.timezone}, of times without offset" if what.timezone else ""
    yield "a row", _listed({k: v for k, v in (what.sample or {}).items() if v is not None})
    yield "outcomes", _listed(what.outcomes)
    if what.unknown:
        yield "not told", f"{', '.join(what.unknown)}: these figures stay empty, they are not 0"
    if what.kind == "tickets":
        yield "hours", f"{what.outside_hours} outside the reception hours; they count all the same"
    if what.closed_days:
        yield (
            "closed",
            f"{what.closed_days} days on which the office is closed; they do not open it",
        )
    for name, count in what.corrections.items():
        yield "corrected", f"{count} times {CORRECTED[name]}"
    yield from _strange(what)
    if what.replaces:
        yield "instead of", f"import {', '.join(what.replaces)}, the same file read in another way"


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _read(columns: Mapping[str, str]) -> Iterator[str]:
    for name, column in columns.items():
        yield name if name == column else f"{name} = {column}"


def _strange(what: Import) -> Iterator[tuple[str, str]]:
    kept = "taken in all the same" if what.odd_dates_kept else "rejected"
    for odd in what.odd_dates[:SHOWN]:
        dates = odd.first if odd.first == odd.last else f"{odd.first} to {odd.last}"
        yield "odd dates", f"{_rows(odd.rows)} of {dates}, {kept}: the date {odd.reason}"
    for pause in what.pauses[:SHOWN]:
        yield "silent", f"{pause.days} days between {pause.after} and {pause.before}"


def _listed(told: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in told.items())
