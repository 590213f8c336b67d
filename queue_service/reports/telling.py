"""How a report is told to people: sentences, a picture, tables. `page` and the screens show them."""

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup
from msgspec import Struct

from queue_service.words import say

Report = dict[str, Any]  # its keys have an order, so that the same data gives the same bytes


class Table(Struct):
    """A table with its heads."""

    title: str
    heads: list[str]
    rows: list[list[str]]


class Chart(Struct):
    """A picture, and what its signs mean."""

    title: str
    svg: Markup
    key: list[str]


class Words:
    """The words of one report in one language."""

    def __init__(self, language: str, report: str) -> None:
        self.language, self.report = language, report

    def say(self, path: str, **values: object) -> str:
        """Words of this report."""
        return say(self.language, f"reports.{self.report}.{path}", **values)

    def page(self, path: str, **values: object) -> str:
        """Words of every report."""
        return say(self.language, f"reports.page.{path}", **values)

    @staticmethod
    def marked(name: str, noted: bool) -> str:
        """A month, with the sign of a note where something happened in it."""
        return f"{name} ※" if noted else name

    @staticmethod
    def notes(report: Report) -> list[str]:
        """What the sign stands for, for the key of a picture."""
        return [f"※ {each['date']} {each['text']}" for each in report["notes"]]

    def heads(self, *names: str) -> list[str]:
        """The heads of columns."""
        return [self.say(f"columns.{name}") for name in names]


class Telling(Struct, frozen=True, kw_only=True):
    """How one kind of report is told."""

    said: Callable[[Report, Words], Sequence[str | None]]  # the answer first; None is passed over
    charts: Callable[[Report, Words], list[Chart]]
    tables: Callable[[Report, Words], list[Table]]
    defined: tuple[str, ...]  # fields whose meaning stands in the catalogues of words
    facts: Callable[[Report, Words], list[tuple[str, str]]] | None = None  # None: those of visits


def percent(share: float | None) -> str:
    """A share with a tenth of a percent; – where there is none."""
    return "–" if share is None else f"{share * 100:.1f} %"


def number(value: float | None) -> str:
    """A number with at most one decimal."""
    return "–" if value is None else f"{value:,.1f}".removesuffix(".0")
