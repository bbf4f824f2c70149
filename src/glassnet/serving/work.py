"""The work for requests, done in threads and given up when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

from glassnet.serving.limits import STOPPING, Limits, Refusal, busy

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Job", "Work"]

Check = Callable[[], None]
Job = Callable[[Check], bytes]
"""Work for a request; it calls what it is given between its parts, which ends it if it is given up."""

_Verdict = Literal["done", "late", "gone", "stopping"]


class Work:
    """Does the work for requests in a few threads.

    Parameters
    ----------
    limits : Limits
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # Predictions hold the interpreter's lock for most of their time: a few threads keep short requests moving.
        self._threads = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="glassnet-serve")
        self._lock, self._now = threading.Lock(), 0
        self._tasks: set[_Task] = set()

    async def do(self, job: Job, n_records: int, request: Request) -> bytes:
        """Return the result of a job for a request.

        Raises
        ------
        Refusal
            There is too much to do, it took too long, the client has gone away, or the job itself refuses.
        """
        self._begin()
        loop, seconds = asyncio.get_running_loop(), self._limits.seconds_to_answer
        task = _Task(job, loop.create_future())
        running = self._threads.submit(task.run)
        running.add_done_callback(self._end)
        waiting = asyncio.wrap_future(running)
        waiting.add_done_callback(task.note_end)
        late = loop.call_later(seconds, task.settle, "late")
        watch = asyncio.ensure_future(_watch(request, task))
        self._tasks.add(task)
        try:
            verdict = await task.verdict
        finally:
            task.is_given_up = True
            late.cancel()
            watch.cancel()
            waiting.cancel()  # what has not begun is not begun
            self._tasks.discard(task)
        if verdict == "done":
            return waiting.result()
        if verdict == "stopping":
            raise STOPPING
        if verdict == "gone":
            raise Refusal(400, "the client has gone away.")
        raise _too_late(task, n_records, seconds)

    def stop(self, seconds: float) -> None:
        """Give up, after some seconds, what is not done by then."""
        for task in self._tasks:
            asyncio.get_running_loop().call_later(seconds, task.settle, "stopping")

    def _begin(self) -> None:
        with self._lock:
            if self._now >= self._limits.at_once:
                raise busy()
            self._now += 1

    def _end(self, running: Future[bytes]) -> None:
        with self._lock:
            self._now -= 1


class _Task:
    """One job, and what becomes of it."""

    def __init__(self, job: Job, verdict: asyncio.Future[_Verdict]) -> None:
        self.verdict = verdict
        self.is_given_up = False
        self.came, self.began = time.monotonic(), 0.0
        self._job = job

    def run(self) -> bytes:
        self.began = time.monotonic()
        return self._job(self._check)

    def settle(self, verdict: _Verdict) -> None:
        if not self.verdict.done():
            self.verdict.set_result(verdict)

    def note_end(self, waiting: asyncio.Future[Any]) -> None:
        if not waiting.cancelled():
            waiting.exception()  # asyncio prints those that nobody has looked at
        self.settle("done")

    def _check(self) -> None:
        if self.is_given_up:
            raise STOPPING


async def _watch(request: Request, task: _Task) -> None:
    """Settle a task when its client has gone away; the body of the request has been read."""
    if (await request.receive())["type"] == "http.disconnect":
        task.settle("gone")


def _too_late(task: _Task, n_records: int, seconds: float) -> Refusal:
    """Return why there is no answer in time: too much of this request, or too many others before it."""
    waited = task.began - task.came if task.began else seconds
    if waited > seconds / 2:
        return Refusal(503, f"others took all of the {seconds:g} seconds for an answer: try again later.")
    advice = ": send fewer records" if n_records > 1 else ""
    return Refusal(503, f"the answer took longer than {seconds:g} seconds{advice}.")
