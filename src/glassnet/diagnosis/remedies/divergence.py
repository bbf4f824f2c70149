"""Where a training diverged, and which learning rate does not diverge."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.attempts import Outcome, joined
from glassnet.diagnosis.remedies.rate_remedies import lower_rates, scaled, usual_rates, with_rate
from glassnet.diagnosis.remedies.suspects import settings_that_may_hinder
from glassnet.diagnosis.remedies.suspicions import Suspicion, with_outcome
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import tap
from glassnet.layers.tree import walk
from glassnet.training import Callback, Run
from glassnet.training.findings import Finding, make_finding

__all__ = ["Breakdown", "Observer", "explain_divergence", "locate", "located"]


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
        slots = [slot.name for slot in network._slots if not np.isfinite(slot.view(network.params)).all()]
        layer = slots[0].rpartition(".")[0] if slots else None
        what = f"the weights {slots[0]} are no longer finite" if slots else "the weights are too large to be squared"
        return Breakdown(epoch, step, layer, what, {})
    shadow = network._shadow()
    taps = tap(dict(walk(shadow.names, shadow.layers)))
    shadow._logits(X)
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
    return [dataclasses.replace(finding, tried=_in_vain([*outcomes, *more], trials))]


def _in_vain(outcomes: list[Outcome], trials: Trials) -> str:
    """Return what was tried: what does not diverge keeps a training from that, though it learns nothing more."""
    calm = [outcome for outcome in outcomes if math.isfinite(outcome.after)]
    wild = "; ".join(outcome.change for outcome in outcomes if outcome not in calm)
    parts = [f"with {each.change}, {each.steps} steps do not diverge" for each in calm[:1]]
    parts += [f"nor do they with {'; '.join(each.change for each in calm[1:])}"] if len(calm) > 1 else []
    found = f"{', '.join(parts)}; in so few none learns more than the best constant prediction. " if calm else ""
    found += f"It diverges with {wild}. " if wild and calm else f"it diverges with {wild}, too. " if wild else ""
    return trials.not_tried(found.strip())


def located(broken: Breakdown | None) -> Finding:
    """Return the finding that training diverged, and where."""
    if broken is None:
        return make_finding("diverged", "Training diverged.")
    grown = [f"{name} {size:.2g}" for name, size in broken.sizes.items()]
    growth = f" Largest outputs before: {', '.join(grown[-4:])}." if grown else ""
    measured = f"In step {broken.step} of epoch {broken.epoch} {broken.what}.{growth}"
    place: dict[str, Any] = {"epoch": broken.epoch, "step": broken.step, "layer": broken.layer}
    return make_finding("diverged", measured, evidence={"sizes": broken.sizes}, **place)
