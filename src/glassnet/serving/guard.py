"""What stands before the service: which hosts it answers for, how many requests at once, and what all answers say."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from glassnet.serving.limits import STOPPING, Limits, Refusal

__all__ = ["SAFE_HEADERS", "App", "Guard", "as_json", "long_head", "names_of", "refusal_answer", "refused"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class Guard:
    """Wraps an application: refuses other hosts and long heads, and adds headers to each answer.

    Parameters
    ----------
    app : callable
        The application, of ASGI.
    limits : Limits
    hosts : collection of str, optional
        Names that a request may be for; None for any.
    stop : callable
        What `stop` calls.
    """

    def __init__(self, app: App, limits: Limits, hosts: frozenset[str] | None, stop: Callable[[float], None]) -> None:
        self._app, self._limits, self._hosts, self._stop = app, limits, hosts, stop
        self._is_stopping = False

    def stop(self, seconds: float) -> None:
        """Refuse further requests, and after some seconds those that are not answered by then."""
        self._is_stopping = True
        self._stop(seconds)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # an application that has none never gets here
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        has_begun = False

        async def send_safely(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = list(message.get("headers", ()))
                has_policy = any(name.lower() == _POLICY[0] for name, _ in headers)
                message = {**message, "headers": [*headers, *SAFE_HEADERS, *(() if has_policy else (_POLICY,))]}
            await send(message)

        problem = self._problem(scope)
        if problem is not None:
            await refused(problem, send_safely)
            return
        try:
            await self._app(scope, receive, send_safely)
        except asyncio.CancelledError:  # by a server that ends at once
            if not self._is_stopping:
                raise
            if not has_begun:
                await refused(STOPPING, send_safely)

    def _problem(self, scope: Message) -> Refusal | None:
        """Return why a request is refused before anything is read of it."""
        if self._hosts is not None:
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or _without_port(hosts[0].lower()) not in self._hosts:
                return Refusal(400, "the host must be this computer: use http://127.0.0.1 or http://localhost.")
        return long_head(scope, self._limits) or (STOPPING if self._is_stopping else None)


def long_head(scope: Message, limits: Limits) -> Refusal | None:
    """Return the refusal of a request whose head is too long."""
    line = len(scope["method"]) + len(scope["raw_path"]) + len(scope["query_string"]) + len("  HTTP/1.1\r\n\r\n")
    head = line + sum(len(name) + len(value) + len(": \r\n") for name, value in scope["headers"])
    if head <= limits.header_bytes:
        return None
    return Refusal(431, f"the head has {head:,} bytes; it must have at most {limits.header_bytes:,}.")


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def as_json(value: Any) -> bytes:
    """Return plain data as JSON."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def names_of(host: str) -> frozenset[str]:
    """Return the names of this computer, and of the address it listens on, as requests have them.

    A page of another site that makes its own name lead here is refused by them.

    Examples
    --------
    >>> sorted(names_of("127.0.0.2"))
    ['127.0.0.1', '127.0.0.2', '[::1]', 'localhost']
    """
    names = {*_LOOPBACK, host.lower()}
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return frozenset(names)
    if isinstance(address, ipaddress.IPv6Address):
        texts = {host.lower(), address.compressed, address.exploded}
        if address.ipv4_mapped is not None:
            high, low = divmod(int(address.ipv4_mapped), 65_536)
            texts |= {f"::ffff:{high:x}:{low:x}", f"::ffff:{address.ipv4_mapped}"}
        names |= {f"[{text}]" for text in texts}
    return frozenset(names)


def refusal_answer(refusal: Refusal) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return headers, without those that all answers have, and body of a refusal that closes the connection."""
    body = as_json({"error": refusal.sentence})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"connection", b"close")] + ([(b"retry-after", b"1")] if refusal.status == 503 else [])
    return headers, body


async def refused(refusal: Refusal, send: Send) -> None:
    """Answer with a refusal, and close the connection: the rest of the request is not read."""
    headers, body = refusal_answer(refusal)
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
