"""Why a network does not learn, found out by trying which single change makes it learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.rate_remedies import lower_rates, other_rates
from glassnet.diagnosis.remedies.rebuilding import with_new_seed, with_twice_the_units
from glassnet.diagnosis.remedies.trials import STEPS, Attempt, Trials, scale_rate, without_penalties
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Dense, Dropout
from glassnet.layers.tree import every_layer
from glassnet.training.findings import Finding, make_finding

__all__ = ["check_ten_rows", "check_width", "explain_failure", "is_failing"]

_LEFT = 0.9  # share of the loss of the best constant answer that a network that does not learn still has
_LITTLE = 0.03  # of the same: less than this is nothing
_GAIN = 0.2  # of that loss: what a remedy must gain on the whole training
_NEARLY = 0.8
_MOST_STEPS = 200
_HALF = 0.5
_NARROW = 8
_TEN = 10


class _Idea(NamedTuple):
    """The code of a possible cause, and what would help then."""

    code: str
    attempt: Attempt


def is_failing(case: Case) -> bool:
    """Return whether the network has learned next to nothing of what a constant answer leaves."""
    return case.is_trained and not case.now.loss < case.reference - (1.0 - _LEFT) * case.scale


def explain_failure(case: Case, trials: Trials) -> Iterator[Finding]:
    """Report why the network does not learn, if one change makes it learn; otherwise what was tried."""
    updates = (case.epoch or 0) * -(-case.n_rows // case.batch_size)
    steps = min(max(STEPS, updates // 4), _MOST_STEPS)
    final, gain = case.logits_and_loss(case.evaluation_rows)[1], _GAIN * case.scale
    words = "the best constant answer has" if case.baseline is not None else "at the start it was"
    measured = f"The loss is {case.now.loss:.3g} after {updates} updates; {words} {case.reference:.3g}."
    evidence: dict[str, Any] = {"loss": case.now.loss, "reference": case.reference, "updates": updates}
    outcomes = [(code, trials.make(attempt)) for code, attempt in _ideas(case, steps)]
    made = [(code, outcome) for code, outcome in outcomes if outcome is not None]
    good = [(code, outcome) for code, outcome in made if outcome.after < min(final, outcome.before) - gain]
    evidence["trials"] = [outcome.evidence for _, outcome in made]
    if good:
        # The mildest change that gains nearly as much as the best.
        best = min(outcome.after for _, outcome in good)
        code, outcome = next(item for item in good if item[1].after <= best + (1.0 - _NEARLY) * (final - best))
        tried = f"with {outcome.change}, {outcome.steps} steps from the start bring the loss from "
        tried += f"{outcome.before:.3g} to {outcome.after:.3g}."
        yield make_finding(code, measured, epoch=case.epoch, tried=tried, helped=True, evidence=evidence)
        return
    if case.now.loss < case.reference - _LITTLE * case.scale:
        return  # it has learned what little there may be to learn
    changes = "; ".join(outcome.change for _, outcome in made)
    tried = f"none of these helped within {steps} steps: {changes}."
    yield make_finding("plateau-at-prior", measured, epoch=case.epoch, tried=tried, evidence=evidence)


def check_width(case: Case, trials: Trials) -> Iterator[Finding]:
    """Report hidden layers so narrow that a wider network learns more in a few steps than this one in all of its."""
    if not case.is_trained or case.now.loss < case.reference - _HALF * case.scale or not _is_narrow(case.original):
        return
    outcome = trials.make(Attempt("twice the units, at least 8", with_twice_the_units, steps=_MOST_STEPS))
    final = case.logits_and_loss(case.evaluation_rows)[1]
    if outcome is None or outcome.after > final - _GAIN * case.scale:
        return
    measured = f"The loss stays at {final:.3g}; the best constant answer has {case.reference:.3g}."
    tried = f"with {outcome.change}, {outcome.steps} steps from the start bring it to {outcome.after:.3g}."
    evidence = {"loss": final, "trials": [outcome.evidence]}
    yield make_finding("too-few-units", measured, epoch=case.epoch, tried=tried, helped=True, evidence=evidence)


def _is_narrow(network: BaseNetwork) -> bool:
    hidden = [layer.units for layer in network.layers[:-1] if isinstance(layer, Dense)]
    return bool(hidden) and min(hidden) < _NARROW


def _ideas(case: Case, steps: int) -> Iterator[_Idea]:
    """Yield possible causes, each with a change that would help."""
    network = case.original
    yield from (_Idea("rate-too-high", attempt) for attempt in lower_rates(case, steps=steps))
    yield from (_Idea("rate-too-low", each) for each in other_rates(case, (10, 100, 1000, 10_000), steps=steps))
    decay = float(getattr(network.optimizer, "weight_decay", 0.0) or 0.0)
    if network.l1 or network.l2 or decay or network.max_norm:
        yield _Idea("penalty-dominates", Attempt("no penalties and no weight decay", without_penalties, steps=steps))
    if any(isinstance(layer, Dropout) and layer.rate for layer in every_layer(network.layers)):
        yield _Idea("dropout-too-strong", Attempt("no dropout", _without_dropout, steps=steps))
    yield _Idea("unlucky-start", Attempt(f"seed={network.seeds[0] + 1}", with_new_seed, steps=steps))
    if _is_narrow(network):
        yield _Idea("too-few-units", Attempt("twice the units, at least 8", with_twice_the_units, steps=steps))


def _without_dropout(network: BaseNetwork) -> None:
    for layer in every_layer(network.layers):
        if isinstance(layer, Dropout):
            layer.rate = 0.0


def check_ten_rows(case: Case) -> Iterator[Finding]:
    """Report ten rows that the network cannot learn by heart, though they differ."""
    X, y, _ = case.sample
    _, first = np.unique(X.reshape(len(X), -1), axis=0, return_index=True)
    rows = np.sort(first)[:: max(1, len(first) // _TEN)][:_TEN]
    few = Case(case.original, (X[rows], y[rows], None), start=case.start, batch_size=_TEN, names=None)
    if len(rows) < 2 or not few.baseline:
        return
    trials = Trials(few)
    calm = Attempt("no dropout", _without_dropout, steps=_MOST_STEPS)
    attempts = [calm, *(Attempt(f"{f}x", scale_rate(f), steps=_MOST_STEPS) for f in (10, 100, 0.1))]
    found = []
    for attempt in attempts:
        outcome = trials.make(attempt)
        if outcome is not None and outcome.after < 0.5 * few.baseline:
            return
        found.append(outcome)
    reached = min((outcome.after for outcome in found if outcome is not None), default=float("nan"))
    measured = f"{len(rows)} rows keep a loss of {reached:.3g} after {_MOST_STEPS} steps on nothing else, at four "
    measured += f"learning rates and without dropout; the best constant answer has {few.baseline:.3g}."
    yield make_finding("cannot-overfit", measured, epoch=case.epoch, evidence={"loss": reached})
