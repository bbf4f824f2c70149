"""``stepwise``: a run of `fit` that is taken step by step, changed on the way, and gone back in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self, TypeVar, Unpack

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.one_fit import one_fit_at_a_time
from glassnet.errors import ConfigError
from glassnet.training.changes import Changes, RunSettings
from glassnet.training.fitting import Setup, check_monitors, set_up
from glassnet.training.hooks import Hooks
from glassnet.training.loop import Run
from glassnet.training.options import FIT_DEFAULTS, FitOptions, StepOptions, check_fit_options
from glassnet.training.run_snapshot import RunSnapshot
from glassnet.training.step import TrainingStep
from glassnet.training.threads.blas import BlasLimit, blas_threads
from glassnet.training.threads.pace import Pace, pacing
from glassnet.utils.checks import MOST_STEPS, check_integer

__all__ = ["SteppedRun", "step_network"]

N = TypeVar("N", bound=BaseNetwork)


class SteppedRun(Run[N]):
    """A run that takes steps one call at a time; `glassnet.Network.stepwise` makes one.

    Between two steps the network may be used as always, settings may be changed, and one may go back to any `snapshot`.
    From the first step until `close` nobody else may fit the network.

    Parameters
    ----------
    network : Network
        What is trained.
    setup : Setup
        Checked data and options, as `fit` has them.
    given : FitOptions
        The options as they were given.
    epochs : int
        How many epochs there will be when the run ends.
    make_step : callable, optional
        Makes what takes the steps.

    Attributes
    ----------
    total_steps : int
        Steps done, over all calls of ``fit`` and ``stepwise``.
    batch_loss : float
        Loss of the last step's batch, with penalties, before its update; NaN before the first, and with members.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).standard_normal((64, 2))
    >>> layers = [gn.Dense(8, "tanh"), gn.Dense(1)]
    >>> net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.SGD(0.1), seed=0)
    >>> run = net.stepwise(X, X[:, 0] * X[:, 1] > 0, batch_size=16)
    >>> run.advance(10)
    10
    >>> tenth = run.snapshot()
    >>> run.change(learning_rate=0.5)
    >>> run.advance(10), run.total_steps, run.epoch
    (10, 20, 5)
    >>> run.restore(tenth)
    >>> run.total_steps, net.optimizer.learning_rate
    (10, 0.1)
    >>> run.close()
    """

    def __init__(
        self,
        network: N,
        setup: Setup,
        given: FitOptions,
        epochs: int,
        make_step: Callable[..., TrainingStep] = TrainingStep,
    ) -> None:
        threads = None if network._run is None else network._run.history.threads
        self._threads, self._given, self._stopper = threads or 1, given, setup.stopper
        hooks: Sequence[Hooks | None] = [pacing(Pace(BlasLimit(self._threads), 1)), setup.stopper, *setup.users]
        kept: dict[str, Any] = {"validation": setup.validation, "metrics": setup.metrics, "make_step": make_step}
        super().__init__(network, setup.batches, epochs, callbacks=[hook for hook in hooks if hook is not None], **kept)
        self.training_scores = setup.training_scores
        self.history.notes += [setup.note] if setup.note and setup.note not in self.history.notes else []
        self._iterator: Iterator[Run[N]] | None = None
        self._has_begun = self._is_over = False

    @property
    def batch_loss(self) -> float:
        return self.take_step.batch_loss

    def advance(self, n: int = 1, each: Callable[[Self], object] | None = None) -> int:
        """Take ``n`` steps, or as many as are left, and return how many were taken.

        After the last step of an epoch that epoch has been recorded and evaluated.

        Parameters
        ----------
        n : int, default=1
            How many steps.
        each : callable, optional
            Called with the run after each step.

        Raises
        ------
        DivergenceError
            The loss or a weight became NaN or infinite. The run is over, with the last weights whose loss was finite;
            `restore` takes it back to where it can go on.
        """
        n, taken = check_integer("Run.advance", "n", n, 0), 0
        if self._is_over:
            return 0
        with blas_threads(self._threads):
            if self._iterator is None:
                self._iterator = self.steps()
            try:
                while taken < n and next(self._iterator, None) is not None:
                    taken += 1
                    if each is not None:
                        each(self)
            except BaseException:
                self.close()
                raise
        if taken < n:
            self.close()
        return taken

    def close(self) -> None:
        """End the run: the network is free for another, with the weights to use in it; again has no effect."""
        iterator: Any = self._iterator
        self._iterator, self._is_over = None, True
        if iterator is not None:
            iterator.close()

    def change(self, **changes: Unpack[Changes]) -> None:
        """Change settings from the next step on; an error changes nothing.

        Moments of an optimizer go on under another learning rate or other settings of it, and start anew where it is
        replaced by one of another class. Another batch size ends the epoch that is under way, which counts as far as
        it went: the next step begins the next one.

        Parameters
        ----------
        learning_rate : float or Schedule, optional
            Of the optimizer.
        optimizer : str or Optimizer, optional
            As of `glassnet.Network`.
        loss : str or Loss, optional
            One for the same targets and as many outputs.
        l1, l2 : float, optional
            As of `glassnet.Network`.
        max_norm : float or None, optional
            As of `glassnet.Network`.
        batch_size : int, optional
            As of ``fit``; for arrays.
        layers : dict of str to dict, optional
            By name of the layer, other arguments, of its constructor or of `Layer.tuned`, that leave the shapes of its
            parameters: ``{"dropout_1": {"rate": 0.5}, "dense_1": {"trainable": False}}``.

        Raises
        ------
        GlassnetError
            There is no such setting, or it would need other parameters.
        """
        before = RunSettings.of(self)
        after = before.changed(self.network, changes, self._given["metrics"])
        if "batch_size" in changes and self._has_begun and self.step:
            self._call("on_epoch_cut", self)
            self._close_epoch()
        self._use(after)
        try:
            watched = None if after.validation is None else after.metrics
            of_training = getattr(after.training_scores, "metrics", ())
            check_monitors(self.network, watched, self._given["early_stopping"], of_training)
        except Exception:
            self._use(before)
            raise

    def snapshot(self, *, history: bool = True) -> RunSnapshot:
        return dataclasses.replace(super().snapshot(history=history), settings=RunSettings.of(self))

    def restore(self, snapshot: RunSnapshot) -> None:
        """Go back to a ``snapshot`` of this run, with the settings of then: the same steps follow, with the same bits.

        A run that had ended, or whose loss was no longer finite, goes on from there.

        Parameters
        ----------
        snapshot : RunSnapshot
            What `snapshot` of this run returned.

        Raises
        ------
        ConfigError
            It is no snapshot, or one of a network with other parameters.
        """
        if not isinstance(snapshot, RunSnapshot) or snapshot.params.shape != self.network.params.shape:
            is_other = isinstance(snapshot, RunSnapshot)
            got = "that of another network" if is_other else f"of type {type(snapshot).__name__}"
            message = f"Run.restore: snapshot is {got}; it must be one of this run. Take it with run.snapshot()."
            raise ConfigError(message, got=got)
        if not self._has_begun:
            self._begin()
        settings: RunSettings | None = snapshot.settings
        if settings is not None and settings.differ(RunSettings.of(self)):
            self._use(settings)
        super().restore(snapshot)
        self.state.return_to_last(self.network)
        self._is_over, self._stop_reason, self.take_step.stop_asked = False, "", False
        if self._stopper is not None and self.state.stopping is None:
            self._stopper.on_fit_begin(self)

    def _use(self, settings: RunSettings) -> None:
        settings.put_into(self)
        self._was_restored = True  # for the batches to come from the new ones

    def _begin(self) -> None:
        """Begin as `fit` does, but only once: a run that was put back after its end goes on in its epoch."""
        if not self._has_begun:
            super()._begin()
            self._has_begun = True


def step_network(
    network: N,
    X: Any,
    y: Any = None,
    *,
    epochs: int | None = None,
    make_step: Callable[..., TrainingStep] = TrainingStep,
    **options: Unpack[StepOptions],
) -> SteppedRun[N]:
    """Return a run that trains a network step by step; `glassnet.Network.stepwise` explains everything.

    Parameters
    ----------
    network : BaseNetwork
        What to train; it is built for X if it is new.
    X, y, epochs, **options
        As of `glassnet.Network.stepwise`.
    make_step : callable, default=TrainingStep
        Makes what takes the steps.
    """
    target = MOST_STEPS if epochs is None else check_integer("stepwise", "epochs", epochs, 1)
    check_fit_options("stepwise", options, StepOptions)
    given: FitOptions = {**FIT_DEFAULTS, **options, "deterministic": True}
    with one_fit_at_a_time([network], "stepwise"):
        return SteppedRun(network, set_up(network, X, y, target, given), given, target, make_step)
