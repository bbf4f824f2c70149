"""From what a user passed to the plan by which many networks are trained."""

from __future__ import annotations

import math
from typing import Any

from glassnet.errors import ConfigError
from glassnet.network import Network
from glassnet.populations.joint import JointPlan
from glassnet.training.data import prepare_data
from glassnet.training.options import FIT_DEFAULTS, FitOptions, TrainingOptions
from glassnet.utils.checks import check_integer, check_number

__all__ = ["make_plan"]


def make_plan(
    where: str, network: Network, X: Any, y: Any, *, epochs: int, title: str, options: TrainingOptions
) -> JointPlan:
    """Return a checked plan for networks like this one, which is built for X if it is new.

    `Network.fit` explains the options; ``where`` asks for it, and ``title`` is what the progress line calls the
    networks.
    """
    if y is None:
        message = f"{where}: y must be given, got none. Batches of your own are for Network.fit."
        raise ConfigError(message)
    given: FitOptions = {**FIT_DEFAULTS, **options}
    epochs, max_seconds = check_integer(where, "epochs", epochs, 1), given["max_seconds"]
    batches, validation = prepare_data(network, X, y, given)
    all_X, all_y, weight = batches.arrays
    return JointPlan(
        (all_X, all_y, weight), epochs, batch_size=given["batch_size"], shuffle=given["shuffle"],
        drop_last=given["drop_last"], validation=validation, early_stopping=given["early_stopping"],
        metrics=network.loss.choose_metrics(where, given["metrics"]),
        max_seconds=math.inf if max_seconds is None else check_number(where, "max_seconds", max_seconds, 0.0),
        threads=given["threads"], progress=given["progress"], title=title,
    )  # fmt: skip
