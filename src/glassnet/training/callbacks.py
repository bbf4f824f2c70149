"""The base class of callbacks: called before, during and after training, and able to stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from glassnet.errors import ConfigError
from glassnet.training.hooks import HOOKS
from glassnet.training.loop import Run
from glassnet.utils.keywords import AdvisesOnNames

__all__ = ["Callback", "as_callbacks"]


# What is a callback in other libraries, and an argument of `fit` of its own here.
_ARGUMENTS = {"Checkpoint": "checkpoint", "EarlyStopping": "early_stopping"}


class Callback(AdvisesOnNames):
    """Base of all callbacks; override what you need.

    A callback may read everything (``run.network``, ``run.history``, ``run.epoch``, ``run.seconds``) and end the run
    with ``run.stop("why")``. Annotate ``run: glassnet.training.Run[glassnet.Network]`` for a type checker.

    Attributes
    ----------
    measures_columns : bool, default=False
        Whether to have ``run.batches.extremes``, the least and greatest value of each column, measured while X is
        checked; None where X is small, divided, or read when it is needed.
    """

    measures_columns = False

    def on_fit_begin(self, run: Run[Any]) -> None:
        """Act on ``run`` before the first step of a fit."""

    def on_epoch_begin(self, run: Run[Any]) -> None:
        """Act on ``run`` before the first step of an epoch."""

    def on_step_end(self, run: Run[Any]) -> None:
        """Act on ``run`` after each update of the parameters."""

    def on_epoch_cut(self, run: Run[Any]) -> None:
        """Act on ``run`` before an epoch that ends early, by time, Ctrl-C or ``run.stop``, is recorded."""

    def on_epoch_end(self, run: Run[Any]) -> None:
        """Act on ``run`` after an epoch was recorded in ``run.history``."""

    def on_epoch_done(self, run: Run[Any]) -> None:
        """Act on ``run`` after `on_epoch_end`, with the weights that training goes on from, not averaged ones."""

    def on_interrupt(self, run: Run[Any]) -> None:
        """Act on ``run`` when a second Ctrl-C ends it, before an epoch that is under way is recorded."""

    def on_divergence(self, run: Run[Any]) -> None:
        """Act on ``run`` when loss or weights are no longer finite, before the last good weights are put back."""

    def on_fit_done(self, run: Run[Any]) -> None:
        """Act on ``run`` when the weights that ``fit`` leaves are in place, before any `on_fit_end`."""

    def on_fit_end(self, run: Run[Any]) -> None:
        """Act on ``run`` after the last epoch, with the weights that ``fit`` leaves in place."""


for _name in HOOKS:  # the methods of this class; those that override them are called
    vars(Callback)[_name].does_nothing = True


class _AtEpochEnd(Callback):
    """A plain function, called with the run after each epoch."""

    def __init__(self, function: Callable[[Run[Any]], object]) -> None:
        self._function = function

    def on_epoch_end(self, run: Run[Any]) -> None:
        self._function(run)


def as_callbacks(
    values: Callback | Callable[[Run[Any]], object] | Iterable[Callback | Callable[[Run[Any]], object]] | None,
) -> list[Callback]:
    """Return callbacks: a plain function is called after each epoch, one alone is a list of one, None an empty list."""
    if values is None:
        return []
    found: list[Callback] = []
    single = isinstance(values, Callback) or not isinstance(values, Iterable)
    for value in [values] if single else values:  # type: ignore[union-attr]  # not single: iterable
        if isinstance(value, Callback):
            found.append(value)
        elif callable(value) and not isinstance(value, type):
            found.append(_AtEpochEnd(value))
        else:
            kind = value.__name__ if isinstance(value, type) else type(value).__name__
            advice = f"Write {kind}(...)." if isinstance(value, type) else ""
            if kind in _ARGUMENTS:
                advice = f"Pass it as {_ARGUMENTS[kind]}={kind}(...)."
            message = f"fit: callbacks has {value!r}; they must be Callback objects or functions. {advice}".rstrip()
            raise ConfigError(message, got=value)
    return found
