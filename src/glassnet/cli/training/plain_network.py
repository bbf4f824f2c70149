"""The plain network of ``glassnet train``, and the linear model that every network is compared with."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import glassnet as gn
from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import StopOnCtrlC, Watcher
from glassnet.cli.training.preparation import Coded
from glassnet.cli.training.train_options import _PLAIN_DEFAULTS as PLAIN_OPTIONS
from glassnet.cli.training.train_options import WHERE, TrainOptions
from glassnet.errors import ConfigError, DivergenceError
from glassnet.training import History

__all__ = ["fit_linear", "fit_plain"]

_BYTES = 20  # per parameter: itself, its gradient, two averages of AdamW and the best so far, in float32


@dataclass(frozen=True)
class _Plan:
    """What the two models differ in."""

    name: str
    widths: tuple[int, ...]
    rate: float | gn.Schedule
    weight_decay: float
    dropout: float
    epochs: int
    patience: int
    max_seconds: float | None
    diagnose: bool = True


def fit_linear(
    options: TrainOptions, coded: Coded, watcher: Watcher, ctrl_c: CtrlC, seconds: float | None
) -> gn.Network:
    """Train the rival without hidden layers.

    Parameters
    ----------
    options : TrainOptions
        With everything chosen.
    coded : Coded
        With the parts ``"training"`` and ``"validation"``.
    watcher : Watcher
    ear : CtrlC
    seconds : float or None
        At most.
    """
    watcher.phase("training a linear model to compare with")
    plan = _Plan("linear", (), 0.01, 0.0, 0.0, 200, 10, seconds, diagnose=False)
    network, _ = _fit(plan, options, coded, watcher, ctrl_c)
    if ctrl_c.pressed:
        raise KeyboardInterrupt
    return network


def fit_plain(
    options: TrainOptions, coded: Coded, watcher: Watcher, ctrl_c: CtrlC, seconds: float | None
) -> tuple[gn.Network, History]:
    """Train the network that the options describe; the parameters are those of `fit_linear`."""
    watcher.phase("training")
    assert options.layers is not None
    assert options.rate is not None
    assert options.weight_decay is not None
    assert options.dropout is not None
    assert options.epochs is not None
    assert options.patience is not None
    plan = _Plan(
        "network",
        options.layers,
        gn.CosineDecay(options.rate, epochs=options.epochs),
        options.weight_decay,
        options.dropout,
        options.epochs,
        options.patience,
        seconds,
    )
    return _fit(plan, options, coded, watcher, ctrl_c)


def _fit(
    plan: _Plan, options: TrainOptions, coded: Coded, watcher: Watcher, ctrl_c: CtrlC
) -> tuple[gn.Network, History]:
    """Train one network, and leave it with the weights of its best epoch on the validation rows."""
    layers: list[gn.Layer] = []
    for width in plan.widths:
        layers.append(gn.Dense(width, options.activation))
        layers += [gn.Dropout(plan.dropout)] if plan.dropout else []
    layers.append(gn.Dense(coded.target.n_outputs))
    optimizer = gn.AdamW(plan.rate, weight_decay=plan.weight_decay)
    loss: Any = coded.target.loss  # one of the names of losses
    network = gn.Network(layers, loss=loss, optimizer=optimizer, seed=options.seed)
    # Several columns may have their missing values in the same rows: the flags are then equal.
    watch = gn.Watch(feature_names=coded.encoder.feature_names, ignore=["duplicate-columns"])
    try:
        _check_memory(plan, coded)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gn.DiagnosisWarning)  # the report has them
            history = network.fit(
                coded.X["training"],
                coded.y["training"],
                epochs=plan.epochs,
                batch_size=options.batch or 32,
                validation_data=(coded.X["validation"], coded.y["validation"]),
                early_stopping=gn.EarlyStopping("valid_loss", patience=plan.patience),
                callbacks=[StopOnCtrlC(ctrl_c), *watcher.callbacks(plan.name)],
                max_seconds=plan.max_seconds,
                diagnose=watch if plan.diagnose else False,
                progress=False,
            )
    except DivergenceError as error:
        raise _diverged(error, options, network) from error
    except MemoryError as error:
        if not plan.widths:
            raise
        n, widths = _n_parameters(plan, coded), ",".join(map(str, plan.widths))
        message = f"{WHERE}: the network must fit into memory, got {n:,} parameters. Lower --layers (now {widths})."
        raise ConfigError(message, got=n) from error
    return network, history


def _diverged(error: DivergenceError, options: TrainOptions, network: gn.Network) -> DivergenceError:
    """Return the error with what can be done about it here."""
    rate, decay = (
        PLAIN_OPTIONS[name] if value is None else value
        for name, value in (("rate", options.rate), ("weight_decay", options.weight_decay))
    )
    lower = f"--weight-decay (now {decay:g}) or " if decay > 1.0 else ""
    advice = f"Lower {lower}--rate (now {rate:g})."
    found = [*network.history.findings]
    tried = f" Tried: {found[0].tried}" if found and found[0].helped and not lower else ""
    message = f"{WHERE}: loss and weights must stay finite, got {error.got}. {advice}{tried}"
    return DivergenceError(message, got=error.got)


def _n_parameters(plan: _Plan, coded: Coded) -> int:
    sizes = [coded.X["training"].shape[1], *map(int, plan.widths), coded.target.n_outputs]
    return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))


def _check_memory(plan: _Plan, coded: Coded) -> None:
    """Raise MemoryError before the system, which promises more memory than it has, ends the program."""
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not known on this system
        return
    if _BYTES * _n_parameters(plan, coded) > there > 0:
        raise MemoryError
