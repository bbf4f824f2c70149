"""Checks of the history of a training, and of the network as it is now."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.start_checks import activations_of, saturated_share
from glassnet.diagnosis.remedies.attempts import ANEW, Attempt
from glassnet.diagnosis.remedies.rate_remedies import lower_rates
from glassnet.diagnosis.remedies.suspects import moved
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Dropout
from glassnet.training.class_weights import class_codes
from glassnet.utils.distinct_values import median

__all__ = ["check_clipping", "check_overfit", "check_units", "check_zigzag"]

_CLIPPED = 0.9  # share of the steps
_AT_START = 0.01  # way of the weights, as a share of their size
_DEAD = 0.6  # share of the units of a layer
_STUCK = 0.8  # share of the outputs of a layer
_WORSE, _MUCH_WORSE = (
    0.1,
    0.3,
)  # rise of the validation loss after its best, as a share of the loss of the best constant prediction
_PATIENCE = 5  # epochs since that best
_CHANCE = 0.98  # of the loss of the best constant prediction
_FEW_ROWS = 100  # of validation: what they say is uncertain
_TOO_FEW_ROWS = 20  # of validation: what they say may be chance
_APART = 0.5  # share of the rise of the validation loss by which it must end above the training loss
_SURER = "The predicted classes are right as often as then, but the wrong ones are more confident."
_SIGN_CHANGES, _SWING, _LEVEL = 0.6, 0.2, 0.1
_WINDOW = 10  # epochs


def _curve(case: Case, column: str) -> np.ndarray:
    """Return a column of the history, NaN where it has nothing; empty if there is no such column."""
    if case.history is None or column not in case.history.columns:
        return np.empty(0)
    return np.array(case.history.columns[column], dtype=np.float64)


def check_clipping(case: Case) -> Iterator[Suspicion]:
    """Report that nearly every step's gradient was clipped."""
    clipped = _curve(case, "clipped")
    limit = case.original.optimizer.clip_norm
    if limit is None or not len(clipped) or np.nanmean(clipped) < _CLIPPED:
        return

    def act(network: BaseNetwork) -> None:
        network.optimizer.clip_norm = None

    share = float(np.nanmean(clipped))
    measured = f"The gradient was cut to clip_norm={limit:g} in {share:.0%} of all steps."
    remedy = Attempt("no clipping", act)
    # Where nothing was trained, that is so whatever a trial shows.
    if_helped = not (case.fails and case.knows_start and moved(case) < _AT_START)
    details: dict[str, Any] = {"epoch": case.epoch, "evidence": {"clipped": share}}
    yield suspect("clipping-is-the-rate", measured, remedy, if_helped=if_helped, **details)


def check_zigzag(case: Case) -> Iterator[Suspicion]:
    """Report a loss that goes up and down by a good part of itself from epoch to epoch."""
    losses = _curve(case, "loss")[-_WINDOW:]
    noisy = any(isinstance(layer, Dropout) for layer in case.layers.values())
    if len(losses) < _WINDOW or case.baseline is None or noisy:
        return
    steps = np.diff(losses)
    changes = float(np.mean(np.sign(steps[1:]) != np.sign(steps[:-1])))
    swing, level = median(np.abs(steps)), float(np.mean(losses))
    if changes < _SIGN_CHANGES or swing < _SWING * level or level < _LEVEL * case.scale:
        return
    measured = f"Over the last {len(losses)} epochs the loss goes up and down by {swing:.3g} around {level:.3g}."
    evidence = {"swing": swing, "level": level}
    remedies = lower_rates(case, from_now=True)
    yield suspect("rate-too-high", measured, *remedies, epoch=case.epoch, evidence=evidence)


def check_overfit(case: Case) -> Iterator[Suspicion]:
    """Report a validation loss that rose after its best epoch, while the training loss went on falling."""
    valid, train = _curve(case, "valid_loss"), _curve(case, "loss")
    held_out, history = case.held_out, case.history
    if history is None or held_out is None or len(valid) <= _PATIENCE or case.baseline is None:
        return
    constant = case.constant_loss(held_out)
    if not np.isfinite(valid).any() or constant is None:
        return
    best, n = int(np.nanargmin(valid)), len(valid)
    last = min(median(valid[-3:]), float(valid[-1]))  # what only the last epochs or the very last one show is chance
    if n - 1 - best < _PATIENCE or last < valid[best] + _WORSE * case.scale or train[-1] >= train[best]:
        return
    if len(held_out[1]) < _TOO_FEW_ROWS or not _came_apart(case, valid, train, best):
        return
    if valid[best] > _CHANCE * constant and not _answers_better_than_chance(case, held_out[1]):
        return  # on these rows it never was better than a constant prediction: there was nothing to lose
    measured = (
        f"The validation loss was best, {valid[best]:.3g}, after epoch {best + 1}, and {valid[-1]:.3g} after the last, "
        f"epoch {n}; the training loss fell from {train[best]:.3g} to {train[-1]:.3g}."
    )
    now = float(valid[-1])
    details: dict[str, Any] = {"evidence": {"best_epoch": best + 1, "best": float(valid[best]), "last": now}}
    yield suspect("overfit", measured, epoch=best + 1, **(details | _what_was_kept(case, valid, best, now)))


def _came_apart(case: Case, valid: np.ndarray, train: np.ndarray, best: int) -> bool:
    """Return whether the two losses went apart: the one of training rows is low, and the rise is no up and down."""
    rise = float(valid[-1] - valid[best])
    swing = median(np.abs(np.diff(valid[best:])))
    last = float(train[-1])
    if case.original.l1 or case.original.l2:  # these are in the loss of an epoch
        last = min(last, case.now.loss)
    is_low = last < min(case.reference, valid[-1] - _APART * rise)
    return bool(is_low and rise > 2.0 * swing)


def _answers_better_than_chance(case: Case, y: np.ndarray) -> bool:
    """Return whether the share of right predictions was ever clearly above that of the most frequent class."""
    codes, right = class_codes(case.loss, y), _curve(case, "valid_accuracy")
    if codes is None or not np.isfinite(right).any():
        return False
    majority = float(np.bincount(codes).max()) / len(codes)
    return bool(np.nanmax(right) > majority + 2.0 * math.sqrt(0.25 / len(codes)))


def _what_was_kept(case: Case, valid: np.ndarray, best: int, last: float) -> dict[str, Any]:
    """Return severity, advice and what is known of the best epoch's weights, as details of the finding."""
    run = case.original._run
    stopping = None if run is None else run.stopping
    if stopping is not None:
        kept = int(stopping.best_epoch[0])
        is_kept = stopping.best_params is not None and np.array_equal(stopping.best_params, case.original.params)
        if not is_kept or not 0 < kept <= len(valid):
            advice = "Pass restore_best=True to EarlyStopping, so that the best epoch's weights stay in the network."
            return {"advice": advice, "severity": "warning"}
        tried = f"early stopping on {stopping.monitor!r} kept the weights of epoch {kept}, whose validation loss is "
        tried += f"{valid[kept - 1]:.3g}."
        advice = "Use EarlyStopping('valid_loss') if the probabilities matter; the accuracy does not look at them."
        if valid[kept - 1] <= valid[best] + _WORSE * case.scale:
            advice = "Nothing: the weights in the network are from before that."
        return {"severity": "note", "tried": tried, "advice": advice}
    right = _curve(case, "valid_accuracy")
    n = len(case.held_out[0]) if case.held_out is not None else 0
    if len(right) == len(valid) and min(np.median(right[-3:]), right[-1]) >= right[best]:
        tried = f"the accuracy is {right[-1]:.3f} after the last epoch, and was {right[best]:.3f} then."
        advice = "Trust the classes more than their probabilities, or pass early_stopping=EarlyStopping() for those."
        return {"severity": "note", "tried": tried, "advice": advice, "why": _SURER}
    tried = f"the weights after epoch {best + 1} have a validation loss of {valid[best]:.3g} instead of {last:.3g}"
    if n < _FEW_ROWS and last < valid[best] + _MUCH_WORSE * case.scale:
        return {"tried": f"{tried}; of {n} rows that may be chance.", "severity": "note"}
    return {"tried": f"{tried}.", "helped": True}


def check_units(case: Case) -> Iterator[Suspicion]:
    """Report layers whose rectifiers are mostly 0 for every row, or whose sigmoids stay at their flat ends."""
    now = case.now
    if len(now.Z) < 10:
        return
    yield from _saturated(case)
    shares = {}
    for name, activation in activations_of(case):
        if type(activation).__name__ == "ReLU" and now.outputs[name].shape[-1] > 3:
            shares[name] = float((now.outputs[name] <= 0.0).all(axis=0).mean())
    worst = max(shares, key=lambda name: shares[name], default=None)
    if worst is None or shares[worst] < _DEAD:
        return
    measured = f"{shares[worst]:.0%} of the units of {worst} are 0 for each of {len(now.Z)} rows."
    yield _from_high_rate("dead-units", measured, case, worst, shares)


def _from_high_rate(code: str, measured: str, case: Case, layer: str, shares: dict[str, float]) -> Suspicion:
    """Return a suspicion about a layer that is one about the learning rate if a lower rate helps.

    Where it is not known what training began with, weights drawn anew may help as well: then that was it.
    """
    remedies = lower_rates(case)
    if not case.knows_start:
        remedies.insert(0, Attempt(ANEW))
    return suspect(code, measured, *remedies, cause="rate-too-high", epoch=case.epoch, layer=layer, evidence=shares)


def _saturated(case: Case) -> Iterator[Suspicion]:
    """Report a layer of sigmoids or tanh that training drove to its flat ends."""
    shares = saturated_share(case, case.now)
    worst = max(shares, key=lambda name: shares[name], default=None)
    if worst is None or shares[worst] < _STUCK:
        return
    before = saturated_share(case, case.at_start)
    if before[worst] > _STUCK / 2:
        return
    measured = f"{shares[worst]:.0%} of the outputs of {worst} lie at the flat ends"
    measured += f"; at the start it was {before[worst]:.0%}." if case.knows_start else "."
    yield _from_high_rate("saturated-units", measured, case, worst, shares)
