"""Where visitors of the hours that were cut went: moved, received still, or not seen again."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from queue_service.counts import Count
from queue_service.insights.arrivals import Arrivals, of_counts
from queue_service.insights.displacement import (
    CUT,
    FIRST,
    LAST,
    REST,
    Displacement,
    Hours,
    displacement,
    hours_at,
)
from queue_service.insights.week import Week
from queue_service.insights.windows import Window
from queue_service.office_files import read_office

AT = date(2025, 8, 4)
A_DAY = timedelta(days=1)
BOTH = Window(AT - 56 * A_DAY, AT - A_DAY), Window(AT, AT + 55 * A_DAY)
HOURS = Hours(before=Week.parse("08:30-17:15"), after=Week.parse("09:00-16:30"))
OPENS, CLOSES, OLD_OPENS, OLD_CLOSES = 540, 990, 510, 1035
CAME = 360  # a day before, evenly over the old hours: 20 in half an hour


def come(move: str, *, growth: float = 1.0, step: int = 1, seed: int = 1) -> Arrivals:
    """Visitors of forty days before and after. `move`: what those of the morning and evening do then."""
    chance, counts = np.random.default_rng(seed), dict[tuple[str, int], int]()
    for n in range(-56, 56):
        day = AT + n * A_DAY
        if day.weekday() > 4:
            continue
        after = day >= AT
        many = chance.poisson(CAME * (growth if after else 1) * chance.gamma(100, 0.01))
        for minute in chance.integers(OLD_OPENS, OLD_CLOSES, many).tolist():
            if after and not OPENS <= minute < CLOSES:
                if move == "shift":
                    minute = OPENS + minute % 15 if minute < OPENS else CLOSES - 1 - minute % 30
                elif move == "lose":
                    continue
            key = (f"{day}", minute // step * step)
            counts[key] = counts.get(key, 0) + 1
    return of_counts((Count(1, *key, count, "") for key, count in counts.items()), step)


def asked(arrivals: Arrivals, hours: Hours = HOURS, **more: Any) -> Displacement:
    told = displacement(arrivals, hours, *BOTH, **more)
    assert told is not None
    return told


def parts(told: Displacement) -> list[tuple[str, str]]:
    """Names and verdicts of the parts, which add up to what was expected."""
    found = {name: getattr(told, name) for name in ("after_opening", "before_closing", "not_seen")}
    whole = sum(each.per_day for each in found.values()) + told.still
    assert whole == pytest.approx(told.cut_expected, abs=1e-4)
    return [(name, each.verdict) for name, each in found.items()]


MORNING, EVENING = CAME * 30 / 525, CAME * 45 / 525


def test_who_comes_at_nine_instead_of_half_past_eight_is_displaced_and_not_lost():
    told = asked(come("shift"))
    assert parts(told) == [
        ("after_opening", "yes"),
        ("before_closing", "yes"),
        ("not_seen", "cannot tell"),
    ]
    assert told.after_opening is not None and told.after_opening.ci95 is not None
    assert told.after_opening.ci95[0] < MORNING < told.after_opening.ci95[1]
    assert told.before_closing is not None and told.before_closing.ci95 is not None
    assert told.before_closing.ci95[0] < EVENING < told.before_closing.ci95[1]
    assert told.cut_before == pytest.approx(MORNING + EVENING, rel=0.05)
    assert (told.hours_before, told.hours_after) == ("08:30-17:15", "09:00-16:30")
    assert (told.days_before, told.days_after, told.still) == (40, 40, 0)


def test_who_stays_away_is_not_seen_and_not_taken_for_moved():
    told = asked(come("lose"))
    assert parts(told) == [
        ("after_opening", "cannot tell"),
        ("before_closing", "cannot tell"),
        ("not_seen", "yes"),
    ]
    assert told.not_seen is not None and told.not_seen.ci95 is not None
    assert told.not_seen.ci95[0] < MORNING + EVENING < told.not_seen.ci95[1]
    assert told.not_seen.share == pytest.approx(1, abs=0.2)


def test_a_campaign_that_halves_all_of_the_day_is_no_loss_of_the_morning():
    told = asked(come("shift", growth=0.5))
    assert dict(parts(told)) == {
        "after_opening": "yes",
        "before_closing": "yes",
        "not_seen": "cannot tell",
    }
    assert told.cut_before is not None
    assert told.cut_expected == pytest.approx(told.cut_before / 2, rel=0.1)


def test_who_is_received_outside_the_new_hours_still_is_told():
    told = asked(come("stay"))
    assert dict(parts(told))["not_seen"] == "cannot tell"
    assert told.still == pytest.approx(MORNING + EVENING, rel=0.1)


def test_who_touches_the_ticket_machine_in_vain_is_counted_apart():
    day = f"{AT}"
    away = of_counts(
        [Count(1, day, 520, 8, ""), Count(1, day, 1000, 4, ""), Count(1, day, 600, 9, "")], 1
    )
    told = asked(come("lose"), away=away)
    assert told.turned_away == pytest.approx(12 / 40)
    assert asked(come("lose")).turned_away is None


def test_with_few_days_only_what_was_there_is_told():
    short = Window(AT - 20 * A_DAY, AT - A_DAY), Window(AT, AT + 20 * A_DAY)
    told = displacement(come("shift"), HOURS, *short)
    assert told is not None and told.cut_before is not None
    assert (told.after_opening, told.not_seen, told.cut_expected) == (None, None, None)


def test_counts_whose_intervals_the_hours_cut_say_nothing():
    assert displacement(come("shift", step=60), HOURS, *BOTH) is None
    hourly = Hours(before=Week.parse("08:30-17:30"), after=Week.parse("09:00-16:30"))
    assert displacement(come("shift", step=30), hourly, *BOTH) is not None


def test_only_weekdays_on_which_something_was_cut_count():
    hours = Hours(
        before=Week.parse("08:30-17:15"), after=Week.parse("mon 08:30-18:00; tue-fri 09:00-16:30")
    )
    told = asked(come("shift"), hours)
    assert (told.days_before, told.days_after) == (32, 32)
    assert not hours.parts(0).any()


def test_the_parts_of_a_day():
    parts = HOURS.parts(0)
    spans = {CUT: (510, 540), FIRST: (540, 570), REST: (570, 960), LAST: (960, 990)}
    for part, (start, end) in spans.items():
        assert set(parts[start:end].tolist()) == {part}
    assert set(parts[990:1035].tolist()) == {CUT}
    assert not parts[:510].any() and not parts[1035:].any()
    brief = Hours(before=Week.parse("08:30-17:15"), after=Week.parse("09:00-09:40")).parts(0)
    assert set(brief[540:570].tolist()) == {FIRST} and set(brief[570:580].tolist()) == {LAST}


def test_numbers_that_are_given_before_opening_are_not_cut():
    early = Hours(before=HOURS.before, after=HOURS.after, early=15)
    parts = early.parts(0)
    assert set(parts[495:525].tolist()) == {CUT} and set(parts[525:570].tolist()) == {FIRST}


def test_hours_that_only_become_longer_cut_nothing():
    assert HOURS.cut
    assert not Hours(before=HOURS.after, after=HOURS.before).cut
    assert Hours(before=HOURS.before, after=Week.parse("mon-thu 08:30-17:15")).cut  # all of Friday


OFFICE = """
id: small
timezone: Asia/Tokyo
tickets_from: -15
reception_hours:
  - {{hours: {{mon-fri: "08:30-17:15"}}}}
  - {{from: {at}, hours: {{mon-fri: "09:00-16:30"}}}}
services: [{{id: tax, prefix: A}}]
desks: [{{id: "1", services: [tax]}}]
"""


def test_an_office_changes_its_hours_on_the_date_of_an_entry():
    office = read_office(OFFICE.format(at=AT), "office.yaml")
    found = hours_at(office, AT)
    assert found == Hours(
        before=Week.parse("mon-fri 08:30-17:15"), after=Week.parse("mon-fri 09:00-16:30"), early=15
    )
    assert hours_at(office, AT + A_DAY) is None
    begun = read_office(OFFICE.format(at=AT).replace("{hours", "{from: 2025-01-01, hours", 1), "")
    assert hours_at(begun, date(2025, 1, 1)) is None  # nothing is known of the time before
