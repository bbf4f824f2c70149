"""What ``glassnet tune`` searches over: the settings of each recipe, and how a trial draws them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.cli.training.recipe_settings import setting_texts
from glassnet.cli.training.train_options import PLAIN, TrainOptions

__all__ = ["cost_of", "defaults_of", "drawn", "plain_architectures", "with_trial"]

_DIGITS = 2  # significant, of what is drawn: so that it can be typed
_PLAIN_LAYERS = ((64, 64), (128, 128), (64, 64, 64), (32,), (256, 256), (32, 32))
_WIDTHS, _DEPTHS = (128, 256, 256, 384, 512), (2, 3, 3, 4)
_RECIPE_WIDTH, _RECIPE_DEPTH = 256, 3
_AS_IT_IS = 0.25  # how often a setting of a recipe is left as it is


def defaults_of(options: TrainOptions, *, classifies: bool) -> dict[str, Any]:
    """Return the settings that are searched over as a recipe has them."""
    if options.recipe == PLAIN:
        names = ("rate", "dropout", "weight_decay", "layers")
        return {name: getattr(options, name) for name in names}
    is_small = options.recipe == "small"
    found = {"rate_factor": 1.0, "dropout": 0.0 if is_small else 0.15, "weight_decay": 0.0 if is_small else 0.02}
    found |= {"width": _RECIPE_WIDTH, "depth": _RECIPE_DEPTH} | ({} if is_small else {"embeds": True})
    return found | ({"label_smoothing": 0.1} if classifies else {})


def drawn(
    rng: np.random.Generator, options: TrainOptions, *, classifies: bool, layers: tuple[int, ...] | None = None
) -> dict[str, Any]:
    """Return the settings of a trial; the ranges are those of the published search over RealMLP, somewhat narrower.

    ``layers`` are those of a trial of the plain network.

    References
    ----------
    Erickson et al. (2025), "TabArena", arXiv:2506.16791; Holzmüller et al. (2024), arXiv:2407.04491.
    """
    if options.recipe == PLAIN:
        return {
            "rate": _log_uniform(rng, 5e-4, 2e-2), "dropout": _rounded(rng.uniform(0.0, 0.5)),
            "weight_decay": _log_uniform(rng, 3e-3, 1.0), "layers": layers,
        }  # fmt: skip
    is_small = options.recipe == "small"
    low, high = (0.4, 4.0) if classifies else (0.15, 1.5)
    smoothing = [0.0, 0.1, 0.1, _log_uniform(rng, 5e-3, 0.1)]
    found = {
        "rate_factor": _log_uniform(rng, low, high),
        "dropout": _rounded(rng.uniform(0.0, 0.4)) if not is_small or rng.random() < 0.5 else 0.0,
        "weight_decay": _log_uniform(rng, 1e-3, 5e-2) if not is_small or rng.random() < 0.5 else 0.0,
        "width": int(rng.choice(_WIDTHS)),
        "depth": int(rng.choice(_DEPTHS)),
    }
    if not is_small:
        found["embeds"] = bool(rng.random() < 0.8)
    if classifies:
        found["label_smoothing"] = float(smoothing[int(rng.integers(len(smoothing)))])
    own = defaults_of(options, classifies=classifies)
    return {name: own[name] if rng.random() < _AS_IT_IS else value for name, value in found.items()}


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return _rounded(math.exp(rng.uniform(math.log(low), math.log(high))))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def plain_architectures() -> tuple[tuple[int, ...], ...]:
    """Return the hidden layers that are tried, those of the defaults first."""
    return _PLAIN_LAYERS


def cost_of(options: TrainOptions, settings: Mapping[str, Any]) -> float:
    """Return about how many times as long a trial takes as the defaults."""
    if options.recipe == PLAIN:
        return max(1.0, float(sum(settings["layers"])) / 128)
    width, depth = float(settings["width"]) / _RECIPE_WIDTH, float(settings["depth"]) / _RECIPE_DEPTH
    return max(0.3 + 0.7 * float(width**1.5) * depth, 0.4)


def with_trial(options: TrainOptions, settings: Mapping[str, Any], *, classifies: bool) -> TrainOptions:
    """Return the options of ``glassnet train`` for a trial; what is as the recipe has it is left out."""
    if options.recipe == PLAIN:
        return replace(options, **settings)
    own = defaults_of(options, classifies=classifies)
    others = {name: value for name, value in settings.items() if value != own[name]}
    smoothing = others.pop("label_smoothing", None)
    return replace(options, setting=setting_texts(others), label_smoothing=smoothing)
