"""A fitted estimator as one model file: the network, and in its metadata everything else, as JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import ConfigError, FormatError, GlassnetError
from glassnet.layers import LAYERS, Activation
from glassnet.layers.registry import make_layer
from glassnet.losses import Loss
from glassnet.network import Network, load
from glassnet.optimizers import Optimizer
from glassnet.schedules import SCHEDULES, Schedule, make_schedule
from glassnet.sklearn.solvers.labels import known_labels
from glassnet.sklearn.solvers.losses import BinaryLogLoss, HalfPoissonDeviance, HalfSquaredError, LogLoss
from glassnet.sklearn.solvers.rows import Scaling
from glassnet.sklearn.solvers.stochastic import LearningRate
from glassnet.utils.wording import shortened

if TYPE_CHECKING:
    from glassnet.sklearn.estimators.base import BaseMLP

__all__ = ["read_estimator", "write_estimator"]

_KEY = "sklearn"  # in network.metadata
_LOSSES = (BinaryLogLoss, HalfPoissonDeviance, HalfSquaredError, LogLoss)
_ATTRIBUTES = (
    "_no_improvement_count", "_random_state", "best_loss_", "best_validation_score_", "classes_", "feature_names_in_",
    "loss_", "loss_curve_", "n_features_in_", "n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_",
    "validation_scores_",
)  # fmt: skip
_SCALING = ("center", "scale", "target_center", "target_scale")
_ARRAY_KINDS = "biufUO"
_DTYPE = re.compile(r"[<>|=]?([biuf][1248]|U\d{1,9}|O)")


def write_estimator(estimator: BaseMLP, path: str | PathLike[str], *, training_state: bool) -> None:
    """Write a fitted estimator; see `BaseMLP.save`."""
    where = f"{type(estimator).__name__}.save"
    network = estimator._network
    description: dict[str, Any] = {
        "class": type(estimator).__name__,
        "parameters": {
            name: _encoded(f"{where}: {name}", value) for name, value in estimator.get_params(deep=False).items()
        },
        "attributes": {
            name: _encoded(f"{where}: {name}", getattr(estimator, name))
            for name in _ATTRIBUTES
            if hasattr(estimator, name)
        },
        "scaling": {name: _encoded(where, getattr(estimator._scaling, name)) for name in _SCALING},
        "labels": estimator._label_binarizer.y_type_ if estimator._is_classifier else None,
    }
    if training_state:
        session = estimator._session
        description["learning_rate"] = estimator._optimizer.learning_rate
        description["session"] = {name: _encoded(where, getattr(session, name)) for name in ("order", "split")}
    kept = network.metadata
    run, last = network.run, estimator._session.last
    if run is not None and last is not None:
        run.last_params, run.last_stats = last
    network.metadata = {**kept, _KEY: description}
    try:
        network.save(path, training_state=training_state)
    finally:
        network.metadata = kept


def read_estimator(
    path: str | PathLike[str], kinds: Mapping[str, type[BaseMLP]], custom: Iterable[Any] = ()
) -> BaseMLP:
    """Return the estimator that `write_estimator` wrote; ``kinds`` are the classes that a file may name."""
    where, own = f"load({str(path)!r})", list(custom)
    network = load(path, [*_LOSSES, *own])
    description = network.metadata.pop(_KEY, None)
    if not isinstance(description, dict):
        message = f"{where}: the file must hold an estimator, got a network alone. Read it with glassnet.load."
        raise FormatError(message)
    try:
        return _estimator(network, description, kinds, own)
    except (GlassnetError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"{where}: the estimator must be whole, got one that fails with: {shortened(error)}"
        raise FormatError(message) from error


def _estimator(network: Network, description: dict[str, Any], kinds: Mapping[str, type[BaseMLP]], own: Any) -> BaseMLP:
    """Return the estimator around a network."""
    decode = _Decoder(network, own)
    parameters = {name: decode(value) for name, value in description["parameters"].items()}
    estimator = kinds[description["class"]](**parameters)
    for name, value in description["attributes"].items():
        if name not in _ATTRIBUTES:
            message = f"attributes must be those of a perceptron, got {name!r}"
            raise FormatError(message)
        setattr(estimator, name, decode(value))
    estimator._scaling = Scaling(**{name: decode(description["scaling"][name]) for name in _SCALING})
    estimator._network = network
    estimator._built = estimator._structure()
    if estimator._is_classifier:
        estimator._label_binarizer = known_labels(description["labels"], estimator.classes_)
    estimator._show_weights()
    _check_whole(estimator, network)
    estimator._renew_session()
    if network.run is not None and "session" in description:
        _go_on(estimator, network, description, decode)
    return estimator


def _go_on(estimator: BaseMLP, network: Network, description: dict[str, Any], decode: _Decoder) -> None:
    """Have what `continue_fit` needs."""
    session = estimator._session
    session.order, session.split = (decode(description["session"][name]) for name in ("order", "split"))
    estimator._optimizer = LearningRate.of(estimator)
    estimator._optimizer.learning_rate = float(description["learning_rate"])
    if network.run.last_params is not None:
        session.last = (network.run.last_params, network.run.last_stats)
        session.best = (network.params.copy(), network.stats.copy())


def _check_whole(estimator: BaseMLP, network: Network) -> None:
    """Refuse numbers that contradict each other."""
    if (estimator.n_features_in_,) != network.input_shape:
        message = f"n_features_in_ must be {network.input_shape}, got {estimator.n_features_in_!r}"
        raise FormatError(message)
    scaling = estimator._scaling
    for name, like in (("center", network.input_shape), ("scale", network.input_shape)):
        found = getattr(scaling, name)
        if found is not None and (found.shape != like or not np.isfinite(found).all()):
            message = f"{name} must have shape {like} and finite values, got shape {found.shape}"
            raise FormatError(message)
    if estimator._is_classifier and max(network.n_outputs, 2) < len(estimator.classes_):
        message = f"classes_ must be as many as outputs, got {len(estimator.classes_)} and {network.n_outputs}"
        raise FormatError(message)


# ---- values as JSON --------------------------------------------------------------------------------------------------


def _encoded(where: str, value: Any) -> Any:
    """Return a value as JSON, with a word for what JSON has no form for."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, float):
        return {"float": repr(value)}
    for kind, word, encode in _FORMS:
        if isinstance(value, kind):
            return {word: encode(where, value)}
    message = f"{where} must be something that a file can hold, got {value!r}. Leave it out with set_params."
    raise ConfigError(message, got=value)


def _encoded_list(where: str, value: Iterable[Any]) -> list[Any]:
    return [_encoded(where, part) for part in value]


def _encoded_array(where: str, value: np.ndarray) -> dict[str, Any]:
    if value.dtype.kind not in _ARRAY_KINDS or value.ndim != 1:
        message = f"{where} must be a list of numbers or texts, got {value.dtype} of shape {value.shape}."
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
    """Return the value that `_encoded` described; objects that the network has are taken from there."""

    def __init__(self, network: Network, own: list[Any]) -> None:
        self._network = network
        names = {getattr(found, "name", getattr(found, "__name__", "")): found for found in own}
        self._layers = LAYERS | names
        own_schedules = {k: v for k, v in names.items() if isinstance(v, type) and issubclass(v, Schedule)}
        self._schedules = SCHEDULES | own_schedules
        self._forms: dict[str, Callable[[Any], Any]] = {
            "activation": self._activation, "array": self._array, "float": float, "list": self._list,
            "network": self._part, "pairs": self._pairs, "random_state": self._random_state,
            "schedule": self._schedule, "tuple": self._tuple,
        }  # fmt: skip

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        ((word, content),) = value.items()
        return self._forms[word](content)

    def _list(self, parts: list[Any]) -> list[Any]:
        return [self(part) for part in parts]

    def _tuple(self, parts: list[Any]) -> tuple[Any, ...]:
        return tuple(self(part) for part in parts)

    def _pairs(self, pairs: list[Any]) -> dict[Any, Any]:
        return {self(key): self(value) for key, value in pairs}

    def _array(self, entry: dict[str, Any]) -> np.ndarray:
        name, values = entry["dtype"], self._list(entry["values"])
        if not isinstance(name, str) or not _DTYPE.fullmatch(name):
            message = f"an array must hold numbers or texts, got {name!r}"
            raise FormatError(message)
        if "U" in name:  # as wide as its texts: a file may claim any width
            return np.array([str(value) for value in values])
        found = np.empty(len(values), dtype=name)
        found[:] = values
        return found

    def _random_state(self, state: list[Any]) -> np.random.RandomState:
        name, keys, *rest = state
        found = np.random.RandomState()  # scikit-learn's kind of generator
        found.set_state((name, np.array(keys, dtype=np.uint32), *rest))
        return found

    def _activation(self, entry: dict[str, Any]) -> Any:
        return make_layer(entry, self._layers)

    def _schedule(self, entry: dict[str, Any]) -> Schedule:
        return make_schedule("learning_rate", entry, self._schedules)

    def _part(self, name: str) -> Any:
        return {"loss": self._network.loss, "optimizer": self._network.optimizer}[name]
