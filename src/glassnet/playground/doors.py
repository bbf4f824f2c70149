"""The doors to the playground: from a program, a notebook, a network or a model of a table."""

from __future__ import annotations

import asyncio
import webbrowser
from typing import Any

from glassnet.errors import ConfigError, DataError, ShapeError
from glassnet.network import Network
from glassnet.playground.data.fitting_settings import suggested_settings
from glassnet.playground.data.sources import (
    FIRST_SOURCE,
    data_from_arrays,
    data_from_frame,
    data_from_model,
    data_from_source,
)
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.running import Playground
from glassnet.playground.settings import Settings
from glassnet.tabular.model import TableModel
from glassnet.training.progress import in_notebook
from glassnet.utils.checks import check_flag, check_integer, check_options

__all__ = [
    "experiment_with", "experiment_with_model", "experiment_with_network", "play_model", "play_network",
    "play_table", "show_playground",
]  # fmt: skip

_LAST_PORT = 65_535
_ROWS = "Pass X and y."


def experiment_with(data: PlayData | None = None) -> Experiment:
    """Return an experiment with data, by default a toy, and a small network that learns such data."""
    data = data or data_from_source(FIRST_SOURCE)
    return Experiment(data, suggested_settings(data))


def experiment_with_network(
    network: Network, data: PlayData | None = None, advice: str = _ROWS, alone: str = "Make it with members=None."
) -> Experiment:
    """Return an experiment that goes on with a network as it is, which is not changed.

    Parameters
    ----------
    network : Network
    data : PlayData, optional
        Without them, a toy.
    advice : str
        What to do where the toy does not fit.
    alone : str
        What to do about several members.
    """
    if data is None:
        try:
            return experiment_with_network(network, data_from_source(FIRST_SOURCE))
        except (DataError, ShapeError) as error:
            shape = network.input_shape or ()
            of = f"has inputs of shape {shape}" if shape not in ((), (2,)) else "fits no toy data"
            message = f"playground: the network {of}, and no rows are given; it needs rows. {advice}"
            raise ConfigError(message, expected=error.expected, got=None) from error
    if network.members is not None:
        message = f"playground: the network has {network.members} members; one network is shown. {alone}"
        raise ConfigError(message, got=network.members)
    shape = data.X.shape[1:]
    if network.input_shape not in (None, shape):
        fact = f"{data.title!r} has rows of shape {shape} and the network is for {network.input_shape}"
        message = f"playground: {fact}; they must be the same. Give it the rows that the network is for."
        raise ShapeError(message, expected=network.input_shape, got=shape)
    return Experiment(data, Settings.of(network), None if network._store is None else network.state_dict())


def experiment_with_model(model: TableModel, frame: Any) -> Experiment:
    """Return an experiment that goes on with the network of a table model, on the rows of a frame with the target."""
    alone = "Train one network, without n_ensemble, n_folds or several splits of cv."
    return experiment_with_network(model.network, data_from_model(model, frame), alone=alone)


def play_network(network: Network, X: Any = None, y: Any = None, **options: Any) -> Playground:
    """Open a page in the browser where a copy of a network is trained, changed and looked into.

    Parameters
    ----------
    network : Network
        It is not changed.
    X : array of shape (n, ...), optional
        Rows to train on, of which a fifth is held out; without them a toy.
    y : array of shape (n,) or (n, k), optional
        Their classes or numbers.
    port : int, default=0
        Port of this computer to listen on, for this computer only; 0 for a free one.
    open_browser : bool, default=True
        Whether to open the page; its address is printed in any case.
    block : bool, optional
        Whether to wait until the playground is ended, by Ctrl-C or on the page: by default not in a notebook, nor in
        a running event loop.

    Returns
    -------
    Playground
        Its ``url`` is the address, ``close()`` ends it. A notebook shows the page.

    Raises
    ------
    MissingExtraError
        The extra ``playground`` is not installed.
    ConfigError
        The port is taken, or the playground cannot show such a network.
    ShapeError
        The rows are not those that the network is for.
    """
    if (X is None) != (y is None):
        message = "Network.playground: only one of X and y is given; they must be given together."
        raise ConfigError(message, expected="X and y")
    data = None if X is None else data_from_arrays(X, y)
    return show_playground(experiment_with_network(network, data), "Network.playground", **options)


def play_model(model: TableModel, frame: Any, **options: Any) -> Playground:
    """Open the playground with a model of a table and rows with the target; the options are those of `play_network`."""
    return show_playground(experiment_with_model(model, frame), "TableModel.playground", **options)


def play_table(frame: Any, target: str | None = None, **options: Any) -> Playground:
    """Open the playground with a table and a small network that suits it, as ``glassnet playground DATA`` does.

    Parameters
    ----------
    frame : DataFrame, Table, mapping or rows
        What `glassnet.tabular.to_table` takes.
    target : str, optional
        The column to predict; by default the likeliest.
    **options
        ``port``, ``open_browser`` and ``block``, as of `glassnet.Network.playground`.

    Returns
    -------
    Playground
        Its ``url`` is the address, ``close()`` ends it. A notebook shows the page.

    Raises
    ------
    MissingExtraError
        The extra ``playground`` is not installed.
    DataError
        The table, or its target, cannot be used.
    """
    check_options("play_table", options, ("block", "open_browser", "port"))
    return show_playground(experiment_with(data_from_frame(frame, target)), "play_table", **options)


def show_playground(
    experiment: Experiment,
    where: str = "playground",
    *,
    port: int = 0,
    open_browser: bool = True,
    block: bool | None = None,
) -> Playground:
    """Print the address of a playground, open it in a browser, and wait for its end if that is asked for."""
    port, waits = check_integer(where, "port", port, 0, maximum=_LAST_PORT), _waits(where, block)
    playground = Playground(experiment, where, port=port)
    print(f"The playground is at {playground.url}", flush=True)
    if open_browser:
        webbrowser.open(playground.url)
    if not waits:
        return playground.start()
    playground.run()
    return playground


def _waits(where: str, block: bool | None) -> bool:
    """Return whether to wait for the end: where nobody said so, where nothing else has to go on meanwhile."""
    if block is None:
        return not in_notebook() and not _is_in_loop()
    if check_flag(where, "block", block) and _is_in_loop():
        must = "it must be False in a running event loop, which would stand still"
        message = f"{where}: block is True; {must}. Leave it out, and call close() at the end."
        raise ConfigError(message, expected=False, got=True)
    return bool(block)


def _is_in_loop() -> bool:
    """Return whether this is called by an event loop that runs, as cells of notebooks and coroutines are."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
