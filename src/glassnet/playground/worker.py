"""The thread that trains: takes steps, commands between two of them, and a picture when somebody waits for one."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from glassnet.errors import GlassnetError
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.findings.lookout import look_out
from glassnet.playground.frames import frame_of
from glassnet.playground.plain_json import as_plain_json
from glassnet.playground.state import state_of

__all__ = ["Key", "Listener", "Worker"]

_BETWEEN_LOOKS = 0.005  # seconds of steps, or of commands, before there is a look at the others
_AT_ONCE, _MOST_AT_ONCE = 0.0005, 64  # seconds of steps, and steps, without a look whether somebody waits
_BETWEEN_FRAMES = 1 / 30
_BETWEEN_LOOKS_OUT = 0.25
_MOST_FOR_FRAMES = 0.06  # of the time of a training
_BUG = "this is a bug in glassnet ({}). The terminal that it was started in has more lines: please report them."

T = TypeVar("T")
Reply = Callable[[str], object]
_log = logging.getLogger(__name__)


class Key(NamedTuple):
    """What a frame shows: a newer one of the same key has the same numbers."""

    revision: int
    step: int


class _Seen(NamedTuple):
    """What the state holds beside the step, as far as it changes without a command that counts a revision."""

    revision: int
    running: bool
    per_second: float | None


class Listener:
    """What a worker calls, in its thread."""

    def event(self, text: str, *, is_state: bool = False) -> None:
        """Take an event, as JSON; a state replaces those before."""

    def frame(self, data: bytes, key: Key) -> None:
        """Take a frame."""

    def ended(self) -> None:
        """Note that a page has ended the experiment."""


class Worker:
    """Owns an experiment and the thread in which it is used.

    Parameters
    ----------
    experiment : Experiment
        Nobody else uses it while the worker runs.
    listener : Listener
        Gets what pages are shown.
    """

    def __init__(self, experiment: Experiment, listener: Listener) -> None:
        self._experiment, self._listener = experiment, listener
        self._jobs: deque[Callable[[], Callable[[], object]]] = deque()
        self._wanted: set[Key | None] = set()  # what those have seen who wait for a newer frame
        self._last_frame = self._next_frame = self._next_step = 0.0
        self._at_once = 1
        self._wake, self._is_stopping = threading.Event(), False
        experiment.wake = self._wake.set
        self._seen = self._what_is_seen()
        self._thread = threading.Thread(target=self._work, name="glassnet-playground", daemon=True)

    # ---- from any thread ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is under way."""
        self._is_stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(10.0)

    def submit(self, message: Mapping[str, Any], reply: Reply) -> None:
        """Answer a message between two steps; ``reply`` gets the answer as JSON, in the thread of the worker."""

        def job() -> Callable[[], object]:
            text = self._answer(message)
            return lambda: reply(text)

        self._add(job)

    def call(self, function: Callable[[Experiment], T]) -> Future[T]:
        """Return what a function of the experiment will have returned, called between two steps, or after the last."""
        future: Future[T] = Future()

        def job() -> Callable[[], object]:
            if not future.set_running_or_notify_cancel():
                return lambda: None
            try:
                result = function(self._experiment)
            except BaseException as error:
                problem = error
                return lambda: future.set_exception(problem)
            return lambda: future.set_result(result)

        if self._thread.is_alive():
            self._add(job)
        else:
            job()()
        return future

    def want_frame(self, seen: Key | None) -> None:
        """Make a frame as soon as there is one to see that differs from what was ``seen``."""
        self._wanted.add(seen)
        self._wake.set()

    def _add(self, job: Callable[[], Callable[[], object]]) -> None:
        self._jobs.append(job)
        self._wake.set()

    # ---- in its own thread --------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._is_stopping:
            try:
                look_out(self._experiment)
                self._take_jobs()
                self._give_frame()
                if self._experiment.running:
                    self._train()
                self._wait()
            except Exception as error:
                self._experiment.running = False
                self._notice(_said_of_bug(error))
                self._wake.wait(_BETWEEN_LOOKS_OUT)  # one that comes again and again leaves the processor to others

    def _take_jobs(self) -> None:
        """Do what was asked for, then show the state if it has changed, then answer: a page knows it by then."""
        until, replies = time.perf_counter() + _BETWEEN_LOOKS, []
        while self._jobs:
            replies.append(self._jobs.popleft()())
            if time.perf_counter() > until:
                break
        try:
            self._show_changes()
        finally:
            for reply in replies:
                reply()
        if self._experiment.ended:
            self._listener.ended()

    def _show_changes(self) -> None:
        """Send the state if it is another than before, and what the experiment has to say."""
        seen = self._what_is_seen()
        if seen != self._seen:
            self._seen = seen
            self._next_frame = min(self._next_frame, self._last_frame + _BETWEEN_FRAMES)  # whoever changes it waits
            state = {"event": "state", "state": state_of(self._experiment)}
            self._listener.event(as_plain_json(state), is_state=True)
        self._send_events()

    def _send_events(self) -> None:
        while self._experiment.outbox:
            self._listener.event(as_plain_json(self._experiment.outbox.popleft()))

    def _what_is_seen(self) -> _Seen:
        experiment = self._experiment
        return _Seen(experiment.revision, experiment.running, experiment.per_second)

    def _answer(self, message: Mapping[str, Any]) -> str:
        """Return the answer to a message as JSON, whatever happens on the way to it."""
        try:
            return as_plain_json(answer(self._experiment, message))
        except MemoryError:
            error = "playground: there is not enough memory for this."
        except Exception as bug:
            error = _said_of_bug(bug)
        return as_plain_json({"id": message.get("id"), "error": error})

    def _train(self) -> None:
        """Take steps until there is something else to do."""
        experiment, jobs = self._experiment, self._jobs
        until = now = time.perf_counter()
        if experiment.per_second is None:
            until += _BETWEEN_LOOKS
        elif now < self._next_step:
            return
        else:
            apart = 1.0 / experiment.per_second
            self._next_step = max(self._next_step, now - apart) + apart
        try:
            while experiment.running:
                experiment.advance(self._at_once if experiment.per_second is None else 1)
                now, before = time.perf_counter(), now
                if now - before < _AT_ONCE:
                    self._at_once = min(2 * self._at_once, _MOST_AT_ONCE)
                elif now - before > 3 * _AT_ONCE:
                    self._at_once = max(self._at_once // 2, 1)
                if jobs or now >= until:
                    break
        except GlassnetError as error:
            experiment.running = False
            self._notice(str(error))
        self._show_changes()

    def _give_frame(self) -> None:
        """Make a frame if somebody waits for one, not so often that training would suffer."""
        experiment, now = self._experiment, time.perf_counter()
        key = Key(experiment.revision, experiment.step)
        if now < self._next_frame or not self._wanted or self._wanted == {key}:
            return
        since = min(-1 if seen is None or seen.revision != key.revision else seen.step for seen in self._wanted - {key})
        self._wanted.intersection_update({key})
        try:
            data = frame_of(experiment, experiment.view, since)
        finally:
            took = time.perf_counter() - now
            rest = took / _MOST_FOR_FRAMES if experiment.running else 0.0
            self._last_frame, self._next_frame = now, now + max(_BETWEEN_FRAMES, rest)
        self._listener.frame(data, key)

    def _wait(self) -> None:
        """Sleep until there is something to do."""
        experiment = self._experiment
        if experiment.running and experiment.per_second is None:
            self._wake.clear()
            return
        due = [self._next_step] if experiment.running else []
        if self._wanted - {Key(experiment.revision, experiment.step)}:
            due.append(self._next_frame)
        rest = min(due) - time.perf_counter() if due else _BETWEEN_LOOKS_OUT
        self._wake.wait(max(rest, 0.0))
        self._wake.clear()

    def _notice(self, text: str) -> None:
        self._experiment.outbox.append({"event": "notice", "text": text})
        self._send_events()


def _said_of_bug(error: Exception) -> str:
    """Return what a page shows of an error that nobody foresaw, and print where it comes from."""
    _log.error("playground: a command failed", exc_info=error)
    return f"playground: {_BUG.format(f'{type(error).__name__}: {error}'[:200])}"
