"""What stands before the service: which hosts it answers for, how many requests at once, and what all answers say."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from glassnet.serving.limits import Limits, Refusal

__all__ = ["LOOPBACK", "Guard", "as_json", "refused"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names of this computer: a page of another site that makes its name lead here is refused by them."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class Guard:
    """Wraps an application: refuses other hosts and more requests than there may be, and adds headers to each answer.

    Parameters
    ----------
    app : callable
        The application, of ASGI.
    limits : Limits
    hosts : collection of str, optional
        Names that a request may be for; None for any.
    """

    def __init__(self, app: App, limits: Limits, hosts: frozenset[str] | None) -> None:
        self._app, self._limits, self._hosts = app, limits, hosts
        self._now = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                has_policy = any(name.lower() == _POLICY[0] for name, _ in headers)
                message = {**message, "headers": [*headers, *_HEADERS, *(() if has_policy else (_POLICY,))]}
            await send(message)

        problem = self._problem(scope)
        if problem is not None:
            await refused(problem, send_safely)
            return
        self._now += 1
        try:
            await self._app(scope, receive, send_safely)
        finally:
            self._now -= 1

    def _problem(self, scope: Message) -> Refusal | None:
        """Return why a request is refused before anything is read of it."""
        if self._hosts is not None:
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or _without_port(hosts[0].lower()) not in self._hosts:
                return Refusal(400, "the host must be this computer: use http://127.0.0.1 or http://localhost.")
        head = len(scope["raw_path"]) + sum(len(name) + len(value) for name, value in scope["headers"])
        if head > self._limits.header_bytes:
            return Refusal(431, f"the head must have at most {self._limits.header_bytes:,} bytes, got {head:,}.")
        if self._now >= self._limits.at_once:
            return Refusal(503, "too many requests at once: try again in a second.")
        return None


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def as_json(value: Any) -> bytes:
    """Return plain data as JSON."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


async def refused(refusal: Refusal, send: Send) -> None:
    """Answer with a refusal, and close the connection: the rest of the request is not read."""
    body = as_json({"error": refusal.sentence})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"connection", b"close")] + ([(b"retry-after", b"1")] if refusal.status == 503 else [])
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
