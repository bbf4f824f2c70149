"""The common base of the estimators for tables: it turns X and y into a trained `TableModel`."""

from __future__ import annotations

import numbers
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Literal, Self

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.distributed.options import MPI
from glassnet.engine.one_fit import alone
from glassnet.errors import ConfigError, DataError
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.encoding.weighting import as_counts
from glassnet.tabular.estimators.fit_findings import check_diagnose, findings_of_fit, issue_findings
from glassnet.tabular.estimators.fitted import FittedEstimator
from glassnet.tabular.estimators.held_out import divided, folds_of, group_of_rows, refuse_two_divisions
from glassnet.tabular.estimators.importances import sample_of
from glassnet.tabular.estimators.inputs import as_table, read_options
from glassnet.tabular.estimators.notices import issue, notices_of_fit, warn_of_interruption
from glassnet.tabular.estimators.numbers_given import checked_jobs, seed_of
from glassnet.tabular.estimators.processes import divided_alike, joined
from glassnet.tabular.estimators.streams import held_out_names, named_rows, stream_of, streamed, table_of_sample
from glassnet.tabular.estimators.targets import errors_of_estimator, one_per_row, target_name
from glassnet.tabular.fitting.fit import Trained, fit_table
from glassnet.tabular.fitting.objective import find_goal
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.fitting.recipes import RecipeName, find_recipe
from glassnet.tabular.fitting.table_findings import RecipeWatch
from glassnet.tabular.reading.kept_options import check_read_names
from glassnet.tabular.reading.options import ReadAs, ReadOptions
from glassnet.tabular.reading.table import Column, Table
from glassnet.training.findings import Diagnosis
from glassnet.utils.checks import check_flag, check_integer, check_number
from glassnet.utils.executors import check_executor
from glassnet.utils.keywords import AdvisesOnNames, advises_on_constructor

__all__ = ["RandomState", "TabularEstimator"]

RandomState = int | np.random.RandomState | np.random.Generator | None
"""What ``random_state`` takes."""

_OF_ONE_KIND = ("quantiles", "label_smoothing")  # parameters that one of the two estimators has


class TabularEstimator(AdvisesOnNames, FittedEstimator):
    """Base of `TabularClassifier` and `TabularRegressor`.

    Parameters
    ----------
    recipe : {"realmlp", "fast", "small", "tabm", "tabm-mini"}, default="realmlp"
        RealMLP with its tuned defaults (arXiv:2407.04491), the same in fewer epochs from 1,024 training rows
        on, its simplified form, or TabM, 32 networks that share weights (arXiv:2410.24210), by itself or in its small
        form on piecewise linear embeddings; both take many times longer.
    n_ensemble : int, default=1
        Number of networks with different seeds whose predictions are averaged: the most reliable way to more accuracy.
        Four or more RealMLPs have layers of 176 in place of 256, in 0.6 of the time.
    n_folds : int, optional
        Number of cross-validation folds: each network is trained on the other folds, its epoch chosen on its own, and
        all are averaged. No row is lost to validation.
    cv : int, splitter or iterable of (train, validation) row numbers, optional
        Which rows choose the epoch, in place of a random fifth: ``GroupShuffleSplit(n_splits=1)`` holds out the rows of
        some groups; a splitter with several splits trains a network on each, as ``n_folds`` does, and a number is
        ``n_folds``. It is given X, y and the ``groups`` of `fit`.
    calibrate : bool, default=True
        Whether probabilities, or the quantiles of a regressor, are calibrated after training on the rows that choose
        the epoch, those of folds pooled: see ``calibration_``. Means, and labels of one network, do not change by it.
    epochs : int, optional
        Number of epochs, by default the recipe's: 256, fewer for large tables, or for TabM as many as help.
    batch_size : int, optional
        Rows per step; by default 256, and but for TabM 512 from 30,001 rows on and 1,024 from 100,001 on.
    max_seconds : float, optional
        Time limit for everything from the start of `fit` on, one step at least; it lowers the epochs, makes them parts
        of a pass over the rows, and trains fewer of several networks. A warning says if that was next to nothing.
    threads : int or "auto", default=1
        BLAS threads. "auto" times the first steps with more, and takes what is faster: RealMLP then trains in about
        four fifths of the time on two idle cores, but another number changes last bits, and in the end the network.
    n_jobs : int, optional
        How many networks of an ensemble, or of folds, are trained at once, each in a process with one BLAS thread
        through joblib: -1 for all cores; by default one, or what `joblib.parallel_config` says, and one inside a
        parallel search. With one BLAS thread and no time limit the networks are the same.
    decimal : {".", ","}, optional
        Decimal mark of numbers in text cells; by default the cells decide.
    thousands : {",", ".", " ", "'", "_"}, optional
        Their thousands separator; by default the cells decide.
    missing : list, optional
        Cells that mean "no value", such as ``["-999", "unknown"]``, besides the usual ones.
    day_first : bool, optional
        Whether the day stands before the month in dates such as 01/02/2024; by default the cells decide.
    read : dict, optional
        What columns are read as, by name: "number", "text", "category", "date" or "drop".
    verbose : bool, default=False
        Whether to show a progress line.
    random_state : int, RandomState, Generator or None, default=None
        Seed of everything random. With an int every fit gives the same network.
    diagnose : bool or Watch, default=True
        Whether `fit` looks for what is wrong with the table and the training of the first network; see ``findings_``.
        A `glassnet.Watch` says what to leave out. No number changes by it.

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
    calibration_ : CalibratedProbabilities, CalibratedQuantiles or None
        What was fitted, and calibration error or coverage before and after; None if nothing was calibrated.
    findings_ : Diagnosis
        What `fit` found wrong, in the words of these parameters; empty with ``diagnose=False``. Each kind of warning
        among them is issued once as a `glassnet.sklearn.PoorFitWarning`, of a search only the first.
    fit_seconds_ : float
        Duration of the fit.
    n_shared_rows_ : int or None
        Number of rows held out by `fit` itself that equal a row trained on, target included: 0 unless the table has too
        few different rows to keep equal ones together, or these differ in ``groups``. None, unknown, for `ParquetRows`.
    """

    _task: ClassVar[str]
    recipe: RecipeName
    n_ensemble: int
    n_folds: int | None
    cv: Any
    metric: str | None
    calibrate: bool
    epochs: int | None
    batch_size: int | None
    max_seconds: float | None
    threads: int | Literal["auto"]
    n_jobs: int | None
    decimal: str | None
    thousands: str | None
    missing: Sequence[Any] | None
    day_first: bool | None
    read: Mapping[str, ReadAs] | None
    verbose: bool
    random_state: RandomState
    diagnose: bool | Watch

    findings_: Diagnosis
    n_features_in_: int
    feature_names_in_: np.ndarray
    fit_seconds_: float
    n_shared_rows_: int | None
    _columns: tuple[bool, list[str]]  # whether they are found by name, and the names

    # ---- fitting ---------------------------------------------------------------------------------------------------

    @alone
    @advises_on_constructor
    def fit(
        self,
        X: Any,
        y: Any = None,
        validation_data: Sequence[Any] | None = None,
        sample_weight: Any = None,
        groups: Any = None,
        *,
        executor: Any = None,
        shards: int | None = None,
        distributed: Literal["mpi"] | MPI | None = None,
    ) -> Self:
        """Train on a table.

        Parameters
        ----------
        X : DataFrame of pandas, polars or pyarrow, dict of arrays, list of dicts, array of shape (n, d), or ParquetRows
            Columns of numbers, text, categories, booleans and dates; values may be missing. In an array of objects each
            column has a kind of its own. One `TableWarning` names the columns that are left out, such as those of
            one value; without any other column every row gets the same answer. The rows of `glassnet.ParquetRows` stay
            in their files: it says what is done on all of them, and what on a sample.
        y : array or Series of shape (n,)
            Labels of any kind, or numbers; left out with `ParquetRows`, which know their target.
        validation_data : (X, y) or (X, y, sample_weight), optional
            Rows on which the best epoch is chosen; without them, ``n_folds`` and ``cv``, a fifth of the rows is held
            out at random, at most 50,000, stratified by label, if there are ten or more. Equal rows, target included,
            stay together as long as enough different ones are on each side.
        sample_weight : array of shape (n,), optional
            The loss is ``sum(w * l) / sum(w)``, and in every statistic (scales, quartiles, frequencies, metrics) a row
            of weight 2 counts as two equal rows and one of weight 0 as none. But rows are drawn as they are: one row of
            weight 2 is in one batch, and held out or not, where two equal rows may be in two.
        groups : array of shape (n,), optional
            The group of each row, such as a patient: rows of one group are trained on, or held out, together, also with
            ``n_folds``.
        executor : concurrent.futures.Executor, dask.distributed.Client or "joblib", optional
            Where the networks are trained in place of ``n_jobs``, also on other machines: each is a task with one BLAS
            thread, and has the same bits. Networks of a worker that is lost are left out of the mean, with a warning.
        shards : int, optional
            Divide each batch into so many shards, as `glassnet.Network.fit` does: the result depends on their number,
            not on where they are. Several networks are trained one after the other.
        distributed : "mpi" or glassnet.distributed.MPI, optional
            Train each network with all processes that ``mpiexec -n R python -m mpi4py train.py`` started. All end with
            the same estimator. Needs ``shards``, R at least, and ``pip install 'glassnet[mpi]'``.

        Returns
        -------
        self
            The estimator.
        """
        began, where = time.perf_counter(), f"{type(self).__name__}.fit"
        pool = check_executor(where, executor)
        ranks = joined(where, shards, distributed, {"executor": pool, "n_jobs": self.n_jobs})
        with nullcontext() if ranks is None else ranks.training(where):
            options = replace(divided_alike(self, self._options(), shards, ranks), executor=pool)
            self._fit(X, y, options, validation_data=validation_data, sample_weight=sample_weight, groups=groups)
        self.fit_seconds_ = time.perf_counter() - began
        return self

    def _fit(
        self, X: Any, y: Any, options: FitOptions, *, validation_data: Any, sample_weight: Any, groups: Any
    ) -> None:
        name = type(self).__name__
        options = replace(options, diagnose=(watch := check_diagnose(name, self.diagnose)) or False)
        given = {"validation_data": validation_data, "n_folds": self.n_folds, "cv": self.cv, "groups": groups}
        refuse_two_divisions(f"{name}.fit", {each: value is not None for each, value in given.items()})
        given |= {"y": y, "sample_weight": sample_weight}
        stream = options.together(lambda: stream_of(f"{name}.fit", X, given, options.seed))
        if stream is not None:
            (X, y, sample_weight, _), validation_data = stream.sample, stream.held_out[:3]
        table = table_of_sample(self, X, stream)
        values = one_per_row(f"{name}.fit", y)
        self._target_forms = {}
        answer = target_name(y, table.names) if stream is None else stream.rows.target
        check_read_names(name, ReadOptions(read=self.read or {}), [*self._names, answer])
        table, column = named_rows(stream, table, self._as_column(answer, values))
        self._target_forms = {} if column.form is None else {column.name: column.form}
        read, kept = self._rows(table, column, sample_weight, "")
        self._check_rows(read, options)
        train, labels, options = streamed(stream, read, values[kept], options, partial(self._as_column, answer))
        with errors_of_estimator(f"{name}.fit"):
            target = self._learn_target(*labels)
        if validation_data is not None:
            valid: Rows | None = held_out_names(stream, self._validation(validation_data, column.name))
        else:
            group_of = group_of_rows(f"{name}.fit", groups, table.n_rows)
            by_cv = self.cv is not None and options.n_folds is None
            folds = options.agreed(folds_of(f"{name}.fit", self.cv, X, values, groups, kept) if by_cv else [])
            train = replace(train, groups=None if group_of is None else group_of[kept])
            train, valid, options = divided(train, folds, options)
        with errors_of_estimator(f"{name}.fit"):
            found = fit_table(train, valid, target, replace(options, class_weight=self._class_weights()))
        self.model_, self.histories_, self.n_shared_rows_ = found.model, found.histories, found.n_shared
        self.model_.reading = read_options(self, {})
        self._sample, self._importances = sample_of(found.checked), None
        read_before = X if stream is None else None
        told = notices_of_fit(read.inputs, read.target, found.model.encoder, found.absent, read_before)
        told += [sentence for sentence in (found.shortage(f"max_seconds={self.max_seconds}"),) if sentence]
        issue(f"{name}.fit", told, "model_.encoder.describe()")
        self._tell(watch, read, found, options)
        if found.was_interrupted:
            warn_of_interruption(name, self.histories_, options.n_networks, found.most_epochs)

    def _tell(self, watch: RecipeWatch | None, rows: Rows, found: Trained, options: FitOptions) -> None:
        """Keep the findings of a fit, and warn of them."""
        target, labels = found.model.target, self._labels()
        updates = found.steps_of(found.histories[0])
        given = ["balanced"] * (self._class_weights() is not None) + ["fair"] * (self.metric == "balanced_accuracy")
        how: dict[str, Any] = {"updates": updates, "given": given}
        of_fit = options.agreed(findings_of_fit(watch, rows, target, found.histories, labels, **how))
        self.findings_ = found.histories[0].findings = of_fit
        if not found.was_interrupted:
            issue_findings(type(self).__name__, of_fit)

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
            find_goal(name, self._task, self.metric, *(getattr(self, each, None) for each in _OF_ONE_KIND)),
            calibrates=check_flag(name, "calibrate", self.calibrate),
            seed=seed_of(name, self.random_state),
            n_ensemble=self.n_ensemble,
            n_folds=n_folds,
            epochs=self.epochs,
            batch_size=self.batch_size,
            max_seconds=self.max_seconds,
            allow_constant=True,
            threads=self.threads,
            n_jobs=checked_jobs(name, self.n_jobs),
            progress=bool(self.verbose),
            announce=print if self.verbose else None,
        )

    def _learn_target(self, values: np.ndarray, column: Column) -> TargetEncoder:
        """Return a target encoder fitted on the column; ``values`` are the same targets as the user passed them."""
        raise NotImplementedError

    def _class_weights(self) -> Any:
        """Return the weights of classes by their codes, "balanced", or None."""
        return None

    def _rows(self, table: Table, column: Column, weight: Any, what: str) -> tuple[Rows, np.ndarray]:
        """Return the rows with a weight above 0, and a mask of them."""
        name = f"{type(self).__name__}.fit"
        if len(column) != table.n_rows:
            message = f"{name}: {what}X has {table.n_rows} rows and y {len(column)}; they must have the same number."
            raise DataError(message, expected=table.n_rows, got=len(column))
        if weight is None:
            return Rows(table, column), np.ones(table.n_rows, dtype=bool)
        counts = as_counts(name, weight, table.n_rows, what)
        with np.errstate(under="ignore"):
            kept = counts.astype(np.float32) > 0.0
        return Rows(table, column, counts).take(kept), kept

    def _check_rows(self, train: Rows, options: FitOptions) -> None:
        """Raise an error if there are too few rows to train on, or for the folds."""
        name, n = type(self).__name__, len(train.target)
        if n < 2:
            message = f"{name}.fit: there is 1 sample; there must be at least two rows to learn from."
            raise DataError(message, expected=2, got=n)
        if options.n_folds is not None and options.n_folds > n:
            option = "cv" if self.n_folds is None else "n_folds"
            message = f"{name}.fit: {option} is {options.n_folds}; it must be at most {n}, the number of rows."
            raise ConfigError(message, expected=n, got=options.n_folds)

    def _validation(self, data: Any, target: str) -> Rows:
        name = f"{type(self).__name__}.fit"
        if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
            message = f"{name}: validation_data is a {type(data).__name__}; it must be (X, y) or (X, y, sample_weight)."
            raise ConfigError(message, got=data)
        table = as_table(self, data[0], reset=False)
        column = self._as_column(target, one_per_row(name, data[1]))
        return self._rows(table, column, data[2] if len(data) == 3 else None, "validation ")[0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.non_deterministic = False
        return tags
