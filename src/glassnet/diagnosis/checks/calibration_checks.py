"""Check whether predicted probabilities are calibrated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.agreement import agreement_of_network
from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.shares import answered_classes
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.losses import BinaryCrossEntropy, SoftmaxCrossEntropy
from glassnet.training.class_weights import class_codes

__all__ = ["check_calibration"]

_STOP = "Stop earlier, use label_smoothing, or divide the logits by a temperature fitted on held-out rows."
_LESS = 0.7  # loss on training rows beside that on held-out rows, where training went on for too long
_FEWEST_FOR_BINS = 200
_GAP, _SURER = 0.1, 0.05  # mean over bins; of the mean confidence to the accuracy
_SURE = 2.5  # standard errors
_CLOSED = 0.7  # share of the gap that may be left by what helps


def check_calibration(case: Case) -> Iterator[Suspicion]:
    """Report overconfident probabilities on held-out rows."""
    has_probabilities = isinstance(case.loss, (BinaryCrossEntropy, SoftmaxCrossEntropy))
    if case.held_out is None or len(case.held_out[0]) < _FEWEST_FOR_BINS or not has_probabilities:
        return
    data = case.evaluation_data[0]
    codes = class_codes(case.loss, data[1])
    if codes is None:
        return
    Z = case.evaluation[0].astype(np.float64)
    gap, confidence, accuracy = _calibration_gap(case, Z, codes)
    chance = np.sqrt(max(confidence * (1.0 - confidence), 1e-12) / len(Z))
    if gap < _GAP or confidence < accuracy + max(_SURER, _SURE * chance):
        return
    if case.fails or agreement_of_network(case, case.evaluation[0], data).surely < _SURE:
        return  # what has not learned anything has no probabilities to speak of
    half = np.arange(len(Z)) % 2 == 0
    temperature = _best_temperature(case, Z[half], codes[half])
    before = _calibration_gap(case, Z[~half], codes[~half])[0]
    after = _calibration_gap(case, Z[~half] / temperature, codes[~half])[0]
    measured = f"On {len(Z)} validation rows the accuracy is {accuracy:.1%} and the mean confidence {confidence:.1%}; "
    measured += f"the mean gap between the two over ten bins is {gap:.3f}."
    tried = f"with the logits divided by {temperature:.3g}, fitted on half of the validation rows, "
    tried += f"the gap on the other half is {after:.3f} instead of {before:.3f}."
    evidence = {"gap": gap, "confidence": confidence, "accuracy": accuracy, "temperature": temperature}
    outcome: dict[str, Any] = {"tried": tried, "helped": after < _CLOSED * before, "evidence": evidence}
    if case.now.loss < _LESS * case.evaluation[1]:
        outcome["advice"] = _STOP
    yield suspect("badly-calibrated", measured, epoch=case.epoch, **outcome)


def _calibration_gap(case: Case, Z: np.ndarray, codes: np.ndarray) -> tuple[float, float, float]:
    """Return the expected calibration error over ten bins of confidence, the mean confidence and the accuracy."""
    P = case.loss.link(Z)
    confidence = np.maximum(P[:, 0], 1.0 - P[:, 0]) if P.shape[1] == 1 else P.max(axis=1)
    right = (answered_classes(Z) == codes).astype(np.float64)
    bins = np.minimum((confidence * 10).astype(np.int64), 9)
    gap = np.abs(np.bincount(bins, right - confidence, 10)).sum() / len(Z)
    return float(gap), float(confidence.mean()), float(right.mean())


def _best_temperature(case: Case, Z: np.ndarray, codes: np.ndarray) -> float:
    """Return the temperature among many under which the true classes are likeliest."""

    def cost(temperature: float) -> float:
        P = case.loss.link(Z / temperature)
        likely = np.where(codes == 1, P[:, 0], 1.0 - P[:, 0]) if P.shape[1] == 1 else P[np.arange(len(P)), codes]
        return -float(np.log(np.maximum(likely, 1e-12)).mean())

    temperatures: list[float] = np.geomspace(0.25, 20.0, 60).tolist()
    return min(temperatures, key=cost)
