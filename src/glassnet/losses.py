"""Losses on logits: value and gradient in one pass, as sums over the batch.

The loss of a batch is ``sum(w * l) / sum(w)`` over its rows. A loss returns the sum in the numerator and the gradient
of that sum; the network divides both once, at the end, by the sum of the weights.

Shapes: logits ``Z`` (n, k), targets ``y`` as `Loss.prepare` returned them, weights ``w`` (n,) or None, ``dZ`` like
``Z``. With members all of them have the member axis in front, and the loss is of shape (K,).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Scratch, weighted_sum
from glassnet.checks import check_choice, check_matrix
from glassnet.errors import ConfigError, DataError, ShapeError
from glassnet.layers.base import Cache
from glassnet.metrics import Metric, accuracy, binary_accuracy, mae, r2, rmse

__all__ = ["LOSSES", "BinaryCrossEntropy", "Loss", "SoftmaxCrossEntropy", "SquaredError", "as_loss"]


class Loss:
    """Base of all losses: the names of the protocol.

    Attributes
    ----------
    name : str
        What ``Network(loss=...)`` understands and what a file holds.
    metrics : dict of str to function
        What can be computed from its predictions, by the names that `Network.evaluate` and ``fit`` understand.
    default_metrics : tuple of str
        Those that are reported unless others are asked for.
    classifies : bool
        Whether targets are classes, so that a validation split is stratified.
    """

    name: ClassVar[str]
    metrics: ClassVar[dict[str, Metric]] = {}
    default_metrics: ClassVar[tuple[str, ...]] = ()
    classifies: ClassVar[bool] = False

    def outputs(self, y: Any) -> int:
        """Return how many outputs the last layer must have for these targets."""
        raise NotImplementedError

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        """Return checked targets for a network with ``n_outputs`` logits."""
        raise NotImplementedError

    def make_cache(self, scratch: Scratch, out_shape: tuple[int, ...]) -> Cache:
        """Return scratch for batches of ``scratch.batch_size``; ``"dZ"`` is where the gradient goes."""
        raise NotImplementedError

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        """Return ``sum(w * l)``, a scalar or (K,), and write its gradient with respect to ``Z`` into ``out``."""
        raise NotImplementedError

    def link(self, Z: np.ndarray) -> np.ndarray:
        """Return predictions for logits, as a fresh array."""
        raise NotImplementedError

    def choose_metrics(self, where: str, names: Sequence[str] | str | None) -> tuple[str, ...]:
        """Return the names asked for, checked, or the default ones."""
        if names is None:
            return self.default_metrics
        wanted = [names] if isinstance(names, str) else names
        return tuple(check_choice(where, f"metrics under loss={self.name!r}", name, self.metrics) for name in wanted)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able."""
        return {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.config().items())})"


def _weigh(rows: np.ndarray, dZ: np.ndarray, weight: np.ndarray | None, cache: Cache) -> Any:
    """Return ``sum(w * rows)`` and multiply each row of ``dZ`` by its weight."""
    if weight is None:
        return weighted_sum(rows, cache["ones"])
    np.multiply(dZ, weight[..., None], out=dZ)
    return weighted_sum(rows, weight)


class SquaredError(Loss):
    """Mean squared error: ``l = mean_j (Z_j - y_j)**2``, ``dZ_j = 2 * w * (Z_j - y_j) / k``; predictions are Z.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(1,))
    >>> net.params[:] = [2.0, 0.0]
    >>> net.evaluate([[1.0]], [[5.0]])["loss"]
    9.0
    """

    name = "squared_error"
    metrics: ClassVar[dict[str, Metric]] = {"mae": mae, "r2": r2, "rmse": rmse}
    default_metrics = ("r2", "rmse")

    def outputs(self, y: Any) -> int:
        y = np.asarray(y)
        return 1 if y.ndim < 2 else int(y.shape[1])

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        return _as_columns("SquaredError", y, n_outputs, dtype)

    def make_cache(self, scratch: Scratch, out_shape: tuple[int, ...]) -> Cache:
        return {
            "dZ": scratch.array(out_shape),
            "T": scratch.array(out_shape),
            "rows": scratch.array(()),
            "ones": scratch.ones(),
            "one_over_k": scratch.constant(1.0 / out_shape[-1]),
            "two_over_k": scratch.constant(2.0 / out_shape[-1]),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, rows = cache["T"], cache["rows"]
        np.subtract(Z, y, out=out)
        np.multiply(out, out, out=T)
        np.add.reduce(T, axis=-1, out=rows)
        np.multiply(rows, cache["one_over_k"], out=rows)
        np.multiply(out, cache["two_over_k"], out=out)
        return _weigh(rows, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        return Z.copy()


class BinaryCrossEntropy(Loss):
    """Cross-entropy of independent yes/no outputs, the sigmoid included; several outputs are averaged.

    ``p = sigmoid(Z)``, ``l = mean_j (softplus(Z_j) - y_j * Z_j) = mean_j -(y log p + (1 - y) log(1 - p))``,
    ``dZ_j = w * (p_j - y_j) / k``

    Targets are 0 and 1, or probabilities between. Predictions are ``p``.
    """

    name = "binary_cross_entropy"
    metrics: ClassVar[dict[str, Metric]] = {"accuracy": binary_accuracy}
    default_metrics = ("accuracy",)
    classifies = True

    def outputs(self, y: Any) -> int:
        y = np.asarray(y)
        return 1 if y.ndim < 2 else int(y.shape[1])

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        columns = _as_columns("BinaryCrossEntropy", y, n_outputs, dtype)
        if columns.min() < 0.0 or columns.max() > 1.0:
            must = "targets must lie between 0 and 1"
            got = f"values from {columns.min():g} to {columns.max():g}"
            advice = "Code the two classes as 0 and 1, or use loss='cross_entropy' for more classes."
            message = f"BinaryCrossEntropy: {must}, got {got}. {advice}"
            raise DataError(message, expected=must, got=got)
        return columns

    def make_cache(self, scratch: Scratch, out_shape: tuple[int, ...]) -> Cache:
        T, several = scratch.array(out_shape), out_shape[-1] > 1
        return {
            "dZ": scratch.array(out_shape),
            "T": T,
            "rows": scratch.array(()) if several else T[..., 0],
            "several": several,
            "ones": scratch.ones(),
            "zeros": scratch.zeros(out_shape),
            "half": scratch.constant(0.5),
            "one_over_k": scratch.constant(1.0 / out_shape[-1]),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, half = cache["T"], cache["half"]
        np.logaddexp(Z, cache["zeros"], out=T)
        np.multiply(y, Z, out=out)
        np.subtract(T, out, out=T)
        np.multiply(Z, half, out=out)
        np.tanh(out, out=out)
        np.multiply(out, half, out=out)
        np.add(out, half, out=out)
        np.subtract(out, y, out=out)
        rows = cache["rows"]
        if cache["several"]:
            np.add.reduce(T, axis=-1, out=rows)
            np.multiply(rows, cache["one_over_k"], out=rows)
            np.multiply(out, cache["one_over_k"], out=out)
        return _weigh(rows, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        # Slower than the form with tanh, but right to the last digits for probabilities near 0 too.
        P: np.ndarray = np.logaddexp(-Z, np.zeros((), dtype=Z.dtype))
        np.negative(P, out=P)
        np.exp(P, out=P)
        return P


class SoftmaxCrossEntropy(Loss):
    """Cross-entropy over k exclusive classes, the softmax included.

    ``p = softmax(Z)``, ``l = -sum_j y_j log p_j = log(sum_j exp(Z_j)) - sum_j y_j * Z_j``, ``dZ = w * (p - y)``

    Targets are class codes 0..k-1 of shape (n,), or probabilities of shape (n, k) whose rows sum to 1.
    Predictions are ``p``.
    """

    name = "cross_entropy"
    metrics: ClassVar[dict[str, Metric]] = {"accuracy": accuracy}
    default_metrics = ("accuracy",)
    classifies = True

    def outputs(self, y: Any) -> int:
        y = np.asarray(y)
        return int(y.max()) + 1 if y.ndim < 2 or y.shape[1] == 1 else int(y.shape[1])

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        if n_outputs < 2:
            message = (
                "SoftmaxCrossEntropy: the last layer must have at least 2 outputs, one per class, got 1. "
                "For two classes in one output use loss='binary_cross_entropy'."
            )
            raise ShapeError(message, expected="at least 2 outputs", got=n_outputs)
        values = check_matrix("SoftmaxCrossEntropy", "y", y, np.dtype(np.float64), min_ndim=1)
        if values.ndim == 1 or values.shape[1:] == (1,):
            return self._codes(values.reshape(-1), n_outputs)
        if values.shape[1:] != (n_outputs,):
            must = f"y must be class codes of shape (n,) or probabilities of shape (n, {n_outputs})"
            message = f"SoftmaxCrossEntropy: {must}, got shape {values.shape}."
            raise ShapeError(message, expected=must, got=values.shape)
        return self._probabilities(values).astype(dtype)

    @staticmethod
    def _codes(values: np.ndarray, n_outputs: int) -> np.ndarray:
        codes = values.astype(np.int64)
        lowest, highest = codes.min(), codes.max()
        if (codes == values).all() and lowest >= 0 and highest < n_outputs:
            return codes
        must = f"y must hold class codes, whole numbers from 0 to {n_outputs - 1}"
        got = f"values from {values.min():g} to {values.max():g}"
        advice = f"Give the last layer {highest + 1} units." if lowest >= 0 else "Code the classes from 0 upwards."
        if lowest == 1 and highest == n_outputs:
            advice = "Subtract 1: classes are counted from 0."
        if (codes != values).any():
            got, advice = "fractions", "For numbers that are not classes use loss='squared_error'."
        message = f"SoftmaxCrossEntropy: {must}, got {got}. {advice}"
        raise DataError(message, expected=must, got=got)

    @staticmethod
    def _probabilities(values: np.ndarray) -> np.ndarray:
        sums = values.sum(axis=1)
        if values.min() >= 0.0 and np.allclose(sums, 1.0, atol=1e-3):
            # What is off by rounding, as in 0.333, would make the gradient another one than that of the loss.
            return np.asarray(values / sums[:, None])
        row = int(np.argmax(np.maximum(np.abs(sums - 1.0), np.where(values.min(axis=1) < 0.0, np.inf, 0.0))))
        must = "each row of y must hold probabilities that sum to 1"
        got = f"row {row} with sum {sums[row]:g} and smallest value {values[row].min():g}"
        message = f"SoftmaxCrossEntropy: {must}, got {got}. For several labels per row use loss='binary_cross_entropy'."
        raise DataError(message, expected=must, got=got)

    def make_cache(self, scratch: Scratch, out_shape: tuple[int, ...]) -> Cache:
        n_rows = scratch.batch_size * (scratch.members or 1)
        rows = scratch.array(())
        return {
            "dZ": scratch.array(out_shape),
            "S": scratch.array(out_shape),
            "sums": scratch.array((1,)),
            "rows": rows,
            "ones": scratch.ones(),
            "picked": scratch.array(()),
            "index": scratch.array((), dtype=np.int64),
            # Where each row of the logits begins in memory, so that the true class is one take and one put.
            "starts": (np.arange(n_rows, dtype=np.int64) * out_shape[-1]).reshape(rows.shape),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        S, sums, rows = cache["S"], cache["sums"], cache["rows"]
        np.maximum.reduce(Z, axis=-1, out=sums, keepdims=True)
        np.subtract(Z, sums, out=S)
        np.exp(S, out=out)
        np.add.reduce(out, axis=-1, out=sums, keepdims=True)
        np.divide(out, sums, out=out)
        np.log(sums[..., 0], out=rows)
        if y.dtype.kind == "i":
            index, picked = cache["index"], cache["picked"]
            np.add(cache["starts"], y, out=index)
            np.take(S, index, out=picked, mode="clip")
            np.subtract(rows, picked, out=rows)
            # p - 1 at the true class is expm1(log p), and log p is -l: no need to read p back.
            np.negative(rows, out=picked)
            np.expm1(picked, out=picked)
            np.put(out, index, picked, mode="clip")
        else:
            np.subtract(out, y, out=out)
            np.multiply(S, y, out=S)
            picked = np.add.reduce(S, axis=-1, out=cache["picked"])
            np.subtract(rows, picked, out=rows)
        return _weigh(rows, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        P: np.ndarray = Z - Z.max(axis=-1, keepdims=True)
        np.exp(P, out=P)
        P /= P.sum(axis=-1, keepdims=True)
        return P


def _as_columns(where: str, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return numeric targets of shape (n, n_outputs); (n,) becomes (n, 1)."""
    values = check_matrix(where, "y", y, dtype, min_ndim=1)
    if values.ndim == 1:
        values = values.reshape(-1, 1)
    if values.shape[1:] == (n_outputs,):
        return values
    must = f"y must have shape (n, {n_outputs})" + (" or (n,)" if n_outputs == 1 else "")
    message = f"{where}: {must}, got shape {np.shape(y)}. Give the last layer as many units as y has columns."
    raise ShapeError(message, expected=must, got=np.shape(y))


_ELSEWHERE = {
    "bce": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "log_loss": "cross_entropy",
    "mean_squared_error": "squared_error",
    "mse": "squared_error",
    "softmax_cross_entropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
}

LOSSES: dict[str, type[Loss]] = {loss.name: loss for loss in (BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredError)}


def as_loss(value: str | Loss) -> Loss:
    """Return the loss of this name, or the loss itself."""
    if isinstance(value, Loss):
        return value
    if isinstance(value, type) and issubclass(value, Loss):
        message = (
            f"Network: loss must be a name or an object, got the class {value.__name__}. Write {value.__name__}()."
        )
        raise ConfigError(message, got=value)
    return LOSSES[check_choice("Network", "loss", value, LOSSES, _ELSEWHERE)]()
