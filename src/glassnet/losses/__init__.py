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

from glassnet.errors import ConfigError
from glassnet.losses.base import Loss, MetricChoice
from glassnet.losses.classification import BinaryCrossEntropy, SoftmaxCrossEntropy
from glassnet.losses.custom import CustomLoss
from glassnet.losses.distribution import GaussianNLL, Poisson, Quantile
from glassnet.losses.ensemble import EnsembleLoss
from glassnet.losses.focal import BinaryFocalCrossEntropy, SoftmaxFocalCrossEntropy
from glassnet.losses.regression import AbsoluteError, Huber, SquaredError
from glassnet.utils.checks import check_choice

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "BinaryCrossEntropy",
    "BinaryFocalCrossEntropy",
    "CustomLoss",
    "EnsembleLoss",
    "GaussianNLL",
    "Huber",
    "Loss",
    "MetricChoice",
    "Poisson",
    "Quantile",
    "SoftmaxCrossEntropy",
    "SoftmaxFocalCrossEntropy",
    "SquaredError",
    "as_loss",
]

_ELSEWHERE = {
    "bce": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "binary_focal_crossentropy": "binary_focal_cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "categorical_focal_crossentropy": "focal_cross_entropy",
    "focal": "focal_cross_entropy",
    "focal_loss": "focal_cross_entropy",
    "gaussian_nll_loss": "gaussian_nll",
    "huber_loss": "huber",
    "l1": "absolute_error",
    "log_loss": "cross_entropy",
    "mae": "absolute_error",
    "mean_absolute_error": "absolute_error",
    "mean_squared_error": "squared_error",
    "mse": "squared_error",
    "pinball": "quantile",
    "poisson_nll": "poisson",
    "smooth_l1": "huber",
    "softmax_cross_entropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
}

LOSSES: dict[str, type[Loss]] = {
    loss.name: loss
    for loss in (
        AbsoluteError,
        BinaryCrossEntropy,
        BinaryFocalCrossEntropy,
        GaussianNLL,
        Huber,
        Poisson,
        Quantile,
        SoftmaxCrossEntropy,
        SoftmaxFocalCrossEntropy,
        SquaredError,
    )
}


def as_loss(value: str | Loss) -> Loss:
    """Return the loss of this name, or the loss itself."""
    if isinstance(value, CustomLoss) and value.name in LOSSES:
        must = "the name of a loss of your own must not be one of ours"
        message = f"Network: {must}, got name={value.name!r}. Give it another name."
        raise ConfigError(message, expected=must, got=value.name)
    if isinstance(value, Loss):
        return value
    if isinstance(value, type) and issubclass(value, Loss):
        message = (
            f"Network: loss must be a name or an object, got the class {value.__name__}. Write {value.__name__}()."
        )
        raise ConfigError(message, got=value)
    return LOSSES[check_choice("Network", "loss", value, LOSSES, _ELSEWHERE)]()
