"""The doors to the playground: from a program, a notebook, a network or a model of a table."""

from __future__ import annotations

import webbrowser
from typing import Any

from glassnet.errors import ConfigError, ShapeError
from glassnet.network import Network
from glassnet.playground.data.fitting_settings import suggested_settings
from glassnet.playground.data.sources import data_from_arrays, data_from_model, data_from_source
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.running import Playground
from glassnet.playground.settings import Settings
from glassnet.tabular.model import TableModel

__all__ = [
    "FIRST_SOURCE", "experiment_with", "experiment_with_model", "experiment_with_network", "play_model", "play_network",
    "show_playground",
]  # fmt: skip

FIRST_SOURCE = {"kind": "toy", "name": "spirals"}
"""What the playground starts with when it is given nothing."""


def experiment_with(data: PlayData | None = None) -> Experiment:
    """Return an experiment with data, by default a toy, and a small network that learns such data."""
    data = data or data_from_source(FIRST_SOURCE)
    return Experiment(data, suggested_settings(data))


def experiment_with_network(network: Network, data: PlayData | None = None) -> Experiment:
    """Return an experiment that goes on with a network as it is, which is not changed; without data, with a toy."""
    data = data or data_from_source(FIRST_SOURCE)
    if network.members is not None:
        message = f"playground: it shows one network, got one of {network.members} members. Make it with members=None."
        raise ConfigError(message, got=network.members)
    shape = data.X.shape[1:]
    if network.input_shape not in (None, shape):
        must = f"the data must have rows of shape {network.input_shape}, as the network"
        message = f"playground: {must}, got {shape} from {data.title!r}. Give it the rows that the network is for."
        raise ShapeError(message, expected=network.input_shape, got=shape)
    return Experiment(data, Settings.of(network), None if network.store is None else network.state_dict())


def experiment_with_model(model: TableModel, frame: Any) -> Experiment:
    """Return an experiment that goes on with the network of a table model, on the rows of a frame with the target."""
    return experiment_with_network(model.network, data_from_model(model, frame))


def play_network(network: Network, X: Any = None, y: Any = None, **options: Any) -> Playground:
    """Open the playground with a network, as `Network.playground` says."""
    if (X is None) != (y is None):
        message = "Network.playground: X and y must be given together, got one of them."
        raise ConfigError(message, expected="X and y")
    data = None if X is None else data_from_arrays(X, y)
    return show_playground(experiment_with_network(network, data), "Network.playground", **options)


def play_model(model: TableModel, frame: Any, **options: Any) -> Playground:
    """Open the playground with a model of a table, as `TableModel.playground` says."""
    return show_playground(experiment_with_model(model, frame), "TableModel.playground", **options)


def show_playground(
    experiment: Experiment,
    where: str = "playground",
    *,
    port: int = 0,
    open_browser: bool = True,
    block: bool = True,
) -> Playground:
    """Print the address of a playground, open it in a browser, and wait for its end unless the program shall go on."""
    playground = Playground(experiment, where, port=port)
    print(f"The playground is at {playground.url}", flush=True)
    if open_browser:
        webbrowser.open(playground.url)
    if not block:
        return playground.start()
    playground.run()
    return playground
