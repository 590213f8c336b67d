"""A report as one printable page: what it says, a picture, the figures, and what they rest on.

The page stands alone: it asks nobody for anything, and whatever comes from data is escaped.
"""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, Template
from markupsafe import Markup

from queue_service.reports.kinds import KINDS
from queue_service.reports.telling import Report, Words, number

DAYS_NAMED = 5


def page(report: Report, language: str) -> str:
    """The whole page as HTML."""
    words = Words(language, report["report"].replace("-", "_"))
    told = KINDS[words.report]
    return _template().render(
        language=language.partition("-")[0],
        css=Markup(style_sheet()),  # noqa: S704 - a file of ours
        kind=words.report,
        title=words.say("title"),
        of=_of(report, words),
        said=[each for each in told.said(report, words) if each],
        charts=told.charts(report, words),
        tables=told.tables(report, words),
        ground={"title": words.page("ground"), "facts": _facts(report, words)},
        definitions={"title": words.page("definitions"), "terms": report["definitions"].items()},
    )


def _of(report: Report, words: Words) -> str:
    source = report["office"] or report["source"]
    if report["from"] is None:
        return str(source)
    return words.page("of", source=source, from_=report["from"], to=report["to"])


@cache
def style_sheet() -> str:
    """How reports look; the screens show them in the same way."""
    return _file("page.css")


@cache
def _template() -> Template:
    text = _file("page.html")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)


def _file(name: str) -> str:
    return (files("queue_service") / "reports" / name).read_text("utf-8")


def _facts(report: Report, words: Words) -> list[tuple[str, str]]:
    last = [
        (words.page("data"), report["data_sha256"]),
        (words.page("version"), report["version"]),
    ]
    if report["from"] is None:  # a table knows neither days nor visits
        return [(words.page("population"), report["population"]), *last]
    if of_its_own := KINDS[words.report].facts:
        return [(words.page("population"), report["population"]), *of_its_own(report, words), *last]
    missing = report["missing_days"]
    named = "、".join(missing[:DAYS_NAMED]) + ("…" if len(missing) > DAYS_NAMED else "")
    return [
        (words.page("population"), report["population"]),
        (words.page("n"), number(report["n"])),
        (words.page("missing"), f"{len(missing)} ({named})" if missing else words.page("none")),
        (words.page("quality"), _quality(report, words)),
        *last,
    ]


def _quality(report: Report, words: Words) -> str:
    quality = report["quality"]
    if quality is None:
        return words.page("counts")
    if not quality["known_for"]:
        return words.page("logs") if report["n"] else words.page("none")
    return "、".join(f"{words.page(name)} {count:,}" for name, count in quality.items())
