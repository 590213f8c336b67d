"""The lobby's screens: follow the ledger, compose the board, send it to whoever watches.

    feed      one office's boards, as the ledger grows
    server    WebSocket: who may watch, and one screen at a time

A display process holds nothing that it cannot read again. Any number may run side by side. One of its own
may write nothing that a ledger holds: the worker or the API begins the business day that it shows.
"""
