"""Sentences on how a worked step differs from a prediction, and from the next step of `fit`."""

from __future__ import annotations

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.explanation.recording import Recording
from glassnet.layers import BatchNorm, Dropout, GaussianNoise
from glassnet.layers.tree import every_layer

__all__ = ["notes_of"]


def notes_of(network: BaseNetwork, record: Recording) -> list[str]:
    """Return sentences for the head of an explanation, after an empty line; none where there is nothing to say.

    Parameters
    ----------
    network : BaseNetwork
        The user's own.
    record : Recording
        Of its step.
    """
    found = [*record.said, *_weights(network), *_noise(network, record)]
    return ["", *found] if found else []


def _weights(network: BaseNetwork) -> list[str]:
    run = network._run
    if run is None or run.last_params is None:
        return []
    return ["Worked with the weights that the network holds; another fit goes on from those of its last epoch."]


def _noise(network: BaseNetwork, record: Recording) -> list[str]:
    predicted = network._logits(np.asarray(record.X, dtype=network.dtype))
    if np.allclose(predicted, record.Z, rtol=1e-3, atol=1e-4):
        return []
    found = []
    caches = [(layer, record.passage(layer).cache) for layer in every_layer(record.network.layers)]
    if any(isinstance(layer, Dropout) and layer.rate_in(cache) for layer, cache in caches):
        found.append("Dropout is on in this step, as in training, and off in a prediction.")
    if any(isinstance(layer, GaussianNoise) and layer.std for layer, _ in caches):
        found.append("GaussianNoise is on in this step, as in training, and off in a prediction.")
    if any(isinstance(layer, BatchNorm) and cache["of_batch"] for layer, cache in caches):
        found.append("BatchNorm takes mean and variance of these rows here, and the running ones in a prediction.")
    return [*found, "So the outputs below are not those of a prediction."] if found else []
