"""The lobby's screens: follow the ledger, compose the board, send it to whoever watches.

    feed      one office's boards, as the ledger grows
    server    WebSocket: who may watch, and one screen at a time

A display process holds nothing that it cannot read again. Any number may run side by side.
"""
