"""Checks of the loss: whether the targets are classes and the loss is one for numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.checks.shares import left_to_learn
from glassnet.diagnosis.remedies.rebuilding import with_class_units, with_classifying_loss
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.remedies.trials import WRONG_ANSWERS, Attempt, Measure
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Dense
from glassnet.losses import AbsoluteError, BinaryCrossEntropy, Huber, SoftmaxCrossEntropy, SquaredError

__all__ = ["check_loss"]

_MOST_CODES, _FEWEST_OF_EACH = 20, 5
_LEFT = 0.2  # of the loss: numbers that are learned as such are numbers
_STEPS = 200


def check_loss(case: Case) -> Iterator[Suspicion]:
    """Report a loss for numbers on targets that are only 0 and 1, or that are numbers of classes."""
    y = case.sample[1]
    if not isinstance(case.loss, (SquaredError, AbsoluteError, Huber)) or len(y) < 2:
        return
    if case.is_trained and left_to_learn(case) < _LEFT:
        return
    if y.min() == 0.0 and y.max() == 1.0 and ((y == 0.0) | (y == 1.0)).all():
        yield _of_bits(case, y)
    elif y.shape[1] == 1 and y.min() == 0.0 and 2.0 <= y.max() < _MOST_CODES and (y == np.rint(y)).all():
        yield from _of_codes(case, y[:, 0].astype(np.int64))


def _of_bits(case: Case, y: np.ndarray) -> Suspicion:
    """Return the suspicion that 0 and 1 stand for classes."""
    measured, loss = f"All targets are 0 or 1, and the loss is {case.loss.name}.", "binary_cross_entropy"
    details: dict[str, Any] = {"epoch": 0}
    if y.shape[1] > 1 and (y.sum(axis=1) == 1.0).all():
        measured = f"One target of each row is 1 and the others are 0, and the loss is {case.loss.name}."
        loss = "cross_entropy"
        details["advice"] = "Use loss='cross_entropy', which takes such rows, and class numbers too."
    kind = SoftmaxCrossEntropy if loss == "cross_entropy" else BinaryCrossEntropy
    change = partial(with_classifying_loss, loss=kind())
    remedy = Attempt(f"loss='{loss}' and a linear last layer", change, measure=WRONG_ANSWERS, steps=_STEPS)
    return suspect("loss-does-not-fit", measured, remedy, **details)


def _of_codes(case: Case, codes: np.ndarray) -> Iterator[Suspicion]:
    """Report whole numbers from 0 to k - 1 that are better answered as classes than as numbers.

    Counts and grades are whole numbers too. Their mean is the best answer by squares: a classifier comes nearer only
    where the order of the numbers means nothing.
    """
    counts = np.bincount(codes)
    ends_in_units = isinstance(case.original.layers[-1], Dense)
    if counts.min() < _FEWEST_OF_EACH or not ends_in_units:
        return
    k = len(counts)
    measured = f"All targets are whole numbers from 0 to {k - 1}, and the loss is {case.loss.name}: "
    measured += "as numbers, class 2 lies between 1 and 3."
    change = partial(with_class_units, k=k)
    remedy = Attempt(f"{k} units and loss='cross_entropy'", change, targets=_as_codes, measure=_DISTANCE, steps=_STEPS)
    advice = "If they are numbers of classes, give the last layer one unit per class and use loss='cross_entropy'."
    yield suspect("loss-does-not-fit", measured, remedy, always=True, epoch=0, advice=advice)


def _as_codes(y: np.ndarray) -> np.ndarray:
    """Return targets of one column as the numbers of classes."""
    return np.rint(y[:, 0]).astype(np.int64) if y.ndim == 2 else y


def _distance(network: BaseNetwork, data: Data) -> float:
    """Return the mean square between the class that is answered and the true one."""
    Z, y = network._logits(data[0]), _as_codes(data[1])
    found = Z.argmax(axis=1) if Z.shape[1] > 1 else np.rint(Z[:, 0])
    return float(((found - y) ** 2).mean())


_DISTANCE = Measure("mean square from the true number to the predicted one", _distance)
