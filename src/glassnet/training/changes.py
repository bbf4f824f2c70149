"""What may be changed between two steps of a run, as values that are replaced and never written to."""

from __future__ import annotations

import copy
import dataclasses
import weakref
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np

from glassnet.engine.arguments import refuse_linked_output
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.workspace import Workspace
from glassnet.errors import ConfigError, ShapeError
from glassnet.layers import LAYERS, Layer, make_layer
from glassnet.layers.tree import every_layer, leaves, walk
from glassnet.losses import Loss, MetricChoice, as_loss
from glassnet.metrics import Metric
from glassnet.optimizers import Optimizer, as_optimizer
from glassnet.schedules import Schedule, as_schedule
from glassnet.training.batches import ArrayBatches, Batches
from glassnet.training.loop import Run, Validation
from glassnet.training.training_scores import TrainingScores
from glassnet.utils.checks import check_choice, check_integer, check_number, check_options

__all__ = ["Changes", "RunSettings"]

_TUNING = ("trainable", "rate_factor", "decay_factor")


class Changes(TypedDict, total=False):
    """What `glassnet.training.SteppedRun.change` takes."""

    learning_rate: float | Schedule
    optimizer: str | Optimizer
    loss: str | Loss
    l1: float
    l2: float
    max_norm: float | None
    batch_size: int
    layers: Mapping[str, Mapping[str, Any]]


@dataclasses.dataclass(frozen=True, eq=False)
class RunSettings:
    """The settings of a run at one moment; its parts are objects that nobody writes to."""

    layers: list[Layer]
    loss: Loss
    optimizer: Optimizer
    l1: float
    l2: float
    max_norm: float | None
    batches: Batches
    validation: Validation | None
    metrics: Mapping[str, Metric]
    training_scores: Any

    @classmethod
    def of(cls, run: Run[Any]) -> RunSettings:
        """Return the settings of a run."""
        network = run.network
        own = (network.layers, network.loss, network.optimizer, network.l1, network.l2, network.max_norm)
        return cls(*own, run.batches, run.validation, run.metrics, run.training_scores)

    def differ(self, other: RunSettings) -> bool:
        """Return whether a part of the ``other`` is another object."""
        names = [field.name for field in dataclasses.fields(self)]
        return any(getattr(self, name) is not getattr(other, name) for name in names)

    def put_into(self, run: Run[Any]) -> None:
        """Make these the settings of a run; parameters, statistics and position stay."""
        network: BaseNetwork = run.network
        network.optimizer, network.l1, network.l2, network.max_norm = self.optimizer, self.l1, self.l2, self.max_norm
        if network.layers is not self.layers or network.loss is not self.loss:
            _exchange(network, self.layers, self.loss)
        run.batches, run.validation, run.metrics = self.batches, self.validation, self.metrics
        run.training_scores = self.training_scores
        run.steps_per_epoch = self.batches.n_batches
        run.take_step.follow(run.steps_per_epoch)
        run.state.follow_optimizer(network)

    def changed(self, network: BaseNetwork, changes: Changes, metrics: MetricChoice) -> RunSettings:
        """Return other settings, checked for a network; ``metrics`` are those that were asked for.

        Raises
        ------
        GlassnetError
            A setting is none, or would need other parameters.
        """
        where = "Run.change"
        check_options(where, changes, Changes.__annotations__)
        new: dict[str, Any] = {}
        for name in ("l1", "l2"):
            if name in changes:
                new[name] = check_number(where, name, changes[name], 0.0)
        if "max_norm" in changes:
            limit = changes["max_norm"]
            new["max_norm"] = None if limit is None else check_number(where, "max_norm", limit, 0.0, open_minimum=True)
        if "optimizer" in changes or "learning_rate" in changes:
            new["optimizer"] = self._optimizer(changes)
        if "layers" in changes:
            new["layers"] = _with_layers(network, self.layers, changes["layers"])
        if "batch_size" in changes:
            size = check_integer(where, "batch_size", changes["batch_size"], 1)
            new["batches"] = _arrays_of(self.batches, "batch_size").changed(batch_size=size)
        return dataclasses.replace(self, **new)._with_loss(network, changes, metrics)

    def _optimizer(self, changes: Changes) -> Optimizer:
        found = copy.copy(as_optimizer(changes["optimizer"]) if "optimizer" in changes else self.optimizer)
        if "learning_rate" in changes:
            as_schedule("Run.change", "learning_rate", changes["learning_rate"])
            found.learning_rate = changes["learning_rate"]
        return found

    def _with_loss(self, network: BaseNetwork, changes: Changes, chosen: MetricChoice) -> RunSettings:
        """Return settings with the loss of ``changes``, for whose targets those of the run so far must do."""
        if "loss" not in changes:
            return self
        loss = as_loss(changes["loss"])
        metrics = loss.choose_metrics("Run.change", chosen)
        n_outputs, dtype = network.n_outputs, network.dtype
        batches, validation = self.batches, self.validation
        if isinstance(batches, ArrayBatches):
            y = batches.arrays[1]
            if not isinstance(y, np.ndarray):
                message = "Run.change: y is on disk; for another loss it must be in memory. Begin a new run."
                raise ConfigError(message, got=type(y).__name__)
            batches = batches.changed(y=loss.prepare(y, n_outputs, dtype))
        if validation is not None:
            X, y, weight = validation
            validation = X, loss.prepare(y[:], n_outputs, dtype), weight
        measured = None if self.training_scores is None else TrainingScores(metrics)
        others: dict[str, Any] = {"metrics": metrics, "training_scores": measured}
        return dataclasses.replace(self, loss=loss, batches=batches, validation=validation, **others)


def _exchange(network: BaseNetwork, layers: list[Layer], loss: Loss) -> None:
    """Replace a network's layers by others of the same kinds and shapes, and its loss."""
    refuse_linked_output(layers[-1], loss)
    network._store = network._built("fit").shared_with(leaves(network.names, layers))
    network.layers, network.loss = layers, loss
    for layer in every_layer(layers):
        layer.owner = weakref.ref(network)
    network._workspace = Workspace(layers, loss, network.members, network.dtype)


def _arrays_of(batches: Batches, name: str) -> ArrayBatches:
    if isinstance(batches, ArrayBatches):
        return batches
    message = f"Run.change: the run has batches of your own; {name} is for arrays. Make other batches in a new run."
    raise ConfigError(message, expected="arrays")


def _with_layers(network: BaseNetwork, layers: list[Layer], changes: Mapping[str, Mapping[str, Any]]) -> list[Layer]:
    """Return copies of the layers of which some have other arguments, and parameters of the same names and shapes."""
    if not isinstance(changes, Mapping) or not all(isinstance(change, Mapping) for change in changes.values()):
        must = "it must be a dict of dicts, {'dropout_1': {'rate': 0.5}}"
        message = f"Run.change: layers is {changes!r}; {must}."
        raise ConfigError(message, got=changes)
    copies = copy.deepcopy(layers)
    named = dict(walk(network.names, copies))
    for name, change in changes.items():
        layer = named[check_choice("Run.change", "layer", name, named)]
        other = _remade(layer, {key: value for key, value in change.items() if key not in _TUNING})
        other.tuned(**{key: value for key, value in change.items() if key in _TUNING})
        other.build(layer.in_shape)
        if _shapes(other) != _shapes(layer):
            must = "it must keep the shapes of its parameters and outputs"
            fact = f"{name} would become {other!r} instead of {layer!r}"
            message = f"Run.change: {fact}; {must}. Begin a new run for another shape."
            raise ShapeError(message, expected=_shapes(layer), got=_shapes(other))
        # Not another object in its place: what is around it refers to this one.
        vars(layer).clear()
        vars(layer).update(vars(other))
    return copies


def _remade(layer: Layer, change: Mapping[str, Any]) -> Layer:
    """Return a layer like this one with other arguments of its constructor."""
    if not change:
        return copy.deepcopy(layer)
    if layer.saved_by_name or layer.sublayers():
        kind, given = type(layer).__name__, ", ".join(change)
        message = f"Run.change: {given} of {kind} cannot change; only {', '.join(_TUNING)} can."
        raise ConfigError(message, expected=_TUNING, got=sorted(change))
    check_options("Run.change", change, [*layer.config(), *_TUNING])
    return make_layer({**layer.entry(), **change}, LAYERS | {type(layer).__name__: type(layer)})


def _shapes(layer: Layer) -> tuple[Any, ...]:
    specs = (*layer.param_specs(), *layer.stat_specs())
    return (layer.out_shape, *((spec.name, spec.shape, spec.decays, spec.rate_factor) for spec in specs))
