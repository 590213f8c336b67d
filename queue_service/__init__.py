"""The vocabulary of the counter, the ledger behind it, and the API in front of it.

Read in this order; each module knows only those above it.

    tickets      what a ticket is, and every move it may make: one table
    events       what happened: the entries of the ledger
    offices      halls, services, desks, reception hours; local time and business dates
    hall         what the entries add up to
    board        what a lobby may see of it
    keys         every key in Redis
    scripts/     one Lua script a verb: the only writers of an office's keys
    connection   how Redis is reached
    round_trip   one command, one script, one round trip
    ledger       the only door: a method a verb, a method a question
    rebuild      every key from the ledger alone: verify, restore
    access       keys for devices and people
    api/         the same door over HTTP
    embedded     a private engine for one machine
    cli          the command `madoguchi`

`worker` and `display` are siblings of `api`: they stand on the ledger and do not know each other.
"""
