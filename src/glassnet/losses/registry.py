"""The losses by name, as in ``Network(layers, loss="huber")``."""

from __future__ import annotations

from glassnet.errors import ConfigError
from glassnet.losses.base import Loss
from glassnet.losses.classification import BinaryCrossEntropy, SoftmaxCrossEntropy
from glassnet.losses.custom import CustomLoss
from glassnet.losses.distribution import GaussianNLL, Poisson, Quantile
from glassnet.losses.focal import BinaryFocalCrossEntropy, SoftmaxFocalCrossEntropy
from glassnet.losses.regression import AbsoluteError, Huber, SquaredError
from glassnet.utils.checks import check_choice

__all__ = ["LOSSES", "as_loss"]

LOSSES: dict[str, type[Loss]] = {
    loss.name: loss
    for loss in (
        AbsoluteError, BinaryCrossEntropy, BinaryFocalCrossEntropy, GaussianNLL, Huber, Poisson, Quantile,
        SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy, SquaredError,
    )
}  # fmt: skip


def as_loss(value: str | Loss) -> Loss:
    """Return the loss of this name, or the loss itself."""
    if isinstance(value, CustomLoss) and value.name in LOSSES:
        must = "a loss of your own must have another name"
        message = f"Network: the library has a loss called {value.name!r}; {must}. Rename it."
        raise ConfigError(message, expected=must, got=value.name)
    if isinstance(value, Loss):
        return value
    if isinstance(value, type) and issubclass(value, Loss):
        message = (
            f"Network: loss is the class {value.__name__}; it must be a name or an object. Write {value.__name__}()."
        )
        raise ConfigError(message, got=value)
    return LOSSES[check_choice("Network", "loss", value, LOSSES)]()
