"""Why a network does not learn, found out by trying which single change makes it learn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis.agreement import agreement_of_network, share_of_line
from glassnet.diagnosis.autoencoders import restores_inputs
from glassnet.diagnosis.case import Case
from glassnet.diagnosis.looked_at import VALIDATION_ROWS
from glassnet.diagnosis.remedies.attempts import ANEW, DRAW_ANEW, Attempt, Outcome, joined, shown
from glassnet.diagnosis.remedies.rate_remedies import usual_rates, with_rate
from glassnet.diagnosis.remedies.rebuilding import is_one_layer, with_hidden_layer, with_twice_the_units
from glassnet.diagnosis.remedies.suspects import (
    HIDDEN_LAYER,
    STILL,
    Idea,
    is_narrow,
    moved,
    shrunk_to,
    suspected,
    without_dropout,
)
from glassnet.diagnosis.remedies.suspicions import Suspicion, with_outcome
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.engine.base_network import BaseNetwork
from glassnet.schedules import Constant
from glassnet.training.findings import Finding, make_finding
from glassnet.utils.wording import told_apart

__all__ = ["check_plain_rates", "check_ten_rows", "check_width", "explain_failure", "is_stuck"]

_LITTLE = 0.03  # share of the loss of the best constant prediction: less than this is nothing
_NEAR = 0.1  # of the same
_GAIN = 0.2  # of the same: what a remedy must gain on the whole training
_STEPS, _FEW_STEPS = 200, 400
_NEARLY_NONE = 0.01  # share of what there is to learn
_SURE, _VERY_SURE = 2.0, 5.0  # standard errors, on rows of validation and of training
_WEAK = 0.05  # share of the squares that a line explains: with so little nobody can do much
_TEN = 10
_FAR = 10.0  # times higher or lower: the rate is a mistake of its own
_SHRUNK = 0.15  # share of the size of the weights at the start
_STUCK, _AT_START = 0.05, 0.01  # way of the weights, as shares of their size: little, and next to nothing
_FEW_UPDATES = 100
_STILL = 1e-3  # the same after a hundred steps that get nowhere
_LOOK = "Check whether the columns are related to y, and whether rows and targets belong together."
_ENOUGH_STEPS = 200  # after so many, or half of those trained, it is clear that something does not help
_SHORT_STEPS = "The steps are short for the way that the weights have to go."
_NO_HIDDEN = "Without a hidden layer a network is a linear model: it adds up the effects of single columns."
_ADD_HIDDEN = "Add a hidden layer, of 16 units with 'relu' for instance."
_HINDERED = "The columns are related to y: look for what keeps the network from learning it."
_OTHER_START = "With the same settings other weights learn: something about those it started from keeps it from that."


def explain_failure(case: Case, trials: Trials, doubtful: Sequence[Suspicion]) -> Iterator[Finding]:
    """Report why the network does not learn, if one change makes it learn; otherwise what was tried.

    Parameters
    ----------
    case : Case
    trials : Trials
    doubtful : sequence of Suspicion
        Whose remedies did not help alone: they may do so at another learning rate.
    """
    measured = _loss_in_words(case)
    evidence: dict[str, Any] = {"loss": case.now.loss, "reference": case.reference, "updates": case.updates}
    made: list[Outcome] = []
    likely, others = (_possible(case, ideas) for ideas in suspected(case))
    shares = (0.5, 0.6, 1.0) if doubtful else (0.75, 1.0, 1.0)
    for share, ideas in zip(shares, (likely, _at_usual_rates(case, doubtful), others), strict=True):
        outcomes = trials.race([idea.attempt for idea in ideas], share=share)
        made += outcomes
        if outcomes and _is_good(case, outcomes[0], expected=ideas is likely):
            idea = next(idea for idea in ideas if idea.attempt.change == outcomes[0].change)
            yield from (with_outcome(each.finding, outcomes) for each in doubtful if idea.is_pair)
            if idea.code:
                yield with_outcome(_named(case, idea, measured, evidence), outcomes)
            return
    if likely and _is_plain(case, likely[0], untried=not made):
        tried = next((each.text for each in made if each.change == likely[0].attempt.change), trials.not_tried())
        yield _named(case, likely[0], measured, evidence, tried=tried)
        return
    if case.updates < _FEW_UPDATES or case.now.loss < case.reference - _LITTLE * case.scale:
        return  # it has learned what little there may be to learn
    near = abs(case.now.loss - case.reference) < _NEAR * case.scale
    line = share_of_line(case) if near else 0.0
    if near and (0.0 < line < _WEAK or _has_learned_little(case)):
        return  # so faint a relation hardly shows in the loss
    evidence["trials"] = [outcome.evidence for outcome in made]
    # Only a loss near that of the best constant prediction shows that this is what was learned.
    code = "plateau-at-prior" if near else "no-better-than-baseline"
    details = {"advice": _LOOK} if near and _took_long(made, case) else {}
    if line:
        measured += f" A linear model explains {line:.0%} of the variance of y."
        details = {"advice": _HINDERED}
    yield make_finding(code, measured, epoch=case.epoch, tried=_words(made, trials), evidence=evidence, **details)


def _possible(case: Case, ideas: list[Idea]) -> list[Idea]:
    """Return ideas without wider layers for a network that is to find a short description of its inputs."""
    return [idea for idea in ideas if idea.code != "too-few-units" or not restores_inputs(case)]


def _has_learned_little(case: Case) -> bool:
    """Return whether the answers go with the targets."""
    data, name = case.evaluation_data
    found = agreement_of_network(case, case.evaluation[0], data)
    return found.surely > (_SURE if name == VALIDATION_ROWS else _VERY_SURE)


def _loss_in_words(case: Case) -> str:
    """Return what the loss is, and what it may be compared with."""
    words = "the best constant prediction has" if case.baseline is not None else "at the start it was"
    loss, reference = told_apart(case.now.loss, case.reference)
    found = f"On {len(case.probe[0])} training rows the loss is {loss} after {case.updates} updates; "
    return f"{found}{words} {reference}."


def check_plain_rates(case: Case) -> Iterator[Finding]:
    """Report steps so short that nothing moves, and as a note steps that made all worse; nothing is tried."""
    if not (case.fails and case.knows_start) or not isinstance(case.original.optimizer.schedule, Constant):
        return
    still = moved(case) < _STILL * min(1.0, case.updates / _FEW_UPDATES) and case.original.optimizer.clip_norm is None
    worse = case.now.loss > max(case.at_start.loss, case.reference) + case.scale
    code = "rate-too-low" if still else "rate-too-high" if worse else ""
    for idea in [each for each in suspected(case)[0] if each.code == code][:1]:
        details = {"severity": "note"} if worse else {}
        yield _named(case, idea, _loss_in_words(case), {"loss": case.now.loss, "updates": case.updates}, **details)


def _is_plain(case: Case, idea: Idea, *, untried: bool) -> bool:
    """Return whether what training left behind shows a cause even where trials did not, or could not be made."""
    if not (case.knows_start and case.fails):
        return False
    if idea.code == "rate-too-low":
        little = _AT_START * min(1.0, case.updates / _FEW_UPDATES)
        return case.original.optimizer.clip_norm is None and moved(case) < little
    if idea.code == "penalty-dominates":
        return shrunk_to(case) < _SHRUNK
    worse = case.now.loss > max(case.at_start.loss, case.reference + case.scale)
    return idea.code == "rate-too-high" and untried and worse


def _at_usual_rates(case: Case, doubtful: Sequence[Suspicion]) -> list[Idea]:
    """Return what was tried in vain, again at usual learning rates: of two mistakes, neither remedy helps alone."""
    first = list({each.remedies[0].change: each.remedies[0] for each in doubtful}.values())
    ideas = []
    for rate in usual_rates(case) if first else ():
        if len(first) == 1 and 0.5 < rate / max(case.rate, 1e-30) < 2.0:
            continue  # that was tried
        far = "rate-too-high" if case.rate > _FAR * rate else "rate-too-low" if case.rate < rate / _FAR else ""
        ideas.append(Idea(far, joined([*first, with_rate(case, rate)]), is_pair=True))
    return ideas


def _named(case: Case, idea: Idea, measured: str, evidence: dict[str, Any], **details: Any) -> Finding:
    """Return the cause that a trial, or what was measured, showed."""
    if idea.code == "rate-too-low" and case.knows_start:
        measured += f" The weights moved by {moved(case):.2g} of their size, at a learning rate of {case.rate:.3g}."
        details |= {"why": _SHORT_STEPS} if moved(case) >= STILL else {}
    if idea.attempt.change == HIDDEN_LAYER:
        details |= {"why": _NO_HIDDEN, "advice": _ADD_HIDDEN}
    if idea.attempt.change == ANEW:
        details |= {"why": _OTHER_START, "advice": DRAW_ANEW}
    if idea.code == "penalty-dominates" and case.knows_start:
        measured += f" What is left of the weights is {shrunk_to(case):.2g} of their size at the start."
    if idea.code == "rate-too-high" and case.knows_start and case.now.loss > case.at_start.loss:
        measured += f" It was {case.at_start.loss:.3g} at the start."
    return make_finding(idea.code, measured, epoch=case.epoch, evidence=evidence, **details)


def _is_good(case: Case, outcome: Outcome, *, expected: bool) -> bool:
    """Return whether a change makes a network learn that did not; one that no measurement points to must do more."""
    enough = expected or outcome.measure != "loss" or outcome.after < outcome.unchanged - _GAIN * case.scale
    return outcome.helped and enough


def _words(made: list[Outcome], trials: Trials) -> str:
    """Return what was tried in vain, and what was not tried; that it did not help only if it was tried for long."""
    tried = "; ".join(f"{outcome.change} ({outcome.steps} steps)" for outcome in made)
    if not tried or _took_long(made, trials.case):
        found = f"none of these helped enough: {tried}." if tried else ""
        return trials.not_tried(found)
    longer = "; glassnet.diagnose(network, X, y) tries longer" if trials.is_limited else ""
    trials.has_said_so = True
    return f"in so few steps none of these showed enough of a gain: {tried}{longer}."


def _took_long(made: list[Outcome], case: Case) -> bool:
    """Return whether changes were tried long enough to say that none of them helps: half as long as it trained."""
    enough = min(_ENOUGH_STEPS, case.updates // 2)
    return bool(made) and all(outcome.steps >= enough or not math.isfinite(outcome.after) for outcome in made)


def is_stuck(case: Case) -> bool:
    """Return whether the weights have hardly left their start."""
    return case.knows_start and case.updates >= _FEW_UPDATES and moved(case) < _STUCK


def check_width(case: Case, trials: Trials) -> Iterator[Finding]:
    """Report hidden layers so narrow that a wider network learns more in a few steps than this one in all of its."""
    if not case.is_trained or not is_narrow(case.original) or restores_inputs(case):
        return
    outcome = trials.make(Attempt("twice the units, at least 8", with_twice_the_units, steps=_STEPS))
    if outcome is None or not outcome.helped or outcome.after > outcome.unchanged - _GAIN * case.scale:
        return
    loss, reference = told_apart(outcome.unchanged, case.reference)
    measured = f"The loss stays at {loss}; the best constant prediction has {reference}."
    yield with_outcome(make_finding("too-few-units", measured, epoch=case.epoch), [outcome])


def check_ten_rows(case: Case, trials: Trials) -> Iterator[Finding]:
    """Report ten rows that the network cannot memorise, though they differ."""
    X, y, _ = case.sample
    _, first = np.unique(X.reshape(len(X), -1), axis=0, return_index=True)
    rows = np.sort(first)[:: max(1, len(first) // _TEN)][:_TEN]
    few = Case(case.original, (X[rows], y[rows], None), start=case.start, batch_size=_TEN, names=None)
    # Rows of one class, or of one number, are answered by a constant: there is nothing to memorise.
    if len(rows) < 2 or not few.baseline or few.baseline < _NEARLY_NONE * case.scale or trials.left < _FEW_STEPS:
        return
    calm = Attempt("no dropout", without_dropout, steps=_STEPS)
    rates = [joined([calm, with_rate(case, rate)])._replace(steps=_STEPS) for rate in usual_rates(case)]
    outcomes = Trials(few, _FEW_STEPS).race([calm, *rates])
    if any(outcome.after < 0.5 * few.baseline for outcome in outcomes):
        return
    if is_one_layer(case.original) or is_narrow(case.original):  # what more units learn does not fail for its settings
        wide = joined([calm, Attempt("many more units", _with_many_units)])
        wider = [joined([wide, with_rate(case, rate)])._replace(steps=_STEPS) for rate in usual_rates(case)]
        outcomes = [*outcomes, *Trials(few, _FEW_STEPS).race([wide._replace(steps=_STEPS), *wider])]
    if not outcomes or any(outcome.after < 0.5 * few.baseline for outcome in outcomes):
        return
    best = outcomes[0]
    measured = f"{len(rows)} rows keep a loss of {shown(best.after)} after {best.steps} steps on nothing else, at the "
    measured += f"best of {1 + len(rates)} learning rates and without dropout; the best constant prediction has "
    measured += f"{few.baseline:.3g}."
    yield make_finding("cannot-overfit", measured, epoch=case.epoch, evidence={"loss": best.after})


def _with_many_units(network: BaseNetwork) -> BaseNetwork:
    """Return the network with hidden layers of at least 32 units, or with one where it had none."""
    if is_one_layer(network):
        return with_hidden_layer(network)
    for _ in range(3):
        network = with_twice_the_units(network)
    return network
