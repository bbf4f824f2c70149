"""Checks of the hidden layers of a network and of its batches, whatever its weights are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.shares import left_to_learn
from glassnet.diagnosis.checks.start_checks import check_signal
from glassnet.diagnosis.outputs import output_activation
from glassnet.diagnosis.remedies.rebuilding import (
    is_linear,
    with_rectifiers,
    with_rectifiers_between,
    without_hidden_softmax,
    without_noise,
)
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.remedies.trials import Attempt
from glassnet.layers import BatchNorm, Dense, Dropout, GaussianNoise, Layer, Sequential, Sigmoid, Softmax
from glassnet.layers.tree import walk

__all__ = ["check_hidden_activations", "check_linear_layers", "check_noise", "check_small_batches"]

_STEPS = 200
_LEFT = 0.1  # share of what there is to learn from which on a network's design is doubted
_SIGMOIDS, _MUCH_LEFT = 3, 0.6  # hidden layers of sigmoids, and that share from which on they are doubted
_FEW_ROWS = 3  # in a batch
_USUAL_BATCH = 32
_OFTEN = 0.3  # share of the steps
_INPUTS_DROPPED, _UNITS_DROPPED = 0.4, 0.7  # rates before the first layer and behind it
_KEPT = 0.15  # share of what passes that all dropout together leaves
_DROWNED = 1.0  # spread of the noise to that of what it is added to


def check_linear_layers(case: Case) -> Iterator[Suspicion]:
    """Report the first two linear layers with nothing between them."""
    before: str | None = None
    for name, layer in _in_order(case.original.names, case.original.layers):
        linear = is_linear(layer)
        if linear and before is not None:
            if case.is_trained and left_to_learn(case) < _LEFT:
                return
            measured = f"Nothing but a linear map lies between the input of {before} and the output of {name}."
            remedy = Attempt("'relu' on the linear hidden layers", with_rectifiers_between, steps=_STEPS)
            yield suspect("linear-layers-in-a-row", measured, remedy, always=True, epoch=0, layer=before)
            return
        if linear is not None:
            before = name if linear else None


def _in_order(names: Sequence[str], layers: Sequence[Layer]) -> Iterator[tuple[str, Layer]]:
    """Yield layers that follow one another, those inside a sequence in its place."""
    for name, layer in zip(names, layers, strict=True):
        if isinstance(layer, Sequential):
            inside = layer.sublayers()
            yield from _in_order([f"{name}.{part}" for part in inside], [*inside.values()])
        else:
            yield name, layer


def check_hidden_activations(case: Case) -> Iterator[Suspicion]:
    """Report hidden layers whose outputs are squeezed by a softmax, or by one sigmoid after another."""
    layers = case.original.layers
    output, softmax, sigmoid = output_activation(layers), [], []
    for name, layer in _in_order(case.original.names, layers):
        activation = layer.activation if isinstance(layer, Dense) else layer
        if activation is not output and isinstance(activation, Softmax) and layer.out_shape[-1] > 1:
            softmax.append(name)
        elif activation is not output and isinstance(activation, Sigmoid):
            sigmoid.append(name)
    if not case.is_trained or not (softmax or len(sigmoid) >= _SIGMOIDS):
        return
    where: dict[str, Any] = {"epoch": case.epoch, "layer": (softmax or sigmoid)[0]}
    if softmax and left_to_learn(case) >= _LEFT:
        measured = (
            f"The activation of the hidden layer{'s' if len(softmax) > 1 else ''} {', '.join(softmax)} is softmax: "
        )
        measured += "its outputs for a row are shares that sum to 1, so that most are close to 0."
        remedy = Attempt("'relu' in place of it", without_hidden_softmax, steps=_STEPS)
        yield suspect("hidden-activation", measured, remedy, always=True, **where)
    elif not softmax and left_to_learn(case) >= _MUCH_LEFT and not _vanishes(case):
        measured = (
            f"The activation of the {len(sigmoid)} hidden layers {', '.join(sigmoid)} is sigmoid: its slope is 0.25 "
        )
        measured += "at most, and each of these layers multiplies the gradient by it on its way back."
        remedy = Attempt("'relu' in place of sigmoid", with_rectifiers, steps=_STEPS)
        yield suspect("hidden-activation", measured, remedy, always=True, **where)


def _vanishes(case: Case) -> bool:
    """Return whether the gradient nearly vanishes at the start, which says more."""
    return any(each.finding.code in ("vanishing-gradient", "dead-signal") for each in check_signal(case))


def check_small_batches(case: Case) -> Iterator[Suspicion]:
    """Report batch normalisation over two or three rows, or by batches of one row, which have no spread."""
    layers = walk(case.original.names, case.original.layers)
    name = next((name for name, layer in layers if isinstance(layer, BatchNorm)), None)
    if name is None or case.n_rows < 2 * _FEW_ROWS:
        return
    rows, steps = case.batch_size, -(-case.n_rows // case.batch_size)
    last = case.n_rows - (steps - 1) * rows
    larger = min(_USUAL_BATCH, case.n_rows)
    if rows == 1:
        measured = (
            f"A batch of 1 row has no spread: {name} never took means and spreads, and scales by those of the start."
        )
    elif rows <= _FEW_ROWS:
        measured = f"{name} takes means and spreads over batches of {rows} rows."
    elif 1 < last <= _FEW_ROWS and steps * _OFTEN <= 1.0:
        larger = case.n_rows
        measured = f"{name} takes means and spreads over {last} rows in the last of {steps} batches of each epoch."
    else:
        return
    remedy = Attempt(f"batch_size={larger}", batch_size=larger, steps=_STEPS)
    details: dict[str, Any] = {"epoch": 0, "layer": name, "evidence": {"batch_size": rows, "last_batch": last}}
    yield suspect("small-normalised-batches", measured, remedy, always=True, **details)


def check_noise(case: Case) -> Iterator[Suspicion]:
    """Report dropout or noise so strong that hardly a signal is left."""
    layers = [*_in_order(case.original.names, case.original.layers)]
    every: dict[str, Layer] = {name: layer for name, layer in layers if isinstance(layer, (Dropout, GaussianNoise))}
    if not every or not case.is_trained:
        return
    first = next((place for place, (_, layer) in enumerate(layers) if layer.param_specs()), len(layers))
    on_inputs = {name for name, _ in layers[:first]}
    rates = {name: layer.rate for name, layer in every.items() if isinstance(layer, Dropout) and layer.rate}
    said = [
        f"{name} sets {_share(every[name], rate)} of {'the' if name in on_inputs else 'its'} inputs to 0 in every step"
        for name, rate in rates.items()
        if rate >= (_INPUTS_DROPPED if name in on_inputs else _UNITS_DROPPED)
    ]
    kept = float(np.prod([1.0 - rate for rate in rates.values()]))
    if not said and kept < _KEPT:
        said = [f"{', '.join(rates)} one after the other leave {kept:.0%} of what passes in every step"]
    drowned = [*_drowned(case, every)]
    if not (said or drowned) or left_to_learn(case) < _LEFT:
        return
    words = [word for word, named in (("no dropout", rates), ("no noise", len(every) > len(rates))) if named]
    remedy = Attempt(" and ".join(words), without_noise, steps=_STEPS)
    details: dict[str, Any] = {"epoch": case.epoch, "layer": next(iter(every)), "evidence": {"rates": rates}}
    if not said:
        details["advice"] = "Lower the std of GaussianNoise."
    yield suspect("dropout-too-strong", f"{'; '.join([*said, *drowned])}.", remedy, always=True, **details)


def _share(layer: Layer, rate: float) -> str:
    return f"up to {rate:.0%}" if getattr(layer, "is_scheduled", False) else f"{rate:.0%}"


def _drowned(case: Case, layers: dict[str, Layer]) -> Iterator[str]:
    """Yield a clause for each layer whose noise is larger than what it is added to."""
    for name, layer in layers.items():
        if isinstance(layer, GaussianNoise) and layer.std > 0.0:
            spread = float(np.median(case.now.outputs[name].std(axis=0)))
            if layer.std > _DROWNED * spread:
                yield f"{name} adds noise with a spread of {layer.std:.3g} to numbers with one of {spread:.3g}"
