"""Causes and their symptoms: where both are found, only the cause is reported."""

from __future__ import annotations

import dataclasses

from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Finding

__all__ = ["FOLLOWS", "is_cause", "without_symptoms"]

# What follows from a cause, and is not reported beside it.
_RESULTS = {
    "few-updates",
    "plateau-at-prior",
    "dead-units",
    "constant-output",
    "no-better-than-baseline",
    "some-classes-only",
    "still-falling",
    "worse-than-linear",
    "badly-calibrated",
    "past-best-epoch",
}
_SYMPTOMS = {"start-too-large", "dead-signal", "vanishing-gradient", "exploding-gradient", "saturated-units"}
# Scores on rows of another kind, and what is read from them.
_SCORES = {
    "badly-calibrated",
    "class-too-rare",
    "no-better-than-baseline",
    "overfit",
    "past-best-epoch",
    "some-classes-only",
    "validation-at-chance",
    "worse-than-linear",
}
_OF_SCORES = {"past-best-epoch", "some-classes-only", "worse-than-linear"}
_NEARLY_ALL = 0.9  # of the outputs of a layer
_LESS = 0.95  # of the loss: enough where the fault is certain
# A network hindered by one of these is worse than many others; reporting one more does not help.
_EARLIER = ("design", "start", "training")
_OF_ONE_ANSWER = {*_SYMPTOMS, *_RESULTS, *_SCORES, "rate-too-high", "rate-too-low", "unscaled-inputs"}
FOLLOWS = {
    "constant-target": {"unscaled-target", *_OF_ONE_ANSWER},
    "validation-differs": _SCORES,
    "unscaled-prediction": _SCORES,
    "outside-training-range": _SCORES,
    "column-order": _SCORES,
    "outlier-in-target": {
        "unscaled-target",
        "skewed-target",
        "start-too-large",
        "rate-too-high",
        "plateau-at-prior",
        *_SCORES,
    },
    "code-for-missing": {"unscaled-inputs", "outlier-in-inputs", "unscaled-target", "rate-too-high", *_RESULTS},
    "outlier-in-inputs": {"unscaled-inputs", "rate-too-high", *_RESULTS},
    "skewed-target": {"unscaled-target", "start-too-large"},
    "weights-on-few-rows": {"imbalance", "start-too-large", *_RESULTS},
    "weights-on-one-class": {"single-class", "imbalance", "missing-classes"},
    "unscaled-inputs": _SYMPTOMS,
    "unscaled-target": {"start-too-large"},
    "symmetric-weights": _SYMPTOMS,
    "weights-all-positive": _SYMPTOMS,
    "start-too-large": {"saturated-units", "exploding-gradient", "vanishing-gradient"},
    "dead-signal": {"vanishing-gradient", "saturated-units"},
    "one-softmax-unit": {*_SYMPTOMS, *_RESULTS, "loss-does-not-fit", "output-cannot-reach"},
    "output-cannot-reach": _RESULTS,
    "hidden-activation": {*_SYMPTOMS, *_RESULTS},
    "validation-at-chance": {"no-better-than-baseline", "overfit", "badly-calibrated", "past-best-epoch"},
    "overfit": {"past-best-epoch"},
    "frozen-layers": _RESULTS,
    "schedule-ended": {"rate-too-low", *_RESULTS},
    "schedule-not-begun": {"rate-too-low", *_RESULTS},
    "plateau-at-prior": {"no-better-than-baseline", "badly-calibrated"},
    "no-better-than-baseline": {"badly-calibrated", "some-classes-only", "worse-than-linear"},
    "constant-output": {"badly-calibrated", "no-better-than-baseline", "plateau-at-prior", *_OF_SCORES},
    "single-class": {"imbalance", "missing-classes", *_OF_ONE_ANSWER},
    "all-columns-constant": {"constant-columns", *_SYMPTOMS},
}


def _all_flat(finding: Finding) -> bool:
    """Return whether next to all outputs of a layer were at their flat ends from the start."""
    return bool(finding.evidence.get(finding.layer or "", 0.0) > _NEARLY_ALL)


def _fell(finding: Finding) -> bool:
    """Return whether the loss fell in the trial of a remedy, though not below that of a constant prediction."""
    trials = finding.evidence.get("trials", [])
    return bool(trials) and bool(trials[0]["after"] < trials[0]["before"])


def _for_certain(finding: Finding) -> Finding:
    """Return a finding that needs no trial; it mentions a trial in which the loss fell by little less than needed."""
    kind = KINDS[finding.code]
    best = next(iter(finding.evidence.get("trials", [])), None)
    shows = best is not None and 0.0 < best["after"] < _LESS * min(best["before"], best["unchanged"])
    tried, helped = (finding.tried, True) if shows else ("" if finding.helped is False else finding.tried, None)
    return dataclasses.replace(finding, severity=kind.severity, helped=helped, tried=tried)


# Pairs that are never reported together, since their advice is opposite.
_REFUTES = {
    "overfit": {"few-updates", "rate-too-low", "still-falling"},
    "past-best-epoch": {"few-updates", "still-falling"},
    "still-falling": {"plateau-at-prior"},
}


def is_cause(finding: Finding) -> bool:
    """Return whether a finding explains why a network does not learn."""
    if finding.severity == "note" or KINDS[finding.code].stage in ("result", "prediction"):
        return False
    return finding.helped is True or finding.severity == "error" or finding.code == "few-updates"


def without_symptoms(found: list[Finding], *, fails: bool, learned: bool = True) -> list[Finding]:
    """Leave out findings that are symptoms of other findings."""
    if not learned and any(finding.code == "saturated-units" and _all_flat(finding) for finding in found):
        # Columns that drive all units to their ends are a fault, whatever a short trial shows.
        found = [_for_certain(each) if each.code == "unscaled-inputs" and not each.helped else each for each in found]
    hidden: set[str] = set()
    suffers = fails and any(finding.code in _SYMPTOMS for finding in found)
    is_constant = any(finding.code == "constant-output" for finding in found)
    for place, finding in enumerate(found):
        # The signal suffers, so the columns matter even where nothing was tried, or nothing can be learned from them.
        unknown = finding.helped is None or (is_constant and _fell(finding))
        if suffers and finding.code == "unscaled-inputs" and finding.severity == "note" and unknown:
            found[place] = _for_certain(finding)
            hidden |= {
                "constant-output",
                "no-better-than-baseline",
                "plateau-at-prior",
                "badly-calibrated",
                *_OF_SCORES,
            }
    found = [_with_trials(finding, found) for finding in found]
    if any(finding.code == "past-best-epoch" for finding in found):
        hidden.add("still-falling")
    for finding in found:
        if finding.severity != "note" or finding.evidence.get("rules_the_loss"):
            hidden |= FOLLOWS.get(finding.code, set())
        if is_cause(finding):
            hidden |= _RESULTS - {finding.code, *(("past-best-epoch",) if finding.code == "few-updates" else ())}
        if finding.severity != "note" and (finding.stage in _EARLIER or finding.code == "constant-output"):
            hidden.add("worse-than-linear")
    codes = {finding.code for finding in found if finding.code not in hidden}
    for code, others in _REFUTES.items():
        hidden |= others if code in codes else set()
    if "overfit" in codes and "rate-too-low" in hidden & codes:
        overfit, proven = (next(each for each in found if each.code == code) for code in ("overfit", "rate-too-low"))
        if overfit.severity == "note" and proven.severity != "note":
            hidden = (hidden - {"rate-too-low"}) | {"overfit"}
    left = [finding for finding in found if finding.code not in hidden]
    return [_with_its_cause(finding, left) for finding in left]


def _with_its_cause(finding: Finding, found: list[Finding]) -> Finding:
    """Return the finding that a linear model does better with the advice of what keeps the network from a line."""
    if finding.code != "worse-than-linear" or finding.advice != KINDS[finding.code].advice:
        return finding
    cause = next((each.code for each in found if each.code in ("unscaled-target", "unscaled-inputs")), None)
    if cause is None:
        return finding
    return dataclasses.replace(finding, advice=f"Use the linear model, or first do what {cause} says.")


def _with_trials(finding: Finding, found: list[Finding]) -> Finding:
    """Return the finding that all answers are alike with what was tried for what follows from it."""
    tried = [each for each in found if each.code in ("plateau-at-prior", "no-better-than-baseline") and each.tried]
    if finding.code != "constant-output" or finding.tried or not tried:
        return finding
    return dataclasses.replace(finding, tried=tried[0].tried, evidence={**tried[0].evidence, **finding.evidence})
