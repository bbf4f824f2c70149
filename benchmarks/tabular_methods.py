"""What tables are learned by: glassnet's recipes, and what else people take (`tabular_others`).

A method is called with a `Split` and returns predictions for its test rows: probabilities (n, k) in the order of
``split.labels``, or numbers (n,).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import tabular_others as others
from benchmarks.tabular_split import Split, encoded

__all__ = ["BY_NAME_ONLY", "METHODS", "SLOW", "Method", "content_tag", "import_packages", "lacking", "quietly", "version_of"]  # fmt: skip  # noqa: E501


class Method(NamedTuple):
    """A function that learns a table, and what it needs."""

    package: str
    predictions: Callable[[Split], np.ndarray]
    modules: tuple[str, ...] = ()  # imported before the clock starts
    recipe: str | None = None  # of glassnet, which an older version may not have


def _glassnet(recipe: str | None = None, **options: Any) -> Method:
    if recipe is not None:
        options["recipe"] = recipe

    def predictions(split: Split) -> np.ndarray:
        from glassnet.tabular import TabularClassifier, TabularRegressor

        kind = TabularClassifier if split.classifies else TabularRegressor
        model = kind(random_state=split.seed, threads=_threads(), **options)
        model.fit(split.X["train"], split.y["train"], validation_data=(split.X["valid"], split.y["valid"]))
        return others.answer(split, model, split.X["test"])

    return Method("glassnet", predictions, ("glassnet.tabular",), recipe)


def _plain(split: Split) -> np.ndarray:
    """Return what `glassnet.sklearn` predicts with its defaults, on scaled numbers and one-hot categories.

    The defaults are scikit-learn's: 200 epochs, no early stopping. So validation rows are more rows to learn from.
    """
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    from glassnet.sklearn import MLPClassifier, MLPRegressor

    X = encoded(split, scaled=True, one_hot=True)
    rows, y = np.concatenate([X["train"], X["valid"]]), np.concatenate([split.y["train"], split.y["valid"]])
    options: dict[str, Any] = {"random_state": split.seed, "threads": _threads()}
    if split.classifies:
        return others.answer(split, MLPClassifier(**options).fit(rows, y), X["test"])
    model = TransformedTargetRegressor(MLPRegressor(**options), transformer=StandardScaler())
    return others.answer(split, model.fit(rows, y), X["test"])


def _threads() -> Any:
    return int(os.environ[others.THREADS]) if others.THREADS in os.environ else "auto"


_SKLEARN = ("sklearn.ensemble", "sklearn.neural_network", "sklearn.compose", "sklearn.impute", "sklearn.pipeline")

METHODS: dict[str, Method] = {
    "glassnet": _glassnet(),
    "glassnet, ensemble of 8": _glassnet(n_ensemble=8),
    "glassnet fast": _glassnet("fast"),
    "glassnet small": _glassnet("small"),
    "glassnet tabm-mini": _glassnet("tabm-mini"),
    "glassnet tabm": _glassnet("tabm"),
    "glassnet plain MLP": Method("glassnet", _plain, ("glassnet.sklearn", *_SKLEARN)),
    "RealMLP (pytabkit)": Method("pytabkit", others.pytabkit_realmlp, ("pytabkit", "torch", "lightning")),
    "TabM (pytabkit)": Method("pytabkit", others.pytabkit_tabm, ("pytabkit", "torch")),
    "LightGBM": Method("lightgbm", others.lightgbm, ("lightgbm",)),
    "LightGBM, tuned defaults": Method("lightgbm", others.lightgbm_tuned, ("lightgbm",)),
    "XGBoost": Method("xgboost", others.xgboost, ("xgboost",)),
    "XGBoost, tuned defaults": Method("xgboost", others.xgboost_tuned, ("xgboost",)),
    "CatBoost": Method("catboost", others.catboost, ("catboost",)),
    "HistGradientBoosting": Method("scikit-learn", others.hist_gradient_boosting, _SKLEARN),
    "random forest": Method("scikit-learn", others.random_forest, _SKLEARN),
    "MLP (scikit-learn)": Method("scikit-learn", others.sklearn_mlp, _SKLEARN),
}
"""Methods by the name that tables and results have."""

SLOW = ("glassnet tabm", "glassnet tabm-mini", "TabM (pytabkit)")
"""Methods that take minutes on a thousand rows."""

BY_NAME_ONLY = ("glassnet tabm",)
"""Methods that take part only where they are asked for."""

_MODULES = {"scikit-learn": "sklearn"}


def lacking(method: str) -> str | None:
    """Return what is missing for a method, None where nothing is."""
    package, *_, recipe = METHODS[method]
    if importlib.util.find_spec(_MODULES.get(package, package)) is None:
        return f"{package} is not installed"
    if recipe is not None:
        from glassnet.tabular.fitting.recipes import RECIPES

        if recipe not in RECIPES:
            return f"glassnet {version_of(method)} has no recipe {recipe!r}"
    return None


def version_of(method: str) -> str:
    """Return the version of the package behind a method."""
    return importlib.metadata.version(METHODS[method].package)


def content_tag() -> str:
    """Return ten letters that change with any line of glassnet's own code."""
    import glassnet

    root = Path(glassnet.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def import_packages(method: str) -> None:
    """Import what a method needs, which is no part of its time."""
    for module in ("pandas", "sklearn.metrics", *METHODS[method].modules):
        if importlib.util.find_spec(module.partition(".")[0]) is not None:
            importlib.import_module(module)


def quietly(method: str, split: Split) -> np.ndarray:
    """Return a method's predictions, without its warnings and whatever else it prints."""
    with open(os.devnull, "w") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept = [os.dup(stream) for stream in (1, 2)]
        try:
            for stream in (1, 2):
                os.dup2(nowhere.fileno(), stream)
            return METHODS[method].predictions(split)
        finally:
            for stream, saved in zip((1, 2), kept, strict=True):
                os.dup2(saved, stream)
                os.close(saved)
