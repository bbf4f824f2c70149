"""Checks of how far a training could get: what it may change, its learning rate over time, its number of steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.attempts import Attempt
from glassnet.diagnosis.remedies.rate_remedies import constant_rate, usual_rates
from glassnet.diagnosis.remedies.suspects import moved
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers.tree import every_layer
from glassnet.schedules import Constant

__all__ = ["check_schedule", "check_trainable", "check_updates"]

_OVER = 1e-3  # of the highest rate: with less nothing moves
_MOST = 0.5  # of the training
_BEGUN = 0.2  # of the rate that a schedule rises to
_HORIZON = 100  # times the epochs trained, for schedules that do not say when they end
_FEW_UPDATES, _FALL = 100, 0.05  # share of the loss at the start
_HARDLY_ANY = 20  # updates: whatever they led to, there were too few
_LEFT, _ABOVE = 0.3, 0.1  # of that loss: with less left it has learned; with so much more it has not begun
_AT_START = 0.01  # way of the weights, as a share of their size
_SMALL_DATA, _SEEN_OFTEN = 100, 20  # rows, and epochs
_MANY_HELD_OUT, _MANY_ROWS = 50, 500  # validation rows, and training rows without such, that say surely that it falls
_PART = 4  # the last part of the training that is looked at: a quarter
_PACE, _GOOD_PACE, _MUCH = 0.05, 0.08, 0.45  # fall in it, and loss left, as shares of what there is to gain


def check_trainable(case: Case) -> Iterator[Suspicion]:
    """Report a network, or layers, of which training changes nothing although they hold what was drawn."""
    store = case.original._built("diagnose")
    pairs = list(zip(store.slots, store.groups, strict=True))
    frozen = [slot for slot, group in pairs if not group.trainable or float(np.max(group.rate_factor)) == 0.0]
    if not frozen:
        return
    still, every = (sum(slot.stop - slot.start for slot in slots) for slots in (frozen, store.slots))
    evidence: dict[str, Any] = {"frozen": still, "parameters": every}
    how = "trainable=False or rate_factor=0"
    if still == every:
        yield suspect("nothing-trainable", f"All {every} parameters are frozen: {how}.", epoch=0, evidence=evidence)
        return
    # Layers that were trained elsewhere may well be kept as they are.
    if case.learned or not case.is_trained or not _holds_drawn(case, frozen):
        return
    layers = list(dict.fromkeys(slot.name.rpartition(".")[0] for slot in frozen))
    measured = f"{still} of {every} parameters are frozen ({how}) and hold the weights that were drawn: "
    measured += f"those of {', '.join(layers[:3])}{' and others' if len(layers) > 3 else ''}."
    remedy = Attempt("all layers trained", _thawed, steps=200)
    certain = case.fails  # what nobody trained holds nothing, however short a trial is
    yield suspect("frozen-layers", measured, remedy, if_helped=not certain, epoch=0, layer=layers[0], evidence=evidence)


def _holds_drawn(case: Case, frozen: list[Any]) -> bool:
    """Return whether frozen weights are those that the network draws from its seed."""
    original = case.original
    drawn = original._renewed(original.seeds[0]).params
    weights = [slot for slot in frozen if slot.name.endswith("weight")]
    return bool(weights) and all(np.array_equal(slot.view(drawn), slot.view(original.params)) for slot in weights)


def _thawed(network: BaseNetwork) -> None:
    for layer in every_layer(network.layers):
        layer.trainable = True
        layer.rate_factor = layer.rate_factor or 1.0


def check_schedule(case: Case) -> Iterator[Suspicion]:
    """Report a learning rate that was next to 0 for most of the training, or had not risen when it ended."""
    rates, epochs = case.rates, case.epoch
    if not case.is_trained or not epochs or case.learned:
        return
    schedule = case.original.optimizer.schedule
    peak, last = float(rates.max()), float(rates[-1])
    over = rates < _OVER * peak
    memory = schedule.new_memory()
    ahead = np.linspace(epochs, _end(schedule, epochs), len(rates))
    later = [0.0] if schedule.monitors() else [float(schedule.rate(at, memory)) for at in ahead]
    comes_back = not case.has_ended and max(later) >= _OVER * peak
    if peak > 0.0 and over[-1] and over.mean() >= _MOST and not comes_back:
        ended = int(np.flatnonzero(~over)[-1] + 1) * epochs / len(rates)
        measured = f"The learning rate fell from {peak:.3g} to {last:.3g}, and was below a thousandth of {peak:.3g} "
        measured += f"from epoch {max(1, round(ended)) + 1} on, of {epochs}."
        values = [peak, *(value for value in usual_rates(case) if value > 2.0 * peak)]
        remedies = [constant_rate(value, steps=200) for value in values[:3]]
        more: dict[str, Any] = {"epoch": epochs, "evidence": {"highest": peak, "last": last}}
        yield suspect("schedule-ended", measured, *remedies, if_helped=not _never_left(case), **more)
        return
    if schedule.monitors() or isinstance(schedule, Constant) or not case.has_ended:
        return
    top = max(later)
    if peak < _BEGUN * top:
        measured = f"The learning rate rises to {top:.3g}; when training ended after {epochs} epochs it was {last:.3g}."
        more = {"epoch": epochs, "evidence": {"highest": peak, "later": top}}
        remedy = constant_rate(top, steps=200)
        yield suspect("schedule-not-begun", measured, remedy, if_helped=not _never_left(case), **more)


def _never_left(case: Case) -> bool:
    """Return whether the weights are next to where they started: whatever a trial shows, nothing was trained."""
    return case.fails and case.knows_start and moved(case) < _AT_START


def _end(schedule: Any, epochs: int) -> float:
    """Return the epoch at which a schedule has done what it does."""
    return float(max(schedule.horizon or 0, getattr(schedule, "epochs", 0), _HORIZON * epochs))


def check_updates(case: Case) -> Iterator[Suspicion]:
    """Report that training stopped while the loss was still falling; nothing is tried for it.

    A call of ``fit`` with one epoch is taken for one of many, after which training goes on.
    """
    history = case.history
    if history is None or not case.is_trained or case.learned or case.epochs_asked == 1:
        return
    if history.stop_reason not in ("finished", "") or case.now.loss < case.reference - (1.0 - _LEFT) * case.scale:
        return
    if _is_past_its_best(history):
        return  # of validation rows more of the same is worse
    if case.updates >= _FEW_UPDATES:
        yield from _still_falling(case, history)
        return
    fall = case.at_start.loss - case.now.loss if case.knows_start else 0.0
    if fall > _FALL * abs(case.at_start.loss) or (case.updates < _HARDLY_ANY and case.fails and fall >= 0.0):
        measured = f"{case.updates} updates brought the loss from {case.at_start.loss:.3g} to {case.now.loss:.3g}."
        # Few rows that were seen many times may be memorised soon.
        is_small = case.n_rows < _SMALL_DATA and (case.epoch or 0) >= _SEEN_OFTEN
        severity = "note" if is_small else "warning"
        evidence = {"updates": case.updates}
        yield suspect("few-updates", measured, severity=severity, epoch=case.epoch, evidence=evidence)


def _is_past_its_best(history: Any) -> bool:
    """Return whether the validation loss was clearly lower before."""
    values = [value for value in history.columns.get("valid_loss", []) if not math.isnan(value)]
    best = int(np.argmin(values)) if values else 0
    return bool(values) and len(values) - best > max(2, len(values) // _PART) and values[-1] > values[best]


def _still_falling(case: Case, history: Any) -> Iterator[Suspicion]:
    """Report a loss that fell evenly through the last part of the training, on validation rows if there are any."""
    name = "valid_loss" if "valid_loss" in history.columns else "loss"
    values = history.columns[name]
    part = len(values) // _PART
    if part < 2:
        return
    last = np.array(values[-part - 1 :], dtype=np.float64)
    fall = float(last[0] - last[-1])
    if last[-1] > case.reference + _ABOVE * case.scale:
        return  # what is worse than a constant prediction has not begun to learn
    if not np.isfinite(last).all() or fall < _PACE * case.scale or np.mean(np.diff(last) < 0.0) < 0.75:
        return
    what = "validation loss" if name == "valid_loss" else "loss"
    measured = f"In the last {part} of {len(values)} epochs the {what} fell from {last[0]:.3g} to {last[-1]:.3g}."
    much = fall > _GOOD_PACE * case.scale and last[-1] > case.reference - (1.0 - _MUCH) * case.scale
    # What the loss on training rows, or a few others, does says little about that on new rows.
    held_out = len(case.held_out[1]) if case.held_out is not None and name == "valid_loss" else 0
    severity = "warning" if much and (held_out >= _MANY_HELD_OUT or case.n_rows >= _MANY_ROWS) else "note"
    yield suspect("still-falling", measured, severity=severity, epoch=case.epoch, evidence={"fall": fall})
