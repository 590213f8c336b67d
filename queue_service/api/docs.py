"""The API's own description, readable without a network: Swagger UI from an installed package."""

from importlib.resources import files as files_of
from pathlib import Path
from typing import Any

from litestar import Request, Router
from litestar.exceptions import NotFoundException
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.static_files import create_static_files_router

from queue_service.api.guard import PUBLIC

FILES = "/schema/files"
LONGEST = 200  # characters of a path to one of them; the system refuses longer names, and NUL

PAGES = [
    SwaggerRenderPlugin(
        js_url=f"{FILES}/swagger-ui-bundle.js",
        css_url=f"{FILES}/swagger-ui.css",
        standalone_preset_js_url=f"{FILES}/swagger-ui-standalone-preset.js",
        favicon='<link rel="icon" href="data:,">',  # else the browser asks somebody else's server
        path=["/", "/swagger"],
    ),
    JsonRenderPlugin(),
]


async def _only_names(request: Request[Any, Any, Any]) -> None:
    """What cannot be the name of a file is not looked for."""
    path = str(request.path_params["file_path"])
    if len(path) > LONGEST or "\0" in path:
        raise NotFoundException("There is no such file.")


pages = Router("/schema", route_handlers=[], opt={"roles": PUBLIC}, include_in_schema=False)
files = create_static_files_router(
    path=FILES,
    directories=[Path(str(files_of("litestar_offline_docs") / "static"))],
    opt={"roles": PUBLIC},
    before_request=_only_names,
    include_in_schema=False,
    name="docs",
)
