"""Connections that become WebSockets: what asks for that is answered, whatever it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.playground.server.play_limits import PlayLimits
from glassnet.serving.connection import connection_class
from glassnet.serving.guard import SAFE_HEADERS, long_head, refusal_answer
from glassnet.serving.limits import Refusal

if TYPE_CHECKING:
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
    from websockets.http11 import Response

__all__ = ["COOKIES", "socket_class", "upgrading_class"]

COOKIES = "glassnet-"
"""How the names of our cookies begin."""

_MOST_UNSENT = 8 * 2**20  # bytes to a page that asks for more than it reads
_OF_HANDSHAKE = (b"host", b"origin", b"connection", b"upgrade")
_OLD = Refusal(400, "the request is of another version; a WebSocket needs HTTP/1.1.")
_MORE = Refusal(400, "the request for a WebSocket has more than its head; it must wait for the answer.")
_STRANGE = "the request is not from the page of this playground. Open the address that glassnet printed."
_NONE = Refusal(400, "the request is not for a WebSocket; it must be.")

Headers = list[tuple[bytes, bytes]]


def upgrading_class(limits: PlayLimits) -> type[H11Protocol]:
    """Return the class of connections with these limits, which may become WebSockets."""

    class Upgrading(connection_class(limits)):  # type: ignore[misc]  # a class made by a call
        headers: Headers

        def handle_websocket_upgrade(self, event: h11.Request) -> None:
            """Hand the connection over with what the handshake needs: websockets has limits of its own for the rest."""
            problem = long_head(self.scope, limits) or self._no_upgrade(event)
            if problem is not None:
                self.refuse(problem)
                return
            self.headers = _of_handshake(self.headers)
            super().handle_websocket_upgrade(event)

        def _no_upgrade(self, event: h11.Request) -> Refusal | None:
            if event.http_version != b"1.1":
                return _OLD
            has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
            return _MORE if has_body or self.conn.trailing_data[0] else None

    return Upgrading


def _of_handshake(headers: Headers) -> Headers:
    """Return the headers that a handshake is decided by, without the cookies of other programs of this computer."""
    found: Headers = []
    for name, value in headers:
        if name in _OF_HANDSHAKE or name.startswith(b"sec-websocket-"):
            found.append((name, value))
        elif name == b"cookie":
            pairs = (pair.strip() for pair in value.split(b";"))
            found += [(name, pair) for pair in pairs if pair.startswith(COOKIES.encode())]
    return found


def socket_class() -> type[WebSocketsSansIOProtocol]:
    """Return the class of WebSockets."""
    from uvicorn.protocols.utils import ClientDisconnected
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
    from websockets.datastructures import Headers as Fields
    from websockets.server import ServerProtocol

    class Handshake(ServerProtocol):
        def reject(self, status: Any, text: str) -> Response:
            """Return an answer in JSON, with the headers that all answers have."""
            response = super().reject(status, text)
            headers, body = refusal_answer(Refusal(response.status_code, text.strip() or _STRANGE))
            response.headers = Fields((name.decode(), value.decode()) for name, value in (*headers, *SAFE_HEADERS))
            response.body = body
            return response

    class Socket(WebSocketsSansIOProtocol):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.conn = Handshake(max_size=self.config.ws_max_size, logger=self.logger)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if not self.handshake_initiated and self.conn.handshake_exc is not None:
                self._refuse_handshake()
            if self.transport.get_write_buffer_size() > _MOST_UNSENT:  # pings are answered whether it reads or not
                self.transport.abort()

        def _refuse_handshake(self) -> None:
            """Answer to a head that websockets cannot read, which uvicorn would wait for more of."""
            said = b"".join(self.conn.data_to_send())
            if not said:
                answer = self.conn.reject(_NONE.status, _NONE.sentence)
                said = answer.serialize()
            self.handshake_complete = self.close_sent = True
            self.transport.write(said)
            self.transport.close()

        async def send(self, message: Any) -> None:
            await self.writable.wait()
            if self.close_sent:  # uvicorn takes it for a mistake of the application, and prints a traceback
                raise ClientDisconnected
            await super().send(message)

    return Socket
