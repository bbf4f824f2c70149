"""A run as the Python that repeats it, with the same bits: data, network, training, loss."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.playground.code.actions import Action, Advance, Change, Fit, SetWeight
from glassnet.playground.code.layout import WIDTH, Call, Listing, Mapped, laid_out
from glassnet.playground.code.network_text import loss_expression, made_of_config, mapped, written
from glassnet.playground.settings import Settings

__all__ = ["GIVEN_WEIGHTS", "MODEL_WEIGHTS", "run_text"]

GIVEN_WEIGHTS = 'net.load_state_dict(gn.load("your_network.safetensors").state_dict())'
"""The line that stands for a network that was given with its weights, which no code can hold."""

MODEL_WEIGHTS = "net.load_state_dict(model.network.state_dict())"
"""The same for the network of a model of a table, where a line before it loads that model."""

_SINGLE = re.compile(r"'([^'\\]*)'")
_LAST = 'print(net.evaluate(X, y)["loss"])'


def run_text(
    settings: Settings,
    data: Sequence[str],
    actions: Sequence[Action],
    *,
    input_shape: Sequence[int],
    holds_out: bool = True,
    deterministic: bool = False,
    is_given: bool = False,
) -> str:
    """Return a program that does what a run did.

    Parameters
    ----------
    settings : Settings
        At the start.
    data : sequence of str
        Lines that make ``X``, ``y`` and, if some rows are held out, ``X_valid`` and ``y_valid``.
    actions : sequence of Action
        What was done since then, in order.
    input_shape : sequence of int
        Shape of one sample.
    holds_out : bool, default=True
        Whether there are rows to validate with.
    deterministic : bool, default=False
        Whether ``fit`` must be kept from trying several threads.
    is_given : bool, default=False
        Whether the weights at the start are those of a network of the user's.
    """
    imports = [line for line in data if line.startswith(("import ", "from "))]
    lines = [_reflowed(line) for line in data if line not in imports]
    validation = {"validation_data": Listing(("X_valid", "y_valid"), True)} if holds_out else {}
    shape = input_shape if is_given else None
    net = laid_out(made_of_config(_config(settings, shape)), "net = ")
    given = MODEL_WEIGHTS if any(line.startswith("model = ") for line in data) else GIVEN_WEIGHTS
    parts = [
        "\n".join(sorted({"import glassnet as gn", *imports})),
        "\n".join(lines),
        f"{net}\n{given}" if is_given else net,
        "\n".join(_training(settings, actions, validation, deterministic)),
        _LAST,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _config(settings: Settings, input_shape: Sequence[int] | None) -> dict[str, Any]:
    return {**settings.config(), "seeds": [settings.seed], "members": None, "input_shape": input_shape}


def _training(
    settings: Settings, actions: Sequence[Action], validation: Mapping[str, Any], deterministic: bool
) -> list[str]:
    data, size = ("X", "y"), {"batch_size": str(settings.batch_size)}
    if len(actions) == 1 and isinstance(actions[0], Fit):
        keywords = {"epochs": str(actions[0].epochs), **size, **validation}
        if deterministic:
            keywords["deterministic"] = "True"
        return [laid_out(Call("net.fit", data, tuple(keywords.items())))]
    begin = laid_out(Call("net.stepwise", data, tuple({**size, **validation}.items())), "run = ")
    return [begin, *map(_line, actions)]


def _line(action: Action) -> str:
    if isinstance(action, Advance):
        return f"run.advance({action.steps})"
    if isinstance(action, SetWeight):
        return f"net.params[{action.place}] = {action.value!r}{f'  # {action.name}' if action.name else ''}"
    assert isinstance(action, Change), action  # a page takes steps: no fit follows another action
    return laid_out(Call("run.change", (), tuple((name, _value(name, v)) for name, v in action.changes.items())))


def _value(name: str, value: Any) -> Any:
    if name == "layers":
        return Mapped(tuple((written(layer), mapped(changes)) for layer, changes in value.items()))
    return loss_expression(value) if name == "loss" else written(value)


def _reflowed(line: str) -> str:
    """Return a line of code with double quotes, a long one on several lines."""
    line = _double_quoted(line)
    if len(line) <= WIDTH or line.startswith("#"):
        return line
    (node,) = ast.parse(line).body
    if not isinstance(node, ast.Assign):
        return line
    return laid_out(_laid(node.value), f"{ast.unparse(node.targets[0])} = ".replace("(", "").replace(")", ""))


def _double_quoted(text: str) -> str:
    return text if '"' in text or "#" in text else _SINGLE.sub(r'"\1"', text)


def _laid(node: ast.expr) -> Any:
    """Return an expression in parts that can stand on lines of their own."""
    if isinstance(node, ast.Call):
        keywords = tuple((str(keyword.arg), _laid(keyword.value)) for keyword in node.keywords)
        return Call(_double_quoted(ast.unparse(node.func)), tuple(map(_laid, node.args)), keywords)
    if isinstance(node, (ast.List, ast.Tuple)):
        return Listing(tuple(map(_laid, node.elts)), isinstance(node, ast.Tuple))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return written(node.value)
    return _double_quoted(ast.unparse(node))
