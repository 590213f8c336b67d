"""Office definitions made to harm: an office, or one refusal that names file, line and remedy, and soon."""

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_service.cli import main
from queue_service.office_files import (
    MAX_BYTES,
    MOST_TOLD,
    office_from_json,
    office_to_json,
    read_office,
)
from queue_service.office_rules import OfficeError, Problem
from tests.bombs import memory
from tests.hall import OFFICE_YAML

SOON_S = 20.0  # of processor time: a second, on a machine that does something else beside it
PEAK = 64 * 2**20  # a mark for every character that is read, and some
LAUGHS = "\n".join(
    ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)


def problems_of(text: str | bytes) -> list[Problem]:
    with pytest.raises(OfficeError) as caught:
        read_office(text, "hall.yaml")
    assert all(each.file == "hall.yaml" and each.line for each in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (LAUGHS, 1, "anchors and aliases are not read: write it out"),
        ("id: &x\nname: {<<: *x}", 1, "anchors and aliases are not read"),
        ("id: hall\n<<: *x", 2, "anchors and aliases are not read"),
        ("id: !!python/object/apply:os.system [true]", 1, "tags are not read"),
        ("id: !!python/name:os.system", 1, "tags are not read"),
        ("!!python/object/new:os.system [true]", 1, "tags are not read"),
        ("id: !<tag:yaml.org,2002:python/module:os> x", 1, "tags are not read"),
        ("%TAG ! tag:yaml.org,2002:python/\n---\nid: !name:os.system x", 3, "tags are not read"),
        ("id: !!binary aGFsbA==", 1, "tags are not read"),
        ("id: a\nid: b\nid: c", 2, "id: is given twice: keep one"),
        ("services: [{id: a, id: b}]", 1, "services[0].id: is given twice"),
        (b"\xff\xfei\0d\0", 1, "is not UTF-8: save the file as UTF-8"),
        (b"id: hall\nname: {ja: \x8c\x8e}\n", 2, "is not UTF-8"),
        (b"id: ha\0ll\n", 1, "holds a control character: remove it"),
        (b"id: hall\n\0", 2, "holds a control character"),
        ("id: a\rb: \x1b[31m", 1, "holds a control character"),
        (b"", 1, "is empty"),
        (b"\xef\xbb\xbf", 1, "is empty"),
        (b"\x1f\x8b\x08\x00", 1, "is not UTF-8"),
        (b"PK\x03\x04", 1, "holds a control character"),
        (b"#" * (MAX_BYTES + 1), 1, "is larger than 256 KiB"),
        ("窓" * MAX_BYTES, 1, "is larger than 256 KiB"),
        ("窓".encode() * MAX_BYTES, 1, "is larger than 256 KiB"),
    ],
)
def test_what_is_more_or_less_than_a_plain_definition_is_refused_in_words(
    text: str | bytes, line: int, reason: str
) -> None:
    problems = problems_of(text)
    assert problems[0].line == line
    assert reason in str(problems[0])


def full(unit: str, before: str = "", after: str = "") -> str:
    return before + unit * ((MAX_BYTES - len(before) - len(after)) // len(unit)) + after


LARGE = {
    "deep in one line": full("["),
    "deep in maps": full("{a: "),
    "deep in lists": full("- "),
    "deep by keys": full("? "),
    "deep by lines": "".join(f"{' ' * n}a:\n" for n in range(700)),
    "a long list": full("- a\n", "id:\n"),
    "a long line": full("a,", "id: [", "]"),
    "a huge text": full("x", "id: "),
    "a huge text in quotes": full("\\n", 'id: "', '"'),
    "a huge name": full("x", after=": 1"),
    "a text of many lines": full(" a\n", "id: >\n"),
    "many names": "".join(f"k{n}: 1\n" for n in range(24_000)),
    "one name again and again": full("a: 1\n"),
    "an empty name again and again": full("? ,", "a: {", "}"),
    "remarks": full("#\n"),
    "nothing": full("\n"),
    "spaces": full(" "),
    "documents": full("---\n"),
    "directives": "".join(f"%TAG !{n}! x\n" for n in range(15_000)),
    "open quotes": full("'"),
    "services": full("{id: a, prefix: A}, ", "id: hall\nservices: [", "]"),
}


@pytest.mark.parametrize("kind", LARGE)
def test_as_much_as_is_read_is_refused_soon(kind: str) -> None:
    begin = time.process_time()
    problems = problems_of(LARGE[kind])
    assert time.process_time() - begin < SOON_S
    assert len(problems) <= max(MOST_TOLD, 1)


@pytest.mark.parametrize("kind", ["a huge text", "deep in one line", "spaces"])
def test_reading_it_takes_a_multiple_of_it(kind: str) -> None:
    with memory() as peak:
        problems_of(LARGE[kind])
        assert peak() < PEAK


def test_a_file_without_an_end_is_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    begin = time.process_time()
    assert main(["office", "check", "/dev/zero"]) == 1
    assert "/dev/zero:1: is larger than 256 KiB" in capsys.readouterr().err
    assert time.process_time() - begin < SOON_S


def test_a_refusal_says_no_more_than_somebody_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "office.yaml"
    file.write_text(LARGE["one name again and again"])
    assert main(["office", "check", str(file)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == MOST_TOLD


# Anything at all

words = st.sampled_from(
    [
        *":-[]{},&*!'\"#|>%@`? \n\t\0窓",
        "---",
        "<<",
        "!!python/object:",
        "~",
        "\\ud800",
        "\udcff",
        "id",
        "ja",
    ]
)
near = st.tuples(
    st.integers(0, len(OFFICE_YAML)), st.integers(0, 12), st.lists(words, max_size=6).map("".join)
).map(lambda cut: OFFICE_YAML[: cut[0]] + cut[2] + OFFICE_YAML[cut[0] + cut[1] :])


def loads_or_refuses(raw: bytes) -> None:
    for read in (office_from_json, lambda raw: read_office(raw, "hall.yaml")):
        with suppress(OfficeError):
            office = read(raw)
            assert office_from_json(office_to_json(office)) == office


@given(st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_office_or_the_one_refusal(raw: bytes) -> None:
    loads_or_refuses(raw)


@given(near)
@settings(max_examples=150, deadline=None)
def test_a_definition_with_anything_in_it_is_an_office_or_the_one_refusal(text: str) -> None:
    loads_or_refuses(text.encode(errors="surrogateescape"))
    with suppress(OfficeError):
        read_office(text, "hall.yaml")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"id":' * 100_000,
        b'{"id": ' + b"9" * 100_000 + b"}",
        b'{"id": 1e999999}',
        b'{"id": NaN}',
        b'{"id": "\xff"}',
        b'{"id": "\\ud800"}',
        b'{"id": "a", "id": "b"}',
        b'{"id": "a\\u0000"}',
        b"\xef\xbb\xbf{}",
        b'{"closed": {"dates": ["9999-99-99"]}}',
        b'{"tickets_from": 99999999999999999999}',
    ],
)
def test_json_made_to_harm_is_refused_like_yaml(raw: bytes) -> None:
    with pytest.raises(OfficeError):
        office_from_json(raw)
