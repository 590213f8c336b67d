"""Before and after a reform: matched by weekday and season, honest about chance, and both sides told."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from queue_service.insights.before_after import Around, BeforeAfter, before_after
from queue_service.insights.change import Change, Drawn, Pair
from queue_service.insights.daily import OPEN, Daily
from queue_service.insights.displacement import Hours
from queue_service.insights.week import Week
from queue_service.insights.windows import Window

AT = date(2025, 8, 4)  # a Monday
A_DAY = timedelta(days=1)
BOTH = Window(AT - 56 * A_DAY, AT - A_DAY), Window(AT, AT + 55 * A_DAY)  # eight weeks each

Figure = Callable[[date], float]


def an_office(
    *windows: Window, closed: Sequence[int] = (5, 6), waits: Figure | None = None, **sums: Figure
) -> Daily:
    """The working days of some windows; `waits`: twenty of each day about so many seconds."""
    days = {each.first + n * A_DAY for each in windows for n in range(each.days)}
    dates = tuple(sorted(each for each in days if each.weekday() not in closed))
    told = {
        name: np.array([figure(each) for each in dates], float) for name, figure in sums.items()
    }
    spans = {}
    if waits:
        places = np.repeat(np.arange(len(dates)), 20)
        about = np.array([waits(each) for each in dates])[places] * 1000
        spread = np.tile(np.linspace(0.5, 1.5, 20), len(dates))
        spans["wait"] = places, (about * spread).astype("<i8")
    return Daily(dates=dates, sums=told | {OPEN: np.ones(len(dates))}, spans=spans)


def asked(own: Daily, metric: str = "arrivals", windows: Any = BOTH, **more: Any) -> BeforeAfter:
    others = more.pop("others", ())
    around = Around(metric=metric, at=AT, before=windows[0], after=windows[1], **more)
    return before_after(own, around, others)


def codes(told: BeforeAfter) -> set[str]:
    """What is warned of, besides a side that these offices do not have."""
    return {each.code for each in told.warnings} - {"one_side"}


def change(told: BeforeAfter, metric: str) -> Change:
    return next(each for each in (*told.visitors, *told.staff) if each.metric == metric)


def noisy(level: float, step: float = 0.0) -> Figure:
    """Some visitors a day, more on Mondays; after the date a step."""
    chance = np.random.default_rng(1)

    def on(day: date) -> float:
        usual = level * (1.5 if day.weekday() == 0 else 1)
        return float(chance.poisson(usual * (1 + step if day >= AT else 1)))

    return on


def test_a_step_is_told_absolute_and_relative_with_its_interval():
    told = asked(an_office(*BOTH, arrivals=noisy(300, -0.2))).change
    assert (told.verdict, told.days_before, told.days_after) == ("fell", 40, 40)
    assert told.relative == pytest.approx(-0.2, abs=0.02)
    assert told.difference == pytest.approx(told.after - told.before)  # type: ignore[operator]
    assert told.ci95 is not None and told.ci95[0] < -0.2 * told.before < told.ci95[1] < 0  # type: ignore[operator]
    assert told.relative_ci95 is not None and told.relative_ci95[1] < 0


def test_without_a_step_nothing_can_be_told():
    told = asked(an_office(*BOTH, arrivals=noisy(300))).change
    assert told.verdict == "cannot tell"
    assert told.ci95 is not None and told.ci95[0] < 0 < told.ci95[1]


def test_weekdays_that_differ_for_good_leave_no_doubt():
    own = an_office(
        *BOTH, arrivals=lambda day: (100 + 50 * day.weekday()) * (0.9 if day >= AT else 1)
    )
    told = asked(own).change
    assert told.relative_ci95 == pytest.approx((-0.1, -0.1))


def test_another_mix_of_weekdays_is_no_change():
    """Twice as many come on Mondays; the window after has more of them."""
    monday = an_office(*BOTH, arrivals=lambda day: 200 if day.weekday() == 0 else 100)
    keep = [n for n, day in enumerate(monday.dates) if day < AT or day.weekday() < 3]
    uneven = Daily(
        dates=tuple(monday.dates[n] for n in keep),
        sums={name: values[keep] for name, values in monday.sums.items()},
        spans={},
    )
    told = asked(uneven)
    assert (told.change.before, told.change.after) == pytest.approx((400 / 3, 400 / 3))
    assert told.change.difference == pytest.approx(0, abs=1e-6)
    assert (told.change.days_before, told.change.days_after) == (24, 24)
    (left,) = [each for each in told.warnings if each.code == "unmatched_weekdays"]
    assert left.facts == {"weekdays": ["thu", "fri"]}


def test_a_ratio_is_that_of_the_sums_and_not_a_mean_of_ratios():
    own = an_office(*BOTH, called=lambda day: 10 + 90 * (day.weekday() == 0), no_show=lambda _: 5)
    told = asked(own, "no_show_rate").change
    assert told.before == pytest.approx(5 * 5 / (4 * 10 + 100), abs=1e-6)


def test_a_percentile_comes_from_single_values_of_all_days_together():
    own = an_office(*BOTH, waits=lambda day: 60 if day < AT else 600)
    told = asked(own, "wait_p90_s").change
    mine = [day < AT for day in own.dates]
    places, values = own.spans["wait"]
    assert told.before == pytest.approx(np.quantile(values[np.array(mine)[places]], 0.9) / 1000)
    assert told.verdict == "rose"


def test_draws_of_a_percentile_lie_about_its_exact_value():
    chance = np.random.default_rng(2)
    own = an_office(*BOTH, waits=lambda _: float(chance.gamma(100, 6)))
    told = asked(own, "wait_p50_s").change
    assert told.ci95 is not None and told.difference is not None
    assert told.ci95[0] < told.difference < told.ci95[1]
    assert abs(sum(told.ci95) / 2 - told.difference) < (told.ci95[1] - told.ci95[0]) / 4


# The season, and other offices


def summer(day: date) -> float:
    """A third more come in the second half of the year."""
    return 4 / 3 if day >= date(day.year, 8, 4) else 1


def test_a_season_is_taken_out_by_the_same_dates_a_year_earlier():
    earlier = [each.earlier() for each in BOTH]
    own = an_office(*earlier, *BOTH, arrivals=lambda day: 300 * summer(day))
    told = asked(own)
    assert told.control == "year before"
    assert told.control_windows == tuple(earlier)
    assert (told.change.before, told.change.expected, told.change.after) == (300, 400, 400)
    assert told.change.difference == pytest.approx(0)
    assert told.change.verdict == "cannot tell"
    assert "unequal_season" not in codes(told)
    without = asked(an_office(*BOTH, arrivals=lambda day: 300 * summer(day)))
    assert (without.control, without.change.verdict) == (None, "rose")
    assert "unequal_season" in codes(without)


def test_a_step_within_a_season_is_the_step():
    def on(day: date) -> float:
        return 300 * summer(day) * (0.9 if day >= AT else 1)

    own = an_office(*[each.earlier() for each in BOTH], *BOTH, arrivals=on)
    told = asked(own)
    assert told.change.relative == pytest.approx(-0.1)
    assert told.change.difference == pytest.approx(-40)


def test_a_year_earlier_of_which_little_is_there_takes_nothing_out():
    few = Window(*(BOTH[1].earlier().first + n * A_DAY for n in (0, 20)))
    told = asked(an_office(few, BOTH[0].earlier(), *BOTH, arrivals=lambda _: 300))
    assert (told.control, "unequal_season" in codes(told)) == (None, True)


def test_whole_years_have_every_season():
    windows = Window(AT - 365 * A_DAY, AT - A_DAY), Window(AT, AT + 364 * A_DAY)
    earlier = windows[0].earlier()  # is there, and is not needed
    own = an_office(earlier, *windows, arrivals=lambda day: 300 * summer(day))
    told = asked(own, windows=windows)
    assert told.control is None and "unequal_season" not in codes(told)
    assert told.change.verdict == "cannot tell"


def test_windows_of_which_one_is_the_year_before_of_the_other_may_be_compared():
    windows = Window(AT - 200 * A_DAY, AT - A_DAY), Window(AT, AT + 199 * A_DAY)
    earlier = [each.earlier() for each in windows]
    assert earlier[1].last > windows[0].first  # days that are before and, a year earlier, after
    own = an_office(*earlier, *windows, arrivals=lambda day: 300 * (0.8 if day >= AT else 1))
    told = asked(own, windows=windows)
    assert (told.control, told.change.relative) == ("year before", pytest.approx(-0.2))
    assert told.change.verdict == "fell"


def test_other_offices_say_what_would_have_happened_anyway():
    own = an_office(*BOTH, arrivals=noisy(300, -0.2))
    same = [an_office(*BOTH, arrivals=noisy(level, -0.2)) for level in (100, 900)]
    told = asked(own, others=same)
    assert told.control == "other offices"
    assert told.change.expected == pytest.approx(0.8 * told.change.before, rel=0.03)  # type: ignore[operator]
    assert told.change.verdict == "cannot tell"
    steady = [an_office(*BOTH, arrivals=noisy(100))]
    assert asked(own, others=steady).change.verdict == "fell"


def test_another_office_with_few_days_says_nothing_and_that_is_said():
    few = Window(AT - 10 * A_DAY, AT + 10 * A_DAY)
    own = an_office(*BOTH, arrivals=noisy(300, -0.2))
    told = asked(own, others=[an_office(few, arrivals=noisy(100))])
    assert (told.control, "no_comparison" in codes(told)) == (None, True)


def test_a_metric_that_the_other_office_does_not_know_is_told_without_it():
    own = an_office(*BOTH, arrivals=noisy(300), waits=lambda _: 60)
    told = asked(own, "wait_p90_s", others=[an_office(*BOTH, arrivals=noisy(100))])
    assert (told.control, told.change.expected) == ("other offices", None)
    assert change(told, "arrivals").expected is not None


# Not enough, not fair


def test_below_four_weeks_there_is_no_difference_and_no_percentage():
    windows = Window(AT - 27 * A_DAY, AT - A_DAY), Window(AT, AT + 26 * A_DAY)
    own = an_office(*windows, arrivals=noisy(300, -0.5), waits=lambda _: 60)
    told = asked(own, windows=windows)
    for each in (*told.visitors, *told.staff):
        assert each.verdict == "not enough data"
        nothing = (each.difference, each.ci95, each.relative, each.relative_ci95, each.expected)
        assert nothing == (None,) * 5
    four = Window(AT - 28 * A_DAY, AT - A_DAY), Window(AT, AT + 27 * A_DAY)
    assert asked(an_office(*four, arrivals=noisy(300, -0.5)), windows=four).change.verdict == "fell"


def test_a_metric_known_on_few_days_only_is_not_told():
    own = an_office(*BOTH, arrivals=noisy(300), called=lambda day: 10 * (day.day < 5))
    assert asked(own, "no_show_rate").change.verdict == "not enough data"


def test_kagoshima_compared_22_march_to_4_april_with_25_march_to_7_april_of_the_next_year():
    """DOMAIN: mean wait 58 → 23 minutes, visitors +5 %."""
    windows = (
        Window(date(2023, 3, 22), date(2023, 4, 4)),
        Window(date(2024, 3, 25), date(2024, 4, 7)),
    )
    own = an_office(
        *windows,
        arrivals=lambda day: 272 if day.year == 2023 else 286,
        wait_s=lambda day: 272 * 58 * 60 if day.year == 2023 else 286 * 23 * 60,
        wait_n=lambda day: 272 if day.year == 2023 else 286,
    )
    around = Around(metric="wait_mean_s", at=date(2024, 3, 25), before=windows[0], after=windows[1])
    told = before_after(own, around)
    assert (told.change.before, told.change.after) == (58 * 60, 23 * 60)
    assert (told.change.verdict, told.change.relative) == ("not enough data", None)
    assert codes(told) == {"unequal_season"}
    assert (told.before.open_days, told.after.open_days) == (10, 10)


def test_unequal_lengths_and_loads_are_warned_of():
    longer = Window(AT - 70 * A_DAY, AT - A_DAY), BOTH[1]
    own = an_office(*longer, arrivals=noisy(300, 0.2), waits=lambda _: 60)
    told = asked(own, "wait_p90_s", longer)
    assert {"unequal_length", "unequal_load"} <= codes(told)
    (length,) = [each.facts for each in told.warnings if each.code == "unequal_length"]
    assert length == {"before": 70, "after": 56}
    assert not {"unequal_length", "unequal_load"} & codes(asked(own))  # arrivals are no wait
    calm = an_office(*BOTH, arrivals=noisy(300, 0.05), waits=lambda _: 60)
    assert "unequal_load" not in codes(asked(calm, "wait_p90_s"))


def test_missing_days_and_other_hours_are_warned_of():
    own = an_office(*BOTH, arrivals=noisy(300))
    told = asked(own, missing_days=[AT], other_hours=[AT + 7 * A_DAY])
    assert {"missing_days", "other_hours"} <= codes(told)


def test_after_hours_were_cut_unseen_demand_is_said_to_be_unseen():
    cut = Hours(before=Week.parse("08:30-17:15"), after=Week.parse("09:00-16:30"))
    longer = Hours(before=cut.after, after=cut.before)
    own = an_office(*BOTH, arrivals=noisy(300))
    assert "unseen_outside" in codes(asked(own, hours=cut))
    assert "unseen_outside" not in codes(asked(own, hours=longer))


# Both sides


def test_fewer_visitors_and_more_work_for_the_staff_stand_side_by_side():
    own = an_office(
        *BOTH,
        arrivals=noisy(300, -0.2),
        service_s=lambda day: 60_000 * (1.15 if day >= AT else 1),
        service_n=lambda _: 100,
    )
    for metric in ("arrivals", "service_mean_s"):
        told = asked(own, metric)
        visitors, staff = change(told, "arrivals"), change(told, "service_mean_s")
        assert visitors in told.visitors and staff in told.staff
        assert (visitors.verdict, staff.verdict) == ("fell", "rose")
        assert staff.relative == pytest.approx(0.15)
        assert "one_side" not in {each.code for each in told.warnings}


def test_data_that_know_nothing_of_the_staff_say_so():
    told = asked(an_office(*BOTH, arrivals=noisy(300)))
    assert "one_side" in {each.code for each in told.warnings}


def test_a_metric_that_is_not_a_main_one_is_told_with_its_side():
    own = an_office(
        *BOTH, arrivals=noisy(300), **{"finished": noisy(200), "open: called": lambda _: 1}
    )
    told = asked(own, "finished")
    assert told.change == change(told, "finished") and told.change in told.visitors


# The series


def test_a_series_of_days_becomes_one_of_weeks_that_the_date_does_not_cut():
    told = asked(an_office(*BOTH, arrivals=lambda day: 100 if day < AT else 80))
    assert (told.bin, len(told.series)) == ("day", 80)
    windows = Window(AT - 100 * A_DAY, AT - A_DAY), Window(AT, AT + 99 * A_DAY)
    weeks = asked(
        an_office(*windows, arrivals=lambda day: 100 if day < AT else 80), windows=windows
    )
    assert weeks.bin == "week"
    assert {each.value for each in weeks.series if each.start < AT} == {100}
    assert {each.value for each in weeks.series if each.start >= AT} == {80}
    assert sum(each.days for each in weeks.series) == len(
        [n for n in range(-100, 100) if (AT + n * A_DAY).weekday() < 5]
    )


def test_nothing_is_told_of_nothing():
    told = asked(an_office())
    assert (told.n, told.series, told.change.verdict) == (0, [], "not enough data")
    assert (told.change.before, told.change.after) == (None, None)


def test_the_same_days_give_the_same_answer():
    own = an_office(*BOTH, arrivals=noisy(300, -0.1), waits=lambda day: day.day)
    assert asked(own, "wait_p90_s") == asked(own, "wait_p90_s")


def test_what_was_drawn_begins_with_what_is():
    own = an_office(*BOTH, arrivals=noisy(300))
    before, after = Drawn(Pair.matched(own, *BOTH)).drawn("arrivals", OPEN)
    here = np.array([day < AT for day in own.dates])
    assert before[0] == pytest.approx(own.sum("arrivals")[here].mean())
    assert after[0] == pytest.approx(own.sum("arrivals")[~here].mean())
