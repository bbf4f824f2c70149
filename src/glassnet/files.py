"""One model file: arrays in safetensors, everything else as JSON in its metadata. Nothing in it is ever executed.

Layout of format version 1: parameters and statistics by name (``"dense_1.weight"``), with a leading member axis if
there are members; with the training state also ``"training.optimizer.M"`` and the like, as flat arrays. The metadata
has one entry, ``"glassnet"``: JSON with ``format_version``, ``config``, ``metadata`` (the user's notes) and
``training`` (null without).
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.configuration import network_config, network_from_config
from glassnet.errors import ConfigError, FormatError, GlassnetError, ShapeError
from glassnet.layout import check_shape
from glassnet.network import Network
from glassnet.training import RunState

__all__ = ["FORMAT_VERSION", "load", "restore_network", "save_network", "write_atomically"]

FORMAT_VERSION = 1
_TRAINING = "training."


def save_network(
    network: Network, path: str | Path, *, training_state: bool = False, data: dict[str, Any] | None = None
) -> None:
    """Write a network to one ``.safetensors`` file.

    Parameters
    ----------
    network : Network
        Built or fitted.
    path : str or Path
        An existing file is replaced, in one go: at no time is there half a file.
    training_state : bool, default=False
        Whether to keep what is needed to train on as if nothing had happened: optimizer, best weights, position.
    data : dict, optional
        JSON-able: what the run's data are, so that a resumed run can tell whether it has the same.
    """
    store = network.built("save")
    state: RunState | None = network.run if training_state else None
    # safetensors 0.8.0 writes wrong numbers for arrays that are not C-contiguous, so nothing else reaches it.
    arrays = {slot.name: np.ascontiguousarray(slot.view(store.params)) for slot in store.slots}
    arrays |= {slot.name: np.ascontiguousarray(slot.view(store.stats)) for slot in store.stat_slots}
    if state is not None:
        state.follow_optimizer(network)
        arrays |= {_TRAINING + name: np.ascontiguousarray(array) for name, array in state.arrays().items()}
    description = {
        "format_version": FORMAT_VERSION,
        "config": network_config(network),
        "metadata": _check_metadata(network.metadata),
        "training": None if state is None else state.to_dict(),
        "data": data,
    }
    text = json.dumps(description, sort_keys=True)
    from safetensors.numpy import save

    write_atomically(path, save(arrays, metadata={"glassnet": text}))


def _check_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the notes if JSON can hold them."""
    try:
        json.dumps(metadata, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = f"save: network.metadata must be JSON-able, got an entry that is not ({error})."
        raise ConfigError(message) from error
    return metadata


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a file so that at any instant the path holds the old content or the new one, also after a power cut.

    A link stays a link, and an existing file keeps its permissions.

    Raises
    ------
    ConfigError
        The path is a folder, or its folder does not exist.
    OSError
        The disk is full or the folder read-only; the old file is whole.
    """
    path = Path(os.path.realpath(path))
    if path.is_dir():
        message = f"save: the path must be that of a file, got the folder {str(path)!r}. Add a file name."
        raise ConfigError(message, got=path)
    if not path.parent.is_dir():
        message = f"save: the folder must exist, got {str(path.parent)!r}. Make it first."
        raise ConfigError(message, got=path)
    mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _sync_folder(folder: Path) -> None:
    """Make the rename last; systems that cannot open a folder do it by themselves."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load(path: str | Path, custom: Iterable[Any] = ()) -> Network:
    """Read a network that `Network.save` wrote.

    Parameters
    ----------
    path : str or Path
    custom : iterable of classes and objects
        Layers, losses, optimizers and schedules of your own that the network uses: a file names classes, it does not
        bring them. What is made of functions, such as a `CustomLoss`, is handed over as an object and found by name.

    Raises
    ------
    FormatError
        Not a model file, damaged, or from a newer version; all mismatches at once.
    FileNotFoundError
        There is no such file.
    """
    where = f"load({str(path)!r})"
    description, arrays = _read(where, Path(path))
    network, shape = _network(where, description, custom)
    _fill(where, network, shape, description, arrays)
    return network


def restore_network(
    network: Network, path: str | Path, where: str, check_data: Callable[[dict[str, Any] | None], None]
) -> None:
    """Put arrays and training state of a file into a network of the same configuration.

    Parameters
    ----------
    network : Network
        Built.
    path : str or Path
    where : str
        Who asks, for the messages.
    check_data : function
        Called with what `save_network` was told of the data; it may refuse.
    """
    description, arrays = _read(f"load({str(path)!r})", Path(path))
    found, own = description.get("config"), json.loads(json.dumps(network_config(network)))
    found = found if isinstance(found, dict) else {}
    differing = sorted(name for name in own.keys() | found.keys() if own.get(name) != found.get(name))
    if differing:
        words = "; ".join(f"{name} was {found.get(name)!r} and is {own.get(name)!r}" for name in differing)
        message = f"{where}: with resume=True the network must be that of {str(path)!r}, got another: {words}."
        raise ConfigError(message, expected=found, got=own)
    if description.get("training") is None:
        message = f"{where}: with resume=True {str(path)!r} must hold a run, got a network without its training state."
        raise ConfigError(message)
    check_data(description.get("data"))
    assert network.input_shape is not None
    _fill(f"load({str(path)!r})", network, network.input_shape, description, arrays)


def _fill(
    where: str, network: Network, shape: tuple[int, ...], description: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Build the network and give it a file's arrays and training state."""
    store = network.plan(shape)
    stored = {name: array for name, array in arrays.items() if not name.startswith(_TRAINING)}
    # Before anything is allocated: a damaged description may ask for any amount of memory.
    _compare(where, {slot.name: store.shape(slot) for slot in (*store.slots, *store.stat_slots)}, network.dtype, stored)
    store = network.build(shape).built("load")
    for slots, flat in ((store.slots, store.params), (store.stat_slots, store.stats)):
        for slot in slots:
            slot.view(flat)[...] = stored[slot.name]
    if description.get("training") is not None:
        own = {name.removeprefix(_TRAINING): array for name, array in arrays.items() if name.startswith(_TRAINING)}
        try:
            network.run = RunState.restore(network, description["training"], own)
        except (GlassnetError, AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"{where}: the training state must be whole, got one that fails with: {error}"
            raise FormatError(message) from error


def _read(where: str, path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the description and all arrays of a file."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        got = "a folder" if path.is_dir() else "no such file"
        message = f"{where}: the model file must exist, got {got}."
        raise FileNotFoundError(message)
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get("glassnet")
            arrays = {name: file.get_tensor(name) for name in file.keys()} if text else {}  # noqa: SIM118
    except (SafetensorError, TypeError, ValueError, OSError) as error:
        message = f"{where}: the file must be a safetensors file, got one that cannot be read ({error})."
        raise FormatError(message) from error
    if text is None:
        message = f"{where}: the file must be written by glassnet, got safetensors without a network's description."
        raise FormatError(message)
    try:
        description = json.loads(text)
        version = description["format_version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"{where}: the description must be JSON with a format_version, got something else."
        raise FormatError(message) from error
    if type(version) is not int or version != FORMAT_VERSION:
        message = f"{where}: the format version must be {FORMAT_VERSION}, got {version!r}. Update glassnet."
        raise FormatError(message, expected=FORMAT_VERSION, got=version)
    return description, arrays


def _network(where: str, description: dict[str, Any], custom: Iterable[Any]) -> tuple[Network, tuple[int, ...]]:
    """Return the network, not built yet, and the shape of its samples."""
    try:
        network = network_from_config(description.get("config"), custom)  # type: ignore[arg-type]  # checked there
        shape = check_shape("configuration", description["config"]["input_shape"])
        network.plan(shape)
    except (ConfigError, FormatError, ShapeError, TypeError, ValueError) as error:
        message = f"{where}: {error}"
        raise FormatError(message) from error
    metadata = description.get("metadata")
    network.metadata = metadata if isinstance(metadata, dict) else {}
    return network, shape


def _compare(
    where: str, wanted: dict[str, tuple[int, ...]], dtype: np.dtype[Any], stored: dict[str, np.ndarray]
) -> None:
    """Report every array that is missing, unknown, or of another shape or dtype than the network's."""
    problems = [f"{name!r} is missing" for name in sorted(wanted.keys() - stored.keys())]
    problems += [f"{name!r} is unknown" for name in sorted(stored.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & stored.keys()):
        shape, array = wanted[name], stored[name]
        if array.shape != shape or array.dtype != dtype:
            problems.append(f"{name!r} has shape {array.shape} and {array.dtype} instead of {shape} and {dtype}")
    if problems:
        message = f"{where}: the arrays must fit the network, got a file in which {'; '.join(problems)}."
        raise FormatError(message, got=problems)
