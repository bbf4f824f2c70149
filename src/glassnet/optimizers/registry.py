"""The optimizers by name, as in ``Network(layers, optimizer="adam")``."""

from __future__ import annotations

from glassnet.errors import ConfigError
from glassnet.optimizers.adaptive import Adagrad, Adam, AdamW, RMSprop
from glassnet.optimizers.base import Optimizer
from glassnet.optimizers.descent import SGD, Lion
from glassnet.utils.checks import check_choice

__all__ = ["OPTIMIZERS", "as_optimizer"]

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
    "lion": Lion,
    "rmsprop": RMSprop,
    "sgd": SGD,
}


def as_optimizer(value: str | Optimizer) -> Optimizer:
    """Return the optimizer of this name with its defaults, or the optimizer itself."""
    if isinstance(value, Optimizer):
        return value
    if isinstance(value, type) and issubclass(value, Optimizer):
        must = "it must be a name or an object"
        message = f"Network: optimizer is the class {value.__name__}; {must}. Write {value.__name__}()."
        raise ConfigError(message, got=value)
    is_rate = isinstance(value, (int, float)) and not isinstance(value, bool)
    advice = f"For a learning rate write gn.Adam({value})." if is_rate else ""
    return OPTIMIZERS[check_choice("Network", "optimizer", value, OPTIMIZERS, advice)]()
