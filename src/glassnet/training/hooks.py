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
``on_interrupt``     when a second Ctrl-C ends the training, before an epoch that is under way is recorded
``on_divergence``    when loss or weights are no longer finite, before the last finite weights are put back
``on_fit_done``      after the last epoch, when the weights that ``fit`` leaves are in place
``on_fit_end``       after that, if no exception ended the training
===================  =================================================================================================

Each hook is called on every object in turn: pacing of BLAS threads, early stopping, the user's callbacks, the progress
line, limits (time, Ctrl-C), checkpoints. So a checkpoint holds what callbacks changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

__all__ = ["HOOKS", "HookCalls", "Hooks"]


class Hooks(Protocol):
    """What the loop calls, see above; `glassnet.training.Callback` is the class to derive from."""

    def on_fit_begin(self, run: Any) -> None: ...
    def on_epoch_begin(self, run: Any) -> None: ...
    def on_step_end(self, run: Any) -> None: ...
    def on_epoch_cut(self, run: Any) -> None: ...
    def on_epoch_end(self, run: Any) -> None: ...
    def on_epoch_done(self, run: Any) -> None: ...
    def on_interrupt(self, run: Any) -> None: ...
    def on_divergence(self, run: Any) -> None: ...
    def on_fit_done(self, run: Any) -> None: ...
    def on_fit_end(self, run: Any) -> None: ...


HOOKS = tuple(name for name in vars(Hooks) if name.startswith("on_"))


class HookCalls(dict[str, list[Callable[[Any], None]]]):
    """For each hook the methods that do something, in order; calling it with a hook's name calls them.

    A method with the attribute ``does_nothing`` is left out: one call a step is a hundredth of a small network's step.
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
