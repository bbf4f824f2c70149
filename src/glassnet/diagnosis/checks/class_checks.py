"""Check for classes that are never predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.checks.shares import answered_classes
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.remedies.trials import Attempt, Measure
from glassnet.engine.base_network import BaseNetwork
from glassnet.training.class_weights import class_codes, class_factors
from glassnet.utils.distinct_values import distinct
from glassnet.utils.wording import few

__all__ = ["check_classes"]

_FEWEST = 20
_FEWEST_OF_CLASS = 5  # rows of a class of which something can be said
_RARE = 0.02  # share of the rows
_SMALL = 0.6  # rows of a class to those of classes of equal size: only then weights are to blame
_NOT_RARE = "These classes are not rare: look for what hinders the network, and whether columns separate them."
_GAIN, _SURE = 0.1, 2.5  # of the mean over classes; standard errors


def check_classes(case: Case) -> Iterator[Suspicion]:
    """Report classes that are never predicted: common ones, and those that are too rare to cost anything."""
    data, rows = case.evaluation_data
    codes = class_codes(case.loss, data[1])
    if codes is None or len(codes) < _FEWEST:
        return
    counts = np.bincount(codes, minlength=max(2, case.original.n_outputs))
    found = answered_classes(case.evaluation[0])
    answered = np.bincount(found, minlength=len(counts))
    if (counts > 0).sum() < 2 or (answered > 0).sum() == 0:
        return
    missed = (answered == 0) & (counts >= _FEWEST_OF_CLASS)
    common = missed & (counts >= 2 * _FEWEST_OF_CLASS) & (counts > _RARE * len(codes))
    recalls = [float((found[codes == code] == code).mean()) for code in np.flatnonzero(counts)]
    evidence = {"counts": counts.tolist(), "answered": answered.tolist(), "balanced_accuracy": float(np.mean(recalls))}
    if common.any():
        measured = f"Of {len(codes)} {rows} none is predicted as class {_named(common, counts)}."
        details: dict[str, Any] = {"epoch": case.epoch, "evidence": evidence}
        if counts[common].max() > _SMALL * counts.sum() / (counts > 0).sum():
            yield suspect("some-classes-only", measured, severity="note", advice=_NOT_RARE, **details)
            return
        remedy = Attempt("class_weight='balanced'", weights=_balanced(case), measure=_MISSED, steps=200)
        yield suspect("some-classes-only", measured, remedy, always=True, **details)
    elif missed.any():
        yield _too_rare(case, codes, missed, counts, evidence)


def _named(which: np.ndarray, counts: np.ndarray) -> str:
    return few((f"{j} ({counts[j]} rows)" for j in np.flatnonzero(which).tolist()), 3)


def _too_rare(
    case: Case, codes: np.ndarray, missed: np.ndarray, counts: np.ndarray, evidence: dict[str, Any]
) -> Suspicion:
    """Return a finding about rare classes, a warning if the network knows them and its answers do not show it."""
    Z, (_, rows) = case.evaluation[0].astype(np.float64), case.evaluation_data
    before, accuracy = evidence["balanced_accuracy"], float((answered_classes(Z) == codes).mean())
    measured = f"Of {len(codes)} {rows} none is predicted as class {_named(missed, counts)}: accuracy is "
    measured += f"{accuracy:.3f}, the mean over classes {before:.3f}."
    train = case.codes(case.sample[1])
    shares = np.bincount(codes if train is None else train, minlength=len(counts)) / len(
        codes if train is None else train
    )
    log = np.log(np.maximum(shares, 0.5 / len(codes)))
    level = answered_classes(Z - (log[1] - log[0] if Z.shape[1] == 1 else log))
    present = np.flatnonzero(counts)
    after = float(np.mean([(level[codes == code] == code).mean() for code in present]))
    # The standard error of the mean of recalls, of which those of the rare classes are the least certain.
    chance = np.sqrt((0.25 / counts[present]).sum()) / len(present)
    helped = bool(after > before + max(_GAIN, _SURE * chance))
    tried = f"with the logarithm of its share taken from each class's logit, the mean over classes is {after:.3f}."
    details: dict[str, Any] = {"severity": "warning" if helped else "note", "tried": tried, "helped": helped}
    evidence |= {"accuracy": accuracy, "balanced_accuracy_of_shifted_logits": after}
    return suspect("class-too-rare", measured, epoch=case.epoch, evidence=evidence, **details)


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
    codes, found = class_codes(network.loss, data[1]), answered_classes(network._logits(data[0]))
    if codes is None:
        return float("nan")
    return 1.0 - float(np.mean([(found[codes == code] == code).mean() for code in distinct(codes)]))


_MISSED = Measure("share of rows missed, averaged over classes,", _missed_share)
