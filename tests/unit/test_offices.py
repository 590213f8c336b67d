"""Office definitions: what is read, what is refused, and that a refusal names place and remedy."""

import copy
import math
import pickle
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import queue_service
from queue_service.office_files import MAX_BYTES, office_from_json, office_to_json, read_office
from queue_service.office_rules import OfficeError, Problem, check
from queue_service.offices import Lamp, Office, Service, UnknownDesk, UnknownService
from queue_service.tickets import Stage

EXAMPLE = """\
id: ashikaga
name: {ja: 足利市役所, en: Ashikaga City Hall}
timezone: Asia/Tokyo
day_starts_at: "04:00"            # default; business date rolls over, numbers start again
reception_hours:                  # default: always open
  - {from: 2020-04-01, hours: {mon-fri: "08:30-17:15"}}
  - {from: 2025-08-04, hours: {mon-fri: "09:00-16:30"}, note: trial}
tickets_from: -15
closed: {holidays: JP, dates: [2025-12-29, 2025-12-30, 2025-12-31, 2026-01-02, 2026-01-03]}
priorities: {normal: 0, priority: 20, handover: 30}
services:
  - id: certificates
    name: {ja: 証明書, en: Certificates, ja-easy: しょうめいしょ}
    section: 市民課
    prefix: A
    numbers: 1-499                # default 1-999
    stages: [reception, handover] # default [reception]
    lamp: {busy: 10, crowded: 15} # default 10, 20: people waiting
    daily_limit: null
    hours: null                   # default: the office's
    sensitive: false              # true: a neutral label on public screens
    bring: {ja: 本人確認書類, en: Identity document}
    procedures:
      - {id: juminhyo, name: {ja: 住民票の写し, en: Certificate of residence}, channels: {counter: {fee: 300}, convenience_store: {fee: 10}, online: {}}}
  - {id: moving, name: {ja: 転入・転出, en: Moving in or out}, prefix: B, numbers: 1-299, stages: [reception, check, review, handover]}
desks:
  - {id: "1", name: {ja: 1番窓口, en: Desk 1}, zone: 1F, services: [certificates]}
  - {id: "2", zone: 1F, services: [certificates, moving]}
  - {id: "3", zone: 1F, services: [certificates, moving], stages: [handover]}
"""  # noqa: E501 - as people write it

SMALL = """\
id: hall
timezone: Asia/Tokyo
services:
  - id: counter
    prefix: A
desks:
  - id: "1"
    services: [counter]
"""

SAMPLE = Path(queue_service.__file__).parent / "samples" / "cityhall.yaml"


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(OfficeError) as refused:
        read_office(text, "hall.yaml")
    return refused.value.problems


def problem_of(text: str) -> Problem:
    (problem,) = problems_of(text)
    return problem


def definition(**changes: object) -> dict[str, Any]:
    """The small office as JSON has it, with fields changed."""
    small: dict[str, Any] = {
        "id": "hall",
        "timezone": "Asia/Tokyo",
        "services": [{"id": "counter", "prefix": "A"}],
        "desks": [{"id": "1", "services": ["counter"]}],
    }
    return small | copy.deepcopy(changes)


def broken(**changes: object) -> dict[str, str]:
    """Path and reason of every problem of the small office with fields changed."""
    with pytest.raises(OfficeError) as refused:
        office_from_json(msgspec.json.encode(definition(**changes)))
    return {each.path: each.reason for each in refused.value.problems}


def note(text: str, language: str = "ja") -> dict[str, object]:
    """A dated note."""
    return {"date": "2025-08-04", "text": {language: text}}


def service(**changes: object) -> list[dict[str, object]]:
    return [{"id": "counter", "prefix": "A"} | changes]


# Reading


def test_the_example_of_the_contract_is_an_office() -> None:
    office = read_office(EXAMPLE, "ashikaga.yaml")
    certificates, moving = office.services
    assert office.name["ja"] == "足利市役所"
    assert office.reception_hours[0].since == date(2020, 4, 1)
    assert office.reception_hours[1].note == "trial"
    assert office.closed.dates[-1] == date(2026, 1, 3)
    assert (certificates.lowest, certificates.highest, certificates.width) == (1, 499, 3)
    assert certificates.stages == (Stage.RECEPTION, Stage.HANDOVER)
    assert certificates.daily_limit is None and certificates.hours is None
    assert certificates.procedures[0].channels["convenience_store"].fee == 10
    assert certificates.procedures[0].channels["online"].fee is None
    assert moving.lamp == Lamp(busy=10, crowded=20)
    assert office.desk("1").stages == () and office.desk("3").stages == (Stage.HANDOVER,)
    assert office.tz.key == "Asia/Tokyo"


def test_the_sample_city_hall_is_an_office_in_three_languages() -> None:
    office = read_office(SAMPLE.read_text(encoding="utf-8"), SAMPLE.name)
    assert office.id == "cityhall"
    assert all(set(each.name) == {"ja", "en", "ja-easy"} for each in office.services)
    assert {each.zone for each in office.desks} == {"1F", "2F"}
    for each in office.services:  # whoever takes a number is called to some desk at every stage
        for stage in (stage for stage in each.stages if stage.calls_visitor):
            assert any(
                each.id in desk.services and (not desk.stages or stage in desk.stages)
                for desk in office.desks
            )


def test_what_is_left_out_has_the_default_of_the_contract() -> None:
    office = read_office(SMALL, "hall.yaml")
    assert office.day_starts_at == "04:00"
    assert office.reception_hours == () and office.tickets_from == 0
    assert office.closed.holidays is None and office.closed.dates == ()
    assert office.priorities == {"normal": 0, "priority": 20, "handover": 30}
    (counter,) = office.services
    assert (counter.numbers, counter.stages) == ("1-999", (Stage.RECEPTION,))
    assert counter.lamp == Lamp(busy=10, crowded=20)
    assert not counter.sensitive and counter.section is None and counter.procedures == ()


def test_priority_classes_of_the_house_stay_beside_those_of_the_office() -> None:
    office = read_office(SMALL + "priorities: {priority: 10, staff: 2.5}\n", "hall.yaml")
    assert office.priorities == {"normal": 0, "priority": 10, "handover": 30, "staff": 2.5}


def test_numbers_are_padded_to_three_digits_or_to_the_longest() -> None:
    assert Service(id="a", prefix="A", numbers="1-9").width == 3
    assert Service(id="a", prefix="A", numbers="500-1500").width == 4


def test_a_service_or_desk_that_does_not_exist_is_named_with_those_that_do() -> None:
    office = read_office(EXAMPLE, "ashikaga.yaml")
    assert office.service("moving").prefix == "B"
    with pytest.raises(UnknownService, match="no service 'tax'; its services are certificates"):
        office.service("tax")
    with pytest.raises(UnknownDesk, match="no desk '9'; its desks are 1, 2, 3"):
        office.desk("9")


# The traps of YAML


def test_times_dates_and_words_mean_what_they_say_without_quotes() -> None:
    office = read_office(
        SMALL.replace('"1"', "010")
        + "day_starts_at: 04:30\n"
        + "name: {no: Rådhus, ja: 市役所}\n"  # Norwegian, not a truth value
        + "closed: {dates: [2026-12-29, '2026-12-30']}\n"
        + "reception_hours: [{hours: {mon: 09:00-12:00, tue: 13:00-14:30}}]\n",
        "hall.yaml",
    )
    assert office.day_starts_at == "04:30"
    assert office.name["no"] == "Rådhus"
    assert office.closed.dates == (date(2026, 12, 29), date(2026, 12, 30))
    assert office.reception_hours[0].hours["mon"] == "09:00-12:00"
    assert office.desks[0].id == "010"  # not the octal number eight


def test_ids_may_be_written_as_numbers() -> None:
    office = read_office(
        "id: 1\ntimezone: UTC\nservices: [{id: 2, prefix: A}]\n"
        "desks: [{id: 3, zone: 4, services: [2]}]\n",
        "hall.yaml",
    )
    assert (office.id, office.desk("3").zone, office.service("2").prefix) == ("1", "4", "A")


def test_a_quoted_null_is_a_text_and_a_plain_one_is_nothing() -> None:
    text = SMALL.replace("    prefix: A", '    prefix: A\n    section: "null"\n    daily_limit: ~')
    (counter,) = read_office(text, "hall.yaml").services
    assert counter.section == "null" and counter.daily_limit is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "is empty"),
        ("# nothing\n", 1, "is empty"),
        ("id: [1\n", 2, "this is not YAML"),
        ("id: a\n\tname: b\n", 2, "this is not YAML"),
        ("id: a\nname: {ja: \x07}\n", 2, "control character"),
        ("id: hall\nname: &x {ja: a}\n", 2, "anchors and aliases are not read"),
        ("id: hall\nname: *x\n", 2, "anchors and aliases are not read"),
        ("id: hall\n*x : 1\n", 2, "anchors and aliases are not read"),
        ("id: !!python/name:os.system\n", 1, "tags are not read"),
        ("id: a\n---\nid: b\n", 2, "a second document begins here"),
        ("id: a\n[1, 2]: b\n", 2, "a name must be a text"),
        ("id: a\nname: " + "[" * 50, 2, "lies too deep"),
        ('id: "\\ud800"\n', 1, "half a character"),
        ('"\\ud800": 1\n', 1, "half a character"),
        ("just words\n", 1, "must be a mapping of names to values, not a text"),
        ("- id: a\n", 1, "must be a mapping of names to values, not a list"),
    ],
)
def test_a_text_that_is_no_plain_yaml_is_refused_with_its_line(
    text: str, line: int, reason: str
) -> None:
    problem = problem_of(text)
    assert (problem.file, problem.line) == ("hall.yaml", line)
    assert reason in problem.reason


def test_a_text_of_more_than_256_kib_is_not_even_parsed() -> None:
    assert "larger than 256 KiB" in problem_of("#" + "あ" * (MAX_BYTES // 3 + 1)).reason


def test_every_name_given_twice_is_refused_with_its_line() -> None:
    text = SMALL.replace("    prefix: A", "    prefix: A\n    prefix: B") + "id: other\n"
    assert [(each.path, each.line) for each in problems_of(text)] == [
        ("services[0].prefix", 6),
        ("id", 10),
    ]


# Where and what


@pytest.mark.parametrize(
    ("old", "new", "path", "line", "reason"),
    [
        ("    prefix: A\n", "    prefx: A\n", "services[0].prefx", 5, "did you mean prefix?"),
        ("    prefix: A\n", "    zzz: A\n    prefix: A\n", "services[0].zzz", 5, "remove it"),
        ("    prefix: A\n", "", "services[0].prefix", 4, "is missing"),
        ("prefix: A", "prefix: [A]", "services[0].prefix", 5, "must be a text, not a list"),
        ("prefix: A", "prefix:", "services[0].prefix", 5, "must be a text, not nothing"),
        ("[counter]", "counter", "desks[0].services", 8, "must be a list, not a text"),
        (
            "prefix: A",
            "prefix: A\n    stages: [reception, handovr]",
            "services[0].stages[1]",
            6,
            "'handovr' is no stage: use reception, check, review, handover",
        ),
        (
            "prefix: A",
            "prefix: A\n    daily_limit: many",
            "services[0].daily_limit",
            6,
            "must be a whole number or nothing, not a text",
        ),
        (
            "prefix: A",
            "prefix: A\n    sensitive: yes",
            "services[0].sensitive",
            6,
            "must be true or false, not a text",
        ),
        (
            "prefix: A",
            "prefix: A\n    name:\n      ja: [窓口]",
            "services[0].name[...]",
            6,
            "must be a text, not a list",
        ),
        (
            "id: hall",
            "id: hall\nclosed:\n  dates:\n    - 2026-02-30",
            "closed.dates[0]",
            4,
            "must be a date like 2025-08-04",
        ),
        (
            "id: hall",
            "id: hall\nnotes:\n  - {date: 4 August, text: {en: trial}}",
            "notes[0].date",
            3,
            "must be a date like 2025-08-04",
        ),
        (
            "id: hall",
            "id: hall\nnotes:\n  - date: 2025-08-04\n    text: trial",
            "notes[0].text",
            4,
            "must be a mapping of names to values, not a text",
        ),
    ],
)
def test_a_wrong_shape_is_named_by_line_and_path_with_what_to_do(
    old: str, new: str, path: str, line: int, reason: str
) -> None:
    problem = problem_of(SMALL.replace(old, new))
    assert (problem.path, problem.line) == (path, line)
    assert reason in problem.reason


def test_all_broken_rules_are_reported_at_once_each_with_its_line() -> None:
    text = """\
id: city hall
timezone: Asia/Tokio
day_starts_at: 25:00
services:
  - id: counter
    prefix: ABC
    numbers: 9-1
desks:
  - id: "1"
    services: [conter]
    stages: [review]
"""
    assert [(each.path, each.line) for each in problems_of(text)] == [
        ("id", 1),
        ("timezone", 2),
        ("day_starts_at", 3),
        ("services[0].prefix", 6),
        ("services[0].numbers", 7),
        ("desks[0].services[0]", 10),
        ("desks[0].stages[0]", 11),
    ]


def test_a_problem_reads_as_file_line_path_and_reason() -> None:
    with pytest.raises(OfficeError) as refused:
        read_office(SMALL.replace("[counter]", "[]"), "hall.yaml")
    assert str(refused.value) == (
        "hall.yaml:8: desks[0].services: a desk serves at least one service"
    )
    assert str(Problem("id", "is wrong")) == "id: is wrong"


def test_an_office_error_survives_the_way_from_one_process_to_another() -> None:
    error = OfficeError([Problem("id", "is wrong", "hall.yaml", 3)])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


# Rules


@pytest.mark.parametrize("id", ["", "-a", "_a", "a b", "a:b", "a.b", "窓口", "a" * 41, "a\n", "*"])
def test_an_id_that_a_key_or_a_job_could_not_carry_is_refused(id: str) -> None:
    assert "id" in broken(id=id)
    assert "services[0].id" in broken(services=service(id=id))
    assert "desks[0].id" in broken(desks=[{"id": id, "services": ["counter"]}])
    assert "desks[0].zone" in broken(desks=[{"id": "1", "zone": id, "services": ["counter"]}])
    procedures = [{"id": id, "channels": {id: {}}}]
    assert set(broken(services=service(procedures=procedures))) == {
        "services[0].procedures[0].id",
        f"services[0].procedures[0].channels.{id}",
    }


def test_no_two_services_desks_or_procedures_of_a_service_share_an_id() -> None:
    twice = [{"id": "x"}, {"id": "y"}, {"id": "x"}]
    desks = [{"id": each["id"], "services": ["counter"]} for each in twice]
    assert list(broken(desks=desks)) == ["desks[2].id"]
    assert list(broken(services=service(procedures=twice))) == ["services[0].procedures[2].id"]
    services = service(prefix="B") + service(prefix="C")
    assert list(broken(services=services)) == ["services[1].id"]


@pytest.mark.parametrize("prefix", ["", "a", "ABC", "A1", "Ａ", "Á", "A "])
def test_a_prefix_is_one_or_two_letters(prefix: str) -> None:
    assert "one or two letters" in broken(services=service(prefix=prefix))["services[0].prefix"]


@pytest.mark.parametrize(
    "numbers", ["", "1", "0-9", "9-1", "1-10000", "1-2-3", "1–9", "a-b", "１-９", "-1-5", "1 - 5"]
)
def test_numbers_are_a_range_within_one_and_9999(numbers: str) -> None:
    assert "1-499" in broken(services=service(numbers=numbers))["services[0].numbers"]


def test_two_services_that_would_give_the_same_numbers_are_both_named() -> None:
    services = [
        {"id": "wide", "prefix": "A", "numbers": "1-900"},
        {"id": "inside", "prefix": "A", "numbers": "100-200"},
        {"id": "beside", "prefix": "A", "numbers": "901-999"},
        {"id": "edge", "prefix": "A", "numbers": "900-900"},
        {"id": "other", "prefix": "AA", "numbers": "100-200"},
        {"id": "widest", "prefix": "AA", "numbers": "1-900"},
    ]
    found = broken(services=services, desks=[{"id": "1", "services": ["wide"]}])
    assert list(found) == ["services[1].numbers", "services[3].numbers", "services[5].numbers"]
    assert "wide (A 1-900) and inside (A 100-200)" in found["services[1].numbers"]
    assert "wide (A 1-900) and edge (A 900-900)" in found["services[3].numbers"]


def test_a_definition_of_thousands_of_services_is_judged_in_the_time_of_a_breath() -> None:
    services = [{"id": "x", "prefix": "A"}] * 2000
    found = check(msgspec.convert(definition(services=services), Office))
    assert len(found) < 3 * len(services)


@pytest.mark.parametrize(
    ("stages", "path"),
    [
        ([], "services[0].stages"),
        (["check", "handover"], "services[0].stages[0]"),
        (["review"], "services[0].stages[0]"),
        (["reception", "handover", "reception"], "services[0].stages[2]"),
    ],
)
def test_stages_begin_with_the_visitor_and_come_once(stages: list[str], path: str) -> None:
    assert list(broken(services=service(stages=stages))) == [path]


def test_stages_may_come_in_any_order_that_begins_with_the_visitor() -> None:
    stages = ["handover", "review", "check", "reception"]
    office = office_from_json(msgspec.json.encode(definition(services=service(stages=stages))))
    assert list(office.services[0].stages) == stages


@pytest.mark.parametrize(
    ("desk", "path"),
    [
        ({"services": []}, "desks[0].services"),
        ({"services": ["tax"]}, "desks[0].services[0]"),
        ({"services": ["counter", "counter"]}, "desks[0].services[1]"),
        ({"services": ["counter"], "stages": ["reception", "check"]}, "desks[0].stages[1]"),
        ({"services": ["counter"], "stages": ["handover", "handover"]}, "desks[0].stages[1]"),
    ],
)
def test_a_desk_serves_known_services_at_stages_that_call_the_visitor(
    desk: dict[str, object], path: str
) -> None:
    assert list(broken(desks=[{"id": "1", **desk}])) == [path]


def test_an_office_has_services_and_desks() -> None:
    assert set(broken(services=[], desks=[])) == {"services", "desks"}


@pytest.mark.parametrize(
    ("changes", "path", "remedy"),
    [
        ({"timezone": "Asia"}, "timezone", "Asia/Tokyo"),
        ({"timezone": ""}, "timezone", "Asia/Tokyo"),
        ({"timezone": "../../etc/passwd"}, "timezone", "Asia/Tokyo"),
        ({"timezone": "JST"}, "timezone", "Asia/Tokyo"),
        ({"day_starts_at": "4am"}, "day_starts_at", "08:30"),
        ({"day_starts_at": "24:00"}, "day_starts_at", "00:00"),
        ({"tickets_from": 15}, "tickets_from", "-15"),
        ({"tickets_from": -1441}, "tickets_from", "-15"),
        ({"closed": {"holidays": "PL"}}, "closed.holidays", "use JP, or list the dates"),
        ({"notes": [{"date": "2025-08-04", "text": {}}]}, "notes[0].text", "write it like {ja: …"),
        ({"notes": [note("x"), note(" ")]}, "notes[1].text.ja", "leave it out"),
        ({"notes": [note("x" * 501)]}, "notes[0].text.ja", "shorten it to 500"),
        ({"notes": [note("x", "Japanese")]}, "notes[0].text.Japanese", "language tag"),
        ({"priorities": {"normal": -1}}, "priorities.normal", "0 to 600"),
        ({"priorities": {"vip": 601}}, "priorities.vip", "0 to 600"),
        ({"priorities": {"v i p": 1}}, "priorities.v i p", "letters"),
        ({"name": {"Japanese": "x"}}, "name.Japanese", "ja-easy"),
        ({"name": {"ja": " "}}, "name.ja", "leave it out"),
        ({"name": {"ja": "x" * 501}}, "name.ja", "shorten it to 500"),
        ({"name": {"ja": "a\x1b[31m"}}, "name.ja", "control character"),
        ({"services": service(section="x" * 501)}, "services[0].section", "shorten"),
        ({"services": service(bring={"e": "x"})}, "services[0].bring.e", "language tag"),
        ({"services": service(lamp={"busy": 0})}, "services[0].lamp", "1 or more"),
        ({"services": service(lamp={"busy": 30})}, "services[0].lamp", "crowded not before busy"),
        ({"services": service(daily_limit=0)}, "services[0].daily_limit", "null"),
        ({"services": service(daily_limit=10**30)}, "services[0].daily_limit", "null"),
        ({"services": service(hours={"mon": "9-5"})}, "services[0].hours.mon", "08:30"),
        (
            {"services": service(procedures=[{"id": "p", "channels": {"post": {"fee": -1}}}])},
            "services[0].procedures[0].channels.post.fee",
            "0 or more",
        ),
        (
            {"reception_hours": [{"hours": {"mon-fry": "09:00-17:00"}}]},
            "reception_hours[0].hours.mon-fry",
            "mon-fri",
        ),
        (
            {"reception_hours": [{"hours": {}, "note": "x\x00"}]},
            "reception_hours[0].note",
            "control character",
        ),
    ],
)
def test_a_rule_that_is_broken_is_named_with_its_remedy(
    changes: dict[str, object], path: str, remedy: str
) -> None:
    found = broken(**changes)
    assert list(found) == [path]
    assert remedy in found[path]


def test_only_the_first_hours_may_lack_a_date_and_each_entry_is_later_than_the_one_before() -> None:
    entries: list[dict[str, object]] = [
        {"hours": {}},
        {"hours": {}, "from": "2026-01-01"},
        {"hours": {}, "from": "2026-01-01"},
        {"hours": {}},
        {"hours": {}, "from": "2025-01-01"},
    ]
    assert list(broken(reception_hours=entries)) == [
        f"reception_hours[{i}].from" for i in (2, 3, 4)
    ]
    office_from_json(msgspec.json.encode(definition(reception_hours=entries[:2])))


@pytest.mark.parametrize("minutes", [math.inf, math.nan])
def test_a_head_start_is_finite_so_that_nobody_starves(minutes: float) -> None:
    office = msgspec.convert(definition(priorities={"vip": minutes}), Office)
    assert [each.path for each in check(office)] == ["priorities.vip"]


@pytest.mark.parametrize("language", ["ja", "en", "ja-easy", "zh-Hans", "pt-BR", "yue"])
def test_language_tags_may_have_parts(language: str) -> None:
    office_from_json(msgspec.json.encode(definition(name={language: "x\ny"})))


# JSON


def test_json_and_yaml_of_the_same_office_are_equal() -> None:
    parsed = yaml.safe_load(EXAMPLE)
    parsed["reception_hours"] = [
        entry | {"from": str(entry["from"])} for entry in parsed["reception_hours"]
    ]
    parsed["closed"]["dates"] = [str(day) for day in parsed["closed"]["dates"]]
    assert office_from_json(msgspec.json.encode(parsed)) == read_office(EXAMPLE, "a.yaml")


@pytest.mark.parametrize("text", [EXAMPLE, SMALL, SAMPLE.read_text(encoding="utf-8")])
def test_an_office_written_as_json_and_read_again_is_the_same_to_the_byte(text: str) -> None:
    office = read_office(text, "hall.yaml")
    raw = office_to_json(office)
    assert office_from_json(raw) == office
    assert office_to_json(office_from_json(raw)) == raw


def test_equal_offices_have_equal_bytes_however_they_were_written() -> None:
    one = definition(name={"ja": "a", "en": "b"}, priorities={"vip": 5, "normal": 0})
    other = definition(name={"en": "b", "ja": "a"}, priorities={"normal": -0.0, "vip": 5.0})
    first, second = (office_from_json(msgspec.json.encode(each)) for each in (one, other))
    assert first == second
    assert office_to_json(first) == office_to_json(second)


@pytest.mark.parametrize(
    ("raw", "path", "reason"),
    [
        (b"", "", "this is not JSON"),
        (b"{", "", "this is not JSON"),
        (b'{"id": "\xff"}', "", "this is not JSON"),
        (b'{"id": "\\ud800"}', "", "this is not JSON"),
        (b"[]", "", "must be a mapping"),
        (b'{"id": 1}', "id", "must be a text, not a whole number"),
        (b'{"idd": 1}', "idd", "did you mean id?"),
        (b'{"id": "a"}', "timezone", "is missing"),
        (b'{"desks": [{"servces": []}]}', "desks[0].servces", "did you mean services?"),
        (b'{"desks": ' + b"[" * 100_000, "desks[0]", "must be a mapping"),
        (b'{"services": [{"lamp": {"busy": "10"}}]}', "services[0].lamp.busy", "whole number"),
        (b'{"priorities": {"vip": 1e999}}', "priorities[...]", "out of range"),
    ],
)
def test_json_of_a_wrong_shape_is_refused_with_its_path(raw: bytes, path: str, reason: str) -> None:
    with pytest.raises(OfficeError) as refused:
        office_from_json(raw)
    (problem,) = refused.value.problems
    assert problem.path == path and problem.line is None and problem.file is None
    assert reason in problem.reason


def test_a_definition_cannot_be_changed_in_place() -> None:
    office = read_office(SMALL, "hall.yaml")
    with pytest.raises(AttributeError):
        office.timezone = "UTC"  # type: ignore[misc]


# Anything at all

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(
    scalars,
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3)
    ),
    max_leaves=4,
)
fields = st.sampled_from(Office.__struct_fields__ + Service.__struct_fields__)


@given(field=fields, value=anything, where=st.sampled_from(["office", "service"]))
@settings(max_examples=60, deadline=None)
def test_whatever_stands_in_a_field_is_an_office_or_a_refusal(
    field: str, value: object, where: str
) -> None:
    changed = definition()
    (changed if where == "office" else changed["services"][0])[field] = value
    raw = msgspec.json.encode(changed)
    for read in (office_from_json, lambda raw: read_office(raw.decode(), "hall.yaml")):
        with suppress(OfficeError):
            office = read(raw)
            assert office_from_json(office_to_json(office)) == office


@given(text=st.text(alphabet="ab:-[]{},&*!'\"#|> \n\t1", max_size=40))
@settings(max_examples=60, deadline=None)
def test_whatever_the_text_reading_ends_with_an_office_or_a_refusal_with_a_line(text: str) -> None:
    assert all(each.line is not None for each in problems_of(text))
