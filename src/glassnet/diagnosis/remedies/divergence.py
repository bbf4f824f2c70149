"""Where a training diverged, and which learning rate does not diverge."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.rate_remedies import other_rates
from glassnet.diagnosis.remedies.trials import (
    LOSS,
    ON_NUMBERS,
    SHARE_OF_CONSTANT,
    STEPS,
    Attempt,
    Trials,
    scale_rate,
    standardised,
    without_penalties,
)
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import tap
from glassnet.layers.tree import walk
from glassnet.training import Callback, Run
from glassnet.training.findings import Finding, make_finding

__all__ = ["Breakdown", "Observer", "explain_divergence", "locate"]

_RATES = (1 / 4, 1 / 20, 1 / 100, 1 / 1000)


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


def _scaled(case: Case) -> Iterator[Attempt]:
    """Yield attempts with everything scaled: of two mistakes, neither remedy helps alone."""
    X, y, _ = case.sample
    flat = X.reshape(len(X), -1).astype(np.float64)
    inputs = standardised(flat.mean(axis=0), flat.std(axis=0))
    targets, what, measure = None, "every column", LOSS
    if isinstance(case.loss, ON_NUMBERS):
        targets, what, measure = standardised(y.mean(axis=0), y.std(axis=0)), "every column and y", SHARE_OF_CONSTANT
    for factor in (1.0, 1 / 20, 1 / 100):
        change = f"{what} scaled to mean 0, spread 1"
        change += "" if factor == 1.0 else f", and learning_rate {case.rate * factor:.3g} instead of {case.rate:.3g}"
        yield Attempt(change, scale_rate(factor), inputs=inputs, targets=targets, measure=measure)


def explain_divergence(case: Case, trials: Trials | None, broken: Breakdown | None, ahead: list[Finding]) -> Finding:
    """Return the finding, with a learning rate that was tried and works, or the cause that was found ``ahead``."""
    measured = "Training diverged."
    place: dict[str, Any] = {}
    if broken is not None:
        grown = [f"{name} {size:.2g}" for name, size in broken.sizes.items()]
        growth = f" Largest outputs before: {', '.join(grown[-4:])}." if grown else ""
        measured = f"In step {broken.step} of epoch {broken.epoch} {broken.what}.{growth}"
        place = {"epoch": broken.epoch, "step": broken.step, "layer": broken.layer}
        place["evidence"] = {"sizes": broken.sizes}
    finding = make_finding("diverged", measured, **place)
    if trials is None:
        return finding
    cause = next((found for found in ahead if found.helped), None)
    if cause is not None:
        return dataclasses.replace(finding, tried=f"See {cause.code}: {cause.tried}", helped=True)
    attempts = other_rates(case, _RATES)
    if case.original.l1 or case.original.l2 or getattr(case.original.optimizer, "weight_decay", 0.0):
        attempts.append(Attempt("no penalties and no weight decay", without_penalties))
    for attempt in (*attempts, *_scaled(case)):
        outcome = trials.make(attempt)
        if outcome is not None and outcome.after < outcome.before:
            tried = f"with {attempt.change}, {STEPS} steps bring the {outcome.measure} "
            tried += f"from {outcome.before:.3g} to {outcome.after:.3g}."
            return dataclasses.replace(finding, tried=tried, helped=True)
    changes = "; ".join([*(attempt.change for attempt in attempts), "everything scaled, with lower rates too"])
    return dataclasses.replace(finding, tried=f"none of these helped: {changes}.")
