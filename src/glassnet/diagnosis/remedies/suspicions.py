"""A finding and the remedies that may be tried for it: whether that is worth while is decided elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from glassnet.diagnosis.remedies.trials import Attempt, Outcome, Trials
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Finding

__all__ = ["Suspicion", "resolved"]


class Suspicion(NamedTuple):
    """What a check saw, and what might help.

    Attributes
    ----------
    finding : Finding
        Without a remedy.
    remedies : sequence of Attempt
        The most effective is told.
    judges : bool
        Whether the finding is only serious if a remedy helps. Otherwise what was tried is told as it came out.
    cause : str
        Which kind of finding it is if a remedy helps; empty if that does not change its name.
    """

    finding: Finding
    remedies: Sequence[Attempt] = ()
    judges: bool = True
    cause: str = ""


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
    for finding, remedies, judges, cause in suspicions:
        if remedies and judges and learned:
            yield dataclasses.replace(finding, severity="note")
        elif remedies and trials is not None:
            tried = _tried(finding, [trials.make(remedy) for remedy in remedies], judges=judges)
            yield _renamed(tried, cause) if cause and tried.helped else tried
        else:
            yield finding


def _renamed(finding: Finding, code: str) -> Finding:
    """Return a finding as one of another kind, which causes it."""
    kind = KINDS[code]
    return dataclasses.replace(finding, code=code, severity=kind.severity, why=kind.why, advice=kind.advice)


def _tried(finding: Finding, outcomes: list[Outcome | None], *, judges: bool) -> Finding:
    """Return the finding with the outcome that is best."""
    found = [outcome for outcome in outcomes if outcome is not None]
    if not found:
        return finding
    best = min(found, key=lambda outcome: outcome.after)
    evidence = {**finding.evidence, "trials": [outcome.evidence for outcome in found]}
    severity = finding.severity if best.helped or not judges else "note"
    return dataclasses.replace(
        finding,
        tried=best.text,
        helped=best.helped if judges else best.helped or None,
        evidence=evidence,
        severity=severity,
    )
