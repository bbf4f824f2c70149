"""The state of an experiment as a page without a server starts from it: what such a page cannot change is left out."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

import numpy as np

from glassnet.layers import Activation, Dense, Dropout
from glassnet.optimizers import OPTIMIZERS
from glassnet.playground.experiment import Experiment
from glassnet.playground.microscope.selected import layer_explained
from glassnet.playground.offline.formulas import activation_key, formula_keys
from glassnet.playground.offline.trainable import encoded
from glassnet.playground.options import layer_options, loss_options, optimizer_options
from glassnet.playground.plane_axes import principal_components
from glassnet.playground.play_data import PlayData
from glassnet.playground.setting_paths import setting
from glassnet.playground.settings import Settings
from glassnet.playground.state import state_of

__all__ = [
    "offline_axes", "offline_kinds", "offline_losses", "offline_optimizers", "offline_plane", "offline_state",
    "offline_words",
]  # fmt: skip

_KEPT = re.compile(
    r"layers\.\d+\.(units|activation|rate|trainable)|loss\.(delta|label_smoothing)|batch_size|seed|l1|l2|"
    r"optimizer\.(kind|learning_rate|momentum|nesterov|beta1|beta2|eps|rho|weight_decay|centered)"
)
_ADDED: dict[str, dict[str, Any]] = {
    "Dense": {"units": 4, "initializer": None, "use_bias": True},
    "Dropout": {"rate": 0.2, "schedule": None},
}
_SHARED = ("clip_norm", "ema")
_OF_NUMBERS = ("absolute_error", "huber", "squared_error")


def offline_state(experiment: Experiment) -> dict[str, Any]:
    """Return a copy of the state with the options that the engine of a page has."""
    state = state_of(experiment)
    network = state["network"]
    for layer, own in zip(network.get("layers", ()), experiment.network.layers, strict=True):
        layer["options"] = [_own(option, own) for option in _kept(layer["options"])]
    for name in ("options", "loss_options"):
        network[name] = _kept(network.get(name, []))
    network["optimizer"]["options"] = _kept(network["optimizer"]["options"])
    network["loss"]["choices"] = list(offline_losses(experiment.settings)) or [network["loss"]["value"]]
    network["kinds"] = [{"kind": kind, "label": kind} for kind in _ADDED]
    state["data"] |= {"toys": [], "bundled": [], "gallery": [], "questions": []}
    return {**state, "running": False, "findings": [], "can_undo": False, "can_redo": False}


def _kept(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(option) for option in options if _KEPT.fullmatch(option["path"]) and option["value"] is not None]


def _own(option: dict[str, Any], layer: Any) -> dict[str, Any]:
    """Return an option of a layer in the words of the page's engine."""
    if not option["path"].endswith(".activation"):
        return option
    value = activation_key(layer.activation)
    return {**option, "value": value, "choices": list(dict.fromkeys([*formula_keys(), value]))}


def offline_optimizers(settings: Settings) -> dict[str, Any]:
    """Return entry and options of each optimizer that the page can change to."""
    found = {}
    for kind in OPTIMIZERS.values():
        changed = settings.with_path("optimizer.kind", kind.__name__)
        entry = {name: value for name, value in changed.optimizer.items() if name not in _SHARED}
        found[kind.__name__] = {"entry": entry, "options": _kept(optimizer_options(changed))}
    return found


def offline_losses(settings: Settings) -> dict[str, Any]:
    """Return entry and options of each loss that the page can change to: of numbers, whose targets are the same."""
    if setting(settings.config(), "loss") not in _OF_NUMBERS:
        return {}
    found = {}
    for name in _OF_NUMBERS:
        changed = settings.with_path("loss", name)
        found[name] = {"entry": changed.loss, "options": _kept(loss_options(changed, [*_OF_NUMBERS])[1:])}
    return found


def offline_kinds(settings: Settings) -> dict[str, Any]:
    """Return entry and options of each kind of layer that the page can add."""
    activation = next((entry["activation"] for entry in settings.layers if entry.get("activation")), "tanh")
    found: dict[str, Any] = {}
    for kind, arguments in _ADDED.items():
        entry = arguments | ({"activation": activation} if kind == "Dense" else {})
        with_it = settings.with_layer(0, {"class": kind, **entry})
        layer = with_it.network().layers[0]
        options = [_own(option, layer) for option in _kept(layer_options(with_it, 0))]
        own: dict[str, Any] = {"activation": activation_key(layer.activation)} if isinstance(layer, Dense) else {}
        found[kind] = {"entry": {**with_it.layers[0], **own}, "options": options}
    return found


def offline_words(experiment: Experiment) -> dict[str, Any]:
    """Return the documentation of layers in the words of `layer_explained`: by class, of activations by name."""
    found: dict[str, Any] = {"Dropout": {"class": "Dropout", "sentence": _first_line(Dropout), "formulas": []}}
    for name, layer in zip(experiment.network.names, experiment.network.layers, strict=True):
        explained = layer_explained(experiment, name)
        key = name if isinstance(layer, Activation) else type(layer).__name__
        found[key] = {part: explained[part] for part in ("class", "sentence", "formulas")}
    return found


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def offline_axes(data: PlayData) -> dict[str, Any] | None:
    """Return what a page needs to show other axes of the plane; None where there are no others."""
    if len(data.inputs) < 3:
        return None
    flat = data.X.reshape(len(data.X), -1)
    centre = dataclasses.replace(data, axes=(0, 1)).plane_axes.centre
    arrays = {"centre": centre, "mean": flat.mean(axis=0, dtype=np.float64), "components": principal_components(flat)}
    return {name: encoded(array) for name, array in arrays.items()}


def offline_plane(data: PlayData) -> dict[str, Any]:
    """Return how points of the plane become inputs, ``origin + a * x + b * y``, and the sides of the plane."""
    origin, x, y = data.plane_axes.from_plane(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    axes = {"origin": origin.tolist(), "x": (x - origin).tolist(), "y": (y - origin).tolist()}
    return {**axes, "sides": data.plane_sides, "range": data.plane_range}
