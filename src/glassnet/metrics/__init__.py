"""How good predictions are: plain functions of targets, predictions and weights, which return a float.

Lists are taken for arrays, and rows that do not fit each other are refused. The result is NaN where a metric is not
defined. Your own function can be used in place of a name:
``net.fit(X, y, epochs=5, metrics=["auc", my_function])``.

Parameters
----------
y : array of shape (n,), (n, k), (n, m) or (n, t)
    True values as the loss prepared them. For exclusive classes (n,), codes from 0, or (n, k), a probability for each
    class; for yes/no answers (n, m), 0 or 1; for numbers and quantiles (n, t), counts and amounts not below 0.
prediction : array of shape (n, k), (n, m), (n, t) or (n, t * levels)
    As `Network.predict` returns it for one network. For exclusive classes (n, k), the probability of each, or for
    accuracies and F1 the predicted classes (n,), codes as in y, or labels of any kind in both; for yes/no
    answers (n, m), the probability of yes; for numbers (n, t); for quantiles (n, t * levels), those of the first target
    in rising order, then those of the next.
weight : array of shape (n,), optional
    How much each row counts; without it every row counts the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from glassnet.utils.keywords import unknown_name

__all__ = [
    "GREATER_IS_BETTER", "LOWER_IS_BETTER", "METRICS", "Metric", "accuracy", "as_metric", "auc", "balanced_accuracy",
    "better_sign", "binary_accuracy", "binary_auc", "binary_balanced_accuracy", "binary_brier", "binary_f1",
    "binary_log_loss", "brier", "coverage", "f1", "log_loss", "mae", "pinball", "poisson_deviance", "r2", "rmse",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
