"""The report `freed-time`: what shorter hours freed, what it was used for, and whether that adds up."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Self

import msgspec
from markupsafe import escape
from msgspec import Struct
from msgspec.structs import replace

from queue_service.freed_time import WHOLE, Use, names, sections
from queue_service.hours import DAYS, hours_in_force
from queue_service.insights.freed_time import DayHours, FreedTime, freed_time, hours
from queue_service.insights.week import Week, written
from queue_service.offices import Office, ReceptionHours
from queue_service.reports.ground import A_DAY, LEDGER, Ground
from queue_service.reports.picture import pairs, swatch
from queue_service.reports.report import Basis, dated, whole
from queue_service.reports.telling import Chart, Report, Table, Telling, Words, number, percent

NAME = "freed_time"
MOST_DESKS = 10_000
NAMED = 6  # sections or months in a sentence
COLUMNS = 5  # of sections, beside the categories: more do not fit the page


class UsedTime(Struct, frozen=True, kw_only=True):
    """What the report rests on: the entries of an office, or the rows of a table."""

    office: Office  # with the hours in force
    source: str  # LEDGER, or the name of a file
    first: date
    last: date
    today: date
    uses: Sequence[Use]  # of these days
    struck: int = 0  # entries of these days that do not count


class Desks(Struct, frozen=True, kw_only=True):
    """Numbers of desks that somebody states."""

    total: int | None = None
    of: Mapping[str, int] = {}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Desks like "12", "市民課:5,税務課:3", or both.

        Raises:
            ValueError: with the reason and the remedy.
        """
        total, of = None, dict[str, int]()
        for part in filter(None, (each.strip() for each in text.split(","))):
            section, colon, count = part.rpartition(":")
            if not (count.isascii() and count.isdecimal() and 1 <= int(count) <= MOST_DESKS):
                raise ValueError(f"{part!r}: write a number of desks, like 12 or 市民課:5")
            if colon:
                of[section.strip()] = int(count)
            else:
                total = int(count)
        return cls(total=total, of=of)


class Freed(Struct, frozen=True, kw_only=True):
    """What became of the time that was freed?"""

    before: ReceptionHours  # the hours that it is reckoned from
    since: date | None = None  # of the change; days before it are as they were
    same_days: bool = False  # no weekday was named: those are meant that are open now
    desks: Desks

    @classmethod
    def since_change(cls, office: Office, last: date, current: Week | None, desks: Desks) -> Self:
        """Reckoned from stated hours, else from those before the latest change up to a date.

        Raises:
            ValueError: the office does not say which those are.
        """
        if not office.reception_hours:
            raise ValueError("the office is always open: it has no hours that could be shorter")
        if current is not None:
            return cls(before=stated(current), same_days=current.every_day, desks=desks)
        known = [each for each in office.reception_hours if (each.since or date.min) <= last]
        if len(known) < 2:
            raise ValueError(
                f"the office knows no hours before those of {last}: state them, like 08:30-17:15"
            )
        return cls(before=replace(known[-2], since=None), since=known[-1].since, desks=desks)


def stated(week: Week, days: Sequence[int] = range(7)) -> ReceptionHours:
    """Hours that somebody states, as an office would define them; `days`: only of these weekdays."""
    return ReceptionHours(hours={DAYS[day]: written(week.on(day)) for day in days if week.on(day)})


def check_desks(ground: UsedTime, desks: Desks) -> None:
    """Let no section be misspelt.

    Raises:
        ValueError: one is neither of the office nor in its entries.
    """
    known = {*sections(ground.office), *(use.section for use in ground.uses)}
    for section in desks.of if ground.office.services else ():
        if section not in known:
            raise ValueError(f"{section!r} is not among {', '.join(sorted(known))}")


def report_on_freed_time(ground: UsedTime, asked: Freed, language: str) -> Report:
    """The report."""
    days = _days(ground, asked)
    total, by_section = _desks(ground.office, asked.desks, {use.section for use in ground.uses})
    told = freed_time(days, ground.uses, total, by_section, ground.today)
    of_office = ground.source == LEDGER
    basis = Basis(
        office=ground.office.id if of_office else None,
        source=ground.source,
        timezone=ground.office.timezone if of_office else None,
        first=ground.first,
        last=ground.last,
        n=len(ground.uses),
        missing_days=None,
        sha256=_sha256(days, ground),
    )
    facts = {"struck": ground.struck, **_named(told, ground.office, language)}
    facts["notes"] = dated(ground.office, ground.first, ground.last, language)
    return whole(basis, NAME, TELLING.defined, facts, language)


def _named(told: FreedTime, office: Office, language: str) -> Report:
    """The answer with the names of the categories in it."""
    report: Report = msgspec.to_builtins(told)
    known = names(office, language)
    used = [each["category"] for each in report["by_category"]]
    return report | {"categories": {each: known.get(each, each) for each in used}}


def _days(ground: UsedTime, asked: Freed) -> list[DayHours]:
    length = (ground.last - ground.first).days + 1
    dates = [ground.first + n * A_DAY for n in range(length)]
    before, now = (
        Ground(
            office=office, source=ground.source, first=ground.first, last=ground.last
        ).hours_in_force(dates)
        for office in (replace(ground.office, reception_hours=(asked.before,)), ground.office)
    )
    found = []
    for day, was, is_now in zip(dates, before, now, strict=True):
        if hours_in_force(ground.office, f"{day}") is None:
            was = is_now = ()  # nobody wrote down which hours there were
        elif asked.since and day < asked.since:
            was = is_now
        elif asked.same_days and not is_now:
            was = ()
        found.append(DayHours(day, was, is_now))
    return found


def _desks(office: Office, desks: Desks, named: set[str]) -> tuple[int, dict[str, int | None]]:
    """The desks of the whole office, and of each section where they are known.

    A desk counts for a section if it serves one of its services, unless all of these keep hours of their
    own: a change of the office's hours does not free them.
    """
    bound = {each.id: each.section or WHOLE for each in office.services if each.hours is None}
    served = [{bound[id] for id in desk.services if id in bound} for desk in office.desks]
    known: dict[str, int | None] = {}
    if office.services:
        known = {each: sum(each in mine for mine in served) for each in sections(office)}
    by_section = known | dict.fromkeys(sorted(named - known.keys())) | dict(desks.of)
    total = desks.total
    if total is None and desks.of:
        total = sum(each or 0 for each in by_section.values())
    if total is None:
        total = sum(map(bool, served)) if office.desks else 1
    if len(by_section) == 1 and not desks.of:
        by_section = dict.fromkeys(by_section, total)
    return total, by_section


def _sha256(days: Sequence[DayHours], ground: UsedTime) -> str:
    """Of the entries and of the calendar that they are set against."""
    return hashlib.sha256(msgspec.json.encode([days, ground.uses, ground.struck])).hexdigest()


# Telling


def _said(report: Report, words: Words) -> list[str | None]:
    over = [_section(each, words) for each in report["by_section"] if each["over_used"]]
    silent, ahead = report["silent_months"], report["days_ahead"]
    return [
        _answer(report, words),
        _a_desk(report, words),
        words.say("ahead", n=ahead) if ahead else None,
        words.say("over_sections", sections=_listed(over, words)) if over else None,
        words.say("silent", months=_listed(silent, words)) if silent else None,
        words.say("longer", n=report["longer_days"], hours=_hours(report["longer_minutes_a_desk"]))
        if report["longer_days"]
        else None,
    ]


def _listed(names: Sequence[str], words: Words) -> str:
    comma = "、" if words.language.startswith("ja") else ", "
    return comma.join(names[:NAMED]) + ("…" if len(names) > NAMED else "")


def _answer(report: Report, words: Words) -> str:
    freed, used = report["freed_minutes"], report["used_minutes"]
    told = {"freed": _hours(freed), "used": _hours(used), "desks": number(report["desks"])}
    if not freed:
        return words.say("nothing_freed", **told)
    if not report["entries"]:
        return words.say("nothing_entered", **told)
    return words.say("over" if report["over_used"] else "within", **told, share=_share(report))


def _a_desk(report: Report, words: Words) -> str | None:
    told = {"hours": _hours(report["freed_minutes_a_desk"]), "days": number(report["shorter_days"])}
    if not report["shorter_days"]:
        return None
    if report["minutes_a_day"] is None or None in (report["hours_before"], report["hours_now"]):
        return words.say("a_desk_varying", **told)
    named = {"before": report["hours_before"], "now": report["hours_now"]}
    return words.say("a_desk", **told, **named, minutes=number(report["minutes_a_day"]))


def _charts(report: Report, words: Words) -> list[Chart]:
    noted = {each["date"][:7] for each in report["notes"]}
    rows = [
        (words.marked(row["month"], row["month"] in noted), row["freed_hours"], row["used_hours"])
        for row in report["by_month"]
    ]
    title = words.say("chart")
    key: list[str] = [swatch(look) + escape(words.say(f"key.{name}")) for look, name in KEY]
    key += words.notes(report)
    return [Chart(title=title, svg=pairs(rows, title, words.say("unit")), key=key)]


KEY = (("bar", "freed"), ("bar in", "used"), ("bar over", "over"))


def _tables(report: Report, words: Words) -> list[Table]:
    balance = ("freed", "used", "share")
    months = [
        [row["month"], number(row["open_days"]), *_balance(row)] for row in report["by_month"]
    ]
    by_section = [
        [_section(row, words), number(row["desks"]), *_balance(row)] for row in report["by_section"]
    ]
    return [
        Table(words.say("months"), words.heads("month", "open_days", *balance), months),
        Table(words.say("sections"), words.heads("section", "desks", *balance), by_section),
        _categories(report, words),
    ]


def _categories(report: Report, words: Words) -> Table:
    """Categories, with a column for each section that used most, where several used any."""
    by_use = sorted(report["by_section"], key=lambda row: -row["used_minutes"])
    used = [row for row in by_use if row["entries"]][:COLUMNS]
    told = used if len(used) > 1 else []
    rows = [
        [
            report["categories"][row["category"]],
            number(row["entries"]),
            _hours(row["used_minutes"]),
            percent(row["share"]),
            *(_hours(each["minutes_by_category"].get(row["category"])) for each in told),
        ]
        for row in report["by_category"]
    ]
    heads = words.heads("category", "entries", "used", "part")
    return Table(words.say("categories"), [*heads, *(_section(row, words) for row in told)], rows)


def _section(row: Report, words: Words) -> str:
    return words.say("whole") if row["section"] == WHOLE else str(row["section"])


def _balance(row: Report) -> list[str]:
    """Freed, used and their ratio, which has a sign where more was used; nothing entered is no zero."""
    used = _hours(row["used_minutes"] if row["entries"] else None)
    sign = "▲ " if row["over_used"] else ""
    return [_hours(row["freed_minutes"]), used, sign + _share(row)]


def _share(row: Report) -> str:
    freed = row["freed_minutes"] if row["entries"] else None
    return percent(row["used_minutes"] / freed if freed else None)


def _hours(minutes: int | None) -> str:
    """Hours with two decimals; – where there are none.

    >>> _hours(18225)
    '303.75'
    """
    return "–" if minutes is None else f"{hours(minutes):,.2f}"


def _facts(report: Report, words: Words) -> list[tuple[str, str]]:
    return [
        (words.say("n"), number(report["n"])),
        (words.say("struck"), number(report["struck"])),
    ]


TELLING = Telling(
    said=_said,
    charts=_charts,
    tables=_tables,
    facts=_facts,
    defined=(
        *("freed_minutes", "freed_minutes_a_desk", "desks", "used_minutes", "over_used"),
        *("open_days", "longer_days", "silent_months", "struck"),
    ),
)
