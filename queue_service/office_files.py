"""Reading an office definition from YAML or JSON, and writing it.

Nothing is guessed and nothing is half accepted: a definition is read whole, or refused with
problems that name place and remedy.

Of YAML only the plain part is read: mappings, lists and texts. What a text means is decided by the
field it fills, so `08:30` is never a number in base sixty and `no` never a truth value.
"""

import difflib
import re
from collections.abc import Iterator

import msgspec
import yaml

from queue_service import offices
from queue_service.office_rules import OfficeError, Problem, check
from queue_service.offices import Office
from queue_service.tickets import Stage

MAX_BYTES = 256 << 10  # a real definition has a few thousand, and over HTTP none has more
MAX_DEPTH = 12  # the deepest field lies at seven
MOST_TOLD = 100  # names given twice; whoever mends those finds the rest

# Doors


def read_office(text: str | bytes, file: str) -> Office:
    """Read a definition written in YAML, UTF-8; `file` is its name, for the messages.

    Raises:
        OfficeError: with the line of every problem.
    """
    tree = _Tree()
    try:
        office = _usable(_convert(tree.read(text)))
    except OfficeError as error:
        raise OfficeError(
            [
                Problem(each.path, each.reason, file, each.line or tree.line(each.path))
                for each in error.problems
            ]
        ) from None
    return office


def office_from_json(raw: bytes) -> Office:
    """Read a definition written in JSON.

    Raises:
        OfficeError: with the path of every problem.
    """
    try:
        office = msgspec.json.decode(raw, type=Office)
    except msgspec.ValidationError as error:
        raise OfficeError([_shape_problem(str(error))]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OfficeError([Problem("", f"this is not JSON: {error}")]) from None
    return _usable(office)


def office_to_json(office: Office) -> bytes:
    """The definition with every default written out: equal offices have equal bytes."""
    return _encoder.encode(office)


_encoder = msgspec.json.Encoder(order="deterministic")


def _usable(office: Office) -> Office:
    if problems := check(office):
        raise OfficeError(problems)
    return office


def _convert(value: object) -> Office:
    try:
        # Not strict: in the file every value is a text, "10" as well as "08:30".
        return msgspec.convert(value, Office, strict=False)
    except msgspec.ValidationError as error:
        raise OfficeError([_shape_problem(str(error))]) from None


# Shape

_SHAPE = re.compile(r"(?P<what>.*?)( - at (`key` in )?`\$\.?(?P<path>.*)`)?", re.DOTALL)
_FIELD = re.compile("Object (?P<fault>contains unknown|missing required) field `(?P<name>.*)`")
_TYPE = re.compile("Expected `(?P<wanted>.*?)`, got `(?P<given>.*)`")
_STAGE = re.compile("Invalid enum value (?P<word>.*)", re.DOTALL)
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "date": "a date like 2025-08-04",
    "array": "a list",
    "object": "a mapping of names to values",
    "null": "nothing",
}
_FIELDS = [
    each.encode_name
    for kind in vars(offices).values()
    if isinstance(kind, type) and issubclass(kind, offices.Part)
    for each in msgspec.structs.fields(kind)
]


def _shape_problem(message: str) -> Problem:
    """What msgspec says about a wrong shape, in the words of someone who writes a definition."""
    found = _SHAPE.fullmatch(message)
    assert found is not None, "the pattern matches any text"
    path, what = found["path"] or "", found["what"]
    if field := _FIELD.fullmatch(what):
        return _field_problem(f"{path}.{field['name']}".lstrip("."), field)
    if types := _TYPE.fullmatch(what):
        return Problem(path, f"must be {_words(types['wanted'])}, not {_words(types['given'])}")
    if stage := _STAGE.fullmatch(what):
        return Problem(path, f"{stage['word']} is no stage: use {', '.join(Stage)}")
    if what == "Invalid RFC3339 encoded date":
        return Problem(path, f"must be {_WORDS['date']}")
    return Problem(path, what)


def _field_problem(path: str, field: re.Match[str]) -> Problem:
    if field["fault"] == "missing required":
        return Problem(path, "is missing: it has no default")
    close = difflib.get_close_matches(field["name"], _FIELDS, n=1)
    remedy = f"did you mean {close[0]}?" if close else "remove it"
    return Problem(path, f"there is no such field here: {remedy}")


def _words(types: str) -> str:
    return " or ".join(_WORDS.get(each, each) for each in types.split(" | "))


# YAML

Value = None | str | list["Value"] | dict[str, "Value"]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_SURROGATE = re.compile("[\ud800-\udfff]")  # an escape can write one, and nothing can print it


class _Tree:
    """The values of one YAML text, with the line of every path."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self._twice: list[Problem] = []
        self._events: Iterator[yaml.Event] = iter(())

    def line(self, path: str) -> int | None:
        """The line of a path, or of the nearest thing around it."""
        while path and path not in self._lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._lines.get(path)

    def read(self, text: str | bytes) -> Value:
        """The value of the text's one document.

        Raises:
            OfficeError: it is not YAML, or more than the plain part of YAML.
        """
        raw = text if isinstance(text, bytes) else text.encode(errors="replace")
        if len(raw) > MAX_BYTES:
            raise _refusal("", "is larger than 256 KiB: this is no office definition", 1)
        if isinstance(text, bytes):
            text = _decoded(text)
        try:
            value = self._document(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            reason = f"this is not YAML: {error.problem or error.context}"
            raise _refusal("", reason, mark.line + 1 if mark else 1) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise _refusal("", "holds a control character: remove it", line) from None
        if self._twice:
            raise OfficeError(self._twice)
        return value

    def _document(self, text: str) -> Value:
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)
        next(self._events)  # the stream begins
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise _refusal("", "is empty: write an office definition", 1)
        value = self._node("", next(self._events), depth=0)
        next(self._events)  # the document ends
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            reason = "a second document begins here: one file holds one office"
            raise _refusal("", reason, _line(after))
        return value

    def _node(self, path: str, event: yaml.Event, depth: int) -> Value:
        self._lines.setdefault(path, _line(event))
        _refuse_beyond_plain(path, event)
        if depth > MAX_DEPTH:
            raise _refusal(path, "lies too deep: no part of an office does", _line(event))
        if isinstance(event, yaml.ScalarEvent):
            return None if event.style is None and event.value in _NULLS else str(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path, depth)
        return self._mapping(path, depth)

    def _list(self, path: str, depth: int) -> list[Value]:
        found: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._node(f"{path}[{len(found)}]", event, depth + 1))
        return found

    def _mapping(self, path: str, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            _refuse_beyond_plain(path, event)
            if not isinstance(event, yaml.ScalarEvent):
                raise _refusal(path, "a name must be a text", _line(event))
            place = f"{path}.{event.value}".lstrip(".")
            if event.value in found and len(self._twice) < MOST_TOLD:
                self._twice.append(Problem(place, "is given twice: keep one", line=_line(event)))
            self._lines[place] = _line(event)
            found[event.value] = self._node(place, next(self._events), depth + 1)
        return found


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refusal("", "is not UTF-8: save the file as UTF-8", line) from None


def _refuse_beyond_plain(path: str, event: yaml.Event) -> None:
    """Refuse what could make a short text mean a large or a living thing."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise _refusal(path, "anchors and aliases are not read: write it out", _line(event))
    if getattr(event, "tag", None):
        raise _refusal(path, "tags are not read: remove the word after !", _line(event))
    if isinstance(event, yaml.ScalarEvent) and _SURROGATE.search(event.value):
        raise _refusal(path, "holds half a character: write it whole", _line(event))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refusal(path: str, reason: str, line: int) -> OfficeError:
    return OfficeError([Problem(path, reason, line=line)])
