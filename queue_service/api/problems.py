"""Problems: every answer that is not a success, in the one shape of RFC 9457.

`STATUS` is the table of codes. A code is stable: programs branch on it, people read `detail`.
"""

STATUS: dict[str, int] = {
    # 400: the request itself is wrong
    "invalid": 400,
    "wrong_name": 400,
    "weak_password": 400,
    # 401, 403: who asks
    "no_key": 401,
    "wrong_sign_in": 401,
    "code_needed": 401,
    "forbidden": 403,
    "new_password_needed": 403,
    "cross_site": 403,
    # 404: what is asked for
    "not_found": 404,
    "unknown_office": 404,
    "unknown_desk": 404,
    "unknown_service": 404,
    "unknown_ticket": 404,
    "unknown_key": 404,
    "unknown_code": 404,
    "unknown_person": 404,
    "no_public_url": 404,
    "no_voice": 404,
    # 410: what was there
    "entries_missing": 410,
    # 409: well-formed, and not possible now
    "closed": 409,
    "suspended": 409,
    "full": 409,
    "past": 409,
    "desk_busy": 409,
    "stale": 409,
    "illegal_move": 409,
    "nothing_to_undo": 409,
    "service_in_use": 409,
    "desk_in_use": 409,
    "not_yet": 409,
    "unknown_entry": 409,
    "already_struck": 409,
    "person_exists": 409,
    "person_changed": 409,
    "refused": 409,
    "key_reused": 422,
    # 429, 503: later
    "too_many": 429,
    "too_many_codes": 429,
    "too_many_sign_ins": 429,
    "unavailable": 503,
    "other_pepper": 503,
}

# Of every answer: nothing is kept on the way, guessed, or passed on, unless a handler says so.
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Problem(Exception):
    """A request that the API itself turns away, before the ledger is asked."""

    def __init__(self, code: str, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.code = code
        self.more = more


def invalid(field: str, reason: str) -> Problem:
    """A well-formed request with a value that cannot be used."""
    return Problem("invalid", f"{field}: {reason}", field=field)
