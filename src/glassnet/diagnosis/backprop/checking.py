"""Whether a learner's own back-propagation is right, and if not, which mistake it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.backward_walk import BackwardWalk
from glassnet.diagnosis.backprop.direct_explanations import explain_directly, explain_what_is_left, repair_shapes
from glassnet.diagnosis.backprop.dropout_masks import measure_masks
from glassnet.diagnosis.backprop.jacobian import explain_by_outputs
from glassnet.diagnosis.backprop.learner import GradientCall, Learner
from glassnet.diagnosis.backprop.loss_recognition import RecognisedLoss, as_predictions, recognise_loss
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.messages import WORDS
from glassnet.diagnosis.backprop.parameter_tree import ParameterTree
from glassnet.diagnosis.backprop.reconstruction import RebuiltNetwork, rebuild_network
from glassnet.diagnosis.backprop.report import BackpropMistake, BackpropReport
from glassnet.diagnosis.backprop.sample_points import (
    Point,
    agreement,
    is_row_wise,
    is_weak,
    measure,
    one_sample_per_row,
    place_points,
)
from glassnet.diagnosis.backprop.side_effects import SideEffect, check_repeats, find_side_effects, repair_data
from glassnet.diagnosis.gradient_check import ParameterCheck
from glassnet.errors import ConfigError, ShapeError
from glassnet.utils.checks import check_integer, check_matrix, check_number

__all__ = ["check_my_backprop"]

WHERE = "check_my_backprop"
_MOST_ROWS = 1000
# What a mistake of a kind brings about elsewhere in the same program, and is not reported beside it.
_FOLLOWS = {
    "bias_summed_over_everything": ("bias_forgotten",),
    "bias_from_one_row": ("bias_forgotten",),
    "hard_predictions": ("constant_gradient", "bias_forgotten"),
    "one_row_only": ("no_gradient", "bias_forgotten"),
    "double_softmax": ("output_error_only",),
    "double_sigmoid": ("output_error_only",),
    "softmax_over_samples": ("output_error_only",),
}
# Mistakes that leave a gradient's direction, so that it still shows what was passed back.
_STILL_FOLLOWED = {
    "summed_not_averaged", "averaged_not_summed", "fixed_row_count", "wrong_sign", "constant_factor",
    "penalty_forgotten", "penalty_factor", "penalty_not_in_loss", "penalty_of_another",
}  # fmt: skip
# Mistakes after which gradients may be anything.
_EXPLAIN_ANYTHING = {"changes_data", "log_of_zero", "not_finite", "shares_memory"}
_SMALL = 1e-3  # relative error up to which a clipped logarithm may be the reason


def check_my_backprop(
    forward: Callable[..., Any],
    loss: Callable[..., Any],
    gradients: Callable[..., Any],
    parameters: Any,
    X: Any,
    y: Any,
    *,
    learning_rate: float | None = None,
    max_entries: int = 100,
    seed: int = 0,
) -> BackpropReport:
    """Compare your own gradients with finite differences of your own loss, and name the mistake if they differ.

    ``numeric = (loss(p + h) - loss(p - h)) / (2 * h)`` for each checked entry p, in float64, weights and biases apart.
    What differs is compared with what some forty known mistakes would give; the one that explains it is named.

    Arguments of your functions are recognised by their names (``X``, ``y`` or ``Y``, ``y_hat``, ``parameters``,
    ``cache``, ``W1``), and go by position where the names say nothing. Your arrays are not changed.

    Parameters
    ----------
    forward : callable
        ``forward(X, parameters)`` returns predictions, or ``(predictions, cache)``. It may take
        the parameters one by one.
    loss : callable
        ``loss(predictions, y)`` returns a number; with a penalty, ``loss(predictions, y, parameters)``.
    gradients : callable
        ``gradients(parameters, cache, X, y)`` or ``gradients(X, y, parameters)`` returns a dict (``dW1`` or ``W1`` for
        ``W1``), or a list in the order of the parameters. It is called after ``forward``.
    parameters : dict, list, tuple or object
        The arrays, also nested; or an object that has them as attributes, with its own methods as functions.
    X, y : array
        A few rows of data, one sample per row or (with ``y`` of shape (1, n)) per column; at most 1000.
    learning_rate : float, optional
        If ``gradients`` is a whole step of gradient descent with this rate, that changes the parameters in place or
        returns new ones: the gradient is then ``(before - after) / learning_rate``.
    max_entries : int, default=100
        Entries to check per parameter, drawn at random where it has more.
    seed : int, default=0
        Seed of that draw, and of the points. The comparison is made at four points near your parameters rather than at
        them, because weights of 0, kinks at 0 and certain predictions hide mistakes.

    Returns
    -------
    BackpropReport
        True if nothing is wrong; printing it shows a table and the mistakes.

    Examples
    --------
    The tutorial that `glassnet.scratch` keeps prints one loss and goes down another:

    >>> import glassnet as gn
    >>> from glassnet import scratch
    >>> X, Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
    >>> start = scratch.initialize_parameters(2, 4, 1)
    >>> report = gn.check_my_backprop(
    ...     scratch.forward_propagation, scratch.compute_loss, scratch.backpropagation, start, X, Y
    ... )
    >>> report.ok, report.kinds
    (False, ['squared_error_gradient', 'summed_not_averaged'])
    """
    check_integer(WHERE, "max_entries", max_entries, 1)
    check_integer(WHERE, "seed", seed, 0)
    if learning_rate is not None:
        learning_rate = check_number(WHERE, "learning_rate", learning_rate, 0.0, open_minimum=True)
    X, y = _data(X, y)
    rows = _has_sample_per_row(X, y)
    tree = ParameterTree(parameters)
    learner = Learner(forward, loss, gradients, tree, learning_rate)
    try:
        with np.errstate(all="ignore"):
            return _check(learner, X, y, rows, max_entries, seed)
    finally:
        tree.restore()


def _data(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    check_matrix(WHERE, "X", X, np.dtype(np.float64))
    check_matrix(WHERE, "y", y, np.dtype(np.float64), min_ndim=1)
    found = np.asarray(X), np.asarray(y)
    if max(found[0].shape) > _MOST_ROWS and found[1].size > _MOST_ROWS:
        message = (
            f"{WHERE}: X must have at most {_MOST_ROWS} rows, got shape {found[0].shape}. Pass a few, such as X[:20]."
        )
        raise ConfigError(message)
    return found


def _has_sample_per_row(X: np.ndarray, y: np.ndarray) -> bool:
    by_row = X.shape[0] == y.shape[0]
    by_column = X.shape[-1] == y.shape[-1]
    if by_row and not (by_column and y.ndim > 1 and y.shape[0] == 1):
        return True
    if by_column:
        return False
    message = f"{WHERE}: X and y must have the same number of rows, got shapes {X.shape} and {y.shape}."
    raise ShapeError(message)


def _check(learner: Learner, X: np.ndarray, y: np.ndarray, rows: bool, max_entries: int, seed: int) -> BackpropReport:
    X, y, effects = repair_data(learner, X, y)
    adds_up = check_repeats(learner, X, y)
    effects += find_side_effects(learner, X, y)
    if adds_up:
        effects.append(SideEffect("accumulates", (), "2"))
    points, entries = _measure(learner, X, y, rows, max_entries, seed)
    for point in points:
        point.found = _find(learner, point, adds_up)
    study = _recognise(learner, points, entries, rows)
    by_row = study.rows_of_predictions
    masks = partial(measure_masks, learner, points, rows=by_row)
    network = rebuild_network(study.names, points, rows, by_row, masks)
    if network:
        study.biases = {layer.bias for layer in network.layers if layer.bias is not None}
    checks = _compare(learner, study)
    explained = _explain(learner, study, network) if all(np.isfinite(point.loss) for point in points) else {}
    notes = _excuse(study, checks, explained)
    mistakes = [_mistake(effect.kind, effect.parameters, effect.detail, study.loss) for effect in effects]
    mistakes += _applied_twice(study, network)
    mistakes += _group(study, checks, explained, {mistake.kind for mistake in mistakes})
    spoiled = {mistake.kind for mistake in mistakes} & {"unexplained", "wrong_input"}
    if spoiled and "cache" in points[0].found.changed:
        detail = "gradients changes arrays that forward returned"
        mistakes.append(_mistake("cache_overwritten", (), detail, study.loss))
    return BackpropReport(checks, _merge(mistakes), network.describe() if network else "", str(study.loss), notes)


def _measure(
    learner: Learner, X: np.ndarray, y: np.ndarray, rows: bool, max_entries: int, seed: int
) -> tuple[list[Point], list[np.ndarray]]:
    """Return measured points, and which entries of each parameter are checked."""
    rng = np.random.default_rng(seed)
    entries = [
        np.arange(a.size) if a.size <= max_entries else np.sort(rng.choice(a.size, max_entries, replace=False))
        for a in learner.tree.arrays
    ]
    first: list[Point] = []
    # With smaller parameters where units are saturated, if that helps.
    for attempt in range(6):
        points = place_points(learner, X, y, rows, seed, 0.2**attempt)
        for point in points:
            measure(learner, point, entries)
        first = first or points
        if not any(map(is_weak, points)):
            break
    else:
        points = first
    if not any(numeric.any() for point in points for numeric in point.numeric):
        message = (
            f"{WHERE}: the loss must change with the parameters, got the same loss at all of them. "
            "forward must use the parameters it is given; for a class, pass the object itself as parameters."
        )
        raise ConfigError(message)
    return points, entries


def _find(learner: Learner, point: Point, adds_up: bool) -> GradientCall:
    """Return a call of gradients; what adds up from call to call is the difference of two."""
    found = learner.find(point.arrays, point.X, point.y)
    if adds_up:
        pairs = zip(found.gradients, learner.find(point.arrays, point.X, point.y).gradients, strict=True)
        # Those that do not add up are the same in both.
        found.gradients = [a if a is None or b is None or np.array_equal(a, b) else b - a for a, b in pairs]
    return found


def _recognise(learner: Learner, points: list[Point], entries: list[np.ndarray], rows: bool) -> Study:
    """Return all that was measured, with the loss recognised where its slopes are those of predictions alone."""
    study = Study(learner.tree.names, points, entries, rows, RecognisedLoss())
    study.rows_of_predictions = by_row = is_row_wise([p.found.predictions for p in points], study.counts, rows)
    y_by_row = is_row_wise([point.y for point in points], study.counts, rows)
    P = [one_sample_per_row(point.found.predictions, by_row) for point in points]
    shaped = [as_predictions(one_sample_per_row(point.y, y_by_row), p) for point, p in zip(points, P, strict=True)]
    targets = [target for target in shaped if target is not None]
    if len(targets) < len(points) or "X" in learner.loss_reads:
        return study

    def loss_of(t: int, P: np.ndarray) -> float:
        outward = (P if by_row else P.T).reshape(points[t].found.predictions.shape)
        return learner.loss(outward, points[t].y, points[t].arrays, points[t].X)

    study.targets = targets
    study.loss = recognise_loss(list(zip(P, targets, strict=True)), loss_of, study.counts)
    return study


def _compare(learner: Learner, study: Study) -> list[ParameterCheck]:
    """Return the worst comparison of each parameter, and set which are wrong in the study."""
    checks = []
    for i, name in enumerate(study.names):
        arrays, entries = study.found(i), study.entries[i]
        found = [np.zeros(len(entries))] * len(study.points) if arrays is None else study.pick(i, arrays)
        pairs = zip(study.points, found, strict=True)
        each = [_as_check(name, vector, *agreement(learner, point, i, vector, entries)) for point, vector in pairs]
        worst = next((check for check in each if not check.passed), each[0])
        # What does not change the loss needs no gradient.
        missing = arrays is None and any(numeric.any() for numeric in study.numeric(i))
        checks.append(worst._replace(error=1.0) if study.bad_shape(i) or missing else worst)
    study.wrong = [not check.passed for check in checks]
    return checks


def _as_check(name: str, found: np.ndarray, error: float, tolerance: float, numeric: np.ndarray) -> ParameterCheck:
    a, n = float(np.linalg.norm(found)), float(np.linalg.norm(numeric))
    cosine = float(found @ numeric / (a * n)) if a and n else float("nan")
    error = error if np.isfinite(found).all() else 1.0
    return ParameterCheck(name, error, tolerance, cosine, a / n if n else float("nan"), len(found), 0)


def _explain(learner: Learner, study: Study, network: RebuiltNetwork | None) -> dict[int, list[Cause]]:
    """Return the causes for each wrong gradient that can be explained."""
    repair_shapes(study)
    explained = explain_directly(study)
    if network and network.masks:  # there, a factor has a reason
        explained = {i: found for i, found in explained.items() if found[0].kind != "constant_factor"}
    left = [i for i, wrong in enumerate(study.wrong) if wrong and i not in explained]
    if left or network:
        known = {i for i, causes in explained.items() if not _kinds(causes) & {*_STILL_FOLLOWED, "gradient_of_another"}}
        inside = BackwardWalk(study, network, known).explain() if network else explain_by_outputs(learner, study, left)
        for i, causes in ((i, causes) for i, causes in inside.items() if study.wrong[i]):
            elsewhere = set[str]().union(*(_kinds(each) for j, each in inside.items() if j != i))
            # What explains the other gradients as well explains this one better than that it is another's.
            better = _kinds(explained.get(i, [])) == {"gradient_of_another"} and causes and _kinds(causes) <= elsewhere
            # The walk knows what else gives the same numbers.
            if i in left or better or [each.kind for each in causes] == [each.kind for each in explained.get(i, [])]:
                explained[i] = causes
    explained = {**explain_what_is_left(study), **explained}
    for i, (cause, _) in study.repaired.items():
        kinds = {each.kind for each in explained.get(i, [])}
        if not kinds & {"bias_summed_over_everything", "gradient_of_another", "swapped_gradients", cause.kind}:
            explained[i] = [cause, *explained.get(i, [])]
    return explained


def _kinds(causes: Sequence[Cause]) -> set[str]:
    return {cause.kind for cause in causes}


def _excuse(study: Study, checks: list[ParameterCheck], explained: dict[int, list[Cause]]) -> list[str]:
    """Pass gradients that are exactly those of the loss without a small constant that keeps its logarithm finite."""
    excused = [i for i, causes in explained.items() if not causes and checks[i].error < _SMALL]
    for i in excused:
        checks[i] = checks[i]._replace(tolerance=max(checks[i].tolerance, checks[i].error))
    if not excused:
        return []
    names = ", ".join(study.names[i] for i in excused)
    return [
        f"the gradients of {names} are exactly those of {study.loss.name}; your loss differs a little from it, "
        "as with a small constant inside the logarithm"
    ]


def _applied_twice(study: Study, network: RebuiltNetwork | None) -> list[BackpropMistake]:
    """Return a softmax or sigmoid that is applied twice, and slips inside the loss, right gradient or not."""
    output = network.layers[-1].activation if network else ""
    found = []
    for name in ("softmax", "sigmoid"):
        detail = ""
        if output == f"{name} of {name}":
            detail = f"the predictions are those of a {output}"
        elif output == name and study.loss.name == f"{name} cross-entropy":
            detail = f"forward returns the {name}, and your loss applies it to the predictions again"
        if detail:
            found.append(_mistake(f"double_{name}", (), detail, study.loss))
    if output.startswith("softmax over "):
        found.append(_mistake("softmax_over_samples", (), output, study.loss))
    if study.loss.name == "binary cross-entropy with a wrong sign":
        found.append(_mistake("loss_sign_slip", (), "", study.loss))
    return found


def _group(
    study: Study, checks: Sequence[ParameterCheck], explained: dict[int, list[Cause]], known: set[str]
) -> list[BackpropMistake]:
    """Return one mistake for each cause, with all parameters that it explains."""
    where: dict[str, tuple[list[str], list[str]]] = {}
    others: dict[str, tuple[str, ...]] = {}
    for i in sorted(explained):
        if not checks[i].passed:
            for cause in explained[i]:
                names, details = where.setdefault(cause.kind, ([], []))
                names.append(study.names[i])
                details += [cause.detail] if cause.detail not in details else []
                # What gives the same numbers in one parameter need not do so in another.
                others[cause.kind] = tuple(
                    each for each in others.get(cause.kind, cause.others) if each in cause.others
                )
    for kind, symptoms in _FOLLOWS.items():
        if kind in where or kind in known:
            taken = [where.pop(symptom) for symptom in symptoms if symptom in where]
            if kind in where:
                where[kind][0].extend(name for names, _ in taken for name in names)
    found = [
        _mistake(kind, tuple(dict.fromkeys(n)), " and ".join(d), study.loss, others.get(kind, ()))
        for kind, (n, d) in where.items()
    ]
    left = [c for i, c in enumerate(checks) if not c.passed and not explained.get(i)]
    return [*found, _unexplained(left, checks)] if left and not known & _EXPLAIN_ANYTHING else found


def _unexplained(left: Sequence[ParameterCheck], checks: Sequence[ParameterCheck]) -> BackpropMistake:
    measured = "; ".join(f"{c.name} has error {c.error:.2g}, cosine {c.cosine:.3f}, ratio {c.ratio:.4g}" for c in left)
    right = ", ".join(check.name for check in checks if check.passed)
    remedy = "No gradient is right: begin with the output's delta, the slope of your loss with respect to Z."
    if right:
        remedy = f"The gradients of {right} are right: look at what is computed after the last of them."
    return BackpropMistake("unexplained", tuple(c.name for c in left), measured, WORDS["unexplained"].why, remedy)


def _mistake(
    kind: str, parameters: tuple[str, ...], detail: str, loss: RecognisedLoss, others: Sequence[str] = ()
) -> BackpropMistake:
    """Return a mistake with its sentences, the measured detail filled in."""
    words = WORDS[kind]
    if kind == "other_delta_passed_back":
        detail = WORDS[detail].name if detail else "but the right one"
    if kind == "double_softmax" and not detail:
        detail = "the output's delta has the softmax of the predictions, which are a softmax already"
    measured, why = (text.format(detail=detail, loss=loss) for text in (words.measured, words.why))
    if others:
        measured += f" (the same numbers come from: {', '.join(WORDS[each].name for each in others)})"
    return BackpropMistake(kind, parameters, measured, why, words.remedy)


def _merge(mistakes: Sequence[BackpropMistake]) -> list[BackpropMistake]:
    """Return every kind of mistake once, with all its parameters."""
    found: dict[str, BackpropMistake] = {}
    for mistake in mistakes:
        if mistake.kind in found:
            first = found[mistake.kind]
            names = tuple(dict.fromkeys((*first.parameters, *mistake.parameters)))
            apart = mistake.measured != first.measured and not mistake.kind.startswith(("double_", "loss_sign"))
            measured = f"{first.measured}; {mistake.measured}" if apart else first.measured
            mistake = first._replace(parameters=names, measured=measured)
        found[mistake.kind] = mistake
    return list(found.values())
