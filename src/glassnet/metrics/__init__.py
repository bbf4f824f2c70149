"""How good predictions are: plain functions of targets, predictions and weights.

Every metric takes ``y`` as the loss prepared it, ``prediction`` as ``Network.predict`` returns it for one network, and
``weight`` of shape (n,) or None, and returns a float: NaN where it is not defined. A function of your own fits where a
name does: ``net.fit(X, y, epochs=5, metrics=["auc", my_function])``.
"""

from __future__ import annotations

from glassnet.metrics.averages import Metric
from glassnet.metrics.classification import (
    accuracy,
    auc,
    balanced_accuracy,
    binary_accuracy,
    binary_auc,
    binary_balanced_accuracy,
    binary_brier,
    binary_f1,
    binary_log_loss,
    brier,
    f1,
    log_loss,
)
from glassnet.metrics.own import as_metric
from glassnet.metrics.registry import GREATER_IS_BETTER, LOWER_IS_BETTER, METRICS, better_sign
from glassnet.metrics.regression import coverage, mae, pinball, poisson_deviance, r2, rmse

__all__ = [
    "GREATER_IS_BETTER",
    "LOWER_IS_BETTER",
    "METRICS",
    "Metric",
    "accuracy",
    "as_metric",
    "auc",
    "balanced_accuracy",
    "better_sign",
    "binary_accuracy",
    "binary_auc",
    "binary_balanced_accuracy",
    "binary_brier",
    "binary_f1",
    "binary_log_loss",
    "brier",
    "coverage",
    "f1",
    "log_loss",
    "mae",
    "pinball",
    "poisson_deviance",
    "r2",
    "rmse",
]
