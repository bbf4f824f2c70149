"""The live view on a terminal while a network trains."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from glassnet.cli.output.wording import as_ascii, recipes_lines, sparkline
from glassnet.cli.training.observers import Watcher, mean_columns, warning_words
from glassnet.metrics import GREATER_IS_BETTER
from glassnet.training import Callback
from glassnet.training.history import has_value
from glassnet.training.progress import seconds_text
from glassnet.utils.short_text import count, metric_name, metric_text, plain

if TYPE_CHECKING:
    from glassnet.training.loop import Run

__all__ = ["LiveView"]

_REDRAW_SECONDS = 0.1
_VALUE_WIDTH = 13  # characters of a value with the blanks around it
_LONG_PAST = 10  # epochs since the best one, or a fifth of all
_IN_UNITS = ("valid_rmse", "valid_mae")
_SHOWN_BY_LOSS = ("valid_loss", "valid_pinball")


class LiveView(Watcher):
    """A few lines under a title that are redrawn ten times a second and removed at the end.

    A context manager, so that the terminal is restored after errors too.
    """

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = plain(title)
        self._doing = ""
        self._facts: dict[str, Any] = {}
        self._linear: dict[str, float] = {}
        self._begun = 0
        self._model = ""
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._drawn = 0.0

    def __enter__(self) -> LiveView:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._live.stop()

    # ---- progress -----------------------------------------------------------------------------------------------

    def phase(self, doing: str) -> None:
        self._doing = plain(f"{self._model}, {doing}" if self._model else doing)
        self._draw(self._head())

    def model(self, name: str) -> None:
        self._model, self._begun = name, 0

    def facts(self, facts: dict[str, Any]) -> None:
        self._facts |= facts

    def warn(self, message: str) -> None:
        with suppress(OSError):
            self._console.print(Text(plain(warning_words(message)), style="yellow"))

    def callbacks(self, model: str) -> list[Callback]:
        return [_Redraw(self, model)]

    def begin(self, run: Run[Any], model: str) -> None:
        """Count a network whose training begins."""
        self._begun += (run.network.members or 1) * (model == "network")

    def watch(self, run: Run[Any], model: str, *, now: bool = False) -> None:
        """Redraw the view, unless it was drawn a moment ago and ``now`` is False."""
        if now or time.perf_counter() - self._drawn >= _REDRAW_SECONDS:
            self._draw(Group(self._head(), self._body(run, model)))

    def finished(self, run: Run[Any], model: str) -> None:
        """Keep the best scores of the linear model, which are shown beside those of the network."""
        self.watch(run, model, now=True)
        history = run.history
        if model == "linear" and history.best_epoch:
            best = history.best_epoch - 1
            self._linear = {name: values[best] for name, values in history.columns.items() if has_value(values[best])}

    # ---- drawing ------------------------------------------------------------------------------------------------

    def _draw(self, what: RenderableType) -> None:
        """Show this in place of what was drawn before."""
        self._drawn = time.perf_counter()
        with suppress(OSError):  # a terminal that was closed must not cost the training
            self._live.update(what, refresh=True)

    def _head(self) -> Text:
        """Return the title, the current phase, and how long each recipe takes."""
        text = Text(self._title, style="bold", no_wrap=True, overflow="ellipsis")
        text.append(f"  {self._doing}", style="not bold dim")
        if self._facts.get("recipes"):
            lines = recipes_lines(self._facts["recipes"], self._console.width - 15)
            text.append("\nRecipes here: " + "\n              ".join(lines), style="not bold dim")
        return text

    def _body(self, run: Run[Any], model: str) -> RenderableType:
        """Return progress, losses and metrics of a run."""
        width = max(8, min(60, self._console.width - 40))
        columns = mean_columns(run.history)
        names = {name: f"validation {metric_name(name.removeprefix('valid_'))}" for name in _metrics(columns)}
        rows: list[tuple[str, str, RenderableType]] = []
        if model == "network" and self._networks > 1:
            rows.append(("network", f"{self._begun}/{self._networks}", ""))
        bar = ProgressBar(total=1.0, completed=run.fraction, width=width)
        rows.append(("epoch", f"{run.epoch:,}/{run.target_epochs:,}", bar))
        for name, label in (("loss", "training loss"), ("valid_loss", "validation loss")):
            if name in columns:
                values = columns[name]
                rows.append((label, metric_text(values[-1]), self._curve(values, columns["loss"], width)))
        room = self._console.width - max(map(len, [*names.values(), "validation loss"])) - _VALUE_WIDTH
        for name, label in names.items():
            values = [value * self._unit(name) for value in columns[name]]
            rows.append((label, metric_text(values[-1]), self._beside(values, name, model, room)))
        lines = Table.grid(padding=(0, 2))
        lines.add_column(no_wrap=True)
        lines.add_column(no_wrap=True, justify="right")
        lines.add_column(no_wrap=True, ratio=1, overflow="crop")
        for row in rows:
            lines.add_row(*row)
        return Group(lines, self._foot(run, model))

    def _waits_for_the_schedule(self, run: Run[Any]) -> bool:
        """Return whether the best epoch is long past, and training goes on because its rate has not fallen to 0 yet."""
        columns = mean_columns(run.history)
        values = columns.get(f"valid_{self._facts.get('metric')}", [])
        if not values or self._facts.get("patience", 0) is not None:
            return False
        best = (max if self._facts["metric"] in GREATER_IS_BETTER else min)(values)
        return len(values) - values.index(best) > max(_LONG_PAST, run.target_epochs // 5)

    @property
    def _networks(self) -> int:
        """How many networks are trained one after the other."""
        return int(self._facts.get("networks", 1))

    def _unit(self, name: str) -> float:
        """Return the factor that converts a metric to the target's units."""
        return float(self._facts.get("unit", 1.0)) if name in _IN_UNITS else 1.0

    def _curve(self, values: list[float], scale: list[float], width: int) -> Text:
        """Return losses as a sparkline, on one scale with the training loss."""
        line = sparkline(values, width, min([*values, *scale]), max([*values, *scale]))
        return Text(as_ascii(line) if self._console.options.ascii_only else line, style="cyan")

    def _beside(self, values: list[float], name: str, model: str, room: int) -> Text:
        """Return the best value so far, its epoch, and that of the linear model, as much as there is room for."""
        best = (max if name.removeprefix("valid_") in GREATER_IS_BETTER else min)(values)
        text = f"best {metric_text(best)}"
        epoch = f" in epoch {values.index(best) + 1:,}" if values.count(best) == 1 else ""
        linear = ""
        if model == "network" and name in self._linear:
            linear = f", linear model {metric_text(self._linear[name] * self._unit(name))}"
        for more in (epoch + linear, linear, epoch):
            if len(text + more) <= room:
                return Text(text + more, style="dim")
        return Text(text, style="dim")

    def _foot(self, run: Run[Any], model: str) -> Text:
        """Return rows, speed and the time left."""
        parts = [count(self._facts.get("rows", 0), "training row")]
        if run.seconds > 0:
            parts.append(f"{run.rows_seen / run.seconds:,.0f} rows/s")
        if run.fraction > 0:
            left = run.seconds * (1 - run.fraction) / run.fraction
            if run.max_seconds < float("inf"):
                left = min(left, run.max_seconds - run.seconds)
            if model == "network":
                waiting = self._networks - self._begun
                left += waiting * run.seconds / run.fraction / (run.network.members or 1)
            parts.append(f"at most {seconds_text(max(left, 0.0))} left")
        if model == "network" and self._waits_for_the_schedule(run):
            parts.append("the schedule needs all its epochs")
        parts.append("Ctrl-C keeps the best")
        return Text(", ".join(parts), style="dim", no_wrap=True, overflow="ellipsis")


def _metrics(columns: Iterable[str]) -> list[str]:
    """Return the metrics to show: for a regression R² alone, if it was measured."""
    names = [name for name in columns if name.startswith("valid_") and name not in _SHOWN_BY_LOSS]
    return ["valid_r2"] if "valid_r2" in names else names


class _Redraw(Callback):
    """Passes a run to the view after each step."""

    def __init__(self, view: LiveView, model: str) -> None:
        self._view = view
        self._model = model

    def on_fit_begin(self, run: Run[Any]) -> None:
        self._view.begin(run, self._model)

    def on_step_end(self, run: Run[Any]) -> None:
        self._view.watch(run, self._model)

    def on_fit_end(self, run: Run[Any]) -> None:
        self._view.finished(run, self._model)
