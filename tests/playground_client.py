"""A client of the playground's server on bare sockets: it can send what no browser would."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from contextlib import suppress
from typing import Any, NamedTuple, Self

from glassnet.playground.server.running import Playground

__all__ = ["Answer", "Socket", "ask_http", "connect", "cookie_of", "parsed", "status_of_upgrade"]

_PATIENCE = 10.0
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


class Answer(NamedTuple):
    """What the server says to a request of HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        """The sentence of a refusal."""
        return str(json.loads(self.body)["error"])


def cookie_of(served: Playground) -> str:
    """Return the cookie that the printed address leads to."""
    return f"glassnet-{served.port}={served.url.partition('token=')[2]}"


def _connect(served: Playground) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", served.port), _PATIENCE)
    found.settimeout(_PATIENCE)
    return found


def _head(served: Playground, method: str, path: str, headers: dict[str, str | None]) -> bytes:
    """Return the head of a request; a header that is None is left out."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items() if text is not None)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def ask_http(
    served: Playground, method: str, path: str, body: bytes = b"", *, cookie: str | None = None, **headers: str | None
) -> Answer:
    """Return the answer to one request, with the right host and cookie unless others are given."""
    given = {
        "Host": f"127.0.0.1:{served.port}",
        "Cookie": cookie_of(served) if cookie is None else cookie or None,
        "Connection": "close",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    if method == "POST" and "Transfer-Encoding" not in given:
        given.setdefault("Content-Length", str(len(body)))
    with _connect(served) as link:
        head = _head(served, method, path, given)
        if len(body) < 2**14:
            head, body = head + body, b""  # read at once, even if it is refused for its head
        link.sendall(head)
        with suppress(OSError):  # it may refuse before all is there
            link.sendall(body)
        received = bytearray()
        while part := link.recv(2**16):
            received += part
    return parsed(bytes(received))


def parsed(received: bytes) -> Answer:
    """Return an answer as it came."""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest)
    return Answer(int(first.split()[1]), {name.lower(): text.strip() for name, _, text in pairs}, body)


class Socket:
    """The end of a WebSocket that a page would have."""

    def __init__(self, link: socket.socket) -> None:
        self.link, self._buffer, self._number = link, b"", 0
        self.events: list[dict[str, Any]] = []
        self.answers: dict[int | None, dict[str, Any]] = {}
        self.frames: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self._events_taken = self._frames_taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.link.close()

    def send_raw(self, data: bytes, kind: int = _TEXT, *, final: bool = True) -> None:
        """Send one frame of a message."""
        n = len(data)
        size = (
            bytes([0x80 | n]) if n < 126 else struct.pack("!BH", 0xFE, n) if n < 2**16 else struct.pack("!BQ", 0xFF, n)
        )
        self.link.sendall(bytes([(0x80 if final else 0) | kind]) + size + b"\0\0\0\0" + data)

    def send(self, do: str, **arguments: Any) -> int:
        """Send a command, and return its number."""
        self._number += 1
        self.send_raw(json.dumps({"id": self._number, "do": do, **arguments}).encode())
        return self._number

    def ack(self) -> None:
        """Say that a frame was painted."""
        self.send_raw(b'{"do": "ack", "frame": 1}')

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer to a command; what comes before it is kept."""
        return self.answer(self.send(do, **arguments))

    def answer(self, number: int | None) -> dict[str, Any]:
        """Return the answer to what was sent under a number."""
        while number not in self.answers:
            assert self.next() is not None, self.closed
        return self.answers.pop(number)

    def event(self, kind: str) -> dict[str, Any]:
        """Return the next event of a kind, of those not returned so far."""
        while True:
            while self._events_taken < len(self.events):
                self._events_taken += 1
                if self.events[self._events_taken - 1]["event"] == kind:
                    return self.events[self._events_taken - 1]
            assert self.next() is not None, self.closed

    def frame(self) -> bytes:
        """Return the next frame, of those not returned so far."""
        while self._frames_taken == len(self.frames):
            assert self.next() is not None, self.closed
        self._frames_taken += 1
        return self.frames[self._frames_taken - 1]

    def next(self) -> dict[str, Any] | bytes | None:
        """Return what comes next: an answer, an event, or a frame; None at the end."""
        until = time.monotonic() + _PATIENCE
        while self.closed is None:
            assert time.monotonic() < until, "the server has nothing to say"
            try:
                kind, data = self._read()
            except (EOFError, ConnectionError):
                self.closed = 1006, ""
                break
            if kind == _TEXT:
                message: dict[str, Any] = json.loads(data)
                if "event" in message:
                    self.events.append(message)
                else:
                    self.answers[message["id"]] = message
                return message
            if kind == _BINARY:
                self.frames.append(data)
                return data
            if kind == _CLOSE:
                self.closed = struct.unpack("!H", data[:2])[0], data[2:].decode()
            elif kind == _PING:
                self.send_raw(data, _PONG)
        return None

    def _read(self) -> tuple[int, bytes]:
        first, second = self._take(2)
        size = second & 127
        if size > 125:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        return first & 15, self._take(size)

    def _take(self, n: int) -> bytes:
        while len(self._buffer) < n:
            part = self.link.recv(2**18)
            if not part:
                raise EOFError
            self._buffer += part
        found, self._buffer = self._buffer[:n], self._buffer[n:]
        return found


def _upgrade(
    served: Playground, *, cookie: str | None = None, **headers: str | None
) -> tuple[int, socket.socket, bytes]:
    """Ask for a WebSocket; return the status, the connection, and what came after the head."""
    given = {
        "Host": f"127.0.0.1:{served.port}",
        "Origin": f"http://127.0.0.1:{served.port}",
        "Cookie": cookie_of(served) if cookie is None else cookie or None,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **headers,
    }
    link = _connect(served)
    link.sendall(_head(served, "GET", "/socket", given))
    received = b""
    while b"\r\n\r\n" not in received:
        part = link.recv(2**16)
        assert part, "the server said nothing"
        received += part
    head, _, rest = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), link, rest


def status_of_upgrade(served: Playground, **headers: str | None) -> int:
    """Return the status of the answer to who asks for a WebSocket."""
    status, link, _ = _upgrade(served, **headers)
    link.close()
    return status


def connect(served: Playground, **headers: str | None) -> Socket:
    """Return an open socket of a page that has said nothing yet."""
    status, link, rest = _upgrade(served, **headers)
    assert status == 101
    found = Socket(link)
    found._buffer = rest
    return found
