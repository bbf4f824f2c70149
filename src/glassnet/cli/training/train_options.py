"""The options of ``glassnet train``: declared, checked, and given values where they were left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

from glassnet.cli.arguments import as_number, as_numbers, as_widths, declared, flag_of, option
from glassnet.errors import ConfigError
from glassnet.layers import ACTIVATIONS
from glassnet.utils.checks import check_choice, check_integer, check_number

__all__ = ["PLAIN", "WHERE", "TrainOptions", "with_choices"]

WHERE = "train"
PLAIN = "plain"
_DEFAULT_RECIPE = "realmlp"
_DEFAULT_VALIDATION = 0.16

_DATA, _OUTPUT, _MODEL, _TRAINING = "Data", "Output", "Model", "Training"
_PLAIN_ONLY = "Plain network: each of these means --recipe plain"
_PLAIN_DEFAULTS: dict[str, Any] = {
    "layers": (64, 64), "activation": "silu", "dropout": 0.2, "rate": 0.003, "weight_decay": 0.1,
}  # fmt: skip
_RECIPES_ONLY = ("metric", "ensemble", "folds", "quantiles")

_WIDEST = 100_000
_LEVELS_ADVICE = "Write the levels with commas: --quantiles 0.05,0.5,0.95"
_number = partial(option, parse=as_number)
_count = partial(check_integer, minimum=1)
_positive = partial(check_number, minimum=0.0, open_minimum=True)
_share = partial(check_number, minimum=0.0, maximum=1.0, open_maximum=True)
_not_negative = partial(check_number, minimum=0.0)
_check_task = partial(check_choice, choices=("auto", "classification", "regression"))
_check_activation = partial(check_choice, choices=ACTIVATIONS)


def _check_recipe(where: str, name: str, recipe: str) -> None:
    """Raise an error for a recipe that does not exist."""
    from glassnet.tabular.fitting.recipes import RECIPES  # takes a moment to import, and --help does without

    check_choice(where, name, recipe, (*RECIPES, PLAIN))


def _check_widths(where: str, name: str, widths: tuple[Any, ...]) -> None:
    """Raise an error for a width that no layer can have."""
    for width in widths:
        check_integer(where, f"each width of {name}", width, 1, "Write the widths with commas: --layers 64,64")
        if width > _WIDEST:
            message = f"{where}: each width of {name} must be at most {_WIDEST:,}, got {width}."
            raise ConfigError(message, expected=_WIDEST, got=width)


def _check_levels(where: str, name: str, given: tuple[Any, ...]) -> None:
    """Raise an error for levels of quantiles that are not between 0 and 1, or do not rise."""
    check = partial(check_number, minimum=0.0, maximum=1.0, open_minimum=True, open_maximum=True)
    levels = [check(where, f"each of {name}", level, advice=_LEVELS_ADVICE) for level in given]
    if any(high <= low for low, high in pairwise(levels)):
        message = f"{where}: {name} must rise, got {','.join(map(str, levels))}. {_LEVELS_ADVICE}"
        raise ConfigError(message, got=levels)


@dataclass(frozen=True)
class TrainOptions:
    """The options of ``glassnet train``; None means that an option was left out.

    ``estimates`` is whether the time of each recipe is estimated, and ``implied_by`` the option that implied the plain
    network, if one did.
    """

    data: str
    target: str = option("The column to predict.", _DATA, "COLUMN", short="-t", default=MISSING)
    out: str | None = option("Where the model goes.", _OUTPUT, "FILE", short="-o", default="model.safetensors")
    task: str = option(
        "classification, regression, or auto: decided by the column.", _DATA, "TASK", default="auto", check=_check_task
    )
    drop: tuple[str, ...] = option(
        "Leave this column out; may be repeated.", _DATA, "COLUMN", default=(), parse=lambda names: tuple(names or ())
    )
    skip_missing: bool = option("Leave out rows without a target.", _DATA, default=False)
    validation: float | None = _number(
        "Share of rows that choose the best epoch; by default 0.16.", _DATA, check=partial(_share, open_minimum=True)
    )
    test: float = _number("Share of rows held out for the report.", _DATA, default=0.2, check=_share)
    recipe: str | None = option(
        "realmlp, by default; small: its simplified form; tabm, tabm-mini: 32 networks that share weights, which "
        "take many times longer; plain: layers of your own. The report says how long each takes here.",
        _MODEL, "NAME", check=_check_recipe,
    )  # fmt: skip
    metric: str | None = option(
        "What the best epoch is chosen by: accuracy, balanced_accuracy, f1, log_loss, auc, brier; "
        "of numbers rmse, mae, r2.", _MODEL, "NAME",
    )  # fmt: skip
    ensemble: int | None = _number("Networks whose predictions are averaged; by default 1.", _MODEL, check=_count)
    folds: int | None = _number(
        "Number of cross-validation folds: each network chooses its epoch by another fold.", _MODEL,
        check=partial(check_integer, minimum=2),
    )  # fmt: skip
    quantiles: tuple[float, ...] | None = option(
        "Predict these instead of a mean, as in 0.05,0.5,0.95.", _MODEL, "N,N", parse=as_numbers, check=_check_levels
    )
    epochs: int | None = _number(
        "Passes over the training rows, at most; by default the recipe's.", _TRAINING, check=_count
    )
    batch: int | None = _number(
        "Rows per step; by default 256, of the plain network 16 to 256.", _TRAINING, check=_count
    )
    max_seconds: float | None = _number("Train no longer: with as many epochs as fit.", _TRAINING, check=_positive)
    seed: int = _number(
        "Everything random follows from it.", _TRAINING, default=0, check=partial(check_integer, minimum=0)
    )
    layers: tuple[int, ...] | None = option(
        "Widths of the hidden layers, or none: a linear model; by default 64,64.", _PLAIN_ONLY, "N,N",
        parse=as_widths, check=_check_widths,
    )  # fmt: skip
    activation: str | None = option(
        "silu, by default, relu, gelu, tanh and others.", _PLAIN_ONLY, "NAME", check=_check_activation
    )
    dropout: float | None = _number(
        "Share of units switched off while training; by default 0.2.", _PLAIN_ONLY, check=_share
    )
    rate: float | None = _number(
        "Initial learning rate of AdamW, by default 0.003; it falls to 0 along a cosine.", _PLAIN_ONLY, check=_positive
    )
    weight_decay: float | None = _number(
        "Weight decay of AdamW, by default 0.1; larger is smoother.", _PLAIN_ONLY, check=_not_negative
    )
    patience: int | None = _number(
        "Epochs without a better validation loss before it stops; by default a fifth.", _PLAIN_ONLY, check=_count
    )
    checkpoint: str | None = option(
        "Where the training is written down every 10 seconds, so that --resume can go on with it.", _OUTPUT, "FILE"
    )
    resume: bool = option("Go on with the training in --checkpoint, if there is one.", _OUTPUT, default=False)
    report: str | None = option("Write the report with pictures as one .html page.", _OUTPUT, "FILE")
    estimates: bool = True
    implied_by: str | None = None

    @classmethod
    def from_texts(cls, data: str, texts: Mapping[str, Any], *, estimates: bool) -> TrainOptions:
        """Return the options for what was typed, by field name; numbers that are none are left for `check`."""
        values = {name: each.parse(texts[name]) for name, (each, _) in declared(cls).items()}
        return cls(data, estimates=estimates, **values)

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
        """The shares of validation and test rows."""
        validation = _DEFAULT_VALIDATION if self.validation is None else self.validation
        return (0.0 if self.folds else validation, self.test)

    def check(self) -> None:
        """Raise an error for an option with a value that is not allowed, or not allowed beside another option."""
        for name, (each, _) in declared(type(self)).items():
            value = getattr(self, name)
            if value is not None and each.check is not None:
                each.check(WHERE, flag_of(name), value)
        self._check_recipe_options()
        if self.folds and self.validation is not None:
            self._refuse("validation", "--folds", "Each fold is the validation rows of a network.")
        if self.folds and not self.test:
            message = f"{WHERE}: --test must be above 0 with --folds, got 0. All other rows are trained on."
            raise ConfigError(message, got=0)
        if self.quantiles and self.metric is not None:
            self._refuse("metric", "--quantiles", "They are judged by the pinball loss.")

    def _check_recipe_options(self) -> None:
        """Raise an error for an option that the chosen recipe does not have."""
        from glassnet.tabular.fitting.recipes import RECIPES

        implied = self._implied()
        for name in _RECIPES_ONLY if self.is_plain else _plain_only():
            if getattr(self, name) is None:
                continue
            if not self.is_plain:
                self._refuse(name, f"--recipe {self.recipe}", f"Only --recipe {PLAIN} has it.")
            beside = f"{implied}, which means --recipe {PLAIN}" if implied else f"--recipe {PLAIN}"
            self._refuse(name, beside, f"Only the other recipes have it: {', '.join(RECIPES)}.")

    def _refuse(self, name: str, beside: str, advice: str) -> None:
        """Raise the error for an option that must be left out."""
        value = getattr(self, name)
        shown = (",".join(map(str, value)) or "none") if isinstance(value, tuple) else repr(value)
        message = f"{WHERE}: {flag_of(name)} must be left out with {beside}, got {shown}. {advice}"
        raise ConfigError(message, got=value)

    def settled(self) -> TrainOptions:
        """Return options that name their recipe, with the defaults of the plain network if that is the recipe."""
        if not self.is_plain:
            return replace(self, recipe=self.recipe or _DEFAULT_RECIPE)
        left_out = {name: value for name, value in _PLAIN_DEFAULTS.items() if getattr(self, name) is None}
        return replace(self, recipe=PLAIN, implied_by=self._implied(), **left_out)


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
