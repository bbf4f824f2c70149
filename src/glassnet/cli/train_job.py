"""``glassnet train``: from a table to a trained model and what is to be said about it. Nothing here prints."""

from __future__ import annotations

import math
import os
import time
import warnings
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.checks import check_choice, check_integer, check_number
from glassnet.cli.comparison import verdict
from glassnet.cli.ears import Ear, hearing
from glassnet.cli.judging import details, judge, judge_simplest
from glassnet.cli.outputs import check_model_output
from glassnet.cli.page import check_report, write_report
from glassnet.cli.preparation import Prepared, load_table, prepare, refuse_model, without_missing
from glassnet.cli.watching import Watcher
from glassnet.errors import ConfigError, DivergenceError
from glassnet.layers import ACTIVATIONS
from glassnet.tabular import TableModel
from glassnet.tabular.why import column_groups
from glassnet.training import History, Run

__all__ = ["WHERE", "TrainOptions", "train", "with_choices"]

WHERE = "train"
_WIDEST = 100_000
_IMPORTANCE_ROWS = 2000
_BYTES = 20  # per parameter: itself, its gradient, two averages of AdamW and the best so far, in float32


@dataclass(frozen=True)
class TrainOptions:
    """The options of ``glassnet train``; None is "chosen from the data"."""

    data: str
    target: str
    out: str | None = "model.safetensors"
    task: str = "auto"
    layers: tuple[int, ...] = (64, 64)
    activation: str = "silu"
    rate: float = 0.003
    epochs: int | None = None
    batch: int | None = None
    seed: int = 0
    validation: float = 0.16
    test: float = 0.2
    dropout: float = 0.2
    weight_decay: float = 0.1
    patience: int | None = None
    drop: tuple[str, ...] = ()
    skip_missing: bool = False
    max_seconds: float | None = None
    report: str | None = None

    def check(self) -> None:
        """Raise one sentence for an option that has a value it cannot have."""
        check_choice(WHERE, "--task", self.task, ("auto", "classification", "regression"))
        check_choice(WHERE, "--activation", self.activation, ACTIVATIONS)
        for width in self.layers:
            check_integer(WHERE, "each width of --layers", width, 1, "Write the widths with commas: --layers 64,64")
            if width > _WIDEST:
                message = f"{WHERE}: each width of --layers must be at most {_WIDEST:,}, got {width}."
                raise ConfigError(message, expected=_WIDEST, got=width)
        check_number(WHERE, "--rate", self.rate, 0.0, open_minimum=True)
        for name, value in (("--epochs", self.epochs), ("--batch", self.batch), ("--patience", self.patience)):
            if value is not None:
                check_integer(WHERE, name, value, 1)
        check_integer(WHERE, "--seed", self.seed, 0)
        check_number(WHERE, "--validation", self.validation, 0.0, 1.0, open_minimum=True, open_maximum=True)
        check_number(WHERE, "--test", self.test, 0.0, 1.0, open_maximum=True)
        check_number(WHERE, "--dropout", self.dropout, 0.0, 1.0, open_maximum=True)
        check_number(WHERE, "--weight-decay", self.weight_decay, 0.0)
        if self.max_seconds is not None:
            check_number(WHERE, "--max-seconds", self.max_seconds, 0.0, open_minimum=True)


def train(options: TrainOptions, watcher: Watcher | None = None) -> tuple[TableModel, dict[str, Any]]:
    """Read, split, encode, train, compare with baselines, save.

    Parameters
    ----------
    options : TrainOptions
    watcher : Watcher, optional
        Is told how it goes.

    Returns
    -------
    model : TableModel
    result : dict
        Everything there is to report, JSON-able.

    Raises
    ------
    GlassnetError
        The options or the data cannot be used; nothing was written.
    KeyboardInterrupt
        Ctrl-C before the network began to train. Later it ends the training, and the best weights are kept.
    """
    started = time.perf_counter()
    options.check()
    watcher = watcher or Watcher()
    refuse_model(WHERE, options.data)
    path = None if options.out is None else check_model_output(WHERE, "--out", options.out, [options.data])
    page = None if options.report is None else check_report(WHERE, options.report, [options.data])
    watcher.phase(f"reading {options.data}")
    everything = load_table(WHERE, options.data)
    table = without_missing(WHERE, everything, options.target, options.skip_missing)
    task = None if options.task == "auto" else options.task
    shares = (options.validation, options.test)
    data = prepare(WHERE, table, options.target, task, shares, options.drop, options.seed)
    options = with_choices(options, len(data.X["training"]))
    watcher.facts({"task": data.target.task, "target": data.target.name, "rows": len(data.X["training"])})
    # One ear for Ctrl-C from here to the end: pressed after training, even twice, it must not cost the model.
    with hearing() as ear:
        ear.listen()
        began = time.perf_counter()
        linear = _fit_linear(options, data, watcher, ear)
        network, history = _fit_network(options, data, watcher, ear, began)
        ear.close()
        importance = _importance(network, data)
        result = _result(options, data, network, history, linear)
        result["importance"] = importance.to_dict()
        result["rows"]["read"] = everything.n_rows
        model = TableModel(network, data.encoder, data.target)
        network.metadata["training"] = _for_the_file(result)
        result["model"] = None if path is None or options.out is None else _save(model, path, options.out)
        if page is not None:
            write_report(page, result, model, data, history, importance)
            result["report"] = options.report
    result["seconds"] = time.perf_counter() - started
    return model, result


# ---- training ---------------------------------------------------------------------------------------------------


def with_choices(options: TrainOptions, n: int) -> TrainOptions:
    """Return options in which what was left open is chosen for ``n`` training rows.

    A batch of 16 to 256 rows, so that an epoch has some 40 steps if it can; epochs for some 40,000 steps, from 20 to
    200; patience for a fifth of the epochs, since the rate falls to 0 and the last epochs gain most from it. Chosen,
    like the other defaults, on some twenty tables of 200 to 16,000 rows.
    """
    batch = options.batch or int(min(256, max(16, 2 ** round(math.log2(n / 40)))))
    epochs = options.epochs or min(200, max(20, round(40_000 * batch / n)))
    return replace(options, batch=batch, epochs=epochs, patience=options.patience or max(5, epochs // 5))


@dataclass(frozen=True)
class _Recipe:
    """What the two trained models differ in."""

    name: str
    widths: tuple[int, ...]
    rate: float | gn.Schedule
    weight_decay: float
    dropout: float
    epochs: int
    patience: int
    max_seconds: float | None
    diagnose: bool = True


class _StopOnCtrlC(gn.Callback):
    """Ends a run after the step in which Ctrl-C was pressed."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def on_step_end(self, run: Run) -> None:
        if self._ear.asked:
            run.stop("interrupted")


def _fit(
    recipe: _Recipe, options: TrainOptions, data: Prepared, watcher: Watcher, ear: Ear
) -> tuple[gn.Network, History]:
    """Train one network, and leave it with the weights of its best epoch on the validation rows."""
    layers: list[gn.Layer] = []
    for width in recipe.widths:
        layers.append(gn.Dense(width, options.activation))
        layers += [gn.Dropout(recipe.dropout)] if recipe.dropout else []
    layers.append(gn.Dense(data.target.n_outputs))
    optimizer = gn.AdamW(recipe.rate, weight_decay=recipe.weight_decay)
    network = gn.Network(layers, loss=data.target.loss, optimizer=optimizer, seed=options.seed)
    # Several columns may have their missing values in the same rows: the flags are then equal.
    watch = gn.Watch(feature_names=data.encoder.feature_names, ignore=["duplicate-columns"])
    try:
        _check_memory(recipe, data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gn.DiagnosisWarning)  # the report has them
            history = network.fit(
                data.X["training"],
                data.y["training"],
                epochs=recipe.epochs,
                batch_size=options.batch,
                validation_data=(data.X["validation"], data.y["validation"]),
                early_stopping=gn.EarlyStopping("valid_loss", patience=recipe.patience),
                callbacks=[_StopOnCtrlC(ear), *watcher.callbacks(recipe.name)],
                max_seconds=recipe.max_seconds,
                diagnose=watch if recipe.diagnose else False,
                progress=False,
            )
    except DivergenceError as error:
        decay = options.weight_decay
        lower = f"--weight-decay (now {decay:g}) or " if decay > 1.0 else ""
        advice = f"Lower {lower}--rate (now {options.rate:g})."
        found = [] if network.history is None else [*network.history.findings]
        tried = f" Tried: {found[0].tried}" if found and found[0].helped and not lower else ""
        message = f"{WHERE}: loss and weights must stay finite, got {error.got}. {advice}{tried}"
        raise DivergenceError(message, got=error.got) from error
    except MemoryError as error:
        if not recipe.widths:
            raise
        n, widths = _n_parameters(recipe, data), ",".join(map(str, recipe.widths))
        message = f"{WHERE}: the network must fit into memory, got {n:,} parameters. Lower --layers (now {widths})."
        raise ConfigError(message, got=n) from error
    return network, history


def _n_parameters(recipe: _Recipe, data: Prepared) -> int:
    sizes = [data.X["training"].shape[1], *map(int, recipe.widths), data.target.n_outputs]
    return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))


def _check_memory(recipe: _Recipe, data: Prepared) -> None:
    """Raise MemoryError before the system, which promises more memory than it has, ends the program."""
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not known on this system
        return
    if _BYTES * _n_parameters(recipe, data) > there > 0:
        raise MemoryError


def _fit_linear(options: TrainOptions, data: Prepared, watcher: Watcher, ear: Ear) -> gn.Network:
    """Train the rival without hidden layers, in at most a quarter of the time there is."""
    watcher.phase("training a linear model to compare with")
    seconds = None if options.max_seconds is None else options.max_seconds / 4
    recipe = _Recipe("linear", (), 0.01, 0.0, 0.0, 200, 10, seconds, diagnose=False)
    network, _ = _fit(recipe, options, data, watcher, ear)
    if ear.asked:
        raise KeyboardInterrupt
    return network


def _fit_network(
    options: TrainOptions, data: Prepared, watcher: Watcher, ear: Ear, started: float
) -> tuple[gn.Network, History]:
    watcher.phase("training")
    seconds = options.max_seconds
    if seconds is not None:
        seconds = max(0.0, seconds - (time.perf_counter() - started))
    assert options.epochs is not None
    assert options.patience is not None
    recipe = _Recipe(
        "network",
        options.layers,
        gn.CosineDecay(options.rate, epochs=options.epochs),
        options.weight_decay,
        options.dropout,
        options.epochs,
        options.patience,
        seconds,
    )
    return _fit(recipe, options, data, watcher, ear)


# ---- the result -------------------------------------------------------------------------------------------------


def _result(
    options: TrainOptions, data: Prepared, network: gn.Network, history: History, linear: gn.Network
) -> dict[str, Any]:
    """Return all that is known, JSON-able."""
    target, X, truth = data.target, data.X[data.judged_on], data.truth[data.judged_on]
    counts = np.bincount(data.y["training"], minlength=target.n_outputs) if target.labels else None
    words, simple = judge_simplest(target, truth, counts)
    ours, straight = judge(network, target, X, truth), judge(linear, target, X, truth)
    return {
        "command": "train",
        "glassnet": gn.__version__,
        "data": options.data,
        "target": target.name,
        "task": target.task,
        "task_reason": target.reason,
        "labels": target.labels,
        "rows": {"read": 0} | {part: len(rows) for part, rows in data.rows.items()},
        "columns": data.encoder.describe(),
        "dropped": list(options.drop),
        "features": len(data.encoder.feature_names),
        "network": {
            "layers": list(options.layers),
            "activation": options.activation,
            "dropout": options.dropout,
            "parameters": network.n_parameters,
        },
        "training": {
            "epochs": history.epochs,
            "most_epochs": options.epochs,
            "best_epoch": history.best_epoch,
            "stop_reason": history.stop_reason,
            "patience": options.patience,
            "batch": options.batch,
            "rate": options.rate,
            "weight_decay": options.weight_decay,
            "seed": options.seed,
            "seconds": history.seconds,
        },
        "history": {name: _short(values) for name, values in history.columns.items() if name != "learning_rate"},
        "judged_on": data.judged_on,
        "scores": {"network": ours.scores, "linear": straight.scores, "baseline": simple.scores},
        "baseline": {"does": words, "counts": None if counts is None else counts.tolist()},
        "verdict": verdict(words, ours, simple, straight),
        "findings": history.findings.to_dict()["findings"] if history.findings else [],
        **details(network, target, X, truth),
    }


def _importance(network: gn.Network, data: Prepared) -> gn.Importance:
    """Return how much worse the loss gets when a column is shuffled, on the rows that the report judges by."""
    part = data.judged_on
    X, y = data.X[part][:_IMPORTANCE_ROWS], data.y[part][:_IMPORTANCE_ROWS]
    return gn.permutation_importance(network, X, y, groups=column_groups(data.encoder), repeats=3)


def _short(values: list[float]) -> list[float]:
    """Return values with five figures: more would only make the file larger."""
    return [float(f"{value:.5g}") for value in values]


_NOT_KEPT = ("command", "columns", "labels", "confusion", "findings", "importance")


def _for_the_file(result: dict[str, Any]) -> dict[str, Any]:
    """Return what travels in the model file: nothing that differs between two equal runs, or is there already."""
    kept = {key: value for key, value in result.items() if key not in _NOT_KEPT}
    kept["data"] = Path(result["data"]).name
    kept["training"] = {key: value for key, value in result["training"].items() if key != "seconds"}
    return kept


def _save(model: TableModel, path: Path, given: str) -> dict[str, Any]:
    replaced = path.exists()
    model.save(path)
    return {"path": given, "bytes": path.stat().st_size, "replaced": replaced}
