"""What ends a training from outside: time, and Ctrl-C."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from glassnet.training.callbacks import Callback
from glassnet.training.loop import Run

__all__ = ["Interruption", "Limits", "defer_interrupts"]


class Interruption:
    """Whether Ctrl-C was pressed: ``asked``."""

    asked = False


@contextmanager
def defer_interrupts() -> Iterator[Interruption]:
    """Turn the first Ctrl-C into ``asked = True``; the second interrupts as usual.

    Outside the main thread, or where the program has a handler of its own, everything stays as it is.
    """
    interruption = Interruption()
    usual = threading.current_thread() is threading.main_thread()
    if not usual or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return

    def ask(number: int, frame: FrameType | None) -> None:
        interruption.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, ask)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Limits(Callback):
    """Stops a run once Ctrl-C was pressed, or after some seconds: of the whole run where it is resumed."""

    def __init__(self, max_seconds: float = math.inf, interruption: Interruption | None = None) -> None:
        self._max_seconds, self._interruption = max_seconds, interruption or Interruption()
        self._is_timed = max_seconds < math.inf
        self._before = 0.0

    def on_fit_begin(self, run: Run[Any]) -> None:
        run.max_seconds = self._max_seconds
        if run.resumes:
            self._before = run.history.seconds
            self._check(run)

    def on_step_end(self, run: Run[Any]) -> None:
        if self._interruption.asked or self._is_timed:
            self._check(run)

    on_epoch_done = on_step_end  # evaluating takes time too

    def _check(self, run: Run[Any]) -> None:
        if self._interruption.asked:
            run.stop("interrupted")
        if self._is_timed and self._before + run.seconds >= self._max_seconds:
            run.stop("time")
