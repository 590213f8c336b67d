"""`madoguchi report`: the questions of a reform, asked of an office or of a file alone."""

from queue_service.cli.command import Commands
from queue_service.cli.report import avoidable, before_after, freed_time, hours, priority


def add(commands: Commands) -> None:
    """`report NAME`."""
    reports = commands.group(
        "report",
        "answer a question of a reform: would shorter hours do?",
        """
        Each report stands on an office, or on a file alone, for which no engine is needed: the log of any
        ticket system (--tickets), or a table that somebody kept (--counts, --channels).
        """,
    )
    for each in (hours, avoidable, priority, before_after, freed_time):
        each.add(reports)
