"""Wait estimates: lines worked by hand, what is learned, when nothing is said, no look ahead."""

import random
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_service.estimates import Estimate, Learned, Line, Model, Recipe, Spread, Tally, slowness
from queue_service.forecasting import Visited, learn, moments, study

TOKYO = ZoneInfo("Asia/Tokyo")
NOON = "12:00:00"


def at(clock: str, day: int = 1) -> int:
    """ms of a time of day in December 2025."""
    return round(datetime.fromisoformat(f"2025-12-{day:02}T{clock}+09:00").timestamp() * 1000)


def visit(
    service: str, arrived: str, called: str | None = None, left: str | None = None
) -> Visited:
    return Visited(
        service=service,
        arrived_at=at(arrived),
        called_at=None if called is None else at(called),
        left_at=None if left is None else at(left),
    )


def batch(clock: str, people: int, pace_s: int, day: int) -> list[Visited]:
    """People who arrive together and are called one by one, the first after one pace."""
    start = at(clock, day)
    return [
        Visited(service="A", arrived_at=start, called_at=start + (n + 1) * pace_s * 1000)
        for n in range(people)
    ]


def simulated(
    work_s: Sequence[int], desks: Sequence[int] = (1,), shared: bool = False
) -> list[list[Visited]]:
    """Days of two services with a visitor every two minutes each, first come first served.

    What a visitor takes at a desk and how many desks each service has changes from day to day; or
    the two share all desks.
    """
    chance = random.Random(len(work_s))
    days = []
    for n, mean in enumerate(work_s):
        opens, now, day = at("08:00:00", n + 1), at("08:00:00", n + 1), list[Visited]()
        open_desks = desks[n % len(desks)]
        own = {service: [opens] * open_desks for service in "AB"}
        free = dict.fromkeys("AB", own["A"] + own["B"]) if shared else own
        while (now := now + round(chance.expovariate(1 / 60_000))) < opens + 18_000_000:
            service = chance.choice("AB")
            line = free[service]
            called = max(now, min(line))
            line[line.index(min(line))] = called + round(chance.uniform(0.5, 1.5) * mean * 1000)
            day.append(
                Visited(service=service, arrived_at=now, called_at=called, open_desks=open_desks)
            )
        days.append(day)
    return days


LEARNED = Learned(pace_s=(100.0,) * 24, desks=2.0, median_s=240.0, waits=60, spreads=(), shown=True)
MODEL = Model(
    zone="Asia/Tokyo",
    office=replace(LEARNED, spreads=(Spread(100.0, 100.0, 200.0), Spread(300.0, 200.0, 600.0))),
    services={
        "A": replace(LEARNED, spreads=(Spread(200.0, 300.0, 400.0),)),
        "B": replace(LEARNED, shown=False),
        "C": LEARNED,
    },
)


# What was known at an instant


def test_people_ahead_and_beside_are_those_who_wait_when_a_ticket_is_issued() -> None:
    found = list(
        moments(
            [
                visit("A", "09:00:00", called="09:10:00"),
                visit("A", "09:01:00", left="09:05:00"),
                visit("B", "09:02:00", called="09:03:00"),
                visit("A", "09:04:00", called="09:12:00"),  # both before, and nobody of B
                visit("A", "09:06:00", called="09:11:00"),  # one has left
                visit("B", "09:06:30"),
                visit("A", "09:11:30", called="09:20:00"),  # two were called, the latter overtook
            ]
        )
    )
    assert [(each.service, each.line.ahead, each.line.beside) for each in found] == [
        *(("A", 0, 0), ("A", 1, 0), ("B", 0, 2), ("A", 2, 0)),
        *(("A", 2, 0), ("B", 0, 3), ("A", 1, 1)),
    ]
    last = found[-1]
    assert list(last.line.recent_calls) == [at("09:10:00"), at("09:11:00")]
    assert (last.last_wait_s, last.wait_s) == (300.0, 510.0)
    assert (found[0].last_wait_s, found[1].wait_s) == (0.0, None)


def test_a_call_at_the_very_instant_of_issue_is_not_known_yet() -> None:
    first, second = moments(
        [visit("A", "09:00:00", called="09:01:00"), visit("A", "09:01:00", called="09:01:00")]
    )
    assert (second.line.ahead, second.line.recent_calls, second.last_wait_s) == (1, (), 0.0)
    assert (first.wait_s, second.wait_s) == (60.0, 0.0)


def test_of_tickets_issued_at_one_instant_the_first_has_nobody_ahead() -> None:
    assert [each.line.ahead for each in moments(batch("09:00:00", 3, 60, day=1))] == [0, 1, 2]


# From a line to an estimate


def line(ahead: int, calls_s: Sequence[int] = (), **known: int) -> Line:
    """A line at noon; calls so many seconds before."""
    noon = at(NOON)
    calls = tuple(noon - 1000 * before for before in calls_s)
    return Line(at=noon, ahead=ahead, recent_calls=calls, **known)


def test_each_place_in_line_costs_the_pace_of_the_hour() -> None:
    learned = replace(LEARNED, pace_s=(60.0,) * 12 + (100.0,) * 12)
    assert learned.expected_s(line(0), 12, Recipe()) == 100.0
    assert learned.expected_s(line(4), 12, Recipe()) == 500.0
    assert learned.expected_s(line(4), 11, Recipe()) == 300.0


def test_someone_beside_takes_part_of_a_place() -> None:
    assert LEARNED.expected_s(line(1, beside=6), 12, Recipe(beside=0.5)) == 500.0
    assert LEARNED.expected_s(line(1, beside=6), 12, Recipe()) == 200.0


def test_twice_the_desks_halve_the_wait_and_unknown_ones_are_as_many_as_usual() -> None:
    recipe = Recipe(desks=1.0)
    assert LEARNED.expected_s(line(1, open_desks=1), 12, recipe) == 200.0
    assert LEARNED.expected_s(line(1, open_desks=4), 12, recipe) == 50.0
    assert LEARNED.expected_s(line(1), 12, recipe) == 100.0


@pytest.mark.parametrize(
    ("ahead", "calls_s", "slow"),
    [
        (3, (), 1.0),  # nobody was called
        (0, (200, 100, 0), 1.0),  # (3 + 2 calls) × 100 s, and they took as long
        (0, (100, 50, 0), 0.8),  # 300 + 100 of 300 + 200
        (0, (1050, 50, 0), 1.1),  # of the long gap 200 count: 300 + 250 of 500
        (0, (900, 850, 800), 0.8),  # nobody waits: no matter how long ago the last call is
        (1, (900, 850, 800), 1.2),  # someone waits: 200 more
        (9, (800,), 5 / 3),  # 300 + 200 of 300
    ],
)
def test_the_pace_of_the_moment_weighs_the_gaps_against_three_usual_ones(
    ahead: int, calls_s: Sequence[int], slow: float
) -> None:
    assert slowness(line(ahead, calls_s), 100.0) == pytest.approx(slow)


def test_the_pace_of_the_moment_fades_with_the_length_of_the_wait() -> None:
    brisk = (100, 50, 0)  # 0.8 of the usual
    soon = LEARNED.expected_s(line(0, brisk), 12, Recipe(pace=1.0))
    late = LEARNED.expected_s(line(35, brisk), 12, Recipe(pace=1.0))
    assert soon == pytest.approx(100 * 0.8 ** (1 / (1 + 100 / 3600)))
    assert late / 3600 == pytest.approx((3600 + (300 + 100 + 0) - 400) / 3600 * 0.8**0.5)
    half = LEARNED.expected_s(line(0, brisk), 12, Recipe(pace=0.5))
    assert half == pytest.approx((100 * soon) ** 0.5)


def test_an_estimate_is_read_off_what_became_of_such_sizes_here_and_at_the_office() -> None:
    # 200 s expected. Office: halfway between (100, 200) and (200, 600) = (150, 400). Service: 300,
    # 400. With 60 waits it is believed as much as its office.
    assert MODEL.estimate("A", line(1)) == Estimate(p50_s=225, p90_s=400)
    # 400 s: beyond the last size in proportion, office 4/3 × (200, 600), service 2 × (300, 400).
    assert MODEL.estimate("A", line(3)) == Estimate(p50_s=433, p90_s=800)
    # A service that has no sizes of its own: the office's.
    assert MODEL.estimate("C", line(1)) == Estimate(p50_s=150, p90_s=400)


def test_nothing_is_estimated_without_history_calibration_or_an_open_desk() -> None:
    assert Model(zone="Asia/Tokyo").estimate("A", line(1)) is None
    assert Model(zone="Asia/Tokyo").expect("A", line(1)) is None
    assert MODEL.estimate("new", line(1)) is None
    assert MODEL.estimate("B", line(1)) is None
    assert MODEL.expect("B", line(1)) == MODEL.expect("new", line(1)) == MODEL.expect("C", line(1))
    assert MODEL.estimate("A", line(1, open_desks=0)) is None


seconds = st.floats(0.0, 20_000.0)
sizes = st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=5)


def spreads(steps: list[tuple[float, float, float]]) -> tuple[Spread, ...]:
    found = [Spread(0.0, 0.0, 0.0)]
    for size, middle, more in steps:
        last = found[-1]
        found.append(
            Spread(
                last.expected_s + size + 1.0,
                last.p50_s + middle,
                max(last.p50_s + middle + more, last.p90_s),
            )
        )
    return tuple(found[1:])


services = st.builds(
    lambda pace, steps: replace(LEARNED, pace_s=(pace,) * 24, spreads=spreads(steps)),
    st.floats(1.0, 5_000.0),
    sizes,
)
lines = st.builds(
    lambda gaps, ahead, beside, desks: replace(
        line(ahead, [sum(gaps[n:]) for n in range(len(gaps))]), beside=beside, open_desks=desks
    ),
    st.lists(st.integers(0, 20_000), max_size=12),
    st.integers(0, 200),
    st.integers(0, 200),
    st.none() | st.integers(1, 20),
)


@settings(max_examples=200, deadline=None)
@given(
    office=services,
    own=services,
    recipe=st.builds(Recipe, *(st.floats(0.0, 1.0),) * 3),
    before=lines,
)
def test_more_people_ahead_never_make_a_wait_shorter_and_p90_is_never_below_p50(
    office: Learned, own: Learned, recipe: Recipe, before: Line
) -> None:
    model = Model(zone="Asia/Tokyo", recipe=recipe, office=office, services={"A": own})
    shorter = model.estimate("A", before)
    longer = model.estimate("A", replace(before, ahead=before.ahead + 1))
    assert shorter and longer
    assert 0 <= shorter.p50_s <= shorter.p90_s
    assert shorter.p50_s <= longer.p50_s and shorter.p90_s <= longer.p90_s


# What is learned


def test_the_pace_of_an_hour_is_learned_and_drawn_towards_that_of_the_service() -> None:
    days = [
        [*batch("09:00:00", 10, 120, day), *batch("14:00:00", 10, 60, day)] for day in range(1, 6)
    ]
    learned = learn(days, TOKYO).services["A"]
    # As many places at 120 s as at 60 s: the weighed median is 60. Of 9 o'clock 50 waits are known,
    # so that it is believed as much as the whole day: (120 + 60) / 2.
    assert learned.pace_s[9] == 90.0
    assert learned.pace_s[14] == learned.pace_s[3] == 60.0
    assert (learned.waits, learned.median_s, learned.desks) == (100, 450.0, 1)


def test_a_model_stands_on_two_days_at_least() -> None:
    days = [batch("09:00:00", 40, 60, day) for day in range(1, 4)]
    assert learn([], TOKYO) == learn(days[:1], TOKYO) == Model(zone="Asia/Tokyo")
    assert learn(days[:2], TOKYO).expect("A", line(1)) is not None
    assert study(days[:2], TOKYO).every.n == 0
    assert study(days, TOKYO).every.n == 40


def test_days_that_are_all_alike_are_foreseen_to_the_second_and_shown() -> None:
    days = [batch("09:00:00", 40, 60, day) for day in range(1, 6)]
    assert not learn(days[:4], TOKYO).services["A"].shown  # two of them were foreseen
    model = learn(days, TOKYO)
    assert model.services["A"].shown
    nine = Line(at=at("09:30:00", 6), ahead=9)
    assert model.estimate("A", nine) == Estimate(p50_s=600, p90_s=600)
    assert study(days, TOKYO).every.figures()["mae_s"] == 0.0


def test_how_far_the_pace_of_the_moment_is_believed_is_learned() -> None:
    changing = simulated([80, 130, 90, 150, 70, 120, 80, 140])
    assert learn(changing, TOKYO).recipe.pace > 0
    batches = [batch("09:00:00", 40, 60, day) for day in range(1, 6)]
    assert learn(batches, TOKYO).recipe.pace == 0


def test_how_much_the_open_desks_say_is_learned() -> None:
    days = simulated([170] * 8, desks=(1, 2, 3))
    model = learn(days, TOKYO)
    assert model.recipe.desks == 1.0
    assert model.services["A"].desks == 2.0
    unknown = [[replace(each, open_desks=None) for each in day] for day in days]
    assert learn(unknown, TOKYO).recipe.desks == 0.0
    with_desks, without = study(days, TOKYO).every, study(unknown, TOKYO).every
    assert with_desks.n == without.n
    assert with_desks.ours_s < 0.8 * without.ours_s


def test_whether_the_lines_share_their_desks_is_learned() -> None:
    assert learn(simulated([115] * 6, shared=True), TOKYO).recipe.beside == 0.5
    assert learn(simulated([115] * 6), TOKYO).recipe.beside == 0.0


def test_tickets_issued_while_no_desk_was_open_teach_nothing_and_are_not_foreseen() -> None:
    days = [batch("09:00:00", 40, 60, day) for day in range(1, 4)]
    early = [
        [replace(each, open_desks=0) for each in batch("08:00:00", 5, 900, n)] for n in (1, 2, 3)
    ]
    mixed = [[*some, *day] for some, day in zip(early, days, strict=True)]
    assert study(mixed, TOKYO).every.n == 40
    assert learn(mixed, TOKYO).services["A"].waits == 120


def test_a_model_is_the_same_after_json_and_small() -> None:
    model = learn(simulated([110] * 5), TOKYO)
    told = msgspec.json.encode(model)
    assert msgspec.json.decode(told, type=Model) == model
    assert len(told) < 2_000


def test_nothing_after_the_instant_of_issue_is_used() -> None:
    days = simulated([110] * 5)
    model, last = learn(days[:-1], TOKYO), days[-1]
    eleven = at("11:00:00", 5)

    def otherwise(each: Visited) -> Visited:
        """The same until eleven: who was not called by then never is, and leaves at two."""
        if each.called_at is None or each.called_at < eleven:
            return each
        return replace(each, called_at=None, left_at=eleven + 10_800_000)

    changed = [otherwise(each) for each in last if each.arrived_at < eleven]
    before = [each for each in moments(last) if each.line.at < eleven]
    after = list(moments(changed))
    assert len(before) > 100
    assert [each.wait_s for each in before] != [each.wait_s for each in after]
    assert [each.line for each in before] == [each.line for each in after]
    assert [each.last_wait_s for each in before] == [each.last_wait_s for each in after]
    assert [model.expect(each.service, each.line) for each in before] == [
        model.expect(each.service, each.line) for each in after
    ]


def test_a_day_is_foreseen_by_earlier_days_only() -> None:
    days = simulated([110] * 5)
    slower = simulated([200] * 5)
    whole, but_last = study(days, TOKYO).every, study(days[:-1], TOKYO).every
    other = study([*days[:-1], slower[-1]], TOKYO).every
    alone = study([*days[:-1], []], TOKYO).every
    assert alone == but_last
    assert whole.n > but_last.n and other.n > but_last.n
    model = learn(days[:-1], TOKYO)
    expected = Tally()
    for each in moments(days[-1]):
        ours = model.expect(each.service, each.line)
        assert ours and each.wait_s is not None
        expected.count(each.wait_s, ours, 0.0, 0.0, 0.0)
    assert whole.ours_s - but_last.ours_s == pytest.approx(expected.ours_s)
    assert whole.within_p90 - but_last.within_p90 == expected.within_p90


# How far it errs


def test_the_simple_ways_are_measured_as_they_are_known() -> None:
    days = [batch("09:00:00", 40, 60, day) for day in (1, 2)]
    last = [
        visit("A", "09:00:00", called="09:02:00"),
        visit("A", "09:01:00", called="09:05:00"),
        visit("A", "09:06:00", called="09:10:00"),
        visit("A", "09:07:00", called="09:11:00"),
        visit("A", "09:08:00", left="09:09:00"),
    ]
    tally = study([*days, last], TOKYO).every
    # Waits: 120, 240, 240, 240 s. Called last: none, none, 240, 240.
    # Ahead × interval: 0, 1 × 0, 0, 1 × 180. Median of the days before: 20.5 min = 1230 s.
    assert tally.n == 4
    assert tally.last_wait_s == 120 + 240 + 0 + 0
    assert tally.by_interval_s == 120 + 240 + 240 + 60
    assert tally.constant_s == 4 * 1230 - 840
    # Ours: a place costs a minute: 60, 120, 60, 120.
    assert tally.figures() == {
        "n": 4,
        "mae_s": (60 + 120 + 180 + 120) / 4,
        "mae_last_wait_s": 90.0,
        "mae_by_interval_s": 165.0,
        "mae_constant_s": 1020.0,
        "bias_s": -120.0,
        "within_p50": 0.0,
        "within_p90": 0.0,
    }
    assert set(Tally().figures().values()) == {0, None}


def test_a_half_of_the_waits_lies_within_p50_and_nine_in_ten_within_p90() -> None:
    figures = study(simulated([110] * 8), TOKYO).every.figures()
    assert figures["n"] and figures["n"] > 1_500
    assert figures["within_p50"] == pytest.approx(0.5, abs=0.1)
    assert figures["within_p90"] == pytest.approx(0.9, abs=0.05)


HELD = Tally(
    n=100,
    ours_s=1000.0,
    constant_s=2000.0,
    below_p50=48,
    within_p50=52,
    below_p90=89,
    within_p90=91,
)


def test_estimates_are_shown_only_where_the_last_ones_held() -> None:
    assert HELD.holds()
    assert not replace(HELD, ours_s=2000.0).holds()  # a constant does as well
    # 90 % give or take 5 and a standard error of 3 points; a half give or take 15 and 5.
    assert replace(HELD, below_p90=83, within_p90=83).holds()
    assert not replace(HELD, below_p90=81, within_p90=81).holds()
    assert replace(HELD, below_p90=97, within_p90=97).holds()
    assert not replace(HELD, below_p90=99, within_p90=99).holds()
    assert replace(HELD, below_p50=31, within_p50=31).holds()
    assert not replace(HELD, below_p50=29, within_p50=29).holds()
    assert not replace(HELD, below_p50=71, within_p50=71).holds()
    few = {"below_p50": 15, "within_p50": 15, "below_p90": 27, "within_p90": 27}
    assert replace(HELD, n=30, **few).holds()
    assert not replace(HELD, n=29, **few).holds()


def test_a_percentile_that_many_waits_equal_is_right() -> None:
    # At an idle desk: 95 of 100 wait not at all, and that is what P50 and P90 say.
    assert replace(HELD, below_p50=0, within_p50=95, below_p90=0, within_p90=95).holds()


def test_only_the_last_days_decide() -> None:
    good = [batch("09:00:00", 40, 60, day) for day in range(1, 10)]
    slow = [batch("09:00:00", 40, 180, 10)]
    assert learn(good, TOKYO).services["A"].shown
    assert not learn([*good, *slow], TOKYO).services["A"].shown
    closed: list[list[Visited]] = [[] for _ in range(9)]
    assert learn([*good, *closed], TOKYO).services["A"].shown
    again = [batch("09:00:00", 40, 60, day) for day in range(11, 16)]
    assert learn([*good, *slow, *again], TOKYO).services["A"].shown
