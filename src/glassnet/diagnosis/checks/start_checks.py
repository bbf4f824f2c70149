"""Checks of one pass forward and backward with the initial weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case, RecordedPass, mean_loss
from glassnet.diagnosis.outputs import output_activation, output_layer
from glassnet.diagnosis.remedies.rebuilding import with_batch_norm, with_default_start, with_rectifiers
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.remedies.trials import ON_NUMBERS, Attempt
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Dense, Layer
from glassnet.utils.wording import told_apart

__all__ = ["activations_of", "check_signal", "check_weights", "saturated_share"]

_WORSE_THAN_GUESSING = 10.0  # first loss to that of the best constant prediction; healthy starts have 1 to 3
_LOST = 1e-6  # spread over the rows in the last hidden layer to that of the input
_FAR_APART = 1000.0  # gradients of the last and the first layer; healthy networks have up to 70
_SATURATED = 0.3  # share of outputs of a layer
_SATURATED_AT = {"Sigmoid": (0.01, 0.99), "Tanh": (-0.98, 0.98)}
_FEWEST_WEIGHTS = 16

_USUAL_START = Attempt("the usual initial weights", with_default_start, steps=200)
_SMALLER = "Scale {}: the initial weights are the usual ones."
_UNIT = 3.0  # times more, or less, than unit size: something to scale
_LESS_DEEP = "Put BatchNorm between the layers, use Residual blocks, or take fewer layers."
_SCALE = "Scale the columns of X, or use 'relu'."
_DRAW_YOURS = "Start from the weights that the network draws by itself: set or load no others."


def _start_remedies(case: Case) -> list[Attempt]:
    """Return the attempt with the usual initial weights, unless the network began with them."""
    return [] if _source(case) == "drawn" else [_USUAL_START]


def _source(case: Case) -> str:
    """Return where the initial weights came from: the user's initializer, the user's own numbers, or the usual draw."""
    if any(layer.config().get("initializer") is not None for _, layer in _dense(case)):
        return "initializer"
    if case.is_drawn:
        return "drawn"
    original = case.original
    drawn = original._renewed(original.seeds[0]).params
    return "drawn" if np.array_equal(drawn, case.start[0]) else "set"


def _details(case: Case, if_drawn: str) -> dict[str, Any]:
    """Return another advice, and severity, for those who passed no initializer: if they set weights, and if not."""
    source = _source(case)
    if source == "drawn":  # the start is as good as it gets: something else makes it so
        return {"advice": if_drawn, "severity": "note"}
    return {} if source == "initializer" else {"advice": _DRAW_YOURS}


def check_weights(case: Case) -> Iterator[Suspicion]:
    """Report initial weights that are alike, all positive, or too large for a first answer."""
    weights = case.start_weights
    hidden = [(name, layer) for name, layer in _dense(case) if layer is not output_layer(case.copy.layers)]
    for name, layer in hidden:
        key = f"{name}.weight"
        if layer.units > 1 and _are_alike(weights[key]) and _are_alike(case.at_start.gradients[key]):
            measured = f"All {layer.units} units of {name} start with the same weights and get the same gradient."
            where: dict[str, Any] = {"epoch": 0, "layer": name, **_details(case, _DRAW_YOURS)}
            yield suspect("symmetric-weights", measured, _USUAL_START, if_helped=False, **where)
            return
    if not case.knows_start:
        yield from _still_alike(case, hidden)
        return
    for name, _ in hidden:
        W = weights[f"{name}.weight"]
        if W.size >= _FEWEST_WEIGHTS and W.min() >= 0.0 and not _are_alike(W):
            measured = f"All {W.size} weights of {name} start between {W.min():.3g} and {W.max():.3g}."
            where = {"epoch": 0, "layer": name, **_details(case, _DRAW_YOURS)}
            yield suspect("weights-all-positive", measured, _USUAL_START, **where)
            break
    if case.is_on_its_way:
        return
    first = case.at_start
    scalable = _to_scale(case)
    if _source(case) == "drawn" and not scalable:
        return  # nothing that is said of the start would help
    smaller = _SMALLER.format(scalable)
    if case.loss.classifies and case.baseline and first.loss > _WORSE_THAN_GUESSING * _guessing(case):
        loss, guessing = told_apart(first.loss, case.baseline)
        measured = f"The first loss is {loss}; guessing by frequency alone has {guessing}."
        evidence = {"loss": first.loss, "baseline": case.baseline}
        more = {"evidence": evidence, **_details(case, smaller)}
        yield suspect("start-too-large", measured, *_start_remedies(case), epoch=0, **more)
    elif not case.loss.classifies and case.sample[1].ndim == 2:
        spread, wanted = float(first.Z.std(axis=0).max()), float(case.sample[1].std(axis=0).max())
        if wanted > 0.0 and spread > _WORSE_THAN_GUESSING * wanted:
            measured = f"The first predictions spread by {spread:.3g}, the targets by {wanted:.3g}."
            evidence = {"spread": spread, "targets": wanted}
            more = {"evidence": evidence, **_details(case, smaller)}
            yield suspect("start-too-large", measured, *_start_remedies(case), epoch=0, **more)


def _to_scale(case: Case) -> str:
    """Return what is far from unit size: the columns of X, y, or both; empty if neither is."""
    large = _size(case.probe[0]) > _UNIT
    small = isinstance(case.loss, ON_NUMBERS) and float(case.sample[1].std(axis=0).max()) < 1.0 / _UNIT
    return "the columns of X and y" if large and small else "the columns of X" if large else "y" if small else ""


def _guessing(case: Case) -> float:
    """Return the loss of guessing: by frequency, or all classes alike where one is so frequent that it is none."""
    alike = mean_loss(case.original, np.zeros_like(case.at_start.Z), case.probe)
    return max(case.baseline or 0.0, alike)


def _still_alike(case: Case, hidden: list[tuple[str, Dense]]) -> Iterator[Suspicion]:
    """Report units that have the same weights after training: they can only have started alike."""
    network = case.original
    if network.l1 or network.l2 or network.max_norm or network.optimizer.decays:
        return  # penalties make weights alike, too
    for name, layer in hidden:
        if layer.units > 1 and _are_alike(case.weights[f"{name}.weight"]):
            measured = f"All {layer.units} units of {name} have the same weights after training: they started alike."
            where: dict[str, Any] = {"epoch": case.epoch, "layer": name, "advice": _DRAW_YOURS}
            yield suspect("symmetric-weights", measured, _USUAL_START, if_helped=False, **where)
            return


def _dense(case: Case) -> list[tuple[str, Dense]]:
    """Return all fully connected layers by name, in the order of computation."""
    return [(name, layer) for name, layer in case.layers.items() if isinstance(layer, Dense)]


def _are_alike(W: np.ndarray) -> bool:
    """Return whether all columns are the same."""
    size = float(np.abs(W).max(initial=0.0))
    return bool(np.ptp(W, axis=1).max(initial=0.0) <= 1e-6 * size)


def check_signal(case: Case) -> Iterator[Suspicion]:
    """Report saturated units, a signal that is lost on its way forward, and gradients that vanish or explode."""
    if not case.knows_start or (case.is_on_its_way and not _squashes(case)):
        return
    shares = saturated_share(case, case.at_start)
    worst = max(shares, key=lambda name: shares[name], default=None)
    if worst is not None and shares[worst] > _SATURATED:
        measured = f"{shares[worst]:.0%} of the outputs of {worst} lie at the flat ends before anything is learned."
        more: dict[str, Any] = {"epoch": 0, "layer": worst, "evidence": shares, **_details(case, _SCALE)}
        yield suspect("saturated-units", measured, *_start_remedies(case), **more)
    dense = _dense(case)
    if len(dense) < 2:
        return
    spreads = {name: float(case.at_start.outputs[name].std(axis=0).mean()) for name, _ in dense[:-1]}
    first = float(case.probe[0].reshape(len(case.probe[0]), -1)[:, case.looked_at].std(axis=0).mean())
    lost = next((name for name, spread in spreads.items() if spread <= _LOST * first), None)
    if lost is not None and first > 0.0:
        path = " -> ".join(f"{spread:.2g}" for spread in (first, *spreads.values()))
        measured = f"How much rows differ, from the input through the hidden layers: {path}."
        evidence = {"input": first, "layers": spreads}
        more = {
            "epoch": 0,
            "layer": lost,
            "evidence": evidence,
            **_details(case, _less_deep(case)),
            "severity": "error",
        }
        yield suspect("dead-signal", measured, *_signal_remedies(case), if_helped=False, **more)
    yield from _gradients(case, dense)


def _less_deep(case: Case) -> str:
    """Return what to do about a signal or a gradient that is lost in many layers."""
    return f"Use 'relu' instead of sigmoid or tanh. {_LESS_DEEP}" if _squashes(case) else _LESS_DEEP


def _signal_remedies(case: Case) -> list[Attempt]:
    """Return what may help a signal that is lost on its way."""
    rectified = [Attempt("'relu' instead of sigmoid and tanh", with_rectifiers)] if _squashes(case) else []
    return [*_start_remedies(case), *rectified, Attempt("BatchNorm after each hidden layer", with_batch_norm)]


def _squashes(case: Case) -> bool:
    """Return whether a hidden layer has a sigmoid or tanh."""
    return any(type(activation).__name__ in _SATURATED_AT for _, activation in activations_of(case))


def _gradients(case: Case, dense: list[tuple[str, Dense]]) -> Iterator[Suspicion]:
    """Report gradients of the first and the last layer that differ much, each by the size of the layer's input."""
    sizes = {name: _gradient_size(case, name) for name, _ in dense}
    names = list(sizes)
    first, last = sizes[names[0]], sizes[names[-1]]
    if first <= 0.0 or last <= 0.0:
        return
    ratio = last / first
    path = " -> ".join(f"{size:.2g}" for size in sizes.values())
    measured = f"Mean gradient from {names[0]} to {names[-1]}: {path}."
    where: dict[str, Any] = {"epoch": 0, "layer": names[0], "evidence": {"layers": sizes, "ratio": ratio}}
    if ratio > _FAR_APART:
        yield suspect("vanishing-gradient", measured, *_signal_remedies(case), advice=_less_deep(case), **where)
    elif ratio < 1.0 / _FAR_APART:
        remedies = [*_signal_remedies(case), Attempt("clip_norm=1.0", _clip)]
        yield suspect("exploding-gradient", measured, *remedies, **where)


def _clip(network: BaseNetwork) -> None:
    network.optimizer.clip_norm = 1.0


def _gradient_size(case: Case, name: str) -> float:
    """Return the mean size of a layer's weight gradients, by the root mean square of its input if that is known."""
    names, first = list(case.copy.names), case.at_start
    gradient = float(np.abs(first.gradients[f"{name}.weight"]).mean())
    if name not in names:
        return gradient
    position = names.index(name)
    inputs = case.probe[0] if position == 0 else first.outputs[names[position - 1]]
    size = _size(inputs)
    return gradient / size if size > 0.0 else 0.0


def _size(A: np.ndarray) -> float:
    """Return the root mean square of an array; in single precision unless that overflows."""
    flat = A.reshape(-1)
    square = float(flat.dot(flat))
    if not 0.0 < square < np.inf:
        square = float(np.square(flat, dtype=np.float64).sum())
    return float(np.sqrt(square / max(flat.size, 1)))


def activations_of(case: Case) -> Iterator[tuple[str, Layer]]:
    """Yield the activation of every hidden layer that has one, by the layer's name."""
    output = output_activation(case.copy.layers)
    for name, layer in case.layers.items():
        activation = layer.activation if isinstance(layer, Dense) else layer
        if activation is not output:
            yield name, activation


def saturated_share(case: Case, recorded: RecordedPass) -> dict[str, float]:
    """Return which share of the outputs of each sigmoid or tanh layer lies at its ends."""
    found = {}
    for name, activation in activations_of(case):
        ends = _SATURATED_AT.get(type(activation).__name__)
        if ends is not None:
            Y = recorded.outputs[name]
            found[name] = float(((ends[0] > Y) | (ends[1] < Y)).mean())
    return found
