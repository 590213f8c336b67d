"""The table who may do what, drawn from the rules of the handlers so that it cannot lie.

`python -m tests.access_table` writes it into ACCESS.md; a test fails when it is stale, and another one
asks a running service for every cell of it.
"""

from pathlib import Path
from typing import NamedTuple

from litestar import Litestar
from litestar.routes import HTTPRoute, WebSocketRoute

from display import site
from display.server import board_socket, feeding
from queue_service.api.app import create_app
from queue_service.rights import PUBLIC, Role
from queue_service.settings import Settings

PAGE = Path(__file__).parents[1] / "queue_service" / "api" / "ACCESS.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
YES, OWN, NO = "yes", "own", "–"


class Row(NamedTuple):
    """One route, and what each role may do with it."""

    method: str
    path: str
    no_key: str
    cells: dict[Role, str]

    @property
    def is_public(self) -> bool:
        return self.no_key == YES


def row(method: str, path: str, opt: dict) -> Row:
    """What the rule in a handler's `opt` comes to."""
    roles = opt["roles"]
    no_key = YES if roles == PUBLIC else NO
    if opt.get("holder"):
        no_key = "with the ticket's id"
    elif opt.get("near"):
        no_key = "from this machine"
    let_in = OWN if roles and ("{office}" in path or opt.get("own_office")) else YES
    return Row(
        method,
        path,
        no_key,
        {role: let_in if role in roles or roles == PUBLIC else NO for role in Role},
    )


def rows(app: Litestar) -> list[Row]:
    """Every route, by path."""
    over_http = [
        row(method, route.path_format, handler.opt)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    ]
    sockets = [
        row("WS", route.path_format, route.route_handler.opt)
        for route in app.routes
        if isinstance(route, WebSocketRoute)
    ]
    return sorted(over_http + sockets, key=lambda each: (each.path, each.method))


def whole_app() -> Litestar:
    """The service as `madoguchi api` runs it; it is not started."""
    settings = Settings(data_dir=Path("nowhere"), redis_url="unix://nowhere")
    return create_app(settings, [board_socket, *site.handlers], [feeding])


def table(app: Litestar) -> str:
    """The table as Markdown: what takes a key, then what anyone may ask."""
    every = rows(app)
    lines = [f"| | no key | {' | '.join(Role)} |", f"|---{'|:-:' * (len(Role) + 1)}|"]
    for each in every:
        if not each.is_public:
            cells = " | ".join(each.cells[role] for role in Role)
            lines.append(f"| {each.method} `{each.path}` | {each.no_key} | {cells} |")
    lines += ["", "Public, with or without a key:", ""]
    lines += [f"- {each.method} `{each.path}`" for each in every if each.is_public]
    return "\n".join(lines)


def page() -> tuple[str, str]:
    """The page as it is, and as it should be."""
    text = PAGE.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return text, f"{head}{BEGIN}\n{table(whole_app())}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page()[1], "utf-8")
