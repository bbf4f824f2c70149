"""How many BLAS threads a run uses while it runs: tried on its first steps, and watched.

Whether a second thread helps depends on the sizes of the products, on what lies between them, and on who else computes
on the machine: the workers of OpenBLAS wait by spinning, and with one of them kept off its core every product of a step
waits. None of this shows in a short trial of one product, so real steps are timed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.training.callbacks import Callback
from glassnet.training.history import History
from glassnet.training.loop import Run
from glassnet.training.threads.blas import BlasLimit, blas_threads, choose_threads, most_threads

__all__ = ["Pace", "paced", "pacing"]

_BLOCK_STEPS, _BLOCK_SECONDS = 3, 0.015  # a time slice of the operating system is a few milliseconds
_WATCH_STEPS, _WATCH_SECONDS = 8, 0.03
_GAIN = 1.05  # what more threads must bring
_CLEARLY_FASTER, _CLEARLY_SLOWER = 0.8, 1.5  # than one thread: then once is enough
_SLOWER = 1.25  # than with one thread: then they are given up
_UNKNOWN_SLOWER = 2.5  # than at the start, where the time with one thread is not known
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 80.0  # seconds until more threads are tried again
_SOME = 4


class Pace:
    """The number of BLAS threads of a run: ``n`` now, and what should be known of it in ``notes``.

    At most ``most`` are tried; 1 leaves everything as it is. A run that goes on keeps what it had ``chosen``, and gives
    it up only if its steps become slow. ``watches`` says whether `after_step` has to be called.
    """

    def __init__(
        self, limit: BlasLimit, most: int, chosen: int | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._limit, self.n, self._clock = limit, limit.n, clock
        self.watches = most > 1
        self.notes: list[str] = []
        self._candidates = sorted({1, min(_SOME, most), most})
        self._blocks: list[int] = []
        self._times: dict[int, list[float]] = {}
        self._alone: float | None = None  # seconds of a step with one thread
        self._pause, self._next_trial = _FIRST_PAUSE, float("inf")
        self._last = 0.0
        self._steps, self._seconds = 0, 0.0
        if self.watches and chosen is None:
            self._begin_trial()

    @property
    def settled(self) -> int | None:
        """The number that was chosen; None while the trial lasts."""
        return None if self._blocks else self.n

    def write_to(self, history: History) -> None:
        """Note in the history how many threads there are, and what should be known of that."""
        n = self.settled
        if None not in (history.threads, n) and history.threads != n and not self.notes:
            history.notes.append(
                f"BLAS threads changed from {history.threads} to {n} after epoch {history.epochs}: "
                "the last bits may differ from those of an unchanged run."
            )
        history.notes += [note for note in self.notes if note not in history.notes]
        history.threads = n

    def begin_epoch(self) -> None:
        """Start the clock: what lies between two epochs is no step."""
        self._last = self._clock()

    def after_step(self) -> None:
        """Take in the time of the step that just ended, and change the number of threads if that is called for."""
        now = self._clock()
        self._steps, self._seconds, self._last = self._steps + 1, self._seconds + now - self._last, now
        if self._blocks:
            if self._seconds >= _BLOCK_SECONDS and (self._steps >= _BLOCK_STEPS or self._seconds >= 2 * _BLOCK_SECONDS):
                self._end_block(now)
        elif self.n > 1:
            if self._steps >= _WATCH_STEPS and self._seconds >= _WATCH_SECONDS:
                self._watch(now)
        elif now >= self._next_trial:
            self._begin_trial()

    def _begin_window(self) -> None:
        self._steps, self._seconds = 0, 0.0

    def _use(self, n: int) -> None:
        if n != self.n:
            self._limit.change(n)
            self.n = n
        self._begin_window()

    def _begin_trial(self) -> None:
        """Try every candidate, and unless that is clear, again: the machine is not the same from moment to moment."""
        self._blocks, self._times = self._candidates * 2, {n: [] for n in self._candidates}
        self._use(self._blocks[0])

    def _end_block(self, now: float) -> None:
        tried, mean = self._blocks.pop(0), self._seconds / self._steps
        self._times[tried].append(mean)
        if not _CLEARLY_FASTER < mean / self._times[1][0] < _CLEARLY_SLOWER and tried == self._candidates[-1]:
            self._blocks.clear()
        if self._blocks:
            self._use(self._blocks[0])
            return
        means = {n: sum(times) / len(times) for n, times in self._times.items()}
        self._alone = means[1]
        best = min(means, key=means.__getitem__)
        self._use(best if means[best] * _GAIN < means[1] else 1)
        self._plan_next(now)
        self._say(f"BLAS threads were tried on steps of this run, {self._listed()} in turn, and {self.n} chosen")

    def _listed(self) -> str:
        return " and ".join(map(str, self._candidates))

    def _plan_next(self, now: float) -> None:
        """With one thread, look again after a pause, a longer one each time."""
        self._next_trial = now + self._pause
        self._pause = min(2.0 * self._pause, _LONGEST_PAUSE)

    def _watch(self, now: float) -> None:
        mean = self._seconds / self._steps
        if self._alone is None:
            self._alone = mean * _UNKNOWN_SLOWER / _SLOWER
        if mean > _SLOWER * self._alone:
            self._say(f"BLAS threads were changed from {self.n} to 1, since steps became slow")
            self._use(1)
            self._plan_next(now)
        else:
            self._begin_window()

    def _say(self, what: str) -> None:
        note = f"{what}: the last bits may differ from those of another run. Pass threads={self.n} for a fixed number."
        if note not in self.notes:
            self.notes.append(note)


class _Pacing(Callback):
    """Notes in a run's history how many threads there are."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def on_fit_begin(self, run: Run[Any]) -> None:
        self._pace.write_to(run.history)

    def on_fit_done(self, run: Run[Any]) -> None:
        self._pace.write_to(run.history)


class _TimedPacing(_Pacing):
    """Lets the steps of a run be timed as well."""

    def on_epoch_begin(self, run: Run[Any]) -> None:
        self._pace.begin_epoch()

    def on_step_end(self, run: Run[Any]) -> None:
        self._pace.after_step()


def pacing(pace: Pace) -> Callback:
    """Return the callback by which a run changes its number of threads and notes it."""
    return _TimedPacing(pace) if pace.watches else _Pacing(pace)


@contextmanager
def paced(
    network: BaseNetwork, threads: int | str, batch_size: int, *, deterministic: bool = False, fixed: bool = False
) -> Iterator[Pace]:
    """Limit BLAS while inside, and give the `Pace` that a run may change the limit by.

    A number of threads is taken as it is. ``"auto"`` is one thread if ``deterministic``; if ``fixed`` it is chosen
    here, by a short trial, and stays.
    """
    size = _largest_product(network, batch_size)
    most = most_threads(threads, size)
    may_change = threads == "auto" and not deterministic and not fixed
    chosen = network._run.history.threads if threads == "auto" and network._run is not None else None
    if chosen is not None:
        n = chosen
    elif deterministic or may_change:
        n = 1 if threads == "auto" else most
    else:
        n = choose_threads(threads, size, network.dtype)
    with blas_threads(n) as limit:
        pace = Pace(limit, max(n, most) if may_change else 1, chosen)
        try:
            yield pace
        finally:
            if network._run is not None:  # also where an exception ended the run
                pace.write_to(network._run.history)


def _largest_product(network: BaseNetwork, batch_size: int) -> tuple[int, int, int]:
    """Return ``(n, d_in, d_out)`` of the largest matrix product of a step."""
    widths = [(layer.in_shape[-1], layer.out_shape[-1]) for layer in network.layers if layer.in_shape]
    return (batch_size, *max(widths, key=lambda pair: pair[0] * pair[1]))
