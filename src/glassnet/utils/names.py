"""The closed lists of names, for type checkers: a misspelt name is found before the program runs.

A test checks each against its table.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["ActivationName", "DTypeName", "InitializerName", "LossName", "MetricName", "OptimizerName"]

ActivationName = Literal[
    "elu", "gelu", "identity", "leaky_relu", "mish", "relu", "selu", "sigmoid", "silu", "softmax", "softplus", "tanh"
]
DTypeName = Literal["float32", "float64"]
InitializerName = Literal[
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "normal", "ones",
    "orthogonal", "quarter", "signs", "tutorial", "uniform", "zeros",
]  # fmt: skip
LossName = Literal[
    "absolute_error", "binary_cross_entropy", "binary_focal_cross_entropy", "cross_entropy", "focal_cross_entropy",
    "gaussian_nll", "huber", "poisson", "quantile", "squared_error",
]  # fmt: skip
MetricName = Literal[
    "accuracy", "auc", "balanced_accuracy", "binary_accuracy", "binary_auc", "binary_balanced_accuracy", "binary_brier",
    "binary_f1", "binary_log_loss", "brier", "coverage", "f1", "log_loss", "mae", "pinball", "poisson_deviance", "r2",
    "rmse",
]  # fmt: skip
OptimizerName = Literal["adagrad", "adam", "adamw", "lion", "rmsprop", "sgd"]
