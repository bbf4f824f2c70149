"""Focal losses: cross-entropies that give less weight to rows that are already right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.layers.base import Cache
from glassnet.losses.base import ColumnLoss, Loss, average_columns, weigh
from glassnet.losses.classification import BINARY_METRICS, CLASS_METRICS, cache_of_classes, sigmoid, softmax
from glassnet.losses.targets import as_class_targets, as_codes, as_columns, check_range, count_classes
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_number
from glassnet.utils.formula import Formula

__all__ = ["BinaryFocalCrossEntropy", "SoftmaxFocalCrossEntropy"]


class BinaryFocalCrossEntropy(ColumnLoss):
    """Focal loss of independent yes/no outputs, the sigmoid included; several outputs are averaged.

    With p the probability given to the true answer, ``p = sigmoid(u)``, ``u = Z_j`` where y_j is 1 and ``-Z_j`` where
    it is 0: ``l_j = -a * (1 - p)**gamma * log p``, ``dl_j/du = a * (1 - p)**gamma * (gamma * p * log p - (1 - p))``

    It is cross-entropy times ``(1 - p)**gamma``: where one answer is rare, the many easy rows of the other
    one no longer dominate. In exchange, probabilities are nearer to 0.5 than the true frequencies, which the metrics
    ``"log_loss"`` and ``"brier"`` show.

    Targets are 0 and 1, one column per output. Predictions are the probabilities of 1.

    Parameters
    ----------
    gamma : float, default=2.0
        How strongly easy rows lose weight, at least 0; 0 is `BinaryCrossEntropy`.
    alpha : float, optional
        ``a`` is alpha for rows of 1 and ``1 - alpha`` for rows of 0; above 0 and below 1. By default a is 1 for both.
        Lin et al. take 0.25 with ``gamma=2.0``.

    References
    ----------
    Lin, Goyal, Girshick, He & Dollár (2017), arXiv:1708.02002, eq. 5.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss=gn.BinaryFocalCrossEntropy(), input_shape=(1,))
    >>> net.params[:] = 0.0
    >>> round(net.evaluate([[1.0]], [1])["loss"], 4)  # (1 - 0.5)**2 * log 2
    0.1733
    """

    name = "binary_focal_cross_entropy"
    formula = Formula(
        "-a * (1 - p)**gamma * log(p)",
        "(2 * y - 1) * a * (1 - p)**gamma * (gamma * p * log(p) - (1 - p))",
        {"P": "sigmoid(Z)", "p": "P if y > 0 else 1 - P"},
        "a * sigmoid((1 - 2 * y) * Z)**gamma * softplus((1 - 2 * y) * Z)",
    )
    metrics = BINARY_METRICS
    default_metrics = ("accuracy",)
    classifies = True
    includes = "the sigmoid"

    def __init__(self, gamma: float = 2.0, alpha: float | None = None) -> None:
        where = "BinaryFocalCrossEntropy"
        self.gamma = check_number(where, "gamma", gamma, 0.0)
        self.alpha = (
            None
            if alpha is None
            else check_number(where, "alpha", alpha, 0.0, 1.0, open_minimum=True, open_maximum=True)
        )

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        where, must = "BinaryFocalCrossEntropy", "targets must be 0 or 1"
        columns = as_columns(where, y, n_outputs, dtype)
        advice = "Code the two classes as 0 and 1, or use loss='focal_cross_entropy' for more classes."
        check_range(where, columns, 0.0, 1.0, must, advice)
        between = (columns != 0.0) & (columns != 1.0)
        if between.any():
            got = f"{columns[between][0]:g}"
            message = f"{where}: a target is {got}; {must}. For probabilities use loss='binary_cross_entropy'."
            raise DataError(message, expected=must, got=got)
        return columns

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        alpha = 1.0 if self.alpha is None else self.alpha
        return super().make_cache(scratch, out_shape) | {
            "arrays": tuple(scratch.array(out_shape) for _ in range(4)),
            "zeros": scratch.zeros(out_shape),
            **scratch.constants(one=1.0, two=2.0, gamma=self.gamma, minus_gamma=-self.gamma),
            **scratch.constants(of_no=1.0 - alpha, difference=2.0 * alpha - 1.0),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, (sign, minus_log_p, minus_log_q, F) = cache["T"], cache["arrays"]
        np.multiply(y, cache["two"], sign)
        np.subtract(sign, cache["one"], sign)
        np.multiply(sign, Z, T)
        # softplus(u) is -log(1 - p): all powers are exponentials of it, and nothing is divided as p goes to 1.
        np.logaddexp(T, cache["zeros"], minus_log_q)
        np.negative(T, T)
        np.logaddexp(T, cache["zeros"], minus_log_p)
        np.multiply(minus_log_q, cache["minus_gamma"], F)
        np.exp(F, F)
        if self.alpha is not None:
            np.multiply(y, cache["difference"], T)
            np.add(T, cache["of_no"], T)
            np.multiply(F, T, F)
        np.negative(minus_log_p, out)
        np.exp(out, out)
        np.multiply(out, minus_log_p, out)
        np.multiply(out, cache["gamma"], out)
        np.negative(minus_log_q, minus_log_q)
        np.exp(minus_log_q, T)
        np.add(out, T, out)
        np.multiply(out, F, out)
        np.multiply(out, sign, out)
        np.negative(out, out)
        np.multiply(F, minus_log_p, T)
        return average_columns(T, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        return sigmoid(Z)

    def config(self) -> dict[str, Any]:
        return {"gamma": self.gamma, "alpha": self.alpha}


class SoftmaxFocalCrossEntropy(Loss):
    """Focal loss over k exclusive classes, the softmax included.

    With ``p = softmax(Z)`` and c the true class: ``l = -a_c * (1 - p_c)**gamma * log p_c``,
    ``dZ_j = w * s * ((j == c) - p_j)``, ``s = dl/dlog p_c = a_c * (1 - p_c)**gamma * (gamma * p_c * r - 1)``,
    ``r = log p_c / (1 - p_c)``, which goes to -1 as p_c goes to 1

    It is cross-entropy times ``(1 - p_c)**gamma``: rows that are classified well already count less.

    Targets are class codes 0..k-1 of shape (n,), or one-hot rows of shape (n, k). Predictions are ``p``.

    Parameters
    ----------
    gamma : float, default=2.0
        How strongly easy rows lose weight, at least 0; 0 is `SoftmaxCrossEntropy`.
    alpha : sequence of k floats, optional
        The factor of each class, above 0; by default 1.

    References
    ----------
    Lin, Goyal, Girshick, He & Dollár (2017), arXiv:1708.02002, eq. 5.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(2)], loss="focal_cross_entropy", input_shape=(1,))
    >>> net.params[:] = 0.0
    >>> round(net.evaluate([[1.0]], [1])["loss"], 4)  # (1 - 0.5)**2 * log 2
    0.1733
    """

    name = "focal_cross_entropy"
    # Of the row: p and a are those of the true class, T the targets as probabilities, P the softmax of Z.
    formula = Formula(
        "-a * (1 - p)**gamma * log(p)", "a * (1 - p)**gamma * (gamma * p * log(p) / (1 - p) - 1) * (T - P)"
    )
    metrics = CLASS_METRICS
    default_metrics = ("accuracy",)
    classifies = True
    includes = "the softmax"

    def __init__(self, gamma: float = 2.0, alpha: Sequence[float] | None = None) -> None:
        where = "SoftmaxFocalCrossEntropy"
        self.gamma = check_number(where, "gamma", gamma, 0.0)
        if alpha is not None and np.ndim(alpha) != 1:
            must = "it must be None or one number per class"
            message = f"{where}: alpha is {alpha!r}; {must}. Write alpha=[0.2, 0.8] for two classes."
            raise ConfigError(message, expected=must, got=alpha)
        self.alpha = None if alpha is None else [check_number(where, "alpha", a, 0.0, open_minimum=True) for a in alpha]

    def outputs(self, y: Any) -> int:
        return count_classes(y)

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        where = "SoftmaxFocalCrossEntropy"
        if self.alpha is not None and len(self.alpha) != n_outputs:
            must = f"it must have {n_outputs}, one per output of the last layer"
            message = f"{where}: alpha has {len(self.alpha)} numbers; {must}."
            raise ConfigError(message, expected=must, got=len(self.alpha))
        values = as_class_targets(where, y, n_outputs, "binary_focal_cross_entropy")
        if values.ndim == 1:
            return values
        if ((values != 0.0) & (values != 1.0)).any() or (values.sum(axis=1) != 1.0).any():
            must = "each row of y must have a 1 for its class and 0 elsewhere"
            fact = "y has a row of other numbers"
            message = f"{where}: {fact}; {must}. For probabilities as targets use loss='cross_entropy'."
            raise DataError(message, expected=must)
        return as_codes(where, values.argmax(axis=1), n_outputs)

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        return cache_of_classes(scratch, out_shape) | {
            "arrays": tuple(scratch.array(()) for _ in range(4)),
            "certain": scratch.array((), dtype=bool),
            "alpha": None if self.alpha is None else np.array(self.alpha, dtype=scratch.dtype),
            **scratch.constants(zero=0.0, one=1.0, gamma=self.gamma),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        S, sums, rows, index = cache["S"], cache["sums"], cache["rows"], cache["index"]
        log_p, picked, slope, factor = cache["arrays"]
        np.maximum.reduce(Z, axis=-1, out=sums, keepdims=True)
        np.subtract(Z, sums, S)
        np.exp(S, out)
        np.add.reduce(out, axis=-1, out=sums, keepdims=True)
        np.divide(out, sums, out)
        np.log(sums[..., 0], rows)
        np.add(cache["starts"], y, index)
        np.take(S, index, out=log_p, mode="clip")
        np.subtract(log_p, rows, log_p)
        self._focus(log_p, slope, factor, cache)
        if cache["alpha"] is not None:
            np.take(cache["alpha"], y, out=picked, mode="clip")
            np.multiply(factor, picked, factor)
        np.multiply(slope, factor, slope)
        np.multiply(log_p, factor, rows)
        np.negative(rows, rows)
        # (j == c) - p_j: p_c - 1 is expm1(log p_c).
        np.expm1(log_p, picked)
        np.put(out, index, picked, mode="clip")
        np.negative(out, out)
        np.multiply(out, slope[..., None], out)
        return weigh(rows, out, weight, cache)

    @staticmethod
    def _focus(log_p: np.ndarray, slope: np.ndarray, factor: np.ndarray, cache: Cache) -> None:
        """Write ``(1 - p)**gamma`` into ``factor`` and ``gamma * p * r - 1`` into ``slope``."""
        picked, certain = cache["arrays"][1], cache["certain"]
        np.expm1(log_p, picked)
        np.negative(picked, picked)
        np.power(picked, cache["gamma"], out=factor)
        # Where p is 1 the factor is 0, and any finite slope will do.
        np.equal(picked, cache["zero"], out=certain)
        np.copyto(picked, cache["one"], where=certain)
        np.divide(log_p, picked, slope)
        np.exp(log_p, picked)
        np.multiply(slope, picked, slope)
        np.multiply(slope, cache["gamma"], slope)
        np.subtract(slope, cache["one"], slope)

    def link(self, Z: np.ndarray) -> np.ndarray:
        return softmax(Z)

    def config(self) -> dict[str, Any]:
        return {"gamma": self.gamma, "alpha": self.alpha}
