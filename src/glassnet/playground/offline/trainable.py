"""What a page without a server can train, and a network as such a page gets it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.layers import Activation, Dense, Dropout, Layer
from glassnet.losses import LOSSES
from glassnet.optimizers import OPTIMIZERS
from glassnet.playground.offline.formulas import activation_key
from glassnet.saving.configuration import network_config
from glassnet.schedules import Schedule
from glassnet.utils.formula import evaluate, formula_of, is_ours

__all__ = ["encoded", "offline_settings", "offline_weights", "own_activations", "refuse_untrainable"]

_LOSSES = ("absolute_error", "binary_cross_entropy", "cross_entropy", "huber", "squared_error")


_ADVICE = "Open it with net.playground(), which runs the engine in Python and trains everything."


def refuse_untrainable(where: str, network: BaseNetwork, advice: str = _ADVICE) -> None:
    """Refuse a network that the engine of a page cannot train, with all that stands in the way."""
    found = [*_layer_problems(network), *_other_problems(network)]
    if found:
        must = "a page trains Dense layers, activations with a formula and Dropout at fixed rates"
        message = f"{where}: the network has {', '.join(found)}; {must}. {advice}"
        raise ConfigError(message, got=found)


def _layer_problems(network: BaseNetwork) -> list[str]:
    return list(dict.fromkeys(problem for layer in network.layers if (problem := _problem(layer))))


def _problem(layer: Layer) -> str:
    """Return what a page cannot do of a layer, or ""."""
    if type(layer) is Dense:
        return _activation_problem(layer.activation)
    if type(layer) is Dropout:
        return "Dropout with a schedule" if layer.schedule is not None else ""
    return _activation_problem(layer) if isinstance(layer, Activation) else type(layer).__name__


def _activation_problem(activation: Activation) -> str:
    formula = formula_of(activation)
    if not is_ours(activation):
        return f"{type(activation).__name__}, a class of your own where CustomActivation(formula=...) could be"
    return "" if formula is not None and formula.derivative else f"{type(activation).__name__} without a formula"


def _other_problems(network: BaseNetwork) -> list[str]:
    optimizer, loss = network.optimizer, network.loss
    found = {
        f"{network.members} members": network.members is not None,
        f"loss={loss.name!r}": LOSSES.get(loss.name) is not type(loss) or loss.name not in _LOSSES,
        f"the optimizer {type(optimizer).__name__}": type(optimizer) not in OPTIMIZERS.values(),
        "a schedule of the learning rate": isinstance(optimizer.learning_rate, Schedule),
        "a schedule of the weight decay": getattr(optimizer, "decay_schedule", None) is not None,
        "clip_norm": optimizer.clip_norm is not None,
        "ema": optimizer.ema is not None,
        "max_norm": network.max_norm is not None,
        f"inputs of shape {network.input_shape}": len(network.input_shape or (1,)) != 1,
    }
    return [name for name, is_so in found.items() if is_so]


def own_activations(network: BaseNetwork) -> list[Activation]:
    """Return the activations of a network, in order."""
    inside = [getattr(layer, "activation", layer) for layer in network.layers]
    return [each for each in inside if isinstance(each, Activation)]


def offline_settings(network: BaseNetwork, batch_size: int) -> dict[str, Any]:
    """Return layers, loss, optimizer and the rest as the engine of a page takes them."""
    config = network_config(network)
    layers = []
    for name, layer, entry in zip(network.names, network.layers, config["layers"], strict=True):
        if isinstance(layer, Activation):
            layers.append({"class": "Activation", "name": name, "activation": activation_key(layer)})
            continue
        own = {"activation": activation_key(layer.activation)} if isinstance(layer, Dense) else {}
        layers.append({**entry, "name": name, **own})
    kept = {name: config[name] for name in ("loss", "optimizer", "l1", "l2")}
    return {"layers": layers, **kept, "batch_size": batch_size, "seed": str(network.seeds[0])}


def offline_weights(network: BaseNetwork) -> dict[str, Any]:
    """Return parameters, what the optimizer remembers, and the position in the run."""
    found: dict[str, Any] = {"params": encoded(network.params), "state": {}, "t": 0, "counters": {}}
    state, optimizer = network._run, network.optimizer
    if state is None:
        return found
    memory = state.optimizer_state
    settings = {name: value for name, value in optimizer.settings().items() if isinstance(value, (int, float))}
    for name in optimizer.formulas(decays=optimizer.decays):
        if name not in ("p", "c"):
            array = evaluate(optimizer.moments.get(name, name), **memory.arrays, **settings)
            found["state"][name] = encoded(np.asarray(array, dtype=np.float64))
    sums = {"lossSum": float(state.loss_sum), "rowSum": float(state.weight_sum)}
    counters = {"epoch": state.epoch, "batch": state.step, "step": memory.t, **sums}
    return found | {"t": memory.t, "counters": counters}


def encoded(array: np.ndarray) -> dict[str, str]:
    """Return numbers as text that gives the same numbers in the page: their type, and their bytes in base 64."""
    kind = {"float32": "f4", "float64": "f8"}.get(str(array.dtype), "i4")
    raw = np.ascontiguousarray(array, dtype=f"<{kind}").tobytes()
    return {"type": kind, "base64": base64.b64encode(raw).decode()}
