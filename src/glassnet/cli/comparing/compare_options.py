"""The options of ``glassnet compare``: those of ``glassnet train`` that say which rows, and what is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

from glassnet.cli.arguments import FIRST, as_number, declared, flag_of, option
from glassnet.cli.executors import check_places, executor_option, jobs_option
from glassnet.cli.input_files import are_several
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.train_options import PLAIN, TrainOptions
from glassnet.errors import ConfigError
from glassnet.utils.checks import check_number
from glassnet.utils.suggestions import did_you_mean, nearest

__all__ = ["TREES", "WHERE", "CompareOptions", "as_train", "as_train_options", "require_rows", "with_texts"]

WHERE = "compare"
TREES = ("histgb", "lightgbm")
"""Names of boosted trees; `glassnet.cli.comparing.boosting` has them."""

_SECONDS = 300
_SHARED = (
    "target", "out", "task", "drop", "skip_missing", "validation", "test", "group", "time", "split", "metric",
    "epochs", "seed",
)  # fmt: skip


def as_train(name: str) -> Any:
    """Return the dataclass field that declares an option as ``glassnet train`` does."""
    found = next(each for each in fields(TrainOptions) if each.name == name)
    return field(default=found.default, metadata=found.metadata)


def names_of_models() -> tuple[str, ...]:
    """Return what may be compared, by name."""
    from glassnet.tabular.fitting.recipes import RECIPES  # takes a moment to import, and --help does without

    return (*RECIPES, PLAIN, *TREES)


def _as_names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _check_names(where: str, flag: str, given: tuple[str, ...]) -> None:
    """Raise an error for a model that does not exist, and where there is none."""
    known = names_of_models()
    if not given:
        message = f"{where}: {flag} names no model; it must name one at least. The models are {', '.join(known)}."
        raise ConfigError(message, expected=known, got=given)
    for name in given:
        if name not in known:
            advice = did_you_mean(nearest(name, known)) or f"The models are {', '.join(known)}."
            message = f"{where}: {flag} names {name!r}, which is none of the models. {advice}"
            raise ConfigError(message, expected=known, got=name)


@dataclass(frozen=True)
class CompareOptions:
    """The options of ``glassnet compare``; None means that an option was left out."""

    data: str
    target: str = as_train("target")
    out: str | None = option(
        "The model file to write: the best of our models by its validation score.", FIRST, "FILE", short="-o",
        default="model.safetensors",
    )  # fmt: skip
    report: str | None = option("Also write the leaderboard as one .html page.", FIRST, "FILE")
    recipes: tuple[str, ...] | None = option(
        "Compare these only: realmlp, fast, small, tabm, tabm-mini, plain, histgb, lightgbm.", FIRST, "NAME,NAME",
        parse=_as_names, check=_check_names, usual="all that --max-seconds is enough for",
    )  # fmt: skip
    metric: str | None = as_train("metric")
    max_seconds: float = option(
        "Time limit for all of it; what does not fit is listed with the time it would take.", FIRST,
        default=_SECONDS, parse=lambda text: _SECONDS if text is None else as_number(text),
        check=partial(check_number, minimum=0.0, open_minimum=True),
    )  # fmt: skip
    jobs: int | None = jobs_option("Train N models at once, each in a process; -1: one per core.", FIRST)
    executor: str | None = executor_option("Train the models on the workers of this Dask scheduler.", FIRST)
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
    def from_texts(cls, data: str, texts: Mapping[str, Any]) -> CompareOptions:
        """Return the options for what was typed, by field name; what is wrong is left for `check`."""
        return cls(data, **with_texts(cls, texts))

    def check(self) -> None:
        """Raise an error for an option with a value that is not allowed."""
        check_declared(WHERE, self)
        check_places(WHERE, self)
        as_train_options(self).check()
        require_rows(WHERE, self)


def with_texts(options: type, texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the declared options for what was typed, and those of reading."""
    values = {name: each.parse(texts[name]) for name, (each, _) in declared(options).items()}
    return {**values, "reading": ReadingOptions.from_texts(texts)}


def check_declared(where: str, options: Any) -> None:
    """Raise an error for an option whose own check refuses its value."""
    for name, (each, _) in declared(type(options)).items():
        value = getattr(options, name)
        if value is not None and each.check is not None:
            each.check(where, flag_of(name), value)


def as_train_options(options: Any) -> TrainOptions:
    """Return these options as ``glassnet train`` has them, without a recipe; the table is read as a whole."""
    shared = {name: getattr(options, name) for name in _SHARED}
    seconds = float(options.max_seconds)
    return TrainOptions(
        options.data, reading=options.reading, estimates=False, no_stream=True, max_seconds=seconds, **shared
    )


def require_rows(where: str, options: Any) -> None:
    """Raise an error where no rows are left for the test, and where the rows are in several files."""
    if are_several(options.data):
        fact, rule = f"{options.data!r} has several files", f"{where} reads one, as a whole"
        message = f"{where}: {fact}; {rule}. Name one of them, or train a model on all: glassnet train"
        raise ConfigError(message, expected="one file", got=options.data)
    if options.test == 0:
        must = "models are compared on rows that none was trained on"
        message = f"{where}: --test is 0; {must}. Leave it out, or pass a share such as 0.2."
        raise ConfigError(message, expected="a share above 0", got=0)
