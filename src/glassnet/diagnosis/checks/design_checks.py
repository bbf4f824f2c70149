"""Checks of the design of a network, whatever its weights are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.rebuilding import (
    is_linear,
    with_other_loss,
    with_rectifiers_between,
    without_last_activation,
)
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.remedies.trials import WRONG_ANSWERS, Attempt
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Dense, Layer
from glassnet.losses import AbsoluteError, BinaryCrossEntropy, Huber, SquaredError

__all__ = ["check_linear_layers", "check_loss", "check_output"]

_OUT_OF_REACH = 0.01  # share of the targets

_RANGES = {
    "ReLU": (0.0, np.inf),
    "Softplus": (0.0, np.inf),
    "Sigmoid": (0.0, 1.0),
    "Softmax": (0.0, 1.0),
    "Tanh": (-1.0, 1.0),
    "ELU": (-1.0, np.inf),
}


def check_output(case: Case) -> Iterator[Suspicion]:
    """Report a last layer whose activation cannot give the targets, or not all logits."""
    last = case.copy.layers[-1]
    activation: Layer = last.activation if isinstance(last, Dense) else last
    name = type(activation).__name__
    if name not in _RANGES:
        return
    low, high = _RANGES[name]
    measured = f"The last layer is a {name}, whose outputs lie between {low:g} and {high:g}; "
    where: dict[str, Any] = {"epoch": 0, "layer": case.copy.names[-1]}
    remedy = Attempt("a linear last layer", without_last_activation)
    if case.loss.includes:
        measured += f"{case.loss.name} wants logits, which may be any number."
        yield suspect("output-cannot-reach", measured, remedy, severity="warning", **where)
        return
    if not isinstance(case.loss, (SquaredError, AbsoluteError, Huber)):
        return
    y = case.sample[1]
    share = float(((y < low) | (y > high)).mean())
    if share > _OUT_OF_REACH:
        measured += f"{share:.0%} of the targets lie outside, between {y.min():.4g} and {y.max():.4g}."
        yield suspect("output-cannot-reach", measured, remedy, if_helped=False, evidence={"share": share}, **where)


def check_loss(case: Case) -> Iterator[Suspicion]:
    """Report a loss for numbers on targets that are only 0 and 1."""
    y = case.sample[1]
    if not isinstance(case.loss, (SquaredError, AbsoluteError, Huber)) or len(y) < 2:
        return
    if set(np.unique(y).tolist()) != {0.0, 1.0}:
        return
    measured = f"All targets are 0 or 1, and the loss is {case.loss.name}."
    remedy = Attempt("loss='binary_cross_entropy'", _with_cross_entropy, measure=WRONG_ANSWERS)
    yield suspect("loss-does-not-fit", measured, remedy, epoch=0)


def _with_cross_entropy(network: BaseNetwork) -> BaseNetwork:
    return with_other_loss(network, BinaryCrossEntropy())


def check_linear_layers(case: Case) -> Iterator[Suspicion]:
    """Report the first two linear layers with nothing between them."""
    before: str | None = None
    for name, layer in zip(case.copy.names, case.copy.layers, strict=True):
        linear = is_linear(layer)
        if linear and before is not None:
            measured = f"Nothing but a linear map lies between the input of {before} and the output of {name}."
            remedy = Attempt("'relu' on the linear hidden layers", with_rectifiers_between)
            yield suspect("linear-layers-in-a-row", measured, remedy, epoch=0, layer=before)
            return
        if linear is not None:
            before = name if linear else None
