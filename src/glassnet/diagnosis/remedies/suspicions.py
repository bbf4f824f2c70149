"""A finding and the remedies that may be tried for it: `resolved` decides which are tried, and which together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.consequences import FOLLOWS
from glassnet.diagnosis.remedies.attempts import ANEW, DRAW_ANEW, Attempt, Outcome, joined
from glassnet.diagnosis.remedies.rate_remedies import scaled, usual_rates, with_rate
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Finding, make_finding

__all__ = ["OTHER_ROWS", "Suspicion", "renamed", "resolved", "suspect", "with_outcome"]

# Remedies that belong together: of two columns of different size, scaling one alone does not help.
_SCALES = {"code-for-missing", "outlier-in-inputs", "outlier-in-target", "unscaled-inputs", "unscaled-target"}
# Findings of validation rows on which no trial can be evaluated.
OTHER_ROWS = {"column-order", "outside-training-range", "unscaled-prediction", "validation-differs"}
_MOST_TOGETHER = 3
_LARGE = 3.0  # root mean square of inputs whose size matters beside that of the target


class Suspicion(NamedTuple):
    """What a check found, and what might help."""

    finding: Finding  # without a remedy
    remedies: Sequence[Attempt] = ()  # the most effective one is reported
    if_helped: bool = True  # whether the finding is only serious if a remedy helps
    cause: str = ""  # the kind of finding that it is if a remedy helps, if that is another one
    always: bool = False  # whether remedies are tried although the training loss is good


def suspect(
    code: str,
    measured: str,
    *remedies: Attempt,
    if_helped: bool = True,
    cause: str = "",
    always: bool = False,
    **details: Any,
) -> Suspicion:
    """Return a suspicion of a kind of finding; ``details`` are other fields of `Finding`."""
    return Suspicion(make_finding(code, measured, **details), remedies, if_helped, cause, always)


def resolved(
    suspicions: Iterable[Suspicion], trials: Trials | None, *, learned: bool, keeps: float = 0.0
) -> list[Finding]:
    """Return findings with what was tried.

    Parameters
    ----------
    suspicions : iterable of Suspicion
    trials : Trials or None
        None if nothing may be tried.
    learned : bool
        Whether the network learned well all the same: then what might have been harmful was not, and is a note.
    keeps : float
        Which share of the steps to keep for other trials.
    """
    order = [*KINDS]
    found: list[Finding] = []
    unsettled: list[Suspicion] = []
    for suspicion in sorted(suspicions, key=lambda each: order.index(each.finding.code)):
        finding = suspicion.finding
        if trials is not None and finding.code in OTHER_ROWS:
            trials.distrust_validation()
        if suspicion.remedies and suspicion.if_helped and learned and not suspicion.always:
            found.append(dataclasses.replace(finding, severity="note"))
        elif suspicion.remedies and trials is not None:
            unsettled.append(suspicion)
        else:
            found.append(finding)
    return found if trials is None else [*found, *_settled(unsettled, trials, keeps)]


def _settled(unsettled: list[Suspicion], trials: Trials, keeps: float) -> list[Finding]:
    """Return the findings of suspicions whose remedies are tried: those that belong together first.

    What follows from another suspicion is tried last, and only if that one's remedy did not help.
    """
    reserve = trials.left * keeps if trials.is_limited else 0.0
    follows = {code for each in unsettled for code in FOLLOWS.get(each.finding.code, ())}
    first = [each for each in unsettled if each.finding.code not in follows]
    found: list[Finding] = []
    spent: list[Outcome] = []
    together = [each for each in first if each.finding.code in _SCALES and each.if_helped]
    if len(together) > 1:
        found, spent = _tried_together(together, trials, _share(trials, reserve, 1 + (len(together) < len(first))))
    codes = {finding.code for finding in found}
    alone = [each for each in first if each.finding.code not in codes]
    for place, each in enumerate(alone):
        attempts = [*each.remedies, *_with_company(each, trials)]
        outcomes = trials.race(attempts, share=_share(trials, reserve, len(alone) - place))
        found.append(_tried(each, outcomes or (spent if each in together else []), trials))
    doubtful = [each for each in first if each.if_helped and each not in together]
    if 1 < len(doubtful) + bool(together) <= _MOST_TOGETHER and not any(finding.helped for finding in found):
        again, _ = _tried_together([*together, *doubtful], trials, 1.0)
        names = {finding.code for finding in again}
        found = [*again, *(finding for finding in found if finding.code not in names)]
    return [*found, *_followers([each for each in unsettled if each not in first], found, trials, reserve)]


def _with_company(suspicion: Suspicion, trials: Trials) -> list[Attempt]:
    """Return the remedy of what has the wrong size together with what it may need: another rate, the other size."""
    case, code = trials.case, suspicion.finding.code
    if code != "unscaled-inputs" and not (code == "unscaled-target" and (case.fails or not case.is_trained)):
        return []
    both = joined(scaled(case)) if code == "unscaled-target" and _rms(case.probe[0]) > _LARGE else None
    remedy = suspicion.remedies[0] if both is None else both
    rates = usual_rates(case)[1:2]
    far = bool(rates) and not 0.5 < rates[0] / max(case.rate, 1e-30) < 2.0
    return [*([] if both is None else [both]), *([joined([remedy, with_rate(case, rates[0])])] if far else [])]


def _rms(X: np.ndarray) -> float:
    """Return the root mean square of all numbers."""
    return float(np.sqrt(np.square(X, dtype=np.float64).mean()))


def _followers(later: list[Suspicion], found: list[Finding], trials: Trials, reserve: float) -> list[Finding]:
    """Return the findings of what follows from others: tried unless their remedies helped."""
    explained = {code for finding in found if finding.helped for code in FOLLOWS.get(finding.code, ())}
    more = []
    for place, each in enumerate(later):
        if each.finding.code in explained:
            more.append(dataclasses.replace(each.finding, severity="note"))
        else:
            outcomes = trials.race(each.remedies, share=_share(trials, reserve, len(later) - place))
            more.append(_tried(each, outcomes, trials))
    return more


def _share(trials: Trials, reserve: float, questions: int) -> float:
    """Return the share of the steps left for the next of some questions, when some are kept in reserve."""
    return max(0.0, 1.0 - reserve / trials.left if trials.left else 0.0) / questions


def _tried_together(suspicions: list[Suspicion], trials: Trials, share: float) -> tuple[list[Finding], list[Outcome]]:
    """Return the findings of suspicions whose first remedies, all at once, helped, and the outcomes.

    They are tried at the learning rate as it is and at a usual one: that may have been chosen for what is wrong.
    """
    attempts = [joined([each.remedies[0] for each in suspicions])]
    rates = usual_rates(trials.case)[1:2]
    if rates and not 0.5 < rates[0] / max(trials.case.rate, 1e-30) < 2.0:
        attempts.append(joined([attempts[0], with_rate(trials.case, rates[0])]))
    outcomes = trials.race(attempts, share=share)
    if not outcomes or not outcomes[0].helped:
        return [], outcomes
    return [with_outcome(each.finding, outcomes) for each in suspicions], outcomes


def renamed(finding: Finding, code: str) -> Finding:
    """Return a finding as one of another kind, which causes it."""
    kind = KINDS[code]
    return dataclasses.replace(finding, code=code, severity=kind.severity, why=kind.why, advice=kind.advice)


def _tried(suspicion: Suspicion, outcomes: list[Outcome], trials: Trials) -> Finding:
    """Return the finding with the outcome that is best, or with what was not tried."""
    finding = suspicion.finding
    if not outcomes:
        matters = trials.matters or (not suspicion.if_helped and finding.stage not in ("result", "prediction"))
        severity = finding.severity if matters else "note"
        return dataclasses.replace(finding, tried=_not_tried(suspicion.remedies, trials), severity=severity)
    helped = outcomes[0].helped
    if not helped and not suspicion.if_helped and finding.stage != "result":
        return finding
    found = with_outcome(finding, outcomes)
    if helped and outcomes[0].change == ANEW:
        return dataclasses.replace(found, advice=DRAW_ANEW)
    return renamed(found, suspicion.cause) if suspicion.cause and helped else found


def _not_tried(remedies: Sequence[Attempt], trials: Trials) -> str:
    """Return that there were too few steps for any of these, with the call that tries it."""
    if trials.has_said_so or not any(remedy.change in trials.untried for remedy in remedies):
        return ""
    trials.has_said_so = True
    return "nothing yet; glassnet.diagnose(network, X, y) tries what may help."


def with_outcome(finding: Finding, outcomes: list[Outcome]) -> Finding:
    """Return a finding with what was tried, the best first: a note if it did not help."""
    best = outcomes[0]
    evidence = {**finding.evidence, "trials": [outcome.evidence for outcome in outcomes]}
    severity = finding.severity if best.helped else "note"
    return dataclasses.replace(finding, tried=best.text, helped=best.helped, evidence=evidence, severity=severity)
