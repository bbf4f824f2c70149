"""Turn the arguments of `fit` into batches and validation data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inputs import check_data
from glassnet.errors import ConfigError, DataError
from glassnet.training.batches import ArrayBatches, Batches, IterableBatches
from glassnet.training.block_data import block_validation, prepare_blocks
from glassnet.training.class_weights import class_codes, class_factors, weigh_classes
from glassnet.training.loop import Validation
from glassnet.training.options import FitOptions
from glassnet.utils.block_sources import BlockSource
from glassnet.utils.checks import check_flag, check_integer, check_number, check_weights
from glassnet.utils.extremes import Extremes
from glassnet.utils.row_sources import take_rows
from glassnet.utils.splitting import split_rows

__all__ = ["prepare_data"]


def prepare_data(
    network: BaseNetwork, X: Any, y: Any, options: FitOptions, *, measures: bool = False
) -> tuple[Batches, Validation | None]:
    """Return the batches and the validation data, checked; `Network.fit` explains the options. Builds the network.

    With ``measures`` the extremes of the columns are measured while they are checked.
    """
    split = check_number("fit", "validation_split", options["validation_split"], 0.0, 1.0, open_maximum=True)
    shuffle = check_flag("fit", "shuffle", options["shuffle"])
    drop_last = check_flag("fit", "drop_last", options["drop_last"])
    batch_size = check_integer("fit", "batch_size", options["batch_size"], 1)
    sample_weight, class_weight = options["sample_weight"], options["class_weight"]
    steps_per_epoch, validation_data = options["steps_per_epoch"], options["validation_data"]
    order: dict[str, Any] = {"batch_size": batch_size, "shuffle": shuffle, "drop_last": drop_last}
    if isinstance(X, BlockSource):
        blocks, held_out = prepare_blocks(network, X, y, options, split, order)
        return blocks, held_out if split else _validation(network, validation_data, X)
    if y is None:
        if split or sample_weight is not None:
            name = "validation_split" if split else "sample_weight"
            fact = f"the rows come in batches; {name} needs arrays"
            message = f"fit: {fact}. Divide or weigh the rows where the batches are made."
            raise ConfigError(message)
        own = _iterable(network, X, steps_per_epoch, class_weight)
        return own, _validation(network, validation_data)
    if steps_per_epoch is not None:
        check_integer("fit", "steps_per_epoch", steps_per_epoch, 1)
    # Of rows that are about to be divided the extremes would be those of both parts.
    extremes = Extremes() if measures and not split else None
    X, y, weight = check_data(network, "fit", X, y, sample_weight, extremes=extremes)
    validation = _validation(network, validation_data)
    parts = None
    if split:
        (X, y, weight), validation, parts = _hold_out(network, (X, y, weight), validation, split)
    if class_weight is not None:
        weight = _class_weighted(network, y[:], weight, class_weight)
    streams, members = network._streams, network.members
    order["steps_per_epoch"] = steps_per_epoch
    batches = ArrayBatches(X, y, weight, streams=streams, members=members, **order)
    batches.extremes = None if extremes is None else extremes.values
    batches.split = parts
    return batches, validation


def _class_weighted(network: BaseNetwork, y: np.ndarray, weight: np.ndarray | None, value: Any) -> np.ndarray:
    """Return the weights of rows with those of their classes in them."""
    factors = class_factors(value, max(network.n_outputs, 2), class_codes(network.loss, y), weight)
    return check_weights("fit", weigh_classes(network.loss, factors, y, weight)).astype(network.dtype)


def _iterable(network: BaseNetwork, batches: Any, steps_per_epoch: int | None, class_weight: Any) -> IterableBatches:
    """Return batches from the user's iterable or function."""
    if not callable(batches) and (hasattr(batches, "shape") or not isinstance(batches, Iterable)):
        given = type(batches).__name__
        message = f"fit: y is missing, and X is of type {given}. Without y pass an iterable of batches."
        raise ConfigError(message, got=batches)
    steps = None if steps_per_epoch is None else check_integer("fit", "steps_per_epoch", steps_per_epoch, 1)

    def weigh(y: np.ndarray, weight: np.ndarray | None) -> np.ndarray | None:
        if class_weight is None:
            return weight
        factors = class_factors(class_weight, max(network.n_outputs, 2), None)
        return weigh_classes(network.loss, factors, y, weight).astype(network.dtype)

    return IterableBatches(network, batches, steps_per_epoch=steps, weigh=weigh)


def _validation(
    network: BaseNetwork, data: Sequence[Any] | BlockSource | None, trained: Any = None
) -> Validation | None:
    if data is None:
        return None
    if isinstance(data, BlockSource):
        return block_validation(network, data, trained)
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        must = "it must be (X, y) or (X, y, sample_weight)"
        message = f"fit: validation_data is of type {type(data).__name__}; {must}."
        raise ConfigError(message, got=data)
    checked: Validation = network._check_data("fit: validation_data", *data)
    return checked


def _hold_out(
    network: BaseNetwork, data: Validation, validation: Validation | None, share: float
) -> tuple[Validation, Validation, tuple[np.ndarray, np.ndarray]]:
    """Divide the rows into training and validation data; return both, and the numbers of their rows."""
    if validation is not None:
        message = "fit: validation_data and validation_split are both given; only one may be. Leave one out."
        raise ConfigError(message)
    if network.members is not None:
        message = "fit: validation_split is above 0; with members it must be 0. Pass validation_data, which they share."
        raise ConfigError(message)
    X, y, weight = data
    codes = class_codes(network.loss, y[:])
    train, valid = split_rows(len(X), [1.0 - share, share], network._streams[0].split(), stratify=codes)
    parts = [(take_rows(X, rows), take_rows(y, rows), take_rows(weight, rows)) for rows in (train, valid)]
    for name, (_, _, part) in zip(("training", "validation"), parts, strict=True):
        if part is not None and not part.any():
            message = f"fit: all {name} rows of validation_split have weight 0; some must weigh more."
            raise DataError(message)
    return parts[0], parts[1], (train, valid)
