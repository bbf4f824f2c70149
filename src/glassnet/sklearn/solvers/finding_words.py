"""Findings in the parameters of the perceptrons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.optimizers import Optimizer
from glassnet.schedules import Schedule
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.state import FitState
from glassnet.training.finding_words import NOT_TRIED, Phrase, Words, class_names, phrases

__all__ = ["rate_in_words", "rate_name", "words_of"]

_LAYERS = "hidden_layer_sizes"
# By code; {rate} is the learning rate as the estimator has it, {longer} how it trains longer.
_ADVICE = {
    "outlier-in-target": "Check the row: correct it or leave it out, or pass loss='huber', which limits its influence.",
    "unscaled-inputs": "Pass scale_inputs=True, which scales new rows too.",
    "skewed-target": "Train on np.log(y), or np.log1p(y) where y may be 0, with scale_target=True: "
    "TransformedTargetRegressor of sklearn.compose undoes the logarithm on the predictions.",
    "unscaled-target": "Pass scale_target=True: predictions stay in the units of y.",
    "nothing-trainable": "Take layers out of frozen.",
    "one-softmax-unit": "Pass loss='log_loss'.",
    "output-cannot-reach": "The outputs follow from the loss: pass another one.",
    "loss-does-not-fit": "Use MLPClassifier, whose loss is one for classes.",
    "hidden-activation": "Pass activation='relu'; softmax and the sigmoid belong to the output, where the loss applies "
    "them.",
    "small-normalised-batches": "Raise batch_size, to 32 for instance, or pass normalization='layer'.",
    "linear-layers-in-a-row": "Pass activation='relu', or hidden_layer_sizes=() for a linear model.",
    "symmetric-weights": "Fit without warm_start, so that new weights are drawn.",
    "weights-all-positive": "Fit without warm_start, so that new weights are drawn.",
    "start-too-large": "Pass scale_inputs=True; with warm_start=False new weights are drawn.",
    "dead-signal": "Pass activation='relu', fewer layers in hidden_layer_sizes, or normalization='batch'.",
    "vanishing-gradient": "Pass activation='relu', normalization='batch', or fewer layers in hidden_layer_sizes.",
    "exploding-gradient": "Pass normalization='batch', clip_norm=1.0, or fewer layers in hidden_layer_sizes.",
    "saturated-units": "Pass scale_inputs=True, or activation='relu'.",
    "diverged": "Lower {rate}, or pass scale_inputs=True{target}.",
    "schedule-ended": "{slower}.",
    "schedule-not-begun": "Shorten the warm-up, or raise max_iter.",
    "rate-too-high": "Lower {rate}.",
    "rate-too-low": "Raise {rate}{power}{ended}.",
    "clipping-is-the-rate": "Raise clip_norm until only rare steps are clipped, and set the pace with {rate}.",
    "penalty-dominates": "Lower alpha (now {alpha:g}){decay}.",
    "dropout-too-strong": "Lower dropout (now {dropout}).",
    "too-few-units": "Give hidden_layer_sizes more units (now {layers}).",
    "unlucky-start": "Train again with another random_state, or with more units in hidden_layer_sizes.",
    "frozen-layers": "Take layers out of frozen, unless their weights come from another training.",
    "few-updates": "{longer}, or lower batch_size.",
    "still-falling": "{longer}.",
    "dead-units": "Lower {rate}, or pass scale_inputs=True or activation='leaky_relu'.",
    "plateau-at-prior": "{hidden}Check whether the columns are related to y; try another learning rate, more units "
    "in hidden_layer_sizes, another random_state.",
    "cannot-overfit": "Check the ten rows: equal rows with different targets cannot be learned. Take layers out of "
    "hidden_layer_sizes until it works.",
    "constant-output": "See the other findings; pass scale_inputs=True, lower {rate}, or try another random_state.",
    "overfit": "{stop}ry more rows, dropout, a higher alpha or fewer units, in this order.",
    "badly-calibrated": "Wrap the estimator in CalibratedClassifierCV of sklearn.calibration.",
    "worse-than-linear": "Take a linear model, such as hidden_layer_sizes=(). {longer} if the loss was still falling.",
    "past-best-epoch": "{keep} smaller max_iter.",
    "missing-classes": "Check where the rows of these classes are.",
    "no-better-than-baseline": "{hidden}Check whether the columns are related to y, and train without what keeps "
    "the network from learning.",
}
# L-BFGS has no learning rate, no epochs and no held-out rows.
_ADVICE_OF_LBFGS = {
    "constant-output": "{alpha_first}See the other findings; pass scale_inputs=True, or try another random_state.",
    "no-better-than-baseline": "{alpha_first}{hidden}Check whether the columns are related to y, and whether "
    "max_iter (now {max_iter}) is enough.",
}
_LARGE_ALPHA = 1.0  # ten thousand times the default

_EVERYTHING = "scaled to mean 0, spread 1"
_PHRASES = phrases(
    {
        NOT_TRIED: "",
        r": trainable=False or rate_factor=0(?=\.)": "",
        rf"every column and y {_EVERYTHING}": "scale_inputs=True and scale_target=True",
        rf"every column {_EVERYTHING}": "scale_inputs=True",
        rf"\by (?:{_EVERYTHING}|scaled likewise)": "scale_target=True",
        r"\bseed=\d+": "another random_state",
        r"\b(?:no|without) penalties and no weight decay": "alpha=0",
        r"\bno dropout\b": "dropout=0",
        r"BatchNorm after each hidden layer": "normalization='batch'",
        r"'relu' (?:instead of sigmoid and tanh|on the linear hidden layers)": "activation='relu'",
        r"(?:\b\d+ units and )?\bloss='(?:binary_)?cross_entropy'": "a loss for classes",
        r"\bepochs=(?=\d)": "max_iter=",
        r"^Add a hidden layer, of (\d+) units with 'relu' for instance\.": r"Pass hidden_layer_sizes=(\1,).",
        r"early_stopping=EarlyStopping\([^)]*\)|EarlyStopping\([^)]*\)": "early_stopping=True",
    }
)
_OWN_RATE = phrases({r"\blearning_rate(?=[ =][\d.])": "learning_rate_init"})
_NO_RATE = phrases(
    {
        r"One learning rate has to serve all columns; large numbers": "The columns with the largest numbers rule what "
        "is learned first; large numbers"
    }
)
_FALLING_RATE = phrases({r"\bat a learning rate of (?=[\d.])": "at a learning rate of at most "})
_ANY_RATE = phrases({r"\blearning_rate[ =](?=[\d.])": "a learning rate of "})


def advice_of_parameters(parameters: SharedParameters, state: FitState, reason: str) -> dict[str, str]:
    """Return what to do by code, in the parameters of an estimator as they are.

    Parameters
    ----------
    parameters : SharedParameters
        The estimator.
    state : FitState
        After the fit.
    reason : str
        Why training ended.
    """
    numbers = _numbers_of(parameters, state, reason)
    table = _ADVICE | _ADVICE_OF_LBFGS if parameters.solver == "lbfgs" else _ADVICE
    advice = {code: words.format(**numbers) for code, words in table.items()}
    if getattr(parameters, "class_weight", None) is not None:
        advice |= dict.fromkeys(("some-classes-only", "class-too-rare"), "Collect more rows of it, or weigh it more.")
    return advice


def _numbers_of(parameters: SharedParameters, state: FitState, reason: str) -> dict[str, Any]:
    done, most = getattr(state, "n_iter", 0), parameters.max_iter
    stops_early = reason == "no improvement"
    ended = f"training ended after {done} of {most} epochs"
    longer = f"Raise max_iter (now {most})"
    if stops_early:
        longer = f"Raise n_iter_no_change (now {parameters.n_iter_no_change:g}; {ended})"
    decays = isinstance(parameters.solver, Optimizer) and parameters.solver.decays
    return {
        "rate": rate_in_words(parameters),
        "slower": _slower(parameters),
        "power": f", or lower power_t (now {parameters.power_t:g})" if _has_falling_rate(parameters) else "",
        "hidden": ""
        if parameters.hidden_layer_sizes
        else "Pass hidden_layer_sizes=(16,): without a hidden layer nothing is learned of how columns act together. ",
        "alpha_first": f"Lower alpha (now {parameters.alpha:g}). " if parameters.alpha >= _LARGE_ALPHA else "",
        "max_iter": most,
        "longer": longer,
        "ended": f": {ended}" if stops_early else "",
        "stop": "T" if parameters.early_stopping else "Pass early_stopping=True, then t",
        "keep": "Pass a" if parameters.early_stopping else "Pass early_stopping=True, or a",
        "alpha": parameters.alpha,
        "decay": ", or the weight_decay of the solver" if decays else "",
        "dropout": parameters.dropout,
        "layers": parameters.hidden_layer_sizes,
        "target": " and scale_target=True" if hasattr(parameters, "scale_target") else "",
    }


def rate_name(parameters: SharedParameters) -> str:
    """Return what the learning rate is called; L-BFGS has none."""
    if parameters.solver == "lbfgs":
        return ""
    if not _has_own_rate(parameters):
        return "learning_rate_init"
    return f"the learning rate of {'the schedule' if isinstance(parameters.learning_rate, Schedule) else 'the solver'}"


def rate_in_words(parameters: SharedParameters) -> str:
    """Return what the learning rate is called, and what it is."""
    name = rate_name(parameters)
    return f"{name} (now {parameters.learning_rate_init:g})" if name == "learning_rate_init" else name


def _slower(parameters: SharedParameters) -> str:
    """Return how the learning rate falls over more epochs."""
    if _has_falling_rate(parameters):
        return f"Lower power_t (now {parameters.power_t:g}), or pass learning_rate='constant'"
    return "Give the learning rate as many epochs as max_iter to fall"


def _has_falling_rate(parameters: SharedParameters) -> bool:
    return bool(parameters.solver == "sgd" and parameters.learning_rate == "invscaling")


def _has_own_rate(parameters: SharedParameters) -> bool:
    """Return whether ``learning_rate_init`` is not read, since solver or schedule bring a rate of their own."""
    return isinstance(parameters.solver, Optimizer) or isinstance(parameters.learning_rate, Schedule)


def words_of(parameters: SharedParameters, state: FitState, reason: str) -> Words:
    """Return the words for findings about a fit of an estimator, which ended for a ``reason``."""
    is_class = state.labels is not None and not state.labels.y_type_.startswith("multilabel")
    holds_out = parameters.early_stopping and state.split is not None
    return Words(
        advice_of_parameters(parameters, state, reason),
        (*_PHRASES, *_phrases_of_rate(parameters)),
        classes=class_names(state.labels.classes_.tolist()) if state.labels is not None and is_class else (),
        row_name=_row_name(state.split[0]) if holds_out and state.split is not None else None,
        silence='diagnose=glassnet.Watch(ignore=["{code}"])',
    )


def _phrases_of_rate(parameters: SharedParameters) -> tuple[Phrase, ...]:
    if parameters.solver == "lbfgs":
        return _NO_RATE
    if _has_falling_rate(parameters):
        return (*_OWN_RATE, *_FALLING_RATE)
    return _ANY_RATE if _has_own_rate(parameters) else _OWN_RATE


def _row_name(rows: np.ndarray) -> Callable[[int], str]:
    """Return what a training row is called among the rows of the fit, some of which are held out."""
    return lambda row: f"row {rows[row]} (counted from 0)"
