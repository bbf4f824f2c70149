"""Tasks, metrics and executors for tests of executors: here, so that workers can import them."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

import glassnet as gn
from glassnet.training.threads.blas import available_threads

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 5)).astype(np.float32)
Y = (X[:, 0] - X[:, 1] * X[:, 2] > 0).astype(int)
SETTINGS = {"units": [3, 6], "learning_rate": [1e-3, 0.03]}


def build(units: int, learning_rate: float, seed: int = 0) -> gn.Network:
    """Return a network with noise, running statistics and a schedule."""
    layers = [gn.Dense(units, "relu"), gn.BatchNorm(), gn.Dropout(0.2), gn.Dense(2)]
    optimizer = gn.AdamW(gn.CosineDecay(learning_rate, epochs=6), weight_decay=0.01)
    return gn.Network(layers, loss="cross_entropy", optimizer=optimizer, seed=seed)


def spread(y: np.ndarray, prediction: np.ndarray) -> float:
    """Return a number that is no metric of the library's."""
    return float(prediction.std())


def trained(executor: Any, metrics: Any = ("accuracy", spread)) -> list[Any]:
    """Return all that a sweep, a cross-validation and two fits of a population leave, for comparison bit by bit."""
    early, weight = gn.EarlyStopping(patience=2), np.linspace(0.5, 1.5, len(X))
    options: dict[str, Any] = {"executor": executor, "metrics": list(metrics), "sample_weight": weight}
    found = gn.sweep(build, SETTINGS, X, Y, epochs=4, n_seeds=2, early_stopping=early, **options)
    folds = gn.cross_validate(build(4, 0.01), X, Y, epochs=3, folds=3, validation_split=0.25, **options)
    wild = [0.01, 1e38, 0.02, 0.03, 0.01]  # the second one diverges
    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.SGD(0.1), seed=3)
    population = gn.Population(net, learning_rate=wild)
    population.fit(X, Y, epochs=2, executor=executor)
    histories = population.fit(X, Y, epochs=2, early_stopping=early, validation_split=0.2, **options)
    networks = [net for trial in found.trials for net in trial.networks] + folds.networks + population.networks
    return [
        [trial.settings for trial in found.trials],
        [value.tobytes() for value in (*folds.scores.values(), folds.predictions, *(t.values for t in found.trials))],
        [array.tobytes() for net in networks for array in (net.params, net.stats)],
        [repr(each.columns) for each in (*folds.histories, *histories)],
        [(each.stop_reason, each.best_epoch, each.kept_epoch, each.threads) for each in (*folds.histories, *histories)],
        population.failures,
        repr(folds),
    ]


def digest(executor: Any, **options: Any) -> str:
    """Return a print of what `trained` returns."""
    return hashlib.sha256(repr(trained(executor, **options)).encode()).hexdigest()


# ---- tasks -----------------------------------------------------------------------------------------------------------


def square(x: float) -> float:
    """Return the square."""
    return x * x


def total(rows: np.ndarray, word: str, x: int) -> tuple[str, int, float]:
    """Return the sum of rows, and the rest as it is."""
    return word, x, float(rows.sum())


def called(function: Callable[[], Any]) -> Any:
    """Return what a function returns."""
    return function()


def process() -> int:
    """Return the number of the process."""
    return os.getpid()


def refused(x: int) -> int:
    """Raise an error of the task's own for 2."""
    if x == 2:
        message = "2 is refused"
        raise gn.ConfigError(message, expected=1, got=x)
    return x


def warned(x: int) -> int:
    """Warn in the same words each time."""
    warnings.warn("this is a task", UserWarning, stacklevel=1)
    return x


def napped(seconds: float) -> float:
    """Wait."""
    time.sleep(seconds)
    return seconds


def ended(x: int, file: str = "") -> int:
    """End the process for 2; with a file only if it is not there, so that a second attempt goes well."""
    if x == 2 and not (file and Path(file).exists()):
        if file:
            Path(file).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return x


class SmallState:
    """What a worker counts: calls of `fatal` in its process."""

    calls = 0


def fatal(y: np.ndarray, prediction: np.ndarray) -> float:
    """End the process at the sixth call, unless it is the one of the tests."""
    SmallState.calls += 1
    if SmallState.calls == 6 and multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0


def allow_threads() -> None:
    """Let BLAS use two threads in this process, as it does where nobody limits it."""
    for library in ThreadpoolController().select(user_api="blas").lib_controllers:
        library.set_num_threads(2)


def threads_of_blas(y: np.ndarray, prediction: np.ndarray) -> float:
    """Return how many threads BLAS may use where this is measured."""
    return float(available_threads())


# ---- executors -------------------------------------------------------------------------------------------------------


class LateExecutor(Executor):
    """An executor whose only worker joins when this many tasks wait."""

    def __init__(self, waits_for: int = 2, fails_after: int | None = None) -> None:
        self._waits_for, self._fails_after = waits_for, fails_after
        self._waiting: list[tuple[Future[Any], Any]] = []
        self.done = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Keep a task until there are enough; then do all of them. After so many, cancel what comes, as Dask does."""
        future: Future[Any] = Future()
        self._waiting.append((future, lambda: fn(*args, **kwargs)))
        if len(self._waiting) >= self._waits_for:
            self._waits_for = 0
            for each, call in self._waiting:
                if self._fails_after is not None and self.done >= self._fails_after:
                    each.cancel()
                    each.set_running_or_notify_cancel()
                else:
                    each.set_result(call())
                    self.done += 1
            self._waiting.clear()
        return future


class Failing(Executor):
    """Does the first tasks at once, and gives others up as a pool does whose process was killed."""

    _max_workers = 2

    def __init__(self, n_done: int) -> None:
        self.n_done = n_done

    def submit(self, function: Any, /, *args: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.n_done > 0:
            self.n_done -= 1
            future.set_result(function(*args, **keywords))
        else:
            future.set_exception(BrokenProcessPool("a process was terminated"))
        return future
