"""The common base of the estimators for tables: it turns X and y into a trained `TableModel`."""

from __future__ import annotations

import numbers
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from glassnet.attribution import Importance
from glassnet.errors import ConfigError, DataError
from glassnet.network import Network
from glassnet.tabular.attribution.reasons import Why
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.estimators.held_out import divided, folds_of, group_of_rows, refuse_two_divisions
from glassnet.tabular.estimators.inputs import as_array, as_table
from glassnet.tabular.estimators.targets import one_per_row, target_name
from glassnet.tabular.fitting.fit import fit_table
from glassnet.tabular.fitting.objective import find_goal
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.fitting.recipes import RecipeName, find_recipe
from glassnet.tabular.model import TableModel
from glassnet.tabular.one_row import Answer, answer_of
from glassnet.tabular.reading.frames import is_frame
from glassnet.tabular.reading.rows import complete_rows
from glassnet.tabular.reading.table import Column, Table
from glassnet.training import History
from glassnet.utils.checks import check_integer, check_number, check_weights
from glassnet.utils.estimator_types import BaseEstimator
from glassnet.utils.keywords import AdvisesOnNames

__all__ = ["RandomState", "TabularEstimator"]

RandomState = int | np.random.RandomState | np.random.Generator | None
"""What ``random_state`` takes."""


class TabularEstimator(AdvisesOnNames, BaseEstimator):
    """Base of `TabularClassifier` and `TabularRegressor`.

    Parameters
    ----------
    recipe : {"realmlp", "small", "tabm", "tabm-mini"}, default="realmlp"
        RealMLP with its tuned defaults (arXiv:2407.04491), its simplified form in about two thirds of the time, or
        TabM, 32 networks that share weights (arXiv:2410.24210), by itself or in its small form on piecewise linear
        embeddings; both take many times longer.
    n_ensemble : int, default=1
        Number of networks with different seeds whose predictions are averaged: the most reliable way to a little more
        accuracy.
    n_folds : int, optional
        Number of cross-validation folds: each network is trained on the other folds, its epoch chosen on its own, and
        all are averaged. No row is lost to validation.
    cv : int, splitter or iterable of (train, validation) row numbers, optional
        Which rows choose the epoch, in place of a random fifth: ``GroupShuffleSplit(n_splits=1)`` holds out the rows of
        some groups; a splitter with several splits trains a network on each, as ``n_folds`` does, and a number is
        ``n_folds``. It is given X, y and the ``groups`` of `fit`.
    epochs : int, optional
        Number of epochs, by default the recipe's: 256, or for TabM as many as help.
    batch_size : int, optional
        Rows per step; 256 by default.
    max_seconds : float, optional
        Time limit for the whole fit; the number of epochs is lowered to what it allows.
    threads : int or "auto", default=1
        BLAS threads. "auto" times the first steps with more, and takes what is faster: RealMLP then trains in about
        four fifths of the time on two idle cores, but another number changes last bits, and in the end the network.
    verbose : bool, default=False
        Whether to show a progress line.
    random_state : int, RandomState, Generator or None, default=None
        Seed of everything random. With an int every fit gives the same network.

    Attributes
    ----------
    model_ : TableModel
        Encoder, network and target encoder in one; it predicts, explains and saves by itself.
    histories_ : list of History
        Training history of each network.
    n_features_in_ : int
        Number of columns of the table.
    feature_names_in_ : ndarray of str
        Their names, if they have names.
    fit_seconds_ : float
        Duration of the fit.
    n_shared_rows_ : int
        Number of rows held out by `fit` itself that equal a row trained on, target included: 0 unless the table has so
        few different rows that equal ones could not stay together, or equal rows are in different ``groups``.
    """

    _task: ClassVar[str]
    recipe: RecipeName
    n_ensemble: int
    n_folds: int | None
    cv: Any
    metric: str | None
    epochs: int | None
    batch_size: int | None
    max_seconds: float | None
    threads: int | Literal["auto"]
    verbose: bool
    random_state: RandomState

    model_: TableModel
    histories_: list[History]
    n_features_in_: int
    feature_names_in_: np.ndarray
    fit_seconds_: float
    n_shared_rows_: int
    _columns: tuple[bool, list[str]]  # whether they are found by name, and the names

    # ---- fitting ---------------------------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any,
        validation_data: Sequence[Any] | None = None,
        sample_weight: Any = None,
        groups: Any = None,
    ) -> Self:
        """Train on a table.

        Parameters
        ----------
        X : DataFrame of pandas, polars or pyarrow, dict of arrays, list of dicts, or array of shape (n, d)
            Columns of numbers, text, categories, booleans and dates; values may be missing. In an array of objects each
            column has a kind of its own. A column without any value is left out.
        y : array or Series of shape (n,)
            Labels of any kind, or numbers.
        validation_data : (X, y) or (X, y, sample_weight), optional
            Rows on which the best epoch is chosen; without them, ``n_folds`` and ``cv``, a fifth of the rows is held
            out at random, stratified by label, if there are ten or more. Equal rows, target included, stay together
            as long as enough different ones are on each side.
        sample_weight : array of shape (n,), optional
            The loss is ``sum(w * l) / sum(w)``; a row of weight 0 is ignored.
        groups : array of shape (n,), optional
            The group of each row, such as a patient: rows of one group are trained on, or held out, together, also with
            ``n_folds``.

        Returns
        -------
        self
            The estimator.
        """
        began = time.perf_counter()
        name = type(self).__name__
        options = self._options()
        given = {"validation_data": validation_data, "n_folds": self.n_folds, "cv": self.cv, "groups": groups}
        refuse_two_divisions(f"{name}.fit", {each: value is not None for each, value in given.items()})
        table = as_table(self, X, reset=True)
        values = one_per_row(f"{name}.fit", y)
        column = self._as_column(target_name(y, table.names), values)
        train, kept = self._rows(table, column, sample_weight, "")
        self._check_rows(train, options)
        target = self._learn_target(values[kept], train.target)
        if validation_data is not None:
            valid: Rows | None = self._validation(validation_data, column.name)
        else:
            group_of = group_of_rows(f"{name}.fit", groups, table.n_rows)
            by_cv = self.cv is not None and options.n_folds is None
            folds = folds_of(f"{name}.fit", self.cv, X, values, groups, kept) if by_cv else []
            train = replace(train, groups=None if group_of is None else group_of[kept])
            train, valid, options = divided(train, folds, options)
        found = fit_table(train, valid, target, options)
        self.model_, self.histories_, self.n_shared_rows_ = found.model, found.histories, found.n_shared
        self.fit_seconds_ = time.perf_counter() - began
        if found.was_interrupted:
            self._warn_of_interruption(options)
        return self

    def _warn_of_interruption(self, options: FitOptions) -> None:
        """Warn that Ctrl-C ended the training, in the words that scikit-learn has for it."""
        done = max(history.epochs for history in self.histories_)
        of = f" after {done} of {options.most_epochs} epochs"
        if options.n_networks > 1:
            of = f": {len(self.histories_)} of {options.n_networks} networks are averaged"
        message = f"Training interrupted by user{of}. The best weights so far are kept."
        warnings.warn(f"{type(self).__name__}.fit: {message}", UserWarning, stacklevel=3)

    def _options(self) -> FitOptions:
        name = type(self).__name__
        counts = {"n_ensemble": (self.n_ensemble, 1), "n_folds": (self.n_folds, 2), "epochs": (self.epochs, 1)}
        counts["batch_size"] = (self.batch_size, 1)
        n_folds = self.n_folds
        if isinstance(self.cv, numbers.Integral):
            n_folds = int(self.cv)
            counts["cv"] = (n_folds, 2)
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
            n_folds=n_folds,
            epochs=self.epochs,
            batch_size=self.batch_size,
            max_seconds=self.max_seconds,
            allow_empty=True,
            threads=self.threads,
            progress=bool(self.verbose),
        )

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)) and not isinstance(self.random_state, bool):
            return check_integer(type(self).__name__, "random_state", int(self.random_state), 0)
        if isinstance(self.random_state, np.random.Generator):
            return int(self.random_state.integers(2**31 - 1))
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _as_column(self, name: str, values: np.ndarray) -> Column:
        """Return targets as a column."""
        raise NotImplementedError

    def _learn_target(self, values: np.ndarray, column: Column) -> TargetEncoder:
        """Return a target encoder fitted on the column; ``values`` are the same targets as the user passed them."""
        raise NotImplementedError

    def _rows(self, table: Table, column: Column, weight: Any, what: str) -> tuple[Rows, np.ndarray]:
        """Return the rows with a weight above 0, and a mask of them."""
        name = f"{type(self).__name__}.fit"
        if len(column) != table.n_rows:
            message = f"{name}: {what}X and y must have the same number of rows, got {table.n_rows} and {len(column)}."
            raise DataError(message, expected=table.n_rows, got=len(column))
        if weight is None:
            return Rows(table, column), np.ones(table.n_rows, dtype=bool)
        checked = check_weights(name, weight)
        if checked.shape != (table.n_rows,):
            must = f"{what}sample_weight must have shape ({table.n_rows},)"
            message = f"{name}: {must}, got {checked.shape}."
            raise DataError(message, expected=table.n_rows, got=checked.shape)
        with np.errstate(under="ignore"):
            kept = checked.astype(np.float32) > 0.0
        return Rows(table, column, checked).take(kept), kept

    def _check_rows(self, train: Rows, options: FitOptions) -> None:
        """Raise an error if there are too few rows to train on, or for the folds."""
        name, n = type(self).__name__, len(train.target)
        if n < 2:
            message = f"{name}.fit: there must be at least two rows to learn from, got 1 sample."
            raise DataError(message, expected=2, got=n)
        if options.n_folds is not None and options.n_folds > n:
            option = "cv" if self.n_folds is None else "n_folds"
            message = f"{name}.fit: {option} must be at most {n}, the number of rows, got {options.n_folds}."
            raise ConfigError(message, expected=n, got=options.n_folds)

    def _validation(self, data: Any, target: str) -> Rows:
        name = f"{type(self).__name__}.fit"
        if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
            message = f"{name}: validation_data must be (X, y) or (X, y, sample_weight), got {type(data).__name__}."
            raise ConfigError(message, got=data)
        table = as_table(self, data[0], reset=False)
        column = self._as_column(target, one_per_row(name, data[1]))
        return self._rows(table, column, data[2] if len(data) == 3 else None, "validation ")[0]

    # ---- use -------------------------------------------------------------------------------------------------------

    def _table(self, X: Any) -> Table:
        check_is_fitted(self, "model_")
        if self._columns[0]:
            encoder = self.model_.encoder
            X = complete_rows(X, encoder.column_names, self._columns[1], type(self).__name__)
        return as_table(self, X, reset=False)

    @property
    def network_(self) -> Network:
        """The trained network; several are its members."""
        check_is_fitted(self, "model_")
        return self.model_.network

    @property
    def history_(self) -> History:
        """Training history of the first network."""
        check_is_fitted(self, "model_")
        return self.histories_[0]

    def predict_one(self, row: Any) -> Answer:
        """Return the answer for one row as plain data that JSON can hold; see `TableModel.predict_one`.

        Parameters
        ----------
        row : dict, Series, row of a structured array, or table of one row
            As in ``X`` of `fit`, or a list of values if that was an array.
        """
        cells = None if is_frame(row) else as_array(row)
        table = self._table(row if cells is None or cells.ndim != 1 else [row])
        return answer_of(self.model_, table, self._labels(), f"{type(self).__name__}.predict_one")

    def _labels(self) -> list[Any]:
        """Return the labels in the order of the model's codes; none for a regression."""
        return []

    def why(self, X: Any, background: Any = None) -> list[Why]:
        """Return for each row of X what its columns contribute to the prediction; see `TableModel.why`.

        Parameters
        ----------
        X : as of `fit`
            Rows to explain.
        background : as of `fit`, optional
            Rows to compare with.
        """
        table = self._table(X)
        return self.model_.why(table, None if background is None else self._table(background))

    def importance(self, X: Any, y: Any, *, metric: str = "loss", repeats: int = 5) -> Importance:
        """Return how much worse the predictions for X get when a column is shuffled.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known targets, preferably ones that `fit` did not see.
        metric, repeats
            As of `glassnet.attribution.permutation_importance`.
        """
        table = self._table(X)
        name = self.model_.target.name
        column = self._as_column(name, one_per_row(f"{type(self).__name__}.importance", y))
        rest = [other for other in table.columns if other.name != name]
        return self.model_.importance(Table([*rest, column]), metric=metric, repeats=repeats)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write network, encoder and labels to one file, for `TableModel.load` and the command line.

        Parameters
        ----------
        path : str or path-like
            File to write; its name ends in ``.safetensors``.
        overwrite : bool, default=False
            Whether to write over a file that is no model of glassnet too, and under any name.
        """
        check_is_fitted(self, "model_")
        self.model_.save(path, overwrite=overwrite)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.non_deterministic = False
        return tags
