"""What the API's description has to say beyond what the handlers' types say by themselves.

Every refusal is a problem, a body is described as strictly as it is read, and what the public may do
takes no key.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)
from litestar.routes import HTTPRoute

from queue_service.api import schemas
from queue_service.api.guard import PUBLIC
from queue_service.api.request import KEY_LENGTH, KEY_PATTERN
from queue_service.offices import Office
from queue_service.reports.writing import MEDIA
from queue_service.tables import MEDIA as TABLES

TEXT = OpenAPIType.STRING
REFERENCE = "#/components/schemas/"
PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    title="Problem",
    description="Why a request was turned away (RFC 9457). A code may bring further fields.",
    required=["type", "title", "status", "detail", "code"],
    properties={
        "type": Schema(type=TEXT, examples=["urn:madoguchi:problem:closed"]),
        "title": Schema(type=TEXT, examples=["Closed"]),
        "status": Schema(type=OpenAPIType.INTEGER, minimum=400, maximum=599, examples=[409]),
        "detail": Schema(type=TEXT, description="For people."),
        "code": Schema(type=TEXT, description="For programs.", examples=["closed"]),
        "field": Schema(type=TEXT, description="The part of the request at fault."),
        "ticket": Reference(f"{REFERENCE}Ticket"),
        "state": Schema(type=TEXT, description="Of the ticket that cannot make the move."),
        "allowed": Schema(
            type=OpenAPIType.ARRAY, items=Schema(type=TEXT), description="The moves it can make."
        ),
    },
)
WHY = {
    400: "The request is wrong; `field` says where.",
    401: "No key, or an unknown one.",
    403: "This key has not the right.",
    404: "There is no such thing.",
    409: "Not possible now; nothing was changed.",
    413: "The body is too large.",
    422: "The idempotency key was used with another body.",
    429: "That was too often; come back after `Retry-After` seconds.",
    503: "The engine cannot be reached; try again, with the same idempotency key.",
}
TAGGED = ("/stats/arrivals", "/stats/stages", "/stats/queue")
AS_FILES = (*TAGGED, "/stats/estimates")


class _AsItIs(Schema):
    """A schema that is there already, as plain JSON."""

    def __init__(self, plain: dict[str, Any]) -> None:
        super().__init__()
        self._plain = plain

    def to_schema(self) -> dict[str, Any]:
        """The schema."""
        return self._plain


def describe(app: Litestar) -> None:
    """Complete the description that Litestar drew up, before anyone asks for it."""
    api: OpenAPI = app.openapi_schema
    paths, kinds = api.paths or {}, api.components.schemas
    kinds |= {name: _AsItIs(plain) for name, plain in _read().items()}
    kinds["Problem"] = PROBLEM
    for name in ("offices_Desk", "offices_Service"):  # described by what they are part of
        kinds.pop(name, None)
    for route in app.routes:
        item = paths.get(route.path_format)
        if item is None or not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            for method in handler.http_methods - {"OPTIONS"}:
                public = handler.opt.get("roles") == PUBLIC or "holder" in handler.opt
                operation = getattr(item, method.lower())
                _complete(operation, route.path_format, method, public)
                if isinstance(operation.request_body, RequestBody):
                    data = handler.parsed_data_field
                    operation.request_body.required = data is not None and data.is_required


def _read() -> dict[str, Any]:
    """What is read from a body, as msgspec, which reads it, describes it: Litestar knows less."""
    kinds: list[type] = [*schemas.Body.__subclasses__(), Office]
    _, plain = msgspec.json.schema_components(kinds, ref_template=f"{REFERENCE}{{name}}")
    given: list[dict[str, Any]] = [
        {"required": [one], "properties": {one: {"type": "string"}, other: {"type": "null"}}}
        for one, other in (("number", "ticket"), ("ticket", "number"))
    ]
    plain["CallBody"]["oneOf"] = given
    return plain


def _complete(operation: Operation, path: str, method: str, public: bool) -> None:
    answers = operation.responses = operation.responses or {}
    answers.pop("400", None)
    for code in _refusals(operation, path, method, public):
        problem = OpenAPIMediaType(schema=Reference(f"{REFERENCE}Problem"))
        answers[str(code)] = OpenAPIResponse(
            description=WHY[code], content={"application/problem+json": problem}
        )
    if public:
        operation.security = [{}, {"key": []}, {"session": []}]
    for parameter in operation.parameters or ():
        if isinstance(parameter, Parameter) and parameter.name == "Idempotency-Key":
            parameter.schema = Schema(type=TEXT, max_length=KEY_LENGTH, pattern=KEY_PATTERN)
    if path.endswith(AS_FILES):
        _also(answers["200"], TABLES.values())
    if path.endswith(TAGGED):
        answers["304"] = OpenAPIResponse(description="It is what `If-None-Match` names.")
    if "/reports/" in path:
        _also(answers["200"], MEDIA.values())
    if path.endswith("/call-next"):
        answers["204"] = OpenAPIResponse(description="Nobody waits.")
    elif "204" in answers:
        answers["204"] = OpenAPIResponse(description="Done; there is nothing to say.")


def _also(answer: OpenAPIResponse | Reference, media: Iterable[str]) -> None:
    """Describe the other forms in which an answer is given."""
    content = getattr(answer, "content", None) or {}
    for each in media:
        content.setdefault(each, OpenAPIMediaType(schema=Schema(type=TEXT)))


def _refusals(operation: Operation, path: str, method: str, public: bool) -> list[int]:
    writes = method in ("POST", "PUT")
    applies = {
        400: writes or bool(operation.parameters),
        401: True,
        403: not public or path.endswith("/cancel"),
        404: "{" in path or writes or path.endswith("/audit"),
        409: writes,
        413: writes,
        422: writes or method == "DELETE",
        429: True,
        503: True,
    }
    return [code for code, does in applies.items() if does]
