"""The options of ``glassnet train``: checked, and chosen where nothing was said."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from glassnet.errors import ConfigError
from glassnet.layers import ACTIVATIONS
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.utils.checks import check_choice, check_integer, check_number

__all__ = ["PLAIN", "PLAIN_OPTIONS", "WHERE", "TrainOptions", "option_name", "with_choices"]

WHERE = "train"
PLAIN = "plain"
PLAIN_OPTIONS: dict[str, Any] = {
    "layers": (64, 64),
    "activation": "silu",
    "dropout": 0.2,
    "rate": 0.003,
    "weight_decay": 0.1,
    "patience": None,
}
"""What only the plain network has, with its defaults; None is chosen from the number of rows."""

_RECIPE = "realmlp"
_RECIPE_OPTIONS = ("metric", "ensemble", "folds", "quantiles")
_VALIDATION, _TEST = 0.16, 0.2
_WIDEST = 100_000
_QUANTILES_ADVICE = "Write the levels with commas: --quantiles 0.05,0.5,0.95"


def option_name(field: str) -> str:
    """Return how a field is typed.

    Examples
    --------
    >>> option_name("weight_decay")
    '--weight-decay'
    """
    return f"--{field.replace('_', '-')}"


@dataclass(frozen=True)
class TrainOptions:
    """The options of ``glassnet train``; None is "not said".

    ``estimates`` is whether to tell how long each recipe takes, and ``implied_by`` the option that meant the plain
    network, if one did.
    """

    data: str
    target: str
    recipe: str | None = None
    out: str | None = "model.safetensors"
    task: str = "auto"
    metric: str | None = None
    ensemble: int | None = None
    folds: int | None = None
    quantiles: tuple[float, ...] | None = None
    layers: tuple[int, ...] | None = None
    activation: Any = None
    dropout: float | None = None
    rate: float | None = None
    weight_decay: float | None = None
    patience: int | None = None
    epochs: int | None = None
    batch: int | None = None
    seed: int = 0
    validation: float | None = None
    test: float = _TEST
    drop: tuple[str, ...] = ()
    skip_missing: bool = False
    max_seconds: float | None = None
    report: str | None = None
    estimates: bool = True
    implied_by: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the plain network is trained, and no recipe."""
        return self.recipe == PLAIN or self._implied() is not None

    def _implied(self) -> str | None:
        """Return the option that means the plain network where no recipe is named; None if there is none."""
        given = [name for name in PLAIN_OPTIONS if getattr(self, name) is not None]
        return option_name(given[0]) if given and self.recipe is None else None

    @property
    def shares(self) -> tuple[float, float]:
        """Of the rows: what chooses the epoch, and what is held out for the report."""
        validation = _VALIDATION if self.validation is None else self.validation
        return (0.0 if self.folds else validation, self.test)

    def check(self) -> None:
        """Raise one sentence for an option that has a value it cannot have, or does not go with another."""
        check_choice(WHERE, "--task", self.task, ("auto", "classification", "regression"))
        if self.recipe is not None:
            check_choice(WHERE, "--recipe", self.recipe, (*RECIPES, PLAIN))
        self._check_plain_options()
        for name, value in (("--epochs", self.epochs), ("--batch", self.batch), ("--ensemble", self.ensemble)):
            if value is not None:
                check_integer(WHERE, name, value, 1)
        if self.folds is not None:
            check_integer(WHERE, "--folds", self.folds, 2)
        self._check_quantiles()
        check_integer(WHERE, "--seed", self.seed, 0)
        if self.validation is not None:
            check_number(WHERE, "--validation", self.validation, 0.0, 1.0, open_minimum=True, open_maximum=True)
        check_number(WHERE, "--test", self.test, 0.0, 1.0, open_maximum=True)
        if self.max_seconds is not None:
            check_number(WHERE, "--max-seconds", self.max_seconds, 0.0, open_minimum=True)
        self._check_together()

    def _check_quantiles(self) -> None:
        bounds: dict[str, Any] = {"open_minimum": True, "open_maximum": True, "advice": _QUANTILES_ADVICE}
        given = self.quantiles or ()
        levels = [check_number(WHERE, "each of --quantiles", level, 0.0, 1.0, **bounds) for level in given]
        if any(high <= low for low, high in pairwise(levels)):
            message = f"{WHERE}: --quantiles must rise, got {','.join(map(str, levels))}. {_QUANTILES_ADVICE}"
            raise ConfigError(message, got=levels)

    def _check_plain_options(self) -> None:
        for width in self.layers or ():
            check_integer(WHERE, "each width of --layers", width, 1, "Write the widths with commas: --layers 64,64")
            if width > _WIDEST:
                message = f"{WHERE}: each width of --layers must be at most {_WIDEST:,}, got {width}."
                raise ConfigError(message, expected=_WIDEST, got=width)
        if self.activation is not None:
            check_choice(WHERE, "--activation", self.activation, ACTIVATIONS)
        if self.rate is not None:
            check_number(WHERE, "--rate", self.rate, 0.0, open_minimum=True)
        if self.dropout is not None:
            check_number(WHERE, "--dropout", self.dropout, 0.0, 1.0, open_maximum=True)
        if self.weight_decay is not None:
            check_number(WHERE, "--weight-decay", self.weight_decay, 0.0)
        if self.patience is not None:
            check_integer(WHERE, "--patience", self.patience, 1)

    def _check_together(self) -> None:
        """Refuse options of which one has no meaning beside the other."""
        for name in PLAIN_OPTIONS:
            if getattr(self, name) is not None and not self.is_plain:
                self._refuse(name, f"--recipe {self.recipe}", f"Only --recipe {PLAIN} has it.")
        for name in _RECIPE_OPTIONS:
            if getattr(self, name) is not None and self.is_plain:
                implied = self._implied()
                beside = f"{implied}, which means --recipe {PLAIN}" if implied else f"--recipe {PLAIN}"
                self._refuse(name, beside, f"Only the other recipes have it: {', '.join(RECIPES)}.")
        if self.folds and self.validation is not None:
            self._refuse("validation", "--folds", "Each fold is the validation rows of a network.")
        if self.folds and not self.test:
            message = f"{WHERE}: --test must be above 0 with --folds, got 0. All other rows are trained on."
            raise ConfigError(message, got=0)
        if self.quantiles and self.metric is not None:
            self._refuse("metric", "--quantiles", "They are judged by the pinball loss.")

    def _refuse(self, name: str, beside: str, advice: str) -> None:
        value = getattr(self, name)
        shown = (",".join(map(str, value)) or "none") if isinstance(value, tuple) else repr(value)
        message = f"{WHERE}: {option_name(name)} must be left out with {beside}, got {shown}. {advice}"
        raise ConfigError(message, got=value)

    def settled(self) -> TrainOptions:
        """Return options that name their recipe, and have the defaults of the plain network if that is it."""
        if not self.is_plain:
            return replace(self, recipe=self.recipe or _RECIPE)
        given = {name: getattr(self, name) for name in PLAIN_OPTIONS}
        known = {name: PLAIN_OPTIONS[name] if value is None else value for name, value in given.items()}
        return replace(self, recipe=PLAIN, implied_by=self._implied(), **known)


def with_choices(options: TrainOptions, n: int) -> TrainOptions:
    """Return options of a plain network in which what was left open is chosen for ``n`` training rows.

    A batch of 16 to 256 rows, so that an epoch has some 40 steps if it can; epochs for some 40,000 steps, from 20 to
    200; patience for a fifth of the epochs, since the rate falls to 0 and the last epochs gain most from it. Chosen,
    like the other defaults, on some twenty tables of 200 to 16,000 rows.
    """
    batch = options.batch or int(min(256, max(16, 2 ** round(math.log2(n / 40)))))
    epochs = options.epochs or min(200, max(20, round(40_000 * batch / n)))
    return replace(options, batch=batch, epochs=epochs, patience=options.patience or max(5, epochs // 5))
