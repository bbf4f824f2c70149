"""One line of progress: on a terminal or in a notebook, silent in a pipe."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

from glassnet.training.callbacks import Callback
from glassnet.training.history import has_value, mean_value

if TYPE_CHECKING:
    from glassnet.training.loop import Run

__all__ = ["ProgressLine", "in_notebook", "make_progress", "progress_text", "seconds_text"]

_REDRAW_SECONDS = 0.1


def seconds_text(seconds: float) -> str:
    """Return a duration as people write it.

    Examples
    --------
    >>> seconds_text(3.21), seconds_text(75), seconds_text(7300)
    ('3.2 s', '1:15', '2:01:40')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def progress_text(run: Run[Any]) -> str:
    """Return epoch, losses, metric, rows per second and time left, most important first."""
    parts = [f"epoch {run.epoch}/{run.target_epochs}"]
    if run.history.epochs:
        for name, value in run.history.last.items():
            if name != "learning_rate" and has_value(value):
                parts.append(f"{name} {mean_value(value):.4g}")
    if run.seconds > 0:
        parts.append(f"{run.rows_seen / run.seconds:,.0f} rows/s")
    if run.fraction > 0:
        parts.append(f"{seconds_text(run.seconds * (1 - run.fraction) / run.fraction)} left")
    return "  ".join(parts)


class ProgressLine(Callback):
    """Redraw one line of a terminal at most ten times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = 0.0
        self._length = 0

    def on_step_end(self, run: Run[Any]) -> None:
        if self.is_due:
            self.draw(progress_text(run))

    def on_divergence(self, run: Run[Any]) -> None:
        self.finish(f"{progress_text(run)}  diverged")

    def on_fit_end(self, run: Run[Any]) -> None:
        self.finish(f"{progress_text(run)}  {run.history.stop_reason}")

    @property
    def is_due(self) -> bool:
        """Whether the line was last drawn so long ago that it may be drawn again."""
        return time.perf_counter() - self._drawn >= _REDRAW_SECONDS

    def draw(self, text: str) -> None:
        """Show ``text`` instead of what is there."""
        self._drawn = time.perf_counter()
        text = text[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + text.ljust(self._length))
        self._stream.flush()
        self._length = len(text)

    def finish(self, text: str) -> None:
        """Show ``text`` and leave it there."""
        self.draw(text)
        self._stream.write("\n")
        self._stream.flush()


class _NotebookLine(ProgressLine):
    """The same line in a cell's output, updated in place."""

    def __init__(self, display: Any) -> None:
        super().__init__(sys.stderr)
        self._handle = display({"text/plain": ""}, raw=True, display_id=True)

    def draw(self, text: str) -> None:
        self._drawn = time.perf_counter()
        self._handle.update({"text/plain": text}, raw=True)

    def finish(self, text: str) -> None:
        self.draw(text)


def in_notebook() -> bool:
    """Return whether the program runs in a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def make_progress(progress: bool | None) -> ProgressLine | None:
    """Return the progress display; None shows it on a terminal or in a notebook only."""
    if progress is False:
        return None
    if in_notebook():
        from IPython.display import display

        return _NotebookLine(display)
    if sys.stderr is None:  # a program without a console
        return None
    return ProgressLine(sys.stderr) if progress or sys.stderr.isatty() else None
