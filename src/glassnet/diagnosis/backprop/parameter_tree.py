"""A learner's parameters as a list of named float64 arrays, whatever holds them, and their gradients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, ShapeError

__all__ = ["ParameterTree", "align_gradients", "looks_like_bias"]

WHERE = "check_my_backprop"
_PARAMETER = re.compile(
    r"(?!.*(grad|delta|veloc|moment|cache|prev|old))"
    r"([wbvu][a-z]{0,2}([_\d][a-z\d_]*)?|(weight|bias|theta|kernel|gamma|beta|coef|intercept).*)",
    re.IGNORECASE,
)
_PLAIN = (np.ndarray, np.generic, Mapping, list, tuple, str, bytes, int, float, complex, type(None), type, ModuleType)
_DEPTH = 4  # how far to search objects that hold objects
_NAMES_OF_GRADIENTS = ("d{}", "grad{}", "{}grad", "nabla{}", "g{}", "dLd{}", "dJd{}", "delta{}")


def looks_like_bias(name: str) -> bool:
    """Return whether a parameter's name is that of a bias.

    Examples
    --------
    >>> [looks_like_bias(name) for name in ("b1", "bias_hidden", "biases[0]", "W1", "layers[0].b", "Wb")]
    [True, True, True, False, True, False]
    """
    return re.match(r"(b\d*|b_.*|.*bias.*|.*intercept.*|beta\d*)$", name.rsplit(".", 1)[-1], re.IGNORECASE) is not None


class ParameterTree:
    """Parameters in dicts, lists, tuples or attributes of an object, as a flat list of named arrays."""

    def __init__(self, parameters: Any) -> None:
        self.names: list[str] = []  # as in "W1", "weights[0]" or "layer1.W"
        self.originals: list[Any] = []  # the learner's own arrays or numbers
        self._kept: list[tuple[Any, str, Any]] = []
        self._objects: dict[int, list[tuple[str, Any, bool]]] = {}
        self._tree = parameters
        self._walk(parameters, "")
        if not self.names:
            message = (
                f"{WHERE}: parameters must be a dict, list or tuple of arrays, or an object with arrays such as W1 as "
                f"attributes, got {type(parameters).__name__}. Pass for example {{'W1': W1, 'b1': b1}}."
            )
            raise ConfigError(message)
        self.owner = parameters if self._kept else None  # the object that has the parameters as attributes
        self.arrays = [np.array(original, dtype=np.float64) for original in self.originals]  # copies

    def _walk(self, node: Any, name: str) -> None:
        if self._is_leaf(node, name):
            self.names.append(name or "parameters")
            self.originals.append(node)
        elif isinstance(node, Mapping):
            for key, value in node.items():
                self._walk(value, _join(name, key))
        elif isinstance(node, (list, tuple)):
            for i, value in enumerate(node):
                self._walk(value, _item(name, i))
        elif name.count(".") < _DEPTH and id(node) not in self._objects:
            self._objects[id(node)] = _attributes(node)
            for attribute, value, holds_arrays in self._objects[id(node)]:
                if holds_arrays:
                    self._kept.append((node, attribute, value))
                self._walk(value, _join(name, attribute))

    @staticmethod
    def _is_leaf(node: Any, name: str) -> bool:
        if isinstance(node, np.ndarray):
            return node.dtype.kind in "fiub" and node.size > 0
        if isinstance(node, (bool, str)) or not np.isscalar(node):
            return False
        # A whole number may be a size as well, such as the number of layers.
        return isinstance(node, (float, np.floating)) or (isinstance(node, (int, np.integer)) and looks_like_bias(name))

    def build(self, arrays: Sequence[np.ndarray]) -> Any:
        """Return the learner's own structure with other arrays in it; an object's attributes are set instead."""
        values = iter(arrays)
        left = dict(self._objects)

        def copy(node: Any, name: str) -> Any:
            if self._is_leaf(node, name):
                value = next(values)
                return value if isinstance(node, np.ndarray) else float(value)
            if isinstance(node, Mapping):
                return {key: copy(value, _join(name, key)) for key, value in node.items()}
            if isinstance(node, (list, tuple)):
                items = [copy(value, _item(name, i)) for i, value in enumerate(node)]
                if isinstance(node, list):
                    return items
                return type(node)(*items) if hasattr(node, "_fields") else tuple(items)
            # Taken out, so that an object that is held twice gets its arrays once, as in the walk.
            for attribute, value, holds_arrays in left.pop(id(node), []):
                new = copy(value, _join(name, attribute))
                if holds_arrays:
                    setattr(node, attribute, new)
            return node

        return copy(self._tree, "")

    def restore(self) -> None:
        """Give objects their own arrays back."""
        for node, attribute, value in self._kept:
            setattr(node, attribute, value)

    def read(self, tree: Any) -> list[np.ndarray] | None:
        """Return the arrays of a structure like this one, None if it is another."""
        try:
            found = ParameterTree(tree)
        except ConfigError:
            return None
        return found.arrays if [a.size for a in found.arrays] == [a.size for a in self.arrays] else None


def align_gradients(returned: Any, tree: ParameterTree) -> list[np.ndarray | None]:
    """Return one gradient for each parameter, in their order, None where the learner has none.

    Dicts go by name (``dW1``, ``d_W1``, ``grad_W1``, ``W1_grad``, ``W1``), sequences by position.

    Raises
    ------
    ConfigError, ShapeError
        If it is not clear which gradient belongs to which parameter.
    """
    from_object = returned is None and tree.owner is not None
    leaves = _leaves(tree.owner if from_object else returned, into_objects=from_object)
    if from_object:
        leaves = [leaf for leaf in leaves if leaf[0] not in tree.names]
    if from_object or isinstance(returned, Mapping):
        keys = {_plain(name): value for name, value in leaves}
        found = [_by_name(_plain(name), keys) for name in tree.names]
        if any(value is not None for value in found):
            return found
    if len(leaves) == len(tree.names) and not from_object:
        return _in_order([value for _, value in leaves], tree)
    message = (
        f"{WHERE}: gradients must return one array for each of {', '.join(tree.names)}, got "
        f"{', '.join(name for name, _ in leaves[:20]) or 'none'}. "
        "Return a dict with the same keys (or dW1 for W1), or a list in the order of the parameters; "
        "if it takes a whole step, pass learning_rate=."
    )
    raise ConfigError(message)


def _join(name: str, part: object) -> str:
    return f"{name}.{part}" if name else str(part)


def _item(name: str, i: int) -> str:
    return f"{name or 'parameters'}[{i}]"


def _leaves(node: Any, name: str = "", *, into_objects: bool = False) -> list[tuple[str, np.ndarray]]:
    """Return all arrays and numbers of a structure by name; on request those that objects have as attributes, too.

    Attributes are where a backward that returns nothing leaves its gradients.
    """
    if isinstance(node, (np.ndarray, float, int, np.number)) and not isinstance(node, bool):
        return [(name, np.asarray(node))]  # no copy: whether it shares memory with a parameter is checked later
    parts: Iterable[tuple[str, Any]] = ()
    if isinstance(node, Mapping):
        parts, into_objects = ((_join(name, key), value) for key, value in node.items()), False
    elif isinstance(node, (list, tuple)):
        parts = ((_item(name, i) if into_objects else f"{name}[{i}]", value) for i, value in enumerate(node))
    elif into_objects and _is_object(node) and name.count(".") < _DEPTH:
        parts = ((_join(name, each), value) for each, value in vars(node).items())
    return [leaf for part, value in parts for leaf in _leaves(value, part, into_objects=into_objects)]


def _attributes(node: Any) -> list[tuple[str, Any, bool]]:
    """Return the attributes of an object that are parameters, or objects that may have some.

    The last of the three says whether they are arrays themselves, rather than objects with arrays.
    """
    found = []
    for name, value in vars(node).items() if _is_object(node) else ():
        items = list(value) if isinstance(value, (list, tuple)) else [value]
        if items and all(map(_is_object, items)):
            found.append((name, value, False))
            continue
        arrays = _PARAMETER.fullmatch(name) and all(isinstance(item, np.ndarray) for item in items)
        if arrays or (isinstance(value, float) and looks_like_bias(name)):
            found.append((name, value, True))
    return found


def _is_object(node: Any) -> bool:
    return hasattr(node, "__dict__") and not isinstance(node, (*_PLAIN, FunctionType, MethodType))


def _plain(name: str) -> str:
    return re.sub(r"[\s_]", "", name)


def _by_name(name: str, keys: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Return the gradient for a name: the last part of it with what people put around it, then the name itself."""
    head, dot, last = name.rpartition(".")
    stem = re.sub(r"\[\d+\]$", "", last)
    lowered = {key.lower(): value for key, value in keys.items()}
    for pattern in _NAMES_OF_GRADIENTS:
        key = f"{head}{dot}{pattern.format(stem)}{last[len(stem) :]}"
        if key in keys:
            return keys[key]
        if key.lower() in lowered and key.lower() != name.lower():
            return lowered[key.lower()]
    return keys.get(name)


def _in_order(values: list[np.ndarray], tree: ParameterTree) -> list[np.ndarray | None]:
    """Return a sequence as it stands, or in the one other order in which all sizes fit."""
    pairs = [*zip(values, tree.arrays, strict=True)]
    if all(value.size == array.size for value, array in pairs):
        return list(values)
    left = list(values)
    found: list[np.ndarray | None] = []
    for array in tree.arrays:
        fits = [i for i, value in enumerate(left) if value.shape == array.shape]
        if len({id(left[i]) for i in fits}) == 1:
            found.append(left.pop(fits[0]))
        elif sum(value.shape == array.shape for value, array in pairs) >= len(pairs) / 2:
            return list(values)  # what is wrong with a shape is reported with the other mistakes
        else:
            got = ", ".join(str(value.shape) for value in values)
            must = ", ".join(f"{name} {array.shape}" for name, array in zip(tree.names, tree.arrays, strict=True))
            message = (
                f"{WHERE}: gradients must come in the order of the parameters, {must}, got shapes {got}. "
                "Return them in that order, or as a dict with the same keys."
            )
            raise ShapeError(message)
    return found
