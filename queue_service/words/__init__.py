"""The words of pages and announcements: one JSON catalogue a language.

Adding a language is adding a file; every catalogue has the same keys, which a test holds. `name` is
what the language calls itself.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

OWN = "ja"  # the language that stands in where another one has nothing


@cache
def languages() -> tuple[str, ...]:
    """Every language that has a catalogue, our own and its plain form first."""
    names = (path.name for path in files(__name__).iterdir())
    found = (name.removesuffix(".json") for name in names if name.endswith(".json"))
    return tuple(sorted(found, key=lambda each: (not each.startswith(OWN), each)))


@cache
def catalogue(language: str) -> dict[str, Any]:
    """The catalogue of a language; of one that has none, our own."""
    known = language if language in languages() else OWN
    words: dict[str, Any] = json.loads((files(__name__) / f"{known}.json").read_text("utf-8"))
    return words


def say(language: str, path: str, **values: object) -> str:
    """A sentence of a catalogue with `{name}` replaced.

    >>> say("en", "lamp.quiet")
    'Not busy'
    """
    found: Any = catalogue(language)
    for step in path.split("."):
        found = found[step]
    return str(found).format(**values)


def pick(texts: Mapping[str, str], language: str) -> str | None:
    """One of an office's own texts: in this language, else the nearest; None: it has neither.

    >>> pick({"ja": "窓口"}, "ja-easy")
    '窓口'
    """
    return texts.get(language) or texts.get(language.removesuffix("-easy")) or None
