"""Findings in the parameters of the estimators for tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from glassnet.tabular.fitting.recipe_words import advice_of_recipes
from glassnet.training.finding_words import NOT_TRIED, Words, class_names, phrases
from glassnet.training.findings import Finding

__all__ = ["words_of_tables"]

_NAMES = {
    "balanced": "class_weight='balanced'",
    "batch": "batch_size",
    "calibrate": " with calibrate=True",
    "drop": "",
    "ensemble": "n_ensemble=5",
    "epochs": "epochs",
    "fair": "metric='balanced_accuracy'",
    "linear": "",
    "logarithm": " (with TransformedTargetRegressor of sklearn.compose)",
    "mae": "metric='mae'",
    "missing": "missing=[...]",
    "recipe": "recipe",
    "seed": "random_state",
}
_ADVICE = advice_of_recipes(_NAMES) | {"worse-than-linear": "Take the linear model, or raise epochs."}
_PHRASES = {
    NOT_TRIED: "",
    r"\bearly stopping on 'valid_(\w+)'": r"early stopping by the \1",
    r"\bseed=\d+": "another random_state",
    r"\blearning_rate[ =](?=[\d.])": "a learning rate of ",
    r"\bcut to clip_norm=": "cut to a norm of ",
    r"(?: Pass|, or pass)? early_stopping=EarlyStopping\([^)]*\)|EarlyStopping\([^)]*\)": "",
}


def words_of_tables(labels: Sequence[Any], row_name: Callable[[int], str], *, is_weighed: bool) -> Words:
    """Return the words for findings about a fit of an estimator for tables.

    Parameters
    ----------
    labels : sequence
        Labels of the classes by their codes; empty for numbers.
    row_name : callable
        Names a row.
    is_weighed : bool
        Whether classes have weights already.
    """
    advice = _ADVICE | (
        {"some-classes-only": "Collect more rows of it, or give it a larger weight."} if is_weighed else {}
    )
    silence = 'diagnose=glassnet.Watch(ignore=["{code}"])'
    return Words(
        advice, phrases(_PHRASES), classes=class_names(labels), row_name=row_name, silence=silence, fill=_filled
    )


def _filled(finding: Finding, advice: str) -> str:
    """Return advice on values that mean "missing" with these values."""
    values = finding.evidence.get("values") if finding.code == "code-for-missing" else None
    shown = ", ".join(f"{value:g}" for value in dict.fromkeys(values or ()))
    return advice.replace("missing=[...]", f"missing=[{shown}]") if shown else advice
