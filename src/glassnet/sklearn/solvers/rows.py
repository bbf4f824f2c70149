"""Checked rows for the network, class weights, and the scaling that the model may do itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from glassnet.errors import ConfigError
from glassnet.sklearn.solvers.sparse import CompressedRows
from glassnet.training.class_weights import class_factors
from glassnet.utils.checks import check_flag, check_number
from glassnet.utils.row_sources import take_rows

__all__ = ["Rows", "Scaling", "check_rows", "weights_of_classes"]


class Rows(NamedTuple):
    """Inputs, targets, weights or None, and the targets as they were before they were prepared for the loss."""

    X: Any
    y: np.ndarray
    weight: np.ndarray | None
    Y: np.ndarray

    def take(self, index: np.ndarray) -> Rows:
        """Return the rows of these indices."""
        return Rows(*(take_rows(part, index) for part in self))


def check_rows(X: Any, Y: np.ndarray, sample_weight: Any) -> Rows:
    """Return rows with their weights checked."""
    from sklearn.utils.validation import _check_sample_weight

    weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=X.dtype)
    return Rows(X, Y, weight, Y)


def weights_of_classes(
    where: str, class_weight: Any, labels: np.ndarray, classes: np.ndarray, sample_weight: np.ndarray | None = None
) -> np.ndarray:
    """Return the weight of each row's class; a class that is not in a dict has weight 1.

    With "balanced" it is ``sum(sample_weight) / (k * sum(sample_weight of the class))``, over the k classes that weigh
    something. As elsewhere in scikit-learn, with several labels per row it is a list with a dict for each label.
    """
    if isinstance(class_weight, str) and class_weight == "balanced" and sample_weight is not None:
        columns = labels.reshape(len(labels), -1).T
        return np.asarray(np.prod([_balanced(column, sample_weight) for column in columns], axis=0))
    if isinstance(class_weight, str) or np.ndim(labels) > 1:
        balanced: np.ndarray = compute_sample_weight(class_weight, labels)
        return balanced
    if not isinstance(class_weight, dict):
        message = f"{where}: class_weight is {class_weight!r}; it must be a dict of weights by label or 'balanced'."
        raise ConfigError(message, got=class_weight)
    for label, weight in class_weight.items():
        check_number(where, f"class_weight[{label!r}]", weight, 0.0)
    known = classes.tolist()
    unknown = [label for label in class_weight if label not in known]
    if unknown:
        advice = "Look at the type of the labels as well."
        message = f"{where}: class_weight has {unknown[0]!r}; it must name labels of y, {known}. {advice}"
        raise ConfigError(message, expected=known, got=unknown)
    found: np.ndarray = np.array([class_weight.get(label, 1.0) for label in known], dtype=np.float64)
    return found[np.searchsorted(classes, labels)]


def _balanced(labels: np.ndarray, sample_weight: np.ndarray) -> np.ndarray:
    """Return for each row the factor that gives every label the same sum of weights; the sum of all stays."""
    found, codes = np.unique(labels, return_inverse=True)
    return np.asarray(class_factors("balanced", len(found), codes, sample_weight)[codes])


@dataclass(eq=False, repr=False)
class Scaling:
    """``(X - center) / scale`` for inputs, ``(y - target_center) / target_scale`` for targets; None changes nothing.

    They are the mean and standard deviation of each column in the training rows, ``sum(w x) / sum(w)`` and the root of
    ``sum(w (x - mean)**2) / sum(w)`` for sample weights w; the deviation of a single value is replaced by 1.
    """

    center: np.ndarray | None = None
    scale: np.ndarray | None = None
    target_center: np.ndarray | None = None
    target_scale: np.ndarray | None = None

    @classmethod
    def of(cls, where: str, rows: Rows, inputs: bool, targets: bool) -> Scaling:
        """Return the scaling of rows for ``inputs`` and ``targets``; a sparse X is not centred and stays sparse."""
        found = cls()
        if check_flag(where, "scale_inputs", inputs):
            found.center, found.scale = _center_and_scale(rows.X, rows.weight)
        if check_flag(where, "scale_target", targets):
            found.target_center, found.target_scale = _center_and_scale(rows.Y, rows.weight)
        return found

    def inputs(self, X: Any, dtype: np.dtype[Any]) -> Any:
        """Return scaled rows for the network: an array of its dtype, or a source of sparse rows."""
        X = self.scaled(X)
        return CompressedRows(X, dtype) if hasattr(X, "tocsr") else np.ascontiguousarray(X, dtype=dtype)

    def scaled(self, X: Any) -> Any:
        """Return X scaled, or X itself without a scale."""
        if self.scale is None:
            return X
        if hasattr(X, "tocsr"):
            return X.multiply(1.0 / self.scale).tocsr()
        return ((X - self.center) / self.scale).astype(X.dtype, copy=False)

    def target(self, y: np.ndarray) -> np.ndarray:
        """Return targets scaled, or y itself without a scale."""
        return y if self.target_scale is None else (y - self.target_center) / self.target_scale

    def unscaled(self, prediction: np.ndarray) -> np.ndarray:
        """Return predictions in the units of the targets; several columns may belong to one target."""
        if self.target_scale is None or self.target_center is None:
            return prediction
        apart = prediction.reshape(len(prediction), len(self.target_scale), -1)
        found: np.ndarray = apart * self.target_scale[:, None] + self.target_center[:, None]
        return found.reshape(prediction.shape).astype(prediction.dtype, copy=False)


def _center_and_scale(X: Any, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of every column; the mean is 0 for a sparse matrix."""
    if weight is not None:
        # Left out, and not only multiplied by 0: it may be so large that its square overflows.
        counted = weight > 0.0
        X, weight = X[counted], weight[counted].astype(np.float64)
    if hasattr(X, "tocsr"):
        from sklearn.utils.sparsefuncs import mean_variance_axis

        mean, variance = mean_variance_axis(X.tocsr().astype(np.float64), axis=0, weights=weight)
        center = np.zeros_like(mean)
    elif weight is None:
        center, variance = X.mean(axis=0, dtype=np.float64), X.var(axis=0, dtype=np.float64)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            center = np.average(X, axis=0, weights=weight)
            variance = np.average(np.square(X - center), axis=0, weights=weight)
    if not np.isfinite(variance).all():
        must = "columns to be scaled must have a finite one"
        message = f"fit: the variance of a column overflows; {must}. Scale it by hand."
        raise ConfigError(message)
    scale = np.sqrt(variance)
    scale[scale == 0.0] = 1.0
    return center, scale
