"""The flat arrays of a network: parameters, gradients and statistics, and the views that its layers hold."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, ShapeError
from glassnet.layers import Layer, ParamSpec
from glassnet.layers.initializers import INITIALIZERS
from glassnet.optimizers import Group
from glassnet.utils.checks import check_choice
from glassnet.utils.random_streams import Streams

__all__ = ["Slot", "Store"]

_FLAGS = 2  # stop, write
_MADE_BY_BIND = frozenset((
    "message", "grads", "stat_sums", "loss_sum", "weight_sum", "flags", "_one_over_weight", "_one_over_each",
))  # fmt: skip


class Slot:
    """Where one array lives in a flat vector, ``[start:stop)``; named as in files: ``"dense_1.weight"``."""

    def __init__(self, name: str, layer: Layer, spec: ParamSpec, start: int) -> None:
        self.name, self.layer, self.spec, self.start = name, layer, spec, start
        self.stop = start + math.prod(spec.shape)

    def view(self, flat: np.ndarray) -> np.ndarray:
        """Return the array as a view into a flat vector (P,) or (K, P)."""
        return flat[..., self.start : self.stop].reshape(*flat.shape[:-1], *self.spec.shape)


class Store:
    """Owner of all arrays of a network whose layers are built.

    Making one only lays the arrays out; `allocate` creates them and hands every layer its views. ``layers`` are all
    that are not containers, by their full names, in the order of their definition; ``slots`` and ``stat_slots`` have
    the names and places of all arrays in ``params`` and in ``stats``.
    """

    params: np.ndarray  # (P,) or (K, P); never replaced, since layers hold views of it
    stats: np.ndarray  # (S,) or (K, S), likewise
    # What the shards of a batch have to add up, in one contiguous array: the following five.
    message: np.ndarray
    grads: np.ndarray  # like params
    stat_sums: np.ndarray  # like stats: running statistics times the sum of the weights; by `weigh_statistics` only
    loss_sum: np.ndarray  # sum(w * l) of the last batch, () or (K,)
    weight_sum: np.ndarray  # sum(w), likewise
    flags: np.ndarray  # (2,): how many of the processes want to stop, and how many to write a checkpoint

    def __init__(self, layers: dict[str, Layer], members: int | None, dtype: np.dtype[Any]) -> None:
        self.layers, self._members, self._dtype = layers, members, dtype
        self.slots = _lay_out(layers, lambda layer: layer.param_specs())
        self.stat_slots = _lay_out(layers, lambda layer: layer.stat_specs())
        self.n_parameters = self.slots[-1].stop if self.slots else 0
        self._n_stats = self.stat_slots[-1].stop if self.stat_slots else 0

    @property
    def groups(self) -> list[Group]:
        """The slices of ``params``, with how each is trained now."""
        return [
            Group(
                slot.start,
                slot.stop,
                slot.spec.rate_factor * slot.layer.rate_factor,
                slot.layer.decay_factor if slot.spec.decays else 0.0,
                slot.layer.trainable,
            )
            for slot in self.slots
        ]

    def shape(self, slot: Slot) -> tuple[int, ...]:
        """Return the shape of an array, the member axis included."""
        return slot.spec.shape if self._members is None else (self._members, *slot.spec.shape)

    def allocate(self, streams: list[Streams]) -> None:
        """Create all arrays, bind the layers, and draw initial values, each member's from its own stream."""
        lead = () if self._members is None else (self._members,)
        self.params = np.zeros((*lead, self.n_parameters), dtype=self._dtype)
        self.stats = np.zeros((*lead, self._n_stats), dtype=self._dtype)
        self._bind()
        generators = [stream.initialisation() for stream in streams]
        for slots, flat in ((self.slots, self.params), (self.stat_slots, self.stats)):
            for slot in sorted(slots, key=lambda slot: slot.layer.index):
                draws = [slot.layer.initial_values(slot.spec, rng) for rng in generators]
                slot.view(flat)[...] = draws[0] if self._members is None else np.stack(draws)

    def _bind(self) -> None:
        """Create the gradients and hand every layer its views: the only place where the flat arrays are sliced."""
        lead, members = self.params.shape[:-1], self._members or 1
        parts = ((self.params.size, self.params.shape), (self.stats.size, self.stats.shape))
        sizes = (*parts, (members, lead), (members, lead), (_FLAGS, (_FLAGS,)))
        self.message = np.zeros(sum(size for size, _ in sizes), dtype=self._dtype)
        stops = itertools.accumulate(size for size, _ in sizes)
        self.grads, self.stat_sums, self.loss_sum, self.weight_sum, self.flags = (
            self.message[stop - size : stop].reshape(shape) for stop, (size, shape) in zip(stops, sizes, strict=True)
        )
        self._one_over_weight = np.ones((), dtype=self._dtype)
        self._one_over_each = np.ones((members, 1), dtype=self._dtype)
        slots, stat_slots = _by_layer(self.slots), _by_layer(self.stat_slots)
        for index, layer in enumerate(self.layers.values()):
            layer.index = index
            own = slots.get(id(layer), [])
            layer.bind(
                {slot.spec.name: slot.view(self.params) for slot in own},
                {slot.spec.name: slot.view(self.grads) for slot in own},
                {slot.spec.name: slot.view(self.stats) for slot in stat_slots.get(id(layer), [])},
                self._members,
            )
            layer.note_views((self.params, self.message, self.stats))

    def shared_with(self, layers: dict[str, Layer]) -> Store:
        """Return a store for copies of the layers: the same parameters and statistics, gradients of its own."""
        other = Store(layers, self._members, self._dtype)
        other.params, other.stats = self.params, self.stats
        other._bind()
        return other

    def part(self) -> None:
        """Replace shared parameters and statistics by copies."""
        self.params, self.stats = self.params.copy(), self.stats.copy()
        self._bind()

    def to_dict(self) -> dict[str, np.ndarray]:
        """Return copies of all parameters and statistics by name."""
        found = {slot.name: slot.view(self.params).copy() for slot in self.slots}
        return found | {slot.name: slot.view(self.stats).copy() for slot in self.stat_slots}

    def from_dict(self, where: str, arrays: Mapping[str, Any]) -> None:
        """Fill all parameters and statistics, or change nothing and name every array that does not fit."""
        wanted = {slot.name: slot.view(self.params) for slot in self.slots}
        wanted |= {slot.name: slot.view(self.stats) for slot in self.stat_slots}
        given = {name: np.asarray(array) for name, array in arrays.items()}
        problems = [f"{name!r} is missing" for name in sorted(wanted.keys() - given.keys())]
        problems += [f"{name!r} is unknown" for name in sorted(given.keys() - wanted.keys())]
        for name in sorted(wanted.keys() & given.keys()):
            if given[name].shape != wanted[name].shape:
                problems.append(f"{name!r} has shape {given[name].shape} instead of {wanted[name].shape}")
            elif given[name].dtype.kind not in "fiu" or not np.isfinite(given[name]).all():
                problems.append(f"{name!r} holds something else than finite numbers")
        if problems:
            message = f"{where}: the arrays do not fit the network: {'; '.join(problems)}."
            raise ShapeError(message, got=problems)
        for name, view in wanted.items():
            view[...] = given[name]

    def cast(self, dtype: np.dtype[Any]) -> None:
        """Change the dtype of everything: new arrays, which the layers are bound to."""
        self._dtype = dtype
        self.params, self.stats = self.params.astype(dtype), self.stats.astype(dtype)
        self._bind()

    def weigh_statistics(self) -> None:
        """Fill ``stat_sums`` with the running statistics times the sum of the weights."""
        np.multiply(self.stats, self._each_weight, self.stat_sums)

    def average_statistics(self) -> None:
        """Fill the running statistics with ``stat_sums`` divided by the sum of the weights, when both were added up."""
        np.divide(self.stat_sums, self._each_weight, self.stats)

    @property
    def _each_weight(self) -> np.ndarray:
        """The sum of the weights in a shape that the statistics can be multiplied by."""
        return self.weight_sum if self._members is None else self.weight_sum[:, None]

    def average_gradients(self, *, alike: bool = False, part: np.ndarray | None = None) -> None:
        """Divide the gradients by the sum of the weights, the one division of a step; it may be ``alike`` for all.

        Without members it may be only a ``part`` of them, a view, that is needed.
        """
        if self._members is None or alike:
            self._one_over_weight[()] = 1.0 / self.weight_sum.item(0)
            grads = self.grads if part is None else part
            np.multiply(grads, self._one_over_weight, grads)
        else:
            np.divide(1.0, self.weight_sum[:, None], self._one_over_each)
            np.multiply(self.grads, self._one_over_each, self.grads)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _MADE_BY_BIND}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._bind()


def _by_layer(slots: list[Slot]) -> dict[int, list[Slot]]:
    """Return the slots of each layer by the layer's id: to look through all of them for each layer is quadratic."""
    found: dict[int, list[Slot]] = {}
    for slot in slots:
        found.setdefault(id(slot.layer), []).append(slot)
    return found


def _lay_out(layers: dict[str, Layer], specs_of: Callable[[Layer], tuple[ParamSpec, ...]]) -> list[Slot]:
    """Place all arrays: decayed first, then the rest, by rate factor within that, so that groups are contiguous."""
    wanted = []
    for name, layer in layers.items():
        specs = specs_of(layer)
        if len({spec.name for spec in specs}) < len(specs):
            message = f"{layer!r}: the names of parameters are {[spec.name for spec in specs]}; they must differ."
            raise ConfigError(message, got=specs)
        for spec in specs:
            check_choice(repr(layer), f"initializer of {spec.name!r}", spec.initializer, INITIALIZERS)
            wanted.append((f"{name}.{spec.name}", layer, spec))
    wanted.sort(key=lambda item: (not item[2].decays, item[2].rate_factor))
    slots: list[Slot] = []
    for full_name, layer, spec in wanted:
        slots.append(Slot(full_name, layer, spec, slots[-1].stop if slots else 0))
    return slots
