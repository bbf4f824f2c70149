"""What is seen on a terminal while a network trains."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from glassnet.cli.watching import Watcher
from glassnet.cli.wording import as_ascii, count, metric_text, plain, sparkline
from glassnet.training import Callback
from glassnet.training.progress import seconds_text

if TYPE_CHECKING:
    from glassnet.training.run import Run

__all__ = ["LiveView"]

_REDRAW_SECONDS = 0.1
_METRICS = {"valid_accuracy": "accuracy", "valid_r2": "R²"}


class LiveView(Watcher):
    """A few lines that are drawn anew ten times a second, and are gone at the end.

    Used with ``with``, so that the terminal is put back in order whatever happens.

    Parameters
    ----------
    console : Console
        Of a terminal.
    title : str
        The first line.
    """

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = plain(title)
        self._doing = ""
        self._facts: dict[str, Any] = {}
        self._linear: dict[str, float] = {}
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._drawn = 0.0

    def __enter__(self) -> LiveView:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    # ---- being told ---------------------------------------------------------------------------------------------

    def phase(self, doing: str) -> None:
        self._doing = plain(doing)
        self._draw(self._head())

    def facts(self, facts: dict[str, Any]) -> None:
        self._facts |= facts

    def callbacks(self, model: str) -> list[Callback]:
        return [_Watch(self, model)]

    def watch(self, run: Run, model: str, *, now: bool = False) -> None:
        """Draw a run, unless the last drawing was a moment ago."""
        if now or time.perf_counter() - self._drawn >= _REDRAW_SECONDS:
            self._draw(Group(self._head(), self._body(run, model)))

    def finished(self, run: Run, model: str) -> None:
        """Keep the linear model's best scores, to be shown beside the network's."""
        self.watch(run, model, now=True)
        history = run.history
        if model == "linear" and history.best_epoch:
            self._linear = {name: values[history.best_epoch - 1] for name, values in history.columns.items()}

    # ---- drawing ------------------------------------------------------------------------------------------------

    def _draw(self, what: RenderableType) -> None:
        self._drawn = time.perf_counter()
        self._live.update(what, refresh=True)

    def _head(self) -> Text:
        text = Text(self._title, style="bold", no_wrap=True, overflow="ellipsis")
        return text.append(f"  {self._doing}", style="not bold dim")

    def _body(self, run: Run, model: str) -> RenderableType:
        lines = Table.grid(padding=(0, 2))
        lines.add_column(no_wrap=True)
        lines.add_column(no_wrap=True, justify="right")
        lines.add_column(no_wrap=True, ratio=1, overflow="crop")
        width = max(8, min(60, self._console.width - 40))
        bar = ProgressBar(total=1.0, completed=run.fraction, width=width)
        lines.add_row("epoch", f"{run.epoch:,}/{run.target_epochs:,}", bar)
        history = run.history
        for name, label in (("loss", "training loss"), ("valid_loss", "validation loss")):
            if name in history:
                values = [v for v in history[name] if v is not None]
                curve = self._curve(values, history["loss"], width)
                lines.add_row(label, metric_text(values[-1]) if values else "", curve)
        for name, label in _METRICS.items():
            if name in history:
                beside = self._beside(history[name], name, model)
                lines.add_row(f"validation {label}", metric_text(history[name][-1]), beside)
        return Group(lines, self._foot(run))

    def _curve(self, values: list[float], scale: list[float], width: int) -> Text:
        line = sparkline(values, width, min([*values, *scale]), max([*values, *scale]))
        return Text(as_ascii(line) if self._console.options.ascii_only else line, style="cyan")

    def _beside(self, values: list[float], name: str, model: str) -> Text:
        text = Text(f"best {metric_text(max(values))}", style="dim")
        if model == "network" and name in self._linear:
            text.append(f", linear model {metric_text(self._linear[name])}")
        return text

    def _foot(self, run: Run) -> Text:
        parts = [count(self._facts.get("rows", 0), "training row")]
        if run.seconds > 0:
            parts.append(f"{run.rows_seen / run.seconds:,.0f} rows/s")
        if run.fraction > 0:
            left = run.seconds * (1 - run.fraction) / run.fraction
            if run.max_seconds < float("inf"):
                left = min(left, run.max_seconds - run.seconds)
            parts.append(f"at most {seconds_text(max(left, 0.0))} left")
        parts.append("Ctrl-C keeps the best")
        return Text(", ".join(parts), style="dim", no_wrap=True, overflow="ellipsis")


class _Watch(Callback):
    """Hands a run to the view."""

    def __init__(self, view: LiveView, model: str) -> None:
        self._view = view
        self._model = model

    def on_step_end(self, run: Run) -> None:
        self._view.watch(run, self._model)

    def on_fit_end(self, run: Run) -> None:
        self._view.finished(run, self._model)
