"""What the training loop calls, and when: the seams for all that happens beside the mathematics of a step.

In the order of a training:

===================  =================================================================================================
hook                 when
===================  =================================================================================================
``on_fit_begin``     before the first step
``on_epoch_begin``   before the first step of an epoch
``on_step_end``      after each update of the parameters
``on_epoch_cut``     before an epoch that ends early is recorded: its rest is known here only
``on_epoch_end``     after an epoch was recorded, with the weights that are evaluated (averaged ones, if there are)
``on_epoch_done``    after that, with the weights that training goes on from
``on_divergence``    when loss or weights are no longer finite, before the last finite weights are put back
``on_fit_done``      after the last epoch, when the weights that ``fit`` leaves are in place
``on_fit_end``       after that, if no exception ended the training
===================  =================================================================================================

Each hook is called on every object in turn: pacing of BLAS threads, early stopping, the user's callbacks, the progress
line, limits (time, Ctrl-C), checkpoints. So a checkpoint holds what callbacks changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

__all__ = ["HOOKS", "HookCalls", "Hooks", "does_nothing"]

HOOKS = (
    "on_fit_begin",
    "on_epoch_begin",
    "on_step_end",
    "on_epoch_cut",
    "on_epoch_end",
    "on_epoch_done",
    "on_divergence",
    "on_fit_done",
    "on_fit_end",
)


class Hooks(Protocol):
    """What the loop calls; `glassnet.training.Callback` is the class to derive from."""

    def on_fit_begin(self, run: Any) -> None:
        """Act before the first step."""

    def on_epoch_begin(self, run: Any) -> None:
        """Act before the first step of an epoch."""

    def on_step_end(self, run: Any) -> None:
        """Act after each update."""

    def on_epoch_cut(self, run: Any) -> None:
        """Act before an epoch that ends early is recorded."""

    def on_epoch_end(self, run: Any) -> None:
        """Act after an epoch was recorded."""

    def on_epoch_done(self, run: Any) -> None:
        """Act with the weights that training goes on from."""

    def on_divergence(self, run: Any) -> None:
        """Act when loss or weights are no longer finite."""

    def on_fit_done(self, run: Any) -> None:
        """Act when the weights that ``fit`` leaves are in place."""

    def on_fit_end(self, run: Any) -> None:
        """Act after that."""


_F = TypeVar("_F", bound=Callable[..., None])


def does_nothing(method: _F) -> _F:
    """Mark a hook that need not be called: one call a step is a hundredth of a small network's step."""
    method.does_nothing = True  # type: ignore[attr-defined]
    return method


class HookCalls(dict[str, list[Callable[[Any], None]]]):
    """For each hook the methods that do something, in order; calling it with a hook's name calls them.

    Parameters
    ----------
    hooks : iterable of Hooks
        In their order.
    """

    def __init__(self, hooks: Iterable[Hooks]) -> None:
        given = list(hooks)
        for name in HOOKS:
            methods = [getattr(each, name) for each in given]
            self[name] = [method for method in methods if not getattr(method, "does_nothing", False)]

    def __call__(self, name: str, run: Any) -> None:
        """Call all methods of one hook with the run."""
        for method in self[name]:
            method(run)
