"""scikit-learn estimators for tables that need no tuning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.errors import ConfigError
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.estimators.base import RandomState, TabularEstimator
from glassnet.tabular.estimators.inputs import read_options
from glassnet.tabular.estimators.targets import find_classes, label_column, number_column, weights_by_code
from glassnet.tabular.fitting.objective import ClassMetric, NumberMetric
from glassnet.tabular.fitting.recipes import RecipeName
from glassnet.tabular.reading.options import ReadAs
from glassnet.tabular.reading.table import Column
from glassnet.utils.docstrings import shares_documentation
from glassnet.utils.estimator_types import ClassifierMixin, RegressorMixin

__all__ = ["TabularClassifier", "TabularRegressor"]


@shares_documentation(TabularEstimator)
class TabularClassifier(ClassifierMixin, TabularEstimator):
    """A classifier for tables with columns of any kind, good without tuning.

    Parameters
    ----------
    class_weight : "balanced" or dict, optional
        Weights by label, which multiply those of the rows, held-out ones too: the metric that chooses the epoch counts
        them as the loss does. "balanced" gives every class the same sum of weights; a label that a dict leaves out has
        weight 1.
    metric : {"accuracy", "balanced_accuracy", "f1", "log_loss", "auc", "brier"}, optional
        Metric that chooses the epoch, by default the accuracy.
    label_smoothing : float, optional
        How much labels are smoothed in training, at least 0 and below 1: by default by what the recipe takes, 0.1 for
        RealMLP and none for TabM. 0 switches it off.

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
        The labels, sorted.

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
    classes_: np.ndarray
    _places: np.ndarray

    def __init__(
        self,
        recipe: RecipeName = "realmlp",
        *,
        class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
        n_ensemble: int = 1,
        n_folds: int | None = None,
        cv: Any = None,
        metric: ClassMetric | None = None,
        label_smoothing: float | None = None,
        calibrate: bool = True,
        epochs: int | None = None,
        batch_size: int | None = None,
        max_seconds: float | None = None,
        threads: int | Literal["auto"] = 1,
        n_jobs: int | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        missing: Sequence[Any] | None = None,
        day_first: bool | None = None,
        read: Mapping[str, ReadAs] | None = None,
        verbose: bool = False,
        random_state: RandomState = None,
        diagnose: bool | Watch = True,
    ) -> None:
        self.recipe, self.n_ensemble, self.n_folds, self.metric = recipe, n_ensemble, n_folds, metric
        self.epochs, self.batch_size, self.max_seconds = epochs, batch_size, max_seconds
        self.threads, self.verbose, self.random_state, self.cv = threads, verbose, random_state, cv
        self.n_jobs = n_jobs
        self.decimal, self.thousands, self.missing = decimal, thousands, missing
        self.day_first, self.read, self.class_weight = day_first, read, class_weight
        self.diagnose, self.label_smoothing, self.calibrate = diagnose, label_smoothing, calibrate

    def _as_column(self, name: str, values: np.ndarray) -> Column:
        return label_column("TabularClassifier", name, values, read_options(self, self._target_forms))

    def _class_weights(self) -> Any:
        return weights_by_code("TabularClassifier", self.class_weight, self.classes_, self._places)

    def _learn_target(self, values: np.ndarray, column: Column) -> TargetEncoder:
        target = TargetEncoder().fit(column, "classification")
        self.classes_, self._places = find_classes("TabularClassifier.fit", values, column, target)
        return target

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each row of X, shape (n,)."""
        places = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[places])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each label for each row of X, float32 (n, k), in the order of ``classes_``."""
        table = self._table(X)
        found = self.model_.predict_proba(table)[:, self._places]
        self._warn_of(table)
        return found

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba` for X, float32 (n, k); finite also where it is rounded to 0."""
        table = self._table(X)
        found = self.model_.predict_log_proba(table)[:, self._places]
        self._warn_of(table)
        return found

    def _labels(self) -> list[Any]:
        return [self.classes_[place] for place in np.argsort(self._places)]


@shares_documentation(TabularEstimator)
class TabularRegressor(RegressorMixin, TabularEstimator):
    """A regressor for tables with columns of any kind, good without tuning.

    Parameters
    ----------
    quantiles : sequence of float, optional
        Levels to predict instead of a mean, such as ``(0.05, 0.5, 0.95)``: see `predict_quantiles`, `predict_interval`.
    metric : {"rmse", "mae", "r2"}, optional
        Metric that chooses the epoch, by default the root mean squared error. With ``"mae"`` the network learns
        medians.

    Examples
    --------
    >>> from glassnet.tabular import TabularRegressor
    >>> frame = {"x": [0.1 * i for i in range(60)]}
    >>> model = TabularRegressor(epochs=60, random_state=2).fit(frame, [2.0 * x for x in frame["x"]])
    >>> abs(model.predict({"x": [2.05]}).item() - 4.1) < 0.3
    True
    """

    _task = "regression"

    def __init__(
        self,
        recipe: RecipeName = "realmlp",
        *,
        quantiles: Sequence[float] | None = None,
        n_ensemble: int = 1,
        n_folds: int | None = None,
        cv: Any = None,
        metric: NumberMetric | None = None,
        calibrate: bool = True,
        epochs: int | None = None,
        batch_size: int | None = None,
        max_seconds: float | None = None,
        threads: int | Literal["auto"] = 1,
        n_jobs: int | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        missing: Sequence[Any] | None = None,
        day_first: bool | None = None,
        read: Mapping[str, ReadAs] | None = None,
        verbose: bool = False,
        random_state: RandomState = None,
        diagnose: bool | Watch = True,
    ) -> None:
        self.recipe, self.n_ensemble, self.n_folds, self.metric = recipe, n_ensemble, n_folds, metric
        self.epochs, self.batch_size, self.max_seconds = epochs, batch_size, max_seconds
        self.threads, self.verbose, self.random_state, self.cv = threads, verbose, random_state, cv
        self.n_jobs = n_jobs
        self.decimal, self.thousands, self.missing = decimal, thousands, missing
        self.day_first, self.read, self.diagnose = day_first, read, diagnose
        self.quantiles, self.calibrate = quantiles, calibrate

    def _as_column(self, name: str, values: np.ndarray) -> Column:
        return number_column("TabularRegressor", name, values, read_options(self, self._target_forms))

    def _learn_target(self, values: np.ndarray, column: Column) -> TargetEncoder:
        return TargetEncoder().fit(column, "regression")

    def predict(self, X: Any) -> np.ndarray:
        """Return a number for each row of X, float64 (n,): the mean, or of quantiles the one nearest to the median.

        If two quantiles are equally near to it, it is their mean.
        """
        table = self._table(X)
        found = self.model_.predict(table)
        self._warn_of(table)
        return found

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R squared of the predictions for X; ``y`` may hold text of numbers, which is read as in `fit`."""
        return super().score(X, self._as_numbers("score", y), sample_weight)

    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Return the quantiles of each row of X, float64 (n, number of ``quantiles``), in ascending order.

        Raises
        ------
        ConfigError
            The estimator was not made with ``quantiles``.
        """
        table = self._table(X)
        if self.model_.levels is None:
            must = "the estimator was made without quantiles; it must be made with them"
            message = f"TabularRegressor.predict_quantiles: {must}. Write quantiles=(0.05, 0.5, 0.95)."
            raise ConfigError(message, expected=must)
        found = self.model_.predict_quantiles(table)
        self._warn_of(table)
        return found

    def predict_interval(self, X: Any) -> np.ndarray:
        """Return the lowest and the highest quantile of each row of X, shape (n, 2)."""
        return self.predict_quantiles(X)[:, [0, -1]]
