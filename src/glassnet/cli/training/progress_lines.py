"""Lines of progress on stderr where that is no terminal: a pipe, a file, the log of a batch system."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from glassnet.cli.output.wording import recipes_lines
from glassnet.cli.training.observers import Watcher, mean_columns
from glassnet.metrics import GREATER_IS_BETTER
from glassnet.training import Callback
from glassnet.training.progress import seconds_text
from glassnet.utils.short_text import metric_name, metric_text, plain

if TYPE_CHECKING:
    from glassnet.training.loop import Run

__all__ = ["ProgressLines"]

_PARTS = 10  # lines of a whole training, about
_SHORTEST = 2.0  # seconds before the first line, and between two: a short training has few
_LONG = 10.0  # seconds of a training from which on the times of all recipes are printed
_WIDTH = 79
_IN_UNITS = ("rmse", "mae")


class ProgressLines(Watcher):
    """Prints a line after each tenth of the training, and none in the first two seconds.

    Parameters
    ----------
    is_dumb : bool, default=False
        Whether stderr is a terminal that cannot redraw lines: the times of all recipes are printed then.
    now : callable, optional
        The clock.
    """

    def __init__(self, *, is_dumb: bool = False, now: Callable[[], float] = time.perf_counter) -> None:
        self._is_dumb = is_dumb
        self._now = now
        self._facts: dict[str, Any] = {}
        self._begun = 0
        self._started: float | None = None
        self._printed = 0.0  # when the last line was
        self._said = 0  # parts of the training that lines were printed of
        self._n_lines = 0
        self._model = ""

    def phase(self, doing: str) -> None:
        # Networks that are trained in other processes are heard of in this way alone.
        if doing.endswith("networks done"):
            self._print(plain(doing))

    def model(self, name: str) -> None:
        self._model, self._started, self._begun, self._said, self._n_lines = f"{name}: ", None, 0, 0, 0

    def facts(self, facts: dict[str, Any]) -> None:
        self._facts |= facts
        if "networks" in facts:  # a training begins; a command may have several
            self._begun, self._said, self._n_lines, self._started = 0, 0, 0, None
        recipes = facts.get("recipes") or ()
        if recipes and (self._is_dumb or any(each["chosen"] and each["seconds"] >= _LONG for each in recipes)):
            self._print(f"Recipes here: {' '.join(recipes_lines(recipes, _WIDTH))}")

    def callbacks(self, model: str) -> list[Callback]:
        return [_Lines(self)] if model == "network" else []

    def begin(self, run: Run[Any]) -> None:
        """Count a network whose training begins."""
        self._begun += run.network.members or 1
        if self._started is None:
            self._started = self._printed = self._now()

    def watch(self, run: Run[Any]) -> None:
        """Print a line if a further part of the training is done, unless one was printed a moment ago."""
        parts = min(int(self._done(run) * _PARTS), _PARTS - 1)  # the last line is printed at the end
        if parts > self._said and self._now() - self._printed >= _SHORTEST:
            self._said = parts
            self._say(run)

    def finished(self, run: Run[Any]) -> None:
        """Print how the training ended, if lines were printed before."""
        if self._n_lines and self._begun >= self._networks:
            self._say(run)

    @property
    def _networks(self) -> int:
        return int(self._facts.get("networks", 1))

    def _done(self, run: Run[Any]) -> float:
        """Return the share of the whole training that is done."""
        members = run.network.members or 1
        return (self._begun - members + members * min(run.fraction, 1.0)) / max(self._networks, self._begun)

    def _say(self, run: Run[Any]) -> None:
        seconds = self._now() - (self._started or 0.0)
        several = f"network {self._begun} of {self._networks}, " if self._networks > 1 else ""
        words = f"{several}epoch {run.epoch:,} of {run.target_epochs:,}, {seconds_text(seconds)}"
        self._printed = self._now()
        self._n_lines += 1
        self._print(f"{self._model}{self._done(run):4.0%}  {words}{self._values(run)}")

    def _values(self, run: Run[Any]) -> str:
        """Return the metric that chooses the epoch, with its best value so far; the loss where nothing is held out."""
        columns = mean_columns(run.history)
        name = next((each for each in (f"valid_{self._facts.get('metric')}", "valid_loss") if each in columns), None)
        if name is None:
            return f", training loss {metric_text(columns['loss'][-1])}" if "loss" in columns else ""
        metric = name.removeprefix("valid_")
        unit = float(self._facts.get("unit", 1.0)) if metric in _IN_UNITS else 1.0
        values = [value * unit for value in columns[name]]
        best = (max if metric in GREATER_IS_BETTER else min)(values)
        epoch = f" in epoch {values.index(best) + 1:,}" if values.count(best) == 1 and len(values) == run.epoch else ""
        return f", validation {metric_name(metric)} {metric_text(values[-1])}, best {metric_text(best)}{epoch}"

    def _print(self, line: str) -> None:
        with suppress(OSError):  # a reader that is gone must not cost the training
            print(line, file=sys.stderr, flush=True)


class _Lines(Callback):
    """Passes a run on after each step."""

    def __init__(self, lines: ProgressLines) -> None:
        self._lines = lines

    def on_fit_begin(self, run: Run[Any]) -> None:
        self._lines.begin(run)

    def on_step_end(self, run: Run[Any]) -> None:
        self._lines.watch(run)

    def on_fit_end(self, run: Run[Any]) -> None:
        self._lines.finished(run)
