"""Calls a learner's functions, whichever arguments they take and whatever they return."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.answers import is_unchanged, single_number
from glassnet.diagnosis.backprop.arguments import (
    EACH_BY_NAME,
    assignments,
    is_likely_loss,
    losses_against_names,
    returned_names,
    role_of,
    signature_of,
)
from glassnet.diagnosis.backprop.gradient_names import align_gradients, gradients_left_behind
from glassnet.diagnosis.backprop.layouts import Layout
from glassnet.diagnosis.backprop.parameter_tree import ParameterTree
from glassnet.diagnosis.backprop.predictions import Candidate, rest_of, take
from glassnet.diagnosis.backprop.randomness import Randomness
from glassnet.errors import ConfigError, GlassnetError

__all__ = ["Convention", "GradientCall", "Learner"]

WHERE = "check_my_backprop"
_PENALTY = 0.1  # for an argument such as lambda_: any number will do that loss and gradients share
_STEP = 1e-5
_WITHOUT_FORWARD = {"predictions", "y", "parameters", "X", "penalty", "count"}
State = dict[str, Any]


@dataclass
class GradientCall:
    """What one call of a learner's gradients returned, and what it changed."""

    gradients: list[np.ndarray | None] = field(default_factory=list)  # in the order of the parameters
    parameters_after: list[np.ndarray] = field(default_factory=list)
    predictions: np.ndarray = field(default_factory=lambda: np.empty(0))  # of the call of forward before
    changed: set[str] = field(default_factory=set)  # "X", "y", "cache", if the call changed their numbers in place
    shared: list[int] = field(default_factory=list)  # which gradients are the memory of a parameter


class Convention(NamedTuple):
    """How the functions are called, and where predictions and gradients are found; settled by trying."""

    predictions: Candidate = Candidate((), "")
    forward: tuple[str, ...] = ("X", "parameters")
    loss: tuple[str, ...] = ("predictions", "y")
    gradients: tuple[str, ...] = ("X", "y", "parameters")
    behind: bool = False  # gradients are what a call leaves in objects
    rate: float | None = None  # gradients are a step with this rate


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
        self.functions = {"forward": forward, "loss": loss, "gradients": gradients}
        for name, function in self.functions.items():
            if not callable(function):
                found = type(function).__name__
                message = f"{WHERE}: {name} is of type {found}; it must be a function. Pass it without ()."
                raise ConfigError(message)
        self.tree, self.learning_rate = tree, learning_rate
        # Read once: a signature costs more than a small network's pass.
        self.signatures = {name: signature_of(function, name) for name, function in self.functions.items()}
        self.convention = Convention(rate=learning_rate)
        self.layout = Layout()
        self.flat_y: set[str] = set()  # functions that take y as a vector, whatever its shape is outside
        self.randomness = Randomness([*self.functions.values()], tree.holders)
        self._shape: tuple[int, ...] = (1,)  # of the last predictions
        self._name_by_forward()

    def _name_by_forward(self) -> None:
        """Take names for parameters in a tuple from a forward that takes them one by one."""
        names = self.signatures["forward"].names
        if len(names) == 1 + len(self.tree.names) and all(n.startswith("parameters[") for n in self.tree.names):
            self.tree.names[:] = names[1:]

    @property
    def loss_reads(self) -> tuple[str, ...]:
        """What the loss is given, by role: "predictions", "y", "parameters", "X" and more."""
        return self.convention.loss

    @property
    def separates(self) -> bool:
        """Whether the loss can be computed for other predictions, so that a penalty can be separated from the rest."""
        return "predictions" in self.convention.loss

    def options(self, which: str, result: Any = None) -> list[tuple[str, ...]]:
        """Return what the arguments of a function may be given, the likeliest first."""
        cache = list(map(str, result)) if isinstance(result, Mapping) else list(getattr(result, "_fields", ()))
        if isinstance(result, tuple):
            cache += [str(key) for piece in result if isinstance(piece, Mapping) for key in piece]
            cache += returned_names(self.functions["forward"], len(result))
        # A number with a default in one function is the same number in the others.
        given = [name for each in self.signatures.values() for name, default in each.defaults if default is not None]
        known = [*self.tree.names, *self.tree.top(), *(name for name in given if not role_of(name)), *cache]
        spread = [[f"leaf:{i}" for i in range(len(self.tree.names))]]
        top = list(self.tree.top())
        spread += [top] if top and not set(top) & set(self.tree.names) else []
        if which == "gradients" and isinstance(result, (tuple, list)):
            spread.insert(0, [f"piece:{i}" for i in range(len(result))])
        found = list(assignments(which, self.signatures[which], known, spread))
        if which == "loss" and set(cache) & set(self.signatures[which].names):
            # loss(A2, y) means the predictions, also where they are kept under that name.
            found[:0] = itertools.islice(assignments(which, self.signatures[which], known[: -len(cache)], spread), 2)
        if not found:
            asked = ", ".join(self.signatures[which].names)
            names = ", ".join([*self.tree.names, "X", "y", "parameters", "cache"])
            message = (
                f"{WHERE}: {which} takes {asked}; it must take at most what is known: {names}. "
                "Wrap it in a lambda that takes fewer."
            )
            raise ConfigError(message)
        return found

    def losses(self, result: Any) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        """Return what the loss may be given by its names, and what it may be given against them."""
        named = self.options("loss", result)[:6]
        against = [*losses_against_names(self.signatures["loss"], self.tree.names)]
        against = [each for each in against if each not in named][:8]
        # loss(w, b) beside gradients(w, b): the data are variables around both.
        around = all(set(self.signatures[each].names) == set(self.tree.names) for each in ("loss", "gradients"))
        if against and not around and not is_likely_loss(named[0], self.tree.names):
            named, against = against[:2], [*named, *against[2:]]
        elif "predictions" in named[0]:
            # Another order may be meant, but no other things: a penalty stays one.
            against = [each for each in against if sorted(each) == sorted(named[0])]
        if not isinstance(result, np.ndarray):
            # A loss may unpack all that forward returns.
            whole = [["result" if role == "predictions" else role for role in each] for each in (*named, *against)]
            against += [tuple(each) for each in whole if "result" in each][:3]
        return named, against

    # ---- calls ----------------------------------------------------------------------------------------------------

    def predict(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> tuple[np.ndarray, Any]:
        """Return the predictions, and all that forward returned."""
        state = self.state(arrays, X, y)
        self.run_forward(state)
        return self.layout.predictions_outside(state["predictions"]), state["cache"]

    def state(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> State:
        """Return what the functions are called with: copies, those of the parameters in the learner's containers."""
        leaves = [np.array(array) for array in arrays]
        inside = {"X": self.layout.X_inside(X), "y": self.layout.y_inside(np.asarray(y))}
        structure = self.tree.build(leaves)
        return {"leaves": leaves, "held": self.tree.placed, "parameters": structure, **inside}

    def run_forward(self, state: State) -> None:
        """Add to the state what forward returns."""
        self.randomness.restart()
        state["result"] = self.call("forward", state)
        self.take_predictions(state)

    def take_predictions(self, state: State) -> None:
        """Add to the state the predictions and the cache, as the convention finds them."""
        candidate = self.convention.predictions
        taken = take(state["result"], candidate, self.tree.holders)
        state["predictions"] = taken if isinstance(taken, np.ndarray) else np.asarray(taken)
        state["cache"] = rest_of(state["result"], candidate)
        self._shape = state["predictions"].shape

    def forward_changes(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: np.ndarray) -> set[str]:
        """Return which of X and y forward changes in place."""
        state = self.state(arrays, X, y)
        before = {"X": state["X"].copy(), "y": state["y"].copy()}
        self.run_forward(state)
        return {name for name, old in before.items() if not np.array_equal(state[name], old)}

    def loss(self, predictions: np.ndarray, y: Any, arrays: Sequence[np.ndarray], X: np.ndarray) -> float:
        """Return the loss of predictions; the parameters count where the loss has a penalty on them."""
        state = self.state(arrays, X, y)
        roles = self.convention.loss
        if "predictions" not in roles or not _WITHOUT_FORWARD.issuperset(roles):
            self.run_forward(state)
        state["predictions"] = self.layout.predictions_inside(predictions, self._shape)
        return self.loss_of(state)

    def loss_of(self, state: State) -> float:
        """Return the loss where forward has run."""
        return single_number(self.call("loss", state))

    def loss_at(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any) -> float:
        """Return the loss at other parameters."""
        state = self.state(arrays, X, y)
        self.run_forward(state)
        return self.loss_of(state)

    def find(self, arrays: Sequence[np.ndarray], X: np.ndarray, y: Any, watched: bool = True) -> GradientCall:
        """Run forward, then gradients, and return what the latter returned and, where it is watched, changed."""
        state = self.state(arrays, X, y)
        self.run_forward(state)
        if not self.randomness.frozen:  # else the next numbers drawn would be others
            with contextlib.suppress(GlassnetError):
                self.loss_of(state)  # which may keep what its slope needs
        seen = ("X", "y", "result") if watched else ()
        before = copy.deepcopy({name: state[name] for name in seen})
        outside = self.layout.predictions_outside(state["predictions"])
        found = GradientCall(predictions=np.array(outside, dtype=np.float64))
        returned = self.call("gradients", state)
        after = self.tree.current(state["parameters"])
        found.parameters_after = [
            a.reshape(b.shape) if a.size == b.size else a for a, b in zip(after, arrays, strict=True)
        ]
        if self.convention.rate is None:
            aligned = self._aligned(returned, state)
            shares = [any(g is not None and np.shares_memory(g, a) for a in state["leaves"]) for g in aligned]
            found.shared = [i for i, is_shared in enumerate(shares) if is_shared]
            found.gradients = [None if g is None else np.array(g, dtype=np.float64) for g in aligned]
        else:
            found.gradients = self._gradients_of_step(arrays, returned, found.parameters_after)
            found.parameters_after = [array.copy() for array in arrays]
        changed = [name for name, old in before.items() if not is_unchanged(old, state[name])]
        found.changed = {"cache" if name == "result" else name for name in changed}
        return found

    def _aligned(self, returned: Any, state: State) -> list[np.ndarray | None]:
        """Return the gradients in the order of the parameters."""
        if self.convention.behind:
            found = gradients_left_behind(self.tree, state["held"])
            if any(each is not None for each in found):
                return found
        if returned is None and state.get("place"):
            returned = state["place"]
        return align_gradients(returned, self.tree)

    def _gradients_of_step(
        self, before: Sequence[np.ndarray], returned: Any, after: list[np.ndarray]
    ) -> list[np.ndarray | None]:
        """Return what a step of gradient descent subtracted, divided by the learning rate."""
        stepped: list[np.ndarray] | None = after
        moved = any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
        if returned is not None and not moved:
            pieces = [each for each in returned if not np.isscalar(each)] if isinstance(returned, tuple) else []
            stepped = self.tree.read(returned) or (self.tree.read(pieces[0]) if len(pieces) == 1 else None)
        if stepped is None:
            message = (
                f"{WHERE}: gradients returned no new parameters; with learning_rate it must be a step that returns "
                "them or changes them in place. Leave learning_rate out if it returns gradients."
            )
            raise ConfigError(message)
        assert self.convention.rate is not None
        return [(a - b.reshape(a.shape)) / self.convention.rate for a, b in zip(before, stepped, strict=True)]

    def call(self, which: str, state: State) -> Any:
        """Call one of the functions with what the convention gives it."""
        signature, roles = self.signatures[which], getattr(self.convention, which)
        values = [self.value(role, which, state) for role in roles if role != EACH_BY_NAME]
        named = zip(signature.names, values, strict=False)
        kwargs = {name: value for name, value in named if name in signature.keywords}
        args = values[: len(values) - len(kwargs)]
        if EACH_BY_NAME in roles:
            kwargs |= dict(zip(self.tree.names, state["held"], strict=True))
        try:
            with np.errstate(all="ignore"):
                return self.functions[which](*args, **kwargs)
        except Exception as error:
            raise self._refusal(which, state, error) from error

    def _refusal(self, which: str, state: State, error: Exception) -> ConfigError:
        known = (
            "parameters, cache, X, y"
            if which == "gradients"
            else "predictions, y"
            if which == "loss"
            else "X, parameters"
        )
        asked = ", ".join(self.signatures[which].names) or "..."
        return ConfigError(
            f"{WHERE}: {which}({asked}) raised {type(error).__name__} on X of shape {state['X'].shape} and y of shape "
            f"{state['y'].shape}: {str(error).rstrip('.')}. If its arguments came in "
            f"another order, wrap it: {which}=lambda {known}: ..."
        )

    def value(self, role: str, which: str, state: State) -> Any:
        """Return what an argument is given."""
        if role == "y":
            return state["y"].ravel() if which in self.flat_y else state["y"]
        if role in state:
            return state[role]
        kind, _, number = role.partition(":")
        if kind in ("leaf", "piece"):
            return state["held"][int(number)] if kind == "leaf" else state["result"][int(number)]
        if role in self.tree.names:
            return state["held"][self.tree.names.index(role)]
        if role in (top := self.tree.top()):
            return top[role]
        return self._setting(role, state)

    def _setting(self, role: str, state: State) -> Any:
        """Return a number that a function asks for, or an entry of what forward returned."""
        result = state.get("result")
        for piece in (result, *(result if isinstance(result, tuple) else ())):
            if isinstance(piece, Mapping) and role in piece:
                return piece[role]
        if role in getattr(result, "_fields", ()):
            return getattr(result, role)
        if isinstance(result, tuple) and role in (names := returned_names(self.functions["forward"], len(result))):
            return result[names.index(role)]
        if role == "place":
            return state.setdefault("place", {})
        if role == "slopes":
            return self._slopes(state)
        for signature in self.signatures.values():
            for name, default in signature.defaults:
                if role in (name, role_of(name)) and default is not None and role != "rate":
                    return default
        y = state["y"]
        settings = {"rate": self.convention.rate or 0.1, "penalty": _PENALTY, "count": y.size if y.ndim < 2 else len(y)}
        settings |= {"true": True, "one": 1.0, "tiny": 1e-8, "depth": sum(each.ndim > 1 for each in state["leaves"])}
        if role not in settings:
            message = f"{WHERE}: nothing is known that could be passed as {role}. Wrap the function in a lambda."
            raise ConfigError(message)
        return settings[role]

    def _slopes(self, state: State) -> np.ndarray:
        """Return the loss's slopes with respect to the predictions, for a backward that asks for them."""
        P = np.array(state["predictions"], dtype=np.float64)
        slopes = np.empty(P.shape)
        for place, value in enumerate(P.ravel().tolist()):
            h = min(_STEP, 0.01 * min(value, 1 - value)) if 0 < value < 1 else _STEP
            around = []
            for shift in (h, -h):
                moved = P.copy()
                moved.flat[place] = value + shift
                around.append(self.loss_of(state | {"predictions": moved}))
            slopes.flat[place] = (around[0] - around[1]) / (2 * h)
        return slopes
