"""A learner's parameters as a list of named float64 arrays, put into the very containers that the functions read."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.number_lists import has_fractions, is_table
from glassnet.diagnosis.backprop.surroundings import (
    Place,
    attributes_of,
    holders_of,
    is_object,
    leaves_of,
    places_in,
    variables_of,
)
from glassnet.errors import ConfigError

__all__ = ["ParameterTree", "looks_like_bias"]

WHERE = "check_my_backprop"
_NOT = re.compile(
    r"grad|delta|veloc|moment|cache|prev|(?<!h)old|hist|best|memor|mask|nabla|upd|optim|_opt$|^adam|^[dgvms]_?[WB]\d|^d_?(w|b)",
    re.I,
)
_PARAMETER = re.compile(
    r"[wbvu][a-z]{0,2}([_\d][a-z\d_]*)?|.*(weight|bias|theta|kernel|coef|intercept|synap|embed).*|(gamma|beta).*",
    re.IGNORECASE,
)
_HOLDER = re.compile(r".*(param|weight|bias|theta|layer|model|net|block|stage|variable|learnable|coef|neuron).*", re.I)
_SETTING = re.compile(
    r"(lr|.*rate|lambd?a?_?|reg.*|eta|eps.*|.*decay|momentum|.*drop.*|keep.*|temp.*|loss|cost|tol)", re.I
)
_VALUES, _SLOPES = ("data", "value", "val", "v", "array"), ("grad", "g", "gradient")  # of one object for one array
_DEPTH = 6  # how far to search objects that hold objects


def looks_like_bias(name: str) -> bool:
    """Return whether a parameter's name is that of a bias.

    Examples
    --------
    >>> [looks_like_bias(name) for name in ("b1", "bias_hidden", "biases[0]", "W1", "layers[0].b", "Wb")]
    [True, True, True, False, True, False]
    """
    last = re.sub(r"(\[\d+\]|\.\d+)$", "", name).rsplit(".", 1)[-1]
    return re.match(r"(b[hoxy]?\d*|b_.*|.*bias.*|.*intercept.*|beta\d*)$", last, re.IGNORECASE) is not None


@dataclass
class _Node:
    """One part of the learner's structure: what it is, and what it holds by key."""

    holder: Any
    leaf: int = -1  # which parameter it is; -1 for a container
    children: list[tuple[Any, _Node]] = field(default_factory=list)
    kept: Any = None  # a container's content at the beginning


class ParameterTree:
    """Parameters in dicts, lists, tuples or attributes of an object, as a flat list of named arrays.

    Arrays are put into the learner's own containers, because bound methods and closures read those; `restore` gives
    them back what they had. Other places where the functions find the same arrays get the new ones as well.

    Parameters
    ----------
    parameters : Any
        What the learner passed.
    functions : sequence of callable
        The learner's functions: where they, or objects they are bound to, hold the same arrays, those are replaced.
    """

    def __init__(self, parameters: Any, functions: Sequence[Any] = ()) -> None:
        self.names: list[str] = []  # as in "W1", "weights[0]" or "layer1.W"
        self.known_as: list[list[str]] = []  # all names of each, in full
        self.originals: list[Any] = []  # the learner's own arrays or numbers
        self._elsewhere: list[tuple[Place, int]] = []
        self.placed: list[Any] = []
        self._mutable: list[_Node] = []
        self._seen: dict[int, int] = {}
        self._objects: set[int] = set()
        self.doubtful = False
        self.root = self._walk(parameters, "", is_object(parameters))
        if not self.names and is_object(parameters):
            # No name says that it is a weight: all arrays may be, and those without effect are left out later.
            self.doubtful, self._objects = True, set()
            self.root = self._walk(parameters, "", True)
        if not self.names:
            message = (
                f"{WHERE}: parameters is a {type(parameters).__name__} without arrays; it must be a dict, list or "
                "tuple of arrays, or an object with arrays such as W1 as attributes. "
                "Pass for example {'W1': W1, 'b1': b1}."
            )
            raise ConfigError(message)
        self.names[:] = _short(self.names)
        self.arrays = [np.array(original, dtype=np.float64) for original in self.originals]  # copies
        self.holders = [parameters, *holders_of(functions)]
        self._find_elsewhere(functions)

    # ---- reading the learner's structure --------------------------------------------------------------------------

    def _walk(self, node: Any, name: str, chosen: bool) -> _Node:
        """Return the structure below a node; ``chosen`` says that names decide what is a parameter."""
        if self._is_leaf(node, name):
            return self._leaf(node, name)
        found = _Node(node)
        if isinstance(node, Mapping):
            items = [(key, value, _join(name, _key(key))) for key, value in node.items()]
            found.kept = dict(node)
        elif isinstance(node, (list, tuple)):
            items = [(i, value, _item(name, i)) for i, value in enumerate(node)]
            found.kept = list(node)
        elif is_object(node) and name.count(".") < _DEPTH and id(node) not in self._objects:
            self._objects.add(id(node))
            return self._walk_object(node, name)
        else:
            return found
        if not isinstance(node, tuple):
            self._mutable.append(found)
        found.children = [(key, self._walk(value, below, chosen)) for key, value, below in items]
        return found

    def _walk_object(self, node: Any, name: str) -> _Node:
        attributes = attributes_of(node)
        found = _Node(node, kept={})
        self._mutable.append(found)
        value = next((each for each in _VALUES if isinstance(attributes.get(each), np.ndarray)), None)
        if value is not None and any(each in attributes for each in _SLOPES):
            found.children, found.kept = (
                [(value, self._leaf(attributes[value], name or value))],
                {value: attributes[value]},
            )
            return found
        for attribute, content in attributes.items():
            if not attribute.startswith("__") and self._holds_parameters(attribute, content):
                found.kept[attribute] = content
                found.children.append((attribute, self._walk(content, _join(name, attribute), True)))
        return found

    def _holds_parameters(self, name: str, value: Any) -> bool:
        """Return whether an attribute may be a parameter, or may hold some."""
        if _NOT.search(name):
            return False
        if is_object(value):
            return True
        plain = name.lstrip("_")
        named = _PARAMETER.fullmatch(plain) is not None
        if isinstance(value, np.ndarray):
            return named or self.doubtful
        if isinstance(value, (float, np.floating)):
            return looks_like_bias(plain)
        if isinstance(value, Mapping):
            items = list(value.values())
            keys = [str(_key(key)).lstrip("_") for key in value]
            alike = bool(keys) and all(_PARAMETER.fullmatch(key) and not _NOT.search(key) for key in keys)
            named = _HOLDER.fullmatch(plain) is not None or (alike and len(plain) > 1) or self.doubtful
        elif isinstance(value, (list, tuple)):
            if is_table(value):
                return named and has_fractions(value)
            items = list(value)
            named = named or _HOLDER.fullmatch(plain) is not None or self.doubtful
        else:
            return False
        return bool(items) and (all(map(is_object, items)) or (named and any(map(_has_arrays, items))))

    @staticmethod
    def _is_leaf(node: Any, name: str) -> bool:
        if isinstance(node, np.ndarray):
            return node.dtype.kind in "fiub" and node.size > 0
        if isinstance(node, list):
            return is_table(node) and (bool(name) or isinstance(node[0], list)) and has_fractions(node)
        if isinstance(node, (bool, str)) or not np.isscalar(node):
            return False
        if _SETTING.fullmatch(name.rsplit(".", 1)[-1]):
            return False
        # A whole number may be a size as well, such as the number of layers.
        return isinstance(node, (float, np.floating)) or (isinstance(node, (int, np.integer)) and looks_like_bias(name))

    def _leaf(self, node: Any, name: str) -> _Node:
        if isinstance(node, np.ndarray) and id(node) in self._seen:
            self.known_as[self._seen[id(node)]].append(name)
            return _Node(node, self._seen[id(node)])
        self._seen[id(node)] = len(self.names)
        self.names.append(name or "parameters")
        self.known_as.append([name or "parameters"])
        self.originals.append(node)
        return _Node(node, len(self.names) - 1)

    def _find_elsewhere(self, functions: Sequence[Any]) -> None:
        """Note where else the functions find the same arrays: variables around them, attributes, entries of dicts."""
        arrays = {id(each): i for i, each in enumerate(self.originals) if isinstance(each, np.ndarray)}
        inside = {(id(node.holder), str(key)) for node in self._mutable for key, _ in node.children}
        for name, content in (each for holder in self.holders for each in leaves_of(holder)):
            if id(content) in arrays:
                self.known_as[arrays[id(content)]].append(name)
        for place in (*variables_of(functions), *places_in(self.holders)):
            which = arrays.get(id(place.get()))
            if which is not None and (id(place.holder), str(place.key)) not in inside:
                self._elsewhere.append((place, which))

    # ---- other arrays in it ---------------------------------------------------------------------------------------

    def build(self, arrays: Sequence[np.ndarray]) -> Any:
        """Put other arrays into the learner's own structure, and return it."""
        values = [self.like_original(i, array) for i, array in enumerate(arrays)]
        self.placed = values
        for place, which in self._elsewhere:
            place.set(values[which])
        return _put(self.root, values)

    def like_original(self, which: int, array: np.ndarray) -> Any:
        """Return an array as what the learner has in its place: an array, also with attributes, lists, or a number."""
        original = self.originals[which]
        if isinstance(original, list):
            return array.tolist()
        if not isinstance(original, np.ndarray):
            return float(array)
        return array if type(original) is np.ndarray else array.view(type(original))

    def top(self) -> dict[str, Any]:
        """Return what the structure holds at its top, as it is now, by name."""
        if isinstance(self.root.holder, Mapping):
            return {str(_key(key)): self.root.holder[key] for key, _ in self.root.children}
        if is_object(self.root.holder):
            return {key: getattr(self.root.holder, key) for key, _ in self.root.children}
        return {}

    def restore(self) -> None:
        """Give all containers their own arrays back."""
        for node in self._mutable:
            if isinstance(node.holder, MutableMapping):
                node.holder.clear()
                node.holder.update(node.kept)
            elif isinstance(node.holder, list):
                node.holder[:] = node.kept
            elif not isinstance(node.holder, (Mapping, tuple)):
                for attribute, value in node.kept.items():
                    Place(node.holder, attribute).set(value)
        for place, which in self._elsewhere:
            place.set(self.originals[which])

    def current(self, structure: Any) -> list[np.ndarray]:
        """Return the arrays that are now in a structure that `build` returned, or wherever else they were put."""
        found: list[Any] = [None] * len(self.names)
        _read(self.root, structure, self.placed, found)
        for place, which in self._elsewhere:
            now = place.get()
            if found[which] is self.placed[which] and isinstance(now, np.ndarray):
                found[which] = now
        return [np.array(each, dtype=np.float64) for each in found]

    def read(self, tree: Any) -> list[np.ndarray] | None:
        """Return the arrays of a structure like this one, None if it is another."""
        try:
            found = ParameterTree(tree)
        except ConfigError:
            return None
        return found.arrays if [a.size for a in found.arrays] == [a.size for a in self.arrays] else None

    def leave_out(self, places: Sequence[int]) -> None:
        """Count some arrays as no parameters, such as constants among the attributes; they stay as they are."""
        new = {old: i for i, old in enumerate(i for i in range(len(self.names)) if i not in places)}
        self.names = [self.names[i] for i in new]
        self.known_as = [self.known_as[i] for i in new]
        self.arrays = [self.arrays[i] for i in new]
        self.originals = [self.originals[i] for i in new]
        self._elsewhere = [(place, new[i]) for place, i in self._elsewhere if i in new]
        _renumber(self.root, new)


def _put(node: _Node, values: Sequence[Any]) -> Any:
    """Return a node with other arrays in it: the same container where it can be changed."""
    if node.leaf >= 0:
        return values[node.leaf]
    holder = node.holder
    if not node.children:
        return holder
    new = [(key, _put(child, values)) for key, child in node.children]
    if isinstance(holder, tuple):
        items = [value for _, value in new]
        return type(holder)(*items) if hasattr(holder, "_fields") else tuple(items)
    if isinstance(holder, (MutableMapping, list)):
        if isinstance(holder, list) and len(holder) != len(node.kept):
            holder[:] = node.kept
        for key, value in new:
            holder[key] = value
        return holder
    if isinstance(holder, Mapping):
        return dict(new)
    for key, value in new:
        Place(holder, key).set(value)
    return holder


def _read(node: _Node, now: Any, placed: Sequence[Any], found: list[Any]) -> None:
    """Set what is in the places of the parameters now; of two places for one array, that which was changed counts."""
    if node.leaf >= 0 and (found[node.leaf] is None or now is not placed[node.leaf]):
        found[node.leaf] = now
    for key, child in node.children:
        _read(child, now[key] if isinstance(now, (Mapping, list, tuple)) else getattr(now, key), placed, found)


def _renumber(node: _Node, new: Mapping[int, int]) -> None:
    node.children = [(key, child) for key, child in node.children if child.leaf < 0 or child.leaf in new]
    for _, child in node.children:
        if child.leaf >= 0:
            child.leaf = new[child.leaf]
        else:
            _renumber(child, new)


def _has_arrays(node: Any) -> bool:
    if isinstance(node, (Mapping, list, tuple)):
        return any(map(_has_arrays, node.values() if isinstance(node, Mapping) else node))
    return isinstance(node, np.ndarray) or is_object(node)


def _short(names: Sequence[str]) -> list[str]:
    """Return names without what all of them begin with, as in "params.W1"."""
    heads = {name.split(".", 1)[0] for name in names}
    shared = len(heads) == 1 and all("." in name for name in names) and not next(iter(heads)).endswith("]")
    return [name.split(".", 1)[1] for name in names] if shared else list(names)


def _join(name: str, part: object) -> str:
    return f"{name}.{part}" if name else str(part)


def _key(key: Any) -> Any:
    """Return a key as text; (1, "W") and ("W", 1) are W1."""
    if isinstance(key, tuple):
        return "".join(sorted(map(str, key), key=str.isdigit))
    return key


def _item(name: str, i: int) -> str:
    return f"{name or 'parameters'}[{i}]"
