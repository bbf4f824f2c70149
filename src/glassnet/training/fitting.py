"""``fit``: check what was asked for, set up a run, let it go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.losses import MetricChoice
from glassnet.training.batches import Batches
from glassnet.training.callbacks import Callback, as_callbacks
from glassnet.training.checkpoints import Checkpoint, Checkpoints, as_checkpoint
from glassnet.training.data import prepare_data
from glassnet.training.early_stopping import EarlyStopper, EarlyStopping
from glassnet.training.fingerprints import fingerprint
from glassnet.training.history import History
from glassnet.training.interrupts import listening
from glassnet.training.limits import Limits
from glassnet.training.loop import Run, Validation
from glassnet.training.progress import make_progress
from glassnet.training.threads.pace import paced, pacing
from glassnet.utils import synonyms
from glassnet.utils.checks import check_flag, check_integer, check_number, check_options

__all__ = ["check_fit_options", "check_monitors", "fit_network"]


def fit_network(
    network: BaseNetwork,
    X: Any,
    y: Any = None,
    *,
    epochs: int,
    batch_size: int = 32,
    validation_data: Sequence[Any] | None = None,
    validation_split: float = 0.0,
    sample_weight: Any = None,
    class_weight: Any = None,
    shuffle: bool = True,
    drop_last: bool = False,
    steps_per_epoch: int | None = None,
    metrics: MetricChoice = None,
    early_stopping: EarlyStopping | None = None,
    callbacks: Callback | Callable[[Run[Any]], object] | Iterable[Callback | Callable[[Run[Any]], object]] = (),
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
    network : BaseNetwork
        What to train; it is built for X if it is new.
    X : array of shape (n, ...), sparse matrix, or batches
        Finite numbers. A memory-mapped array is never read as a whole; a sparse matrix of SciPy is made dense in parts.
        Without ``y`` these are batches of your own, (X, y) or (X, y, sample_weight) each: a function
        ``epoch -> iterator``, or something that can be iterated once per epoch.
    y : array of shape (n,) or (n, k), optional
        Class codes from 0, or numbers, as the loss wants them.
    epochs : int
        How many more epochs to train.
    batch_size : int, default=32
        Rows per update; n or more is one batch with all rows, in the order given.
    validation_data : (X, y) or (X, y, sample_weight), optional
        Rows to evaluate after each epoch, with noise off.
    validation_split : float, default=0.0
        Instead: hold out this share of the rows, drawn once per seed, stratified for classes.
    sample_weight : array of shape (n,), optional
        The loss is ``sum(w * l) / sum(w)``. A batch of zero weight is skipped.
    class_weight : "balanced", dict or sequence, optional
        Weights by class code, which multiply those of the rows: balanced weighs every class the same, as in
        scikit-learn. Not for the validation data.
    shuffle : bool, default=True
        Whether to visit the rows in a new random order each epoch. Memory-mapped rows are shuffled in blocks.
    drop_last : bool, default=False
        Whether to leave out a last batch that is shorter than the others.
    steps_per_epoch : int, optional
        For batches of your own: how many make an epoch. Without it ``len`` tells, or the end of the iterator, and then
        schedules see whole epochs only.
    metrics : str, function, or sequence of them, optional
        For the validation data; by default those of the loss. A function of your own, ``f(y, prediction, weight)`` or
        ``f(y, prediction)``, stands beside names: ``metrics=["auc", my_metric]`` fills ``"valid_my_metric"``.
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
        takes one thread instead of trying what is faster now. With ``checkpoint`` the number is chosen at the start
        and stays.
    threads : int or "auto", default="auto"
        BLAS threads while training. ``"auto"`` takes one for small products; for large ones it times the first steps
        with one and with all that the caller allows, and falls back to one when steps become slow, as they do when
        another process computes beside it. ``history.notes`` then says so.
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
    seconds = math.inf if max_seconds is None else check_number("fit", "max_seconds", max_seconds, 0.0)
    watchers = as_callbacks(callbacks)
    batches, validation = prepare_data(
        network,
        X,
        y,
        batch_size=batch_size,
        validation_data=validation_data,
        validation_split=validation_split,
        sample_weight=sample_weight,
        class_weight=class_weight,
        shuffle=shuffle,
        drop_last=drop_last,
        steps_per_epoch=steps_per_epoch,
    )
    _check_replayable(batches, epochs, resume)
    chosen = network.loss.choose_metrics("fit", metrics)
    check_monitors(network, chosen if validation is not None else None, early_stopping)
    resume = check_flag("fit", "resume", resume)
    checkpoints = _checkpoints(checkpoint, resume, batches, validation)
    if checkpoints is not None and resume:
        checkpoints.restore(network)
    deterministic = check_flag("fit", "deterministic", deterministic)
    limited = paced(network, threads, batches.batch_size, deterministic=deterministic, fixed=checkpoints is not None)
    line = make_progress(progress)
    with limited as pace, listening() as interruption:
        # In this order: see `glassnet.training.hooks`.
        stopper = None if early_stopping is None else EarlyStopper(early_stopping)
        hooks = [pacing(pace), stopper, *watchers, line, Limits(seconds, interruption), checkpoints]
        options: dict[str, Any] = {"validation": validation, "metrics": chosen, "resumes": resume}
        options["callbacks"] = [hook for hook in hooks if hook is not None]
        return Run(network, batches, epochs, **options).loop()


def check_fit_options(given: Iterable[str]) -> None:
    """Refuse names that `fit_network` does not have, with ours for those of other libraries."""
    check_options("fit", given, fit_network.__kwdefaults__ or (), synonyms.FIT_OPTIONS)


def _check_replayable(batches: Batches, epochs: int, resume: bool) -> None:
    if not batches.replayable and (epochs > 1 or resume):
        message = (
            "fit: batches must be iterable once per epoch, got a one-shot iterator. "
            "Pass a list, an object with __iter__, or a function that returns a new iterator."
        )
        raise ConfigError(message)


def _checkpoints(checkpoint: Any, resume: bool, batches: Batches, validation: Validation | None) -> Checkpoints | None:
    """Return the writer of this run's checkpoints, if it has any."""
    if checkpoint is None:
        if resume:
            message = "fit: resume=True needs a checkpoint to go on from, got none. Pass checkpoint='run.safetensors'."
            raise ConfigError(message)
        return None
    data = {**batches.identity(), "validation": None if validation is None else fingerprint(validation)}
    return Checkpoints(as_checkpoint(checkpoint), data)


def check_monitors(network: BaseNetwork, metrics: Iterable[str] | None, early_stopping: EarlyStopping | None) -> None:
    """Refuse what watches a column that the history will not have; metrics are None without validation data."""
    columns = _columns(network, metrics)
    _check_stopping(early_stopping, columns)
    _check_schedule(network, columns)


def _columns(network: BaseNetwork, metrics: Iterable[str] | None) -> list[str]:
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


def _check_schedule(network: BaseNetwork, columns: list[str]) -> None:
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
