"""The description of the API is true: a checker that lives off it finds nothing."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from queue_service.embedded import Embedded
from queue_service.rights import Role
from tests.live import ADMIN, SMALL, Live, live

NOBODY = "nobody"
# Examples for each operation. The checker's own tables of edge cases come on top for the one who is let in
# everywhere and may ask as often as he likes; with them the others would be told to wait.
HOW = {"admin": ("--max-examples", "10")}
FEW = ("--max-examples", "5", "--phases", "examples,fuzzing,stateful")
PROCEDURE = {"id": "juminhyo", "channels": {"online": {}}}
OFFICE = {
    "id": "small",
    "timezone": "Asia/Tokyo",
    "services": [
        {"id": "certificates", "prefix": "A", "procedures": [PROCEDURE]},
        {"id": "moving", "prefix": "B"},
    ],
    "desks": [{"id": "1", "services": ["certificates", "moving"]}],
}
# A 409 or 422 is no fault of the request's form. What makes a definition usable, such as hours that
# end after they begin, no schema can say, nor that one date lies after the other: of these, only what
# is refused is checked.
CONFIG = """
[parameters]
"path.office" = "small"
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429"]
[[operations]]
include-name = "PUT /api/v1/offices/{office}"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/stats/arrivals"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/reports/avoidable"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/stats/stages"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/stats/queue"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/reports/reception-hours"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/reports/reform-priority"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/reports/before-after"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/reports/freed-time"
checks.positive_data_acceptance.enabled = false
[[operations]]
include-name = "GET /api/v1/offices/{office}/freed-time"
checks.positive_data_acceptance.enabled = false
"""


@pytest.fixture(scope="module")
def served(engine: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with redis.Redis.from_url(engine.url) as client:
        client.flushall()
    with live(engine.url, tmp_path_factory.mktemp("live")) as running:
        with running.client() as client:
            client.put(SMALL, json=OFFICE).raise_for_status()
        yield running


@pytest.fixture(scope="module")
def described(served: Live) -> dict[str, Any]:
    with served.client() as client:
        return client.get("/schema/openapi.json").json()  # type: ignore[no-any-return]


def with_the_words_of_the_office(described: dict[str, Any]) -> dict[str, Any]:
    """The description, told which services there are: an unknown one is rightly a wrong request."""
    services, classes = {"enum": ["certificates", "moving"]}, {"enum": ["normal", "priority"]}
    procedures, with_procedures = {"enum": ["juminhyo"]}, {"enum": ["certificates"]}
    told = json.loads(json.dumps(described))
    kinds = {name: kind.get("properties") for name, kind in told["components"]["schemas"].items()}
    kinds["IssueBody"] |= {"service": services, "priority": classes}
    kinds["IssueBody"]["then"]["items"] = services
    for body in ("CallNextBody", "ReleaseBody", "DeskBody"):
        kinds[body]["services"]["items"] = services
    kinds["TransferBody"]["service"] = services
    kinds["PriorityBody"]["priority"] = classes
    kinds["ItemBody"]["procedure"] = procedures
    kinds["HelpedBody"]["service"] = {"enum": [*services["enum"], None]}
    words = {"section": {"enum": ["-"]}, "category": {"enum": ["training", "other"]}}
    kinds["FreedTimeBody"] |= words
    kinds["HintBody"] |= {"service": with_procedures, "procedure": procedures}
    return told  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def keyring(served: Live) -> dict[str, str]:
    """A key of each role; nobody has none."""
    with served.client() as client:
        made = {
            role: client.post("/api/v1/keys", json={"role": role, "office": "small"}).json()["key"]
            for role in Role
        }
    return made | {Role.ADMIN: ADMIN}  # whose key has no limit, and covers every office


@pytest.mark.slow
@pytest.mark.parametrize("who", [*Role, NOBODY])
def test_schemathesis_finds_nothing_whoever_asks(
    served: Live, described: dict[str, Any], keyring: dict[str, str], tmp_path: Path, who: str
) -> None:
    before = len(served.log.read_text())
    config, schema = tmp_path / "schemathesis.toml", tmp_path / "openapi.json"
    config.write_text(CONFIG)
    schema.write_text(json.dumps(with_the_words_of_the_office(described)))
    checker = [str(Path(sys.executable).parent / "st"), "--config-file", str(config), "run"]
    found = subprocess.run(
        [
            *checker,
            *(str(schema), "--url", served.url),
            *(("-H", f"Authorization: Bearer {keyring[who]}") if who in keyring else ()),
            *("--seed", "1", "--continue-on-failure", *HOW.get(who, FEW)),
            *("--generation-database", "none", "--warnings", "off", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-8000:] + found.stderr[-2000:]
    answered = Counter(re.findall(r'"status": (\d+)', served.log.read_text()[before:]))
    assert answered["429"] < answered.total() / 10, "hardly anybody was told to come back later"
    assert not [status for status in answered if status >= "500"]


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_every_refusal_is_described_as_a_problem(described: dict[str, Any]) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for name, operation in operations(described):
        refusals = {code: each for code, each in operation["responses"].items() if code >= "400"}
        assert all(each["content"] == problem for each in refusals.values()), name
        expected = {"401", "503"}
        if name.startswith(("POST", "PUT")):
            expected |= {"400", "404", "409", "413", "422"}
        assert expected <= refusals.keys(), name


def test_every_body_refuses_unknown_fields_in_the_description_too(
    described: dict[str, Any],
) -> None:
    kinds = described["components"]["schemas"]
    bodies = [name for name in kinds if name.endswith("Body")]
    assert len(bodies) > 10
    for name in [*bodies, "Office", "Service", "Desk", "Procedure", "ReceptionHours", "Note"]:
        assert kinds[name]["additionalProperties"] is False, name


def test_what_the_public_may_ask_takes_no_key_in_the_description(
    described: dict[str, Any],
) -> None:
    public = {
        name for name, operation in operations(described) if {} in operation.get("security", ())
    }
    assert public == {
        "GET /health/live",
        "GET /health/ready",
        "GET /api/v1/offices/{office}/congestion",
        "GET /api/v1/offices/{office}/signs",
        "GET /api/v1/offices/{office}/tickets/{ticket}",
        "GET /api/v1/offices/{office}/tickets/{ticket}/qr",
        "POST /api/v1/offices/{office}/tickets/{ticket}/cancel",
        "POST /api/v1/enrol",
        "POST /api/v1/session",
    }


def test_every_reference_in_the_description_leads_somewhere(described: dict[str, Any]) -> None:
    text = json.dumps(described)
    named = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named <= described["components"]["schemas"].keys()
