"""Checks of the history of a training, and of the network as it is now."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.start_checks import activations_of, saturated_share
from glassnet.diagnosis.remedies.attempts import Attempt
from glassnet.diagnosis.remedies.rate_remedies import lower_rates
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Dropout

__all__ = ["check_clipping", "check_overfit", "check_units", "check_updates", "check_zigzag"]

_CLIPPED = 0.9  # share of the steps
_DEAD = 0.6  # share of the units of a layer
_STUCK = 0.8  # share of the outputs of a layer
_WORSE = 0.1  # rise of the validation loss after its best, as a share of the loss of the best constant answer
_PATIENCE = 5  # epochs since that best
_SIGN_CHANGES, _SWING, _LEVEL = 0.6, 0.2, 0.1
_WINDOW = 10  # epochs
_FEW_UPDATES, _FALL = 100, 0.05  # share of the loss at the start


def _curve(case: Case, column: str) -> np.ndarray:
    """Return a column of the history, NaN where it has nothing; empty if there is no such column."""
    if case.history is None or column not in case.history.columns:
        return np.empty(0)
    return np.array([math.nan if value is None else value for value in case.history.columns[column]], dtype=np.float64)


def check_updates(case: Case) -> Iterator[Suspicion]:
    """Report that training stopped after few updates while the loss was still falling; nothing is tried for it."""
    if case.updates >= _FEW_UPDATES or case.learned:
        return
    if case.at_start.loss - case.now.loss > _FALL * abs(case.at_start.loss):
        measured = f"{case.updates} updates brought the loss from {case.at_start.loss:.3g} to {case.now.loss:.3g}."
        yield suspect("few-updates", measured, epoch=case.epoch, evidence={"updates": case.updates})


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
    yield suspect("clipping-is-the-rate", measured, remedy, epoch=case.epoch, evidence={"clipped": share})


def check_zigzag(case: Case) -> Iterator[Suspicion]:
    """Report a loss that goes up and down by a good part of itself from epoch to epoch."""
    losses = _curve(case, "loss")[-_WINDOW:]
    noisy = any(isinstance(layer, Dropout) for layer in case.layers.values())
    if len(losses) < _WINDOW or case.baseline is None or noisy:
        return
    steps = np.diff(losses)
    changes = float(np.mean(np.sign(steps[1:]) != np.sign(steps[:-1])))
    swing, level = float(np.median(np.abs(steps))), float(np.mean(losses))
    if changes < _SIGN_CHANGES or swing < _SWING * level or level < _LEVEL * case.scale:
        return
    measured = f"Over the last {len(losses)} epochs the loss goes up and down by {swing:.3g} around {level:.3g}."
    evidence = {"swing": swing, "level": level}
    remedies = lower_rates(case, from_now=True)
    yield suspect("rate-too-high", measured, *remedies, epoch=case.epoch, evidence=evidence)


def check_overfit(case: Case) -> Iterator[Suspicion]:
    """Report a validation loss that rose after its best epoch, while the training loss went on falling."""
    valid, train = _curve(case, "valid_loss"), _curve(case, "loss")
    if len(valid) <= _PATIENCE or case.baseline is None or not np.isfinite(valid).any():
        return
    best = int(np.nanargmin(valid))
    last = float(np.median(valid[-3:]))
    if len(valid) - 1 - best < _PATIENCE or last < valid[best] + _WORSE * case.scale or train[-1] >= train[best]:
        return
    chosen = None if case.history is None else case.history.best_epoch
    kept = chosen is not None and valid[chosen - 1] <= valid[best] + _WORSE * case.scale
    measured = (
        f"The validation loss was best, {valid[best]:.3g}, after epoch {best + 1} and is {last:.3g} now; "
        f"the training loss fell from {train[best]:.3g} to {train[-1]:.3g}."
    )
    tried = f"stopping after epoch {best + 1} leaves a validation loss of {valid[best]:.3g} instead of {last:.3g}."
    if chosen is not None:
        tried = f"Early stopping chose epoch {chosen}, with a validation loss of {valid[chosen - 1]:.3g}."
    details: dict[str, Any] = {"advice": "Pass EarlyStopping('valid_loss')."} if chosen is not None and not kept else {}
    yield suspect(
        "overfit",
        measured,
        severity="note" if kept else "warning",
        epoch=best + 1,
        tried=tried,
        helped=True,
        evidence={"best_epoch": best + 1, "best": float(valid[best]), "last": last},
        **details,
    )


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
    """Return a suspicion about a layer that is one about the learning rate if a lower rate helps."""
    remedies = lower_rates(case)
    return suspect(code, measured, *remedies, cause="rate-too-high", epoch=case.epoch, layer=layer, evidence=shares)


def _saturated(case: Case) -> Iterator[Suspicion]:
    """Report a layer of sigmoids or tanh that training drove to its flat ends."""
    shares, before = saturated_share(case, case.now), saturated_share(case, case.at_start)
    worst = max(shares, key=lambda name: shares[name], default=None)
    if worst is None or shares[worst] < _STUCK or before[worst] > _STUCK / 2:
        return
    measured = f"{shares[worst]:.0%} of the outputs of {worst} lie at the flat ends; at the start it was "
    measured += f"{before[worst]:.0%}."
    yield _from_high_rate("saturated-units", measured, case, worst, shares)
