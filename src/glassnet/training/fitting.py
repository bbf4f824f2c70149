"""``fit``: check what was asked for, set up a run, let it go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import Any

import numpy as np

from glassnet.checks import check_flag, check_integer, check_number
from glassnet.errors import ConfigError, DataError
from glassnet.network import Network
from glassnet.splitting import split_rows
from glassnet.training.batches import ArrayBatches
from glassnet.training.callbacks import Callback, as_callbacks
from glassnet.training.checkpoints import Checkpoint, Checkpoints, as_checkpoint
from glassnet.training.history import History
from glassnet.training.interrupts import listening
from glassnet.training.progress import make_progress
from glassnet.training.run import Run, Validation
from glassnet.training.stopping import EarlyStopping, fingerprint
from glassnet.training.threads import blas_threads, choose_threads

__all__ = ["fit_network"]


def fit_network(
    network: Network,
    X: Any,
    y: Any,
    *,
    epochs: int,
    batch_size: int = 32,
    validation_data: Sequence[Any] | None = None,
    validation_split: float = 0.0,
    sample_weight: Any = None,
    shuffle: bool = True,
    metrics: Sequence[str] | None = None,
    early_stopping: EarlyStopping | None = None,
    callbacks: Callback | Callable[[Run], object] | Iterable[Callback | Callable[[Run], object]] = (),
    max_seconds: float | None = None,
    checkpoint: Checkpoint | str | PathLike[str] | None = None,
    resume: bool = False,
    deterministic: bool = False,
    threads: int | str = "auto",
    progress: bool | None = None,
) -> History:
    """Train ``epochs`` more epochs.

    Two calls with 5 epochs leave the same bits as one with 10, also through a file saved with
    ``training_state=True``: the order of each epoch and all noise follow from the seed and the epoch's number, and the
    optimizer, the schedule and early stopping go on where they were.

    Parameters
    ----------
    network : Network
        Built for X if it is new.
    X : array of shape (n, ...)
        Finite numbers.
    y : array of shape (n,) or (n, k)
        Class codes from 0, or numbers, as the loss wants them.
    epochs : int
        How many more.
    batch_size : int, default=32
        Rows per update; n or more is one batch with all rows, in the order given.
    validation_data : (X, y) or (X, y, sample_weight), optional
        Evaluated after each epoch, with noise off.
    validation_split : float, default=0.0
        Instead: hold out this share of the rows, drawn once per seed, stratified for classes.
    sample_weight : array of shape (n,), optional
        The loss is ``sum(w * l) / sum(w)``. A batch of zero weight is skipped.
    shuffle : bool, default=True
        Whether to visit the rows in a new random order each epoch.
    metrics : sequence of str, optional
        For the validation data; by default those of the loss.
    early_stopping : EarlyStopping, optional
        When to stop, and whether to restore the best weights.
    callbacks : Callback or function, or an iterable of them
        A function is called with the `Run` after each epoch.
    max_seconds : float, optional
        Stop after this time, at the end of a step. An epoch that is cut short is not completed later: the next fit
        begins the next one.
    checkpoint : Checkpoint or path, optional
        Where to write down, now and then, all that the rest of the run depends on; see `Checkpoint`.
    resume : bool, default=False
        Whether to go on from the checkpoint, if there is one: a run that was killed at any instant and is started again
        ends with the bits of one that was not. ``epochs`` and ``max_seconds`` are then totals of the run, and network,
        data and options must be the same as before.
    deterministic : bool, default=False
        Whether a second run of the same program must leave the same bits on this machine: ``threads="auto"`` then
        takes one thread instead of trying what is faster now. A run that goes on always keeps its number of threads.
    threads : int or "auto", default="auto"
        BLAS threads while training; see `glassnet.training.threads.choose_threads`.
    progress : bool, optional
        Whether to show a progress line; by default on a terminal and in a notebook.

    Returns
    -------
    History
        Of all calls so far. ``history.stop_reason`` says how this one ended.

    Raises
    ------
    DivergenceError
        The loss or a weight became NaN or infinite; the network holds the last weights with a finite loss.
    """
    epochs = check_integer("fit", "epochs", epochs, 1)
    batch_size = check_integer("fit", "batch_size", batch_size, 1)
    shuffle = check_flag("fit", "shuffle", shuffle)
    seconds = math.inf if max_seconds is None else check_number("fit", "max_seconds", max_seconds, 0.0)
    watchers = as_callbacks(callbacks)
    X, y, weight = network.check_data("fit", X, y, sample_weight)
    validation = _validation(network, validation_data)
    split = check_number("fit", "validation_split", validation_split, 0.0, 1.0, open_maximum=True)
    if split:
        (X, y, weight), validation = _hold_out(network, (X, y, weight), validation, split)
    chosen = network.loss.choose_metrics("fit", metrics)
    columns = _columns(network, chosen if validation is not None else None)
    _check_stopping(early_stopping, columns)
    _check_schedule(network, columns)
    batches = ArrayBatches(
        X, y, weight, batch_size=batch_size, shuffle=shuffle, streams=network.streams, members=network.members
    )
    resume = check_flag("fit", "resume", resume)
    checkpoints = _checkpoints(checkpoint, resume, batches, validation)
    if checkpoints is not None and resume:
        checkpoints.restore(network)
    n_threads = _threads(network, threads, batches.batch_size, deterministic)
    line = make_progress(progress)
    with blas_threads(n_threads), listening() as interruption:
        run = Run(
            network,
            batches,
            epochs,
            validation=validation,
            metrics=chosen,
            early_stopping=early_stopping,
            callbacks=watchers + ([line] if line else []),
            max_seconds=seconds,
            interruption=interruption,
            checkpoints=checkpoints,
            resumes=resume,
        )
        _note_threads(run.history, n_threads)
        return run.loop()


def _checkpoints(
    checkpoint: Any, resume: bool, batches: ArrayBatches, validation: Validation | None
) -> Checkpoints | None:
    """Return the writer of this run's checkpoints, if it has any."""
    if checkpoint is None:
        if resume:
            message = "fit: resume=True needs a checkpoint to go on from, got none. Pass checkpoint='run.safetensors'."
            raise ConfigError(message)
        return None
    data = {**batches.identity(), "validation": None if validation is None else fingerprint(validation)}
    return Checkpoints(as_checkpoint(checkpoint), data)


def _validation(network: Network, data: Sequence[Any] | None) -> Validation | None:
    if data is None:
        return None
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        message = f"fit: validation_data must be (X, y) or (X, y, sample_weight), got {type(data).__name__}."
        raise ConfigError(message, got=data)
    return network.check_data("fit: validation_data", *data)


def _hold_out(
    network: Network, data: Validation, validation: Validation | None, share: float
) -> tuple[Validation, Validation]:
    """Divide the rows into training and validation data."""
    if validation is not None:
        message = "fit: validation_data and validation_split must not both be given, got both. Pass one."
        raise ConfigError(message)
    if network.members is not None:
        message = "fit: validation_split must be 0 with members, got a share. Pass validation_data, which they share."
        raise ConfigError(message)
    X, y, weight = data
    codes = _classes(y) if network.loss.classifies else None
    train, valid = split_rows(len(X), [1.0 - share, share], network.streams[0].split(), stratify=codes)
    parts = [(X[rows], y[rows], None if weight is None else weight[rows]) for rows in (train, valid)]
    for name, (_, _, part) in zip(("training", "validation"), parts, strict=True):
        if part is not None and not part.any():
            message = f"fit: validation_split must leave {name} rows that weigh something, got weights of 0 only."
            raise DataError(message)
    return parts[0], parts[1]


def _classes(y: np.ndarray) -> np.ndarray | None:
    """Return codes to stratify by, where each row has one class."""
    if y.ndim == 1:
        return y
    if y.shape[1] == 1:
        return (y[:, 0] > 0.5).astype(np.int64)
    return None


def _columns(network: Network, metrics: tuple[str, ...] | None) -> list[str]:
    """Return the columns of numbers that the history will have; metrics are None without validation data."""
    clipped = [] if network.optimizer.clip_norm is None else ["clipped"]
    return ["loss", *clipped, *([] if metrics is None else ["valid_loss", *(f"valid_{name}" for name in metrics)])]


def _check_stopping(rule: EarlyStopping | None, columns: list[str]) -> None:
    if rule is None:
        return
    if not isinstance(rule, EarlyStopping):
        message = (
            f"fit: early_stopping must be an EarlyStopping object, got {rule!r}. Write EarlyStopping(patience=10)."
        )
        raise ConfigError(message, got=rule)
    rule.check_monitor([name for name in columns if name != "clipped"])


def _check_schedule(network: Network, columns: list[str]) -> None:
    """Refuse a schedule that watches what the history will not have."""
    schedule = network.optimizer.schedule
    for name in schedule.monitors():
        if network.members is not None:
            message = f"fit: with members the learning rate must not depend on the history, got {schedule!r}."
            raise ConfigError(message, got=schedule)
        if name not in columns:
            must = f"what the schedule monitors must be one of {', '.join(map(repr, sorted(columns)))}"
            advice = " Pass validation_data or validation_split." if name.startswith("valid_") else ""
            message = f"fit: {must}, got {name!r}.{advice}"
            raise ConfigError(message, expected=columns, got=name)


def _threads(network: Network, threads: int | str, batch_size: int, deterministic: bool) -> int:
    """Return the number of BLAS threads; a run that goes on keeps the number it began with."""
    if threads == "auto" and network.run is not None and network.run.history.threads is not None:
        return int(network.run.history.threads)
    if threads == "auto" and check_flag("fit", "deterministic", deterministic):
        return 1
    widths = [(layer.in_shape[-1], layer.out_shape[-1]) for layer in network.layers if layer.in_shape]
    d_in, d_out = max(widths, key=lambda pair: pair[0] * pair[1])
    return choose_threads(threads, (batch_size, d_in, d_out), network.dtype)


def _note_threads(history: History, n_threads: int) -> None:
    if history.threads not in (None, n_threads):
        history.notes.append(
            f"BLAS threads changed from {history.threads} to {n_threads} after epoch {history.epochs}: "
            "the last bits may differ from those of an unchanged run."
        )
    history.threads = n_threads
