"""Requests that are wrong somewhere, for every route there is: addressed rightly, and broken from there on.

What is drawn comes from one `Random`, so that a seed, or hypothesis, gives the same requests again.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from tests.access_table import Row

NAMES = (
    *(
        "service",
        "then",
        "priority",
        "needs",
        "language",
        "channel",
        "items",
        "booked_for",
        "procedure",
    ),
    *(
        "quantity",
        "services",
        "number",
        "ticket",
        "move",
        "status",
        "message",
        "text",
        "answer",
        "role",
    ),
    *(
        "office",
        "label",
        "code",
        "id",
        "timezone",
        "desks",
        "prefix",
        "numbers",
        "closed",
        "dates",
        "hours",
    ),
    *(
        "reception_hours",
        "from",
        "section",
        "category",
        "minutes",
        "used_on",
        "date",
        "lamp",
        "notes",
    ),
)
WORDS = (
    *(
        '"insurance"',
        '"certificates"',
        '"1"',
        '"A001"',
        '"normal"',
        '"open"',
        '"ja"',
        '"kiosk"',
        '"staff"',
    ),
    *(
        '"small"',
        '"finish"',
        '"2026-11-23"',
        '"2026-11-23T10:00:00+09:00"',
        '"juminhyo"',
        '"training"',
    ),
    *(
        '{"ja": "窓口"}',
        '{"procedure": "juminhyo", "quantity": 2}',
        '["insurance"]',
        "null",
        "true",
    ),
)
HOSTILE = (
    *(
        "0",
        "-1",
        "1e400",
        "-1e-400",
        "99999999999999999999999",
        "0.1",
        "NaN",
        "Infinity",
        "01",
        "1.",
        "2e0",
    ),
    *(
        '""',
        '"\\u0000"',
        '"\\ud800"',
        '"\\udfff\\ud800"',
        '"\\n"',
        '"../../etc/passwd"',
        '"=cmd()"',
        "''",
    ),
    *(
        '"<script>"',
        '"{{7*7}}"',
        '"%00"',
        '"' + "x" * 300 + '"',
        '"窓"',
        '"\U0001f3ab"',
        '"\\"',
        '"a\r\nX: y"',
    ),
    *(
        "[]",
        "{}",
        "[[[[[[]]]]]]",
        "[" * 2000,
        '{"a":' * 2000,
        "[null]",
        '{"": {}}',
        '{"a":1,"a":2}',
        "nul",
    ),
    *(
        '"0000-00-00T00:00:00Z"',
        '"9999-12-31T23:59:60+23:59"',
        '"2026-11-23T10:00:00"',
        '"0001-01-01"',
    ),
)
QUERIES = (
    *(
        "from",
        "to",
        "bin",
        "by",
        "service",
        "format",
        "lang",
        "after",
        "limit",
        "zone",
        "state",
        "desk",
    ),
    *(
        "version",
        "at",
        "metric",
        "current",
        "proposed",
        "target",
        "reduction",
        "basis",
        "before",
        "within",
    ),
    *("uncertainty", "compare", "form", "desks", "key", ""),
)
VALUES = (
    *(
        "2026-11-23",
        "2026-11-01",
        "2020-02-30",
        "0001-01-01",
        "9999-12-31",
        "-1",
        "0",
        "1",
        "60",
        "day",
    ),
    *(
        "99999999999999999999",
        "1e9",
        "nan",
        "inf",
        "*",
        "desk,weekday",
        "json",
        "csv",
        "xlsx",
        "html",
        "ja",
    ),
    *(
        "08:30-17:15",
        "25:99-00:00",
        "arrivals",
        "wait_p90_s",
        "0.9",
        "reception:0.3",
        "waiting",
        "small",
    ),
    *(
        "",
        "%00",
        "%FF",
        "%ED%A0%80",
        "%E7%AA%93",
        "%0d%0aX-Injected:%20yes",
        "..%2f..%2fetc",
        "<script>",
        "%",
    ),
    *("'\"", "a" * 500, "{small}", "\xff", "&&", "=", "[]", "1;DROP", "%25%30%30", "\\"),
)
PLACES = (
    *(
        "small",
        "1",
        "insurance",
        "juminhyo",
        "1-unknown",
        "finish",
        "recall",
        "undo",
        "0",
        "elsewhere",
    ),
    *(
        "%00",
        "%FF",
        "%ED%A0%80",
        "%E7%AA%93",
        "%0d%0aX-Injected:%20yes",
        "..%2f..%2fetc%2fpasswd",
        "..",
        ".",
    ),
    *(
        "{small}",
        "a" * 300,
        "-1",
        "9" * 40,
        "%",
        "%zz",
        "\xff\xfe",
        "ja.json",
        "a%2Fb",
        ";",
        "*",
        "~",
    ),
)
HEADERS = (
    *(
        "Accept",
        "Accept-Language",
        "Content-Type",
        "Idempotency-Key",
        "If-None-Match",
        "Cookie",
        "Range",
    ),
    *(
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "Forwarded",
        "Origin",
        "Referer",
        "User-Agent",
        "X-HTTP-Method",
    ),
    *("Accept-Encoding", "If-Modified-Since", "Authorization", "Expect", "X" * 200, "Te"),
)
TEXTS = (
    *(
        "",
        "*/*",
        "application/json",
        "text/csv",
        "application/x-ndjson",
        "application/xml;q=",
        "a/b;;q=9,",
    ),
    *(
        "ja",
        "en;q=0.5, *",
        "x" * 1000,
        "\xff\xfe",
        "\t",
        'W/"x"',
        "*",
        "bytes=0-99999999999",
        "bytes=-",
        "=",
    ),
    *(
        "1.2.3.4, evil",
        'for="_x"',
        "null",
        "https://evil.example",
        "Bearer",
        "Bearer ",
        "Basic eDp4",
        "100",
    ),
    *(
        "Bearer \xff",
        "Bearer " + "mg_" + "0" * 55,
        "multipart/form-data; boundary=",
        "text/plain; charset=x",
    ),
    *(
        "application/json; charset=utf-16",
        "application/x-msgpack",
        "Thu, 99 Foo 2026",
        "100-continue",
        "a=b; c",
    ),
)
HOSTS = (
    "",
    "a:b",
    "a:99999",
    "[::1]:80",
    "[",
    "a b",
    "%0d%0a",
    "x" * 300,
    "\xff",
    "evil.example",
    ":",
    "@",
)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW", "get")
NO_BODY = frozenset({"GET", "DELETE"})


class Wrong(NamedTuple):
    """A request, well framed: the line stays good for the next one."""

    raw: bytes
    method: str


def json_text(chance: Random, deep: int = 3) -> str:
    """Something like JSON that a handler may have been waiting for."""
    kind = chance.randrange(10)
    if kind < 3 or not deep:
        return chance.choice(WORDS)
    if kind < 6:
        return chance.choice(HOSTILE)
    if kind == 6:
        return f"[{', '.join(json_text(chance, deep - 1) for _ in range(chance.randrange(4)))}]"
    fields = (
        f'"{chance.choice(NAMES)}": {json_text(chance, deep - 1)}'
        for _ in range(chance.randrange(5))
    )
    return f"{{{', '.join(fields)}}}"


def body(chance: Random) -> bytes:
    """A body that is JSON, or was."""
    raw = json_text(chance).encode("utf-8", "surrogatepass")
    match chance.randrange(12):
        case 0:
            return b""
        case 1:
            return chance.randbytes(chance.randrange(60))
        case 2:
            at = chance.randrange(len(raw) + 1)
            return raw[:at] + chance.randbytes(2) + raw[at + chance.randrange(3) :]
        case 3:
            return raw[: chance.randrange(len(raw) + 1)]
        case 4:
            return chance.choice([b"\xef\xbb\xbf", b"\xff\xfe", b" " * 2000]) + raw
        case _:
            return raw


def address(chance: Random, row: Row) -> str:
    """The address of a route, with anything in its places and behind it."""
    path = row.path
    while "{" in path:
        before, _, rest = path.partition("{")
        name, _, after = rest.partition("}")
        usual = {"office": "small", "desk": "1", "service": "insurance", "ticket": "1-unknown"}
        right = chance.random() < 0.7 and name in usual
        path = (
            before + (usual[name] if right else chance.choice(PLACES).replace("{", "%7B")) + after
        )
    if chance.random() < 0.4:
        asked = (
            f"{chance.choice(QUERIES)}={chance.choice(VALUES)}"
            for _ in range(chance.randrange(1, 6))
        )
        path += "?" + "&".join(asked)
    return path.replace(" ", "%20")


def wrong(chance: Random, rows: Sequence[Row], keys: Sequence[str | None]) -> Wrong:
    """A request for one of the routes with one of the keys, wrong somewhere."""
    row = chance.choice(rows)
    method = row.method if chance.random() < 0.93 else chance.choice(METHODS)
    if method == "WS":
        method = "GET"
    headers = [("Host", "a" if chance.random() < 0.9 else chance.choice(HOSTS))]
    if key := chance.choice(keys):
        headers.append(("Authorization", f"Bearer {key}"))
    for _ in range(chance.randrange(3)):
        name, text = chance.choice(HEADERS), chance.choice(TEXTS)
        # Whoever expects to be told to go on has to wait for it; one name twice is no request at all.
        if (name, text) != ("Expect", "100-continue") and name not in {each for each, _ in headers}:
            headers.append((name, text))
    sent = body(chance) if method not in NO_BODY or chance.random() < 0.1 else b""
    if sent or method not in NO_BODY:
        headers.append(("Content-Length", f"{len(sent)}"))
    lines = [
        f"{method} {address(chance, row)} HTTP/1.1",
        *(f"{name}: {text}" for name, text in headers),
    ]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return Wrong(head + sent, method)


def garbage(chance: Random, rows: Sequence[Row], keys: Sequence[str | None]) -> bytes:
    """A request that is none: bytes are changed, cut off, put in, or there are no others."""
    raw = wrong(chance, rows, keys).raw
    match chance.randrange(6):
        case 0:
            return chance.randbytes(chance.randrange(1, 200)) + b"\r\n\r\n"
        case 1:
            return raw[: chance.randrange(len(raw))]
        case 2:
            lie = chance.choice(
                [b"-1", b"1e3", b"99999999999999999999", b"0x10", b"5, 6", b"+5", b""]
            )
            return raw.replace(b"Host: a", b"Host: a\r\nContent-Length: " + lie, 1)
        case 3:
            odd = chance.choice(
                [b"chunked", b"gzip, chunked", b"chunked, chunked", b"\x0bchunked", b"x"]
            )
            return raw.replace(b"Host: a", b"Host: a\r\nTransfer-Encoding: " + odd, 1) + b"zz\r\n"
        case 4:
            odd = chance.choice(
                [b" a : b", b"\r\n folded", b"a\0b: c", b": empty", b"a\rb: c", b"a\nb: c"]
            )
            return raw.replace(b"Host: a", b"Host: a\r\n" + odd, 1)
        case _:
            changed = bytearray(raw)
            for _ in range(chance.randrange(1, 6)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            return bytes(changed)
