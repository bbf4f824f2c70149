"""The doors to the playground: from a program, a notebook, a network or a model of a table."""

from __future__ import annotations

import webbrowser
from typing import Any

import numpy as np

from glassnet import datasets
from glassnet.network import Network
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.running import Playground
from glassnet.playground.settings import Settings

__all__ = ["first_experiment", "play_network", "show_playground"]

_FIRST = Settings(
    layers=(
        {"class": "Dense", "units": 8, "activation": "tanh"},
        {"class": "Dense", "units": 8, "activation": "tanh"},
        {"class": "Dense", "units": 1},
    ),
    loss={"class": "BinaryCrossEntropy"},
    optimizer={"class": "Adam", "learning_rate": 0.01},
)


def first_experiment() -> Experiment:
    """Return what the playground starts with when it is given nothing: two spirals and a small network."""
    X, y = datasets.spirals(500, noise=0.1, seed=0)
    data = PlayData(X[:400], y[:400], X[400:], y[400:], ("x1", "x2"), ("0", "1"), title="Spirals")
    return Experiment(data, _FIRST)


def play_network(network: Network, X: Any = None, y: Any = None, **options: Any) -> Playground:
    """Open the playground with a network, as `Network.playground` says."""
    X, y = np.asarray(X), np.asarray(y)
    names = tuple(f"x{i + 1}" for i in range(X.shape[1]))
    classes = tuple(map(str, range(int(y.max()) + 1))) if y.dtype.kind in "iu" else ()
    n = len(X) * 4 // 5
    data = PlayData(X[:n], y[:n], X[n:], y[n:], names, classes)
    return show_playground(Experiment(data, Settings.of(network)), **options)


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
