"""What to reform first: from a table, from a log, and from what was done at the desks of an office."""

import asyncio
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from queue_service.hours import instant
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.roll_ups import outstanding, roll_up
from queue_service.tickets import Item, Move, Stage
from queue_service.words import languages
from tests.acceptance.test_imports import technion_rows
from tests.acceptance.test_reports import a_log, reported
from tests.conftest import TEN_O_CLOCK
from tests.hall import wish
from tests.live import Live, live

MINUTE_MS = 60_000

# From a table alone

CITY = """procedure,section,count,reception,check,review,handover
certificates,市民課,60000,1,2,1,2
registers,市民課,35000,1,2,1,2
benefits,福祉課,4200,6,8,15,8
insurance,福祉課,5200,5,6,12,6
care,福祉課,1500,6,6,20,3
"""
ORDER = ["certificates", "registers", "benefits", "insurance", "care"]
HOURS = [6000, 3500, 2590, 2513.3333, 875]


def asked(*words: str | Path, **how: Any) -> str:
    return reported(*words, name="reform-priority", **how)


def priority(folder: Path, *words: str, table: str = CITY, **how: Any) -> str:
    file = folder / "procedures.csv"
    file.write_text(table)
    return asked("--table", file, *words, **how)


def test_what_to_reform_first(tmp_path: Path):
    report = json.loads(priority(tmp_path, "--format", "json", "--reduction", "reception:0.3"))
    rows = report["procedures"]
    assert [row["procedure"] for row in rows] == [row["name"] for row in rows] == ORDER
    assert [row["hours"] for row in rows] == pytest.approx(HOURS)
    assert report["swaps"] == report["if_off"]["swaps"] == [[3, 4]]
    assert (report["n"], report["from"], report["quality"]) == (105_900, None, None)
    assert (report["source"], report["measured"]) == ("procedures.csv", None)
    assert report["saving"] == pytest.approx(sum(row["saving"] for row in rows))
    exact = json.loads(priority(tmp_path, "--format", "json", "--uncertainty", "0"))
    assert exact["swaps"] == exact["if_off"]["swaps"] == []
    own = CITY.replace("handover\n", "handover,uncertainty\n").replace("15,8\n", "15,8,0.5\n")
    report = json.loads(priority(tmp_path, "--format", "json", table=own))
    assert report["swaps"] == [[2, 3], [3, 4]]
    assert report["if_off"]["swaps"] == [[3, 4]]


def test_sections_are_ranked_too(tmp_path: Path):
    report = json.loads(priority(tmp_path, "--format", "json", "--by", "section"))
    rows = report["by_section"]
    assert [row["section"] for row in rows] == ["市民課", "福祉課"]
    assert [row["hours"] for row in rows] == pytest.approx([9500, 5978.3333])
    assert [row["procedures"] for row in rows] == [2, 3]
    assert sum(report["stages"].values()) == pytest.approx(report["hours"])
    assert (report["by"], report["swaps"]) == ("section", [])
    page = priority(tmp_path, "--format", "html", "--by", "section", "--lang", "en")
    assert "“市民課” takes the most time: 9,500 hours a year, 61.4 % of all." in page


@pytest.mark.parametrize("language", languages())
def test_its_page_has_a_column_for_each_procedure_and_a_line(tmp_path: Path, language: str):
    words = ("--lang", language, "--reduction", "review:0.5")
    page = priority(tmp_path, *words, "--format", "html")
    report = json.loads(priority(tmp_path, *words, "--format", "json"))
    stages = 4
    assert page.count("<rect") == len(ORDER) * stages
    assert page.count("<polyline") == 1
    for name, text in report["definitions"].items():
        assert f"<code>{name}</code>" in page
        assert text in page
    assert "6,000" in page and "3–4" in page
    assert "http" not in page


def test_the_same_table_gives_the_same_bytes(tmp_path: Path):
    for kind in ("json", "csv", "html", "text"):
        assert priority(tmp_path, "--format", kind) == priority(tmp_path, "--format", kind)


def test_a_long_table_shows_its_first_ten_places_and_the_rest_as_one(tmp_path: Path):
    rows = "".join(f"p{n:02},{100 - n},6\n" for n in range(25))
    page = priority(
        tmp_path, "--format", "html", "--lang", "en", table="procedure,count,review\n" + rows
    )
    assert "10 p09" in page and "11 p10" not in page
    # 90 + 89 + … + 76 cases of six minutes
    assert '<th scope="row">15 more</th><td></td><td></td><td>124</td>' in page


@pytest.mark.parametrize(
    ("table", "words", "code", "remedy"),
    [
        (CITY.replace("4200", "many"), (), 1, "line 4: count"),
        (CITY.replace("15,8", "-15,8"), (), 1, "line 4: review"),
        (CITY.replace("registers", "certificates"), (), 1, "twice"),
        (CITY.replace("registers", ""), (), 1, "line 3: procedure"),
        ("procedure,count\na,1\n", (), 1, "no column of minutes"),
        ("count,review\n1,1\n", (), 1, "no column 'procedure'"),
        ("", (), 1, "is empty"),
        ("procedure,count,review\n" + "".join(f"{n},1,1\n" for n in range(1001)), (), 1, "1000 at"),
        (CITY, ("--reduction", "lunch:0.5"), 2, "is no stage"),
        (CITY, ("--reduction", "review:5"), 2, "from 0 to 1"),
        (CITY, ("--uncertainty", "much"), 2, "from 0 to 1"),
        (CITY, ("--by", "mood"), 2, "--by"),
    ],
)
def test_a_table_that_cannot_be_used_names_line_and_column(
    tmp_path: Path, table: str, words: tuple[str, ...], code: int, remedy: str
):
    assert remedy in priority(tmp_path, *words, table=table, code=code)


def test_a_report_stands_on_something(tmp_path: Path):
    assert "--office, --tickets or --table" in asked(code=1)
    assert "--from and --to" in asked("--office", "city", code=1)
    assert "not allowed with" in asked("--office", "city", "--tickets", tmp_path, code=2)


# From a ticket log alone


def test_of_a_log_its_services_are_ranked(tmp_path: Path):
    file = tmp_path / "log.csv"
    lines = ["service,issued_at,called_at,started_at,finished_at,outcome"]
    for day in range(3, 15):
        for service, minutes in (("tax", 6), ("moving", 20), ("moving", 22)):
            at, end = (f"2025-11-{day:02} 10:{m:02}:00" for m in (0, minutes))
            lines.append(f"{service},{at},{at},{at},{end},finished")
        lines.append(f"lost,2025-11-{day:02} 10:00:00,,,,")
    file.write_text("\n".join(lines) + "\n")
    report = json.loads(asked("--tickets", file, "--format", "json", "--lang", "en"))
    rows = report["procedures"]
    assert [(r["name"], r["service"], r["procedure"]) for r in rows] == [
        ("moving", "moving", None),
        ("tax", "tax", None),
    ]
    assert [row["counted"] for row in rows] == [24, 12]
    assert [row["minutes"]["reception"] for row in rows] == [21, 6]
    assert report["measured"]["annual_factor"] == pytest.approx(365 / 12)
    assert rows[1]["hours"] == pytest.approx(12 * 6 / 60 * 365 / 12)
    assert (report["n"], report["measured"]["handled"], report["swaps"]) == (48, 36, [])
    assert rows[1]["hours_low"] == rows[1]["hours_high"] == rows[1]["hours"]  # every day was alike
    page = asked("--tickets", file, "--format", "html", "--lang", "en")
    assert "Cases were scaled from 12 days to a year (times 30.4)" in page
    assert "recorded" not in page[: page.index("<svg")]


@pytest.mark.data
def test_the_calls_of_a_bank(data: Path, tmp_path: Path):
    """Counts and means of a real log, worked out a second time by hand."""
    file, rows = tmp_path / "calls.csv", list(technion_rows(data))
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, [*rows[0]])
        writer.writeheader()
        writer.writerows(rows)
    served, took = Counter[str](), defaultdict[str, list[float]](list)
    for row in rows:
        served[row["service"]] += row["outcome"] == "finished"
        if row["finished_at"]:
            took[row["service"]].append((row["finished_at"] - row["started_at"]).total_seconds())
    report = json.loads(
        asked("--tickets", file, "--timezone", "Asia/Jerusalem", "--format", "json")
    )
    found = {row["service"]: row for row in report["procedures"]}
    assert found.keys() == took.keys()
    for service, row in found.items():
        mean = sum(took[service]) / len(took[service])
        assert row["counted"] == served[service], service
        assert row["minutes_a_case"] * 60 == pytest.approx(mean, abs=0.01), service
        yearly = served[service] * mean / 3600 * report["measured"]["annual_factor"]
        assert row["hours"] == pytest.approx(yearly, rel=1e-5), service
        # A type that was asked for on fewer than ten of the days has no interval.
        assert row["hours_low"] is None or row["hours_low"] < row["hours"] < row["hours_high"]
    assert (report["measured"]["handled"], report["n"]) == (sum(served.values()), len(rows))
    assert not report["measured"]["seasons_seen"]


def test_a_log_without_times_has_nothing_to_rank_and_says_why(tmp_path: Path):
    page = asked("--tickets", a_log(tmp_path), "--format", "html", "--lang", "en")
    assert "There is no procedure that could be ranked." in page
    assert "Counted, but never timed, and so not ranked: tax." in page


# From what was done at the desks

DESKS = 50
STAGES = "stages: [reception, check, review, handover]"
OFFICE = read_office(
    f"""
id: city
name: {{ja: みなと市, en: Minato}}
timezone: Asia/Tokyo
reception_hours: [{{hours: {{mon-fri: "09:00-17:00"}}}}]
services:
  - id: registry
    name: {{ja: 住民窓口, en: Registry}}
    section: 市民課
    prefix: A
    {STAGES}
    procedures:
      - {{id: certificates, name: {{ja: 証明書, en: Certificates}}}}
      - {{id: registers, name: {{ja: 届出, en: Registers}}}}
  - id: welfare
    section: 福祉課
    prefix: B
    {STAGES}
    procedures: [{{id: benefits}}, {{id: insurance}}, {{id: care}}]
desks: [{", ".join(f'{{id: "{n}", services: [registry, welfare]}}' for n in range(DESKS))}]
""",
    "city.yaml",
)
MINUTES = {
    "certificates": (600, (1, 2, 1, 2)),
    "registers": (350, (1, 2, 1, 2)),
    "benefits": (42, (6, 8, 15, 8)),
    "insurance": (52, (5, 6, 12, 6)),
    "care": (15, (6, 6, 20, 3)),
}
CITIZENS = ("certificates", "registers")
FIRST, DAYS = date(2025, 11, 25), 12
YEAR = {"from": "2024-12-11", "to": "2025-12-10"}  # ends with the last of those days
PATH = "/api/v1/offices/city/reports/reform-priority"


@pytest.fixture
async def city(ledger: Ledger) -> Ledger:
    """A city hall under a clock that stands still."""
    await ledger.simulate("city", TEN_O_CLOCK, 0)
    await ledger.apply_office(OFFICE)
    return ledger


@pytest.fixture
def service(city: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


async def serve(city: Ledger, procedure: str, visits: int, at: int) -> int:
    """Some visitors go through all stages side by side; returns when they have gone home."""
    name = "registry" if procedure in CITIZENS else "welfare"
    wished = wish(name, items=(Item(procedure, 1),))
    await city.simulate("city", at, 0)
    shown = await asyncio.gather(*(city.issue("city", wished) for _ in range(visits)))
    tickets = [each.ticket.seq for each in shown]
    for stage, minutes in zip(Stage, MINUTES[procedure][1], strict=True):
        if stage.calls_visitor:
            desks = enumerate(tickets)
            await asyncio.gather(*(city.call("city", f"{n}", ticket=each) for n, each in desks))
        at += minutes * MINUTE_MS
        await city.simulate("city", at, 0)
        move = Move.FINISH if stage is Stage.HANDOVER else Move.FINISH_STAGE
        await asyncio.gather(*(city.advance("city", each, move) for each in tickets))
    return at


async def a_season(city: Ledger) -> None:
    """A hundredth of a year of the city, on twelve working days."""
    dates = [day for n in range(20) if (day := FIRST + timedelta(days=n)).weekday() < 5][:DAYS]
    for n, day in enumerate(dates):
        at = instant(OFFICE.tz, day, 9 * 60)
        for procedure, (cases, _) in MINUTES.items():
            at = await serve(city, procedure, cases // DAYS + (n < cases % DAYS), at)
    for day in (await outstanding(city, OFFICE)).dates:
        await roll_up(city, OFFICE, day)


def told(service: Live, **query: str) -> dict[str, Any]:
    with service.client() as analyst:
        answer = analyst.get(PATH, params=YEAR | query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.mark.slow
async def test_the_same_procedures_done_at_desks_come_out_the_same(city: Ledger, service: Live):
    """Must show: a hundredth of the table's cases, with its minutes, moved by the real verbs."""
    await a_season(city)
    report = told(service, lang="en", reduction="reception:0.3,review:0.5")
    rows = report["procedures"]
    assert [row["procedure"] for row in rows] == ORDER
    assert [row["hours"] for row in rows] == pytest.approx([each / 100 for each in HOURS], abs=1e-4)
    for row in rows:
        cases, minutes = MINUTES[row["procedure"]]
        assert (row["counted"], row["count"], row["source"]) == (cases, cases, "measured")
        assert [*row["minutes"].values()] == [*minutes]
        assert row["hours_low"] == row["hours_high"] == row["hours"]  # every day was alike
        assert row["saving"] == pytest.approx(
            cases * (minutes[0] * 0.3 + minutes[2] * 0.5) / 60, abs=1e-4
        )
    assert [row["section"] for row in rows[1:3]] == ["市民課", "福祉課"]
    assert (report["swaps"], report["undetermined"], report["if_off"]["swaps"]) == (
        [],
        [],
        [[3, 4]],
    )
    assert sum(report["stages"].values()) == pytest.approx(report["hours"])
    seen = report["measured"]
    assert (seen["visits"], seen["handled"], seen["timed"], seen["recorded_share"]) == (
        *[1059] * 3,
        1,
    )
    assert (seen["annual_factor"], seen["seasons_seen"], report["n"]) == (1, True, 1059)
    sections = told(service, by="section")
    assert [row["section"] for row in sections["by_section"]] == ["市民課", "福祉課"]
    assert [row["hours"] for row in sections["by_section"]] == pytest.approx(
        [95, 59.7833], abs=1e-4
    )
    await asked_twice(service)


async def asked_twice(service: Live) -> None:
    """The same days give the same bytes, in every format and language."""
    with service.client() as analyst:
        for language in languages():
            for form in ("json", "csv", "html"):
                query = YEAR | {"format": form, "lang": language}
                first, again = (analyst.get(PATH, params=query) for _ in range(2))
                assert first.status_code == 200
                assert first.content == again.content
        page = analyst.get(PATH, params=YEAR | {"format": "html", "lang": "ja"})
    assert "「証明書」で、60 時間（全体の 38.8 %）です。" in page.text
    assert "すべての時間が ±20 % ずれうるとすれば、入れ替わりうる順位は 3–4 です。" in page.text


async def test_what_was_moved_over_http_is_told_over_http(city: Ledger, service: Live):
    """One visitor wants two things and another service after that; one says nothing of what for."""
    path = "/api/v1/offices/city"
    start = instant(OFFICE.tz, FIRST, 9 * 60)

    async def clock(minutes: float) -> None:
        await city.simulate("city", start + int(minutes * MINUTE_MS), 0)

    await clock(0)
    with service.client() as staff:

        def post(what: str, **body: Any) -> dict[str, Any]:
            answer = staff.post(f"{path}/{what}", json=body)
            assert answer.is_success, answer.text
            return answer.json()

        items = [{"procedure": name} for name in ("certificates", "registers")]
        first = post("tickets", service="registry", then=["welfare"], items=items)["id"]
        second = post("tickets", service="registry")["id"]
        post("desks/1/call-next")
        await clock(4)
        post(
            "desks/1/release-and-call-next", ticket=first
        )  # the first is checked, the second called
        await clock(10)
        post(f"tickets/{first}/finish-stage")  # checked
        post(f"tickets/{second}/finish")
        await clock(11)
        post(f"tickets/{first}/finish-stage")  # reviewed
        post("desks/2/call-next")
        await clock(13)
        post(f"tickets/{first}/finish")  # handed over; on to welfare
        post("desks/2/call-next")
        await clock(20)
        post(f"tickets/{first}/finish")
        third = post("tickets", service="registry", items=items[:1])["id"]
        post("desks/1/call-next")
    report = told(service, lang="en")
    assert {
        row["name"]: (row["counted"], [*row["minutes"].values()]) for row in report["procedures"]
    } == {
        "Certificates": (1, [2, 3, 0.5, 1]),
        "Registers": (1, [2, 3, 0.5, 1]),
        "Registry (not recorded)": (1, [6, 0, 0, 0]),
        "welfare (not recorded)": (1, [7, 0, 0, 0]),
    }
    factor = report["measured"]["annual_factor"]
    assert report["hours"] == pytest.approx((13 + 6 + 7) / 60 * factor, abs=1e-3)
    assert (report["measured"]["running"], report["measured"]["recorded_share"]) == (1, 0.5)
    assert report["undetermined"] == [[1, 2], [2, 3], [3, 4]]
    assert third


async def test_sections_without_the_system_are_joined_by_a_table(
    city: Ledger, service: Live, engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MADOGUCHI_REDIS_URL", engine_url)
    at = instant(OFFICE.tz, FIRST, 9 * 60)
    await serve(city, "benefits", 3, await serve(city, "certificates", 5, at))
    words = ("--office", "city", "--from", YEAR["from"], "--to", f"{FIRST}", "--lang", "en")
    alone = asked(*words, "--format", "json")
    with service.client() as analyst:
        query = {"from": YEAR["from"], "to": f"{FIRST}", "lang": "en"}
        assert analyst.get(PATH, params=query).text == alone
    table = tmp_path / "others.csv"
    table.write_text("procedure,section,count,review\nroads,土木課,10,12\nbenefits,土木課,4,15\n")
    report = json.loads(asked(*words, "--table", table, "--format", "json", "--by", "section"))
    rows = [(row["name"], row["source"], row["counted"]) for row in report["procedures"]]
    factor = 365 / 350
    assert rows == [
        ("roads", "table", None),
        ("benefits (welfare)", "measured", 3),
        ("benefits (土木課)", "table", None),
        ("Certificates", "measured", 5),
    ]
    assert [row["hours"] for row in report["by_section"]] == pytest.approx(
        [3, 3 * 37 / 60 * factor, 5 * 6 / 60 * factor], abs=1e-3
    )
    assert report["by_section"][0]["hours_low"] == pytest.approx(
        3 - 0.2 * (2**2 + 1) ** 0.5, abs=1e-4
    )
    assert (report["source"], report["table"]["file"]) == ("ledger", "others.csv")
    assert report["n"] == 8
    assert report["data_sha256"] not in (
        json.loads(alone)["data_sha256"],
        report["table"]["sha256"],
    )
    page = asked(*words, "--table", table, "--format", "html")
    assert "1 roads ※" in page
    assert "marks counts and minutes that the table others.csv states" in page


@pytest.mark.parametrize(
    ("row", "code"),
    [("benefits,", 1), ("benefits,福祉課", 1), ("証明書,市民課", 1), ("benefits,土木課", 0)],
)
async def test_nothing_stands_in_the_order_twice(
    city: Ledger,
    engine_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    row: str,
    code: int,
):
    monkeypatch.setenv("MADOGUCHI_REDIS_URL", engine_url)
    at = instant(OFFICE.tz, FIRST, 9 * 60)
    await serve(city, "benefits", 1, await serve(city, "certificates", 1, at))
    table = tmp_path / "others.csv"
    table.write_text(f"procedure,section,count,review\n{row},4,15\n")
    words = ("--office", "city", "--from", f"{FIRST}", "--to", f"{FIRST}", "--table", table)
    assert ("leave it out of the table" in asked(*words, code=code)) == bool(code)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"reduction": "lunch:0.5"}, "reduction"),
        ({"reduction": "review:2"}, "reduction"),
        ({"by": "mood"}, "by"),
        ({"uncertainty": "2"}, "uncertainty"),
        ({"from": "2025-12-12"}, "from"),
        ({"format": "pdf"}, "format"),
    ],
)
def test_what_cannot_be_asked_names_its_field(service: Live, query: dict[str, str], field: str):
    with service.client() as analyst:
        answer = analyst.get(PATH, params=YEAR | query)
    assert answer.status_code == 400
    assert field in answer.json()["detail"]


async def test_only_analysts_may_ask(service: Live):
    with service.client("no such key") as nobody:
        assert nobody.get(PATH, params=YEAR).status_code == 401
