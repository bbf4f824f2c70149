"""Networks from layers of ours and the weights of a PyTorch module that has the same ones."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.exports.frameworks.assembling import Options, refuse
from glassnet.exports.targets.torch_target.layers import module_of
from glassnet.layers import Dense, Layer, NTKDense
from glassnet.network import Network
from glassnet.saving.safetensors_reader import read_safetensors
from glassnet.utils.wording import few

__all__ = ["filled"]

_COUNTER = "num_batches_tracked"


def filled(where: str, state: Any, layers: Sequence[Layer] | None, options: Options) -> Network:
    """Return a network of copies of the layers, with the weights of a state dict, a module or a file."""
    if layers is None:
        fact, must = "weights are given without layers", "they must come with the layers that they belong to"
        raise refuse(where, fact, must, "Pass layers=, such as [gn.Dense(8, 'relu'), gn.Dense(3)].")
    if isinstance(state, (str, os.PathLike)):
        state = read_safetensors(f"{where}({os.fspath(state)!r})", state)[1]
    given = {name: _array(array) for name, array in state.items() if not name.endswith(_COUNTER)}
    shape = options.input_shape or _shape(where, layers, given)
    dtype = next(iter(given.values()), np.zeros(0, np.float32)).dtype.name
    copies = copy.deepcopy(list(layers))
    loss: Any = "squared_error" if options.loss is None else options.loss
    network = Network(copies, loss=loss, optimizer=options.optimizer, dtype=dtype, input_shape=shape)  # type: ignore[arg-type]  # Network checks the dtype
    _fill(where, network, given)
    return network


def _array(tensor: Any) -> np.ndarray:
    return np.array(tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else tensor)


def _shape(where: str, layers: Sequence[Layer], given: Mapping[str, np.ndarray]) -> tuple[int, ...]:
    """Return the shape of the input: that of the layers if they were built, or what the first weights say."""
    built = layers[0].__dict__.get("in_shape") if layers else None
    if built:
        return tuple(built)
    first = next((given[group["weight"]] for group in _groups(given) if "weight" in group), np.zeros(0))
    if first.ndim == 2 and isinstance(layers[0], (Dense, NTKDense)):
        return (first.shape[1],)
    fact = "no layer shows the shape of one sample"
    raise refuse(where, fact, "it must be known", "Pass input_shape=, such as (28, 28).")


def _fill(where: str, network: Network, given: dict[str, np.ndarray]) -> None:
    """Write the weights into the network, by their names or else by their order."""
    wanted = [slot for slot in module_of(network).slots() if not slot.name.endswith(_COUNTER)]
    if {slot.name for slot in wanted} != set(given):
        given = _in_order(where, [slot.name for slot in wanted], given)
    wrong = [
        f"{name!r} has shape {given[name].shape} instead of {target.shape}"
        for name, target, _ in wanted
        if given[name].shape != target.shape
    ]
    if wrong:
        must = "weights must have the shapes that the layers have in PyTorch"
        message = f"{where}: {few(wrong, between=', ')}; {must}."
        raise ShapeError(message, expected=must, got=wrong)
    for name, target, factor in wanted:
        if factor is None:
            if not np.array_equal(target, given[name]):
                must = "numbers that are not trained must be those of the layers"
                advice = "Pass the layers of the network that was exported."
                raise refuse(where, f"{name!r} has other numbers than the layers", must, advice)
        else:
            target[...] = given[name] if factor == 1.0 else given[name].astype(np.float64) * factor


def _is_numbered(names: Collection[str]) -> bool:
    return all(re.fullmatch(r"(\d+\.)+\w+", name) for name in names)


def _groups(names: Collection[str]) -> list[dict[str, str]]:
    """Return the names of each module by what they name in it, the modules in their order: 2 before 10."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        module, _, kind = name.rpartition(".")
        found.setdefault(module, {})[kind] = name
    if _is_numbered(names):
        return [found[module] for module in sorted(found, key=lambda one: [int(part) for part in one.split(".")])]
    return list(found.values())


def _in_order(where: str, names: list[str], given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return arrays with names of a module of its own under the names that they would have in a stack."""
    wanted, found = _groups(names), _groups(given)
    # In a file names are in alphabetical order: weights of equal shapes would be mixed up.
    is_shuffled = not _is_numbered(given) and any(list(group)[:2] == ["bias", "weight"] for group in found)
    if is_shuffled or [set(group) for group in wanted] != [set(group) for group in found]:
        must = f"they must be {few(names)}, or others of these kinds in this order"
        advice = "Pass model.state_dict() itself, and the layers that the module has."
        raise refuse(where, f"the weights are {few(given)}", must, advice)
    pairs = [(one[kind], other[kind]) for one, other in zip(wanted, found, strict=True) for kind in one]
    return {name: given[own] for name, own in pairs}
