"""A finding and the remedies that may be tried for it: `resolved` decides which are tried, and which together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from glassnet.diagnosis.remedies.attempts import Attempt, Outcome, joined
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Finding, make_finding

__all__ = ["Suspicion", "renamed", "resolved", "suspect", "with_outcome"]

# Remedies that belong together: of two columns of different size, scaling one alone does not help.
_SCALES = {"code-for-missing", "outlier-in-inputs", "outlier-in-target", "unscaled-inputs", "unscaled-target"}
# Validation rows of which this is said cannot tell what helps.
_OTHER_ROWS = {"column-order", "outside-training-range", "unscaled-prediction", "validation-differs"}
_MOST_TOGETHER = 3


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
    **details: object,
) -> Suspicion:
    """Return a suspicion of a kind of finding; ``details`` are other fields of `Finding`."""
    return Suspicion(make_finding(code, measured, **details), remedies, if_helped, cause, always)


def resolved(
    suspicions: Iterable[Suspicion], trials: Trials | None, *, learned: bool, fails: bool = True
) -> list[Finding]:
    """Return findings with what was tried.

    Parameters
    ----------
    suspicions : iterable of Suspicion
    trials : Trials or None
        None if nothing may be tried.
    learned : bool
        Whether the network learned well all the same: then what might have been harmful was not, and is a note.
    fails : bool
        Whether the network learned next to nothing: only then what might be harmful is more than a note untried.
    """
    order = [*KINDS]
    found: list[Finding] = []
    unsettled: list[Suspicion] = []
    for suspicion in sorted(suspicions, key=lambda each: order.index(each.finding.code)):
        finding = suspicion.finding
        if trials is not None and finding.code in _OTHER_ROWS:
            trials.distrust_validation()
        if suspicion.remedies and suspicion.if_helped and learned and not suspicion.always:
            found.append(dataclasses.replace(finding, severity="note"))
        elif suspicion.remedies and trials is not None:
            unsettled.append(suspicion)
        else:
            found.append(_believed(suspicion, fails=fails))
    return found if trials is None else [*found, *_settled(unsettled, trials, fails=fails)]


def _believed(suspicion: Suspicion, *, fails: bool) -> Finding:
    """Return the finding of which nothing was tried: a note if it may be harmless, and nothing shows that it is not."""
    doubtful = bool(suspicion.remedies) and suspicion.if_helped and not fails
    return dataclasses.replace(suspicion.finding, severity="note") if doubtful else suspicion.finding


def _settled(unsettled: list[Suspicion], trials: Trials, *, fails: bool) -> list[Finding]:
    """Return the findings of suspicions whose remedies are tried: those that belong together first."""
    found: list[Finding] = []
    together = [each for each in unsettled if each.finding.code in _SCALES and each.if_helped]
    if len(together) > 1:
        found = _tried_together(together, trials, share=1.0 if len(together) == len(unsettled) else 0.5)
    codes = {finding.code for finding in found}
    alone = [each for each in unsettled if each.finding.code not in codes]
    for place, each in enumerate(alone):
        outcomes = trials.race(each.remedies, share=1.0 / (len(alone) - place))
        found.append(_tried(each, outcomes, trials, fails=fails))
    doubtful = [each for each in unsettled if each.if_helped]
    if 1 < len(doubtful) <= _MOST_TOGETHER and not any(finding.helped for finding in found):
        again = _tried_together(doubtful, trials)
        names = {finding.code for finding in again}
        found = [*again, *(finding for finding in found if finding.code not in names)]
    return found


def _tried_together(suspicions: list[Suspicion], trials: Trials, *, share: float = 1.0) -> list[Finding]:
    """Return the findings of suspicions whose first remedies, all at once, helped; none if they did not."""
    outcome = trials.make(joined([each.remedies[0] for each in suspicions]), share=share)
    if outcome is None or not outcome.helped:
        return []
    return [with_outcome(each.finding, [outcome]) for each in suspicions]


def renamed(finding: Finding, code: str) -> Finding:
    """Return a finding as one of another kind, which causes it."""
    kind = KINDS[code]
    return dataclasses.replace(finding, code=code, severity=kind.severity, why=kind.why, advice=kind.advice)


def _tried(suspicion: Suspicion, outcomes: list[Outcome], trials: Trials, *, fails: bool) -> Finding:
    """Return the finding with the outcome that is best, or with what was not tried."""
    finding = suspicion.finding
    if not outcomes:
        untried = _not_tried(suspicion.remedies, trials)
        return dataclasses.replace(_believed(suspicion, fails=fails), tried=untried)
    helped = outcomes[0].helped
    if not helped and not suspicion.if_helped:
        outcomes = [outcome for outcome in outcomes if outcome.helped]
        return finding if not outcomes else with_outcome(finding, outcomes)
    found = with_outcome(finding, outcomes)
    return renamed(found, suspicion.cause) if suspicion.cause and helped else found


def _not_tried(remedies: Sequence[Attempt], trials: Trials) -> str:
    """Return what there were too few steps for, with the call that tries it."""
    untried = [remedy.change for remedy in remedies if remedy.change in trials.untried]
    return f"not yet: {'; '.join(untried)}; glassnet.diagnose(network, X, y) tries it." if untried else ""


def with_outcome(finding: Finding, outcomes: list[Outcome]) -> Finding:
    """Return a finding with what was tried, the best first: a note if it did not help."""
    best = outcomes[0]
    evidence = {**finding.evidence, "trials": [outcome.evidence for outcome in outcomes]}
    severity = finding.severity if best.helped else "note"
    return dataclasses.replace(finding, tried=best.text, helped=best.helped, evidence=evidence, severity=severity)
