"""Dated notes: what happened at an office that may have changed its figures from a day on.

Pure. They stand on every series of dates, so that nobody looks for the reason of a step in vain.
"""

import re
from datetime import date

from queue_service.offices import Note, Office, ReceptionHours, Texts
from queue_service.words import languages, say

_DAY = re.compile("[a-z]{3}")  # in hours, as in "mon-fri"


def notes_between(office: Office, first: date, last: date) -> list[Note]:
    """The notes of an office between two dates, both included, by date.

    Those of its definition, after reception hours that came into force on the same date.
    """
    changed = [
        Note(date=each.since, text=_told(office, each))
        for each in office.reception_hours
        if each.since is not None
    ]
    found = [each for each in (*changed, *office.notes) if first <= each.date <= last]
    return sorted(found, key=lambda note: note.date)


def _told(office: Office, entry: ReceptionHours) -> Texts:
    """The note of new hours in the language of the office; without one, the hours in every language."""
    if entry.note is not None:
        return {office.languages[0]: entry.note}
    return {each: say(each, "notes.hours", hours=_hours(each, entry)) for each in languages()}


def _hours(language: str, entry: ReceptionHours) -> str:
    def day(found: re.Match[str]) -> str:
        return say(language, f"reports.page.weekdays.{found[0]}")

    if len(entry.hours) > 1 and len(set(entry.hours.values())) == 1:
        return next(iter(entry.hours.values()))  # each day by itself, and all the same
    spans = (f"{_DAY.sub(day, days.lower())} {span}" for days, span in entry.hours.items())
    return ", ".join(spans) or "–"
