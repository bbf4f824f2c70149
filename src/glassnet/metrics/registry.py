"""The metrics by name, as in ``fit(..., metrics=["auc"])``, and whether larger values are better."""

from __future__ import annotations

from glassnet.errors import ConfigError
from glassnet.metrics import classification, regression
from glassnet.metrics.averages import Metric

__all__ = ["GREATER_IS_BETTER", "LOWER_IS_BETTER", "METRICS", "better_sign"]

METRICS: dict[str, Metric] = {
    name: getattr(module, name) for module in (classification, regression) for name in module.__all__
}
"""All metrics by name; `pinball` at its default levels."""

GREATER_IS_BETTER = frozenset((
    "accuracy", "auc", "balanced_accuracy", "binary_accuracy", "binary_auc", "binary_balanced_accuracy", "binary_f1",
    "f1", "r2",
))  # fmt: skip
LOWER_IS_BETTER = frozenset((
    "binary_brier", "binary_log_loss", "brier", "log_loss", "mae", "pinball", "poisson_deviance", "rmse",
))  # fmt: skip
"""Metrics in neither set, such as coverage, have a target value."""


def better_sign(where: str, monitor: str, mode: str) -> float:
    """Return 1 if a column of the history must fall to be better, -1 if it must rise.

    ``mode`` is "min" or "max", or "auto" for losses and the metrics above.
    """
    if mode != "auto":
        return 1.0 if mode == "min" else -1.0
    name = monitor.removeprefix("valid_")
    if name in GREATER_IS_BETTER:
        return -1.0
    if name == "loss" or name in LOWER_IS_BETTER:
        return 1.0
    must = "mode must be 'min' or 'max'"
    fact = f"mode is 'auto', but whether a greater {monitor!r} is better is not known"
    message = f"{where}: {fact}; {must}. Write mode='max' if greater is better."
    raise ConfigError(message, expected=must, got="auto")
