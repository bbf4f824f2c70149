"""scikit-learn's `MLPRegressor`, drop-in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.engine.one_fit import alone
from glassnet.errors import ConfigError
from glassnet.losses import GaussianNLL, Loss, Poisson, Quantile
from glassnet.sklearn.estimators.base import BaseMLP, is_stochastic
from glassnet.sklearn.solvers.building import choose_loss
from glassnet.sklearn.solvers.losses import HalfPoissonDeviance, HalfSquaredError
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.utils.docstrings import shares_documentation
from glassnet.utils.estimator_types import RegressorMixin, available_if

__all__ = ["MLPRegressor"]

_OURS = {"poisson": HalfPoissonDeviance, "squared_error": HalfSquaredError}


@shares_documentation(SharedParameters)
class MLPRegressor(RegressorMixin, BaseMLP):
    """Multi-layer perceptron for numbers: scikit-learn's parameters, random numbers and results, and more options.

    With scikit-learn's parameters alone, weights, losses and predictions are those of
    ``sklearn.neural_network.MLPRegressor`` up to rounding.

    Parameters
    ----------
    loss : str or Loss, default="squared_error"
        ``"squared_error"`` and ``"poisson"`` are scikit-learn's halved forms; other names and objects are those of
        `glassnet.losses`: ``"absolute_error"``, ``Huber(2.0)``, ``Quantile([0.1, 0.5, 0.9])``, ``"gaussian_nll"``, a
        `CustomLoss`.
    scale_target : bool, default=False
        Whether the targets are scaled to mean 0 and deviation 1 for training; predictions are in their own units.

    Attributes
    ----------
    out_activation_ : str
        "identity" or "exp".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from glassnet.sklearn import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> mlp = MLPRegressor(hidden_layer_sizes=(10,), solver="lbfgs", max_iter=1000, random_state=0, scale_target=True)
    >>> mlp.fit(X, y).score(X, y) > 0.5
    True
    """

    scale_target: bool

    if TYPE_CHECKING:  # made by scikit-learn for such a `predict`

        def set_predict_request(self, **requests: bool | str | None) -> Self: ...

    def __init__(
        # scikit-learn's parameters
        self, loss: Any = "squared_error", hidden_layer_sizes: Any = (100,), activation: Any = "relu", *,
        solver: Any = "adam", alpha: float = 0.0001, batch_size: Any = "auto",
        learning_rate: Any = "constant", learning_rate_init: float = 0.001, power_t: float = 0.5, max_iter: int = 200,
        shuffle: bool = True, random_state: Any = None, tol: float = 1e-4, verbose: Any = False,
        warm_start: bool = False, momentum: float = 0.9, nesterovs_momentum: bool = True, early_stopping: bool = False,
        validation_fraction: float = 0.1, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8,
        n_iter_no_change: float = 10, max_fun: int = 15000,
        # and those that it does not have
        dropout: Any = 0.0, normalization: str | None = None, clip_norm: float | None = None,
        frozen: Sequence[int] = (), scale_inputs: bool = False, scale_target: bool = False, metrics: Any = None,
        callbacks: Any = (), max_seconds: float | None = None, progress: bool | None = False, threads: Any = "auto",
        diagnose: bool | Watch = True,
    ) -> None:  # fmt: skip
        self._keep(locals())

    # ---- targets ---------------------------------------------------------------------------------------------------

    def _check_targets(
        self, X: Any, y: Any, *, incremental: bool, reset: bool, may_lack: bool = False
    ) -> tuple[Any, np.ndarray]:
        X, y = self._validated(X, y, reset=reset, y_numeric=True)
        return X, y.reshape(len(y), -1)

    def _make_loss(self) -> Loss:
        loss = choose_loss(self._name, self.loss, _OURS, classifies=False)
        if loss.classifies:
            message = f"{self._name}: loss is {self.loss!r}; it must be one for numbers. Use MLPClassifier for classes."
            raise ConfigError(message, got=self.loss)
        if self.scale_target and isinstance(loss, Poisson):
            must = f"with loss={self.loss!r} it must be False, since counts have no scale"
            message = f"{self._name}: scale_target is True; {must}."
            raise ConfigError(message, got=True)
        return loss

    def _scales_target(self) -> bool:
        return self.scale_target

    def _network_outputs(self, Y: np.ndarray, loss: Loss) -> int:
        self.out_activation_ = "exp" if isinstance(loss, Poisson) else "identity"
        return loss.outputs(Y)

    def _encode(self, Y: np.ndarray) -> np.ndarray:
        return Y

    def _score(self, y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
        point = self._point(prediction)
        if not np.isfinite(point).all():
            return float("nan")
        mean = np.average(y, axis=0, weights=weight)
        left = np.average((y - point) ** 2, axis=0, weights=weight)
        spread = np.average((y - mean) ** 2, axis=0, weights=weight)
        # As in scikit-learn, the score of a constant target is 1 or 0.
        shares = np.where(spread > 0, 1.0 - left / np.where(spread > 0, spread, 1.0), np.where(left > 0, 0.0, 1.0))
        return float(shares.mean())

    # ---- fitting and predicting ------------------------------------------------------------------------------------

    @available_if(is_stochastic)
    @alone
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch on ``X``, ``y`` and ``sample_weight``, which are as in `fit`, and return the estimator."""
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any, *, return_std: bool = False) -> Any:
        """Return one number for each row and target: (n,) or (n, n_targets).

        With ``loss=Quantile(...)`` it is the quantile nearest to the median; with ``loss="gaussian_nll"`` the mean.

        Parameters
        ----------
        X : array of shape (n, n_features)
            Rows to predict.
        return_std : bool, default=False
            Whether to return a pair with the standard deviations, which ``loss="gaussian_nll"`` learns.
        """
        P = self._predictions(X)
        point = self._squeezed(self._state.scaling.unscaled(self._point(P)))
        if not return_std:
            return point
        if not isinstance(self._state.network.loss, GaussianNLL):
            message = f"{self._name}.predict: loss is {self.loss!r}; return_std=True needs loss='gaussian_nll'."
            raise ConfigError(message, got=self.loss)
        deviation = np.sqrt(P[:, P.shape[1] // 2 :])
        scale = self._state.scaling.target_scale
        return point, self._squeezed(deviation if scale is None else (deviation * scale).astype(P.dtype))

    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Return quantiles for X, learned by ``loss=Quantile(levels)``: (n, n_levels), or (n, n_targets, n_levels)."""
        P = self._predictions(X)
        loss = self._state.network.loss
        if not isinstance(loss, Quantile):
            message = f"{self._name}.predict_quantiles: loss is {self.loss!r}; it must be Quantile([...])."
            raise ConfigError(message, got=self.loss)
        Q = self._state.scaling.unscaled(P)
        n_levels = len(loss.levels)
        return Q if Q.shape[1] == n_levels else Q.reshape(len(Q), -1, n_levels)

    def _slopes_in_units(self, slopes: np.ndarray, output: Any) -> np.ndarray:
        scale = self._state.scaling.target_scale
        if scale is None:
            return slopes
        k = self._state.network.n_outputs
        if isinstance(self._state.network.loss, GaussianNLL):
            scale = np.concatenate([scale, np.ones(k // 2)])  # the logarithm of a variance is only shifted
        factors = np.repeat(scale, k // len(scale))
        factors = np.asarray(factors if output is None else factors[output])[..., None]
        return np.asarray(slopes * factors).astype(slopes.dtype, copy=False)

    def _point(self, P: np.ndarray) -> np.ndarray:
        """Return one prediction per target: the median quantile, the mean, or the output itself."""
        loss = self._state.network.loss
        if isinstance(loss, Quantile):
            middle = int(np.argmin(np.abs(np.array(loss.levels) - 0.5)))
            return P[:, middle :: len(loss.levels)]
        return P[:, : P.shape[1] // 2] if isinstance(loss, GaussianNLL) else P

    @staticmethod
    def _squeezed(columns: np.ndarray) -> np.ndarray:
        return columns[:, 0] if columns.shape[1] == 1 else columns
