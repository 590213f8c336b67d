"""Reasons of bad rows put together: what is the same fault, and that no file makes them endless."""

from queue_service.log_reasons import MOST, OTHERS, Reason, Reasons
from queue_service.ticket_log import BadRow


def test_the_same_fault_of_many_rows_is_one_reason_with_its_first_row():
    reasons = Reasons()
    reasons.add(BadRow(2, "has 1 columns, the header has 2", ()))
    reasons.add(BadRow(4, "outcome 'AGENT' is none of finished, no_show", ()))
    reasons.add(BadRow(7, 'outcome "DON\'T" is none of finished, no_show', ()))
    assert reasons.rows == 3
    assert reasons.told == (
        Reason(
            reason="outcome … is none of finished, no_show",
            rows=2,
            line=4,
            example="outcome 'AGENT' is none of finished, no_show",
        ),
        Reason(
            reason="has 1 columns, the header has 2",
            rows=1,
            line=2,
            example="has 1 columns, the header has 2",
        ),
    )


def test_a_file_that_is_no_log_has_no_end_of_reasons():
    reasons = Reasons()
    for line in range(1000):
        reasons.add(BadRow(line, f"has {line} columns", ()))
    assert len(reasons.told) == MOST + 1
    assert (reasons.told[0].reason, reasons.told[0].rows) == (OTHERS, 1000 - MOST)
    assert sum(each.rows for each in reasons.told) == reasons.rows == 1000
