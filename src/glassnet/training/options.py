"""The options of a training, typed and with their defaults, for all that trains; `Network.fit` documents them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypedDict

from glassnet.losses import MetricChoice
from glassnet.training.callbacks import Callback
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.loop import Run
from glassnet.training.sharding.ranks import Ranks
from glassnet.utils.block_sources import BlockSource
from glassnet.utils.checks import check_options

__all__ = [
    "FIT_DEFAULTS",
    "BlockSource",
    "FitOptions",
    "FoldOptions",
    "JointOptions",
    "StepOptions",
    "TrainingOptions",
    "check_fit_options",
]


class TrainingOptions(TypedDict, total=False):
    """What `Network.fit`, `Population.fit`, `cross_validate` and `sweep` take alike."""

    batch_size: int
    validation_split: float
    sample_weight: Any
    class_weight: Literal["balanced"] | Mapping[int, float] | Sequence[float] | None
    shuffle: bool
    drop_last: bool
    metrics: MetricChoice
    early_stopping: EarlyStopping | None
    max_seconds: float | None
    threads: int | Literal["auto"]
    progress: bool | None


class FoldOptions(TrainingOptions, total=False):
    """What `Population.fit`, `cross_validate` and `sweep` take alike."""

    executor: Any


class JointOptions(FoldOptions, total=False):
    """What `Population.fit` and `sweep` take alike."""

    validation_data: Sequence[Any] | None


class FitOptions(TrainingOptions, total=False):
    """What `Network.fit` takes beside data and epochs."""

    validation_data: Sequence[Any] | BlockSource | None

    steps_per_epoch: int | None
    callbacks: Callback | Callable[[Run[Any]], object] | Iterable[Callback | Callable[[Run[Any]], object]] | None
    checkpoint: Checkpoint | str | PathLike[str] | None
    resume: bool
    deterministic: bool
    shards: int | None
    distributed: Ranks | None


class StepOptions(TypedDict, total=False):
    """What `Network.stepwise` takes beside data and epochs."""

    batch_size: int
    validation_data: Sequence[Any] | None
    validation_split: float
    sample_weight: Any
    class_weight: Literal["balanced"] | Mapping[int, float] | Sequence[float] | None
    shuffle: bool
    drop_last: bool
    steps_per_epoch: int | None
    metrics: MetricChoice
    early_stopping: EarlyStopping | None
    callbacks: Callback | Callable[[Run[Any]], object] | Iterable[Callback | Callable[[Run[Any]], object]] | None


FIT_DEFAULTS: FitOptions = {
    "batch_size": 32,
    "validation_data": None,
    "validation_split": 0.0,
    "sample_weight": None,
    "class_weight": None,
    "shuffle": True,
    "drop_last": False,
    "steps_per_epoch": None,
    "metrics": None,
    "early_stopping": None,
    "callbacks": None,
    "max_seconds": None,
    "checkpoint": None,
    "resume": False,
    "deterministic": False,
    "shards": None,
    "distributed": None,
    "threads": "auto",
    "progress": None,
}


def check_fit_options(
    where: str, given: Iterable[str], kind: type[TrainingOptions | StepOptions] = FitOptions, others: Iterable[str] = ()
) -> None:
    """Refuse names that are no options of this ``kind``, and suggest ours for those of other libraries.

    ``others`` are further arguments of what was called.
    """
    check_options(where, given, [*kind.__annotations__, *others])
