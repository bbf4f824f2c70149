"""What tables are learned by: glassnet's recipes, and what else people take. One function each, fitted on a split.

A method is called with a `Split` and returns predictions for its test rows: probabilities (n, k) in the order of
``split.labels``, or numbers (n,). Whatever it wants to hold out for early stopping are the split's validation rows.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["METHODS", "SLOW", "Split", "available", "quietly", "version_of"]

_ROUNDS = 2000  # of boosting, at most
_PATIENCE = 50
_DEVICE = "TABULAR_BENCHMARK_DEVICE"  # of PyTorch
_THREADS = "TABULAR_BENCHMARK_THREADS"  # how many each method may use; otherwise what it takes by itself


@dataclass(frozen=True)
class Split:
    """One table, divided; X are pandas frames, y class codes or numbers."""

    task: str
    seed: int
    labels: list[Any]
    X: dict[str, Any]
    y: dict[str, np.ndarray]

    @property
    def classifies(self) -> bool:
        """Whether the target is classes."""
        return self.task != "regression"


def _kinds(frame: Any) -> tuple[list[str], list[str]]:
    """Return the names of numeric columns, and of all others."""
    numbers = [name for name in frame if frame[name].dtype.kind in "if"]
    return numbers, [name for name in frame if name not in numbers]


def _as_categories(split: Split) -> dict[str, Any]:
    """Return frames in which everything that is no number is a category of the training rows."""
    import pandas as pd

    found = {part: frame.copy() for part, frame in split.X.items()}
    for name in _kinds(split.X["train"])[1]:
        known = sorted(map(str, split.X["train"][name].dropna().unique()))
        for part, frame in split.X.items():
            texts = [None if gone else str(value) for value, gone in zip(frame[name], frame[name].isna(), strict=True)]
            found[part][name] = pd.Categorical(texts, categories=known)
    return found


def _encoded(split: Split, *, scaled: bool, one_hot: bool) -> dict[str, np.ndarray]:
    """Return matrices by a sensible pipeline: means for missing numbers, with flags; codes for the rest."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    numbers, others = _kinds(split.X["train"])
    steps: list[Any] = [SimpleImputer(add_indicator=True), *([StandardScaler()] if scaled else [])]
    coder: Any = (
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=100, sparse_output=False)
        if one_hot
        else OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    )
    pipeline = make_column_transformer((make_pipeline(*steps), numbers), (coder, others))
    frames = {part: frame.astype(dict.fromkeys(others, object)) for part, frame in _as_categories(split).items()}
    fitted = pipeline.fit(frames["train"])
    return {part: np.asarray(fitted.transform(frame), dtype=np.float64) for part, frame in frames.items()}


def _answer(split: Split, model: Any, X: Any) -> np.ndarray:
    return np.asarray(model.predict_proba(X) if split.classifies else model.predict(X))


def sklearn_mlp(split: Split) -> np.ndarray:
    """scikit-learn's MLP with early stopping on scaled numbers, one-hot categories and a scaled target."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    X = _encoded(split, scaled=True, one_hot=True)
    rows, y = np.concatenate([X["train"], X["valid"]]), np.concatenate([split.y["train"], split.y["valid"]])
    options: dict[str, Any] = {"early_stopping": True, "validation_fraction": 0.2, "max_iter": 500}
    # Some classes have too few rows for its stratified split.
    if split.classifies and np.bincount(y)[np.unique(y)].min() < 5:
        options = {"max_iter": 200}
    if split.classifies:
        return _answer(split, MLPClassifier(random_state=split.seed, **options).fit(rows, y), X["test"])
    inner = MLPRegressor(random_state=split.seed, **options)
    return _answer(split, TransformedTargetRegressor(inner, transformer=StandardScaler()).fit(rows, y), X["test"])


def random_forest(split: Split) -> np.ndarray:
    """scikit-learn's random forest of 500 trees; it has no use for validation rows but as more rows."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    X = _encoded(split, scaled=False, one_hot=False)
    rows, y = np.concatenate([X["train"], X["valid"]]), np.concatenate([split.y["train"], split.y["valid"]])
    kind = RandomForestClassifier if split.classifies else RandomForestRegressor
    return _answer(split, kind(500, random_state=split.seed, n_jobs=-1).fit(rows, y), X["test"])


def hist_gradient_boosting(split: Split) -> np.ndarray:
    """scikit-learn's HistGradientBoosting with early stopping on the validation rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    X = _as_categories(split)
    kind = HistGradientBoostingClassifier if split.classifies else HistGradientBoostingRegressor
    # It takes categories of up to 255 values.
    for name in _kinds(split.X["train"])[1]:
        if len(X["train"][name].cat.categories) > 255:
            X = {part: frame.assign(**{name: frame[name].cat.codes.astype(float)}) for part, frame in X.items()}
    model = kind(early_stopping=True, max_iter=_ROUNDS, n_iter_no_change=_PATIENCE, random_state=split.seed)
    model.fit(X["train"], split.y["train"], X_val=X["valid"], y_val=split.y["valid"])
    return _answer(split, model, X["test"])


def lightgbm(split: Split) -> np.ndarray:
    """LightGBM's defaults with early stopping on the validation rows."""
    import lightgbm as lgb

    X = _as_categories(split)
    X = {part: frame.rename(columns=dict(zip(frame, map(str, range(frame.shape[1])), strict=True))) for part, frame in X.items()}  # fmt: skip  # noqa: E501
    kind = lgb.LGBMClassifier if split.classifies else lgb.LGBMRegressor
    model = kind(n_estimators=_ROUNDS, random_state=split.seed, n_jobs=_cores(), verbose=-1)
    stop = lgb.early_stopping(_PATIENCE, verbose=False)
    model.fit(X["train"], split.y["train"], eval_set=[(X["valid"], split.y["valid"])], callbacks=[stop])
    return _answer(split, model, X["test"])


def xgboost(split: Split) -> np.ndarray:
    """XGBoost's defaults with early stopping on the validation rows."""
    import xgboost as xgb

    X = _as_categories(split)
    kind = xgb.XGBClassifier if split.classifies else xgb.XGBRegressor
    options = {"n_estimators": _ROUNDS, "early_stopping_rounds": _PATIENCE, "enable_categorical": True}
    model = kind(random_state=split.seed, n_jobs=_cores(), **options)
    model.fit(X["train"], split.y["train"], eval_set=[(X["valid"], split.y["valid"])], verbose=False)
    return _answer(split, model, X["test"])


def _cores() -> int:
    if _THREADS in os.environ:
        return int(os.environ[_THREADS])
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pytabkit(split: Split, classifier: str, regressor: str) -> np.ndarray:
    import pandas as pd
    import pytabkit
    import torch

    torch.set_num_threads(_cores())
    numbers, others = _kinds(split.X["train"])
    means = split.X["train"][numbers].mean()
    flagged = [name for name in numbers if split.X["train"][name].isna().any()]
    frames = _as_categories(split)
    for part, frame in frames.items():
        flags = {f"{name} missing": split.X[part][name].isna().astype(str).astype("category") for name in flagged}
        frames[part] = frame.assign(**{name: frame[name].fillna(means[name]) for name in numbers}, **flags)
    both = pd.concat([frames["train"], frames["valid"]], ignore_index=True)
    for name in [*others, *(f"{name} missing" for name in flagged)]:
        both[name] = both[name].astype("category")
        frames["test"][name] = frames["test"][name].astype("category")
    y = np.concatenate([split.y["train"], split.y["valid"]])
    held_out = np.arange(len(frames["train"]), len(both))
    model = getattr(pytabkit, classifier if split.classifies else regressor)(
        random_state=split.seed, device=os.environ.get(_DEVICE, "cpu")
    )
    model.fit(both, y, val_idxs=held_out)
    return _answer(split, model, frames["test"])


def pytabkit_realmlp(split: Split) -> np.ndarray:
    """RealMLP with its tuned defaults, as its authors publish it, on PyTorch."""
    return _pytabkit(split, "RealMLP_TD_Classifier", "RealMLP_TD_Regressor")


def pytabkit_tabm(split: Split) -> np.ndarray:
    """TabM with the defaults of the same package."""
    return _pytabkit(split, "TabM_D_Classifier", "TabM_D_Regressor")


def _glassnet(**options: Any) -> Callable[[Split], np.ndarray]:
    def method(split: Split) -> np.ndarray:
        from glassnet.tabular import TabularClassifier, TabularRegressor

        kind = TabularClassifier if split.classifies else TabularRegressor
        threads: Any = int(os.environ[_THREADS]) if _THREADS in os.environ else "auto"
        model = kind(random_state=split.seed, threads=threads, **options)
        model.fit(split.X["train"], split.y["train"], validation_data=(split.X["valid"], split.y["valid"]))
        return _answer(split, model, split.X["test"])

    return method


METHODS: dict[str, tuple[str, Callable[[Split], np.ndarray]]] = {
    "glassnet": ("glassnet", _glassnet()),
    "glassnet, ensemble of 8": ("glassnet", _glassnet(n_ensemble=8)),
    "glassnet small": ("glassnet", _glassnet(recipe="small")),
    "glassnet tabm": ("glassnet", _glassnet(recipe="tabm")),
    "glassnet tabm-mini": ("glassnet", _glassnet(recipe="tabm-mini")),
    "RealMLP (pytabkit)": ("pytabkit", pytabkit_realmlp),
    "TabM (pytabkit)": ("pytabkit", pytabkit_tabm),
    "LightGBM": ("lightgbm", lightgbm),
    "XGBoost": ("xgboost", xgboost),
    "HistGradientBoosting": ("scikit-learn", hist_gradient_boosting),
    "random forest": ("scikit-learn", random_forest),
    "MLP (scikit-learn)": ("scikit-learn", sklearn_mlp),
}
"""The package that a method needs, and its function."""

SLOW = ("glassnet tabm", "glassnet tabm-mini", "TabM (pytabkit)")
"""Methods that take minutes on a thousand rows."""

_MODULES = {"scikit-learn": "sklearn"}


def available(method: str) -> bool:
    """Return whether the package behind a method is installed."""
    package = METHODS[method][0]
    return importlib.util.find_spec(_MODULES.get(package, package)) is not None


def version_of(method: str) -> str:
    """Return the version of the package behind a method."""
    return importlib.metadata.version(METHODS[method][0])


def quietly(method: str, split: Split) -> np.ndarray:
    """Return a method's predictions, without its warnings and whatever else it prints."""
    with open(os.devnull, "w") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept = [os.dup(stream) for stream in (1, 2)]
        try:
            for stream in (1, 2):
                os.dup2(nowhere.fileno(), stream)
            return METHODS[method][1](split)
        finally:
            for stream, saved in zip((1, 2), kept, strict=True):
                os.dup2(saved, stream)
                os.close(saved)
