"""The playground as an application of ASGI: its page, its socket, uploads and downloads."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from glassnet.errors import GlassnetError
from glassnet.playground.server.assets import page_assets
from glassnet.playground.server.downloads import DOWNLOADS
from glassnet.playground.server.gate import POLICY
from glassnet.playground.server.sockets import Pages
from glassnet.playground.server.uploads import Uploads
from glassnet.playground.worker import Worker
from glassnet.serving.guard import App, as_json
from glassnet.serving.limits import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["make_play_app"]

_FAILED = "the playground failed: this is a bug in glassnet, see what it printed."


def make_play_app(worker: Worker, pages: Pages, uploads: Uploads) -> App:
    """Return the application, which a `Gate` must stand before.

    Parameters
    ----------
    worker : Worker
        What trains.
    pages : Pages
        What looks on.
    uploads : Uploads
        What pages have sent.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Route, WebSocketRoute

    assets = page_assets()

    async def upload(request: Request) -> Response:
        from starlette.requests import ClientDisconnect

        try:
            name = await uploads.receive(request.stream())
        except ClientDisconnect:
            raise Refusal(400, "only a part of the file arrived; it must arrive as a whole.") from None
        await asyncio.to_thread(uploads.check_unpacked, name)
        return _answer(as_json({"upload": name}))

    async def download(request: Request) -> Response:
        found = DOWNLOADS.get(request.path_params["what"])
        if found is None:
            raise Refusal(404, f"there is nothing under this path. The downloads are {', '.join(DOWNLOADS)}.")
        try:
            content = await asyncio.wrap_future(worker.call(found.make))
        except GlassnetError as error:
            raise Refusal(422, str(error)) from error
        headers = {"content-disposition": f'attachment; filename="{found.name}"'}
        return _answer(content, found.kind, headers=headers)

    async def asset(path: str, request: Request) -> Response:
        content, packed, kind = assets[path]
        if "gzip" in request.headers.get("accept-encoding", ""):
            return _answer(packed, kind, headers={"content-encoding": "gzip", "vary": "accept-encoding"})
        return _answer(content, kind, headers={"vary": "accept-encoding"})

    routes: list[Any] = [Route(path, partial(asset, path), methods=["GET"]) for path in assets]
    routes += [
        Route("/upload", upload, methods=["POST"]),
        Route("/download/{what}", download, methods=["GET"]),
        WebSocketRoute("/socket", pages.serve),
    ]
    handlers: Any = {Refusal: _refuse, HTTPException: _no_page, Exception: _failed}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _answer(body: bytes, kind: str = "application/json", status: int = 200, headers: Any = None) -> Response:
    from starlette.responses import Response

    return Response(body, status, {"content-security-policy": POLICY, **(headers or {})}, kind)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    headers = {"connection": "close"} if error.status in (408, 413) else {}
    return _answer(as_json({"error": error.sentence}), status=error.status, headers=headers)


async def _no_page(request: Request, error: Any) -> Response:
    fact = {404: "there is nothing under this path.", 405: "this path has no such method."}
    text = fact.get(error.status_code, "the request is not one of HTTP.")
    return _answer(as_json({"error": text}), status=error.status_code)


async def _failed(request: Request, error: Exception) -> Response:
    return _answer(as_json({"error": _FAILED}), status=500)
