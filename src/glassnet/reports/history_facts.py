"""How a training went, epoch by epoch, as plain data for its curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.training import History
from glassnet.training.history import mean_value

__all__ = ["curve_of", "curve_of_notes"]

_OF_NUMBERS = ("valid_rmse", "valid_mae", "valid_pinball")  # of the target; the loss is that of the standardised one
_MOST_OTHERS = 9  # networks of an ensemble whose curves are drawn faintly beside the first


def curve_of(histories: Sequence[History], monitor: str = "loss", unit: float = 1.0) -> dict[str, Any] | None:
    """Return the columns of the first history, with the best epoch, and the validation loss of the others.

    Parameters
    ----------
    histories : sequence of History
        One for each network.
    monitor : str
        What chose the best epoch.
    unit : float
        What the errors of a standardised target are multiplied with to be in its units.
    """
    if not histories or not histories[0].epochs:
        return None
    first = histories[0]
    columns = {name: _numbers(values, unit if name in _OF_NUMBERS else 1.0) for name, values in first.columns.items()}
    columns.pop("learning_rate", None)
    others = [_numbers(each.columns["valid_loss"]) for each in histories[1:] if "valid_loss" in each.columns]
    return {
        "columns": columns,
        "best_epoch": first.best_epoch,
        "is_kept": first.best_epoch is not None and first.kept_epoch == first.best_epoch,
        "members": next((len(value) for value in first.columns["loss"] if isinstance(value, list)), None),
        "monitor": monitor.removeprefix("valid_"),
        "networks": len(histories),
        "others": others[:_MOST_OTHERS],
    }


def curve_of_notes(notes: Mapping[str, Any], unit: float = 1.0) -> dict[str, Any] | None:
    """Return the same from the notes on a training in a model file."""
    columns = {
        name: _numbers(values, unit if name in _OF_NUMBERS else 1.0)
        for name, values in notes["history"].items()
        if isinstance(values, list) and values
    }
    if not columns:
        return None
    training, network = notes["training"], notes["network"]
    best = training["best_epoch"]
    return {
        "columns": columns,
        "best_epoch": best[0] if isinstance(best, list) else best,
        "is_kept": True,
        "members": None,
        "monitor": str(training.get("metric", "loss")),
        "networks": network.get("networks", 1),
        "others": [],
    }


def _numbers(values: Sequence[Any], unit: float = 1.0) -> list[float | None]:
    """Return finite numbers to six digits, of members their mean, and None for others."""
    found: list[float | None] = []
    for value in values:
        number = math.nan if value is None else mean_value(value)
        found.append(float(f"{unit * number:.6g}") if math.isfinite(number) else None)
    return found
