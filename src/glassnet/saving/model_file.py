"""One model file: arrays in safetensors, everything else as JSON in its metadata. Nothing in it is ever executed.

Layout: parameters and statistics by name (``"dense_1.weight"``), with a leading member axis if there are members; with
the training state also ``"training.optimizer.M"`` and the like, as flat arrays; and arrays that are no part of the
network and belong to whoever attached them (``"attached.rows.training"``). The metadata has one entry,
``"glassnet"``: JSON with ``format_version``, ``config``, ``metadata`` (the user's notes), ``training`` and ``data``
(null without).

Format version 2 added layers inside layers (``"residual_1.dense_1.weight"``), tuned layers, penalties, schedules that
remember, runs within an epoch (``training.step`` and ``training.sums``), and ``data``, by which a checkpoint knows the
rows it was trained on. Version 1 has none of these and is read as a file without them. Version 3 added attached arrays.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from glassnet.engine.arguments import check_shape
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.parameters import Store
from glassnet.errors import ConfigError, DataError, FormatError, GlassnetError
from glassnet.saving.configuration import network_config, network_from_config
from glassnet.saving.safetensors_reader import read_safetensors, read_texts
from glassnet.saving.strict_json import parse_json
from glassnet.saving.writing import write_atomically
from glassnet.utils.checks import wrong_values
from glassnet.utils.wording import few, shortened

__all__ = [
    "FORMAT_VERSION", "Restore", "SavedTraining", "load_network", "model_description", "restore_network",
    "save_network",
]  # fmt: skip

FORMAT_VERSION = 3
"""Version that is written; this one and all before are read."""

_N = TypeVar("_N", bound=BaseNetwork)

Restore = Callable[[_N, dict[str, Any], dict[str, np.ndarray]], Any]
"""Returns the state of a run of a network, given what a file holds of it."""

_TRAINING, _ATTACHED = "training.", "attached."
_PARTS: dict[str, tuple[str, Any]] = {
    "config": ("the configuration", dict),
    "metadata": ("metadata", dict),
    "training": ("the training state", (dict, type(None))),
    "data": ("what is noted of the data", (dict, type(None))),
}


class SavedTraining(NamedTuple):
    """The state of a run as a file holds it."""

    entries: dict[str, Any]  # JSON-able
    arrays: dict[str, np.ndarray]  # flat


def save_network(
    network: BaseNetwork,
    path: str | os.PathLike[str],
    *,
    training: SavedTraining | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write a built network to one ``.safetensors`` file; an existing one is replaced in one go.

    ``training`` is what is needed to train on as if nothing had happened, and ``data``, JSON-able, what the run's data
    are, so that a resumed run can check that it has the same.
    """
    store = network._built("save")
    # safetensors 0.8.0 writes wrong numbers for arrays that are not C-contiguous, so nothing else reaches it.
    arrays = {slot.name: np.ascontiguousarray(slot.view(store.params)) for slot in store.slots}
    arrays |= {slot.name: np.ascontiguousarray(slot.view(store.stats)) for slot in store.stat_slots}
    own = dict(arrays)
    if training is not None:
        arrays |= {_TRAINING + name: np.ascontiguousarray(array) for name, array in training.arrays.items()}
    arrays |= {_ATTACHED + name: np.ascontiguousarray(array) for name, array in network.attachments.items()}
    description = {
        "format_version": FORMAT_VERSION,
        "config": network_config(network),
        "metadata": _check_metadata(network.metadata),
        "training": None if training is None else training.entries,
        "data": data,
    }
    text = json.dumps(_in_order(description))
    _check_writable(own, text)
    from safetensors.numpy import save

    write_atomically(path, save(arrays, metadata={"glassnet": text}))


def _in_order(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Return data with the keys of dicts sorted, but those of the columns of a history, whose order is shown."""
    if isinstance(value, dict):
        names = list(value) if path == ("training", "history", "columns") else sorted(value)
        return {name: _in_order(value[name], (*path, str(name))) for name in names}
    return [_in_order(item, (*path, "")) for item in value] if isinstance(value, (list, tuple)) else value


def _check_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the notes if JSON can hold them."""
    try:
        json.dumps(metadata, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = f"save: network.metadata has an entry that JSON cannot hold ({error}); all of it must be JSON-able."
        raise ConfigError(message) from error
    return metadata


def load_network(kind: type[_N], path: str | os.PathLike[str], custom: Iterable[Any], restore: Restore[_N]) -> _N:
    """Return the network of a file, of class ``kind``; `glassnet.load` explains the parameters."""
    where = f"load({str(path)!r})"
    description, arrays = _read(where, path)
    network, shape = _network(where, kind, description, custom)
    _fill(where, network, shape, description, arrays, restore)
    attached = {name: array.copy() for name, array in arrays.items() if name.startswith(_ATTACHED)}
    network.attachments = {name.removeprefix(_ATTACHED): array for name, array in attached.items()}
    return network


def restore_network(
    network: _N, path: str | Path, where: str, check_data: Callable[[dict[str, Any] | None], None], restore: Restore[_N]
) -> None:
    """Put arrays and training state of a file into a network of the same configuration.

    ``check_data`` is called with the ``data`` that `save_network` was given, and may refuse them.
    """
    description, arrays = _read(f"load({str(path)!r})", path)
    found, own = description["config"], json.loads(json.dumps(network_config(network)))
    differing = sorted(name for name in own.keys() | found.keys() if own.get(name) != found.get(name))
    if differing:
        words = shortened("; ".join(f"{name} was {found.get(name)!r} and is {own.get(name)!r}" for name in differing))
        message = f"{where}: the network is not that of {str(path)!r}, which resume=True needs: {words}."
        raise ConfigError(message, expected=found, got=own)
    if description["training"] is None:
        must = "with resume=True it must hold a run"
        message = f"{where}: {str(path)!r} holds a network without its training state; {must}."
        raise ConfigError(message)
    check_data(description["data"])
    assert network.input_shape is not None
    _fill(f"load({str(path)!r})", network, network.input_shape, description, arrays, restore)


def _fill(
    where: str,
    network: _N,
    shape: tuple[int, ...],
    description: dict[str, Any],
    arrays: dict[str, np.ndarray],
    restore: Restore[_N],
) -> None:
    """Build the network and give it a file's arrays and training state; or refuse, and leave its values as they are."""
    store = network._plan(shape)
    stored = {name: array for name, array in arrays.items() if not name.startswith((_TRAINING, _ATTACHED))}
    own = {name.removeprefix(_TRAINING): array for name, array in arrays.items() if name.startswith(_TRAINING)}
    # Before anything is allocated: a damaged description may ask for any amount of memory.
    _compare(where, store, network.dtype, stored)
    if own and description["training"] is None:
        message = f"{where}: there is no training state for the arrays {few(own)}."
        raise FormatError(message, got=sorted(own))
    try:
        store = network.build(shape)._built("load")
    except MemoryError as error:
        message = f"{where}: the model has {store.n_parameters:,} parameters, which do not fit into memory."
        raise FormatError(message) from error
    state = None
    if description["training"] is not None:
        try:
            state = restore(network, description["training"], own)
        except (GlassnetError, LookupError, TypeError, ValueError) as error:
            message = f"{where}: the training state is damaged: {shortened(error)}"
            raise FormatError(message) from error
    for slots, flat in ((store.slots, store.params), (store.stat_slots, store.stats)):
        for slot in slots:
            slot.view(flat)[...] = stored[slot.name]
    if state is not None:
        network._run = state


def model_description(where: str, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the description in the file at ``path``, without reading its arrays.

    If it is not a model of glassnet that is a `FormatError`, whose message begins with ``where``.
    """
    return _description(where, read_texts(where, path))


def _read(where: str, path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the description and all arrays of a file."""
    texts, arrays = read_safetensors(where, path)
    return _description(where, texts), arrays


def _description(where: str, texts: dict[str, str]) -> dict[str, Any]:
    """Return the description that the texts of a file hold."""
    if "exported_by" in texts:
        must = "it must be one that save wrote"
        message = f"{where}: the file holds exported weights; {must}. Load the original, or read it with from_torch."
        raise FormatError(message, expected=must)
    if "glassnet" not in texts:
        message = f"{where}: not a glassnet model: it is a safetensors file without a network's description."
        raise FormatError(message)
    try:
        description = parse_json(texts["glassnet"])
    except ValueError as error:
        message = f"{where}: the description {error}; it must be JSON with a format_version."
        raise FormatError(message) from error
    if not isinstance(description, dict) or "format_version" not in description:
        message = f"{where}: the description has no format_version; it must be a JSON object with one."
        raise FormatError(message)
    version = description["format_version"]
    if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
        newer = type(version) is int and version > FORMAT_VERSION
        advice = "Update glassnet." if newer else "The file is damaged."
        must = f"it must be from 1 to {FORMAT_VERSION}"
        message = f"{where}: the format version is {shortened(repr(version))}; {must}. {advice}"
        raise FormatError(message, expected=FORMAT_VERSION, got=version)
    for name, (words, kinds) in _PARTS.items():
        if not isinstance(description.setdefault(name, None), kinds):
            message = f"{where}: {words} is {shortened(repr(description[name]))}; it must be an object."
            raise FormatError(message, got=description[name])
    return description


def _network(
    where: str, kind: type[_N], description: dict[str, Any], custom: Iterable[Any]
) -> tuple[_N, tuple[int, ...]]:
    """Return the network, not built yet, and the shape of its samples."""
    try:
        network = network_from_config(kind, description["config"], custom)
        shape = check_shape("configuration", description["config"]["input_shape"])
        network._plan(shape)
    except Exception as error:  # a layer of the user's own may refuse in any way
        message = f"{where}: {shortened(error)}"
        raise FormatError(message) from error
    network.metadata = description["metadata"]
    return network, shape


def _compare(where: str, store: Store, dtype: np.dtype[Any], stored: dict[str, np.ndarray]) -> None:
    """Report every array that is missing, unknown, or of another shape, dtype or kind of values than the network's."""
    wanted = {slot.name: slot for slot in (*store.slots, *store.stat_slots)}
    problems = [f"{name!r} is missing" for name in sorted(wanted.keys() - stored.keys())]
    problems += [f"{name!r} is unknown" for name in sorted(stored.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & stored.keys()):
        shape, array = store.shape(wanted[name]), stored[name]
        if array.shape != shape or array.dtype != dtype:
            problems.append(f"{name!r} has shape {array.shape} and {array.dtype} instead of {shape} and {dtype}")
        elif wrong := wrong_values(array, signed=not wanted[name].spec.non_negative):
            problems.append(f"{name!r} holds {wrong}")
    if problems:
        message = f"{where}: the arrays of the file do not fit its network: {few(problems, between='; ')}."
        raise FormatError(message, got=problems)


def _check_writable(arrays: dict[str, np.ndarray], text: str) -> None:
    """Refuse to write what `load` would refuse to read."""
    wrong = {name: found for name, array in arrays.items() if (found := wrong_values(array, infinite=False))}
    if wrong:
        problems = [f"{found} in {name!r}" for name, found in wrong.items()]
        must = "parameters and statistics must be finite"
        message = f"save: there is {few(problems)}; {must}. Train with scaled data."
        raise DataError(message, got=problems)
    try:
        parse_json(text)
    except ValueError as error:
        message = f"save: the text of network.metadata and the history {error}; both must be smaller and simpler."
        raise ConfigError(message) from error
