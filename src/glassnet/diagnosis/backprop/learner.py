"""Calls a learner's functions, whichever arguments they take and whatever they return."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.parameter_tree import ParameterTree, align_gradients
from glassnet.errors import ConfigError, ShapeError

__all__ = ["Found", "Learner"]

WHERE = "check_my_backprop"

# What people call the arguments, in small letters and without underscores.
_ROLES = {
    "X": "x xs inputs input features data samples xbatch xtrain a0",
    "y": "y ys ytrue target targets labels label t truth ybatch ytrain actual expected",
    "predictions": "yhat ypred predictions prediction pred preds probs probabilities output outputs out al "
    "finaloutput logits scores yproba yhats",
    "parameters": "parameters params param theta model net network layers weightsandbiases",
    "cache": "cache caches memory memo saved store forwardcache ctx context intermediates",
}
_SYNONYMS = {word: role for role, words in _ROLES.items() for word in words.split()}
_ORDERS = {
    "forward": {1: ["X"], 2: ["X", "parameters"], 3: ["X", "parameters", "y"]},
    "loss": {1: ["predictions"], 2: ["predictions", "y"], 3: ["predictions", "y", "parameters"]},
    "gradients": {1: ["y"], 2: ["X", "y"], 3: ["X", "y", "parameters"], 4: ["parameters", "cache", "X", "y"]},
}


class Found:
    """What one call of a learner's gradients did: the gradients, and what it left behind.

    Attributes
    ----------
    gradients : list of arrays, or None where there is none
        In the order of the parameters.
    parameters_after : list of arrays
        The parameters after the call.
    predictions : array
        What forward answered before.
    changed : set of str
        ``"X"``, ``"y"``, ``"cache"``, if the call changed their numbers in place.
    shared : list of int
        Which gradients are the memory of a parameter.
    """

    def __init__(self) -> None:
        self.gradients: list[np.ndarray | None] = []
        self.parameters_after: list[np.ndarray] = []
        self.predictions = np.empty(0)
        self.changed: set[str] = set()
        self.shared: list[int] = []


class Learner:
    """A learner's forward, loss and gradients as functions of a list of arrays, X and y.

    Every call gets copies, so that what one call changes cannot disturb the next.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        loss: Callable[..., Any],
        gradients: Callable[..., Any],
        tree: ParameterTree,
        learning_rate: float | None,
    ) -> None:
        for name, function in (("forward", forward), ("loss", loss), ("gradients", gradients)):
            if not callable(function):
                message = f"{WHERE}: {name} must be a function, got {type(function).__name__}. Pass it without ()."
                raise ConfigError(message)
        self.forward, self.loss_function, self.gradient_function = forward, loss, gradients
        self.tree, self.learning_rate = tree, learning_rate
        functions = {"forward": forward, "loss": loss, "gradients": gradients}
        # Looked up once: a signature costs more than a small network's pass.
        self._required = {name: _required(function) for name, function in functions.items()}
        self._kinds = {name: {each.kind for each in _parameters(function)} for name, function in functions.items()}
        asked = [_SYNONYMS.get(each.name.replace("_", "").lower(), "") for each in self._required["gradients"]]
        self._takes_cache = "cache" in asked or (len(asked) == 4 and not any(asked))
        self.loss_reads = self._roles("loss")
        self._name_by_forward()

    def _name_by_forward(self) -> None:
        """Take names for parameters in a tuple from a forward that takes them one by one."""
        names = [each.name for each in self._required["forward"]]
        if len(names) == 1 + len(self.tree.names) and all(n.startswith("parameters[") for n in self.tree.names):
            self.tree.names[:] = names[1:]

    def _roles(self, name: str) -> list[str]:
        required = [each.name for each in self._required[name]]
        known = [_SYNONYMS.get(each.replace("_", "").lower(), "") for each in required]
        free = [role for role in _ORDERS[name].get(len(required), _ORDERS[name][3]) if role not in known]
        return [role or (free.pop(0) if free else "") for role in known]

    def predict(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> tuple[np.ndarray, Any]:
        """Return the predictions, and all that forward returned."""
        result, _ = self._forward(self._state(arrays, X, y))
        return result

    def _state(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> dict[str, Any]:
        leaves = [np.array(array) for array in arrays]
        return {"leaves": leaves, "parameters": self.tree.build(leaves), "X": X.copy(), "y": y.copy()}

    def _forward(self, state: dict[str, Any]) -> tuple[tuple[np.ndarray, Any], Any]:
        result = self._call("forward", self.forward, state)
        predictions, cache = _split(result, state["y"], self._takes_cache)
        state.update(predictions=predictions, cache=cache, result=result)
        return (predictions, cache), result

    def forward_changes(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: np.ndarray) -> set[str]:
        """Return which of X and y forward changes in place."""
        state = self._state(arrays, X, y)
        self._forward(state)
        return {name for name, old in (("X", X), ("y", y)) if not np.array_equal(state[name], old)}

    def loss(self, predictions: np.ndarray, y: Any, arrays: Sequence[np.ndarray], X: np.ndarray) -> float:
        """Return the loss of predictions; the parameters count where the loss has a penalty on them."""
        state = self._state(arrays, X, y) | {"predictions": predictions.copy()}
        return self._number(self._call("loss", self.loss_function, state))

    def loss_at(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> float:
        """Return the loss at other parameters."""
        state = self._state(arrays, X, y)
        self._forward(state)
        return self._number(self._call("loss", self.loss_function, state))

    @staticmethod
    def _number(value: Any) -> float:
        array = np.asarray(value)
        if array.size != 1 or array.dtype.kind not in "fiu":
            got = f"shape {array.shape}" if array.dtype.kind in "fiu" else type(value).__name__
            message = f"{WHERE}: loss must return one number, got {got}. Take the mean over the samples."
            raise ShapeError(message)
        return float(array.reshape(()))

    def find(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> Found:
        """Run forward, then gradients, and look at what they returned and changed."""
        state = self._state(arrays, X, y)
        self._forward(state)
        given = {name: state[name].copy() for name in ("X", "y")}
        found = Found()
        found.predictions = np.array(state["predictions"], dtype=np.float64)
        before = copy.deepcopy(state["result"])
        returned = self._call("gradients", self.gradient_function, state)
        after = self.tree.read(state["parameters"]) or list(state["leaves"])
        found.parameters_after = [np.array(a).reshape(b.shape) for a, b in zip(after, arrays, strict=True)]
        if self.learning_rate is not None:
            stepped = self.tree.read(returned) if returned is not None else found.parameters_after
            if stepped is None:
                message = (
                    f"{WHERE}: with learning_rate, gradients must be a step that returns the new parameters or changes "
                    "them in place, got something else. Leave learning_rate out if it returns gradients."
                )
                raise ConfigError(message)
            found.gradients = [
                (a - b.reshape(a.shape)) / self.learning_rate for a, b in zip(arrays, stepped, strict=True)
            ]
            found.parameters_after = [array.copy() for array in arrays]
        else:
            aligned = align_gradients(_without_loss(returned), self.tree)
            found.shared = [
                i
                for i, g in enumerate(aligned)
                if g is not None and any(np.shares_memory(g, a) for a in state["leaves"])
            ]
            found.gradients = [None if g is None else np.array(g, dtype=np.float64) for g in aligned]
        found.changed = {name for name, old in given.items() if not np.array_equal(state[name], old)}
        if not _same(before, state["result"]):
            found.changed.add("cache")
        return found

    def _call(self, name: str, function: Callable[..., Any], state: dict[str, Any]) -> Any:
        args, kwargs = self._arguments(name, state)
        try:
            with np.errstate(all="ignore"):
                return function(*args, **kwargs)
        except Exception as error:
            known = ", ".join(_ORDERS[name][4 if name == "gradients" else 2])
            asked = ", ".join(each.name for each in self._required[name]) or "..."
            message = (
                f"{WHERE}: {name}({asked}) must run on X of shape {state['X'].shape} and y of shape "
                f"{state['y'].shape}, got {type(error).__name__}: {str(error).rstrip('.')}. If its arguments came in "
                f"another order, wrap it: {name}=lambda {known}: ..."
            )
            raise ConfigError(message) from error

    def _arguments(self, name: str, state: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Bind arguments by name where the name tells, and by position where it does not."""
        leaves = dict(zip(self.tree.names, self._leaf_values(state), strict=True))
        required, kinds = self._required[name], self._kinds[name]
        if name == "forward" and inspect.Parameter.VAR_POSITIONAL in kinds and len(required) == 1:
            return [state["X"], *leaves.values()], {}
        if name == "forward" and inspect.Parameter.VAR_KEYWORD in kinds and len(required) == 1:
            return [state["X"]], dict(state["parameters"])
        values = {each.name: self._value(each.name, state, leaves) for each in required}
        used = {role for role, _ in values.values() if role}
        open_names = [each.name for each in required if not values[each.name][0]]
        chosen = self._fill(name, open_names, len(required), used, state, leaves)
        args = [values[each.name][1] if values[each.name][0] else chosen[each.name] for each in required]
        return args, {}

    def _leaf_values(self, state: dict[str, Any]) -> list[Any]:
        return [
            leaf if isinstance(original, np.ndarray) else float(leaf)
            for leaf, original in zip(state["leaves"], self.tree.originals, strict=True)
        ]

    @staticmethod
    def _value(name: str, state: dict[str, Any], leaves: Mapping[str, Any]) -> tuple[str, Any]:
        if name in leaves:
            return name, leaves[name]
        cache = state.get("cache")
        if isinstance(cache, Mapping) and name in cache:
            return name, cache[name]
        role = _SYNONYMS.get(name.replace("_", "").lower(), "")
        return (role, state[role]) if role in state else ("", None)

    @staticmethod
    def _fill(
        name: str, names: list[str], count: int, used: set[str], state: dict[str, Any], leaves: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return values for the arguments whose names say nothing, in the order that the docstring promises."""
        result = state.get("result")
        pieces = list(result) if isinstance(result, tuple) and all(isinstance(p, np.ndarray) for p in result) else []
        if "predictions" in used:
            pieces = [piece for piece in pieces if piece is not state["predictions"]]
        if name == "gradients" and pieces and len(names) == len(pieces) and ("X" in used or "y" in used):
            return dict(zip(names, pieces, strict=True))
        if name == "forward" and len(names) == len(leaves) > 1 and "X" in used:
            return dict(zip(names, leaves.values(), strict=True))
        order = [role for role in _ORDERS[name].get(count, []) if role not in used and role in state]
        rest = [role for role in ("parameters", "cache", "X", "y", "predictions") if role not in used | set(order)]
        order += [role for role in rest if role in state]
        if len(order) < len(names):
            must = f"{name} must take at most what is known: {', '.join([*leaves, 'X', 'y', 'parameters', 'cache'])}"
            message = f"{WHERE}: {must}, got {', '.join(names)}. Wrap it in a lambda that takes fewer."
            raise ConfigError(message)
        return {each: state[role] for each, role in zip(names, order, strict=False)}


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _required(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the arguments that must be given, and those with a default that name something we have."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = [each for each in _parameters(function) if each.kind in positional]
    needed = [each.default is inspect.Parameter.empty for each in found]
    named = [each.default is None and each.name.replace("_", "").lower() in _SYNONYMS for each in found]
    last = max((i for i, (a, b) in enumerate(zip(needed, named, strict=True)) if a or b), default=-1)
    return found[: last + 1]


def _split(result: Any, y: np.ndarray, takes_cache: bool) -> tuple[np.ndarray, Any]:
    """Return predictions and cache, from whatever forward returned.

    Of two arrays, the first is the predictions where gradients asks for a cache; where it asks for the arrays
    themselves, as in the tutorial, the one that looks like y, or the last.
    """
    if isinstance(result, np.ndarray) or np.isscalar(result):
        return np.asarray(result), result
    if isinstance(result, Mapping):
        fits = [value for value in result.values() if isinstance(value, np.ndarray) and value.shape == y.shape]
        named = [v for k, v in result.items() if _SYNONYMS.get(str(k).replace("_", "").lower()) == "predictions"]
        numbered = sorted(
            (k for k in result if str(k)[:1] in "Aa" and str(k)[1:].isdigit()), key=lambda k: int(str(k)[1:])
        )
        found = named or ([result[numbered[-1]]] if numbered else []) or fits[-1:]
        if found:
            return np.asarray(found[0]), result
    if isinstance(result, (tuple, list)) and len(result):
        arrays = [isinstance(piece, np.ndarray) for piece in result]
        if isinstance(result, tuple) and len(result) == 2 and arrays[0] != arrays[1]:
            return np.asarray(result[arrays.index(True)]), result[arrays.index(False)]
        if arrays[0] and not all(arrays):
            return np.asarray(result[0]), result[1:]
        fits = [piece for piece in result if isinstance(piece, np.ndarray) and piece.shape == y.shape]
        if all(arrays):
            first = takes_cache and len(result) == 2 and isinstance(result, tuple)
            chosen = fits[0] if len(fits) == 1 else result[0] if first else result[-1]
            return np.asarray(chosen), result[1] if first and chosen is result[0] else result
    message = (
        f"{WHERE}: forward must return predictions, or (predictions, cache), got {type(result).__name__}. "
        "Wrap it in a lambda that returns the predictions first."
    )
    raise ConfigError(message)


def _without_loss(returned: Any) -> Any:
    """Return the gradients of a function that returns the loss in front of them."""
    pair = isinstance(returned, tuple) and len(returned) == 2
    if pair and np.isscalar(returned[0]) and isinstance(returned[1], (Mapping, list, tuple)):
        return returned[1]
    return returned


def _same(before: Any, after: Any) -> bool:
    """Return whether two structures hold the same numbers."""
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, Mapping):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(_same, before, after))
    return True
