"""Checks of the predictions of a trained network: beside a constant prediction, and over the epochs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.agreement import agreement_of_line, agreement_of_network, share_of_line
from glassnet.diagnosis.baselines import constant_logits
from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.checks.run_checks import check_overfit
from glassnet.diagnosis.checks.shares import answered_classes, blocks_of
from glassnet.diagnosis.looked_at import VALIDATION_ROWS
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.training.class_weights import class_codes
from glassnet.utils.wording import told_apart

__all__ = ["check_against_constant", "check_best_epoch", "check_chance", "check_constant"]

_CONSTANT = 1e-3  # spread of the predictions, for numbers as a share of that of the targets
_MARGIN = 0.98  # of the loss of the best constant prediction
_POSSIBLE = 0.05  # share of what there is to learn by which a network may be better after all: no report
_FEWEST = 20
_SURE = 2.5  # standard errors
_GOES_WITH = (
    "The predictions follow y, but are too far from it: look at the validation loss over the epochs, and train for "
    "more of them, or for fewer."
)
_AS_FAR = 0.4  # share of the correlation that a line reaches on training rows
_FAINT = 0.05  # share of the variance: with so little there is not much that a network could find
_LINE_FINDS = "The columns are related to y: try a linear model, or a smaller network and fewer epochs."
_FEW = 50  # validation rows: with fewer it may still be chance
_MANY, _SURE_OF_MANY, _SURE_OF_FEW = 100, 2.0, 1.0  # rows, and standard errors that chance may well bring
_GOOD = 0.7  # share of what there is to learn that may be left of training rows which were learned
_LONG, _MOST = 20, 0.5  # epochs after the best, and their share of all
_WORSE = 0.02  # share of what there is to learn that was lost since


def check_constant(case: Case) -> Iterator[Suspicion]:
    """Report a network that gives every row the same answer."""
    Z, y = case.now.Z, case.probe[1]
    predictions = case.loss.link(Z)
    spread = float(predictions.std(axis=0).max())
    scale = 1.0 if case.loss.classifies else float(y.std(axis=0).max())
    if len(Z) < 4 or scale == 0.0 or spread > _CONSTANT * scale:
        return
    measured = f"The predictions for {len(Z)} rows spread by {spread:.2g}."
    yield suspect("constant-output", measured, epoch=case.epoch, evidence={"spread": spread})


def check_against_constant(case: Case) -> Iterator[Suspicion]:
    """Report a network that is no better than always predicting the same: the most frequent class, the mean."""
    data, rows = case.evaluation_data
    constant = case.constant_loss(data)
    if constant is None or len(data[0]) < _FEWEST:
        return
    Z, loss = case.evaluation
    if loss < constant - (1.0 - _MARGIN) * case.scale or _may_be_better(case, data, Z):
        return
    ours, same = told_apart(loss, constant)
    measured = f"On {len(data[0])} {rows} the loss is {ours}; always predicting the same has {same}."
    evidence: dict[str, Any] = {"loss": loss, "constant": constant}
    rates = _accuracies(case, data, Z)
    if rates is not None:
        accuracy, majority, most = rates
        if accuracy > majority + 0.02:
            return
        measured = measured[:-1] + f"; accuracy {accuracy:.3f}, always class {most} {majority:.3f}."
        evidence |= {"accuracy": accuracy, "majority": majority}
    details: dict[str, Any] = {}
    if rows == VALIDATION_ROWS and agreement_of_network(case, Z, data).surely > _SURE_OF_MANY:
        if loss < constant + (1.0 - _MARGIN) * case.scale:
            return  # a relation so faint hardly shows in the loss, yet the answers go with the targets
        details = {"severity": "note", "advice": _GOES_WITH}
    elif line := share_of_line(case):
        measured += f" A linear model explains {line:.0%} of the variance of y."
        details = {"advice": _LINE_FINDS, **({"severity": "note"} if line < _FAINT else {})}
    yield suspect("no-better-than-baseline", measured, epoch=case.epoch, evidence=evidence, **details)


def _may_be_better(case: Case, data: Data, Z: np.ndarray) -> bool:
    """Return whether on so few rows the network may look worse than a constant by chance."""
    constant = constant_logits(case.loss, case.sample[1], case.sample[2], case.original.n_outputs)
    if constant is None:
        return True
    same = np.tile(constant.astype(case.original.dtype), (len(data[0]), 1))
    worse = blocks_of(case, data, Z) - blocks_of(case, data, same)
    if len(worse) < 2:
        return True
    error = float(worse.std(ddof=1)) / np.sqrt(len(worse))
    return bool(float(worse.mean()) - _SURE * error < -_POSSIBLE * case.scale)


def _accuracies(case: Case, data: Data, Z: np.ndarray) -> tuple[float, float, int] | None:
    """Return the accuracy, that of always the class most frequent in training, and this class; None without classes."""
    codes, train = class_codes(case.loss, data[1]), case.codes(case.sample[1])
    if codes is None or train is None:
        return None
    most = int(np.bincount(train).argmax())
    return float((answered_classes(Z) == codes).mean()), float((codes == most).mean()), most


def check_chance(case: Case) -> Iterator[Suspicion]:
    """Report training rows that were learned while validation rows were answered by chance from the first epoch on."""
    columns = {} if case.history is None else case.history.columns
    losses = [value for value in columns.get("valid_loss", []) if not math.isnan(value)]
    data, rows = case.evaluation_data
    if not losses or case.held_out is not data:
        return
    constant = case.constant_loss(data)
    if constant is None or case.scale <= 0.0 or min(losses) < constant - (1.0 - _MARGIN) * case.scale:
        return
    train = case.now.loss
    if train > case.reference - (1.0 - _GOOD) * case.scale or not _by_chance(case, data):
        return
    measured = (
        f"The loss on training rows is {train:.3g}, where always predicting the same has {case.reference:.3g}; on "
    )
    measured += f"{len(data[0])} {rows} it was never better than {min(losses):.3g}, where the same has {constant:.3g}."
    evidence = {"loss": train, "best": min(losses), "constant": constant}
    severity = "warning" if len(data[0]) >= _FEW else "note"
    yield suspect("validation-at-chance", measured, severity=severity, epoch=case.epoch, evidence=evidence)


def _by_chance(case: Case, data: Data) -> bool:
    """Return whether answers and targets of held-out rows agree no more than chance allows.

    What may be chance must be less than half of the agreement on training rows: few rows say little.
    """
    agreed, chance = _agreement(case, case.evaluation[0], data)
    trained = _agreement(case, case.now.Z, case.probe)[0]
    if agreed + _SURE * chance >= 0.5 * trained:
        return False
    # What the likeliest classes do not show, probabilities and a line may: then these rows do belong to the others.
    share = share_of_line(case)
    sure = _SURE_OF_FEW if share and len(data[0]) < _MANY else _SURE_OF_MANY
    least = _AS_FAR * float(np.sqrt(share))  # what little goes together where much should says nothing
    if agreed >= max(_SURE * chance, least):
        return False
    # A line that says nothing surely about its own rows would only add chance.
    line = agreement_of_line(case, data) if share else None
    found = (agreement_of_network(case, case.evaluation[0], data), *(() if line is None else (line,)))
    return all(each.surely < sure or each.value < least for each in found)


def _agreement(case: Case, Z: np.ndarray, data: Data) -> tuple[float, float]:
    """Return how much answers and targets have in common, 0 by chance and 1 at most, and its standard error.

    Of classes it is Cohen's kappa, of numbers the largest correlation of all columns.
    """
    y, n = data[1], len(data[0])
    codes = class_codes(case.loss, y)
    if codes is not None:
        found, k = answered_classes(Z), max(2, case.original.n_outputs)
        expected = float(np.bincount(codes, minlength=k) @ np.bincount(found, minlength=k)) / n**2
        rest = max(1.0 - expected, 1e-12)
        return (float((found == codes).mean()) - expected) / rest, float(np.sqrt(expected / rest / n))
    answers = case.loss.link(Z).reshape(n, -1)[:, : y.reshape(n, -1).shape[1]].astype(np.float64)
    targets = y.reshape(n, -1).astype(np.float64)
    spreads = answers.std(axis=0) * targets.std(axis=0)
    shared = ((answers - answers.mean(axis=0)) * (targets - targets.mean(axis=0))).mean(axis=0)
    return float(np.max(shared / np.where(spreads > 0.0, spreads, np.inf), initial=0.0)), 1.0 / float(np.sqrt(n))


def check_best_epoch(case: Case) -> Iterator[Suspicion]:
    """Report, as a note, that most of the epochs came after the one that was best for the validation rows."""
    history = case.history
    valid = [] if history is None else history.columns.get("valid_loss", [])
    if history is None or not valid or any(map(math.isnan, valid)):
        return
    if case.rates.min() < case.rates.max() and not case.original.optimizer.schedule.monitors():
        return  # a schedule needs all of its epochs
    chosen, n = history.best_epoch, len(valid)
    best = int(np.argmin(valid)) + 1 if chosen is None else int(chosen)
    is_worse = chosen is not None or valid[-1] > valid[best - 1] + _WORSE * case.scale
    if not is_worse or n - best < max(_LONG, _MOST * n) or any(check_overfit(case)):
        return
    measured = f"Of {n} epochs the one with the lowest validation loss, {valid[best - 1]:.3g}, was epoch {best}; "
    measured += f"after the last it was {valid[-1]:.3g}."
    if chosen is not None:
        measured = f"Of {n} epochs early stopping chose epoch {best}, and none of those after it."
    yield suspect("past-best-epoch", measured, epoch=best, evidence={"best_epoch": best, "epochs": n})
