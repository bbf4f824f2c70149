"""What Keras, PyTorch and scikit-learn call things that have another name here.

Error messages suggest our name for each of these; none of them is accepted in its place.
"""

from __future__ import annotations

__all__ = ["ACTIVATIONS", "FIT_OPTIONS", "LOSSES", "METRICS"]

ACTIVATIONS = {"linear": "identity", "logistic": "sigmoid", "swish": "silu"}

FIT_OPTIONS = {"patience": "early_stopping", "verbose": "progress", "workers": "threads"}

LOSSES = {
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

METRICS = {
    "acc": "accuracy",
    "cross_entropy": "log_loss",
    "error": "accuracy",
    "f1_score": "f1",
    "mean_absolute_error": "mae",
    "mean_squared_error": "rmse",
    "mse": "rmse",
    "r2_score": "r2",
    "roc_auc": "auc",
}
