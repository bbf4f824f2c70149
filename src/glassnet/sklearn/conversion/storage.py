"""A fitted estimator as one model file: the network, and in its metadata everything else, as JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from os import PathLike
from typing import Any, NamedTuple, TypeVar

import numpy as np

from glassnet.errors import ConfigError, FormatError, GlassnetError
from glassnet.layers import LAYERS, Activation
from glassnet.layers.registry import make_layer
from glassnet.losses import Loss
from glassnet.network import Network, read_network
from glassnet.optimizers import Optimizer
from glassnet.schedules import SCHEDULES, Schedule, make_schedule
from glassnet.sklearn.solvers.losses import BinaryLogLoss, HalfPoissonDeviance, HalfSquaredError, LogLoss
from glassnet.sklearn.solvers.rows import Scaling
from glassnet.sklearn.solvers.state import FITTED_ATTRIBUTES, FitState
from glassnet.utils.estimator_types import BaseEstimator
from glassnet.utils.wording import shortened

__all__ = ["SavedEstimator", "read_estimator", "write_estimator"]

T = TypeVar("T")

_KEY = "sklearn"  # in network.metadata
_LOSSES = (BinaryLogLoss, HalfPoissonDeviance, HalfSquaredError, LogLoss)
_SCALING = ("center", "scale", "target_center", "target_scale")
_ARRAY_KINDS = "biufUO"
_DTYPE = re.compile(r"[<>|=]?([biuf][1248]|U\d{1,9}|O)")


class SavedEstimator(NamedTuple):
    """Content of a file."""

    kind: str  # name of the class
    parameters: dict[str, Any]  # arguments of its constructor
    attributes: dict[str, Any]  # fitted ones by name
    state: FitState  # network, scaling, and with a training state order, split, last and best weights
    label_kind: str | None  # as `type_of_target` names it; None for numbers
    learning_rate: float | None  # of the next epoch; None without a training state


def write_estimator(
    estimator: BaseEstimator, state: FitState, path: str | PathLike[str], *, training_state: bool, overwrite: bool
) -> None:
    """Write a fitted estimator; see `BaseMLP.save`."""
    where = f"{type(estimator).__name__}.save"
    network = state.network
    parameters = estimator.get_params(deep=False)
    parameters["diagnose"] = bool(parameters["diagnose"])  # the options of a `Watch` are those of a program
    attributes = {name: getattr(estimator, name) for name in FITTED_ATTRIBUTES if hasattr(estimator, name)}
    description: dict[str, Any] = {
        "class": type(estimator).__name__,
        "parameters": {name: _encoded(f"{where}: {name}", value) for name, value in parameters.items()},
        "attributes": {name: _encoded(f"{where}: {name}", value) for name, value in attributes.items()},
        "scaling": {name: _encoded(where, getattr(state.scaling, name)) for name in _SCALING},
        "labels": None if state.labels is None else state.labels.y_type_,
    }
    if training_state:
        description["learning_rate"] = state.learning_rate.learning_rate
        description["session"] = {name: _encoded(where, getattr(state, name)) for name in ("order", "split")}
    kept = network.metadata
    if network._run is not None and state.last is not None:
        network._run.last_params, network._run.last_stats = state.last
    network.metadata = {**kept, _KEY: description}
    try:
        network.save(path, training_state=training_state, overwrite=overwrite)
    finally:
        network.metadata = kept


def read_estimator(path: str | PathLike[str], restore: Callable[[SavedEstimator], T], custom: Iterable[Any] = ()) -> T:
    """Return the estimator of a file of `write_estimator`, which ``restore`` makes from the decoded content."""
    where, own = f"load({str(path)!r})", list(custom)
    network = read_network(path, [*_LOSSES, *own])
    description = network.metadata.pop(_KEY, None)
    if not isinstance(description, dict):
        message = f"{where}: the file holds a network alone; it must hold an estimator. Read it with glassnet.load."
        raise FormatError(message)
    try:
        return restore(_decoded(network, description, own))
    except (GlassnetError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"{where}: the estimator is damaged: {shortened(error)}"
        raise FormatError(message) from error


def _decoded(network: Network, description: dict[str, Any], own: list[Any]) -> SavedEstimator:
    """Return parameters, attributes and state that a description holds."""
    decode = _Decoder(network, own)
    parameters = {name: decode(value) for name, value in description["parameters"].items()}
    for name in description["attributes"]:
        if name not in FITTED_ATTRIBUTES:
            message = f"there is the attribute {name!r}, which no perceptron has"
            raise FormatError(message)
    attributes = {name: decode(value) for name, value in description["attributes"].items()}
    state = FitState(scaling=Scaling(**{name: decode(description["scaling"][name]) for name in _SCALING}))
    state.network = network
    _check_whole(attributes, state)
    learning_rate = None
    if network._run is not None and "session" in description:
        state.order, state.split = (decode(description["session"][name]) for name in ("order", "split"))
        learning_rate = float(description["learning_rate"])
        if network._run.last_params is not None:
            state.last = (network._run.last_params, network._run.last_stats)
            state.keep_best()
    return SavedEstimator(description["class"], parameters, attributes, state, description["labels"], learning_rate)


def _check_whole(attributes: dict[str, Any], state: FitState) -> None:
    """Raise an error for sizes that contradict each other."""
    network, scaling = state.network, state.scaling
    n_features, classes = attributes.get("n_features_in_"), attributes.get("classes_", ())
    if (n_features,) != network.input_shape:
        message = f"n_features_in_ is {n_features!r}; it must be {network.input_shape}"
        raise FormatError(message)
    for name, found in (("center", scaling.center), ("scale", scaling.scale)):
        if found is not None and (found.shape != network.input_shape or not np.isfinite(found).all()):
            message = f"{name} has shape {found.shape}; it must be {network.input_shape}, and its values finite"
            raise FormatError(message)
    if max(network.n_outputs, 2) < len(classes):
        message = f"there are {len(classes)} classes_ and {network.n_outputs} outputs; they must be as many"
        raise FormatError(message)


# ---- values as JSON --------------------------------------------------------------------------------------------------


def _encoded(where: str, value: Any) -> Any:
    """Return a value as JSON; what JSON has no form for becomes an object with the name of its form."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, float):
        return {"float": repr(value)}
    for kind, word, encode in _FORMS:
        if isinstance(value, kind):
            return {word: encode(where, value)}
    message = f"{where} is {value!r}; it must be something that a file can hold. Leave it out with set_params."
    raise ConfigError(message, got=value)


def _encoded_list(where: str, value: Iterable[Any]) -> list[Any]:
    return [_encoded(where, part) for part in value]


def _encoded_array(where: str, value: np.ndarray) -> dict[str, Any]:
    if value.dtype.kind not in _ARRAY_KINDS or value.ndim != 1:
        message = f"{where} is {value.dtype} of shape {value.shape}; it must be a list of numbers or texts."
        raise ConfigError(message, got=value)
    return {"dtype": value.dtype.str, "values": _encoded_list(where, value.tolist())}


def _encoded_random(where: str, value: np.random.RandomState) -> list[Any]:
    name, keys, position, has_gauss, gauss = value.get_state(legacy=True)
    return [name, np.asarray(keys).tolist(), position, has_gauss, gauss]


_FORMS: list[tuple[Any, str, Callable[[str, Any], Any]]] = [
    (list, "list", _encoded_list),
    (tuple, "tuple", _encoded_list),
    (dict, "pairs", lambda where, value: [_encoded_list(where, pair) for pair in value.items()]),
    (np.ndarray, "array", _encoded_array),
    (np.random.RandomState, "random_state", _encoded_random),
    (Activation, "activation", lambda where, value: value.entry()),
    (Schedule, "schedule", lambda where, value: value.entry()),
    (Loss, "network", lambda where, value: "loss"),
    (Optimizer, "network", lambda where, value: "optimizer"),
]


class _Decoder:
    """Turns the JSON of `_encoded` back into values; the loss and the optimizer are those of the network."""

    def __init__(self, network: Network, own: list[Any]) -> None:
        names = {getattr(found, "name", getattr(found, "__name__", "")): found for found in own}
        schedules = SCHEDULES | {k: v for k, v in names.items() if isinstance(v, type) and issubclass(v, Schedule)}
        parts = {"loss": network.loss, "optimizer": network.optimizer}
        self._forms: dict[str, Callable[[Any], Any]] = {
            "activation": lambda entry: make_layer(entry, LAYERS | names),
            "array": self._array,
            "float": float,
            "list": self._list,
            "network": lambda name: parts[name],
            "pairs": lambda pairs: {self(key): self(value) for key, value in pairs},
            "random_state": self._random_state,
            "schedule": lambda entry: make_schedule("learning_rate", entry, schedules),
            "tuple": lambda values: tuple(self._list(values)),
        }

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        ((word, content),) = value.items()
        return self._forms[word](content)

    def _list(self, values: list[Any]) -> list[Any]:
        return [self(value) for value in values]

    def _array(self, entry: dict[str, Any]) -> np.ndarray:
        name, values = entry["dtype"], self._list(entry["values"])
        if not isinstance(name, str) or not _DTYPE.fullmatch(name):
            message = f"an array is of type {name!r}; it must hold numbers or texts"
            raise FormatError(message)
        if "U" in name:  # the texts set the width, not the file, which may claim any
            return np.array([str(value) for value in values])
        found = np.empty(len(values), dtype=name)
        found[:] = values
        return found

    def _random_state(self, state: list[Any]) -> np.random.RandomState:
        name, keys, *rest = state
        found = np.random.RandomState()  # scikit-learn's kind of generator
        found.set_state((name, np.array(keys, dtype=np.uint32), *rest))
        return found
