"""The pages that look at an experiment: what each sends is answered, what it has not painted is not sent twice."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from glassnet.playground.plain_json import as_plain_json
from glassnet.playground.server.play_limits import PlayLimits
from glassnet.playground.worker import Key, Listener, Worker
from glassnet.saving.strict_json import parse_json

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

__all__ = ["Pages"]

_SWITCH = 0.001  # seconds after which the training lets the server have its turn
_MOST_EVENTS = 100  # that a page may be behind
_MOST_DIGITS = 20  # of the number of a message
_CROWDED, _ENDED = 1013, 4000
_ANSWER, _EVENT, _STATE = range(3)


class Pages(Listener):
    """All pages that are open; made in the thread of the server, called by that of the worker too.

    Parameters
    ----------
    limits : PlayLimits
    on_end : callable
        Called when a page has ended the experiment.
    """

    worker: Worker

    def __init__(self, limits: PlayLimits, on_end: Callable[[], None]) -> None:
        self.limits, self._on_end = limits, on_end
        self._pages: list[_Page] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._usual_switch = sys.getswitchinterval()

    # ---- from the worker's thread ---------------------------------------------------------------------------------

    def event(self, text: str, *, is_state: bool = False) -> None:
        self.later(lambda: self._for_each(lambda page: page.send_event(text, is_state=is_state)))

    def frame(self, data: bytes, key: Key) -> None:
        self.later(lambda: self._for_each(lambda page: page.offer(data, key)))

    def ended(self) -> None:
        self.later(self._end)

    def later(self, call: Callable[[], object]) -> None:
        """Call in the thread of the server, in the order of the calls."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(call)

    # ---- in the server's thread -----------------------------------------------------------------------------------

    async def serve(self, socket: WebSocket) -> None:
        """Talk to a page until it is closed."""
        self._loop = asyncio.get_running_loop()
        await socket.accept()
        if len(self._pages) >= self.limits.sockets:
            await socket.close(_CROWDED, f"At most {self.limits.sockets} pages can be open. Close one of the others.")
            return
        page = _Page(socket, self)
        self._come(page)
        try:
            await page.talk()
        finally:
            self._go(page)

    def _for_each(self, call: Callable[[_Page], None]) -> None:
        for page in self._pages:
            call(page)

    def _come(self, page: _Page) -> None:
        if not self._pages:
            self._usual_switch = sys.getswitchinterval()
            sys.setswitchinterval(min(_SWITCH, self._usual_switch))
        self._pages.append(page)

    def _go(self, page: _Page) -> None:
        self._pages.remove(page)
        if not self._pages:
            sys.setswitchinterval(self._usual_switch)

    def _end(self) -> None:
        for page in self._pages:
            page.end(_ENDED, "The playground was ended.")
        self._on_end()


class _Page:
    """One page: what is on its way there and back."""

    def __init__(self, socket: WebSocket, pages: Pages) -> None:
        self._socket, self._worker, self._limits = socket, pages.worker, pages.limits
        self._later = pages.later
        self._texts: deque[tuple[str, int]] = deque()  # and what kind each is
        self._frame: bytes | None = None
        self._seen: Key | None = None
        self._is_ready, self._greeted = True, False
        self._something = asyncio.Event()
        self._turns = asyncio.Semaphore(self._limits.unanswered)
        self._allowed, self._counted = float(self._limits.commands_a_second), time.monotonic()
        self._farewell: tuple[int, str] | None = None

    async def talk(self) -> None:
        """Receive and send until either ends."""
        both = [asyncio.ensure_future(self._receive()), asyncio.ensure_future(self._send())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            for result in await asyncio.gather(*both, return_exceptions=True):
                if isinstance(result, Exception) and not _is_gone(result):
                    raise result

    def send_event(self, text: str, *, is_state: bool) -> None:
        """Send an event, after what was to be sent before; of states, only the newest is."""
        kind = _STATE if is_state else _EVENT
        before = [item for item in self._texts if item[1] == kind]
        if len(before) >= (1 if is_state else _MOST_EVENTS):
            self._texts.remove(before[0])
        self._texts.append((text, kind))
        self._something.set()

    def offer(self, data: bytes, key: Key) -> None:
        """Send a frame if the page waits for one."""
        if self._is_ready and self._greeted and key != self._seen:
            self._frame, self._seen, self._is_ready = data, key, False
            self._something.set()

    def end(self, code: int, reason: str) -> None:
        """Send the closing message once all is sent."""
        self._farewell = code, reason
        self._something.set()

    # ---- down ---------------------------------------------------------------------------------------------------

    async def _send(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._texts or self._frame is not None:
                if self._texts:
                    text, kind = self._texts.popleft()
                    await self._socket.send_text(text)
                    if kind == _ANSWER:
                        self._turns.release()
                elif self._frame is not None:
                    data, self._frame = self._frame, None
                    await self._socket.send_bytes(data)
            if self._farewell is not None:
                await self._socket.close(*self._farewell)
                return

    def _reply(self, text: str) -> None:
        self._texts.append((text, _ANSWER))
        self._something.set()

    # ---- up -----------------------------------------------------------------------------------------------------

    async def _receive(self) -> None:
        while True:
            received = await self._socket.receive()
            if received["type"] == "websocket.disconnect":
                return
            text = received.get("text")
            message = self._read(text)
            if isinstance(message, dict) and message.get("do") == "ack":
                await self._note_painted()
                continue
            await self._turns.acquire()
            if isinstance(message, str):
                self._reply(as_plain_json({"id": _number_in(text), "error": message}))
            elif not self._may():
                most = self._limits.commands_a_second
                text = f"playground: the page sent too many commands; it may send {most} a second. Wait a moment."
                self._reply(as_plain_json({"id": _number(message), "error": text}))
            else:
                self._ask(message)

    async def _note_painted(self) -> None:
        """Note that the page has painted the last frame; what it says when there was none is passed over."""
        if self._is_ready:
            await asyncio.sleep(0.0)  # however many come, others have their turn
            return
        self._is_ready = True
        self._worker.want_frame(self._seen)

    def _read(self, text: str | None) -> dict[str, Any] | str:
        """Return a message, or a sentence on what is wrong with it."""
        if text is None:
            return "playground: a message is in bytes; it must be text."
        try:
            message = parse_json(text, finite=True, levels=self._limits.levels)
        except ValueError as error:
            return f"playground: a message is text that {error}; it must be JSON."
        if not isinstance(message, dict):
            return f"playground: a message is of type {type(message).__name__}; it must be an object."
        return message

    def _may(self) -> bool:
        """Return whether one more command is allowed, and count it."""
        most, now = self._limits.commands_a_second, time.monotonic()
        self._allowed = min(self._allowed + (now - self._counted) * most, float(most))
        self._counted = now
        if self._allowed < 1.0:
            return False
        self._allowed -= 1.0
        return True

    def _ask(self, message: dict[str, Any]) -> None:
        is_greeting = message.get("do") == "hello"

        def answered(text: str) -> None:
            self._reply(text)
            if is_greeting:
                self._greeted, self._seen, self._is_ready = True, None, True
                self._worker.want_frame(None)

        message = {**message, "id": _number(message)}
        self._worker.submit(message, lambda text: self._later(lambda: answered(text)))


def _number(message: dict[str, Any]) -> int | None:
    """Return the number of a message; null for anything else that stands there."""
    found = message.get("id")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _number_in(text: str | None) -> int | None:
    """Return the number of a message that is refused as a whole, if it can be read: the page waits for its answer."""

    def numbered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        numbers = [value for name, value in pairs if name == "id"]
        return {"id": numbers[0]} if len(numbers) == 1 else {}

    def short(digits: str) -> int | None:
        return int(digits) if len(digits) < _MOST_DIGITS else None

    try:
        found = json.loads(text or "", object_pairs_hook=numbered, parse_int=short)
    except (ValueError, RecursionError):
        return None
    return _number(found) if isinstance(found, dict) else None


def _is_gone(error: Exception) -> bool:
    """Return whether an error says that the page has gone away."""
    from starlette.websockets import WebSocketDisconnect

    return isinstance(error, WebSocketDisconnect)
