"""What else people learn tables by: boosting, scikit-learn's estimators, pytabkit's networks. One function each.

A method takes a `Split` and returns predictions for its test rows: probabilities (n, k) in the order of
``split.labels``, or numbers (n,). Whatever it holds out for early stopping are the split's validation rows.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from benchmarks.tabular_split import Split, as_categories, column_kinds, encoded

__all__ = [
    "THREADS",
    "answer",
    "catboost",
    "cores",
    "hist_gradient_boosting",
    "lightgbm",
    "lightgbm_tuned",
    "pytabkit_realmlp",
    "pytabkit_tabm",
    "random_forest",
    "sklearn_mlp",
    "xgboost",
    "xgboost_tuned",
]

_ROUNDS = 2000  # of boosting, at most
_PATIENCE = 50
_DEVICE = "TABULAR_BENCHMARK_DEVICE"  # of PyTorch
THREADS = "TABULAR_BENCHMARK_THREADS"
"""The variable that says how many threads each method may use; otherwise each takes what it takes by itself."""

# Defaults tuned on 118 tables by Holzmüller et al. 2024 (arXiv 2407.04491); they stop after 300 rounds without a gain.
_TUNED_PATIENCE = 300
_TUNED_LIGHTGBM: dict[bool, dict[str, Any]] = {
    True: {"learning_rate": 0.04, "num_leaves": 50, "subsample": 0.75, "min_child_samples": 40},
    False: {"learning_rate": 0.05, "num_leaves": 100, "subsample": 0.7, "min_child_samples": 3},
}
_TUNED_XGBOOST: dict[bool, dict[str, Any]] = {
    True: {
        "learning_rate": 0.08,
        "max_depth": 6,
        "min_child_weight": 5e-6,
        "colsample_bylevel": 0.9,
        "subsample": 0.65,
    },
    False: {"learning_rate": 0.05, "max_depth": 9, "min_child_weight": 2.0, "subsample": 0.7},
}


def answer(split: Split, model: Any, X: Any) -> np.ndarray:
    """Return a model's probabilities, or its numbers."""
    return np.asarray(model.predict_proba(X) if split.classifies else model.predict(X))


def sklearn_mlp(split: Split) -> np.ndarray:
    """scikit-learn's MLP with early stopping on scaled numbers, one-hot categories and a scaled target."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    X = encoded(split, scaled=True, one_hot=True)
    rows, y = np.concatenate([X["train"], X["valid"]]), np.concatenate([split.y["train"], split.y["valid"]])
    options: dict[str, Any] = {"early_stopping": True, "validation_fraction": 0.2, "max_iter": 500}
    # Some classes have too few rows for its stratified split.
    if split.classifies and np.bincount(y)[np.unique(y)].min() < 5:
        options = {"max_iter": 200}
    if split.classifies:
        return answer(split, MLPClassifier(random_state=split.seed, **options).fit(rows, y), X["test"])
    inner = MLPRegressor(random_state=split.seed, **options)
    return answer(split, TransformedTargetRegressor(inner, transformer=StandardScaler()).fit(rows, y), X["test"])


def random_forest(split: Split) -> np.ndarray:
    """scikit-learn's random forest of 500 trees; it has no use for validation rows but as more rows."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    X = encoded(split, scaled=False, one_hot=False)
    rows, y = np.concatenate([X["train"], X["valid"]]), np.concatenate([split.y["train"], split.y["valid"]])
    kind = RandomForestClassifier if split.classifies else RandomForestRegressor
    return answer(split, kind(500, random_state=split.seed, n_jobs=cores()).fit(rows, y), X["test"])


def hist_gradient_boosting(split: Split) -> np.ndarray:
    """scikit-learn's HistGradientBoosting with early stopping on the validation rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    X = as_categories(split)
    kind = HistGradientBoostingClassifier if split.classifies else HistGradientBoostingRegressor
    # It takes categories of up to 255 values.
    for name in column_kinds(split.X["train"])[1]:
        if len(X["train"][name].cat.categories) > 255:
            X = {part: frame.assign(**{name: frame[name].cat.codes.astype(float)}) for part, frame in X.items()}
    model = kind(early_stopping=True, max_iter=_ROUNDS, n_iter_no_change=_PATIENCE, random_state=split.seed)
    model.fit(X["train"], split.y["train"], X_val=X["valid"], y_val=split.y["valid"])
    return answer(split, model, X["test"])


def lightgbm(split: Split) -> np.ndarray:
    """LightGBM's defaults with early stopping on the validation rows."""
    return _lightgbm(split, _PATIENCE, n_estimators=_ROUNDS)


def lightgbm_tuned(split: Split) -> np.ndarray:
    """LightGBM with tuned defaults, and early stopping by log loss or squared error."""
    options = {"n_estimators": 1000, "subsample_freq": 1, "min_child_weight": 1e-7}
    return _lightgbm(split, _TUNED_PATIENCE, **options, **_TUNED_LIGHTGBM[split.classifies])


def _lightgbm(split: Split, patience: int, **options: Any) -> np.ndarray:
    import lightgbm as lgb

    # Its names of columns may not have every character, so they are numbered.
    X = {part: frame.set_axis(list(map(str, range(frame.shape[1]))), axis=1) for part, frame in as_categories(split).items()}  # fmt: skip  # noqa: E501
    kind = lgb.LGBMClassifier if split.classifies else lgb.LGBMRegressor
    model = kind(random_state=split.seed, n_jobs=cores(), verbose=-1, **options)
    stop = lgb.early_stopping(patience, verbose=False)
    model.fit(X["train"], split.y["train"], eval_set=[(X["valid"], split.y["valid"])], callbacks=[stop])
    return answer(split, model, X["test"])


def xgboost(split: Split) -> np.ndarray:
    """XGBoost's defaults with early stopping on the validation rows."""
    return _xgboost(split, n_estimators=_ROUNDS, early_stopping_rounds=_PATIENCE)


def xgboost_tuned(split: Split) -> np.ndarray:
    """XGBoost with tuned defaults, and early stopping by log loss or squared error."""
    options = {"n_estimators": 1000, "early_stopping_rounds": _TUNED_PATIENCE, "tree_method": "hist", "reg_lambda": 0.0}
    return _xgboost(split, **options, **_TUNED_XGBOOST[split.classifies])


def _xgboost(split: Split, **options: Any) -> np.ndarray:
    import xgboost as xgb

    X = as_categories(split)
    kind = xgb.XGBClassifier if split.classifies else xgb.XGBRegressor
    model = kind(random_state=split.seed, n_jobs=cores(), enable_categorical=True, **options)
    model.fit(X["train"], split.y["train"], eval_set=[(X["valid"], split.y["valid"])], verbose=False)
    return answer(split, model, X["test"])


def catboost(split: Split) -> np.ndarray:
    """CatBoost's defaults with early stopping on the validation rows; it codes categories, given as text, itself."""
    import catboost as cb

    others = column_kinds(split.X["train"])[1]
    gone = {part: frame[others].isna() for part, frame in split.X.items()}
    texts = {part: frame[others].astype(str).mask(gone[part], "missing") for part, frame in split.X.items()}
    X = {part: frame.assign(**{name: texts[part][name] for name in others}) for part, frame in split.X.items()}
    kind = cb.CatBoostClassifier if split.classifies else cb.CatBoostRegressor
    options = {"random_seed": split.seed, "thread_count": cores(), "verbose": 0, "allow_writing_files": False}
    model = kind(cat_features=others, early_stopping_rounds=_PATIENCE, **options)
    model.fit(X["train"], split.y["train"], eval_set=(X["valid"], split.y["valid"]))
    return answer(split, model, X["test"])


def cores() -> int:
    """Return how many threads a method may use."""
    if THREADS in os.environ:
        return int(os.environ[THREADS])
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pytabkit(split: Split, classifier: str, regressor: str) -> np.ndarray:
    import pandas as pd
    import pytabkit
    import torch

    torch.set_num_threads(cores())
    numbers, others = column_kinds(split.X["train"])
    means = split.X["train"][numbers].mean()
    flagged = [name for name in numbers if split.X["train"][name].isna().any()]
    frames = as_categories(split)
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
    return answer(split, model, frames["test"])


def pytabkit_realmlp(split: Split) -> np.ndarray:
    """RealMLP with its tuned defaults, as its authors publish it, on PyTorch."""
    return _pytabkit(split, "RealMLP_TD_Classifier", "RealMLP_TD_Regressor")


def pytabkit_tabm(split: Split) -> np.ndarray:
    """TabM with the defaults of the same package."""
    return _pytabkit(split, "TabM_D_Classifier", "TabM_D_Regressor")
