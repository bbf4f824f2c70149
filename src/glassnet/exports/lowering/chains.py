"""What stands around a perceptron in scikit-learn's pipelines: scalers of inputs and targets, imputers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from glassnet.errors import ConfigError
from glassnet.sklearn import BaseMLP, from_sklearn
from glassnet.sklearn.solvers.rows import Scaling
from glassnet.tabular.estimators.base import TabularEstimator

__all__ = ["Chain", "Stage", "column_names_of", "numbered_names", "read_chain"]

_ADVICE = "Export what it makes of the rows: fit on transformed rows, or put it outside of the model."
_KNOWN = "StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler or SimpleImputer"
_CLASSES = (StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, SimpleImputer, FunctionTransformer)
_INVERSES = {np.exp: "exp(Z)", np.expm1: "expm1(Z)"}


@dataclass
class Stage:
    """``z = (x - center) / unit``, then cut to ``ends``; ``range`` has the least and largest x of training if known."""

    center: np.ndarray
    unit: np.ndarray
    ends: tuple[float, float] | None = None
    range: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether z is x but for the ends."""
        return not self.center.any() and bool((self.unit == 1.0).all())

    def then(self, other: Stage) -> Stage:
        """Return this and another stage as one."""
        known = self.range
        if known is None and other.range is not None:
            known = self.back(other.range[0]), self.back(other.range[1])
        return Stage(self.back(other.center), self.unit * other.unit, other.ends, known)

    def back(self, z: np.ndarray) -> np.ndarray:
        """Return x for z."""
        return np.asarray(self.center + self.unit * z)


@dataclass
class Chain:
    """A perceptron of ours, or an estimator for tables, with all that stands around it.

    Parameters
    ----------
    names : list of str
        Names of the columns; empty if they have none.
    n_inputs : int
        Number of columns.
    words : str
        What the model is.
    """

    names: list[str]
    n_inputs: int
    words: str
    mlp: BaseMLP = field(init=False)
    table: TabularEstimator | None = None  # if there is no perceptron
    fill: np.ndarray | None = None  # for missing values, in the units of the rows
    scalers: list[Stage] = field(default_factory=list)
    targets: list[Stage | str] = field(default_factory=list)  # of the outputs, in order; or a formula in Z

    def stages(self) -> list[Stage]:
        """Return the scalings of the rows in order, as few as possible; the first may be none."""
        found = [Stage(np.zeros(self.n_inputs), np.ones(self.n_inputs))]
        own = Scaling() if self.table is not None else self.mlp._state.scaling
        last = [] if own.scale is None else [Stage(np.asarray(own.center), np.asarray(own.scale))]
        for stage in (*self.scalers, *last):
            if found[-1].ends is None:
                found[-1] = found[-1].then(stage)
            else:
                found.append(stage)
        return found


def numbered_names(n: int) -> list[str]:
    """Return names for columns that have none."""
    return [f"x{j}" for j in range(n)]


def column_names_of(model: Any) -> list[str]:
    """Return the names of the columns that an estimator reads."""
    names = _names_of(model)
    return names or numbered_names(int(_first(model).n_features_in_))


def _names_of(model: Any) -> list[str]:
    return [str(name) for name in getattr(_first(model), "feature_names_in_", ())]


def _first(model: Any) -> Any:
    """Return what reads the rows first: of a pipeline not the steps that pass them through."""
    while isinstance(model, Pipeline):
        model = next(step for _, step in model.steps if not _is_nothing(step))
    return model


def _is_nothing(step: Any) -> bool:
    if isinstance(step, Pipeline):
        return all(_is_nothing(inner) for _, inner in step.steps)
    return step is None or (isinstance(step, str) and step == "passthrough")


def read_chain(model: Any) -> Chain:
    """Return what a fitted estimator or pipeline consists of.

    Raises
    ------
    ConfigError
        A step has no exported form.
    """
    check_is_fitted(model)
    chain = Chain(_names_of(model), int(_first(model).n_features_in_), " ".join(repr(model).split()))
    _unwrap(chain, model)
    return chain


def _unwrap(chain: Chain, model: Any) -> None:
    """Add a model, and all that is inside of it, to a chain."""
    if isinstance(model, Pipeline):
        for _, step in model.steps[:-1]:
            _add_step(chain, step)
        _unwrap(chain, model.steps[-1][1])
    elif isinstance(model, TransformedTargetRegressor):
        _unwrap(chain, model.regressor_)
        chain.targets.append(_of_target(model.transformer_))
    elif isinstance(model, TabularEstimator):
        chain.table = model
    elif isinstance(model, BaseMLP):
        chain.mlp = model
    elif isinstance(model, (MLPClassifier, MLPRegressor)):
        chain.mlp = from_sklearn(model)
    elif hasattr(model, "best_estimator_"):
        _unwrap(chain, model.best_estimator_)
    else:
        must = "it must be, or end in, a network or estimator of glassnet, an MLPClassifier or MLPRegressor"
        message = f"export: the model is a {type(model).__name__}; {must}."
        raise ConfigError(message, expected=must, got=model)


def _add_step(chain: Chain, step: Any) -> None:
    """Add a transformer of the rows."""
    if _is_nothing(step):
        return
    _refuse_own(step)
    if isinstance(step, Pipeline):
        for _, inner in step.steps:
            _add_step(chain, inner)
    elif isinstance(step, SimpleImputer):
        fill = _fills(step)
        for stage in reversed(chain.scalers):
            fill = stage.back(fill)
        chain.fill = fill if chain.fill is None else chain.fill  # behind the first one nothing is missing
    else:
        chain.scalers.append(_scaler(step))


def _refuse_own(step: Any) -> None:
    """Refuse a subclass that transforms otherwise than the class of scikit-learn that it derives from."""
    known = next((kind for kind in _CLASSES if isinstance(step, kind)), None)
    methods = ("transform", "inverse_transform", "fit_transform")
    if known is None or all(getattr(type(step), name, None) is getattr(known, name, None) for name in methods):
        return
    must = f"a step must transform as the {known.__name__} of scikit-learn does"
    message = f"export: {type(step).__name__} has methods of its own; {must}. {_ADVICE}"
    raise ConfigError(message, expected=must, got=step)


def _scaler(step: Any) -> Stage:
    """Return a scaler of scikit-learn as a stage."""
    n = getattr(step, "n_features_in_", 1)
    zeros, ones = np.zeros(n), np.ones(n)
    if isinstance(step, StandardScaler):
        return Stage(step.mean_ if step.with_mean else zeros, step.scale_ if step.with_std else ones)
    if isinstance(step, RobustScaler):
        return Stage(step.center_ if step.with_centering else zeros, step.scale_ if step.with_scaling else ones)
    if isinstance(step, MinMaxScaler):
        low, high = map(float, step.feature_range)
        ends = (low, high) if step.clip else None
        return Stage(-step.min_ / step.scale_, 1.0 / step.scale_, ends, (step.data_min_, step.data_max_))
    if isinstance(step, MaxAbsScaler):
        ends = (-1.0, 1.0) if getattr(step, "clip", False) else None
        return Stage(zeros, step.scale_, ends, (-step.max_abs_, step.max_abs_))
    must = f"it must be {_KNOWN}"
    message = f"export: a step before the model is {' '.join(repr(step).split())}; {must}. {_ADVICE}"
    raise ConfigError(message, expected=must, got=step)


def _fills(step: SimpleImputer) -> np.ndarray:
    """Return what an imputer puts in the place of a missing value, by column."""
    try:
        fills = np.asarray(step.statistics_, dtype=np.float64)
    except (TypeError, ValueError):
        fills = np.array([np.nan])
    marks_nan = isinstance(step.missing_values, float) and np.isnan(step.missing_values)
    if np.isfinite(fills).all() and marks_nan and not step.add_indicator:
        return fills
    must = "it must fill NaN in columns of numbers, each with a value in training, and add no indicator"
    message = f"export: a step before the model is {' '.join(repr(step).split())}; {must}. {_ADVICE}"
    raise ConfigError(message, expected=must, got=step)


def _of_target(step: Any) -> Stage | str:
    """Return the inverse of a transformer of targets: of a scaler the stage, of a function its formula."""
    _refuse_own(step)
    if not isinstance(step, FunctionTransformer):
        return _scaler(step)
    inverse = step.inverse_func
    if inverse is None:
        return "Z"
    if inverse in _INVERSES:
        return _INVERSES[inverse]
    must = "it must be np.exp, np.expm1 or that of a scaler"
    fact = f"the inverse of the transformation of targets is {inverse!r}"
    message = f"export: {fact}; {must}. Transform the predictions where they are used."
    raise ConfigError(message, expected=must, got=inverse)
