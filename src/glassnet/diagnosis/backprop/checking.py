"""Whether a learner's own back-propagation is right, and if not, which mistake it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.comparing import (
    Directions,
    compare_along,
    compare_entries,
    draw_entries,
    probe_points,
)
from glassnet.diagnosis.backprop.conventions import settle
from glassnet.diagnosis.backprop.dropout_masks import measure_masks
from glassnet.diagnosis.backprop.explaining import explain
from glassnet.diagnosis.backprop.hidden_penalties import recognise_from_outside, separate_penalties
from glassnet.diagnosis.backprop.layouts import Samples
from glassnet.diagnosis.backprop.learner import Learner
from glassnet.diagnosis.backprop.loss_recognition import RecognisedLoss, as_predictions, recognise_loss
from glassnet.diagnosis.backprop.measurements import Study
from glassnet.diagnosis.backprop.naming import applied_twice, as_mistake, group_causes, merge_mistakes
from glassnet.diagnosis.backprop.order import Silence, in_another_order, order_that_runs
from glassnet.diagnosis.backprop.orientation import check_same_number, orient
from glassnet.diagnosis.backprop.parameter_tree import ParameterTree
from glassnet.diagnosis.backprop.progress_words import ProgressWords
from glassnet.diagnosis.backprop.reconstruction import rebuild_network
from glassnet.diagnosis.backprop.report import BackpropReport
from glassnet.diagnosis.backprop.sample_points import Point, is_row_wise, one_sample_per_row
from glassnet.diagnosis.backprop.side_effects import SideEffect, check_repeats, find_side_effects, repair_data
from glassnet.diagnosis.backprop.small_constants import excuse_exact, excuse_small_constants
from glassnet.errors import ConfigError, GlassnetError
from glassnet.utils.checks import check_integer, check_matrix, check_number
from glassnet.utils.keywords import advises_on_names

__all__ = ["check_my_backprop"]

WHERE = "check_my_backprop"
_MOST_ROWS = 1000


@advises_on_names
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

    ``slope = (loss(p + h * v) - loss(p - h * v)) / (2 * h)`` along a few directions v through all entries of each
    parameter, in float64; what differs is measured entry by entry, and compared with what some seventy known mistakes
    would give. The one that explains it is named.

    Arguments of your functions are recognised by their names (``X``, ``y`` or ``Y``, ``y_hat``, ``parameters``,
    ``cache``, ``W1``). What names leave open is tried: the way under which most gradients are right counts, and the
    report says which array was taken for the predictions. Your arrays are not changed.

    Parameters
    ----------
    forward : callable
        ``forward(X, parameters)`` returns predictions, or ``(predictions, cache)``, several arrays, or a dict. It may
        take the parameters one by one.
    loss : callable
        ``loss(predictions, y)`` returns a number; with a penalty, ``loss(predictions, y, parameters)``.
    gradients : callable
        ``gradients(parameters, cache, X, y)`` or ``gradients(X, y, parameters)`` returns a dict (``dW1`` or ``W1`` for
        ``W1``), or a list in the order of the parameters, or leaves them in attributes. It is called after ``forward``
        and ``loss``.
    parameters : dict, list, tuple or object
        The arrays, also nested; or an object that has them as attributes, in dicts, or in layers of its own, with its
        own methods as functions.
    X, y : array
        A few rows of data, one sample per row or per column, or one sample; at most 1000.
    learning_rate : float, optional
        If ``gradients`` is a whole step of gradient descent with this rate, that changes the parameters in place or
        returns new ones: the gradient is then ``(before - after) / learning_rate``.
    max_entries : int, default=100
        Entries of a wrong gradient that are measured one by one, drawn at random where it has more; fewer where the
        network is large.
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
    functions = (forward, loss, gradients)
    try:
        return _checked(functions, parameters, (X, y), learning_rate, (max_entries, seed))
    except GlassnetError:
        order = order_that_runs(functions, parameters, X, y, learning_rate)
        if order is None:
            raise
        message = in_another_order(order)
        raise ConfigError(message) from None


def _checked(
    functions: tuple[Callable[..., Any], ...], parameters: Any, data: tuple[np.ndarray, np.ndarray],
    learning_rate: float | None, entries: tuple[int, int],
) -> BackpropReport:  # fmt: skip
    """Return the report on functions in the order forward, loss, gradients; leave the parameters as they were."""
    tree = ParameterTree(parameters, functions)
    try:
        forward, loss, gradients = functions
        learner = Learner(forward, loss, gradients, tree, learning_rate)
        with np.errstate(all="ignore"), contextlib.redirect_stdout(Silence()), ProgressWords() as say:
            try:
                return _check(learner, *data, *entries, say)
            finally:
                learner.randomness.restart()
    finally:
        tree.restore()


def _data(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    check_matrix(WHERE, "X", X, np.dtype(np.float64), min_ndim=1)
    check_matrix(WHERE, "y", y, np.dtype(np.float64), min_ndim=0)
    found = np.asarray(X), np.asarray(y)
    if max(found[0].shape) > _MOST_ROWS and found[1].size > _MOST_ROWS:
        message = (
            f"{WHERE}: X has shape {found[0].shape}; it may have {_MOST_ROWS} rows at most. Pass a few, such as X[:20]."
        )
        raise ConfigError(message)
    check_same_number(*found)
    return found


def _check(
    learner: Learner, X: np.ndarray, y: np.ndarray, max_entries: int, seed: int, say: Callable[[str], None]
) -> BackpropReport:
    say("how the functions are called")
    settle(learner, X, y)
    samples = orient(learner, X, y)
    samples, effects, notes = repair_data(learner, samples)
    adds_up = check_repeats(learner, samples.X, samples.y)
    effects += find_side_effects(learner, samples.X, samples.y)
    if adds_up:
        effects.append(SideEffect("accumulates", (), "2"))
    points, directions = probe_points(learner, samples, seed, adds_up, say)
    entries = draw_entries(learner.tree.arrays, samples.n, max_entries, seed)
    study = _recognise(learner, points, entries, samples.rows)
    by_row = study.rows_of_predictions
    masks = partial(measure_masks, learner, points, rows=by_row)
    flat = samples.X.ndim < 3
    network = rebuild_network(study.names, points, samples.rows, by_row, masks) if flat else None
    if network:
        study.biases = {layer.bias for layer in network.layers if layer.bias is not None}
    checks, explained = compare_along(learner, study, directions), {}
    if any(study.wrong) and all(np.isfinite(point.loss) for point in points):
        checks = compare_entries(learner, study, checks, say)
        separate_penalties(learner, study)
        notes += excuse_small_constants(learner, study, checks)
        say("which mistake explains it")
        explained = explain(learner, study, network)
        notes += excuse_exact(study, checks, explained)
    mistakes = [as_mistake(effect.kind, effect.parameters, effect.detail, study.loss) for effect in effects]
    mistakes += applied_twice(study, network)
    mistakes += group_causes(study, checks, explained, {mistake.kind for mistake in mistakes})
    spoiled = {mistake.kind for mistake in mistakes} & {"unexplained", "wrong_input"}
    if spoiled and "cache" in points[0].found.changed:
        detail = "gradients changes arrays that forward returned"
        mistakes.append(as_mistake("cache_overwritten", (), detail, study.loss))
    if not mistakes and samples.n == 1:
        notes += _with_a_second_sample(learner, samples, seed, directions, adds_up)
    seen = network.describe() if network else ""
    taken = learner.convention.predictions.words
    return BackpropReport(checks, merge_mistakes(mistakes), seen, str(study.loss), notes, taken)


def _with_a_second_sample(
    learner: Learner, samples: Samples, seed: int, directions: Directions, adds_up: bool
) -> list[str]:
    """Return a note where gradients that are right for one sample are not for two."""
    which = "row" if samples.rows else "column"
    alone = f"right for the one {which} that was given"
    try:
        more = samples.with_one_more()
        if not samples.grows or more.y.shape == samples.y.shape:
            return []
        points, _ = probe_points(learner, more, seed, adds_up, lambda text: None)
        study = _recognise(learner, points, [np.arange(0)] * len(points[0].arrays), samples.rows)
        checks = compare_along(learner, study, directions)
    except (GlassnetError, ValueError, IndexError):
        return []
    found = []
    for i, check in enumerate(checks):
        gradient = points[0].found.gradients[i]
        if gradient is not None and study.bad_shape(i):
            shapes = f"shape {gradient.shape}, and {points[0].arrays[i].shape} is needed"
            found.append(f"the gradient of {check.name} would have {shapes}: sum over the {which}s")
        elif not check.passed:
            found.append(f"the gradient of {check.name} would be {check.ratio:.3g} times that of your loss")
    return [f"{alone}; with a second {which}, {'; '.join(found)}"] if found else []


def _recognise(learner: Learner, points: list[Point], entries: list[np.ndarray], rows: bool) -> Study:
    """Return all that was measured, with the loss recognised where its slopes are those of predictions alone."""
    study = Study(learner.tree.names, points, entries, rows, RecognisedLoss())
    study.separates = learner.separates
    study.rows_of_predictions = by_row = is_row_wise([p.found.predictions for p in points], study.counts, rows)
    y_by_row = is_row_wise([point.y for point in points], study.counts, rows)
    P = [one_sample_per_row(point.found.predictions, by_row) for point in points]
    shaped = [as_predictions(one_sample_per_row(point.y, y_by_row), p) for point, p in zip(points, P, strict=True)]
    targets = [target for target in shaped if target is not None]
    if len(targets) < len(points):
        return study
    if not learner.separates:
        recognise_from_outside(learner, study, targets)
        return study

    def loss_of(t: int, P: np.ndarray) -> float:
        outward = (P if by_row else P.T).reshape(points[t].found.predictions.shape)
        return learner.loss(outward, points[t].y, points[t].arrays, points[t].X)

    study.targets = targets
    study.loss = recognise_loss(list(zip(P, targets, strict=True)), loss_of, study.counts)
    return study
