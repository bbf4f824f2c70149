"""A short training of a copy, to see how a long one would go."""

from __future__ import annotations

from typing import Any

from glassnet.diagnosis.remedies.divergence import Breakdown, Observer
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import DivergenceError
from glassnet.training import History, Run
from glassnet.training.batches import ArrayBatches

__all__ = ["rehearsed"]

_STEPS = 300


def rehearsed(
    network: BaseNetwork, data: tuple[Any, Any, Any], validation: tuple[Any, Any, Any] | None, batch_size: int
) -> tuple[BaseNetwork, History, Breakdown | None]:
    """Return a trained copy, its history, and where it broke if it diverged.

    It takes about 300 steps, but at most 300 epochs and at least one.
    """
    twin = network.untrained()
    if twin.optimizer.schedule.monitors():
        twin.optimizer.learning_rate = float(twin.optimizer.schedule.rate(0.0, twin.optimizer.schedule.new_memory()))
    batches = ArrayBatches(*data, batch_size=batch_size, shuffle=True, streams=twin.streams, members=None)
    epochs = max(1, _STEPS // (batches.n_batches or 1))
    observer = Observer()
    run = Run(twin, batches, epochs, validation=validation, callbacks=[observer])
    try:
        run.loop()
    except DivergenceError:
        return twin, run.history, observer.broken
    return twin, run.history, None
