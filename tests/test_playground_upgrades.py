"""What asks for a WebSocket is answered whatever it looks like, what breaks its rules is cut off, and neither is printed."""

from __future__ import annotations

import base64
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("websockets", reason="websockets is not installed")

from glassnet.playground.server.play_limits import PlayLimits
from glassnet.playground.server.running import Playground
from playground_client import Answer, Socket, connect, cookie_of, parsed, status_of_upgrade
from playground_pages import playground

PATIENCE = 10.0
BINARY, CONT, CLOSE = 2, 0, 8


@pytest.fixture(scope="module")
def served() -> Iterator[Playground]:
    """Return a playground that serves in the end as it did at first."""
    with playground(limits=PlayLimits(seconds_to_send=1.0)) as found:
        yield found
        with connect(found) as page:
            assert page.ask("hello")["ok"]


@pytest.fixture(autouse=True)
def _is_quiet(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail where something was printed: what others send is no news for who trains."""
    yield
    assert caplog.text == ""
    assert "".join(capfd.readouterr()) == ""


def handshake(port: int, *more: str, drop: tuple[str, ...] = (), first: str = "GET /socket HTTP/1.1") -> bytes:
    """Return the head that asks for a WebSocket, without some headers and with others."""
    lines = [
        f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}", "Connection: keep-alive, Upgrade",
        "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
    ]  # fmt: skip
    kept = [line for line in lines if line.split(":")[0] not in drop]
    return "\r\n".join([first, *kept, *more, "", ""]).encode("latin-1")


def answered(port: int, *parts: bytes) -> Answer:
    """Return the answer to what is sent, which must end the connection unless it opens a socket."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as link:
        for part in parts:
            link.sendall(part)
        received = bytearray()
        while b" 101 " not in received[:20] or b"\r\n\r\n" not in received:
            more = link.recv(2**16)
            if not more:
                break
            received += more
        return parsed(bytes(received))


def test_cookies_of_other_programs_do_not_lock_the_page_out(served: Playground) -> None:
    """They come for all ports of a computer: up to our limit for a head the socket opens, in one line or in many."""
    own = f"Cookie: {cookie_of(served)}"
    for n in (7_000, 9_000, 15_000):
        assert answered(served.port, handshake(served.port, f"{own}; x={'a' * n}")).status == 101
        many = "; ".join(f"c{k}={'a' * 90}" for k in range(n // 100))
        assert (
            answered(served.port, handshake(served.port, f"Cookie: {many}; {own.removeprefix('Cookie: ')}")).status
            == 101
        )
    assert answered(served.port, handshake(served.port, own, *(f"X-{k}: y" for k in range(400)))).status == 101
    assert answered(served.port, handshake(served.port, "Cookie: glassnet-1=\xff\xe9", own)).status == 101
    assert answered(served.port, handshake(served.port, own, f"User-Agent: {'a' * 10_000}")).status == 101


@pytest.mark.parametrize("n", [17_000, 70_000, 300_000])
def test_a_head_that_is_too_long_is_answered(served: Playground, n: int) -> None:
    """With 431, and the connection ends; whoever it comes from."""
    for own in (f"{cookie_of(served)}; ", ""):
        answer = answered(served.port, handshake(served.port, f"Cookie: {own}x={'a' * n}"))
        assert (answer.status, answer.headers["connection"]) == (431, "close")
        assert re.fullmatch(
            r"the head (is too long|has [\d,]+ bytes); it must have at most 16,384 bytes\.|the head has [\d,]+ bytes; it must have at most 16,384\.",
            answer.error,
        )
        assert answer.headers["x-content-type-options"] == "nosniff"


BAD = {
    "no key": (400, {"drop": ("Sec-WebSocket-Key",)}, ()),
    "a bad key": (400, {"drop": ("Sec-WebSocket-Key",)}, ("Sec-WebSocket-Key: x",)),
    "two keys": (400, {}, ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",)),
    "no version": (400, {"drop": ("Sec-WebSocket-Version",)}, ()),
    "an old version": (400, {"drop": ("Sec-WebSocket-Version",)}, ("Sec-WebSocket-Version: 8",)),
    "POST": (405, {"first": "POST /socket HTTP/1.1"}, ()),
    "HTTP/1.0": (400, {"first": "GET /socket HTTP/1.0"}, ()),
    "HTTP/9": (400, {"first": "GET /socket HTTP/9.9"}, ()),
    "a body": (400, {}, ("Content-Length: 5", "", "hello")),
    "a body in chunks": (400, {}, ("Transfer-Encoding: chunked", "", "0", "", "")),
    "frames before the answer": (400, {}, ("", "\x81\x80aaaa")),
    "another request": (400, {}, ("", "GET / HTTP/1.1", "Host: x", "", "")),
    "long headers of the handshake": (431, {}, (f"Sec-WebSocket-Protocol: {'a' * 9000}",)),
    "many headers of the handshake": (431, {}, ("Sec-WebSocket-Protocol: a",) * 200),
    "a long cookie of ours": (431, {}, (f"Cookie: glassnet-1={'a' * 9000}",)),
    "a long path": (414, {"first": f"GET /{'a' * 9000} HTTP/1.1"}, ()),
    "bad subprotocols": (400, {}, ("Sec-WebSocket-Protocol: ;;=",)),
    "another protocol": (404, {"drop": ("Upgrade",)}, ("Upgrade: h2c", "Connection: close")),
    "another path": (403, {"first": "GET / HTTP/1.1"}, ()),
    "a path that is not there": (403, {"first": "GET /nosuch?x=1 HTTP/1.1"}, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_handshake_that_is_none_is_answered_at_once(served: Playground, name: str) -> None:
    """With a status and a sentence, with the headers of all answers; then the connection ends."""
    status, options, more = BAD[name]
    started = time.monotonic()
    answer = answered(served.port, handshake(served.port, f"Cookie: {cookie_of(served)}", *more, **options))
    assert answer.status == status
    assert answer.error
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert time.monotonic() - started < 2.5


@pytest.mark.slow
def test_half_a_handshake_is_given_up(served: Playground) -> None:
    """Whoever says nothing more, or one header after the other for ever, is cut off in the time for a head."""
    head = handshake(served.port, f"Cookie: {cookie_of(served)}")
    for part in (head[:40], head[:-2]):
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", served.port), PATIENCE) as link:
            link.sendall(part)
            while not select.select([link], [], [], 0.1)[0]:
                link.sendall(b"X")
            assert link.recv(1) == b""
        assert 0.5 < time.monotonic() - started < 3.0
    assert answered(served.port, *(head[k : k + 50] for k in range(0, len(head), 50))).status == 101


def test_nothing_is_compressed(served: Playground) -> None:
    """So that no message can grow when it is unpacked: offers are passed over, and a packed frame ends the socket."""
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"
    cookie = f"Cookie: {cookie_of(served)}"
    answer = answered(served.port, handshake(served.port, cookie, offer, "Sec-WebSocket-Protocol: a, b"))
    assert answer.status == 101
    assert not {"sec-websocket-extensions", "sec-websocket-protocol"} & answer.headers.keys()
    with connect(served, **{"Sec-WebSocket-Extensions": "permessage-deflate"}) as page:
        page.link.sendall(b"\xc1\x85\0\0\0\0hello")
        assert ended(page) == 1002


def ended(page: Socket) -> int:
    """Return the code that a socket is closed with."""
    while page.next() is not None:
        pass
    assert page.closed is not None
    return page.closed[0]


BROKEN = {
    "no UTF-8": (1007, b"\x81\x82\0\0\0\0\xff\xfe"),
    "no UTF-8 in two parts": (1007, b"\x01\x81\0\0\0\0\xff\x80\x81\0\0\0\0\xfe"),
    "no UTF-8, twice": (1007, b"\x81\x82\0\0\0\0\xff\xfe" * 2),
    "half a surrogate": (1007, b"\x81\x83\0\0\0\0\xed\xa0\x80"),
    "no mask": (1002, b"\x81\x05hello"),
    "reserved bits": (1002, b"\xf1\x80\0\0\0\0"),
    "a reserved code": (1002, b"\x83\x80\0\0\0\0"),
    "a long ping": (1002, b"\x89\xfe\x00\xff" + bytes(4 + 255)),
    "a ping in parts": (1002, b"\x09\x80\0\0\0\0"),
    "a part of nothing": (1002, b"\x80\x80\0\0\0\0"),
    "a text within a text": (1002, b"\x01\x81\0\0\0\0a\x81\x81\0\0\0\0b"),
    "too long": (1009, b"\x81\xff" + struct.pack("!Q", 2**21) + bytes(4)),
    "longer than anything": (1009, b"\x81\xff" + b"\xff" * 8 + bytes(4)),
    "too long in parts": (1009, (b"\x01\xff" + struct.pack("!Q", 2**20) + bytes(4 + 2**20)) + b"\x80\x81\0\0\0\0a"),
    "a close with half a code": (1002, b"\x88\x81\0\0\0\0\x03"),
    "a close with no UTF-8": (1007, b"\x88\x84\0\0\0\0\x03\xe8\xff\xfe"),
    "a close with a code that is none": (1002, b"\x88\x82\0\0\0\0\x03\xed"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_rules_closes_the_socket(served: Playground, name: str) -> None:
    """With the code for it, while frames and answers are on their way; nothing is printed."""
    code, data = BROKEN[name]
    with connect(served) as page:
        assert page.ask("hello")["ok"]
        for _ in range(20):
            page.send("hello")
        page.link.sendall(data)
        assert ended(page) == code


def test_a_page_that_breaks_the_rules_and_reads_nothing(served: Playground) -> None:
    """What is still to be sent to it is given up, without a word."""
    with connect(served) as page:
        page.ask("hello")
        page.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(30):
            served._pages.event(json.dumps({"event": "notice", "text": "x" * 100_000}))
        time.sleep(0.1)  # they fill what the systems of both ends keep
        page.link.sendall(b"\x83\x80\0\0\0\0")
        for _ in range(30):
            served._pages.event(json.dumps({"event": "notice", "text": "x" * 100_000}))
        with connect(served) as other:
            assert other.ask("hello")["ok"]
    until = time.monotonic() + PATIENCE
    while served._pages._pages:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('{"id": 7, "do": "step", "batches": ' + "9" * 300 + "}", 7),
        ('{"batches": -' + "9" * 5000 + ', "id": 7}', 7),
        ('{"id": 7, "do": "set", "value": NaN}', 7),
        ('{"id": 7, "value": -Infinity}', 7),
        ('{"id": 7, "a": 1, "a": 2}', 7),
        ('{"id": 7, "a": {"id": 8, "id": 9}}', 7),
        ('{"id": 7, "a": ' + "[" * 30 + "]" * 30 + "}", 7),
        ('{"id": ' + "9" * 300 + "}", None),
        ('{"id": 7, "id": 8}', None),
        ('{"a": {"id": 7, "b": NaN}}', None),
        ('{"id": true, "b": NaN}', None),
        ('{"id": "7", "b": NaN}', None),
        ('[{"id": 7, "b": NaN}]', None),
        ('{"id": 7, "do": ', None),
        ('{"id": 7, "a": ' + "[" * 200_000, None),
    ],
)
def test_a_refused_message_is_answered_by_its_number(served: Playground, text: str, number: int | None) -> None:
    """So that a page does not wait for ever; where there is no such number, by null."""
    with connect(served) as page:
        page.send_raw(text.encode())
        assert page.answer(number)["error"].startswith("playground: a message is text that ")


def test_ctrl_c_is_a_clean_end_whatever_is_open(tmp_path: Path) -> None:
    """While heads are refused, half there, or sockets open."""
    command = [sys.executable, "-m", "glassnet", "playground", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while (found := re.search(r":(\d+)/\?token=(\S+)", process.stdout.readline())) is None:
            assert process.poll() is None
        port, cookie = int(found[1]), f"Cookie: glassnet-{found[1]}={found[2]}"
        heads = [
            handshake(port, f"{cookie}; x={'a' * 9000}"), handshake(port, f"{cookie}; x={'a' * 40_000}"),
            handshake(port, f"Cookie: x={'a' * 9000}"), handshake(port, f"{cookie}{'a' * 9000}"),
            handshake(port, f"Sec-WebSocket-Protocol: {'a' * 9000}"), handshake(port, "Content-Length: 5"),
            handshake(port, cookie)[:60], b"", b"\r\n", b"GET / HTTP/1.1\r\n",
        ]  # fmt: skip
        links = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in heads]
        for link, head in zip(links, heads, strict=True):
            link.sendall(head)
        for link in links[:6]:
            assert link.recv(9) == b"HTTP/1.1 "
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        for link in links:
            link.close()
    assert (process.returncode, said) == (0, "")


def test_status_of_upgrade_is_that_of_a_page(served: Playground) -> None:
    """The client of these tests opens a socket as a browser does."""
    assert status_of_upgrade(served) == 101
