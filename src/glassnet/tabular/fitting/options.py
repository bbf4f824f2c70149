"""The rows that a table model is trained on, and the options of its training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from glassnet.network import Network
from glassnet.populations.folds import Fold
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.deadline import Deadline, Pace, Planned
from glassnet.tabular.fitting.objective import Goal
from glassnet.tabular.fitting.recipes import Design, Recipe
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.reading.table_view import some_rows
from glassnet.tabular.streaming.stream import Stream
from glassnet.training import Callback
from glassnet.training.sharding.ranks import Ranks

__all__ = ["NOTES", "FitOptions", "Rows", "RunFile"]

T = TypeVar("T")
NOTES = "run"
"""Name of the notes of a `RunFile` in the metadata of its networks."""


@dataclass(frozen=True)
class Rows:
    """Rows of a table with their targets; weights, see `as_counts`, and numbers of groups (n,), if there are some."""

    inputs: Table
    target: Column
    weight: np.ndarray | None = None
    groups: np.ndarray | None = None  # rows of one group are trained on, or held out, together

    def take(self, rows: np.ndarray) -> Rows:
        """Return these rows."""
        weight, groups = (None if each is None else each[rows] for each in (self.weight, self.groups))
        return Rows(some_rows(self.inputs, rows), self.target.take(rows), weight, groups)


@dataclass(frozen=True)
class RunFile:
    """Where a training is written down while it goes on, and whether it goes on from what is there."""

    path: Path
    resumes: bool = False
    notes: dict[str, Any] = field(default_factory=dict)  # JSON-able; `NOTES` in the file's metadata
    planned: Planned | None = None  # what the run which is resumed was begun with

    def paths(self, n: int) -> list[Path]:
        """Return the file of each of ``n`` networks.

        Examples
        --------
        >>> [path.name for path in RunFile(Path("run.safetensors")).paths(2)]
        ['run.1-of-2.safetensors', 'run.2-of-2.safetensors']
        """
        if n == 1:
            return [self.path]
        return [self.path.with_name(f"{self.path.stem}.{i + 1}-of-{n}{self.path.suffix}") for i in range(n)]


@dataclass(frozen=True)
class FitOptions:
    """Options for training a table model; ``epochs`` and ``batch_size`` override those of the recipe."""

    recipe: Recipe
    goal: Goal
    seed: int = 0
    n_ensemble: int = 1  # networks whose predictions are averaged
    n_folds: int | None = None  # each fold gets a network (or ensemble) of its own
    folds: Sequence[Fold] | None = None  # the folds themselves, if they are not made here; there are `n_folds` of them
    epochs: int | None = None
    batch_size: int | None = None
    max_seconds: float | None = None  # for the whole fit; a recipe with a fixed number of epochs gets fewer
    deadline: Deadline | None = None  # if that time began before; otherwise it begins with the fit
    pace: Pace | None = None  # if it is known; otherwise it is measured if `max_seconds` is given
    keeps_hashes: bool = True  # whether the model can recognise rows that it was trained on
    allow_constant: bool = False  # whether a table of which no column differs between rows is accepted
    calibrates: bool = True  # probabilities and quantiles, on the rows that choose the epoch
    class_weight: Literal["balanced"] | Mapping[int, float] | None = None  # by code; multiplies the weights of rows
    threads: int | Literal["auto"] = "auto"
    progress: bool | None = False
    diagnose: Any = False  # bool or `Watch`: whether the training of the first network is checked for problems
    make_callbacks: Callable[[], list[Callback]] = list  # for the training of each network
    announce: Callable[[str], None] | None = None  # called before coding with a sentence on its memory, if that is much
    run_file: RunFile | None = None
    n_jobs: int | None = 1  # networks trained at once, each in a process, as scikit-learn means it; without callbacks
    shards: int | None = None  # into which each batch is divided
    ranks: Ranks | None = None  # the processes that have them, if that is not this one alone
    executor: Any = None  # in place of `n_jobs`: what `check_executor` returns, for a task of each network
    is_stopped: Callable[[], bool] = lambda: False  # whether networks in other processes should end
    notify: Callable[[int, int], None] = lambda done, of: None  # called when one of them is done
    stream: Stream | None = None  # the rows to train on, if they stay in files: those in memory are a sample
    reading: ReadOptions = field(default_factory=ReadOptions)  # how the table was read, for the files of the model

    def n_trained(self, sample: int) -> int:
        """Return the number of rows to train on, of which ``sample`` are in memory."""
        return sample if self.stream is None else self.stream.n_train

    @property
    def trains_in_turn(self) -> bool:
        """Whether several networks in this process are trained one after the other, and not together."""
        return self.run_file is not None or self.stream is not None or self.shards is not None

    def together(self, what: Callable[[], T]) -> T:
        """Call ``what`` and return its result; if it fails on one process, it fails on all of them."""
        return what() if self.ranks is None else self.ranks.together(what)

    def agreed(self, value: T) -> T:
        """Return what the first process has for ``value``."""
        return value if self.ranks is None else self.ranks.agreed(value)

    @property
    def division(self) -> dict[str, Any]:
        """How batches are divided, as options of `Network.fit`."""
        return {"shards": self.shards, "distributed": self.ranks}

    @property
    def n_networks(self) -> int:
        """The number of networks to train."""
        return self.n_ensemble * (self.n_folds or 1)

    def most_epochs(self, n: int) -> int:
        """Return the largest number of epochs of a network for ``n`` training rows."""
        return self.epochs or self.recipe.most_epochs(n, classifies=self.goal.loss.classifies)

    def rows_per_step(self, n: int) -> int:
        """Return the batch size for ``n`` training rows."""
        return self.batch_size or self.recipe.batch_size(n)

    def steps_per_epoch(self, n: int) -> int:
        """Return the number of steps in an epoch of ``n`` training rows."""
        return self.recipe.steps_per_epoch(n, self.rows_per_step(n))

    def network(
        self,
        encoder: TableEncoder,
        X: np.ndarray,
        target: TargetEncoder,
        planned: Planned,
        seed: int,
        counts: np.ndarray | None = None,
    ) -> Network:
        """Return a new network for the features ``X`` of training rows, each of which counts as ``counts`` rows.

        X may be a sample of them, or have those of all folds: ``planned`` says the steps of an epoch.
        """
        loss = self.goal.loss
        n_outputs = target.n_outputs * len(getattr(loss, "levels", (None,)))
        steps = planned.steps or self.steps_per_epoch(len(X))
        how = (self.goal.label_smoothing, self.calibrates, counts, self.n_ensemble)
        return self.recipe.network(Design(encoder, X, loss, n_outputs, planned.epochs, steps, *how), seed)
