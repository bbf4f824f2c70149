"""Which of the arrays that a learner's backward returns, or leaves behind, is the gradient of which parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, ValuesView
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.parameter_tree import ParameterTree
from glassnet.diagnosis.backprop.surroundings import leaves_of
from glassnet.errors import ConfigError, ShapeError

__all__ = ["align_gradients", "gradients_left_behind"]

WHERE = "check_my_backprop"
_BEFORE = re.compile(
    r"(d[LJCE]_?d_?|dloss_?d?_?|dcost_?d?_?|gradients?_?(of_)?|grads?_?|nabla_?|delta_?|partial_?|del_?|d_?|g_?|∂)(.+)"
)
_AFTER = re.compile(r"(.+?)_?(gradients?|grads?|delta|updates?|_d)")
_GRADIENTS = {"grad", "grads", "gradient", "gradients", "g", "nabla", "derivatives", "slopes", "dparams", "d"}
_ON_ARRAYS = ("grad", "g", "gradient", "d")  # attributes of arrays of the learner's own class
_PARAMETERS = {"params", "param", "parameters", "data", "value", "val", "v"}

Leaf = tuple[str, np.ndarray]


def align_gradients(returned: Any, tree: ParameterTree) -> list[np.ndarray | None]:
    """Return one gradient for each parameter, in their order, None where the learner has none.

    Dicts go by name (``dW1``, ``d_W1``, ``grad_W1``, ``W1_grad``, ``W1``), sequences by position. Numbers such as the
    loss, in front of the gradients or behind them, are left out, and so are arrays of other shapes.

    Raises
    ------
    ConfigError, ShapeError
        If it is not clear which gradient belongs to which parameter.
    """
    if isinstance(returned, (ValuesView, Iterator)):
        returned = list(returned)
    returned = _without_numbers(returned, tree)
    leaves = list(leaves_of(returned, into_objects=False))
    if isinstance(returned, Mapping):
        found = _by_names(leaves, tree)
        if any(value is not None for value in found):
            return found
    if len(leaves) == 1 and leaves[0][1].size == len(tree.names) and all(a.size == 1 for a in tree.arrays):
        leaves = [(f"[{i}]", value) for i, value in enumerate(leaves[0][1].ravel())]
    if len(leaves) > len(tree.names):
        leaves = _in_a_row(leaves, tree) or leaves
    if len(leaves) == len(tree.names):
        return _in_order([value for _, value in leaves], tree)
    message = (
        f"{WHERE}: gradients returned {', '.join(name for name, _ in leaves[:20]) or 'no array'}; it must return one "
        f"array for each of {', '.join(tree.names)}. "
        "Return a dict with the same keys (or dW1 for W1), or a list in the order of the parameters; "
        "if it takes a whole step, pass learning_rate=."
    )
    raise ConfigError(message)


def gradients_left_behind(tree: ParameterTree, placed: Sequence[Any]) -> list[np.ndarray | None]:
    """Return the gradients that objects have as attributes, or dicts of theirs as entries, after a backward."""
    beside = [next((getattr(each, n) for n in _ON_ARRAYS if hasattr(each, n)), None) for each in placed]
    if any(each is not None for each in beside):
        return [None if each is None else np.asarray(each) for each in beside]
    own = {id(each) for each in placed}
    leaves: list[Leaf] = []
    seen: set[int] = set()
    for holder in tree.holders:
        for name, value in leaves_of(holder, "", seen):
            if id(value) not in own:
                leaves.append((name, value))
    return _by_names(leaves, tree, plain=False)


def _without_numbers(returned: Any, tree: ParameterTree) -> Any:
    """Return the gradients of a function that returns the loss, an accuracy, or both, with them."""
    if not isinstance(returned, (tuple, list)):
        return returned
    if all(array.size == 1 for array in tree.arrays):
        # Here the gradients are numbers as well: only what stands beside all of them is something else.
        whole = [piece for piece in returned if np.ndim(piece) or isinstance(piece, (Mapping, list, tuple))]
        return whole[0] if len(whole) == 1 and np.size(list(whole[0])) == len(tree.names) else returned
    numbers = sum(array.size == 1 for array in tree.arrays)
    if len(returned) == len(tree.names) and sum(map(_is_number, returned)) <= numbers:
        return returned
    left = [piece for piece in returned if not _is_number(piece)]
    containers = [piece for piece in left if isinstance(piece, (Mapping, list, tuple))]
    if len(containers) == 1 and (isinstance(containers[0], Mapping) or len(left) == 1):
        return containers[0]
    return returned if numbers else left


def _is_number(piece: Any) -> bool:
    """Return whether a piece of an answer is a single number, or nothing."""
    if isinstance(piece, np.ndarray):
        return piece.ndim == 0
    return piece is None or isinstance(piece, (int, float, np.generic))


# ---- by name ---------------------------------------------------------------------------------------------------------


def _by_names(leaves: list[Leaf], tree: ParameterTree, *, plain: bool = True) -> list[np.ndarray | None]:
    """Return the gradient of each parameter by its name, what is called a gradient first."""
    found: list[np.ndarray | None] = [None] * len(tree.names)
    stems = _stems(tree, with_other_names=not plain)
    marked = [(_marked(name), value) for name, value in leaves]
    bare = [({_stem(name)}, value) for name, value in leaves] if plain else []
    for readings in (marked, bare):
        for fold in (str, str.lower, _short_word):
            for i, own in enumerate(stems):
                if found[i] is None:
                    called = {fold(each) for each in own}
                    fits = [value for names, value in readings if called & {fold(each) for each in names}]
                    sized = [value for value in fits if value.size == tree.arrays[i].size]
                    found[i] = next(iter(sized or fits), None)
    if plain and any(each is None for each in found) and any(each is not None for each in found):
        taken = {id(each) for each in found}
        left = [value for _, value in leaves if id(value) not in taken]
        for i in (i for i, each in enumerate(found) if each is None):
            fits = [value for value in left if value.shape == tree.arrays[i].shape]
            wanted = [
                a
                for a, each in zip(tree.arrays, found, strict=True)
                if each is None and a.shape == tree.arrays[i].shape
            ]
            if len(fits) == len(wanted) == 1:
                found[i] = fits[0]
    return found


def _stems(tree: ParameterTree, *, with_other_names: bool) -> list[set[str]]:
    """Return what each parameter may be called, where that is not what another is called."""
    own = [_stem(name) for name in tree.names]
    others = [{_stem(each) for each in names if with_other_names} - set(own) for names in tree.known_as]
    return [{name, *more} for name, more in zip(own, others, strict=True)]


def _short_word(stem: str) -> str:
    """Return a name with w for weights and b for biases: self.weights and grad_w are compared in this form."""
    stem = re.sub(r"(weights|weight|kernel|ws)(?=\d|$)", "w", stem.lower())
    return re.sub(r"(biases|bias|bs)(?=\d|$)", "b", stem)


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[.\[\]\s(),']+", name) if part]


def _stem(name: str) -> str:
    """Return the distinctive part of a parameter's name, as in "W1" for "params.W_1"."""
    parts = _parts(name)
    kept = [part for part in parts if part.lower() not in _PARAMETERS] or parts
    return re.sub("_", "", "/".join(kept)).replace("/", "")


def _marked(name: str) -> set[str]:
    """Return the parameters whose gradient a name may mean: without one mark of a gradient.

    Examples
    --------
    >>> sorted(_marked("grads.W1")), sorted(_marked("dW_1"))
    (['W1'], ['W1'])
    """
    parts = _parts(name)
    found = set()
    for i, part in enumerate(parts):
        rest = [*parts[:i], *parts[i + 1 :]]
        if part.lower().strip("_") in _GRADIENTS and rest:
            found.add(_stem(".".join(rest)))
            inner = [re.sub(r"^d_?", "", each) for each in rest]
            found.add(_stem(".".join(inner)))
            continue
        for pattern, group in ((_BEFORE, 3), (_AFTER, 1)):
            match = pattern.fullmatch(part)
            if match:
                found.add(_stem(".".join([*parts[:i], match.group(group), *parts[i + 1 :]])))
    return found


# ---- in order --------------------------------------------------------------------------------------------------------


def _in_a_row(leaves: list[Leaf], tree: ParameterTree) -> list[Leaf] | None:
    """Return as many arrays as there are parameters, one after the other, whose sizes fit; None if there are none."""
    count = len(tree.names)
    for first in range(len(leaves) - count + 1):
        chosen = leaves[first : first + count]
        if all(value.size == array.size for (_, value), array in zip(chosen, tree.arrays, strict=True)):
            return chosen
    return None


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
                f"{WHERE}: gradients returned shapes {got}; they must come in the order of the parameters, {must}. "
                "Return them in that order, or as a dict with the same keys."
            )
            raise ShapeError(message)
    return found
