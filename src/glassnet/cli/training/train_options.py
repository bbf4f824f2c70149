"""The options of ``glassnet train``: declared, checked, and given values where they were left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from glassnet.cli.arguments import FIRST, as_number, as_numbers, as_share, as_widths, declared, flag_of, option
from glassnet.cli.completion import complete_columns, names_of
from glassnet.cli.executors import check_places, executor_option, jobs_option
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.recipe_settings import check_settings, parsed_settings
from glassnet.errors import ConfigError
from glassnet.layers import ACTIVATIONS
from glassnet.utils.checks import check_choice, check_integer, check_number

if TYPE_CHECKING:
    from glassnet.tabular.reading.options import ReadOptions

__all__ = ["PLAIN", "WHERE", "TrainOptions", "with_choices"]

WHERE = "train"
PLAIN = "plain"
_DEFAULT_RECIPE = "realmlp"
_DEFAULT_VALIDATION, _DEFAULT_TEST = 0.16, 0.2
_DEFAULT_OF_TRAINING = 0.2  # validation rows, where a column names test rows only
_DIVIDING = ("group", "time", "split")

_DATA, _MODEL, _TRAINING = "Rows and columns", "Model", "Training"
_PLAIN_ONLY = "Plain network (implies --recipe plain)"
_TASKS = ("auto", "classification", "regression")
_METRICS = ("accuracy", "balanced_accuracy", "f1", "log_loss", "auc", "brier", "rmse", "mae", "r2")
_PLAIN_DEFAULTS: dict[str, Any] = {
    "layers": (64, 64), "activation": "silu", "dropout": 0.2, "rate": 0.003, "weight_decay": 0.1,
}  # fmt: skip
_RECIPES_ONLY = ("metric", "label_smoothing", "ensemble", "folds", "jobs", "executor", "quantiles")

_WIDEST = 100_000
_LEVELS_ADVICE = "Write the levels with commas: --quantiles 0.05,0.5,0.95"
_number = partial(option, parse=as_number)
_portion = partial(option, parse=as_share)
_count = partial(check_integer, minimum=1)
_positive = partial(check_number, minimum=0.0, open_minimum=True)
_not_negative = partial(check_number, minimum=0.0)
_check_task = partial(check_choice, choices=_TASKS)
_check_activation = partial(check_choice, choices=ACTIVATIONS)


def _share(where: str, name: str, value: Any, *, open_minimum: bool = False) -> None:
    """Raise an error for a number that is no share of a whole."""
    is_percent = isinstance(value, (int, float)) and 1 < value < 100
    advice = f"A share of {value:g} % is {value / 100:g}." if is_percent else ""
    check_number(where, name, value, 0.0, 1.0, open_minimum=open_minimum, open_maximum=True, advice=advice)


def _recipes() -> tuple[str, ...]:
    """Return the names of all recipes."""
    from glassnet.tabular.fitting.recipes import RECIPES  # takes a moment to import, and --help does without

    return (*RECIPES, PLAIN)


def _check_recipe(where: str, name: str, recipe: str) -> None:
    """Raise an error for a recipe that does not exist."""
    if recipe == "all":
        advice = "To train all recipes and rank them: glassnet compare DATA TARGET"
        message = f"{where}: {name} is 'all'; it must name one recipe. {advice}"
        raise ConfigError(message, expected=_recipes(), got=recipe)
    check_choice(where, name, recipe, _recipes())


def _check_widths(where: str, name: str, widths: tuple[Any, ...]) -> None:
    """Raise an error for a width that no layer can have."""
    for width in widths:
        check_integer(where, f"a width of {name}", width, 1, "Write the widths with commas: --layers 64,64")
        if width > _WIDEST:
            message = f"{where}: a width of {name} is {width}; it must be at most {_WIDEST:,}."
            raise ConfigError(message, expected=_WIDEST, got=width)


def _check_levels(where: str, name: str, given: tuple[Any, ...]) -> None:
    """Raise an error for levels of quantiles that are not between 0 and 1, or do not rise."""
    check = partial(check_number, minimum=0.0, maximum=1.0, open_minimum=True, open_maximum=True)
    levels = [check(where, f"a level of {name}", level, advice=_LEVELS_ADVICE) for level in given]
    if any(high <= low for low, high in pairwise(levels)):
        message = f"{where}: the levels of {name} are {','.join(map(str, levels))}; they must rise. {_LEVELS_ADVICE}"
        raise ConfigError(message, got=levels)


@dataclass(frozen=True)
class TrainOptions:
    """The options of ``glassnet train``; None means that an option was left out.

    ``reading`` is how the table is read, ``estimates`` whether the time of each recipe is estimated, ``implied_by`` the
    option that implied the plain network, if one did, ``one_thread`` whether it must do with one BLAS thread, and
    ``pool`` what ``executor`` is the address of.
    """

    data: str
    target: str = option(
        "The column to predict. [required, here or as TARGET]", FIRST, "COLUMN", short="-t", default=MISSING,
        complete=complete_columns,
    )  # fmt: skip
    out: str | None = option("The model file to write.", FIRST, "FILE", short="-o", default="model.safetensors")
    report: str | None = option("Also write the report with pictures as one .html page.", FIRST, "FILE")
    recipe: str | None = option(
        "realmlp; fast: realmlp with fewer epochs on 1,024 training rows or more; small: a simplified realmlp; tabm, "
        "tabm-mini: 32 networks with shared weights, many times slower; plain: layers of your own.",
        FIRST, "NAME", check=_check_recipe, usual="realmlp", complete=names_of(_recipes),
    )  # fmt: skip
    max_seconds: float | None = _number("Time limit; the schedule is fitted to it.", FIRST, check=_positive)
    task: str = option(
        "classification, regression, or auto: decided by the column.", _DATA, "TASK", default="auto", check=_check_task,
        complete=names_of(lambda: _TASKS),
    )  # fmt: skip
    drop: tuple[str, ...] = option(
        "Leave this column out; may be repeated.", _DATA, "COLUMN", default=(), parse=lambda names: tuple(names or ()),
        complete=complete_columns,
    )  # fmt: skip
    skip_missing: bool = option("Leave out rows without a target.", _DATA, default=False)
    validation: float | None = _portion(
        "Share of rows used to choose the best epoch.", _DATA, check=partial(_share, open_minimum=True),
        usual=str(_DEFAULT_VALIDATION),
    )  # fmt: skip
    test: float | None = _portion(
        "Share of rows held out for the report.", _DATA, check=_share, usual=str(_DEFAULT_TEST)
    )
    group: str | None = option(
        "Keep rows with the same value in this column, such as a patient's, on one side of the split; it is no input.",
        _DATA, "COLUMN", complete=complete_columns,
    )  # fmt: skip
    time: str | None = option(
        "Test on the latest rows by this column of dates or numbers, and validate on those before them.",
        _DATA, "COLUMN", complete=complete_columns,
    )  # fmt: skip
    split: str | None = option(
        "Divide the rows as this column says: train, validation, test; it is no input.", _DATA, "COLUMN",
        complete=complete_columns,
    )  # fmt: skip
    stream: bool = option(
        "Read Parquet in parts even if it fits into memory. [default: only if it does not fit]", _DATA, default=False
    )
    no_stream: bool = option("Never read in parts.", _DATA, default=False)
    metric: str | None = option(
        "Metric that chooses the best epoch: accuracy, balanced_accuracy, f1, log_loss, auc, brier for classes; rmse, "
        "mae, r2 for numbers.", _MODEL, "NAME", usual="accuracy or rmse", complete=names_of(lambda: _METRICS),
    )  # fmt: skip
    label_smoothing: float | None = _number(
        "Label smoothing of the loss for classes; 0 switches it off.", _MODEL,
        check=partial(check_number, minimum=0.0, maximum=1.0, open_maximum=True), usual="the recipe's; realmlp: 0.1",
    )  # fmt: skip
    setting: tuple[str, ...] = option(
        "Change a setting of realmlp, fast or small: rate_factor, weight_decay, dropout, width, depth, embeds, as "
        "glassnet tune finds them; may be repeated.", _MODEL, "NAME=VALUE", default=(),
        parse=lambda texts: tuple(texts or ()), check=check_settings,
    )  # fmt: skip
    class_weight: tuple[str, ...] = option(
        "Weights of the classes: balanced, or LABEL=3,OTHER=1.", _MODEL, "WEIGHTS", default=(),
        parse=lambda texts: tuple(texts or ()), complete=names_of(lambda: ("balanced",)),
    )  # fmt: skip
    ensemble: int | None = _number("Train N networks and average their predictions.", _MODEL, check=_count, usual="1")
    folds: int | None = _number(
        "Train N networks, each validated on a different fold, and average them.", _MODEL,
        check=partial(check_integer, minimum=2),
    )  # fmt: skip
    jobs: int | None = jobs_option(
        "Train N networks of --ensemble or --folds at once, each in a process; -1: one per core.", _MODEL
    )
    executor: str | None = executor_option(
        "Train the networks of --ensemble or --folds on the workers of this Dask scheduler.", _MODEL
    )
    quantiles: tuple[float, ...] | None = option(
        "Predict these quantiles instead of the mean, as in 0.05,0.5,0.95.", _MODEL, "N,N", parse=as_numbers,
        check=_check_levels,
    )  # fmt: skip
    epochs: int | None = _number("Most passes over the training rows.", _TRAINING, check=_count, usual="the recipe's")
    batch: int | None = _number(
        "Rows per step.", _TRAINING, check=_count, usual="256, more for large tables; plain: 16 to 256"
    )
    seed: int = _number("Random seed.", _TRAINING, default=0, check=partial(check_integer, minimum=0))
    checkpoint: str | None = option("Save the state of training to this file every 10 seconds.", _TRAINING, "FILE")
    resume: bool = option("Continue the training saved in --checkpoint, if there is one.", _TRAINING, default=False)
    layers: tuple[int, ...] | None = option(
        "Widths of the hidden layers; none for a linear model.", _PLAIN_ONLY, "N,N", parse=as_widths,
        check=_check_widths, usual="64,64",
    )  # fmt: skip
    activation: str | None = option(
        "Activation: silu, relu, gelu, tanh and others.", _PLAIN_ONLY, "NAME", check=_check_activation, usual="silu",
        complete=names_of(lambda: ACTIVATIONS),
    )  # fmt: skip
    dropout: float | None = _portion("Share of units switched off in training.", _PLAIN_ONLY, check=_share, usual="0.2")
    rate: float | None = _number(
        "Initial learning rate of AdamW; cosine decay to 0.", _PLAIN_ONLY, check=_positive, usual="0.003"
    )
    weight_decay: float | None = _number("Weight decay of AdamW.", _PLAIN_ONLY, check=_not_negative, usual="0.1")
    patience: int | None = _number(
        "Stop after N epochs without a better validation loss.", _PLAIN_ONLY, check=_count, usual="a fifth of --epochs"
    )
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    estimates: bool = True
    implied_by: str | None = None
    one_thread: bool = False
    pool: Any = None

    @classmethod
    def from_texts(cls, data: str, texts: Mapping[str, Any], *, estimates: bool) -> TrainOptions:
        """Return the options for what was typed, by field name; numbers that are none are left for `check`."""
        values = {name: each.parse(texts[name]) for name, (each, _) in declared(cls).items()}
        return cls(data, reading=ReadingOptions.from_texts(texts), estimates=estimates, **values)

    @property
    def read_options(self) -> ReadOptions:
        """How the table is read: without the columns to drop, unless the rows are divided by one of them."""
        by = self.divides_by
        return self.reading.options(WHERE, [name for name in self.drop if by is None or name != by[1]])

    @property
    def is_plain(self) -> bool:
        """Whether the plain network is trained, and not a published recipe."""
        return self.recipe == PLAIN or self._implied() is not None

    def _implied(self) -> str | None:
        """Return the option that implies the plain network where no recipe is named; None if there is none."""
        given = [flag_of(name) for name in _plain_only() if getattr(self, name) is not None]
        return given[0] if given and self.recipe is None else None

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of validation and test rows; where a column names test rows, that of validation in the others."""
        default = _DEFAULT_VALIDATION if self.split is None else _DEFAULT_OF_TRAINING
        validation = default if self.validation is None else self.validation
        test = _DEFAULT_TEST if self.test is None else self.test
        return (0.0 if self.folds else validation, 0.0 if self.split is not None else test)

    @property
    def divides_by(self) -> tuple[str, str] | None:
        """The option that names the column by which the rows are divided, and that column; None if there is none."""
        return next(((name, str(getattr(self, name))) for name in _DIVIDING if getattr(self, name) is not None), None)

    def check(self) -> None:
        """Raise an error for an option with a value that is not allowed, or not allowed beside another option."""
        for name, (each, _) in declared(type(self)).items():
            value = getattr(self, name)
            if value is not None and each.check is not None:
                each.check(WHERE, flag_of(name), value)
        if self.target in {*self.drop, *self.read_options.dropped}:
            message = f"{WHERE}: --drop names the target, {self.target!r}; it must be another column."
            raise ConfigError(message, got=self.target)
        self._check_recipe_options()
        self._check_places()
        if self.folds and self.validation is not None:
            self._refuse("validation", "--folds", "Each fold is the validation rows of a network.")
        self._check_division()
        if self.folds and self.test == 0:
            message = f"{WHERE}: --test is 0; it must be above 0 with --folds, which train on all other rows."
            raise ConfigError(message, got=0)
        if self.quantiles and self.metric is not None:
            self._refuse("metric", "--quantiles", "The pinball loss chooses their epoch.")

    def _check_places(self) -> None:
        """Raise an error for a place for several networks where there is one, or which cannot have their files."""
        check_places(WHERE, self)
        if (self.ensemble or 1) * (self.folds or 1) == 1:
            for name in ("jobs", "executor"):
                value = getattr(self, name)
                if value not in (None, 1):
                    must, each = "it must be used with --ensemble or --folds", "since each takes one process"
                    message = f"{WHERE}: {flag_of(name)} is {value} for one network; {must}, {each}."
                    raise ConfigError(message, expected=must, got=value)
        if self.executor is not None and self.checkpoint is not None:
            self._refuse("checkpoint", "--executor", "Workers on other machines cannot write it.")

    def _check_division(self) -> None:
        """Raise an error for options that divide the rows in two ways."""
        given = [name for name in _DIVIDING if getattr(self, name) is not None]
        if len(given) > 1:
            self._refuse(given[1], flag_of(given[0]), "Rows are divided in one way.")
        if self.time is not None and self.folds:
            self._refuse("folds", "--time", "Folds are drawn at random, whatever their time.")
        if self.split is not None and self.test is not None:
            self._refuse("test", "--split", "The column says which rows are for the test.")

    def _check_recipe_options(self) -> None:
        """Raise an error for an option that the chosen recipe does not have."""
        from glassnet.tabular.fitting.recipes import RECIPES, find_recipe
        from glassnet.tabular.fitting.settings import with_settings

        implied = self._implied()
        for name in _RECIPES_ONLY if self.is_plain else _plain_only():
            if getattr(self, name) is None:
                continue
            if not self.is_plain:
                self._refuse(name, f"--recipe {self.recipe}", f"Only --recipe {PLAIN} has it.")
            self._refuse(name, _beside_plain(implied), f"Only the other recipes have it: {', '.join(RECIPES)}.")

        if self.setting:
            if self.is_plain:
                self._refuse("setting", _beside_plain(implied), "Its settings are --rate, --dropout and others.")
            with_settings(f"{WHERE}: --setting", find_recipe(WHERE, self.recipe or _DEFAULT_RECIPE), self.settings)

    def _refuse(self, name: str, beside: str, advice: str) -> None:
        """Raise the error for an option that must be left out."""
        value = getattr(self, name)
        shown = (",".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)
        message = f"{WHERE}: {flag_of(name)} {shown} does not go with {beside}. {advice} Leave {flag_of(name)} out."
        raise ConfigError(message, got=value)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the recipe that are not its own."""
        return parsed_settings(self.setting)

    def settled(self) -> TrainOptions:
        """Return options that name their recipe, with the defaults of the plain network if that is the recipe."""
        if not self.is_plain:
            return replace(self, recipe=self.recipe or _DEFAULT_RECIPE)
        left_out = {name: value for name, value in _PLAIN_DEFAULTS.items() if getattr(self, name) is None}
        return replace(self, recipe=PLAIN, implied_by=self._implied(), **left_out)


def _beside_plain(implied: str | None) -> str:
    """Return the words for the plain network, and the option that implied it."""
    return f"{implied}, which means --recipe {PLAIN}" if implied else f"--recipe {PLAIN}"


def _plain_only() -> list[str]:
    """Return the fields that only the plain network has."""
    return [name for name, (each, _) in declared(TrainOptions).items() if each.panel == _PLAIN_ONLY]


def with_choices(options: TrainOptions, n: int) -> TrainOptions:
    """Return options with batch, epochs and patience of the plain network chosen for ``n`` training rows.

    A batch of 16 to 256 rows, for about 40 steps per epoch where possible; epochs for about 40,000 steps, from 20 to
    200; a patience of a fifth of the epochs, since the rate falls to 0 and the last epochs gain most from it. These
    rules, like the other defaults, were chosen on some twenty tables of 200 to 16,000 rows.
    """
    batch = options.batch or int(min(256, max(16, 2 ** round(math.log2(n / 40)))))
    epochs = options.epochs or min(200, max(20, round(40_000 * batch / n)))
    return replace(options, batch=batch, epochs=epochs, patience=options.patience or max(5, epochs // 5))
