"""Avoidable visits by one command on a table, and of a live office over HTTP."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from queue_service.counts import Table, read_copies
from queue_service.elsewhere import keep
from queue_service.imports import Source
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.words import languages, say
from tests.acceptance.test_reports import reported
from tests.hall import OFFICE_YAML
from tests.live import SMALL, live

# 180,000 issued; 155,000 obtainable elsewhere, of those 120,000 at the counter.
CITY = """month,procedure,channel,copies
2023-04,juminhyo,counter,50000
2023-04,juminhyo,convenience_store,10000
2023-05,juminhyo,counter,30000
2023-05,juminhyo,convenience_store,15000
2023-04,inkan,counter,40000
2023-04,inkan,convenience_store,10000
2023-04,<b>tennyu</b>,counter,25000
"""


def avoidable(folder: Path, *words: str, table: str = CITY, **how: Any) -> str:
    file = folder / "copies.csv"
    file.write_text(table)
    return reported("--channels", file, *words, name="avoidable", **how)


def told(folder: Path, *words: str, table: str = CITY) -> dict[str, Any]:
    return json.loads(avoidable(folder, *words, "--format", "json", table=table))


# From a table alone


def test_the_certificates_of_a_city(tmp_path: Path):
    report = told(tmp_path)
    assert (report["issued"], report["obtainable"]) == (180_000, 155_000)
    assert (report["avoidable_copies"], report["at_counter"]) == (120_000, 145_000)
    assert f"{report['obtainable_share']:.3f} {report['counter_share']:.3f}" == "0.861 0.774"
    assert (report["n"], report["from"], report["to"]) == (180_000, "2023-04-01", "2023-05-31")
    assert (report["visits"], report["quality"], report["timezone"]) == (None, None, None)
    assert report["office"] is None
    page = avoidable(tmp_path, "--format", "html", "--lang", "en")
    assert "155,000 of them (86.1 %) can be had elsewhere" in page
    assert "the counter issued 77.4 %" in page


def test_the_same_table_gives_the_same_bytes_and_another_another_hash(tmp_path: Path):
    for kind in ("json", "csv", "html", "text"):
        assert avoidable(tmp_path, "--format", kind) == avoidable(tmp_path, "--format", kind)
    other = told(tmp_path, table=CITY.replace("25000", "25001"))
    assert other["data_sha256"] != told(tmp_path)["data_sha256"]


def test_some_months_of_a_table(tmp_path: Path):
    may = told(tmp_path, "--from", "2023-05-01", "--to", "2023-05-31")
    assert (may["issued"], may["counter_share"], may["cut_months"]) == (45_000, 0.666667, [])
    cut = told(tmp_path, "--from", "2023-04-02", "--to", "2023-05-31")
    assert (cut["issued"], cut["cut_months"]) == (45_000, ["2023-04"])
    words = ("--from", "2023-04-02", "--format", "html", "--lang", "en")
    assert "Tables of 2023-04 were left out" in avoidable(tmp_path, *words)


@pytest.mark.parametrize("language", languages())
def test_a_page_shows_procedures_and_months(tmp_path: Path, language: str):
    page = avoidable(tmp_path, "--format", "html", "--lang", language)
    report = told(tmp_path, "--lang", language)
    pictures = page.split("<figure ")[1:]
    assert [each.count("<title>") for each in pictures] == [2 + 2 + 1, 3 + 2]
    assert all(' role="img" aria-label="' in each for each in pictures)
    assert "<b>" not in page
    assert "&lt;b&gt;tennyu" in page
    for name, text in report["definitions"].items():
        assert f"<code>{name}</code>" in page
        assert text.replace("&", "&amp;") in page
    assert say(language, "reports.avoidable.columns.helped") not in page.split("<dl>")[0]
    assert "http" not in page


def test_a_file_names_every_value_by_its_path(tmp_path: Path):
    rows = dict(csv.reader(io.StringIO(avoidable(tmp_path, "--format", "csv")[1:])))
    assert (rows["counter_share"], rows["visits"]) == ("0.774194", "")
    assert rows["procedures.0.procedure"] == "juminhyo"
    assert rows["months.1.month"] == "2023-05"


def test_a_table_may_say_counter_in_words(tmp_path: Path):
    for word in ("窓口", "Counter"):
        report = told(tmp_path, table=CITY.replace("counter", word))
        assert report["at_counter"] == 145_000, word


@pytest.mark.parametrize(
    ("words", "table", "code", "remedy"),
    [
        ((), "procedure,channel,copies\n", 1, "no column 'month'"),
        ((), "", 1, "is empty"),
        (("--from", "2023"), CITY, 2, "--from"),
        (("--to", "9999-12-31"), CITY, 2, "--to"),
        (("--office", "small"), CITY, 2, "not allowed with"),
        (("--lang", "x"), CITY, 2, "--lang"),
    ],
)
def test_what_cannot_be_asked_names_the_remedy(
    tmp_path: Path, words: tuple[str, ...], table: str, code: int, remedy: str
):
    assert remedy in avoidable(tmp_path, *words, table=table, code=code)


def test_a_month_of_another_age_is_a_bad_row(tmp_path: Path):
    rows = "9999-12,inkan,counter,1\n0001-01,inkan,counter,1\n"
    assert told(tmp_path, table=CITY + rows) == told(tmp_path)


def test_nothing_in_a_table_is_told_as_nothing(tmp_path: Path):
    report = told(tmp_path, table="month,procedure,channel,copies\n2023,x,counter,5\n")
    assert (report["issued"], report["n"], report["counter_share"]) == (None, 0, None)
    page = avoidable(tmp_path, "--format", "html", table="month,procedure,channel,copies\n")
    assert say("ja", "reports.avoidable.nothing") in page


# Of an office

PROCEDURES = """, procedures: [
      {id: juminhyo, name: {ja: 住民票, en: Residence},
       channels: {counter: {fee: 300}, convenience_store: {fee: 10}}},
      {id: tennyu, name: {ja: 転入届}, channels: {counter: {}}}]}"""
HALL = OFFICE_YAML.replace("stages: [reception, handover]}", f"stages: [reception]{PROCEDURES}", 1)
NOVEMBER = {"from": "2025-11-01", "to": "2025-11-30"}


@pytest.fixture
async def catalogue(ledger: Ledger) -> None:
    """The small office has procedures."""
    await ledger.apply_office(read_office(HALL, "hall.yaml"))


@pytest.fixture
def hall(catalogue: None, engine_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with live(engine_url, tmp_path) as running, running.client() as client:
        client.base_url = f"{running.url}{SMALL}"
        yield client


async def imported(ledger: Ledger, folder: Path, table: str) -> None:
    file = folder / "copies.csv"
    file.write_text(f"month,procedure,channel,copies\n{table}")
    rows = read_copies(Table(file.read_text().splitlines()))
    office = await ledger.office("small")
    await keep(ledger, office, Source.of(file, "channels"), "channels", rows, rejected=pytest.fail)


def post(hall: httpx.Client, path: str, body: Mapping[str, Any] | None = None) -> Any:
    answer = hall.post(path, json=body or {})
    assert answer.status_code in (200, 201, 204), answer.text
    return answer.json() if answer.content else None


def served(hall: httpx.Client, **items: int) -> None:
    """A visitor takes a number for some items and is served."""
    recorded = [{"procedure": name, "quantity": quantity} for name, quantity in items.items()]
    ticket = post(hall, "tickets", {"service": "certificates", "items": recorded})
    post(hall, "desks/1/call", {"ticket": ticket["id"]})
    post(hall, f"tickets/{ticket['id']}/finish")


def asked(hall: httpx.Client, **query: str) -> httpx.Response:
    answer = hall.get("reports/avoidable", params=NOVEMBER | query)
    assert answer.status_code == 200, answer.text
    return answer


async def test_a_live_office_over_http(ledger: Ledger, hall: httpx.Client, tmp_path: Path):
    served(hall, juminhyo=2)
    served(hall, juminhyo=1, tennyu=1)
    late = post(hall, "tickets", {"service": "certificates"})
    post(hall, "desks/1/call", {"ticket": late["id"]})
    post(
        hall,
        f"tickets/{late['id']}/set-items",
        {"items": [{"procedure": "juminhyo", "quantity": 4}]},
    )
    post(hall, f"tickets/{late['id']}/finish")
    served(hall)
    for answer in ("elsewhere", "no_card", "no_card", "prefers_counter"):
        hint = {"service": "certificates", "procedure": "juminhyo", "answer": answer}
        post(hall, "hints", hint)
    post(hall, "helped", {"service": "certificates"})
    await imported(
        ledger, tmp_path, "2025-11,住民票,コンビニ,14\n2025-10,juminhyo,convenience_store,9\n"
    )
    report = asked(hall).json()
    assert (report["office"], report["source"], report["n"]) == ("small", "ledger", 4)
    assert (report["visits"], report["visits_with_items"], report["avoidable_visits"]) == (4, 3, 2)
    assert report["avoidable_visits_share"] == pytest.approx(2 / 3, abs=1e-6)
    assert report["with_items_share"] == 0.75
    assert (report["at_counter"], report["avoidable_copies"], report["issued"]) == (8, 7, 22)
    assert report["counter_share"] == pytest.approx(7 / 21, abs=1e-6)
    assert report["hints"] == {"elsewhere": 1, "no_card": 2, "prefers_counter": 1}
    assert (report["helped"], report["quality"]["with_items"]) == (1, 3)
    row = report["procedures"][0]
    assert [*row.items()][:2] == [("procedure", "juminhyo"), ("name", "住民票")]
    assert row["hints"]["no_card"] == 2
    assert row["channels"] == [
        {"channel": "counter", "fee": 300, "copies": 7},
        {"channel": "convenience_store", "fee": 10, "copies": 14},
    ]
    assert [each["month"] for each in report["months"]] == ["2025-11"]
    assert asked(hall).content == asked(hall).content


async def test_the_counter_of_a_table_is_not_added_to_the_ledger(
    ledger: Ledger, hall: httpx.Client, tmp_path: Path
):
    served(hall, juminhyo=2)
    before = asked(hall).json()
    await imported(ledger, tmp_path, "2025-11,juminhyo,counter,30\n2025-10,juminhyo,counter,9\n")
    report = asked(hall, **{"from": "2025-10-01"}).json()
    assert (report["at_counter"], report["counted_twice"]) == (39, ["2025-11"])
    assert report["data_sha256"] != before["data_sha256"]
    page = asked(hall, format="html", lang="en")
    assert page.headers["content-type"].startswith("text/html")
    assert "In 2025-11 this system and a table both counted the counter" in page.text
    part = asked(hall, format="html", lang="en", **{"from": "2025-11-02"}).text
    assert "Tables of 2025-11 were left out" in part


def test_an_office_without_items_says_that_nothing_is_known(hall: httpx.Client):
    empty = asked(hall).json()
    assert (empty["visits"], empty["at_counter"], empty["n"]) == (None, None, 0)
    served(hall)
    report = asked(hall).json()
    assert (report["visits"], report["with_items_share"]) == (1, 0.0)
    assert (report["at_counter"], report["avoidable_visits_share"]) == (None, None)
    page = asked(hall, format="html", lang="en", **{"from": "2025-11-02"}).text
    assert say("en", "reports.avoidable.unrecorded") in page
    assert "Only a part of 2025-11 lies in the period" in page


def test_what_cannot_be_asked_over_http_is_refused(hall: httpx.Client):
    wrong = ({"to": "2025-10-01"}, {"from": "x"}, {"lang": "x"}, {"format": "pdf"})
    wrong += ({"from": "0001-01-01"}, {"from": "9999-12-30", "to": "9999-12-31"})
    bad = [hall.get("reports/avoidable", params=NOVEMBER | each) for each in wrong]
    assert [each.status_code for each in bad] == [400] * 6
    nobody = hall.get("reports/avoidable", params=NOVEMBER, headers={"Authorization": ""})
    assert nobody.status_code == 401
