"""A learner's parameters as a list of named float64 arrays, whatever holds them, and their gradients."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
_DEPTH = 4  # how far to look into objects that hold objects


def looks_like_bias(name: str) -> bool:
    """Return whether a parameter's name is that of a bias.

    Examples
    --------
    >>> [looks_like_bias(name) for name in ("b1", "bias_hidden", "biases[0]", "W1", "layers[0].b", "Wb")]
    [True, True, True, False, True, False]
    """
    return re.match(r"(b\d*|b_.*|.*bias.*|.*intercept.*|beta\d*)$", name.rsplit(".", 1)[-1], re.IGNORECASE) is not None


class ParameterTree:
    """Parameters in dicts, lists, tuples or attributes of an object, as a flat list of named arrays.

    Attributes
    ----------
    names : list of str
        As in ``"W1"``, ``"weights[0]"`` or ``"layer1.W"``.
    originals : list
        The learner's own arrays or numbers.
    arrays : list of arrays
        Copies in float64.
    owner : object or None
        What holds the parameters as attributes.
    """

    def __init__(self, parameters: Any) -> None:
        self.names: list[str] = []
        self.originals: list[Any] = []
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
        self.owner = parameters if self._kept else None
        self.arrays = [np.array(original, dtype=np.float64) for original in self.originals]

    def _walk(self, node: Any, name: str) -> None:
        if self._is_leaf(node, name):
            self.names.append(name or "parameters")
            self.originals.append(node)
        elif isinstance(node, Mapping):
            for key, value in node.items():
                self._walk(value, f"{name}.{key}" if name else str(key))
        elif isinstance(node, (list, tuple)):
            for i, value in enumerate(node):
                self._walk(value, f"{name or 'parameters'}[{i}]")
        elif name.count(".") < _DEPTH and id(node) not in self._objects:
            self._objects[id(node)] = _attributes(node)
            for attribute, value, holds_arrays in self._objects[id(node)]:
                if holds_arrays:
                    self._kept.append((node, attribute, value))
                self._walk(value, f"{name}.{attribute}" if name else attribute)

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
                return {key: copy(value, f"{name}.{key}" if name else str(key)) for key, value in node.items()}
            if isinstance(node, (list, tuple)):
                items = [copy(value, f"{name or 'parameters'}[{i}]") for i, value in enumerate(node)]
                if isinstance(node, list):
                    return items
                return type(node)(*items) if hasattr(node, "_fields") else tuple(items)
            # Taken out, so that an object that is held twice gets its arrays once, as in the walk.
            for attribute, value, holds_arrays in left.pop(id(node), []):
                new = copy(value, f"{name}.{attribute}" if name else attribute)
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
        If they cannot be told apart.
    """
    beside = returned is None and tree.owner is not None
    leaves = [leaf for leaf in _beside(tree.owner) if leaf[0] not in tree.names] if beside else _leaves(returned)
    names = [name for name, _ in leaves]
    by_key = {_plain(name): value for name, value in leaves}
    if beside or isinstance(returned, Mapping):
        found = [_by_name(name, by_key) for name in tree.names]
        if any(value is not None for value in found):
            return found
    if len(leaves) == len(tree.names) and not beside:
        return _in_order([value for _, value in leaves], tree)
    message = (
        f"{WHERE}: gradients must return one array for each of {', '.join(tree.names)}, got "
        f"{', '.join(names[:20]) or 'none'}. "
        "Return a dict with the same keys (or dW1 for W1), or a list in the order of the parameters; "
        "if it takes a whole step, pass learning_rate=."
    )
    raise ConfigError(message)


def _leaves(node: Any, name: str = "") -> list[tuple[str, np.ndarray]]:
    if isinstance(node, Mapping):
        return [leaf for key, value in node.items() for leaf in _leaves(value, f"{name}.{key}" if name else str(key))]
    if isinstance(node, (list, tuple)):
        return [leaf for i, value in enumerate(node) for leaf in _leaves(value, f"{name}[{i}]")]
    if isinstance(node, (np.ndarray, float, int, np.number)) and not isinstance(node, bool):
        # No copy: whether it shares memory with a parameter is asked later.
        return [(name, np.asarray(node))]
    return []


def _beside(node: Any, name: str = "") -> list[tuple[str, np.ndarray]]:
    """Return all arrays that objects have as attributes, where a backward that returns nothing leaves gradients."""
    if isinstance(node, (list, tuple)):
        return [leaf for i, value in enumerate(node) for leaf in _beside(value, f"{name or 'parameters'}[{i}]")]
    if not _is_object(node):
        return _leaves(node, name)
    if name.count(".") >= _DEPTH:
        return []
    parts = ((f"{name}.{each}" if name else each, value) for each, value in vars(node).items())
    return [leaf for part, value in parts for leaf in _beside(value, part)]


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


def _by_name(name: str, by_key: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Return the gradient for a name, looking for the last part of it with what people put around it."""
    name = _plain(name)
    head, _, last = name.rpartition(".")
    head = head and f"{head}."
    stem = re.sub(r"\[\d+\]$", "", last)
    place = last[len(stem) :]
    keys = {_plain(key): value for key, value in by_key.items()}
    lowered = {key.lower(): value for key, value in keys.items()}
    for before, after in (
        ("d", ""),
        ("grad", ""),
        ("", "grad"),
        ("nabla", ""),
        ("g", ""),
        ("dLd", ""),
        ("dJd", ""),
        ("delta", ""),
    ):
        key = f"{head}{before}{stem}{after}{place}"
        if key in keys:
            return keys[key]
        if key.lower() in lowered and key.lower() != name.lower():
            return lowered[key.lower()]
    return keys.get(name)


def _in_order(values: list[np.ndarray], tree: ParameterTree) -> list[np.ndarray | None]:
    """Return a sequence as it stands, or in the one other order in which all sizes fit."""
    if all(value.size == array.size for value, array in zip(values, tree.arrays, strict=True)):
        return list(values)
    left = list(values)
    found: list[np.ndarray | None] = []
    for array in tree.arrays:
        fits = [i for i, value in enumerate(left) if value.shape == array.shape]
        if len({id(left[i]) for i in fits}) != 1:
            # Let what is wrong with a shape be named with the other mistakes.
            return list(values) if _plausible(values, tree) else _refuse_order(values, tree)
        found.append(left.pop(fits[0]))
    return found


def _plausible(values: list[np.ndarray], tree: ParameterTree) -> bool:
    fits = [value.shape == array.shape for value, array in zip(values, tree.arrays, strict=True)]
    return sum(fits) >= len(fits) / 2


def _refuse_order(values: list[np.ndarray], tree: ParameterTree) -> list[np.ndarray | None]:
    got = ", ".join(str(value.shape) for value in values)
    must = ", ".join(f"{name} {array.shape}" for name, array in zip(tree.names, tree.arrays, strict=True))
    message = (
        f"{WHERE}: gradients must come in the order of the parameters, {must}, got shapes {got}. "
        "Return them in that order, or as a dict with the same keys."
    )
    raise ShapeError(message)
