"""scikit-learn's estimators for tables: a DataFrame goes in, a strong network comes out, without tuning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from glassnet.errors import ConfigError
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.estimators.base import TabularEstimator
from glassnet.tabular.estimators.targets import ClassList, label_column, number_column
from glassnet.tabular.reading.table import Column

__all__ = ["TabularClassifier", "TabularRegressor"]


class TabularClassifier(ClassifierMixin, TabularEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A classifier for tables of any columns, good without tuning.

    Parameters
    ----------
    recipe : {"realmlp", "small", "tabm", "tabm-mini"}, default="realmlp"
        How: RealMLP with its tuned defaults (arXiv:2407.04491), its simplified form in about two thirds of the time, or
        TabM, 32 networks that share weights (arXiv:2410.24210), by itself or in its small form on piecewise linear
        embeddings; both take many times longer.
    n_ensemble : int, default=1
        Networks with different seeds whose probabilities are averaged: the surest way to a little more.
    n_folds : int, optional
        Divide the rows so many times, train on each rest and choose the epoch on the part, and average: no row is
        lost to validation.
    metric : {"accuracy", "balanced_accuracy", "f1", "log_loss", "auc", "brier"}, optional
        What the epoch is chosen by, the accuracy by default. Where it looks at probabilities, labels are not smoothed.
    epochs : int, optional
        Instead of the recipe's: 256, or for TabM as many as help.
    batch_size : int, optional
        Rows per step; 256 by default.
    max_seconds : float, optional
        For all training: there are then as many epochs as fit into it.
    threads : int or "auto", default=1
        BLAS threads. "auto" times the first steps with more, and takes what is faster: RealMLP then trains in about
        four fifths of the time on two idle cores, but another number changes last bits, and in the end the network.
    verbose : bool, default=False
        Whether to show a progress line.
    random_state : int, RandomState or None, default=None
        Everything random follows from an int.

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
        The labels, sorted.
    model_ : TableModel
        Encoder, network and labels in one; it predicts, explains and saves by itself.
    histories_ : list of History
        What training recorded, for each network.
    n_features_in_ : int
        Columns of the table.
    feature_names_in_ : ndarray of str
        Their names, where they have some.
    fit_seconds_ : float
        How long the fit took.

    Examples
    --------
    >>> from glassnet.tabular import TabularClassifier
    >>> frame = {"size": [1.0, 2.0, None, 9.0] * 5, "colour": ["red", "blue", "blue", "red"] * 5}
    >>> labels = ["cat", "dog", "dog", "cat"] * 5
    >>> model = TabularClassifier(epochs=30, random_state=0).fit(frame, labels)
    >>> model.predict({"size": [1.5], "colour": ["blue"]}).tolist()
    ['dog']
    """

    _task = "classification"

    def __init__(
        self,
        recipe: str = "realmlp",
        *,
        n_ensemble: int = 1,
        n_folds: int | None = None,
        metric: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        max_seconds: float | None = None,
        threads: int | str = 1,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.recipe = recipe
        self.n_ensemble = n_ensemble
        self.n_folds = n_folds
        self.metric = metric
        self.epochs = epochs
        self.batch_size = batch_size
        self.max_seconds = max_seconds
        self.threads = threads
        self.verbose = verbose
        self.random_state = random_state

    def _as_column(self, name: str, values: np.ndarray) -> Column:
        return label_column("TabularClassifier", name, values)

    def _learn_target(self, values: np.ndarray, column: Column) -> TargetEncoder:
        target = TargetEncoder().fit(column, "classification")
        found = ClassList("TabularClassifier.fit", values, column, target)
        self.classes_, self._places = found.classes, found.places
        return target

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each row of X, shape (n,)."""
        places = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[places])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each label for each row of X, float32 (n, k), in the order of ``classes_``."""
        table = self._table(X)
        P: np.ndarray = self.model_.predict_proba(table)
        return P[:, self._places]


class TabularRegressor(RegressorMixin, TabularEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A regressor for tables of any columns, good without tuning.

    Parameters
    ----------
    recipe : {"realmlp", "small", "tabm", "tabm-mini"}, default="realmlp"
        As of `TabularClassifier`.
    quantiles : sequence of float, optional
        Levels to predict instead of a mean, such as ``(0.05, 0.5, 0.95)``: see `predict_quantiles`, `predict_interval`.
    n_ensemble, n_folds
        As of `TabularClassifier`.
    metric : {"rmse", "mae", "r2"}, optional
        What the epoch is chosen by, the root mean squared error by default. With ``"mae"`` the network learns medians.
    epochs, batch_size, max_seconds, threads, verbose, random_state
        As of `TabularClassifier`.

    Attributes
    ----------
    model_ : TableModel
        Encoder, network and the target's scale in one; it predicts, explains and saves by itself.
    histories_, n_features_in_, feature_names_in_, fit_seconds_
        As of `TabularClassifier`.

    Examples
    --------
    >>> from glassnet.tabular import TabularRegressor
    >>> frame = {"x": [0.1 * i for i in range(60)]}
    >>> model = TabularRegressor(epochs=60, random_state=0).fit(frame, [2.0 * x for x in frame["x"]])
    >>> abs(model.predict({"x": [2.05]}).item() - 4.1) < 0.3
    True
    """

    _task = "regression"

    def __init__(
        self,
        recipe: str = "realmlp",
        *,
        quantiles: Sequence[float] | None = None,
        n_ensemble: int = 1,
        n_folds: int | None = None,
        metric: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        max_seconds: float | None = None,
        threads: int | str = 1,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.recipe = recipe
        self.quantiles = quantiles
        self.n_ensemble = n_ensemble
        self.n_folds = n_folds
        self.metric = metric
        self.epochs = epochs
        self.batch_size = batch_size
        self.max_seconds = max_seconds
        self.threads = threads
        self.verbose = verbose
        self.random_state = random_state

    def _as_column(self, name: str, values: np.ndarray) -> Column:
        return number_column("TabularRegressor", name, values)

    def _learn_target(self, values: np.ndarray, column: Column) -> TargetEncoder:
        return TargetEncoder().fit(column, "regression")

    def predict(self, X: Any) -> np.ndarray:
        """Return a number for each row of X, float64 (n,): the mean, or of quantiles the one nearest to the median.

        Of two quantiles that are equally near to it, it is their mean.
        """
        table = self._table(X)
        return np.asarray(self.model_.predict(table))

    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Return the quantiles of each row of X, float64 (n, number of ``quantiles``), rising.

        Raises
        ------
        ConfigError
            The estimator was not made with ``quantiles``.
        """
        table = self._table(X)
        if self.model_.levels is None:
            must = "the estimator must be made with quantiles"
            message = f"TabularRegressor.predict_quantiles: {must}, got none. Write quantiles=(0.05, 0.5, 0.95)."
            raise ConfigError(message, expected=must)
        return np.asarray(self.model_.predict_quantiles(table))

    def predict_interval(self, X: Any) -> np.ndarray:
        """Return the lowest and the highest quantile of each row of X, shape (n, 2)."""
        return self.predict_quantiles(X)[:, [0, -1]]
