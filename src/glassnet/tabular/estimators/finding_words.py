"""Findings in the parameters of the estimators for tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from glassnet.tabular.fitting.recipe_words import advice_of_recipes, on_a_rare_class, without_given
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
_LINEAR = {"worse-than-linear": "Take the linear model, or raise epochs."}
_PHRASES = {
    NOT_TRIED: "",
    r"\bearly stopping on 'valid_(\w+)'": r"early stopping by the \1",
    r"\bseed=\d+": "another random_state",
    r"\blearning_rate[ =](?=[\d.])": "a learning rate of ",
    r"\bcut to clip_norm=": "cut to a norm of ",
    r"(?: Pass|, or pass)? early_stopping=EarlyStopping\([^)]*\)|EarlyStopping\([^)]*\)": "",
}


def words_of_tables(labels: Sequence[Any], row_name: Callable[[int], str], given: Collection[str]) -> Words:
    """Return the words for findings about a fit of an estimator for tables.

    Parameters
    ----------
    labels : sequence
        Labels of the classes by their codes; empty for numbers.
    row_name : callable
        Names a row.
    given : collection of {"balanced", "fair"}
        Whether classes have weights already, and whether the balanced accuracy chooses the epoch.
    """
    advice = advice_of_recipes(_NAMES) | without_given(_NAMES, given) | _LINEAR
    if "balanced" in given:
        advice["some-classes-only"] = "Collect more rows of it, or give it a larger weight."
    silence = 'diagnose=glassnet.Watch(ignore=["{code}"])'
    return Words(
        advice,
        phrases(_PHRASES),
        classes=class_names(labels),
        row_name=row_name,
        silence=silence,
        fill=partial(_filled, given),
    )


def _filled(given: Collection[str], finding: Finding, advice: str) -> str:
    """Return advice with the values that mean "missing", or with what helps a rare class."""
    if finding.code == "no-better-than-baseline":
        return advice + on_a_rare_class(finding.evidence, _NAMES, given)
    values = finding.evidence.get("values") if finding.code == "code-for-missing" else None
    shown = ", ".join(f"{value:g}" for value in dict.fromkeys(values or ()))
    return advice.replace("missing=[...]", f"missing=[{shown}]") if shown else advice
