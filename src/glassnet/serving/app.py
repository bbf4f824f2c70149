"""The service as an application of ASGI: what it answers under which path."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from glassnet.exports.proof import digest_of
from glassnet.saving.strict_json import parse_json
from glassnet.serving.answering import Answering, answering_of
from glassnet.serving.bodies import Bodies
from glassnet.serving.guard import Guard, as_json, names_of
from glassnet.serving.limits import Limits, Refusal
from glassnet.serving.openapi import describe
from glassnet.serving.page import page_of
from glassnet.serving.work import Work
from glassnet.utils.checks import require_extra
from glassnet.utils.version import VERSION

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["make_app"]

_PATHS = "The paths are POST /predict, GET /, GET /openapi.json and GET /health."


def make_app(
    model: Any, name: str = "model", *, limits: Limits | None = None, loopback: bool = True, host: str = "127.0.0.1"
) -> Guard:
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
    host : str, default="127.0.0.1"
        The address or name that the service listens on, which requests may be for too.

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
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Guard(app, limits, names_of(host) if loopback else None, service.stop)


class _Service:
    """The answers under each path; everything but predictions is made once."""

    def __init__(self, model: Any, answering: Answering, limits: Limits) -> None:
        page, policy = page_of(model, answering.plan)
        self._answering, self._limits = answering, limits
        self._page, self._policy = page, f"{policy}; frame-ancestors 'none'"
        self._description = as_json(describe(answering.plan, limits))
        about = {"status": "ok", "model": answering.plan.name, "sha256": digest_of(answering.plan), "version": VERSION}
        self._health = as_json(about)
        self._bodies, self._work = Bodies(limits), Work(limits)

    async def page(self, request: Request) -> Response:
        from starlette.responses import Response

        return Response(self._page, media_type="text/html", headers={"content-security-policy": self._policy})

    async def openapi(self, request: Request) -> Response:
        return _json(self._description)

    async def health(self, request: Request) -> Response:
        return _json(self._health)

    async def predict(self, request: Request) -> Response:
        records = self._records(await self._bodies.of(request))
        return _json(await self._work.do(partial(self._answered, records), len(records), request))

    def stop(self, seconds: float) -> None:
        """Refuse what is still on its way, and after some seconds what is not answered by then."""
        self._bodies.stop()
        self._work.stop(seconds)

    def _answered(self, records: Any, check: Callable[[], None]) -> bytes:
        check()
        answers = self._answering.answers(records, check)
        return as_json(answers[0] if isinstance(records, tuple) else answers)

    def _records(self, body: bytes) -> Any:
        """Return the records of a body as a list; a single one as a tuple of one."""
        try:
            found = parse_json(body, finite=True)
        except ValueError as error:
            raise Refusal(400, f"the body is text that {error}; it must be JSON.") from error
        if not isinstance(found, list) or self._is_single(found):
            return (found,)
        if not found:
            raise Refusal(422, "the body is an empty list; it must have at least one record.")
        if len(found) > self._limits.rows:
            raise Refusal(413, f"the body has {len(found):,} records; it must have at most {self._limits.rows:,}.")
        return found

    def _is_single(self, found: list[Any]) -> bool:
        """Return whether a list is one record: numbers for a model of numbers."""
        return not self._answering.plan.is_table and not any(isinstance(item, (list, dict)) for item in found)


def _json(body: bytes, status: int = 200) -> Response:
    from starlette.responses import Response

    headers = {"connection": "close"} if status in (408, 413, 503) else {}
    headers |= {"retry-after": "1"} if status == 503 else {}
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
