"""Bodies of requests, received within their limits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from glassnet.serving.limits import STOPPING, Limits, Refusal, busy

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Bodies"]


class Bodies:
    """Receives bodies; when there are too many at once, the one that has been on its way longest is given up."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[asyncio.Timeout, None] = {}
        self._stopping = False

    async def of(self, request: Request) -> bytes:
        """Return the body of a request that is declared as JSON, and neither longer nor later than it may be."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            # Other sites can send forms and plain text without asking first, but no JSON.
            raise Refusal(415, "the body must be JSON, declared by Content-Type: application/json.")
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length[:20]) > self._limits.body_bytes:
            raise self._too_long()
        from starlette.requests import ClientDisconnect

        try:
            async with asyncio.timeout(self._limits.seconds_to_send) as waiting:
                return await self._received(request, waiting)
        except ClientDisconnect:
            raise Refusal(400, "only a part of the body arrived; it must arrive as a whole.") from None
        except TimeoutError:
            if waiting in self._open:
                seconds = self._limits.seconds_to_send
                text = f"only a part of the body arrived within {seconds:g} seconds; all of it must."
                raise Refusal(408, text) from None
            raise (STOPPING if self._stopping else busy()) from None
        finally:
            self._open.pop(waiting, None)

    def stop(self) -> None:
        """Give up the bodies that are on their way."""
        self._stopping = True
        while self._open:
            self._give_up_oldest()

    async def _received(self, request: Request, waiting: asyncio.Timeout) -> bytes:
        if len(self._open) >= self._limits.open_bodies:
            self._give_up_oldest()
        self._open[waiting] = None
        read = bytearray()
        async for part in request.stream():
            read += part
            if len(read) > self._limits.body_bytes:
                raise self._too_long()
        return bytes(read)

    def _give_up_oldest(self) -> None:
        oldest = next(iter(self._open))
        del self._open[oldest]
        oldest.reschedule(asyncio.get_running_loop().time())

    def _too_long(self) -> Refusal:
        most = self._limits.body_bytes
        return Refusal(413, f"the body is too long; it must have at most {most:,} bytes. Send fewer records at once.")
