"""Findings in many short calls of ``fit``: none too early, and none twice.

Nothing is tried in calls of one epoch, and none where a short call goes on from another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.pace_checks import check_schedule, check_updates
from glassnet.diagnosis.examining import examine
from glassnet.diagnosis.remedies.experiments import check_plain_rates
from glassnet.diagnosis.remedies.suspects import suspected
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.training import Run
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Finding

__all__ = ["has_gone_wrong", "is_one_of_many_calls", "is_short_call", "of_short_call"]

_SHORT, _LONG = 10, 500  # epochs and steps: who asks for fewer may mean to go on
_WAIT, _WAIT_STEPS = 8, 200  # epochs and steps over all calls before the result is looked at
_FEW = 20  # steps: so few are few, whatever follows
_MOVES = 0.05  # of the loss of the best constant prediction, over the second half of all epochs

_GO_ON = {"few-updates", "past-best-epoch", "schedule-not-begun", "still-falling"}  # what the next call makes untrue
_HARMFUL = {"penalty-dominates", "rate-too-high"}  # what makes a short training worse than none
_SYMPTOMS = {
    "constant-output", "dead-units", "no-better-than-baseline", "plateau-at-prior", "some-classes-only",
    "worse-than-linear",
}  # fmt: skip


def is_one_of_many_calls(run: Run[Any]) -> bool:
    """Return whether a call of ``fit`` is one of many short ones, as far as that shows."""
    epochs = run.target_epochs - run.first_epoch
    return epochs == 1 or (run.first_epoch > 0 and epochs < _SHORT)


def is_short_call(run: Run[Any]) -> bool:
    """Return whether a call of ``fit`` is one of many short ones, or so short that others may follow."""
    epochs = run.target_epochs - run.first_epoch
    return is_one_of_many_calls(run) or (epochs < _SHORT and epochs * (run.steps_per_epoch or 0) < _LONG)


def has_gone_wrong(case: Case) -> bool:
    """Return whether a short training led to where going on does not help: off from its start, or to small weights."""
    return case.fails and case.knows_start and bool({idea.code for idea in suspected(case)[0]} & _HARMFUL)


def of_short_call(run: Run[Any], case: Case, trials: Trials | None, ignored: set[str]) -> Iterator[Finding]:
    """Yield what is wrong whatever follows, and of training and result only what many calls have shown.

    Parameters
    ----------
    run : Run
    case : Case
    trials : Trials or None
        With no steps left, unless training has gone wrong: they say what was not tried.
    ignored : set of str
        Codes to leave out.
    """
    waits = case.updates < _WAIT_STEPS or (case.epoch or 0) < _WAIT
    if trials is not None:
        trials.is_early = waits
    found = examine(case, trials, ignored, has_ended=not waits)
    waits = waits or _still_moves(case)
    stages = {finding.code: KINDS[finding.code].stage for finding in found}
    causes = {finding.code for finding in found.problems if stages[finding.code] != "result"} - _SYMPTOMS - {"overfit"}
    explained = bool(causes)
    for finding in found:
        if trials is None and not case.fails and finding.severity == "warning":
            too_early = True  # with parts of the user's own nothing shows whether that does any harm
        elif finding.code == "overfit":  # the training loss moves all the same, and few validation rows go up and down
            too_early = 2 * (finding.epoch or 0) > (case.epoch or 0)
        else:
            too_early = waits and stages[finding.code] in ("training", "result") and not _is_sure(finding)
        if not too_early and finding.code not in _GO_ON and not (explained and finding.code in _SYMPTOMS):
            yield _with_call(finding)
    if run.first_epoch == 0 and run.target_epochs > 1:
        known = explained or "overfit" in found.codes
        yield from (each for each in _of_first_call(case, known) if each.code not in ignored)


def _of_first_call(case: Case, explained: bool) -> Iterator[Finding]:
    """Yield the findings of a first short call, in case none follows: as notes, but for steps that lead nowhere.

    A rate that rises later is no reason to call the rate too low; what is ``explained`` needs nothing of this.
    """
    pace = [each.finding for each in check_schedule(case) if each.finding.code == "schedule-not-begun"]
    still = [] if pace or explained else [*check_plain_rates(case)]
    if case.updates < _FEW and not still and not explained:
        pace += [each.finding for each in check_updates(case)]
    yield from still
    yield from (dataclasses.replace(each, severity="note") for each in pace)


def _is_sure(finding: Finding) -> bool:
    """Return whether something of a short training is so whatever follows."""
    return finding.code in _HARMFUL and finding.helped is True


def _still_moves(case: Case) -> bool:
    """Return whether the loss went on falling in the second half of all epochs."""
    losses = [] if case.history is None else case.history.columns["loss"]
    if len(losses) < 2 or losses[-1] is None or losses[len(losses) // 2] is None:
        return True
    return bool(losses[-1] < losses[len(losses) // 2] - _MOVES * case.scale)


def _with_call(finding: Finding) -> Finding:
    """Return a finding of which nothing was tried with the call that tries something."""
    if finding.tried or finding.severity == "note" or KINDS[finding.code].stage not in ("training", "result"):
        return finding
    return dataclasses.replace(finding, tried="not in short calls of fit; glassnet.diagnose(network, X, y) does.")
