"""Cross-entropies: independent yes/no answers, and k exclusive classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.layers.base import Cache
from glassnet.losses.base import ColumnLoss, Loss, average_columns, weigh
from glassnet.losses.targets import as_class_targets, as_columns, check_probabilities, check_range, count_classes
from glassnet.metrics import METRICS, Metric
from glassnet.utils.arrays import Buffers, matrix_product
from glassnet.utils.checks import check_number
from glassnet.utils.formula import Formula

__all__ = [
    "BINARY_METRICS", "CLASS_METRICS", "BinaryCrossEntropy", "SoftmaxCrossEntropy", "cache_of_classes", "sigmoid",
    "softmax",
]  # fmt: skip

_FEW_COLUMNS, _MANY_ROWS = 32, 32
_ZEROS = {char: np.zeros((), dtype=char) for char in "fd"}

BINARY_METRICS: Mapping[str, Metric] = {
    name.removeprefix("binary_"): metric for name, metric in METRICS.items() if name.startswith("binary_")
}
CLASS_METRICS: Mapping[str, Metric] = {name: METRICS[name] for name in BINARY_METRICS}


class BinaryCrossEntropy(ColumnLoss):
    """Cross-entropy of independent yes/no outputs, the sigmoid included; several outputs are averaged.

    ``p = sigmoid(Z)``, ``l = mean_j (softplus(Z_j) - y_j * Z_j) = mean_j -(y log p + (1 - y) log(1 - p))``,
    ``dZ_j = w * (p_j - y_j) / k``

    One output is the usual loss for two classes. Several are **multi-label** classification: a column of y per label,
    each row may have any number of them. Targets are 0 and 1, or probabilities between. Predictions are ``p``.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Strength s, at least 0 and below 1: the loss, but no metric, replaces y by ``y * (1 - s) + s / 2``, which keeps
        the network from becoming overconfident.

    References
    ----------
    Label smoothing: Szegedy et al. (2016), arXiv:1512.00567, section 7.

    Examples
    --------
    Three labels for each row, and the metrics averaged over them:

    >>> import glassnet as gn
    >>> X, Y = [[0.0], [1.0], [2.0]], [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    >>> net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(3)], loss="binary_cross_entropy",
    ...                  optimizer=gn.Adam(0.1), seed=0)
    >>> history = net.fit(X, Y, epochs=100)
    >>> net.predict(X).round().tolist()
    [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
    >>> net.evaluate(X, Y, metrics=["f1", "auc"])["f1"]
    1.0
    """

    name = "binary_cross_entropy"
    formula = Formula("-(y * log(P) + (1 - y) * log(1 - P))", "P - y", {"P": "sigmoid(Z)"}, "softplus(Z) - y * Z")
    metrics = BINARY_METRICS
    default_metrics = ("accuracy",)
    classifies = True
    includes = "the sigmoid"

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = _check_smoothing("BinaryCrossEntropy", label_smoothing)

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        columns = as_columns("BinaryCrossEntropy", y, n_outputs, dtype)
        advice = "Code the two classes as 0 and 1, or use loss='cross_entropy' for more classes."
        return check_range("BinaryCrossEntropy", columns, 0.0, 1.0, "targets must lie between 0 and 1", advice)

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        cache = super().make_cache(scratch, out_shape)
        cache |= {"zeros": scratch.zeros(out_shape), "half": scratch.constant(0.5)}
        if self.label_smoothing:
            cache |= _smoothing(self.label_smoothing, 2, scratch, out_shape)
        return cache

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, half = cache["T"], cache["half"]
        if self.label_smoothing:
            y = _smooth(y, cache)
        np.logaddexp(Z, cache["zeros"], T)
        np.multiply(y, Z, out)
        np.subtract(T, out, T)
        np.multiply(Z, half, out)
        np.tanh(out, out)
        np.multiply(out, half, out)
        np.add(out, half, out)
        np.subtract(out, y, out)
        return average_columns(T, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        return sigmoid(Z)

    def config(self) -> dict[str, Any]:
        return {"label_smoothing": self.label_smoothing}


class SoftmaxCrossEntropy(Loss):
    """Cross-entropy over k exclusive classes, the softmax included.

    ``p = softmax(Z)``, ``l = -sum_j y_j log p_j = log(sum_j exp(Z_j)) - sum_j y_j * Z_j``, ``dZ = w * (p - y)``

    Targets are class codes 0..k-1 of shape (n,), or probabilities of shape (n, k) whose rows sum to 1.
    Predictions are ``p``.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Strength s, at least 0 and below 1: the loss, but no metric, replaces y (as probabilities) by
        ``y * (1 - s) + s / k``, which keeps the network from becoming overconfident.

    References
    ----------
    Label smoothing: Szegedy et al. (2016), arXiv:1512.00567, section 7.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(4)], loss=gn.SoftmaxCrossEntropy(label_smoothing=0.1), input_shape=(2,))
    >>> net.params[:] = 0.0
    >>> round(net.evaluate([[1.0, 2.0]], [3])["loss"], 4)  # all classes equally probable: log 4
    1.3863
    """

    name = "cross_entropy"
    formula = Formula("-T * log(P)", "P - T")  # T the targets as probabilities, P the softmax of Z
    metrics = CLASS_METRICS
    default_metrics = ("accuracy",)
    classifies = True
    includes = "the softmax"

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = _check_smoothing("SoftmaxCrossEntropy", label_smoothing)

    def outputs(self, y: Any) -> int:
        return count_classes(y)

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        values = as_class_targets("SoftmaxCrossEntropy", y, n_outputs, "binary_cross_entropy")
        if values.ndim == 1:
            return values
        return check_probabilities("SoftmaxCrossEntropy", values).astype(dtype)

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        cache = cache_of_classes(scratch, out_shape) | {
            "columns": _columns(scratch, out_shape[-1]),
            # A product sums short rows 7-20 times faster than np.add.reduce (200 x 10: 0.7 against 4.9 us).
            "ones_k": np.ones((out_shape[-1], 1), dtype=scratch.dtype),
            "picked": scratch.array(()),
        }
        if self.label_smoothing:
            cache |= _smoothing(self.label_smoothing, out_shape[-1], scratch, out_shape)
        return cache

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        S, sums, rows = cache["S"], cache["sums"], cache["rows"]
        _largest_of_rows(Z, sums, cache["columns"])
        np.subtract(Z, sums, S)
        np.exp(S, out)
        matrix_product(out, cache["ones_k"], sums)
        np.divide(out, sums, out)
        np.log(sums[..., 0], rows)
        if self.label_smoothing:
            y = _smooth_codes(y, cache) if y.dtype.kind == "i" else _smooth(y, cache)
        if y.dtype.kind == "i":
            index, picked = cache["index"], cache["picked"]
            np.add(cache["starts"], y, index)
            np.take(S, index, out=picked, mode="clip")
            np.subtract(rows, picked, rows)
            # p - 1 at the true class is expm1(log p), and log p is -l: no need to read p back.
            np.negative(rows, picked)
            np.expm1(picked, picked)
            np.put(out, index, picked, mode="clip")
        else:
            np.subtract(out, y, out)
            np.multiply(S, y, S)
            picked = np.add.reduce(S, axis=-1, out=cache["picked"])
            np.subtract(rows, picked, rows)
        return weigh(rows, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        return softmax(Z)

    def config(self) -> dict[str, Any]:
        return {"label_smoothing": self.label_smoothing}


def sigmoid(Z: np.ndarray) -> np.ndarray:
    """Return ``1 / (1 + exp(-Z))`` as a fresh array, right to the last digits for probabilities near 0 too."""
    # Slower than the form with tanh, which rounds there.
    P: np.ndarray = np.exp(-np.logaddexp(-Z, _ZEROS[Z.dtype.char]))
    return P


def softmax(Z: np.ndarray) -> np.ndarray:
    """Return ``exp(Z_j) / sum_j exp(Z_j)`` over the last axis, as a fresh array."""
    largest = np.empty((*Z.shape[:-1], 1), dtype=Z.dtype)
    few = Z.shape[-1] <= _FEW_COLUMNS and Z.shape[-2] >= _MANY_ROWS
    _largest_of_rows(Z, largest, np.empty(Z.mT.shape, Z.dtype) if few else None)
    P: np.ndarray = Z - largest
    np.exp(P, P)
    P /= P.sum(axis=-1, keepdims=True)
    return P


def cache_of_classes(scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
    """Return what every loss over exclusive classes needs for a pass."""
    n_rows = scratch.batch_size * (scratch.members or 1)
    rows = scratch.array(())
    return {
        "dZ": scratch.array(out_shape),
        "S": scratch.array(out_shape),
        "sums": scratch.array((1,)),
        "rows": rows,
        "ones": scratch.ones(),
        "index": scratch.array((), dtype=np.int64),
        # Where each row of the logits begins in memory, so that the true class is one take and one put.
        "starts": (np.arange(n_rows, dtype=np.int64) * out_shape[-1]).reshape(rows.shape),
    }


def _columns(scratch: Buffers, k: int) -> np.ndarray | None:
    """Return an array for the transposed logits (K?, k, n) where it makes the maximum of rows faster, else None."""
    n = scratch.batch_size
    if k > _FEW_COLUMNS or n < _MANY_ROWS:
        return None
    return scratch.array((k,)).reshape(*scratch.lead, k, n)


def _largest_of_rows(Z: np.ndarray, largest: np.ndarray, columns: np.ndarray | None) -> None:
    """Write the largest logit of each row into ``largest`` (K?, n, 1).

    NumPy reduces the rows one by one, but many at once over the transposed matrix (200 x 10: 4.3 against 11.3 us,
    1024 x 10: 6.7 against 46).
    """
    if columns is None:
        np.maximum.reduce(Z, axis=-1, out=largest, keepdims=True)
        return
    np.copyto(columns, Z.mT)
    np.maximum.reduce(columns, axis=-2, out=largest[..., 0])


def _check_smoothing(where: str, value: object) -> float:
    return check_number(where, "label_smoothing", value, 0.0, 1.0, open_maximum=True)


def _smoothing(s: float, k: int, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
    """Return the arrays and constants for smoothing over ``k`` classes."""
    return {"Y": scratch.array(out_shape), **scratch.constants(keep=1.0 - s, spread=s / k, true=1.0 - s + s / k)}


def _smooth(y: np.ndarray, cache: Cache) -> np.ndarray:
    """Return ``y * (1 - s) + s / k``."""
    Y: np.ndarray = cache["Y"]
    np.multiply(y, cache["keep"], Y)
    np.add(Y, cache["spread"], Y)
    return Y


def _smooth_codes(y: np.ndarray, cache: Cache) -> np.ndarray:
    """Return the same for class codes, as probabilities."""
    Y: np.ndarray = cache["Y"]
    Y[...] = cache["spread"]
    np.add(cache["starts"], y, cache["index"])
    np.put(Y, cache["index"], cache["true"], mode="clip")
    return Y
