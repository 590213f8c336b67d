"""The headers of the scripts are contracts: what they name is what the body uses."""

import re

import pytest

from queue_service import hall, scripts

FIELDS = ("KEYS", "ARGV", "Returns", "Appends", "Cost")
COMMON = {"intent", "keep", "version", "day", "actor"}  # read by fragments for every script


def header(name: str) -> dict[str, str]:
    text = re.search(r"--\[\[(.*?)\]\]", scripts.source(name), re.DOTALL).group(1)
    parts = re.split(rf"\n  ({'|'.join(FIELDS)}) +", text)
    return dict(zip(["title", *parts[1::2]], [parts[0], *parts[2::2]], strict=True))


def body(name: str) -> str:
    return re.sub(r"--\[\[.*?\]\]|--[^\n]*", "", scripts.assemble(name), flags=re.DOTALL)


@pytest.mark.parametrize("name", scripts.names())
class TestHeader:
    def test_has_every_field_and_the_name_of_the_verb(self, name: str):
        found = header(name)
        assert list(found) == ["title", *FIELDS]
        assert found["title"].strip().startswith(f"{name.upper()}: ")

    def test_names_exactly_the_arguments_that_the_body_reads(self, name: str):
        """Fragments are shared, so an argument they read is needed only by the verbs that name it."""
        own = re.sub(r"--[^\n]*|--\[\[.*?\]\]", "", scripts.source(name), flags=re.DOTALL)
        read_by_body = set(re.findall(r"command(?:\.|\[')(\w+)", own)) - COMMON
        read = set(re.findall(r"command(?:\.|\[')(\w+)", body(name)))
        words = re.sub(r"\(.*?\)", "", header(name)["ARGV"])
        named = set() if words.startswith("nothing") else set(words.split())
        assert read_by_body <= named - COMMON | COMMON
        assert named <= read | COMMON

    def test_names_the_events_that_the_body_appends(self, name: str):
        own = scripts.source(name)
        appended = set(re.findall(r"type = '(\w+)'", own))
        assert all(event in header(name)["Appends"] for event in appended)

    def test_a_question_writes_nothing_and_says_so_to_the_engine(self, name: str):
        asks = header(name)["Appends"].strip() == "nothing"
        assert scripts.assemble(name).startswith("#!lua flags=no-writes\n" if asks else "#!lua\n")

    def test_is_short(self, name: str):
        assert len(scripts.source(name).splitlines()) <= 130


def test_lua_writes_records_in_the_order_of_their_fields_in_python():
    assert hall.DeskRecord.__struct_fields__ == scripts.DESK_FIELDS
    assert hall.CallRecord.__struct_fields__ == scripts.CALL_FIELDS


def test_no_script_compares_an_argument_before_it_is_decoded():
    """ARGV is always a string in Lua; only hall.lua touches it, to decode the command."""
    for name in scripts.names():
        assert "ARGV[" not in re.sub(r"--\[\[.*?\]\]", "", scripts.source(name), flags=re.DOTALL)
