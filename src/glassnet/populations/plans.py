"""From what a user passed to the plan by which many networks are trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from glassnet.errors import ConfigError
from glassnet.losses import MetricChoice
from glassnet.network import Network
from glassnet.populations.joint import JointPlan
from glassnet.training import EarlyStopping
from glassnet.training.data import prepare_data
from glassnet.utils.checks import check_integer, check_number

__all__ = ["make_plan"]


def make_plan(
    where: str,
    network: Network,
    X: Any,
    y: Any,
    *,
    epochs: int,
    title: str,
    batch_size: int = 32,
    validation_data: Sequence[Any] | None = None,
    validation_split: float = 0.0,
    sample_weight: Any = None,
    class_weight: Any = None,
    shuffle: bool = True,
    drop_last: bool = False,
    metrics: MetricChoice = None,
    early_stopping: EarlyStopping | None = None,
    max_seconds: float | None = None,
    threads: int | str = "auto",
    progress: bool | None = None,
) -> JointPlan:
    """Return a checked plan for networks like this one, which is built for X if it is new.

    `glassnet.training.fit_network` explains the options; ``where`` asks for it, and ``title`` is what the progress line
    calls the networks.
    """
    if y is None:
        message = f"{where}: y must be given, got none. Batches of your own are for Network.fit."
        raise ConfigError(message)
    epochs = check_integer(where, "epochs", epochs, 1)
    seconds = math.inf if max_seconds is None else check_number(where, "max_seconds", max_seconds, 0.0)
    batches, validation = prepare_data(
        network,
        X,
        y,
        batch_size=batch_size,
        validation_data=validation_data,
        validation_split=validation_split,
        sample_weight=sample_weight,
        class_weight=class_weight,
        shuffle=shuffle,
        drop_last=drop_last,
        steps_per_epoch=None,
    )
    all_X, all_y, weight = batches.arrays
    return JointPlan(
        (all_X, all_y, weight),
        epochs,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,
        validation=validation,
        metrics=network.loss.choose_metrics(where, metrics),
        early_stopping=early_stopping,
        max_seconds=seconds,
        threads=threads,
        progress=progress,
        title=title,
    )
