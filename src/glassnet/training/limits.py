"""Time limits and Ctrl-C: they end training between two steps."""

from __future__ import annotations

import math
import signal
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from glassnet.training.callbacks import Callback
from glassnet.training.early_stopping import EarlyStopper
from glassnet.training.loop import Run
from glassnet.training.run_state import RunState
from glassnet.training.sharding.divided_optimizer import DividedOptimizer
from glassnet.training.step import TrainingStep
from glassnet.training.stopping_state import StoppingState

__all__ = ["Interruption", "Limits", "defer_interrupts"]

# While these work, weights, optimizer and history do not belong together, and no checkpoint could hold them.
# In the last one, the other processes would wait for this one's part.
_INDIVISIBLE = (TrainingStep, RunState, StoppingState, EarlyStopper, DividedOptimizer)
_INDIVISIBLE_PARTS = ("_record_epoch", "_leave")  # of `Run`

_interrupted_loop: weakref.ref[object] | None = None
"""The loop of scikit-learn in which a fit was interrupted last."""


class Interruption:
    """What Ctrl-C asked for: to end the training (``asked``), and then to leave with KeyboardInterrupt (``leaves``)."""

    asked = False
    leaves = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle Ctrl-C: end the training after the step; a second time leave, as soon as a step is whole.

        In a cross-validation or a search of scikit-learn the second may come in a later fit than the first.
        """
        global _interrupted_loop
        loop = _loop_around(frame)
        if not self.asked and (loop is None or _interrupted_loop is None or loop is not _interrupted_loop()):
            self.asked = True
            with suppress(TypeError):  # there are objects that cannot be referred to weakly
                _interrupted_loop = None if loop is None else weakref.ref(loop)
            return
        self.asked = self.leaves = True
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a third interrupts wherever it comes
        if not _is_indivisible(frame):
            raise KeyboardInterrupt


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and its callers, from the inside outwards."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _loop_around(frame: FrameType | None) -> object | None:
    """Return the outermost object of scikit-learn or joblib among the callers, None without one.

    It is what calls fit again and again: joblib's ``Parallel``, which every call of ``cross_val_score`` or
    ``GridSearchCV.fit`` makes for itself, or else what has a loop of its own.
    """
    found: object | None = None
    for each in _frames(frame):
        if each.f_globals.get("__name__", "").partition(".")[0] in ("sklearn", "joblib"):
            owner = each.f_locals.get("self")
            if owner is not None and (type(owner).__name__ == "Parallel" or type(found).__name__ != "Parallel"):
                found = owner
    return found


def _is_indivisible(frame: FrameType | None) -> bool:
    """Return whether Ctrl-C came in the middle of something that must be done whole."""
    for each in _frames(frame):
        owner = each.f_locals.get("self")
        if isinstance(owner, _INDIVISIBLE) or (isinstance(owner, Run) and each.f_code.co_name in _INDIVISIBLE_PARTS):
            return True
    return False


@contextmanager
def defer_interrupts() -> Iterator[Interruption]:
    """End a training between two steps on Ctrl-C; a second one interrupts as usual, but in no step, a third anywhere.

    Outside the main thread, or where the program has a handler of its own, everything stays as it is.
    """
    interruption = Interruption()
    usual = threading.current_thread() is threading.main_thread()
    if not usual or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return
    signal.signal(signal.SIGINT, interruption)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if interruption.leaves:  # it came when there was no next step to wait for
        raise KeyboardInterrupt


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
        if self._interruption.leaves:
            raise KeyboardInterrupt
        if self._interruption.asked:
            run.stop("interrupted")
        if self._is_timed and self._before + run.seconds >= self._max_seconds:
            run.stop("time")
