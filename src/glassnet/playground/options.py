"""What the page can set, as lists of options: label, kind of input, value, choices and bounds."""

from __future__ import annotations

from typing import Any

from glassnet.layers import ACTIVATIONS, LAYERS
from glassnet.losses import LOSSES
from glassnet.optimizers import OPTIMIZERS
from glassnet.playground.arguments import Argument, arguments_of
from glassnet.playground.setting_paths import CONSTANT, activation_entry, kinds_of_schedule, setting
from glassnet.playground.settings import Settings
from glassnet.schedules import SCHEDULES

__all__ = ["layer_options", "loss_options", "optimizer_kind", "optimizer_options", "settings_options"]

Option = dict[str, Any]
Config = dict[str, Any]

_INSIDE = ("layers", "branches")


def layer_options(settings: Settings, at: int) -> list[Option]:
    """Return the options of one layer, with those of the layers inside it."""
    config = settings.config()
    return _of_layer(config, config["layers"][at], f"layers.{at}", "")


def _of_layer(config: Config, entry: Config, path: str, of: str) -> list[Option]:
    found = []
    for argument in arguments_of(LAYERS[entry["class"]]) if entry["class"] in LAYERS else ():
        found.append(_option(config, argument, f"{path}.{argument.name}", of))
        if argument.name == "activation":
            name = activation_entry(entry["activation"])[0]
            inside = arguments_of(ACTIVATIONS[name]) if name in ACTIVATIONS else ()
            found += [_option(config, part, f"{path}.activation.{part.name}", of) for part in inside]
    nested = [(key, part) for key in _INSIDE for part in enumerate(entry.get(key) or ())]
    for key, (i, part) in nested:
        found += _of_layer(config, part, f"{path}.{key}.{i}", f"{of}{part['class']} {i + 1}: ")
    if entry.get("shortcut"):
        found += _of_layer(config, entry["shortcut"], f"{path}.shortcut", f"{of}shortcut: ")
    learns = entry["class"] in LAYERS and not nested and _learns(entry)
    return [*found, _flag(config, f"{path}.trainable", of)] if learns else found


def _learns(entry: Config) -> bool:
    """Return whether a layer has arrays that training changes."""
    kind = LAYERS[entry["class"]]
    return kind.param_specs is not LAYERS["Identity"].param_specs


def _flag(config: Config, path: str, of: str) -> Option:
    return {"path": path, "label": f"{of}Trainable", "type": "flag", "value": bool(setting(config, path))}


def loss_options(settings: Settings, fitting: list[str]) -> list[Option]:
    """Return the choice of a loss among those that fit the data, then its arguments."""
    config = settings.config()
    value = setting(config, "loss")
    choices = [*fitting, *([] if value in fitting else [value])]
    chosen = {"path": "loss", "label": "Loss", "type": "choice", "value": value, "choices": choices}
    arguments = arguments_of(LOSSES[value]) if value in LOSSES else ()
    return [chosen, *(_option(config, argument, f"loss.{argument.name}", "") for argument in arguments)]


def optimizer_kind(settings: Settings) -> Option:
    """Return the choice of an optimizer."""
    choices = [kind.__name__ for kind in OPTIMIZERS.values()]
    value = settings.optimizer["class"]
    return {"path": "optimizer.kind", "label": "Optimizer", "type": "choice", "value": value, "choices": choices}


def optimizer_options(settings: Settings) -> list[Option]:
    """Return the options of the optimizer: its rate or the schedule of it, then its other arguments."""
    config = settings.config()
    kinds = {kind.__name__: kind for kind in OPTIMIZERS.values()}
    found = []
    for argument in arguments_of(kinds[settings.optimizer["class"]]):
        if argument.name == "learning_rate":
            found += _of_rate(config, argument)
        else:
            found.append(_option(config, argument, f"optimizer.{argument.name}", ""))
    return found


def _of_rate(config: Config, argument: Argument) -> list[Option]:
    schedule = setting(config, "optimizer.schedule")
    kinds = kinds_of_schedule()
    choices = [*kinds] if schedule in kinds else [*kinds, schedule]
    chosen = {
        "path": "optimizer.schedule", "label": "Schedule", "type": "choice", "value": schedule, "choices": choices
    }  # fmt: skip
    path = "optimizer.learning_rate"
    if schedule == CONSTANT:
        return [_option(config, argument, path, ""), chosen]
    entry = config["optimizer"]["learning_rate"]
    inside = [part for part in arguments_of(SCHEDULES[schedule]) if not isinstance(entry[part.name], dict)]
    return [chosen, *(_option(config, part, f"{path}.{part.name}", "Learning rate: ") for part in inside)]


def settings_options(settings: Settings) -> list[Option]:
    """Return the options of the training, and the penalties."""
    config = settings.config()
    arguments = [
        Argument("batch_size", "integer", minimum=1),
        Argument("seed", "integer", minimum=0),
        Argument("l1", "number", minimum=0),
        Argument("l2", "number", minimum=0),
        Argument("max_norm", "number", minimum=0, optional=True),
        Argument("dtype", "choice", ("float32", "float64")),
    ]
    return [_option(config, argument, argument.name, "") for argument in arguments]


def _option(config: Config, argument: Argument, path: str, of: str) -> Option:
    """Return one option in the form of the protocol."""
    value = setting(config, path)
    label = argument.name.replace("_", " ")
    if argument.name == "activation":
        value = activation_entry(value)[0]
    option = {"path": path, "label": f"{of}{label[0].upper()}{label[1:]}", "type": argument.type, "value": value}
    if argument.type == "choice":
        option["choices"] = list(argument.choices if value in argument.choices else (*argument.choices, value))
    bounds = {"minimum": argument.minimum, "maximum": argument.maximum}
    if argument.optional:
        option["optional"] = True
    return option | {name: bound for name, bound in bounds.items() if bound is not None}
