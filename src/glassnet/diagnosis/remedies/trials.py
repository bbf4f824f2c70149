"""Remedies, tried on the spot: a copy of the network with one thing changed takes a few steps on the same rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.baselines import constant_logits
from glassnet.diagnosis.case import Case, Data, mean_loss
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import DivergenceError, GlassnetError
from glassnet.layers.tree import every_layer
from glassnet.losses import AbsoluteError, GaussianNLL, Huber, Quantile, SquaredError
from glassnet.training import Callback, Run
from glassnet.training.batches import ArrayBatches

__all__ = [
    "LOSS",
    "ON_NUMBERS",
    "SHARE_OF_CONSTANT",
    "STEPS",
    "WRONG_ANSWERS",
    "Attempt",
    "Measure",
    "Outcome",
    "Trials",
    "scale_rate",
    "standardised",
    "without_penalties",
]

STEPS = 50
_BETTER = 0.9  # what helps leaves at most this share of what is left without it

Change = Callable[[BaseNetwork], BaseNetwork | None]
"""Changes a copy of the network, or returns another network."""

Edit = Callable[[np.ndarray], np.ndarray]
"""Changes inputs or targets, or makes weights of targets."""


class Measure(NamedTuple):
    """What is measured before and after a trial, as text and as a function; less is better."""

    name: str
    compute: Callable[[BaseNetwork, Data], float]


def _loss(network: BaseNetwork, data: Data) -> float:
    return mean_loss(network, network.logits(data[0]), data)


def _share_of_constant(network: BaseNetwork, data: Data) -> float:
    constant = constant_logits(network.loss, data[1], data[2], network.n_outputs)
    if constant is None:
        return math.nan
    Z = np.tile(constant.astype(network.dtype), (len(data[0]), 1))
    return _loss(network, data) / mean_loss(network, Z, data)


def _wrong_answers(network: BaseNetwork, data: Data) -> float:
    return float(((network.loss.link(network.logits(data[0])) > 0.5) != (data[1] > 0.5)).mean())


ON_NUMBERS = (AbsoluteError, GaussianNLL, Huber, Quantile, SquaredError)
"""Losses whose targets may be scaled."""

LOSS = Measure("loss", _loss)
SHARE_OF_CONSTANT = Measure("loss, as a share of that of the best constant answer,", _share_of_constant)
WRONG_ANSWERS = Measure("share of wrong answers", _wrong_answers)


class Outcome(NamedTuple):
    """What a trial showed: a measure before and after it, and after the same steps with nothing changed."""

    change: str
    steps: int
    before: float
    after: float
    unchanged: float
    measure: str = "loss"

    @property
    def helped(self) -> bool:
        """Whether the change made a clear difference."""
        if not math.isfinite(self.after):
            return False
        return self.after < self.before and (not math.isfinite(self.unchanged) or self.after < _BETTER * self.unchanged)

    @property
    def text(self) -> str:
        """What was tried and what came out, as part of a sentence."""
        path = f"from {_shown(self.before)} to {_shown(self.after)}"
        kept = f"to {_shown(self.unchanged)}"
        return f"with {self.change}, {self.steps} steps bring the {self.measure} {path}; as it is they bring it {kept}."

    @property
    def evidence(self) -> dict[str, Any]:
        """The numbers, as plain data."""
        return self._asdict()


class Attempt(NamedTuple):
    """One thing to try: a change of the network, of the data, or of the weights of rows."""

    change: str  # as part of a sentence
    act: Change | None = None
    inputs: Edit | None = None
    targets: Edit | None = None
    weights: Edit | None = None  # returns weights of rows, given the targets
    measure: Measure = LOSS
    steps: int = STEPS
    from_now: bool = False  # whether to begin with the weights as they are now, not with those of the start


class Trials:
    """Trains copies of a network for a few steps.

    Parameters
    ----------
    case : Case
        Whose network, rows and batch size.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._unchanged: dict[tuple[int, bool, str], float] = {}

    def make(self, attempt: Attempt) -> Outcome | None:
        """Return what a change achieves; None if the network cannot be changed so."""
        X, y, weight = self._case.sample
        inputs, targets, measure = attempt.inputs, attempt.targets, attempt.measure
        if attempt.weights is not None:
            weight = attempt.weights(y)
        data = _edited((X, y, weight), inputs, targets)
        rows = _edited(self._case.evaluation_rows, inputs, targets)
        network = self._copy(attempt.from_now)
        if attempt.act is not None:
            try:
                network = attempt.act(network) or network
            except GlassnetError:
                return None
        before, after = self._measured(network, data, rows, attempt.steps, measure)
        unchanged = self._without_change(attempt.steps, attempt.from_now, measure)
        return Outcome(attempt.change, attempt.steps, before, after, unchanged, measure.name)

    def _without_change(self, steps: int, from_now: bool, measure: Measure) -> float:
        """Return what the same steps lead to with nothing changed."""
        key = steps, from_now, measure.name
        if key not in self._unchanged:
            network, case = self._copy(from_now), self._case
            self._unchanged[key] = self._measured(network, case.sample, case.evaluation_rows, steps, measure)[1]
        return self._unchanged[key]

    def _copy(self, from_now: bool) -> BaseNetwork:
        network = self._case.original.untrained()
        if not from_now:
            network.params[...], network.stats[...] = self._case.start
        if network.optimizer.schedule.monitors():  # what it monitors is not measured here
            network.optimizer.learning_rate = self._case.rate
        return network

    def _measured(
        self, network: BaseNetwork, data: Data, rows: Data, steps: int, measure: Measure
    ) -> tuple[float, float]:
        """Return what is measured on ``rows`` before and after some steps, infinity if they diverged."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            before = measure.compute(network, rows)
            after = math.inf if self.trained(network, steps, data) is None else measure.compute(network, rows)
        return before, after if math.isfinite(after) else math.inf

    def trained(self, network: BaseNetwork, steps: int, data: Data | None = None) -> BaseNetwork | None:
        """Return the network after some steps on the sample, or on other ``data``; None if it diverged.

        Parameters
        ----------
        network : BaseNetwork
            A copy: it is trained.
        steps : int
        data : tuple, optional
        """
        X, y, weight = self._case.sample if data is None else data
        batches = ArrayBatches(
            X, y, weight, batch_size=self._case.batch_size, shuffle=True, streams=network.streams, members=None
        )
        try:
            Run(network, batches, -(-steps // (batches.n_batches or 1)), callbacks=[_StopAfter(steps)]).loop()
        except DivergenceError:
            return None
        return network


def _edited(data: Data, inputs: Edit | None, targets: Edit | None) -> Data:
    """Return data that were changed."""
    X, y, weight = data
    return X if inputs is None else inputs(X), y if targets is None else targets(y), weight


class _StopAfter(Callback):
    """Ends a run after some steps."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def on_step_end(self, run: Run[Any]) -> None:
        self._left -= 1
        if not self._left:
            run.stop("enough steps")


def scale_rate(factor: float) -> Change:
    """Return the change that multiplies the learning rate of every layer, whatever its schedule."""

    def act(network: BaseNetwork) -> None:
        for layer in every_layer(network.layers):
            layer.rate_factor *= factor

    return act


def standardised(means: np.ndarray, spreads: np.ndarray) -> Edit:
    """Return the function that scales columns to mean 0 and spread 1."""
    divisors = np.where(spreads > 0.0, spreads, 1.0)

    def scale(X: np.ndarray) -> np.ndarray:
        flat: np.ndarray = (X.reshape(len(X), -1) - means) / divisors
        return flat.astype(X.dtype).reshape(X.shape)

    return scale


def without_penalties(network: BaseNetwork) -> None:
    """Set all penalties and the weight decay of a network to 0."""
    network.l1 = network.l2 = 0.0
    network.max_norm = None
    if network.optimizer.decays:
        network.optimizer.weight_decay = 0.0  # type: ignore[attr-defined]  # of those that decay


def _shown(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "something that is not finite"
