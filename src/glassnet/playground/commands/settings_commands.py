"""Commands that change the network and its training: one setting, or a layer more, less, elsewhere."""

from __future__ import annotations

import math
from typing import Any

from glassnet.playground.experiment import Experiment
from glassnet.playground.kinds_of_layers import layer_label, starting_layer
from glassnet.playground.limits import check_size
from glassnet.playground.protocol import Arguments, command
from glassnet.playground.setting_paths import setting
from glassnet.playground.settings import Settings
from glassnet.playground.shortcuts import with_shortcuts

__all__: list[str] = []


@command("set")
def _set(experiment: Experiment, arguments: Arguments) -> None:
    path, value = arguments.text("path", most=200), arguments.value("value")
    before = experiment.settings
    after = before.with_path(path, value)
    if path == "loss":
        after = _with_outputs(after, experiment)
    if path.startswith("layers."):
        after = with_shortcuts(after, experiment.data.X.shape[1:], int(path.split(".")[1]) + 1)
    old, new = setting(before.config(), path), setting(after.config(), path)
    if after != before:
        _replace(experiment, after, f"{_label(path)} {_shown(old)} → {_shown(new)}")


def _with_outputs(settings: Settings, experiment: Experiment) -> Settings:
    """Return the settings with as many outputs as the loss needs for these targets, if the last layer has units."""
    needed = settings.network().loss.outputs(experiment.data.y)
    last = len(settings.layers) - 1
    has_other = settings.layers[last].get("units", needed) != needed
    return settings.with_path(f"layers.{last}.units", needed) if has_other else settings


@command("add_layer")
def _add_layer(experiment: Experiment, arguments: Arguments) -> None:
    settings, network = experiment.settings, experiment.network
    at = arguments.integer("at", maximum=len(settings.layers))
    if arguments.has("config"):
        entry = {"class": arguments.text("kind", most=100), **arguments.record("config")}
    else:
        shape = network.layers[at - 1].out_shape if at else network.input_shape
        entry = starting_layer(arguments.text("kind", most=100), math.prod(shape or ()), _usual_activation(settings))
    after = with_shortcuts(settings.with_layer(at, entry), experiment.data.X.shape[1:], at + 1)
    _replace(experiment, after, f"{layer_label(after.layers[at])} added")


def _usual_activation(settings: Settings) -> str:
    """Return the activation that the network uses already."""
    found = [entry.get("activation") for entry in settings.layers]
    return next((name for name in found if isinstance(name, str) and name != "identity"), "tanh")


@command("remove_layer")
def _remove_layer(experiment: Experiment, arguments: Arguments) -> None:
    at = arguments.integer("at")
    after = with_shortcuts(experiment.settings.without_layer(at), experiment.data.X.shape[1:], at)
    _replace(experiment, after, f"{layer_label(experiment.settings.layers[at])} removed")


@command("move_layer")
def _move_layer(experiment: Experiment, arguments: Arguments) -> None:
    start, end = arguments.integer("from"), arguments.integer("to")
    after = with_shortcuts(experiment.settings.moved_layer(start, end), experiment.data.X.shape[1:])
    if after != experiment.settings:
        _replace(experiment, after, f"{layer_label(after.layers[end])} moved")


def _replace(experiment: Experiment, settings: Settings, text: str) -> None:
    """Go on with these settings, unless the network would be too large."""
    data = experiment.data
    check_size(settings, data.X.shape[1:], min(settings.batch_size, len(data.X)))
    experiment.replace(settings=settings, text=text)


def _label(path: str) -> str:
    """Return a path in a few words: ``"layers.2.rate"`` is the rate of layer 3."""
    parts = path.split(".")
    inside = f"layer {int(parts[1]) + 1} " if parts[0] == "layers" and len(parts) > 2 else ""
    return f"{inside}{'optimizer' if path == 'optimizer.kind' else parts[-1]}"


def _shown(value: Any) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
