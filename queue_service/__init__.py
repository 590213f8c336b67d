"""The vocabulary of the counter, the ledger behind it, and the API in front of it.

Read in this order; each module knows only those above it.

    tickets         what a ticket is, and every move it may make: one table
    events          what happened: the entries of the ledger
    offices         halls, services, desks as their definition states them (office_rules, office_files)
    hours           reception hours, business dates, local time
    keys            every key in Redis
    scripts/        one Lua script a verb: the only writers of an office's keys
    hall            what the entries add up to, rebuilt without Redis
    board           what a lobby may see of it
    connection      how Redis is reached
    round_trip      one command, one script, one round trip
    ledger          the only door: a method a verb; `questions` is its reading half
    rebuild         every key from the ledger alone: verify, restore (backup, backup_file, restore)
    visits          what became of each ticket (export)
    ticket_log      logs of other systems (log_records, log_columns, log_times; replay and its plan)
    imports         such logs as history (intake, log_dates, log_visits, log_reasons; counts, elsewhere)
    rights          roles, who holds them, and the one rule of every door
    access          keys for devices (keyed_hash; enrolment: short codes for them)
    people          who may sign in, and with what (passwords; sign_in; browsers; audit: who did what)
    api/            the same door over HTTP
    embedded        a private engine for one machine (engine_check, engine_dir, whole_file)
    engine_users    who may do what in an engine of one's own (engine_trouble: what is wrong with it)
    cli/            the command `madoguchi`

`worker` and `display` are siblings of `api`: they stand on the ledger and do not know each other.
"""
