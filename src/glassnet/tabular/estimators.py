"""scikit-learn's estimators for tables: a DataFrame goes in, a strong network comes out, without tuning."""

from __future__ import annotations

import time
from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from glassnet.attribution import Importance
from glassnet.checks import check_integer, check_number, check_weights
from glassnet.errors import ConfigError, DataError
from glassnet.network import Network
from glassnet.tabular.estimator_inputs import as_labels, as_table, plain_cells
from glassnet.tabular.fitting import FitOptions, Rows, fit_table
from glassnet.tabular.frames import column_from_values
from glassnet.tabular.goals import find_goal
from glassnet.tabular.recipes import find_recipe
from glassnet.tabular.table import Column, Table
from glassnet.tabular.target import TargetEncoder
from glassnet.tabular.why import Why
from glassnet.training import History

__all__ = ["TabularClassifier", "TabularRegressor"]

_TARGET = "target"


class _TabularModel(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """What classifier and regressor share."""

    _task: str
    recipe: str
    n_ensemble: int
    n_folds: int | None
    metric: str | None
    epochs: int | None
    batch_size: int | None
    max_seconds: float | None
    threads: int | str
    verbose: bool
    random_state: Any

    # ---- fitting ---------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, validation_data: Sequence[Any] | None = None, sample_weight: Any = None) -> Any:
        """Learn a table.

        Parameters
        ----------
        X : DataFrame of pandas, polars or pyarrow, dict of arrays, or array of shape (n, d)
            Columns of numbers, text, categories, booleans and dates, with missing values as they are. An array of
            objects is taken column by column.
        y : array or Series of shape (n,)
            Labels of any kind, or numbers.
        validation_data : (X, y) or (X, y, sample_weight), optional
            Rows to choose the best epoch by; without them and without ``n_folds``, a fifth of the rows is held out,
            by ``random_state`` and stratified.
        sample_weight : array of shape (n,), optional
            The loss is ``sum(w * l) / sum(w)``.

        Returns
        -------
        self
            The estimator.
        """
        began = time.perf_counter()
        name = type(self).__name__
        options = self._options()
        if validation_data is not None and self.n_folds is not None:
            message = f"{name}.fit: validation_data and n_folds must not both be given, got both. Pass one."
            raise ConfigError(message)
        table = self._table(X, reset=True)
        target = TargetEncoder()
        train = self._rows(table, self._learn_target(y, target), sample_weight, "")
        valid = None if validation_data is None else self._validation(validation_data)
        found = fit_table(train, valid, target, options)
        self.model_, self.histories_ = found.model, found.histories
        self.fit_seconds_ = time.perf_counter() - began
        return self

    def _options(self) -> FitOptions:
        name = type(self).__name__
        counts = {"n_ensemble": (self.n_ensemble, 1), "n_folds": (self.n_folds, 2), "epochs": (self.epochs, 1)}
        counts["batch_size"] = (self.batch_size, 1)
        for key, (value, least) in counts.items():
            if value is not None or key == "n_ensemble":
                check_integer(name, key, value, least)
        if self.max_seconds is not None:
            check_number(name, "max_seconds", self.max_seconds, 0.0, open_minimum=True)
        return FitOptions(
            find_recipe(name, self.recipe),
            find_goal(name, self._task, self.metric, getattr(self, "quantiles", None)),
            seed=self._seed(),
            n_ensemble=self.n_ensemble,
            n_folds=self.n_folds,
            epochs=self.epochs,
            batch_size=self.batch_size,
            max_seconds=self.max_seconds,
            threads=self.threads,
            progress=bool(self.verbose),
        )

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)) and not isinstance(self.random_state, bool):
            return check_integer(type(self).__name__, "random_state", int(self.random_state), 0)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _learn_target(self, y: Any, target: TargetEncoder) -> Column:
        """Fit the target's encoder, and return the target as a column."""
        raise NotImplementedError

    def _target_column(self, y: Any) -> Column:
        """Return targets like those of training as a column."""
        raise NotImplementedError

    def _rows(self, table: Table, target: Column, weight: Any, what: str) -> Rows:
        name = f"{type(self).__name__}.fit"
        if len(target) != table.n_rows:
            message = f"{name}: {what}X and y must have the same number of rows, got {table.n_rows} and {len(target)}."
            raise DataError(message, expected=table.n_rows, got=len(target))
        if weight is None:
            return Rows(table, target)
        checked = check_weights(name, weight)
        if checked.shape != (table.n_rows,):
            must = f"{what}sample_weight must have shape ({table.n_rows},)"
            message = f"{name}: {must}, got {checked.shape}."
            raise DataError(message, expected=table.n_rows, got=checked.shape)
        return Rows(table, target, checked)

    def _validation(self, data: Any) -> Rows:
        name = f"{type(self).__name__}.fit"
        if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
            message = f"{name}: validation_data must be (X, y) or (X, y, sample_weight), got {type(data).__name__}."
            raise ConfigError(message, got=data)
        table = self._table(data[0], reset=False)
        return self._rows(table, self._target_column(data[1]), data[2] if len(data) == 3 else None, "validation ")

    def _table(self, X: Any, *, reset: bool) -> Table:
        """Return inputs as a table, and learn or check how many columns there are and what they are called."""
        return as_table(self, X, reset=reset)

    # ---- use -------------------------------------------------------------------------------------------------------

    def _answers(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "model_")
        return self.model_.answers(self.model_.encoder.transform(self._table(X, reset=False)))

    @property
    def network_(self) -> Network:
        """The network; with several they are its members."""
        check_is_fitted(self, "model_")
        network: Network = self.model_.network
        return network

    @property
    def history_(self) -> History:
        """What the first network's training recorded."""
        check_is_fitted(self, "model_")
        history: History = self.histories_[0]
        return history

    def why(self, X: Any, background: Any = None) -> list[Why]:
        """Return for each row of X what its columns contribute to the prediction; see `TableModel.why`.

        ``background`` has the rows to compare with.
        """
        check_is_fitted(self, "model_")
        compared = None if background is None else self._table(background, reset=False)
        return self.model_.why(self._table(X, reset=False), compared)

    def importance(self, X: Any, y: Any, *, metric: str = "loss", repeats: int = 5) -> Importance:
        """Return how much worse the predictions for X get when a column is shuffled.

        ``metric`` and ``repeats`` are those of `glassnet.attribution.permutation_importance`.
        """
        check_is_fitted(self, "model_")
        table, column = self._table(X, reset=False), self._target_column(y)
        together = Table([*table.columns, Column(self.model_.target.name, column.kind, column.values, column.missing)])
        return self.model_.importance(together, metric=metric, repeats=repeats)

    def save(self, path: str | PathLike[str]) -> None:
        """Write network, encoder and labels to one file, for `TableModel.load` and the command line.

        Parameters
        ----------
        path : str or path-like
            Where; it ends in ``.safetensors``.
        """
        check_is_fitted(self, "model_")
        self.model_.save(path)  # type: ignore[arg-type]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.non_deterministic = False
        return tags


class TabularClassifier(ClassifierMixin, _TabularModel):  # type: ignore[misc]  # scikit-learn ships no types
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
    threads : int or "auto", default="auto"
        BLAS threads; see `glassnet.training.fit_network`.
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
        threads: int | str = "auto",
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

    def _learn_target(self, y: Any, target: TargetEncoder) -> Column:
        values = as_labels(y)
        check_classification_targets(values)
        self.classes_ = np.unique(values)
        if len(self.classes_) < 2:
            message = f"TabularClassifier.fit: y must have at least two classes, got only {self.classes_.tolist()}."
            raise DataError(message, expected="two classes", got=self.classes_)
        column = column_from_values(_TARGET, plain_cells(values))
        target.fit(column, "classification")
        if len(target.labels) != len(self.classes_):
            must = "labels must differ in more than blanks and types"
            message = f"TabularClassifier.fit: {must}, got {self.classes_[:10].tolist()}. Write each in one way."
            raise DataError(message, expected=must, got=self.classes_)
        return column

    def _target_column(self, y: Any) -> Column:
        return column_from_values(_TARGET, plain_cells(as_labels(y)))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each row of X, shape (n,)."""
        places = self._answers(X).argmax(axis=1)
        return np.asarray(self.classes_[places])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each label for each row of X, shape (n, k), in the order of ``classes_``."""
        return self._answers(X)


class TabularRegressor(RegressorMixin, _TabularModel):  # type: ignore[misc]  # scikit-learn ships no types
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
        threads: int | str = "auto",
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

    def _learn_target(self, y: Any, target: TargetEncoder) -> Column:
        column = self._target_column(y)
        target.fit(column, "regression")
        return column

    def _target_column(self, y: Any) -> Column:
        values = column_or_1d(y, warn=True)
        return column_from_values(_TARGET, np.asarray(values, dtype=np.float64))

    def predict(self, X: Any) -> np.ndarray:
        """Return a number for each row of X, shape (n,): the mean, or of quantiles the middle one."""
        answers = self._answers(X)
        levels = self.model_.levels
        middle = answers if levels is None else answers[:, [len(levels) // 2]]
        return self.model_.target.decode(middle)

    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Return the quantiles of each row of X, shape (n, number of ``quantiles``), rising.

        Raises
        ------
        ConfigError
            The estimator was not made with ``quantiles``.
        """
        check_is_fitted(self, "model_")
        if self.model_.levels is None:
            must = "the estimator must be made with quantiles"
            message = f"TabularRegressor.predict_quantiles: {must}, got none. Write quantiles=(0.05, 0.5, 0.95)."
            raise ConfigError(message, expected=must)
        return self.model_.target.in_units(self._answers(X))

    def predict_interval(self, X: Any) -> np.ndarray:
        """Return the lowest and the highest quantile of each row of X, shape (n, 2)."""
        return self.predict_quantiles(X)[:, [0, -1]]
