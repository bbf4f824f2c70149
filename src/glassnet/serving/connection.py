"""Connections of uvicorn that answer in JSON whatever comes, and end if nothing comes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glassnet.serving.guard import SAFE_HEADERS, refusal_answer, refused
from glassnet.serving.limits import Limits, Refusal

if TYPE_CHECKING:
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

__all__ = ["connection_class"]

_SECONDS_TO_LISTEN = 1.0  # to a client that was refused: one that still sends would lose the answer
_FULL = Refusal(503, "there are too many connections: try again in a second.")


async def _full(scope: Any, receive: Any, send: Any) -> None:
    """Answer for a service that has all connections that it may have."""
    await refused(_FULL, send)


def _unreadable(error: BaseException | None, limits: Limits) -> Refusal:
    """Return the refusal of what h11 cannot read."""
    status = getattr(error, "error_status_hint", 400)
    most = f"the head is too long; it must have at most {limits.header_bytes:,} bytes."
    coded = "the body has another transfer encoding; it must come as it is or in chunks."
    text = {431: most, 501: coded}.get(status, "the request is not HTTP; it must be.")
    return Refusal(status, text)


def _answer(refusal: Refusal) -> Sequence[h11.Event]:
    """Return what h11 sends for a refusal."""
    import h11

    headers, body = refusal_answer(refusal)
    reason = {431: b"Request Header Fields Too Large", 501: b"Not Implemented"}.get(refusal.status, b"Bad Request")
    response = h11.Response(status_code=refusal.status, headers=[*headers, *SAFE_HEADERS], reason=reason)
    return response, h11.Data(data=body), h11.EndOfMessage()


def _give_up(cycle: RequestResponseCycle | None) -> None:
    """Let an answer that is not complete find out that nobody waits for it."""
    if cycle is not None and not cycle.response_complete:
        cycle.disconnected = True
        cycle.message_event.set()


def connection_class(limits: Limits) -> type[H11Protocol]:
    """Return the class of connections with these limits."""
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Connection(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None
        _is_refused = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn has no narrower one
            super().connection_made(transport)
            self._deadline = self.loop.call_later(limits.seconds_to_send, transport.close)
            if len(self.connections) > 2 * limits.connections:
                transport.close()
            elif len(self.connections) > limits.connections:
                self.app = _full

        def data_received(self, data: bytes) -> None:
            if self._is_refused:
                return
            super().data_received(data)
            waits = self.conn.their_state is h11.IDLE
            if waits and self._deadline is None:
                self._deadline = self.loop.call_later(limits.seconds_to_send, self.transport.close)
            elif not waits and self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def send_400_response(self, msg: str) -> None:
            """Answer to what is no request of HTTP; uvicorn calls it where it handles the error that says why."""
            self.refuse(_unreadable(sys.exc_info()[1], limits))

        def refuse(self, refusal: Refusal) -> None:
            """Answer with a refusal, and close the connection once the client has had time to read it."""
            if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
                self.transport.close()
                return
            for event in _answer(refusal):
                self.transport.write(self.conn.send(event) or b"")
            self._is_refused = True
            _give_up(self.cycle)
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self.loop.call_later(_SECONDS_TO_LISTEN, self.transport.close)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
            super().connection_lost(exc)

    return Connection
