"""From rows in blocks, as `fit` was given them, to the batches and validation rows of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, DataError
from glassnet.training.block_batches import BlockBatches, Weigh
from glassnet.training.class_weights import class_codes, class_factors, weigh_classes
from glassnet.training.loop import Validation
from glassnet.training.options import FitOptions
from glassnet.training.sharding.sharded_blocks import ShardedBlocks
from glassnet.utils.block_sources import BlockPart, BlockRows, BlockSource
from glassnet.utils.checks import check_integer, check_weights
from glassnet.utils.wording import shortened

__all__ = ["block_validation", "prepare_blocks"]


def prepare_blocks(
    network: BaseNetwork, source: BlockSource, y: Any, options: FitOptions, split: float, order: dict[str, Any]
) -> tuple[BlockBatches, Validation | None]:
    """Return the batches of a source of blocks, and the validation rows that it is divided into, if a share is.

    Parameters
    ----------
    network : BaseNetwork
        Built for the rows if it is new.
    source : BlockSource
        What stands in the place of X and y.
    y : None
        Others are refused.
    options : FitOptions
        All of them.
    split : float
        Share of the rows to hold out, which are read into memory.
    order : dict
        ``batch_size``, ``shuffle`` and ``drop_last``, checked.
    """
    given = {"y": y, "sample_weight": options["sample_weight"]}
    for name, value in given.items():
        if value is not None:
            advice = {"y": "Name the column: target='y'.", "sample_weight": "Name the column: weight='w'."}
            fact = f"{name} is {shortened(repr(value), 40)}; with blocks of rows it must be left out"
            message = f"fit: {fact}. {advice[name]}"
            raise ConfigError(message, got=value)
    steps = options["steps_per_epoch"]
    if steps is not None:
        order = {**order, "steps_per_epoch": check_integer("fit", "steps_per_epoch", steps, 1)}
    if split and options["validation_data"] is not None:
        message = "fit: validation_data and validation_split are both given; only one may be. Leave one out."
        raise ConfigError(message)
    if split and network.members is not None:
        message = f"fit: validation_split is {split}; with members it must be 0. Pass one validation_data for all."
        raise ConfigError(message)
    check = getattr(source, "check_numbers", None)
    if check is not None:
        check("fit")
    held_out = None
    if split:
        seed = int(network._streams[0].split().integers(2**63))
        held_out = BlockPart(source, split, seed, held_out=True)
        source = BlockPart(source, split, seed, held_out=False)
        if not held_out.n_rows or not source.n_rows:
            parts = f"{source.n_rows} rows for training and {held_out.n_rows} for validation"
            message = f"fit: validation_split leaves {parts}; there must be some of both."
            raise DataError(message, got=split)
    was_new = network._store is None
    try:
        weigh = _weigher(network, source, options["class_weight"])
        kind = BlockBatches if options["shards"] is None else ShardedBlocks
        batches = kind(network, source, weigh=weigh, **order)
        return batches, None if held_out is None else _in_memory(network, held_out)
    except Exception:
        if was_new:
            network._forget_shape()
        raise


def _weigher(network: BaseNetwork, source: BlockSource, class_weight: Any) -> Weigh:
    """Return what multiplies the weights of rows by those of their classes, which balanced ones are counted for."""
    if class_weight is None:
        return lambda y, weight: weight
    if network._store is None:
        network.build((source.n_features,))
    k, factors = max(network.n_outputs, 2), None

    def counted() -> np.ndarray:
        counts = np.zeros(k)
        for _, (X, y, weight) in source.read_blocks(range(source.n_blocks)):
            if len(X):
                _, y, weight = network._check_data("fit", X, y, weight, is_part=True)
                codes = class_codes(network.loss, y)
                counts += 0 if codes is None else np.bincount(codes, weight, k)
        return counts

    if isinstance(class_weight, str) and class_weight == "balanced":
        factors = class_factors(class_weight, k, np.arange(k), counted())
    else:
        factors = class_factors(class_weight, k, None)
    return lambda y, weight: weigh_classes(network.loss, factors, y, weight)


def _in_memory(network: BaseNetwork, source: BlockSource) -> Validation:
    """Return all rows of a source as checked arrays."""
    X = np.empty((source.n_rows, source.n_features), network.dtype)
    others: list[tuple[np.ndarray, np.ndarray | None]] = [(np.empty(0), None)] * source.n_blocks
    for place, (part, y, weight) in source.read_blocks(range(source.n_blocks)):
        X[source.starts[place] : source.starts[place + 1]] = part
        others[place] = y, weight
    targets, weights = _columns(others)
    checked: Validation = network._check_data("fit: validation rows", X, targets, weights)
    return checked


def _columns(parts: list[tuple[np.ndarray, np.ndarray | None]]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the targets and weights of all blocks."""
    found = [weight for _, weight in parts if weight is not None]
    return np.concatenate([y for y, _ in parts if len(y)]), np.concatenate(found) if found else None


def block_validation(network: BaseNetwork, source: BlockSource, trained: Any = None) -> Validation:
    """Return a source as validation rows: its inputs are read anew at each evaluation, a block at a time.

    Parameters
    ----------
    network : BaseNetwork
        Built.
    source : BlockSource
        The rows; its targets and weights are read now.
    trained : BlockSource or anything else
        What is trained on: where both know the names of their columns, the inputs are matched by these.
    """
    names = getattr(trained, "columns", None) if isinstance(trained, BlockSource) else None
    if names is not None and hasattr(source, "with_columns"):
        source = source.with_columns("fit: validation_data", names)
    check = getattr(source, "check_numbers", None)
    if check is not None:
        check("fit: validation_data")
    others: list[tuple[np.ndarray, np.ndarray | None]] = [(np.empty(0), None)] * source.n_blocks
    first = None
    for place, (X, y, weight) in source.read_blocks(range(source.n_blocks)):
        if first is None and len(X):
            first = X[:1]
        others[place] = y, weight
    targets, weights = _columns(others)
    assert first is not None
    network._check_data("fit: validation_data", first, targets[:1])
    rows = BlockRows(source, network.dtype)
    y = network.loss.prepare(targets, network.n_outputs, network.dtype)
    weight = None if weights is None else check_weights("fit: validation_data", weights).astype(network.dtype)
    return rows, y, weight
