"""Calls a learner's functions, whichever arguments they take and whatever they return."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.parameter_tree import ParameterTree, align_gradients
from glassnet.errors import ConfigError, ShapeError

__all__ = ["GradientCall", "Learner"]

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


@dataclass
class GradientCall:
    """What one call of a learner's gradients returned, and what it changed."""

    gradients: list[np.ndarray | None] = field(default_factory=list)  # in the order of the parameters
    parameters_after: list[np.ndarray] = field(default_factory=list)
    predictions: np.ndarray = field(default_factory=lambda: np.empty(0))  # of the call of forward before
    changed: set[str] = field(default_factory=set)  # "X", "y", "cache", if the call changed their numbers in place
    shared: list[int] = field(default_factory=list)  # which gradients are the memory of a parameter


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
        self._functions = {"forward": forward, "loss": loss, "gradients": gradients}
        for name, function in self._functions.items():
            if not callable(function):
                message = f"{WHERE}: {name} must be a function, got {type(function).__name__}. Pass it without ()."
                raise ConfigError(message)
        self.tree, self.learning_rate = tree, learning_rate
        # Read once: a signature costs more than a small network's pass.
        self._required = {name: _required(function) for name, function in self._functions.items()}
        self._forward_kinds = {each.kind for each in _parameters(forward)}
        asked = [_role(each.name) for each in self._required["gradients"]]
        self._takes_cache = "cache" in asked or (len(asked) == 4 and not any(asked))
        self.loss_reads = self._roles("loss")
        self._name_by_forward()

    def _name_by_forward(self) -> None:
        """Take names for parameters in a tuple from a forward that takes them one by one."""
        names = [each.name for each in self._required["forward"]]
        if len(names) == 1 + len(self.tree.names) and all(n.startswith("parameters[") for n in self.tree.names):
            self.tree.names[:] = names[1:]

    def _roles(self, name: str) -> list[str]:
        known = [_role(each.name) for each in self._required[name]]
        free = [role for role in _ORDERS[name].get(len(known), _ORDERS[name][3]) if role not in known]
        return [role or (free.pop(0) if free else "") for role in known]

    def predict(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> tuple[np.ndarray, Any]:
        """Return the predictions, and all that forward returned."""
        state = self._state(arrays, X, y)
        self._forward(state)
        return state["predictions"], state["cache"]

    def _state(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> dict[str, Any]:
        leaves = [np.array(array) for array in arrays]
        return {"leaves": leaves, "parameters": self.tree.build(leaves), "X": X.copy(), "y": y.copy()}

    def _forward(self, state: dict[str, Any]) -> None:
        """Add to the state what forward returns."""
        result = self._call("forward", state)
        predictions, cache = _split(result, state["y"], self._takes_cache)
        state.update(predictions=predictions, cache=cache, result=result)

    def forward_changes(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: np.ndarray) -> set[str]:
        """Return which of X and y forward changes in place."""
        state = self._state(arrays, X, y)
        self._forward(state)
        return {name for name, old in (("X", X), ("y", y)) if not np.array_equal(state[name], old)}

    def loss(self, predictions: np.ndarray, y: Any, arrays: Sequence[np.ndarray], X: np.ndarray) -> float:
        """Return the loss of predictions; the parameters count where the loss has a penalty on them."""
        state = self._state(arrays, X, y) | {"predictions": predictions.copy()}
        return _number(self._call("loss", state))

    def loss_at(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> float:
        """Return the loss at other parameters."""
        state = self._state(arrays, X, y)
        self._forward(state)
        return _number(self._call("loss", state))

    def find(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> GradientCall:
        """Run forward, then gradients, and return what the latter returned and changed."""
        state = self._state(arrays, X, y)
        self._forward(state)
        before = copy.deepcopy({"X": state["X"], "y": state["y"], "cache": state["result"]})
        found = GradientCall(predictions=np.array(state["predictions"], dtype=np.float64))
        returned = self._call("gradients", state)
        after = self.tree.read(state["parameters"]) or list(state["leaves"])
        found.parameters_after = [np.array(a).reshape(b.shape) for a, b in zip(after, arrays, strict=True)]
        if self.learning_rate is None:
            aligned = align_gradients(_without_loss(returned), self.tree)
            shares = [any(g is not None and np.shares_memory(g, a) for a in state["leaves"]) for g in aligned]
            found.shared = [i for i, is_shared in enumerate(shares) if is_shared]
            found.gradients = [None if g is None else np.array(g, dtype=np.float64) for g in aligned]
        else:
            found.gradients = self._gradients_of_step(arrays, returned, found.parameters_after)
            found.parameters_after = [array.copy() for array in arrays]
        now = {"X": state["X"], "y": state["y"], "cache": state["result"]}
        found.changed = {name for name, old in before.items() if not _same(old, now[name])}
        return found

    def _gradients_of_step(
        self, before: Sequence[np.ndarray], returned: Any, after: list[np.ndarray]
    ) -> list[np.ndarray | None]:
        """Return what a step of gradient descent subtracted, divided by the learning rate."""
        stepped = after if returned is None else self.tree.read(returned)
        if stepped is None:
            message = (
                f"{WHERE}: with learning_rate, gradients must be a step that returns the new parameters or changes "
                "them in place, got something else. Leave learning_rate out if it returns gradients."
            )
            raise ConfigError(message)
        assert self.learning_rate is not None
        return [(a - b.reshape(a.shape)) / self.learning_rate for a, b in zip(before, stepped, strict=True)]

    def _call(self, name: str, state: dict[str, Any]) -> Any:
        args, kwargs = self._arguments(name, state)
        try:
            with np.errstate(all="ignore"):
                return self._functions[name](*args, **kwargs)
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
        """Return positional and named arguments: by name where a name is known, by position where it is not."""
        parts = zip(self.tree.names, self.tree.originals, state["leaves"], strict=True)
        leaves = {each: leaf if isinstance(old, np.ndarray) else float(leaf) for each, old, leaf in parts}
        required = [each.name for each in self._required[name]]
        if name == "forward" and len(required) == 1:
            if inspect.Parameter.VAR_POSITIONAL in self._forward_kinds:
                return [state["X"], *leaves.values()], {}
            if inspect.Parameter.VAR_KEYWORD in self._forward_kinds:
                return [state["X"]], dict(state["parameters"])
        found = {each: self._value(each, state, leaves) for each in required}
        values = {each: value for each, (role, value) in found.items() if role}
        used = {role for role, _ in found.values() if role}
        rest = [each for each in required if each not in values]
        values |= self._fill(name, rest, len(required), used, state, leaves)
        return [values[each] for each in required], {}

    @staticmethod
    def _value(name: str, state: dict[str, Any], leaves: Mapping[str, Any]) -> tuple[str, Any]:
        if name in leaves:
            return name, leaves[name]
        cache = state.get("cache")
        if isinstance(cache, Mapping) and name in cache:
            return name, cache[name]
        role = _role(name)
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


def _role(name: str) -> str:
    """Return what an argument of this name stands for, one of `_ROLES`; "" if the name does not say."""
    return _SYNONYMS.get(name.replace("_", "").lower(), "")


def _number(value: Any) -> float:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        got = f"shape {array.shape}" if array.dtype.kind in "fiu" else type(value).__name__
        message = f"{WHERE}: loss must return one number, got {got}. Take the mean over the samples."
        raise ShapeError(message)
    return float(array.reshape(()))


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _required(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the arguments that must be given, and those with the default None whose name says what they are."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = [each for each in _parameters(function) if each.kind in positional]
    empty = inspect.Parameter.empty
    needed = [each.default is empty or (each.default is None and bool(_role(each.name))) for each in found]
    return found[: max((i + 1 for i, is_needed in enumerate(needed) if is_needed), default=0)]


def _split(result: Any, y: np.ndarray, takes_cache: bool) -> tuple[np.ndarray, Any]:
    """Return predictions and cache, from whatever forward returned.

    Of two arrays, the first is the predictions where gradients asks for a cache; where it asks for the arrays
    themselves, as in the tutorial, the one that looks like y, or the last.
    """
    if isinstance(result, np.ndarray) or np.isscalar(result):
        return np.asarray(result), result
    if isinstance(result, Mapping):
        fits = [value for value in result.values() if isinstance(value, np.ndarray) and value.shape == y.shape]
        named = [value for key, value in result.items() if _role(str(key)) == "predictions"]
        numbered = {int(str(k)[1:]): v for k, v in result.items() if str(k)[:1] in "Aa" and str(k)[1:].isdigit()}
        found = named or [numbered[i] for i in sorted(numbered)[-1:]] or fits[-1:]
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
