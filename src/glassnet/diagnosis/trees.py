"""A learner's parameters as a list of named float64 arrays, whatever holds them, and their gradients."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, ShapeError

__all__ = ["ParameterTree", "align_gradients", "looks_like_bias"]

WHERE = "check_my_backprop"
_PARAMETER = re.compile(r"(w|b|v|u|weight|bias|theta|kernel|gamma|beta|coef|intercept)[a-z]*[_\d]*", re.IGNORECASE)


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
        self.owner = None if isinstance(parameters, (Mapping, list, tuple, np.ndarray)) else parameters
        self._tree = self._attributes(parameters) if self.owner is not None else parameters
        self._walk(self._tree, "")
        if not self.names:
            message = (
                f"{WHERE}: parameters must be a dict, list or tuple of arrays, or an object with arrays such as W1 as "
                f"attributes, got {type(parameters).__name__}. Pass for example {{'W1': W1, 'b1': b1}}."
            )
            raise ConfigError(message)
        self.arrays = [np.array(original, dtype=np.float64) for original in self.originals]

    @staticmethod
    def _attributes(owner: Any) -> dict[str, Any]:
        found = vars(owner) if hasattr(owner, "__dict__") else {}
        return {
            name: value
            for name, value in found.items()
            if _PARAMETER.fullmatch(name) and isinstance(value, (np.ndarray, list, tuple, float))
        }

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
            return node

        tree = copy(self._tree, "")
        if self.owner is None:
            return tree
        for name, value in tree.items():
            setattr(self.owner, name, value)
        return self.owner

    def restore(self) -> None:
        """Give an object its own arrays back."""
        if self.owner is not None:
            for name, value in self._tree.items():
                setattr(self.owner, name, value)

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
    if returned is None and tree.owner is not None:
        returned = {name: value for name, value in vars(tree.owner).items() if name not in tree.names}
    leaves = _leaves(returned)
    names = [name for name, _ in leaves]
    by_key = {_plain(name): value for name, value in leaves}
    if isinstance(returned, Mapping):
        found = [_by_name(name, by_key) for name in tree.names]
        if any(value is not None for value in found):
            return found
    if len(leaves) == len(tree.names):
        return _in_order([value for _, value in leaves], tree)
    message = (
        f"{WHERE}: gradients must return one array for each of {', '.join(tree.names)}, got "
        f"{', '.join(names) or 'none'}. "
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
