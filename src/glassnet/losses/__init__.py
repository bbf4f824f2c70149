"""Losses on logits: value and gradient in one pass, as sums over the batch.

The loss of a batch is ``sum(w * l) / sum(w)`` over its rows. A loss returns the sum in the numerator and the gradient
of that sum; the network divides both once, at the end, by the sum of the weights.

What each is for, by name:

* ``"squared_error"``: numbers; predicts means.
* ``"absolute_error"``: numbers; predicts medians.
* ``"huber"``: numbers with outliers; predicts between mean and median.
* ``"poisson"``: counts, and amounts that are never negative; predicts rates.
* ``"quantile"``: numbers; predicts one quantile per level.
* ``"gaussian_nll"``: numbers; predicts a mean and a variance for each.
* ``"binary_cross_entropy"``: 0 and 1, each column a label of its own; predicts the probability of 1.
* ``"cross_entropy"``: one of several classes, as codes or as probabilities; predicts a probability per class.
* ``"binary_focal_cross_entropy"``: as ``"binary_cross_entropy"``, when one answer is rare.
* ``"focal_cross_entropy"``: as ``"cross_entropy"``, when some classes are rare.

An `EnsembleLoss` averages one of these over the copies of an ensemble inside one network.

A loss of your own is a `CustomLoss`, or a subclass of `Loss` if it is to be as fast as these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.losses.base import Loss, MetricChoice
from glassnet.losses.classification import BinaryCrossEntropy, SoftmaxCrossEntropy
from glassnet.losses.custom import CustomLoss
from glassnet.losses.distribution import GaussianNLL, Poisson, Quantile
from glassnet.losses.ensemble import EnsembleLoss
from glassnet.losses.focal import BinaryFocalCrossEntropy, SoftmaxFocalCrossEntropy
from glassnet.losses.registry import LOSSES, as_loss
from glassnet.losses.regression import AbsoluteError, Huber, SquaredError
from glassnet.utils.keywords import unknown_name

__all__ = [
    "LOSSES", "AbsoluteError", "BinaryCrossEntropy", "BinaryFocalCrossEntropy", "CustomLoss", "EnsembleLoss",
    "GaussianNLL", "Huber", "Loss", "MetricChoice", "Poisson", "Quantile", "SoftmaxCrossEntropy",
    "SoftmaxFocalCrossEntropy", "SquaredError", "as_loss",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
