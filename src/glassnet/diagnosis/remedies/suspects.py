"""Possible causes of a network that does not learn, the most likely first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.outputs import output_place
from glassnet.diagnosis.remedies.attempts import ANEW, Attempt, without_penalties
from glassnet.diagnosis.remedies.rate_remedies import higher_rates, lower_rates
from glassnet.diagnosis.remedies.rebuilding import (
    is_one_layer,
    with_hidden_layer,
    with_new_seed,
    with_twice_the_units,
)
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Dense, Dropout
from glassnet.layers.tree import every_layer

__all__ = [
    "HIDDEN_LAYER",
    "STILL",
    "Idea",
    "is_narrow",
    "moved",
    "settings_that_may_hinder",
    "shrunk_to",
    "suspected",
    "without_dropout",
]

HIDDEN_LAYER = "a hidden layer of 16 units"
"""What is tried for a network that has none."""

_STEPS = 100
STILL, _FAR = 0.1, 5.0  # way of the weights from their start, as a share of their size
_PULL = 0.5  # of a penalty, beside the gradient of the data
_SHRUNK = 0.3  # share of the size that weights started with
_MUCH_DROPPED = 0.6
_NARROW = 8
_SMALL = 16


class Idea(NamedTuple):
    """The code of a possible cause, and what would help then."""

    code: str  # empty if it is only that of the suspicions
    attempt: Attempt
    is_pair: bool = False  # whether remedies of suspicions are part of it


def suspected(case: Case) -> tuple[list[Idea], list[Idea]]:
    """Return the causes that the measurements point to, and the others; the mildest remedies first."""
    low = case.knows_start and moved(case) < STILL
    high = not low and _points_to_high_rate(case)
    likely: list[Idea] = []
    others: list[Idea] = []
    network = case.original
    for idea in settings_that_may_hinder(case):
        points = _pulls(case) if idea.code == "penalty-dominates" else _most_dropped(network) >= _MUCH_DROPPED
        (likely if points else others).append(idea)
    if is_one_layer(network):
        likely.insert(0, Idea("too-few-units", Attempt(HIDDEN_LAYER, with_hidden_layer, steps=_STEPS)))
    if not case.knows_start:
        likely.insert(0, Idea("unlucky-start", Attempt(ANEW, steps=_STEPS)))
    seed = Attempt(f"seed={network.seeds[0] + 1}", with_new_seed, steps=_STEPS)
    (likely if _narrowest(network) < _SMALL and not (high or low) else others).append(Idea("unlucky-start", seed))
    if is_narrow(network):
        wider = Attempt("twice the units, at least 8", with_twice_the_units, steps=_STEPS)
        (likely if not (high or low) else others).append(Idea("too-few-units", wider))
    lower = [Idea("rate-too-high", attempt) for attempt in lower_rates(case, steps=_STEPS)]
    higher = [Idea("rate-too-low", attempt) for attempt in higher_rates(case, steps=_STEPS)]
    if high or low:
        likely += lower if high else higher
    else:
        others += [*higher, *lower]
    return likely, others


def settings_that_may_hinder(case: Case) -> list[Idea]:
    """Return penalties and dropout as possible causes, if there are any."""
    network, ideas = case.original, []
    if _has_penalties(network):
        without = Attempt("no penalties and no weight decay", without_penalties, steps=_STEPS)
        ideas.append(Idea("penalty-dominates", without))
    if _most_dropped(network) > 0.0:
        ideas.append(Idea("dropout-too-strong", Attempt("no dropout", without_dropout, steps=_STEPS)))
    return ideas


def _most_dropped(network: BaseNetwork) -> float:
    """Return the highest rate of dropout; 0 if there is none."""
    rates = [layer.rate for layer in every_layer(network.layers) if isinstance(layer, Dropout)]
    return max((float(np.max(np.asarray(rate))) for rate in rates), default=0.0)


def _points_to_high_rate(case: Case) -> bool:
    """Return whether the loss is above its start, or the weights went far from it."""
    if not case.knows_start:
        return not case.now.loss <= case.reference + 0.5 * case.scale
    worse = not case.now.loss <= max(case.at_start.loss, case.reference + 0.1 * case.scale)
    return worse or moved(case) > _FAR


def moved(case: Case) -> float:
    """Return how far the weights went from their start, as a share of their size there."""
    shares = []
    for name, W in case.start_weights.items():
        size = float(np.linalg.norm(W))
        if name.endswith("weight") and size > 0.0:
            shares.append(float(np.linalg.norm(case.weights[name] - W)) / size)
    return float(np.max(shares)) if shares else 1.0


def shrunk_to(case: Case) -> float:
    """Return what is left of the size of the weights: the largest share of all layers."""
    shares = [0.0]
    for name, W in case.start_weights.items():
        size = float(np.linalg.norm(W))
        if name.endswith("weight") and size > 0.0:
            shares.append(float(np.linalg.norm(case.weights[name])) / size)
    return max(shares)


def _has_penalties(network: BaseNetwork) -> bool:
    decay = float(np.max(getattr(network.optimizer, "weight_decay", 0.0) or 0.0))
    return bool(network.l1 or network.l2 or decay or network.max_norm)


def _pulls(case: Case) -> bool:
    """Return whether a penalty outweighs the data at the start, or has made the weights small."""
    network, start = case.original, case.at_start
    decay = float(np.max(getattr(network.optimizer, "weight_decay", 0.0) or 0.0))
    for name, W in start.params.items():
        if not name.endswith("weight") or not W.any():
            continue
        size, slope = float(np.sqrt(np.mean(W**2))), float(np.sqrt(np.mean(start.gradients[name] ** 2)))
        penalty = network.l2 * size + network.l1
        shrunk = float(np.linalg.norm(case.weights[name])) < _SHRUNK * float(np.linalg.norm(W))
        if penalty > _PULL * slope or decay * size > _PULL or shrunk:
            return True
    return False


def is_narrow(network: BaseNetwork) -> bool:
    """Return whether a hidden layer has only a few units, by their number or by that of the answers."""
    return _narrowest(network) < max(_NARROW, min(network.n_outputs // 2, 2 * _NARROW))


def _narrowest(network: BaseNetwork) -> int:
    """Return the number of units of the narrowest hidden layer; a large one if there is none."""
    hidden = network.layers[: output_place(network.layers)]
    return min((layer.units for layer in hidden if isinstance(layer, Dense)), default=1_000)


def without_dropout(network: BaseNetwork) -> None:
    """Set the rate of every `Dropout` to 0."""
    for layer in every_layer(network.layers):
        if isinstance(layer, Dropout):
            layer.rate = 0.0
