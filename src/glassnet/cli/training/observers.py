"""What may look on while a command works, and end it."""

from __future__ import annotations

from typing import Any

from glassnet.cli.interrupts import Ear
from glassnet.training import Callback, Run

__all__ = ["StopOnCtrlC", "Watcher"]


class Watcher:
    """Is told what a command is doing; this one does nothing about it."""

    def phase(self, doing: str) -> None:
        """Take note of what begins now, such as ``"reading data.csv"``."""

    def facts(self, facts: dict[str, Any]) -> None:
        """Take note of what became known, such as ``{"task": "regression"}``."""

    def callbacks(self, model: str) -> list[Callback]:
        """Return the callbacks for the training of ``model``, ``"linear"`` or ``"network"``."""
        return []


class StopOnCtrlC(Callback):
    """Ends a run after the step in which Ctrl-C was pressed, and every later one before its first.

    Parameters
    ----------
    ear : Ear
        What hears it.
    """

    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def on_fit_begin(self, run: Run[Any]) -> None:
        self.on_step_end(run)

    def on_step_end(self, run: Run[Any]) -> None:
        if self._ear.asked:
            run.stop("interrupted")
