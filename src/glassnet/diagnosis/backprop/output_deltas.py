"""What a learner may pass back from the output: the slope of the loss, and what mistakes make of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.functions import Function, output_function
from glassnet.diagnosis.backprop.hidden_slopes import Delta, slopes_of_activation
from glassnet.diagnosis.backprop.lazy_arrays import Arrays
from glassnet.diagnosis.backprop.loss_recognition import RecognisedLoss
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.scale_factors import Law
from glassnet.losses.classification import softmax

__all__ = ["deltas_at_output"]

# Losses that have the last activation inside: of the activation, and the loss behind it.
_INSIDE = {
    "softmax cross-entropy": ("softmax", "cross-entropy"),
    "sigmoid cross-entropy": ("sigmoid", "binary cross-entropy"),
    "negative log-likelihood": ("softmax", "cross-entropy"),
}
_ENTROPIES = ("cross-entropy", "binary cross-entropy", "binary cross-entropy with a wrong sign")


class _Head(NamedTuple):
    """The last activation, wherever it is computed: its inputs and outputs at each point, and the loss behind it."""

    name: str
    function: Function
    Z: Arrays
    H: Arrays
    loss: str


def deltas_at_output(study: Study, name: str, Z: Arrays, P: Arrays, slopes: Arrays) -> Iterator[Delta]:
    """Yield what may be passed back to the output's Z, the right one first.

    ``name`` is the output's activation, ``slopes`` are those of the loss with respect to the predictions.
    """
    function = output_function(name)
    right = [function.pull_back(s, z) for s, z in zip(slopes, Z, strict=True)]
    yield Delta([], right)
    head = _head(study, name, function, Z, P)
    if study.targets is not None:
        yield from _other_losses(study, head, study.targets)
    if name != "identity":
        yield Delta([Cause("derivative_forgotten", "output")], slopes)
        yield from _other_slopes(study, head, slopes)
    if study.targets is not None:
        yield from _other_errors(study, head, study.targets)
        if study.loss.name in _INSIDE:
            yield Delta([Cause("output_error_only")], study.errors(P, study.targets))
        yield from _values_of_the_loss(study, head, study.targets)
        yield from _precedence(study, head, study.targets)
    for label, row in (("first", 0), ("last", -1)):
        yield Delta([Cause("one_row_only", label)], [_only(row, D) for D in right])
    for axis, over in ((0, "rows"), (1, "outputs")):
        if right[0].shape[axis] > 1:
            means = [np.broadcast_to(D.mean(axis=axis, keepdims=True), D.shape) for D in right]
            yield Delta([Cause("errors_averaged", over)], means)


def _head(study: Study, name: str, function: Function, Z: Arrays, P: Arrays) -> _Head:
    inside = _INSIDE.get(study.loss.name)
    if inside is None or (name == "log softmax") != (study.loss.name == "negative log-likelihood"):
        return _Head(name, function, Z, P, study.loss.name)
    inner = output_function(inside[0])
    return _Head(inside[0], inner, Z, [inner(z) for z in Z], inside[1])


def _other_losses(study: Study, head: _Head, Y: Arrays) -> Iterator[Delta]:
    """Yield what is passed back under the gradient of a loss that is not the learner's."""
    H, errors = head.H, study.errors(head.H, Y)
    exponent = study.loss.factor.exponent if study.loss.factor else -1

    def of_loss(name: str) -> Arrays:
        loss = RecognisedLoss(name, Law(1.0, exponent))
        known = [loss.slopes(h, y) for h, y in zip(H, Y, strict=True)]
        return _back(head, [slopes for slopes in known if slopes is not None])

    entropy = head.loss in _ENTROPIES
    diagonal = [h * (1 - h) for h in H]
    if head.loss == "binary cross-entropy with a wrong sign":
        yield Delta([Cause("loss_sign_slip")], errors)
    if head.loss == "cross-entropy" and head.name == "sigmoid":
        yield Delta([Cause("loss_lacks_a_term")], errors)
    if entropy and head.name in ("sigmoid", "softmax"):
        yield Delta([Cause("squared_error_gradient")], _back(head, errors))
    if head.name == "softmax":
        if entropy:
            slopes = [-study.scale(len(h)) * y / h for h, y in zip(H, Y, strict=True)]
            yield Delta([Cause("softmax_diagonal")], _times(slopes, diagonal))
            yield Delta([Cause("squared_error_gradient")], _times(errors, diagonal))
        else:
            yield Delta([Cause("softmax_diagonal")], _times(errors, diagonal))
    if study.loss.is_squared_error and head.name in ("sigmoid", "softmax"):
        yield Delta([Cause("cross_entropy_gradient", head.name)], study.errors(H, Y, plain=True))
    if head.loss == "binary cross-entropy":
        half = [-study.scale(len(h)) * y / h for h, y in zip(H, Y, strict=True)]
        yield Delta([Cause("gradient_lacks_a_term")], _back(head, half))
        pairs = zip(H, Y, strict=True)
        slipped = [-study.scale(len(h)) * (y / h + (1 - y) / (1 - h)) for h, y in pairs]
        yield Delta([Cause("gradient_sign_slip")], _back(head, slipped))
    for name in ("squared error", "absolute error", "binary cross-entropy", "cross-entropy"):
        known = name == head.loss or (name == "squared error" and entropy)
        if not known and not (name.endswith("entropy") and head.name not in ("sigmoid", "softmax")):
            yield Delta([Cause("other_loss_gradient", name)], of_loss(name))


def _other_slopes(study: Study, head: _Head, slopes: Arrays) -> Iterator[Delta]:
    """Yield what is passed back under another derivative of the last activation."""
    if "softmax" in head.name or " of " in head.name:
        return
    bases: list[tuple[list[Cause], Arrays]] = [([], slopes)]
    if study.targets is not None and head.loss in _ENTROPIES:
        bases.append(([Cause("squared_error_gradient")], study.errors(head.H, study.targets)))
    for causes, base in bases:
        for other in slopes_of_activation(head.name, head.Z, head.H):
            if other.causes and other.causes[0].kind != "derivative_forgotten":
                yield Delta([*causes, *other.causes], _times(base, other.values))


def _other_errors(study: Study, head: _Head, Y: Arrays) -> Iterator[Delta]:
    """Yield what beginners take for the error at the output."""
    H, k = head.H, head.H[0].shape[1]
    yield Delta([Cause("output_error_only")], study.errors(H, Y))
    if head.name != "identity" and study.loss.name not in _INSIDE:
        yield Delta([Cause("activation_left_out", head.name)], study.errors(head.Z, Y))
    if k > 1:
        yield Delta([Cause("double_softmax")], study.errors([softmax(h) for h in H], Y))
    for cause, predictions, targets in _other_targets(H, Y):
        if study.loss.name == "absolute error":
            signs = [np.sign(p - y) for p, y in zip(predictions, targets, strict=True)]
            values = [study.scale(len(s)) * s for s in signs]
        else:
            values = study.errors(predictions, targets)
        yield Delta([cause], _through(head, values))


def _other_targets(H: Arrays, Y: Arrays) -> Iterator[tuple[Cause, Arrays, Arrays]]:
    """Yield predictions and targets whose difference is taken for the error."""
    yield Cause("targets_ignored"), H, [np.zeros(y.shape) for y in Y]
    yield Cause("targets_added"), H, [-y for y in Y]
    for shift in (1, -1):
        yield Cause("targets_misaligned", str(shift)), H, [np.roll(y, shift, axis=0) for y in Y]
    yield Cause("hard_predictions"), [np.where(h > 0.5, 1.0, 0.0) for h in H], Y
    whole = "the mean over all rows and outputs"
    yield Cause("targets_averaged", whole), H, [np.full(y.shape, y.mean()) for y in Y]
    by_column = [np.broadcast_to(y.mean(axis=0, keepdims=True), y.shape) for y in Y]
    yield Cause("targets_averaged", "the mean over the rows"), H, by_column
    if Y[0].shape[1] > 1:
        yield Cause("hard_predictions"), [np.eye(h.shape[1])[h.argmax(axis=1)] for h in H], Y
        labels = [np.broadcast_to(y.argmax(axis=1)[:, None].astype(float), y.shape) for y in Y]
        yield Cause("labels_not_one_hot"), H, labels
    present = [np.broadcast_to(y.max(axis=0, keepdims=True), y.shape) for y in Y]
    yield Cause("targets_for_every_class"), H, [np.ones(y.shape) for y in Y]
    if Y[0].shape[1] > 1 and not np.all(present[0] == 1.0):
        yield Cause("targets_for_every_class"), H, present


def _values_of_the_loss(study: Study, head: _Head, Y: Arrays) -> Iterator[Delta]:
    """Yield what is passed back where the error's size, or the loss itself, is taken for its slope."""
    errors = study.errors(head.H, Y)
    yield Delta([Cause("error_without_sign")], _through(head, [np.abs(e) for e in errors]))
    squares = [e * (h - y) for e, h, y in zip(errors, head.H, Y, strict=True)]
    yield Delta([Cause("loss_for_slope", "the squared errors")], _through(head, squares))
    values = [np.full(h.shape, point.loss) for h, point in zip(head.H, study.points, strict=True)]
    for each in (values, [study.scale(len(v)) * v for v in values]):
        yield Delta([Cause("loss_for_slope", "the value of the loss")], each)


def _precedence(study: Study, head: _Head, Y: Arrays) -> Iterator[Delta]:
    """Yield errors without the brackets around their difference."""
    pairs = list(zip(head.H, Y, strict=True))
    yield Delta([Cause("precedence_slip", "A - Y / n")], _through(head, [h - y / len(h) for h, y in pairs]))
    yield Delta([Cause("precedence_slip", "A / n - Y")], _through(head, [h / len(h) - y for h, y in pairs]))


def _through(head: _Head, errors: Arrays) -> Arrays:
    """Return errors at the output's Z: cross-entropy cancels the last activation's derivative."""
    return errors if head.loss in _ENTROPIES else _back(head, errors)


def _back(head: _Head, slopes: Arrays) -> Arrays:
    return [head.function.pull_back(s, z) for s, z in zip(slopes, head.Z, strict=True)]


def _times(first: Arrays, second: Arrays) -> Arrays:
    return [a * b for a, b in zip(first, second, strict=True)]


def _only(row: int, delta: np.ndarray) -> np.ndarray:
    one = np.zeros(delta.shape)
    one[row] = delta[row]
    return one
