"""What one pass forward and backward with the initial weights shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.diagnosis.case import Case, Look
from glassnet.diagnosis.remedies.rebuilding import with_batch_norm, with_default_start, with_rectifiers
from glassnet.diagnosis.remedies.suspicions import Suspicion
from glassnet.diagnosis.remedies.trials import Attempt
from glassnet.layers import Dense, Layer
from glassnet.training.findings import make_finding

__all__ = ["activations_of", "check_signal", "check_weights", "saturated_share"]

_WORSE_THAN_GUESSING = 10.0  # first loss to that of the best constant answer; healthy starts have 1 to 3
_LOST = 1e-6  # spread over the rows in the last hidden layer to that of the input
_FAR_APART = 1000.0  # gradients of the last and the first layer; healthy networks have up to 70
_SATURATED = 0.3  # share of outputs of a layer
_SATURATED_AT = {"Sigmoid": (0.01, 0.99), "Tanh": (-0.98, 0.98)}
_FEWEST_WEIGHTS = 16

_FRESH = Attempt("the usual initial weights", with_default_start)


def check_weights(case: Case) -> Iterator[Suspicion]:
    """Yield initial weights that are alike, all positive, or too large for a first answer."""
    look = case.at_start
    hidden = [(name, layer) for name, layer in _dense(case) if layer is not case.copy.layers[-1]]
    for name, layer in hidden:
        W, dW = look.params[f"{name}.weight"], look.gradients[f"{name}.weight"]
        if layer.units > 1 and _are_alike(W) and _are_alike(dW):
            measured = f"All {layer.units} units of {name} start with the same weights and get the same gradient."
            yield Suspicion(make_finding("symmetric-weights", measured, epoch=0, layer=name), (_FRESH,), judges=False)
            return
    for name, _ in hidden:
        W = look.params[f"{name}.weight"]
        if W.size >= _FEWEST_WEIGHTS and W.min() >= 0.0 and not _are_alike(W):
            measured = f"All {W.size} weights of {name} start between {W.min():.3g} and {W.max():.3g}."
            yield Suspicion(make_finding("weights-all-positive", measured, epoch=0, layer=name), (_FRESH,))
            break
    if case.baseline and look.loss > _WORSE_THAN_GUESSING * case.baseline and case.loss.classifies:
        measured = f"The first loss is {look.loss:.3g}; guessing by frequency alone has {case.baseline:.3g}."
        evidence = {"loss": look.loss, "baseline": case.baseline}
        yield Suspicion(make_finding("start-too-large", measured, epoch=0, evidence=evidence), (_FRESH,))
    elif not case.loss.classifies and case.sample[1].ndim == 2:
        spread, wanted = float(look.Z.std(axis=0).max()), float(case.sample[1].std(axis=0).max())
        if wanted > 0.0 and spread > _WORSE_THAN_GUESSING * wanted:
            measured = f"The first answers spread by {spread:.3g}, the targets by {wanted:.3g}."
            evidence = {"spread": spread, "targets": wanted}
            yield Suspicion(make_finding("start-too-large", measured, epoch=0, evidence=evidence), (_FRESH,))


def _dense(case: Case) -> list[tuple[str, Dense]]:
    """Return all fully connected layers by name, in the order of computation."""
    return [(name, layer) for name, layer in case.layers.items() if isinstance(layer, Dense)]


def _are_alike(W: np.ndarray) -> bool:
    """Return whether all columns are the same."""
    size = float(np.abs(W).max(initial=0.0))
    return bool(np.ptp(W, axis=1).max(initial=0.0) <= 1e-6 * size)


def check_signal(case: Case) -> Iterator[Suspicion]:
    """Tell what becomes of the input on its way forward, and of the gradient on its way back."""
    look = case.at_start
    yield from _saturation(case, look)
    dense = _dense(case)
    if len(dense) < 2:
        return
    spreads = {name: float(look.outputs[name].std(axis=0).mean()) for name, _ in dense[:-1]}
    first = float(case.probe[0].reshape(len(case.probe[0]), -1).std(axis=0).mean())
    lost = next((name for name, spread in spreads.items() if spread <= _LOST * first), None)
    remedies = (
        _FRESH,
        Attempt("'relu' instead of sigmoid and tanh", with_rectifiers),
        Attempt("BatchNorm after each hidden layer", with_batch_norm),
    )
    if lost is not None and first > 0.0:
        path = " -> ".join(f"{spread:.2g}" for spread in (first, *spreads.values()))
        measured = f"How much rows differ, from the input through the hidden layers: {path}."
        evidence = {"input": first, "layers": spreads}
        finding = make_finding("dead-signal", measured, epoch=0, layer=lost, evidence=evidence)
        yield Suspicion(finding, remedies, judges=False)
    yield from _gradients(case, look, dense, remedies)


def _gradients(
    case: Case, look: Look, dense: list[tuple[str, Dense]], remedies: tuple[Attempt, ...]
) -> Iterator[Suspicion]:
    """Compare gradients of the first and the last layer, each by the size of what goes into the layer."""
    sizes = {name: _gradient_size(case, look, name) for name, _ in dense}
    names = list(sizes)
    first, last = sizes[names[0]], sizes[names[-1]]
    if first <= 0.0 or last <= 0.0:
        return
    ratio = last / first
    path = " -> ".join(f"{size:.2g}" for size in sizes.values())
    measured = f"Mean gradient from {names[0]} to {names[-1]}: {path}."
    evidence = {"layers": sizes, "ratio": ratio}
    if ratio > _FAR_APART:
        finding = make_finding("vanishing-gradient", measured, epoch=0, layer=names[0], evidence=evidence)
        yield Suspicion(finding, remedies)
    elif ratio < 1.0 / _FAR_APART:
        finding = make_finding("exploding-gradient", measured, epoch=0, layer=names[0], evidence=evidence)
        yield Suspicion(finding, (*remedies, Attempt("clip_norm=1.0", _clip)))


def _clip(network: object) -> None:
    network.optimizer.clip_norm = 1.0  # type: ignore[attr-defined]


def _gradient_size(case: Case, look: Look, name: str) -> float:
    """Return the mean size of a layer's weight gradients, by the root mean square of its input if that is known."""
    names = list(case.copy.names)
    gradient = float(np.abs(look.gradients[f"{name}.weight"]).mean())
    if name not in names:
        return gradient
    position = names.index(name)
    inputs = case.probe[0] if position == 0 else look.outputs[names[position - 1]]
    size = float(np.sqrt(np.mean(np.square(inputs, dtype=np.float64))))
    return gradient / size if size > 0.0 else 0.0


def activations_of(case: Case) -> Iterator[tuple[str, Layer]]:
    """Yield the activation of every hidden layer that has one, by the layer's name."""
    last = case.copy.names[-1]
    for name, layer in case.layers.items():
        if name != last:
            yield name, layer.activation if isinstance(layer, Dense) else layer


def saturated_share(case: Case, look: Look) -> dict[str, float]:
    """Return which share of the outputs of each sigmoid or tanh layer lies at its ends."""
    found = {}
    for name, activation in activations_of(case):
        ends = _SATURATED_AT.get(type(activation).__name__)
        if ends is not None:
            Y = look.outputs[name]
            found[name] = float(((ends[0] > Y) | (ends[1] < Y)).mean())
    return found


def _saturation(case: Case, look: Look) -> Iterator[Suspicion]:
    shares = saturated_share(case, look)
    worst = max(shares, key=lambda name: shares[name], default=None)
    if worst is not None and shares[worst] > _SATURATED:
        measured = f"{shares[worst]:.0%} of the outputs of {worst} lie at the flat ends before anything is learned."
        finding = make_finding("saturated-units", measured, epoch=0, layer=worst, evidence=shares)
        yield Suspicion(finding, (_FRESH,))
