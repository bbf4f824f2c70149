"""A finding and the remedies that may be tried for it: `resolved` decides which are tried."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from glassnet.diagnosis.remedies.trials import Attempt, Outcome, Trials
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Finding, make_finding

__all__ = ["Suspicion", "resolved", "suspect"]


class Suspicion(NamedTuple):
    """What a check found, and what might help."""

    finding: Finding  # without a remedy
    remedies: Sequence[Attempt] = ()  # the most effective one is reported
    if_helped: bool = True  # whether the finding is only serious if a remedy helps
    cause: str = ""  # the kind of finding that it is if a remedy helps, if that is another one


def suspect(
    code: str, measured: str, *remedies: Attempt, if_helped: bool = True, cause: str = "", **details: Any
) -> Suspicion:
    """Return a suspicion of a kind of finding; ``details`` are other fields of `Finding`."""
    return Suspicion(make_finding(code, measured, **details), remedies, if_helped, cause)


def resolved(suspicions: Iterable[Suspicion], trials: Trials | None, *, learned: bool) -> Iterator[Finding]:
    """Yield findings with what was tried.

    Parameters
    ----------
    suspicions : iterable of Suspicion
    trials : Trials or None
        None if nothing may be tried.
    learned : bool
        Whether the network learned well all the same: then what might have been harmful was not, and is a note.
    """
    for finding, remedies, if_helped, cause in suspicions:
        if remedies and if_helped and learned:
            yield dataclasses.replace(finding, severity="note")
        elif remedies and trials is not None:
            tried = _tried(finding, [trials.make(remedy) for remedy in remedies], if_helped=if_helped)
            yield _renamed(tried, cause) if cause and tried.helped else tried
        else:
            yield finding


def _renamed(finding: Finding, code: str) -> Finding:
    """Return a finding as one of another kind, which causes it."""
    kind = KINDS[code]
    return dataclasses.replace(finding, code=code, severity=kind.severity, why=kind.why, advice=kind.advice)


def _tried(finding: Finding, outcomes: list[Outcome | None], *, if_helped: bool) -> Finding:
    """Return the finding with the outcome that is best."""
    found = [outcome for outcome in outcomes if outcome is not None]
    if not found:
        return finding
    best = min(found, key=lambda outcome: outcome.after)
    evidence = {**finding.evidence, "trials": [outcome.evidence for outcome in found]}
    severity = finding.severity if best.helped or not if_helped else "note"
    helped = best.helped if if_helped else best.helped or None
    return dataclasses.replace(finding, tried=best.text, helped=helped, evidence=evidence, severity=severity)
