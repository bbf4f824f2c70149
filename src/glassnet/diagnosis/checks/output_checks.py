"""Checks of the last layer and the loss: what the network can predict, and whether the loss fits that."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.case import Case, mean_loss
from glassnet.diagnosis.outputs import output_activation
from glassnet.diagnosis.remedies.rebuilding import without_last_activation, without_softmax_units
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.remedies.trials import Attempt
from glassnet.layers import (
    CustomActivation,
    Dense,
    Layer,
    LeakyReLU,
    Softmax,
)
from glassnet.layers.tree import walk
from glassnet.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    BinaryFocalCrossEntropy,
    CustomLoss,
    Huber,
    Poisson,
    Quantile,
    SoftmaxCrossEntropy,
    SoftmaxFocalCrossEntropy,
    SquaredError,
)
from glassnet.utils.formula import evaluate, formula_of, is_ours

__all__ = ["check_output", "check_softmax_units"]

_OUT_OF_REACH = 0.01  # share of the targets
_LOST, _PART = 0.01, 0.1  # shares of a constant prediction's loss and of the network's that are surely out of reach
_MOSTLY_LOST = 0.1  # share of the constant prediction's loss
_HALF = 0.5  # of the loss now: if so much is lost for certain, nothing has to be tried
_ALL = 30.0  # a logit that makes a probability 0 or 1
_IN_RANGE = "Leave the activation of the last layer out, or bring the targets into its range."
_HUGE = 1e30
_STEPS = 200
_FEWEST = 10

_HARDLY = -1.0  # below it a LeakyReLU gets from -100, which hardly happens


class _Reach(NamedTuple):
    """What the outputs of a last layer are limited to."""

    name: str
    low: float
    high: float
    is_certain: bool

    @property
    def text(self) -> str:
        """The limits in words."""
        if not self.is_certain:
            return f"which hardly gives outputs below {self.low:g}"
        if math.isinf(self.high):
            return f"whose outputs are never below {self.low:g}"
        if math.isinf(self.low):
            return f"whose outputs are never above {self.high:g}"
        return f"whose outputs lie between {self.low:g} and {self.high:g}"


def _reach(activation: Layer) -> _Reach | None:
    """Return what limits the outputs of an activation; None if nothing does."""
    name, formula = type(activation).__name__, formula_of(activation)
    shown = f"a{'n' * name.startswith('E')} {name}" if is_ours(activation) else "an activation of your own"
    if isinstance(activation, Softmax):
        return _Reach(shown, 0.0, 1.0, True)
    if isinstance(activation, LeakyReLU):
        return _Reach(shown, _HARDLY, math.inf, False)
    if isinstance(activation, CustomActivation):
        return _seen_reach("an activation of your own", activation.function)
    if formula is None:
        return None
    given = formula.constants(activation)
    return _seen_reach(shown, lambda z: evaluate(formula.computed, Z=z, **given))


def _seen_reach(shown: str, function: Callable[..., Any]) -> _Reach | None:
    """Return what limits a function of Z, seen at numbers from -10,000 to 10,000."""
    far = np.geomspace(6.0, 1e4, 60)
    z = np.concatenate([-far[::-1], np.linspace(-6.0, 6.0, 241), far])
    with np.errstate(all="ignore"):
        values = np.asarray(function(z), dtype=np.float64)
    if values.shape != z.shape or np.isnan(values).any():
        return None
    values = np.clip(values, -_HUGE, _HUGE)
    # From about 800 to 10,000, and from -800 to -10,000.
    ends, inner = values[[0, -1]], values[[20, -21]]
    moves = np.abs(ends - inner) > 0.01 * np.maximum(np.abs(inner), 1e-6)
    is_open_above = (ends >= _HUGE).any() or (moves & (ends > inner)).any()
    is_open_below = (ends <= -_HUGE).any() or (moves & (ends < inner)).any()
    low = -math.inf if is_open_below else round(float(values.min()), 3) + 0.0
    high = math.inf if is_open_above else round(float(values.max()), 3) + 0.0
    if math.isinf(low) and math.isinf(high):
        return None
    return _Reach(shown, low, high, True)


def check_output(case: Case) -> Iterator[Suspicion]:
    """Report a last layer whose activation cannot give the targets, or not all logits."""
    activation = output_activation(case.original.layers)
    reach = None if activation is None else _reach(activation)
    if reach is None or len(case.sample[0]) < _FEWEST:
        return
    where: dict[str, Any] = {"epoch": 0, "layer": case.original.names[-1]}
    if isinstance(case.loss, (SquaredError, AbsoluteError, Huber, Quantile)):
        yield from _of_numbers(case, reach, where)
    elif case.loss.includes:
        yield from _of_logits(case, reach, where)
    elif isinstance(case.loss, CustomLoss) and case.sample[1].shape[1] == case.original.n_outputs:
        yield from _of_numbers(case, reach, where)


def _attempt() -> Attempt:
    return Attempt("a linear last layer", without_last_activation, steps=_STEPS)


def _of_numbers(case: Case, reach: _Reach, where: dict[str, Any]) -> Iterator[Suspicion]:
    """Report targets that are out of reach, as an error if the best possible answers lose a good part for them."""
    y = case.sample[1]
    share = float(((y < reach.low) | (y > reach.high)).any(axis=1).mean())
    if share <= _OUT_OF_REACH:
        return
    least, lost, now = _least_loss(case, np.clip(y, reach.low, reach.high))
    measured = f"The last layer is {reach.name}, {reach.text}; {share:.0%} of the targets lie beyond, "
    measured += f"between {y.min():.4g} and {y.max():.4g}."
    details: dict[str, Any] = {"evidence": {"share": share, "least": least, "loss": now}, "advice": _IN_RANGE, **where}
    if not reach.is_certain:
        yield suspect("output-cannot-reach", measured, _attempt(), always=True, severity="warning", **details)
        return
    nearest = "Even the best weights would leave"
    if isinstance(case.loss, CustomLoss):  # which need not be least there
        nearest = "Answers as near to the targets as they can be would have"
    measured += f" {nearest} a loss of {least:.3g}"
    measured += "." if now is None else f"; it is {now:.3g} now."
    if lost < _LOST or (now is not None and least < _PART * now):
        yield suspect("output-cannot-reach", measured, severity="note", **details)
        return
    severity = "error" if lost > _MOSTLY_LOST else "warning"
    yield suspect("output-cannot-reach", measured, _attempt(), if_helped=False, severity=severity, **details)


def _least_loss(case: Case, Z: np.ndarray) -> tuple[float, float, float | None]:
    """Return the loss of the best answers that are within reach, its share of a constant's loss, and the loss now."""
    if isinstance(case.loss, Quantile):
        Z = np.repeat(Z, len(case.loss.levels), axis=1)
    least = mean_loss(case.original, np.ascontiguousarray(Z, dtype=case.original.dtype), case.sample)
    constant = case.constant_loss(case.sample) or case.reference
    now = case.logits_and_loss(case.sample)[1] if case.is_trained else None
    return least, least / constant if constant else 0.0, now


def _of_logits(case: Case, reach: _Reach, where: dict[str, Any]) -> Iterator[Suspicion]:
    """Report an activation on logits, which limits how sure the network can be."""
    measured = f"The last layer is {reach.name}, {reach.text}; {case.loss.name} wants logits, which may be any number."
    evidence: dict[str, Any] = {"low": reach.low, "high": reach.high}
    best, is_proved = _best_logits(case, reach), False
    if best is not None and reach.is_certain:
        least, lost, now = _least_loss(case, best)
        evidence |= {"least": least, "loss": now}
        is_proved = lost > _MOSTLY_LOST and now is not None and least > _HALF * now
        if lost > _LOST:
            measured += f" Even the best weights would leave a loss of {least:.3g}"
            measured += "." if now is None else f"; it is {now:.3g} now."
    details: dict[str, Any] = {"severity": "warning", "evidence": evidence, **where}
    yield suspect("output-cannot-reach", measured, _attempt(), always=True, if_helped=not is_proved, **details)


def _best_logits(case: Case, reach: _Reach) -> np.ndarray | None:
    """Return the logits within reach whose loss on the sample is least; None where that is not known."""
    y, k = case.sample[1], case.original.n_outputs
    found: np.ndarray
    low, high = max(reach.low, -_ALL), min(reach.high, _ALL)
    if isinstance(case.loss, (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)) and y.ndim == 1:
        found = np.where(np.eye(k, dtype=bool)[y], high, low)
        return found
    if isinstance(case.loss, (BinaryCrossEntropy, BinaryFocalCrossEntropy)):
        with np.errstate(divide="ignore"):
            found = np.clip(np.log(y) - np.log1p(-y.astype(np.float64)), low, high)
        return found
    if isinstance(case.loss, Poisson):
        with np.errstate(divide="ignore"):
            found = np.clip(np.log(y.astype(np.float64)), low, high)
        return found
    return None


def check_softmax_units(case: Case) -> Iterator[Suspicion]:
    """Report a softmax over a single number."""
    for name, layer in walk(case.original.names, case.original.layers):
        activation = layer.activation if isinstance(layer, Dense) else layer
        if not isinstance(activation, Softmax) or layer.out_shape[-1] != 1:
            continue
        measured = f"{name} applies softmax to a single number: its output is 1 for every row."
        remedy = Attempt("no activation there", without_softmax_units, steps=_STEPS)
        yield suspect("one-softmax-unit", measured, remedy, if_helped=False, epoch=0, layer=name)
        return
