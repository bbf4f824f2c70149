"""What can follow a training from outside: a view of its progress, and Ctrl-C, which stops it."""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from typing import Any

from glassnet.cli.interrupts import CtrlC
from glassnet.training import Callback, History, Run
from glassnet.utils.short_text import plain

__all__ = ["StopOnCtrlC", "Watcher", "mean_columns", "warning_words"]


class Watcher:
    """Receives the progress of a command; this one does nothing with it."""

    def phase(self, doing: str) -> None:
        """Receive what begins now, such as ``"reading data.csv"``."""

    def model(self, name: str) -> None:
        """Receive the name of what is trained next, where several models are trained one after the other."""

    def facts(self, facts: dict[str, Any]) -> None:
        """Receive values that became known, such as ``{"task": "regression"}``."""

    def warn(self, message: str) -> None:
        """Receive a warning of the library, in the moment it is issued."""
        with suppress(OSError):  # a terminal that was closed must not cost the training
            print(plain(warning_words(message)), file=sys.stderr, flush=True)

    def callbacks(self, model: str) -> list[Callback]:
        """Return the callbacks for the training of ``model``, ``"linear"`` or ``"network"``."""
        return []


def warning_words(message: str) -> str:
    """Return a warning of `Network.fit` in the words of the command line.

    Examples
    --------
    >>> warning_words("fit: it is kept. To go on from a checkpoint, pass resume=True.")
    'glassnet train: warning: it is kept. To go on from a checkpoint, add --resume.'
    """
    words = message.removeprefix("fit: ").replace("pass resume=True", "add --resume").replace("n_jobs", "--jobs")
    return f"glassnet train: warning: {words}"


def mean_columns(history: History) -> dict[str, list[float]]:
    """Return the columns of the history that have values, averaged over members."""
    found = {}
    for name, values in history.columns.items():
        means = [sum(v) / len(v) if isinstance(v, list) else v for v in values if v is not None]
        known = [value for value in means if not math.isnan(value)]
        if known:
            found[name] = known
    return found


class StopOnCtrlC(Callback):
    """Ends a run after the step in which Ctrl-C was pressed, and every later run before its first step."""

    def __init__(self, ctrl_c: CtrlC) -> None:
        self._ctrl_c = ctrl_c

    def on_fit_begin(self, run: Run[Any]) -> None:
        self.on_step_end(run)

    def on_step_end(self, run: Run[Any]) -> None:
        if self._ctrl_c.pressed:
            run.stop("interrupted")
