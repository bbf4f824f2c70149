"""Which of the arrays that a learner's forward returns, or leaves in an object, may be the predictions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.arguments import role_of
from glassnet.diagnosis.backprop.surroundings import attributes_of, is_object

__all__ = ["Candidate", "candidates", "likelihood", "rest_of", "take"]

_DEPTH = 3
_ORDINALS = ("1st", "2nd", "3rd")
Path = tuple[tuple[str, Any], ...]


class Candidate(NamedTuple):
    """One array that may be the predictions: how to get to it, and in words."""

    path: Path
    words: str
    held: bool = False  # by an object, not returned


def candidates(result: Any, objects: Sequence[Any]) -> list[Candidate]:
    """Return the arrays that may be the predictions: those that were returned, else those that objects hold."""
    found = [(Candidate(path, _words(path, result)), value) for path, value in _arrays(result, ())]
    if not found:
        for i, each in enumerate(objects):
            for path, value in _arrays(each, (("object", i),)) if is_object(each) else ():
                found.append((Candidate(path, f"{path[-1][1]!r} of {type(each).__name__}", True), value))
    ids = [id(value) for _, value in found]
    return [each for i, (each, _) in enumerate(found) if ids[i] not in ids[:i]]


def likelihood(candidate: Candidate, value: Any, y: np.ndarray, result: Any) -> tuple[float, ...]:
    """Return the evidence that an array is the predictions, the strongest first."""
    array, path = np.asarray(value, dtype=np.float64), candidate.path
    names = [key for kind, key in path if kind in ("key", "attribute")]
    named = bool(names) and role_of(str(names[-1])) == "predictions"
    numbered = re.fullmatch(r"[Aa]_?(\d+)", str(names[-1])) if names else None
    rows = array.shape[:1] == y.shape[:1] or array.shape[-1:] == y.shape[-1:]
    shaped = array.shape == y.shape or (array.size == y.size and rows)
    first = bool(path) and path[0] == ("item", 0)
    last = bool(path) and isinstance(result, (tuple, list)) and path[0] == ("item", len(result) - 1)
    number = float(numbered.group(1)) if numbered else -1.0
    return (shaped, named, rows, -len(path), number, first and len(result) == 2, last)


def take(result: Any, candidate: Candidate, objects: Sequence[Any]) -> Any:
    """Return the array that a candidate stands for, from another call's result."""
    for kind, key in candidate.path:
        holder = objects if kind == "object" else result
        result = getattr(holder, key) if kind == "attribute" else holder[key]
    return result


def rest_of(result: Any, candidate: Candidate) -> Any:
    """Return what was returned beside the predictions: the cache, where forward returns (predictions, cache)."""
    if not candidate.path or candidate.held or not isinstance(result, (tuple, list)):
        return result
    first = candidate.path[0][1]
    others = [piece for i, piece in enumerate(result) if i != first]
    return others[0] if len(others) == 1 else type(result)(others) if type(result) in (tuple, list) else others


def _arrays(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the arrays and numbers within something, with the way to each."""
    if isinstance(node, np.ndarray):
        if node.dtype.kind in "fiub" and node.size:
            yield path, node
        return
    if isinstance(node, (float, np.floating)) and not path[1:]:
        yield path, node
    if len(path) > _DEPTH or isinstance(node, str):
        return
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _arrays(value, (*path, ("key", key)))
    elif isinstance(node, (list, tuple)):
        if _is_list_of_numbers(node):
            yield path, node
            return
        for i, value in enumerate(node):
            yield from _arrays(value, (*path, ("item", i)))
    elif is_object(node):
        for name, value in attributes_of(node).items():
            yield from _arrays(value, (*path, ("attribute", name)))


def _is_list_of_numbers(node: Any) -> bool:
    if isinstance(node, (list, tuple)) and len(node):
        return all(map(_is_list_of_numbers, node)) if isinstance(node[0], (list, tuple)) else _numbers(node)
    return False


def _numbers(node: Any) -> bool:
    return all(isinstance(each, (int, float, np.number)) for each in node)


def _words(path: Path, result: Any) -> str:
    """Return the way to an array in words; "" for the only thing that forward returns."""
    if not path:
        return ""
    kind, key = path[0]
    if len(path) == 1 and kind == "item":
        if len([1 for piece in result if isinstance(piece, np.ndarray)]) == 1:
            return ""
        place = _ORDINALS[key] if key < len(_ORDINALS) else f"{key + 1}th"
        return f"{place} array that forward returns" if len(result) > 1 else ""
    if len(path) == 1:
        return repr(key)
    parts = [f"[{key!r}]" if kind != "attribute" else f".{key}" for kind, key in path]
    return f"result{''.join(parts)} of forward"
