"""The service as an application of ASGI: what it answers under which path."""

from __future__ import annotations

import asyncio
import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from glassnet.saving.strict_json import parse_json
from glassnet.serving.answering import Answering, answering_of
from glassnet.serving.guard import LOOPBACK, App, Guard, as_json
from glassnet.serving.limits import Limits, Refusal
from glassnet.serving.openapi import describe
from glassnet.serving.page import page_of
from glassnet.utils.checks import require_extra
from glassnet.utils.version import VERSION

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["make_app"]

_PATHS = "The paths are POST /predict, GET /, GET /openapi.json and GET /health."


def make_app(model: Any, name: str = "model", *, limits: Limits | None = None, loopback: bool = True) -> App:
    """Return an application of ASGI that answers for a model, for uvicorn or any other server of such.

    Parameters
    ----------
    model : TableModel, Network, Ensemble, or fitted estimator
        What `glassnet.export` takes.
    name : str, default="model"
        What the model is called.
    limits : Limits, optional
        What a request may be.
    loopback : bool, default=True
        Whether requests must be for this computer by name: a page of another site is then refused, even if it makes
        its own name lead here.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2, seed=0)
    >>> app = make_app(net)
    """
    require_extra("starlette", "serve", "serve")
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Route

    limits = limits or Limits()
    service = _Service(model, answering_of(model, name), limits)
    routes = [
        Route("/predict", service.predict, methods=["POST"]),
        Route("/health", service.health, methods=["GET"]),
        Route("/openapi.json", service.openapi, methods=["GET"]),
        Route("/", service.page, methods=["GET"]),
    ]
    handlers: Any = {Refusal: _refuse, HTTPException: _no_page, Exception: _failed}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), limits, LOOPBACK if loopback else None)


class _Service:
    """The answers under each path; everything but predictions is made once."""

    def __init__(self, model: Any, answering: Answering, limits: Limits) -> None:
        page, policy, digest = page_of(model, answering.plan)
        self._answering, self._limits = answering, limits
        self._page, self._policy = page, f"{policy}; frame-ancestors 'none'"
        self._description = as_json(describe(answering.plan, limits))
        about = {"status": "ok", "model": answering.plan.name, "sha256": digest, "version": VERSION}
        self._health = as_json(about)
        # Predictions hold the interpreter's lock for most of their time: a few threads keep short requests moving.
        self._threads = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="glassnet-serve")

    async def page(self, request: Request) -> Response:
        from starlette.responses import Response

        return Response(self._page, media_type="text/html", headers={"content-security-policy": self._policy})

    async def openapi(self, request: Request) -> Response:
        return _json(self._description)

    async def health(self, request: Request) -> Response:
        return _json(self._health)

    async def predict(self, request: Request) -> Response:
        records = self._records(await self._body(request))
        loop = asyncio.get_running_loop()
        job = loop.run_in_executor(self._threads, self._answered, records)
        try:
            return _json(await asyncio.wait_for(job, self._limits.seconds_to_answer))
        except TimeoutError:
            seconds = self._limits.seconds_to_answer
            raise Refusal(503, f"the answer took longer than {seconds:g} seconds: send fewer records.") from None

    def _answered(self, records: Any) -> bytes:
        if isinstance(records, tuple):
            return as_json(self._answering.answers(records)[0])
        return as_json(self._answering.answers(records))

    async def _body(self, request: Request) -> bytes:
        """Return the body of a request that is declared as JSON, and neither longer nor later than it may be."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            # Other sites can send forms and plain text without asking first, but no JSON.
            raise Refusal(415, "the body must be JSON, declared by Content-Type: application/json.")
        from starlette.requests import ClientDisconnect

        most, read = self._limits.body_bytes, bytearray()
        too_long = Refusal(413, f"the body must have at most {most:,} bytes, got more. Send fewer records at once.")
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length[:20]) > most:
            raise too_long
        try:
            async with asyncio.timeout(self._limits.seconds_to_send):
                async for part in request.stream():
                    read += part
                    if len(read) > most:
                        raise too_long
        except ClientDisconnect:
            raise Refusal(400, "the body must arrive as a whole, got only a part of it.") from None
        except TimeoutError:
            seconds = self._limits.seconds_to_send
            raise Refusal(408, f"the body must arrive within {seconds:g} seconds, got only a part of it.") from None
        return bytes(read)

    def _records(self, body: bytes) -> Any:
        """Return the records of a body as a list; a single one as a tuple of one."""
        try:
            found = parse_json(body, finite=True)
        except ValueError as error:
            raise Refusal(400, f"the body must be JSON, got text that {error}.") from error
        if not isinstance(found, list) or self._is_single(found):
            return (found,)
        if not found:
            raise Refusal(422, "the body must have at least one record, got an empty list.")
        if len(found) > self._limits.rows:
            raise Refusal(413, f"the body must have at most {self._limits.rows:,} records, got {len(found):,}.")
        return found

    def _is_single(self, found: list[Any]) -> bool:
        """Return whether a list is one record: numbers for a model of numbers."""
        return not self._answering.plan.is_table and not any(isinstance(item, (list, dict)) for item in found)


def _json(body: bytes, status: int = 200) -> Response:
    from starlette.responses import Response

    headers = {"connection": "close"} if status in (408, 413) else {}
    return Response(body, status, headers, "application/json")


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _json(as_json({"error": error.sentence}), error.status)


async def _no_page(request: Request, error: Any) -> Response:
    """Answer for a path that there is not, or a method that it does not have; neither is repeated."""
    fact = {404: "there is nothing under this path.", 405: "this path has no such method."}
    found = _json(as_json({"error": f"{fact.get(error.status_code, 'the request is not one of HTTP.')} {_PATHS}"}))
    found.status_code = error.status_code
    allowed = (error.headers or {}).get("Allow", "")
    if re.fullmatch(r"[A-Z, ]+", allowed):
        found.headers["allow"] = allowed
    return found


async def _failed(request: Request, error: Exception) -> Response:
    return _json(as_json({"error": "the service failed: this is a bug in glassnet, see what it printed."}), 500)
