"""Whether a linear model, fitted on the spot, is better than the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.autoencoders import restores_inputs
from glassnet.diagnosis.case import Case, Data, mean_loss
from glassnet.diagnosis.checks.shares import answered_classes, blocks_of, clearly_less, left_to_learn
from glassnet.diagnosis.linear_models import ROUNDS, fit_discriminants, fit_linear
from glassnet.diagnosis.looked_at import VALIDATION_ROWS
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.sampling import take_sample
from glassnet.layers import Dropout, GaussianNoise
from glassnet.layers.tree import learns
from glassnet.losses import AbsoluteError, Huber, SquaredError
from glassnet.training.class_weights import class_codes

__all__ = ["check_against_linear"]

_FEWEST, _FEWEST_HELD_OUT = 20, 50  # rows to evaluate on; results on few held-out rows vary by chance
_MOST_ROWS, _MOST_COLUMNS, _MOST_OUTPUTS = 1000, 200, 20  # that a linear model is fitted to
_ON_NUMBERS = (SquaredError, AbsoluteError, Huber)
_SHARE, _FREE = 0.02, 1_000_000  # products to those of the training, and how many are too few to count
_OF_ALL = 0.03  # of what there is to learn: so much a linear model must have learned
_OF_LINEAR, _OF_OURS = 0.15, 0.1  # of what it has learned, and of the network's loss: so much it must be better
_OF_CONSTANT = 0.1  # of what there is to learn
_MUCH_LESS = 0.5  # of the loss that is compared: a training loss as low as of memorised rows
_BY_HEART = (
    "Take the linear model, or keep the network from memorising rows: with early stopping, weight_decay, "
    "dropout or fewer units."
)
_NEARLY_NOTHING = 0.2  # of the network's loss, where a line leaves next to nothing


def check_against_linear(case: Case) -> Iterator[Suspicion]:
    """Report a linear model that leaves clearly less than the network, on rows that it was not fitted to."""
    layers = case.original.layers
    if sum(map(learns, layers)) < 2 or case.original.n_outputs > _MOST_OUTPUTS:
        return
    if isinstance(layers[0], (Dropout, GaussianNoise)):
        return  # trained for disturbed rows, which a line cannot be compared on
    if not _is_cheap(case) or len(case.evaluation_data[0][1]) < _FEWEST or left_to_learn(case) < _least_left(case):
        return
    if restores_inputs(case):
        return  # what is to find a short description of the inputs is not worse than what hands them through
    rows, evaluated, name = _parts(case)
    if len(evaluated[1]) < (_FEWEST_HELD_OUT if case.evaluation_data[1] == VALIDATION_ROWS else _FEWEST):
        return
    Z = case.original._logits(evaluated[0])
    if _is_worse_at_once(case, rows, evaluated, Z):
        return
    linear = fit_linear(case.loss, _flat(rows[0]), rows[1], rows[2])
    if linear is None:
        return
    theirs = np.ascontiguousarray(linear.logits(_flat(evaluated[0])), dtype=case.original.dtype)
    if theirs.shape != Z.shape or not np.isfinite(theirs).all() or _more_are_right(case, evaluated, Z, theirs):
        return
    mine, other = (mean_loss(case.original, logits, evaluated) for logits in (Z, theirs))
    gain, constant = mine - other, case.constant_loss(evaluated)
    if constant is None or other > constant - _OF_ALL * case.scale:
        return
    is_much = gain > max(_OF_LINEAR * (constant - other), _OF_OURS * abs(mine), _OF_CONSTANT * case.scale)
    is_exact = isinstance(case.loss, _ON_NUMBERS) and other < _NEARLY_NOTHING * mine
    if not (is_much or is_exact):
        return
    if not clearly_less(*(blocks_of(case, evaluated, logits) for logits in (theirs, Z))):
        return
    measured = f"On {len(evaluated[0])} {name} the loss is {mine:.3g}; that of a linear model is {other:.3g}"
    measured += f", fitted to {len(rows[0])} other rows."
    details: dict[str, Any] = {"advice": _BY_HEART} if case.now.loss < _MUCH_LESS * mine else {}
    evidence = {"loss": mine, "linear": other}
    yield suspect("worse-than-linear", measured, epoch=case.epoch, evidence=evidence, **details)


def _least_left(case: Case) -> float:
    """Return the share that must be left to learn: of numbers a line may be exact."""
    return _NEARLY_NOTHING / 10.0 if isinstance(case.loss, _ON_NUMBERS) else _OF_CONSTANT


def _flat(X: np.ndarray) -> np.ndarray:
    return X.reshape(len(X), -1).astype(np.float64)


def _is_cheap(case: Case) -> bool:
    """Return whether a linear model takes a small part of the products that the training took."""
    columns = int(np.prod(case.data[0].shape[1:]))
    if columns > _MOST_COLUMNS:
        return False
    trained = (case.epoch or 0) * case.n_rows * case.original.params.size
    rows = min(case.n_rows, _MOST_ROWS)
    one_step = rows * columns * (columns + case.original.n_outputs) < max(_FREE, _SHARE * trained)
    if not case.loss.classifies:
        return one_step
    # All rounds are only taken where one step shows that they may be of use.
    return one_step and 2 * ROUNDS * rows * columns * case.original.n_outputs < max(4 * _FREE, _SHARE * trained)


def _parts(case: Case) -> tuple[Data, Data, str]:
    """Return the rows that a linear model is fitted to, those that both are evaluated on, and what these are called."""
    rng = np.random.default_rng(0)
    order = rng.permutation(case.n_sampled)
    data, name = case.evaluation_data
    if name == VALIDATION_ROWS:
        # In an order of their own: blocks of sorted rows would not be alike.
        return take_sample(case.sample, order[:_MOST_ROWS]), take_sample(data, rng.permutation(len(data[0]))), name
    half = min(len(order) * 2 // 3, _MOST_ROWS)
    return take_sample(case.sample, order[:half]), take_sample(case.sample, order[half:]), name


def _is_worse_at_once(case: Case, rows: Data, evaluated: Data, Z: np.ndarray) -> bool:
    """Return whether linear discriminants, which take one step, get fewer rows right than the network."""
    codes = case.codes(rows[1])
    if codes is None:
        return False
    model = fit_discriminants(_flat(rows[0]), codes, max(2, case.original.n_outputs))
    return _more_are_right(case, evaluated, Z, model.logits(_flat(evaluated[0])))


def _more_are_right(case: Case, data: Data, Z: np.ndarray, others: np.ndarray) -> bool:
    """Return whether more rows are classified as they should be by one set of logits than by another."""
    codes = class_codes(case.loss, data[1])
    if codes is None:
        return False
    return bool((answered_classes(Z) == codes).mean() > (answered_classes(others) == codes).mean())
