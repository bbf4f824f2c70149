"""What may look on, and say stop, while a network trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from glassnet.errors import ConfigError

if TYPE_CHECKING:
    from glassnet.training.loop import Run

__all__ = ["Callback", "as_callbacks"]


class Callback:
    """Base of all callbacks; override what you need.

    A callback may read everything (``run.network``, ``run.history``, ``run.epoch``, ``run.seconds``) and end the run
    with ``run.stop("why")``.
    """

    def on_fit_begin(self, run: Run) -> None:
        """Act on ``run`` before the first step of a fit."""

    def on_epoch_begin(self, run: Run) -> None:
        """Act on ``run`` before the first step of an epoch."""

    def on_step_end(self, run: Run) -> None:
        """Act on ``run`` after each update of the parameters."""

    def on_epoch_end(self, run: Run) -> None:
        """Act on ``run`` after an epoch was recorded in ``run.history``."""

    def on_divergence(self, run: Run) -> None:
        """Act on ``run`` when loss or weights are no longer finite, before the last good weights are put back."""

    def on_fit_end(self, run: Run) -> None:
        """Act on ``run`` after the last epoch, with the weights that ``fit`` leaves in place."""


class _AtEpochEnd(Callback):
    """A plain function, called with the run after each epoch."""

    def __init__(self, function: Callable[[Run], object]) -> None:
        self.on_epoch_end = function  # type: ignore[assignment, method-assign]


def as_callbacks(
    values: Callback | Callable[[Run], object] | Iterable[Callback | Callable[[Run], object]],
) -> list[Callback]:
    """Return callbacks; a plain function becomes one that is called after each epoch, a single one a list of one."""
    found: list[Callback] = []
    single = isinstance(values, Callback) or not isinstance(values, Iterable)
    for value in [values] if single else values:  # type: ignore[union-attr]  # not single: iterable
        if isinstance(value, Callback):
            found.append(value)
        elif callable(value) and not isinstance(value, type):
            found.append(_AtEpochEnd(value))
        else:
            message = f"fit: callbacks must be Callback objects or functions, got {value!r}."
            raise ConfigError(message, got=value)
    return found
