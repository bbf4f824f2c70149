"""The options of ``glassnet tune``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from glassnet.cli.arguments import FIRST, as_number, option
from glassnet.cli.comparing.compare_options import (
    as_train,
    as_train_options,
    check_declared,
    require_rows,
    with_texts,
)
from glassnet.cli.completion import names_of
from glassnet.cli.executors import check_places, executor_option, jobs_option
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.train_options import TrainOptions
from glassnet.errors import ConfigError
from glassnet.utils.checks import check_choice, check_integer, check_number

__all__ = ["TUNED", "WHERE", "TuneOptions"]

WHERE = "tune"
TUNED = ("realmlp", "fast", "small", "plain")
"""The recipes that have settings to search over."""

_SECONDS = 120


def _check_recipe(where: str, name: str, recipe: str) -> None:
    """Raise an error for a recipe without settings to search over."""
    if recipe in ("tabm", "tabm-mini"):
        message = f"{where}: {name} is {recipe!r}, which has no settings to search over. Choose {', '.join(TUNED)}."
        raise ConfigError(message, expected=TUNED, got=recipe)
    check_choice(where, name, recipe, TUNED)


@dataclass(frozen=True)
class TuneOptions:
    """The options of ``glassnet tune``; None means that an option was left out."""

    data: str
    target: str = as_train("target")
    out: str | None = option(
        "The model file to write: the trial that is best on the validation rows.", FIRST, "FILE", short="-o",
        default="model.safetensors",
    )  # fmt: skip
    recipe: str = option(
        "realmlp, fast, small or plain: whose settings are searched over.", FIRST, "NAME", default="realmlp",
        parse=lambda text: text or "realmlp", check=_check_recipe, complete=names_of(lambda: TUNED),
    )  # fmt: skip
    max_seconds: float = option(
        "Time limit for all trials.", FIRST, default=_SECONDS,
        parse=lambda text: _SECONDS if text is None else as_number(text),
        check=partial(check_number, minimum=0.0, open_minimum=True),
    )  # fmt: skip
    trials: int | None = option(
        "Most trials, the defaults among them.", FIRST, parse=as_number, check=partial(check_integer, minimum=1),
        usual="as many as --max-seconds is enough for",
    )  # fmt: skip
    jobs: int | None = jobs_option("Train N trials at once, each in a process; -1: one per core.", FIRST)
    executor: str | None = executor_option("Train the trials on the workers of this Dask scheduler.", FIRST)
    metric: str | None = as_train("metric")
    epochs: int | None = as_train("epochs")
    seed: int = as_train("seed")
    task: str = as_train("task")
    drop: tuple[str, ...] = as_train("drop")
    skip_missing: bool = as_train("skip_missing")
    validation: float | None = as_train("validation")
    test: float | None = as_train("test")
    group: str | None = as_train("group")
    time: str | None = as_train("time")
    split: str | None = as_train("split")
    reading: ReadingOptions = field(default_factory=ReadingOptions)

    @classmethod
    def from_texts(cls, data: str, texts: Mapping[str, Any]) -> TuneOptions:
        """Return the options for what was typed, by field name; what is wrong is left for `check`."""
        return cls(data, **with_texts(cls, texts))

    def check(self) -> None:
        """Raise an error for an option with a value that is not allowed."""
        check_declared(WHERE, self)
        check_places(WHERE, self)
        self.as_train().check()
        require_rows(WHERE, self)

    def as_train(self) -> TrainOptions:
        """Return these options as ``glassnet train`` has them."""
        return replace(as_train_options(self), recipe=self.recipe)
