"""A remedy to try: a change, what is measured of it, and the result."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.baselines import constant_logits
from glassnet.diagnosis.case import Data, mean_loss
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers.tree import every_layer
from glassnet.losses import AbsoluteError, GaussianNLL, Huber, Quantile, SquaredError

__all__ = [
    "ANEW",
    "DRAW_ANEW",
    "LOSS",
    "ON_NUMBERS",
    "SHARE_OF_CONSTANT",
    "STEPS",
    "WRONG_ANSWERS",
    "Attempt",
    "Change",
    "Edit",
    "Measure",
    "Outcome",
    "joined",
    "scale_rate",
    "standardised",
    "without_penalties",
]

STEPS = 50
ANEW = "newly drawn weights, and nothing else changed"
"""The change of an attempt that changes nothing, where it is not known what training began with."""
DRAW_ANEW = "Train again from newly drawn weights: leave out what sets others."
"""What to do where that helps."""

Change = Callable[[BaseNetwork], BaseNetwork | None]
"""Changes a copy of the network, or returns another network."""

Edit = Callable[[np.ndarray], np.ndarray]
"""Changes inputs or targets, or makes weights of targets."""


class Measure(NamedTuple):
    """What is measured of a network, as text and as a function; less is better."""

    name: str
    compute: Callable[[BaseNetwork, Data], float]


def _loss(network: BaseNetwork, data: Data) -> float:
    return mean_loss(network, network._logits(data[0]), data)


def _share_of_constant(network: BaseNetwork, data: Data) -> float:
    constant = constant_logits(network.loss, data[1], data[2], network.n_outputs)
    if constant is None:
        return math.nan
    Z = np.tile(constant.astype(network.dtype), (len(data[0]), 1))
    return _loss(network, data) / mean_loss(network, Z, data)


def _wrong_answers(network: BaseNetwork, data: Data) -> float:
    return float(((network.loss.link(network._logits(data[0])) > 0.5) != (data[1] > 0.5)).mean())


ON_NUMBERS = (AbsoluteError, GaussianNLL, Huber, Quantile, SquaredError)
"""Losses whose targets may be scaled."""

LOSS = Measure("loss", _loss)
SHARE_OF_CONSTANT = Measure("loss, as a share of that of the best constant prediction,", _share_of_constant)
WRONG_ANSWERS = Measure("share of wrong predictions", _wrong_answers)


class Outcome(NamedTuple):
    """What a trial showed, on rows that it was not trained on, beside the network as it is.

    Attributes
    ----------
    change : str
        What was changed.
    steps : int
        Of the trial.
    before, after : float
        What was measured before and after the trial.
    unchanged : float
        The same of the network as the training left it; infinity if that diverged.
    measure : str
        What was measured.
    rows : str
        On which rows.
    needed : float
        What ``after`` must be below to be a help.
    updates : int
        Of the training that led to ``unchanged``.
    settings : dict or None
        What was changed, by the names of a model file and ``batch_size``; empty where that is only the start. None if
        it is more than settings: the data, or parts of the user's own.
    """

    change: str
    steps: int
    before: float
    after: float
    unchanged: float
    measure: str = "loss"
    rows: str = "training rows"
    needed: float = math.inf
    updates: int = 0
    settings: dict[str, Any] | None = None

    @property
    def helped(self) -> bool:
        """Whether the change made a clear difference, one that can be read in the numbers as they are shown."""
        if not math.isfinite(self.after) or shown(self.after) in (shown(self.before), shown(self.unchanged)):
            return False
        return self.after < min(self.needed, self.unchanged)

    @property
    def text(self) -> str:
        """What was tried and what came out, as part of a sentence."""
        start = f"with {self.change.rstrip(',')}, {self.steps} steps "
        path = f"from {shown(self.before)} to {shown(self.after)} on {self.rows}"
        if shown(self.after) in (shown(self.unchanged), shown(self.before)):
            return f"{start}bring no change that shows."
        if not math.isfinite(self.unchanged):
            return f"{start}bring the {self.measure} {path}; as it is, training diverges."
        as_it_is = f"the training as it is, of {self.updates} steps, leaves {shown(self.unchanged)}"
        return f"{start}bring the {self.measure} {path}; {as_it_is}."

    @property
    def evidence(self) -> dict[str, Any]:
        """The numbers, as plain data."""
        return self._asdict()


class Attempt(NamedTuple):
    """One thing to try: a change of the network, of the data, of the weights of rows, or of the batches."""

    change: str  # as part of a sentence
    act: Change | None = None
    inputs: Edit | None = None
    targets: Edit | None = None
    weights: Edit | None = None  # returns weights of rows, given the targets
    measure: Measure = LOSS
    steps: int = STEPS  # at least, where nothing limits them
    from_now: bool = False  # whether to begin with the weights as they are now, not with those of the start
    batch_size: int | None = None
    parts: tuple[str, ...] = ()  # the changes, if there are several


def joined(attempts: list[Attempt]) -> Attempt:
    """Return one attempt that makes all changes at once."""
    changes = [change for attempt in attempts for change in attempt.parts or (attempt.change.rstrip(","),)]
    *most, last = dict.fromkeys(changes)
    acts = [attempt.act for attempt in attempts if attempt.act is not None]
    targets = [attempt.targets for attempt in attempts if attempt.targets is not None]

    def act(network: BaseNetwork) -> BaseNetwork:
        for change in acts:
            network = change(network) or network
        return network

    return Attempt(
        f"{', '.join(most)} and {last}" if most else last,
        act,
        _in_turn([attempt.inputs for attempt in attempts if attempt.inputs is not None]),
        _in_turn(targets),
        next((attempt.weights for attempt in attempts if attempt.weights is not None), None),
        SHARE_OF_CONSTANT if targets else attempts[0].measure,
        max(attempt.steps for attempt in attempts),
        batch_size=next((attempt.batch_size for attempt in attempts if attempt.batch_size), None),
        parts=tuple(changes),
    )


def _in_turn(edits: list[Edit]) -> Edit | None:
    """Return the function that makes all edits, one after the other."""
    if not edits:
        return None

    def edit(array: np.ndarray) -> np.ndarray:
        for one in edits:
            array = one(array)
        return array

    return edit


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


def shown(value: float) -> str:
    """Return a number as messages show it."""
    return f"{value:.3g}" if math.isfinite(value) else "something that is not finite"
