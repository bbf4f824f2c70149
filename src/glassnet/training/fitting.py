"""``fit``: check the arguments, set up a run, and train."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, NamedTuple, Unpack

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.one_fit import one_fit_at_a_time
from glassnet.errors import ConfigError
from glassnet.metrics import Metric
from glassnet.training.batches import Batches
from glassnet.training.callbacks import Callback, as_callbacks
from glassnet.training.checkpoints import Checkpoint, Checkpoints, as_checkpoint
from glassnet.training.data import prepare_data
from glassnet.training.division import Sharding
from glassnet.training.early_stopping import EarlyStopper, EarlyStopping, monitor_advice
from glassnet.training.history import History
from glassnet.training.limits import Limits, defer_interrupts
from glassnet.training.loop import Run, Validation
from glassnet.training.options import FIT_DEFAULTS, FitOptions, check_fit_options
from glassnet.training.progress import make_progress
from glassnet.training.sharding.divided_checkpoints import DividedCheckpoints
from glassnet.training.sharding.dividing import sharding_of
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.sharded_run import ShardedRun
from glassnet.training.threads.pace import paced, pacing
from glassnet.training.training_scores import TrainingScores, scores_of_training
from glassnet.utils.array_advice import column_names
from glassnet.utils.checks import check_flag, check_integer, check_number
from glassnet.utils.row_sources import fingerprint

__all__ = ["Setup", "check_monitors", "fit_network", "set_up"]


def fit_network(network: BaseNetwork, X: Any, y: Any = None, *, epochs: int, **options: Unpack[FitOptions]) -> History:
    """Train a network ``epochs`` more epochs and return its history; `Network.fit` explains everything.

    Parameters
    ----------
    network : BaseNetwork
        What to train; it is built for X if it is new.
    X, y, epochs, **options
        As of `Network.fit`.
    """
    ranks = options.get("distributed") or Ranks()
    checkpoint = options.get("checkpoint")
    ranks.checkpoint = checkpoint.path if isinstance(checkpoint, Checkpoint) else checkpoint
    with ranks.training("fit"), one_fit_at_a_time([network]):
        return _fit(network, X, y, epochs, {**FIT_DEFAULTS, **options}, ranks)


def _fit(network: BaseNetwork, X: Any, y: Any, epochs: int, given: FitOptions, ranks: Ranks) -> History:
    """Check data and options, and train, with the processes that there are."""
    epochs, sharding = ranks.together(lambda: _checked(epochs, given))
    with ExitStack() as stack:
        network.seeds = ranks.agreed(network.seeds)  # the rows' order and division are by them
        prepared = ranks.together(lambda: _prepare(network, X, y, epochs, given))
        setup, checkpoints = prepared.setup, prepared.checkpoints
        setup.batches.sharding = sharding
        if given["distributed"] is not None:  # to identify the data takes a while
            ranks.check_network(network)
            ranks.check_alike(_facts(epochs, given, prepared))
        if given["checkpoint"] is not None:
            ranks.on_first(lambda: _open(checkpoints, network, prepared.resumes, stack))
        ranks.share(network)
        return _train(network, epochs, given, prepared, (sharding, ranks))


def _checked(epochs: int, given: FitOptions) -> tuple[int, Sharding | None]:
    """Return the number of epochs and the shards of this process."""
    epochs = check_integer("fit", "epochs", epochs, 1)
    check_fit_options("fit", given)
    return epochs, sharding_of("fit", given["shards"], given["distributed"])


def _facts(epochs: int, given: FitOptions, prepared: _Prepared) -> dict[str, Any]:
    """Return what must be the same on all processes."""
    setup = prepared.setup
    facts = {"epochs": epochs, "shards": given["shards"], "resume": prepared.resumes, **setup.batches.identity()}
    if "contents" in facts:
        facts["the checksum of the data"] = facts.pop("contents")
    facts |= {"metrics": sorted(setup.metrics), "early_stopping": repr(given["early_stopping"])}
    ranks = given["distributed"] or Ranks()
    facts |= {"sharded_optimizer": ranks.divides_optimizer, "checks": ranks.checks}
    facts |= {"a checkpoint": given["checkpoint"] is not None, "validation data": setup.validation is not None}
    return facts


class _Prepared(NamedTuple):
    """A run's parts, and its options, checked."""

    setup: Setup
    checkpoints: Checkpoints | None
    resumes: bool
    seconds: float
    deterministic: bool


def _prepare(network: BaseNetwork, X: Any, y: Any, epochs: int, given: FitOptions) -> _Prepared:
    max_seconds = given["max_seconds"]
    seconds = math.inf if max_seconds is None else check_number("fit", "max_seconds", max_seconds, 0.0)
    setup = set_up(network, X, y, epochs, given)
    resume = check_flag("fit", "resume", given["resume"])
    checkpoints = _checkpoints(given, resume, setup)
    return _Prepared(setup, checkpoints, resume, seconds, check_flag("fit", "deterministic", given["deterministic"]))


def _open(checkpoints: Checkpoints | None, network: BaseNetwork, resumes: bool, stack: ExitStack) -> None:
    """Keep others from the file while ``stack`` is open, and put the run into the network that it goes on from."""
    assert checkpoints is not None
    stack.enter_context(checkpoints.sole_writer())
    if resumes:
        checkpoints.restore(network)


def _train(
    network: BaseNetwork, epochs: int, given: FitOptions, prepared: _Prepared, shards: tuple[Sharding | None, Ranks]
) -> History:
    """Train with what is prepared."""
    (sharding, ranks), setup = shards, prepared.setup
    checkpoints = prepared.checkpoints
    pinned: dict[str, bool] = {"deterministic": prepared.deterministic, "fixed": prepared.checkpoints is not None}
    if sharding is not None:
        pinned = {"deterministic": True}  # a trial of threads would end differently on each process
    line = make_progress(given["progress"]) if ranks.is_first else None
    limited = paced(network, given["threads"], setup.batches.batch_size, **pinned)
    with limited as pace, defer_interrupts() as interruption:
        # In this order: see `glassnet.training.hooks`.
        limits = Limits(prepared.seconds, interruption)
        hooks = [pacing(pace), setup.stopper, *setup.users, line, limits, checkpoints]
        of_run: dict[str, Any] = {"validation": setup.validation, "metrics": setup.metrics, "resumes": prepared.resumes}
        of_run["callbacks"] = [hook for hook in hooks if hook is not None]
        run: Run[BaseNetwork]
        if sharding is None:
            run = Run(network, setup.batches, epochs, **of_run)
        else:
            run = ShardedRun(network, setup.batches, epochs, sharding=sharding, ranks=ranks, **of_run)
        run.training_scores = setup.training_scores
        found = [setup.note, *ranks.notes]
        run.history.notes += [note for note in found if note and note not in run.history.notes]
        return run.loop()


class Setup(NamedTuple):
    """What a run is made of, checked."""

    batches: Batches
    validation: Validation | None
    metrics: dict[str, Metric]
    users: list[Callback]
    stopper: EarlyStopper | None
    training_scores: TrainingScores | None = None
    note: str = ""  # for the history


def set_up(network: BaseNetwork, X: Any, y: Any, epochs: int, given: FitOptions) -> Setup:
    """Return what a run of ``epochs`` epochs is made of: data and options of `Network.fit`, checked.

    Parameters
    ----------
    network : BaseNetwork
        Built for X if it is new.
    X, y, epochs
        As of `Network.fit`.
    given : FitOptions
        All of them.
    """
    early_stopping, users = given["early_stopping"], as_callbacks(given["callbacks"])
    measures = any(user.measures_columns for user in users)
    batches, validation = prepare_data(network, X, y, given, measures=measures)
    network._input_names = column_names(X) or network._input_names
    _check_replayable(batches, epochs, given["resume"])
    metrics = network.loss.choose_metrics("fit", given["metrics"])
    measured, note = scores_of_training(batches, given["metrics"], metrics, validates=validation is not None)
    watched = metrics if validation is not None else None
    check_monitors(network, watched, early_stopping, () if measured is None else measured.metrics)
    stopper = None if early_stopping is None else EarlyStopper(early_stopping)
    return Setup(batches, validation, metrics, users, stopper, measured, note)


def _check_replayable(batches: Batches, epochs: int, resume: bool) -> None:
    if not batches.replayable and (epochs > 1 or resume):
        message = (
            "fit: batches is a one-shot iterator; it must be iterable once per epoch. "
            "Pass a list, an object with __iter__, or a function that returns a new iterator."
        )
        raise ConfigError(message)


def _checkpoints(given: FitOptions, resume: bool, setup: Setup) -> Checkpoints | None:
    """Return the writer of this run's checkpoints, if it has any."""
    checkpoint, validation = given["checkpoint"], setup.validation
    if checkpoint is None:
        if resume:
            message = "fit: resume=True without a checkpoint to go on from. Pass checkpoint='run.safetensors'."
            raise ConfigError(message)
        return None
    data = {**setup.batches.identity(), "validation": None if validation is None else fingerprint(validation)}
    if given["shards"] is not None:
        data["shards"] = given["shards"]
    rule, ranks = as_checkpoint(checkpoint), given["distributed"]
    if ranks is not None and ranks.divides_optimizer and ranks.size > 1:
        return DividedCheckpoints(rule, data, ranks)
    # Only the first process writes: others may have no such folder.
    return Checkpoints(rule, data) if ranks is None or ranks.is_first else None


def check_monitors(
    network: BaseNetwork,
    metrics: Iterable[str] | None,
    early_stopping: EarlyStopping | None,
    of_training: Iterable[str] = (),
) -> None:
    """Refuse what watches a column that the history will not have.

    ``metrics`` are those of the validation data, None without such data; ``of_training`` those of the training rows.
    """
    of_validation = [] if metrics is None else ["valid_loss", *(f"valid_{name}" for name in metrics)]
    columns = ["loss", *of_training, *of_validation]
    _check_stopping(early_stopping, columns)
    _check_schedule(network, columns if network.optimizer.clip_norm is None else [*columns, "clipped"])


def _check_stopping(rule: EarlyStopping | None, columns: list[str]) -> None:
    if rule is None:
        return
    if not isinstance(rule, EarlyStopping):
        message = (
            f"fit: early_stopping is {rule!r}; it must be an EarlyStopping object. Write EarlyStopping(patience=10)."
        )
        raise ConfigError(message, got=rule)
    rule._check_monitor(columns)


def _check_schedule(network: BaseNetwork, columns: list[str]) -> None:
    """Refuse a schedule that watches what the history will not have."""
    schedule = network.optimizer.schedule
    for name in schedule.monitors():
        if network.members is not None:
            message = f"fit: the learning rate is {schedule!r}; with members it must not depend on the history."
            raise ConfigError(message, got=schedule)
        if name not in columns:
            fact = f"the history has no {name!r}, which the schedule monitors"
            message = f"fit: {fact}. {monitor_advice(name, columns)}"
            raise ConfigError(message, expected=columns, got=name)
