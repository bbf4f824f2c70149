"""Which networks are trained at once, how many, and how: K of them made one with a member axis, and taken apart again.

What is stacked are copies: the networks stay as they are until `unstack` writes back into them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.layers import LAYERS, Layer
from glassnet.layers.tree import every_layer
from glassnet.network import Network
from glassnet.schedules import Schedule
from glassnet.training import History, RunState
from glassnet.training.stopping_state import StoppingState

__all__ = ["blueprint", "group_size", "stack", "unstack"]

_CACHE_BYTES = 2**20
_ARRAYS_PER_PARAMETER = 2  # itself and its gradient, beside what the optimizer keeps
_ARRAYS_PER_ACTIVATION = 3
_FEWEST, _MOST = 4, 256  # two at once gain nothing

_OPTIMIZER_SETTINGS = ("learning_rate", "weight_decay")
"""What each member's optimizer may have its own value of."""

_LAYER_SETTINGS = {name: layer.member_settings for name, layer in LAYERS.items()}


def blueprint(network: Network) -> Hashable:
    """Return what two built networks must have in common to be trained at once.

    That is everything but parameters, seeds, learning rate, weight decay and the members' settings of layers, such as
    `Dropout`'s rate, and includes how far they have been trained.
    """
    layers = [*every_layer(network.layers)]
    optimizer, schedule, run = network.optimizer, network.optimizer.schedule, network._run
    shared = {name: value for name, value in optimizer.config().items() if name not in _OPTIMIZER_SETTINGS}
    parts = (*layers, *(getattr(layer, "activation", None) for layer in layers), network.loss)
    # A class of the user's may know nothing of members, and a schedule that watches has its own history.
    is_own = any(part is not None and not type(part).__module__.startswith("glassnet.") for part in (*parts, optimizer))
    is_alone = is_own or type(schedule).observe is not Schedule.observe
    progress = (0, 0, 0) if run is None else (run.epoch, run.step, run.optimizer_state.t)
    return (
        tuple(_frozen(layer.entry()) for layer in network.layers),
        tuple(_functions(part) for part in parts),
        (type(network.loss), _frozen(network.loss.config())),
        (type(optimizer), _frozen(shared), schedule.horizon, id(network) if is_alone else None),
        (network.dtype, network.input_shape, network.l1, network.l2, network.max_norm),
        (*progress, _watched(run)),
    )


def _frozen(value: Any) -> Hashable:
    """Return plain data as something that can be compared and hashed, without the settings that members may own."""
    if isinstance(value, Mapping):
        left_out = _LAYER_SETTINGS.get(str(value.get("class")), ())
        return tuple(sorted((name, _frozen(item)) for name, item in value.items() if name not in left_out))
    if isinstance(value, (list, tuple)):
        return tuple(map(_frozen, value))
    return (type(value).__name__, repr(value))


def _functions(part: Any) -> Hashable:
    """Return the class of a layer, activation or loss, and the functions that one of the user's is made of."""
    if not getattr(part, "saved_by_name", False):
        return (type(part),)
    return (type(part), tuple(id(value) for name, value in vars(part).items() if callable(value) and name != "owner"))


def _watched(run: RunState | None) -> Hashable:
    stopping = None if run is None else run.stopping
    return None if stopping is None else (stopping.monitor, stopping.data, stopping.sign)


def _working_set(network: Network, batch_size: int) -> int:
    """Return about how many bytes one step of a built network goes through."""
    state = len(network.optimizer.state_names) + _ARRAYS_PER_PARAMETER
    numbers = network.n_parameters * state
    widths = sum(math.prod(layer.out_shape) for layer in every_layer(network.layers))
    numbers += batch_size * _ARRAYS_PER_ACTIVATION * widths
    return numbers * network.dtype.itemsize


def group_size(network: Network, batch_size: int) -> int:
    """Return how many networks like this one to train at once: all together they should fit a second-level cache.

    Beyond that, training at once is slower than one by one: it saves calls from Python, and those no longer matter.
    """
    fitting = min(_MOST, _CACHE_BYTES // _working_set(network, batch_size))
    return fitting if fitting >= _FEWEST else 1


def stack(networks: Sequence[Network]) -> Network:
    """Return one network of K members, each in the state of one of the built networks, which share a `blueprint`."""
    first = networks[0]
    layers = copy.deepcopy(first.layers)
    own = [[*every_layer(network.layers)] for network in networks]
    for place, layer in enumerate(every_layer(layers)):
        _spread_settings(layer, [found[place] for found in own])
    seeds = [network.seeds[0] for network in networks]
    stacked = first._like(layers, optimizer=_stacked_optimizer(networks), seed=seeds, members=len(networks))
    stacked.params[...] = [network.params for network in networks]
    stacked.stats[...] = [network.stats for network in networks]
    if first._run is not None:
        stacked._run = _stacked_run(stacked, [network._run for network in networks])
    return stacked


def _spread_settings(layer: Layer, members: Sequence[Layer]) -> None:
    """Give a layer the settings of all members where they differ, shaped to meet a batch."""
    for name in layer.member_settings:
        values = [getattr(member, name) for member in members]
        if len(set(values)) > 1:
            setattr(layer, name, np.array(values).reshape(-1, *(1 for _ in range(1 + len(layer.in_shape)))))


def _stacked_optimizer(networks: Sequence[Network]) -> Any:
    optimizer = copy.copy(networks[0].optimizer)
    decays = [getattr(network.optimizer, "weight_decay", 0.0) for network in networks]
    if len(set(decays)) > 1:
        vars(optimizer)["weight_decay"] = np.array(decays)[:, None]
    return optimizer


def _stacked_run(stacked: Network, runs: Sequence[RunState]) -> RunState:
    """Return the state of all runs, with a history that begins here."""
    state, first = RunState(stacked), runs[0]
    state.history.threads = first.history.threads
    state.epoch, state.optimizer_state.t = first.epoch, first.optimizer_state.t
    state.steps_before = first.steps_before
    for name, array in state.optimizer_state.arrays.items():
        array[...] = [run.optimizer_state.arrays[name] for run in runs]
    if first.stopping is not None:
        state.stopping = _stacked_stopping(stacked, [run.stopping for run in runs if run.stopping is not None])
    return state


def _stacked_stopping(stacked: Network, parts: Sequence[StoppingState]) -> StoppingState:
    first = parts[0]
    state = StoppingState(first.monitor, len(parts), first.data, first.sign)
    for name in ("best", "best_epoch", "waited", "settled"):
        setattr(state, name, np.concatenate([getattr(part, name) for part in parts]))
    if any(part.best_params is not None for part in parts):
        state.best_params, state.best_stats = stacked.params.copy(), stacked.stats.copy()
        for k, part in enumerate(parts):
            if part.best_params is not None and part.best_stats is not None:
                state.best_params[k], state.best_stats[k] = part.best_params, part.best_stats
    return state


def unstack(stacked: Network, networks: Sequence[Network]) -> None:
    """Write parameters, statistics and the state of the run back into the networks that were stacked."""
    columns = [] if stacked._run is None else _member_columns(stacked._run.history, len(networks))
    for k, network in enumerate(networks):
        network.params[...] = stacked.params[k]
        network.stats[...] = stacked.stats[k]
        if stacked._run is not None:
            _unstack_run(stacked._run, k, network)
            _append_history(stacked._run.history, columns[k], network._run, len(networks))


def _member_columns(history: History, members: int) -> list[dict[str, list[Any]]]:
    """Return the history's columns for each member; one number stands for all of them."""
    found: list[dict[str, list[Any]]] = [{} for _ in range(members)]
    for name, values in history.columns.items():
        rows = (value if isinstance(value, list) else [value] * members for value in values)
        for own, column in zip(found, zip(*rows, strict=True), strict=True):
            own[name] = list(column)
    return found


def _unstack_run(state: RunState, k: int, network: Network) -> None:
    if network._run is None:
        network._run = RunState(network)
    own: RunState = network._run
    own.reset_epoch()
    own.epoch, own.optimizer_state.t = state.epoch, state.optimizer_state.t
    own.steps_before = state.steps_before
    for name, array in own.optimizer_state.arrays.items():
        array[...] = state.optimizer_state.arrays[name][k]
    own.stopping = None if state.stopping is None else _member_stopping(state.stopping, k)
    own.last_params = own.last_stats = None
    if state.last_params is not None and state.last_stats is not None:
        own.last_params, own.last_stats = state.last_params[k].copy(), state.last_stats[k].copy()
        if own.stopping is not None and own.stopping.best_params is None and own.average is None:
            # It never got better than at no epoch, so there is nothing that could have been restored.
            network.params[...], network.stats[...] = own.last_params, own.last_stats
            own.last_params = own.last_stats = None


def _member_stopping(stopping: StoppingState, k: int) -> StoppingState:
    own = StoppingState(stopping.monitor, None, stopping.data, stopping.sign)
    for name in ("best", "best_epoch", "waited", "settled"):
        setattr(own, name, getattr(stopping, name)[k : k + 1].copy())
    if stopping.best_params is not None and stopping.best_stats is not None and np.isfinite(own.best[0]):
        own.best_params, own.best_stats = stopping.best_params[k].copy(), stopping.best_stats[k].copy()
    return own


def _append_history(history: History, columns: dict[str, list[Any]], own: RunState, members: int) -> None:
    """Add the epochs that were trained together; of the time each member takes an equal share."""
    own.history._extend(columns)
    if own.stopping is not None:
        own.history.best_epoch = int(own.stopping.best_epoch[0])
        is_kept = history.kept_epoch is not None and own.stopping.best_params is not None
        own.history.kept_epoch = own.history.best_epoch if is_kept else None
    own.history.stop_reason = history.stop_reason
    own.history.seconds += history.seconds / members
    own.history.threads = history.threads
    own.history.notes += [note for note in history.notes if note not in own.history.notes]
