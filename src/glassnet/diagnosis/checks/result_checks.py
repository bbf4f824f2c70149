"""Checks of the predictions of a trained network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.remedies.trials import LOSS, Attempt, Measure, Trials
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Dense, Flatten
from glassnet.losses import BinaryCrossEntropy, SoftmaxCrossEntropy
from glassnet.training.class_weights import class_codes, class_factors
from glassnet.utils.wording import few

__all__ = ["check_against_constant", "check_against_linear", "check_calibration", "check_classes", "check_constant"]

_CONSTANT = 1e-3  # spread of the predictions, for numbers as a share of that of the targets
_MARGIN = 0.98  # of the loss of the best constant answer
_FEWEST = 20
_FEWEST_FOR_BINS = 200
_GAP = 0.1
_RARE = 0.02  # share of the rows


def check_constant(case: Case) -> Iterator[Suspicion]:
    """Report a network that gives every row the same answer."""
    Z, y = case.now.Z, case.probe[1]
    predictions = case.loss.link(Z)
    spread = float(predictions.std(axis=0).max())
    scale = 1.0 if case.loss.classifies else float(y.std(axis=0).max())
    if len(Z) < 4 or scale == 0.0 or spread > _CONSTANT * scale:
        return
    measured = f"The predictions for {len(Z)} different rows spread by {spread:.2g}."
    yield suspect("constant-output", measured, epoch=case.epoch, evidence={"spread": spread})


def check_against_constant(case: Case) -> Iterator[Suspicion]:
    """Report a network that is no better than always answering the same: the most frequent class, the mean."""
    data, rows = case.evaluation_data
    constant = case.constant_loss(data)
    if constant is None or len(data[0]) < _FEWEST:
        return
    Z, loss = case.evaluation
    if loss < _MARGIN * constant:
        return
    measured = f"On {len(data[0])} {rows} the loss is {loss:.3g}; always answering the same has {constant:.3g}."
    codes, train = class_codes(case.loss, data[1]), case.codes(case.sample[1])
    evidence: dict[str, float] = {"loss": loss, "constant": constant}
    if codes is not None and train is not None:
        most = int(np.bincount(train).argmax())
        accuracy, majority = float((_classes(Z) == codes).mean()), float((codes == most).mean())
        if accuracy > majority + 0.02:
            return
        measured = measured[:-1] + f"; accuracy {accuracy:.3f}, always class {most} {majority:.3f}."
        evidence |= {"accuracy": accuracy, "majority": majority}
    yield suspect("no-better-than-baseline", measured, epoch=case.epoch, evidence=evidence)


def _classes(Z: np.ndarray) -> np.ndarray:
    """Return the predicted class for each row of logits."""
    found: np.ndarray = (Z[:, 0] > 0.0).astype(np.int64) if Z.shape[1] == 1 else Z.argmax(axis=1)
    return found


def check_classes(case: Case) -> Iterator[Suspicion]:
    """Report classes that are never predicted although common."""
    data, rows = case.evaluation_data
    codes = class_codes(case.loss, data[1])
    if codes is None or len(codes) < _FEWEST:
        return
    counts = np.bincount(codes, minlength=max(2, case.original.n_outputs))
    answered = np.bincount(_classes(case.evaluation[0]), minlength=len(counts))
    present = int((counts > 0).sum())
    enough = (counts >= 10) & (counts > _RARE * len(codes))
    missed = np.flatnonzero(enough & (answered == 0))
    if not len(missed) or present < 2:
        return
    named = few((f"{j} ({counts[j]} rows)" for j in missed.tolist()), 3)
    measured = f"Of {len(codes)} {rows} none is answered with class {named}."
    evidence = {"counts": counts.tolist(), "answered": answered.tolist()}
    remedy = Attempt("class_weight='balanced'", weights=_balanced(case), measure=_MISSED, steps=200)
    yield suspect("some-classes-only", measured, remedy, if_helped=False, epoch=case.epoch, evidence=evidence)


def _balanced(case: Case) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that gives each row a weight by which all classes count alike."""

    def weigh(y: np.ndarray) -> np.ndarray:
        codes = case.codes(y)
        assert codes is not None
        k = max(2, case.original.n_outputs)
        factors = class_factors("balanced", k, codes)
        return np.asarray(factors[codes], dtype=case.original.dtype)

    return weigh


def _missed_share(network: BaseNetwork, data: Data) -> float:
    """Return 1 minus the mean recall of the classes."""
    codes, found = class_codes(network.loss, data[1]), _classes(network.logits(data[0]))
    if codes is None:
        return float("nan")
    return 1.0 - float(np.mean([(found[codes == code] == code).mean() for code in np.unique(codes)]))


_MISSED = Measure("share of rows missed, averaged over classes,", _missed_share)


def check_calibration(case: Case) -> Iterator[Suspicion]:
    """Report probabilities that are surer than they are right on held-out rows."""
    has_probabilities = isinstance(case.loss, (BinaryCrossEntropy, SoftmaxCrossEntropy))
    if case.held_out is None or len(case.held_out[0]) < _FEWEST_FOR_BINS or not has_probabilities:
        return
    data = case.evaluation_data[0]
    codes = class_codes(case.loss, data[1])
    if codes is None:
        return
    Z = case.evaluation[0].astype(np.float64)
    gap, confidence, accuracy = _calibration_gap(case, Z, codes)
    if gap < _GAP or confidence < accuracy:
        return
    half = np.arange(len(Z)) % 2 == 0
    temperature = _best_temperature(case, Z[half], codes[half])
    before = _calibration_gap(case, Z[~half], codes[~half])[0]
    after = _calibration_gap(case, Z[~half] / temperature, codes[~half])[0]
    measured = f"On {len(Z)} validation rows the network is right in {accuracy:.1%} and sure by {confidence:.1%}; "
    measured += f"the mean gap between the two over ten bins is {gap:.3f}."
    tried = f"with the logits divided by {temperature:.3g}, fitted on half of the validation rows, "
    tried += f"the gap on the other half is {after:.3f} instead of {before:.3f}."
    evidence = {"gap": gap, "confidence": confidence, "accuracy": accuracy, "temperature": temperature}
    outcome: dict[str, Any] = {"tried": tried, "helped": after < before, "evidence": evidence}
    yield suspect("badly-calibrated", measured, epoch=case.epoch, **outcome)


def _calibration_gap(case: Case, Z: np.ndarray, codes: np.ndarray) -> tuple[float, float, float]:
    """Return the expected calibration error over ten bins of confidence, the mean confidence and the accuracy."""
    P = case.loss.link(Z)
    confidence = np.maximum(P[:, 0], 1.0 - P[:, 0]) if P.shape[1] == 1 else P.max(axis=1)
    right = (_classes(Z) == codes).astype(np.float64)
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


def check_against_linear(case: Case, trials: Trials) -> Iterator[Suspicion]:
    """Report a network that is no better than a linear model, trained here for 300 steps."""
    data, rows = case.evaluation_data
    if len(case.copy.layers) < 2 or len(data[0]) < _FEWEST:
        return
    layers = [Flatten(), Dense(case.original.n_outputs)]
    linear = trials.trained(case.original.like(layers, optimizer="adam", l1=0.0, l2=0.0, max_norm=None), steps=300)
    if linear is None:
        return
    ours, theirs = case.evaluation[1], LOSS.compute(linear, data)
    if ours < theirs:
        return
    measured = f"On {len(data[0])} {rows} the loss is {ours:.3g}; a linear model trained for 300 steps has "
    measured += f"{theirs:.3g}."
    evidence = {"loss": ours, "linear": theirs}
    yield suspect("worse-than-linear", measured, epoch=case.epoch, evidence=evidence)
