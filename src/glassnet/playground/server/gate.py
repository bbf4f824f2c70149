"""Who is let in: requests for this computer by name, from this page, by whoever was given the token."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from urllib.parse import parse_qs

from glassnet.playground.server.upgrades import COOKIES
from glassnet.serving.guard import App, Message, Receive, Send, refused
from glassnet.serving.limits import Refusal

__all__ = ["POLICY", "Gate"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HOST = Refusal(403, "the host is another computer; it must be this one. Use the address that glassnet printed.")
_ORIGIN = Refusal(403, "the request is from another page; it must come from the page of this playground.")
_TOKEN = Refusal(403, "the token is missing or wrong. Open the address that glassnet printed when it started.")
_SAFE = ("GET", "HEAD")
_AGAIN = b'<!doctype html><meta http-equiv="refresh" content="0"><title>glassnet</title>'


class Gate:
    """Wraps an application: no request reaches its routes that another site, or another user, could have sent.

    Parameters
    ----------
    app : callable
        The application, of ASGI.
    token : str
        What the address has once, and a cookie from then on.
    names : collection of str, optional
        Names that a request may be for; None for any.
    port : int
        Port that it may be for.
    """

    def __init__(self, app: App, token: str, names: frozenset[str] | None, port: int) -> None:
        self._app, self._token = app, token
        self._hosts = None if names is None else frozenset(f"{name}:{port}" for name in names)
        if names is not None and port == 80:
            self._hosts = frozenset(names)
        self._cookie = f"{COOKIES}{port}"  # cookies do not know ports

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        problem = self._problem(scope)
        if problem is None and self._is_first(scope):
            await self._welcome(send)
        elif problem is None:
            await self._app(scope, receive, send)
        elif problem is _TOKEN and _comes_by_link(scope):
            await _once_more(send)
        elif scope["type"] == "websocket":
            await receive()  # the request to connect
            await send({"type": "websocket.close", "code": 1008, "reason": problem.sentence})
        else:
            await refused(problem, send)

    def _problem(self, scope: Message) -> Refusal | None:
        """Return why a request is refused, whatever it is for."""
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or (self._hosts is not None and hosts[0].lower() not in self._hosts):
            return _HOST
        origins = _values(scope, b"origin")
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if changes and origins and origins != [f"http://{hosts[0]}"]:
            return _ORIGIN
        given = self._given_in_address(scope) if self._is_first(scope) else self._given_in_cookie(scope)
        return None if self._is_token(given) else _TOKEN

    def _is_first(self, scope: Message) -> bool:
        """Return whether this is the address that was printed."""
        is_page = scope["type"] == "http" and scope["method"] in _SAFE and scope["path"] == "/"
        return is_page and self._given_in_address(scope) != ""

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _given_in_address(self, scope: Message) -> str:
        query: str = scope["query_string"].decode("latin-1")
        return parse_qs(query).get("token", [""])[0]

    def _given_in_cookie(self, scope: Message) -> str:
        """Return the value of our cookie, beside whatever others this host has."""
        for text in _values(scope, b"cookie"):
            for pair in text.split(";"):
                name, _, value = pair.strip().partition("=")
                if name == self._cookie:
                    return value
        return ""

    async def _welcome(self, send: Send) -> None:
        """Put the token into a cookie, so that it leaves the address bar and the history."""
        cookie = f"{self._cookie}={self._token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _values(scope: Message, header: bytes) -> Sequence[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == header]


def _comes_by_link(scope: Message) -> bool:
    """Return whether somebody followed a link on another page, such as a notebook, to the page itself."""
    wanted = ((b"sec-fetch-site", "cross-site"), (b"sec-fetch-mode", "navigate"), (b"sec-fetch-dest", "document"))
    is_page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
    return is_page and not scope["query_string"] and all(_values(scope, name) == [value] for name, value in wanted)


async def _once_more(send: Send) -> None:
    """Let the browser ask again by itself: to what a link of another site led to, it sends no strict cookie."""
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(_AGAIN)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": _AGAIN})
