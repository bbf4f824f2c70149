"""Where a training diverged, and which learning rate does not diverge."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.attempts import (
    ON_NUMBERS,
    SHARE_OF_CONSTANT,
    Attempt,
    joined,
    standardised,
)
from glassnet.diagnosis.remedies.rate_remedies import lower_rates, usual_rates, with_rate
from glassnet.diagnosis.remedies.suspects import settings_that_may_hinder
from glassnet.diagnosis.remedies.suspicions import Suspicion, with_outcome
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import tap
from glassnet.layers.tree import walk
from glassnet.training import Callback, Run
from glassnet.training.findings import Finding, make_finding

__all__ = ["Breakdown", "Observer", "explain_divergence", "locate", "located", "scaled"]


class Breakdown(NamedTuple):
    """Where numbers stopped being finite.

    Attributes
    ----------
    epoch, step : int
        Counted from 1.
    layer : str or None
        The first whose output is not finite; None if all are.
    what : str
        In words.
    sizes : dict of str to float
        Largest output of every layer, as far as it is finite.
    """

    epoch: int
    step: int
    layer: str | None
    what: str
    sizes: dict[str, float]


class Observer(Callback):
    """Records where a run diverges.

    Attributes
    ----------
    broken : Breakdown or None
        Where it diverged, if it did.
    """

    broken: Breakdown | None = None

    def on_divergence(self, run: Run[Any]) -> None:
        self.broken = locate(run.network, None if run.batch is None else run.batch[0], run.epoch + 1, run.step)


def locate(network: BaseNetwork, X: np.ndarray | None, epoch: int, step: int) -> Breakdown:
    """Return the first layer whose output for a batch is not finite, with the weights as they are.

    Parameters
    ----------
    network : BaseNetwork
        Its weights are those of the step that failed.
    X : ndarray or None
        The batch; None if it was not a batch that failed, but the weights after one.
    epoch, step : int
        Of that step.
    """
    if X is None or not np.isfinite(network.params).all():
        slots = [slot.name for slot in network.slots if not np.isfinite(slot.view(network.params)).all()]
        layer = slots[0].rpartition(".")[0] if slots else None
        what = f"the weights {slots[0]} are no longer finite" if slots else "the weights are too large to be squared"
        return Breakdown(epoch, step, layer, what, {})
    shadow = network.shadow()
    taps = tap(dict(walk(shadow.names, shadow.layers)))
    shadow.logits(X)
    sizes: dict[str, float] = {}
    for name, taken in taps.items():
        largest = float(np.abs(taken[0]).max(initial=0.0))
        if not np.isfinite(largest):
            return Breakdown(epoch, step, name, f"the output of {name} overflows", sizes)
        sizes[name] = largest
    what = f"the loss of outputs up to {max(sizes.values()):.3g} overflows"
    return Breakdown(epoch, step, None, what, sizes)


def explain_divergence(
    case: Case, trials: Trials | None, broken: Breakdown | None, ahead: list[Finding], doubtful: Sequence[Suspicion]
) -> list[Finding]:
    """Return what made a training diverge, if it was not found ahead, and last that it did.

    Parameters
    ----------
    case : Case
    trials : Trials or None
    broken : Breakdown or None
        Where it diverged.
    ahead : list of Finding
        What is known: of these the first whose remedy helped is the cause.
    doubtful : sequence of Suspicion
        Whose remedies did not help alone: they may do so at a lower learning rate.
    """
    finding = located(broken)
    cause = next((found for found in ahead if found.helped), None)
    if cause is not None:
        return [dataclasses.replace(finding, advice=cause.advice, tried=f"see {cause.code}.")]
    if trials is None:
        return [finding]
    rates, others = lower_rates(case), settings_that_may_hinder(case)
    first = [each.remedies[0] for each in doubtful]
    pairs = [joined([*first, with_rate(case, rate)]) for rate in usual_rates(case)[:2]] if first else []
    outcomes = trials.race([*rates, *(idea.attempt for idea in others), *pairs], share=0.7)
    if outcomes and outcomes[0].helped:
        is_pair = any(outcomes[0].change == pair.change for pair in pairs)
        named = [with_outcome(each.finding, outcomes) for each in doubtful] if is_pair else []
        codes = [idea.code for idea in others if idea.attempt.change == outcomes[0].change]
        named += [with_outcome(make_finding(code, finding.measured), outcomes) for code in codes]
        return [*named, with_outcome(finding, outcomes)]
    everything = [joined([*scaled(case), with_rate(case, rate)]) for rate in usual_rates(case)]
    more = trials.race(everything)
    if more and more[0].helped:
        return [with_outcome(finding, more)]
    changes = "; ".join(outcome.change for outcome in (*outcomes, *more))
    tried = f"none of these helped: {changes}. {trials.not_tried()}" if changes else trials.not_tried()
    return [dataclasses.replace(finding, tried=tried.strip())]


def located(broken: Breakdown | None) -> Finding:
    """Return the finding that training diverged, and where."""
    if broken is None:
        return make_finding("diverged", "Training diverged.")
    grown = [f"{name} {size:.2g}" for name, size in broken.sizes.items()]
    growth = f" Largest outputs before: {', '.join(grown[-4:])}." if grown else ""
    measured = f"In step {broken.step} of epoch {broken.epoch} {broken.what}.{growth}"
    place: dict[str, Any] = {"epoch": broken.epoch, "step": broken.step, "layer": broken.layer}
    return make_finding("diverged", measured, evidence={"sizes": broken.sizes}, **place)


def scaled(case: Case) -> list[Attempt]:
    """Return the attempts that scale everything: of two mistakes, neither remedy helps alone."""
    X, y, _ = case.sample
    flat = X.reshape(len(X), -1).astype(np.float64)
    inputs = standardised(flat.mean(axis=0), flat.std(axis=0))
    found = [Attempt("every column scaled to mean 0, spread 1", inputs=inputs)]
    if isinstance(case.loss, ON_NUMBERS):
        targets = standardised(y.mean(axis=0), y.std(axis=0))
        found.append(Attempt("y scaled likewise", targets=targets, measure=SHARE_OF_CONSTANT))
    return found
