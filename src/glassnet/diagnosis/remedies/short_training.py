"""A short training of a copy, to see how a long one would go."""

from __future__ import annotations

from typing import Any

from glassnet.diagnosis.remedies.divergence import Breakdown, Observer
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import DivergenceError
from glassnet.training import History, Run
from glassnet.training.batches import ArrayBatches

__all__ = ["trained_briefly"]

_STEPS = 300


def trained_briefly(
    network: BaseNetwork, data: tuple[Any, Any, Any], validation: tuple[Any, Any, Any] | None, batch_size: int
) -> tuple[BaseNetwork, History, Breakdown | None]:
    """Return a trained copy, its history, and where it diverged if it did.

    It takes about 300 steps, but at most 300 epochs and at least one.
    """
    network = network._untrained()
    schedule = network.optimizer.schedule
    if schedule.monitors():
        network.optimizer.learning_rate = float(schedule.rate(0.0, schedule.new_memory()))
    batches = ArrayBatches(*data, batch_size=batch_size, shuffle=True, streams=network._streams, members=None)
    epochs = max(1, _STEPS // (batches.n_batches or 1))
    observer = Observer()
    run = Run(network, batches, epochs, validation=validation, callbacks=[observer])
    try:
        run.loop()
    except DivergenceError:
        return network, run.history, observer.broken
    return network, run.history, None
