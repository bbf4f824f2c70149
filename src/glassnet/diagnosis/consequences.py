"""What follows from what: of a cause and its symptoms, the cause is reported."""

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
# A network hindered by one of these is worse than many others; to say so of one more helps nobody.
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
    "plateau-at-prior": {"no-better-than-baseline", "badly-calibrated"},
    "no-better-than-baseline": {"worse-than-linear"},
    "single-class": {"imbalance", "missing-classes", *_OF_ONE_ANSWER},
    "all-columns-constant": {"constant-columns", *_SYMPTOMS},
}


def is_cause(finding: Finding) -> bool:
    """Return whether a finding explains why a network does not learn."""
    if finding.severity == "note" or KINDS[finding.code].stage in ("result", "prediction"):
        return False
    return finding.helped is True or finding.severity == "error" or finding.code == "few-updates"


def without_symptoms(found: list[Finding], *, fails: bool) -> list[Finding]:
    """Leave out what follows from something else that was found."""
    hidden: set[str] = set()
    suffers = fails and any(finding.code in _SYMPTOMS for finding in found)
    for place, finding in enumerate(found):
        # The signal suffers, so the columns matter even where scaling them is not enough within a few steps.
        if suffers and finding.code == "unscaled-inputs" and finding.severity == "note":
            found[place] = dataclasses.replace(finding, severity="warning")
    for finding in found:
        if finding.severity != "note" or finding.evidence.get("rules_the_loss"):
            hidden |= FOLLOWS.get(finding.code, set())
        if is_cause(finding):
            hidden |= _RESULTS - {finding.code}
        if finding.severity != "note" and (finding.stage in _EARLIER or finding.code == "constant-output"):
            hidden.add("worse-than-linear")
    return [finding for finding in found if finding.code not in hidden]
