"""What any network must beat: the best constant prediction and a linear model, on the rows held out."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np

from glassnet.diagnosis.baselines import constant_logits
from glassnet.diagnosis.case import mean_loss
from glassnet.diagnosis.linear_models import fit_linear
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import GlassnetError
from glassnet.layers import Dense
from glassnet.losses import Loss
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings

__all__ = ["baseline_lines"]

_MOST_INPUTS = 500
_MOST_ROWS = 50_000  # that the linear model is fitted to
_MOST_WORK = 2 * 10**9  # multiplications


def baseline_lines(data: PlayData, settings: Settings) -> list[dict[str, Any]]:
    """Return name, loss and score of the best constant prediction and of a linear model, fitted to the training rows.

    They are scored on the rows held out, or on those to train on if none are. The list is empty for losses for which
    there are no such models here; of more than 500 inputs there is no linear one.

    Parameters
    ----------
    data : PlayData
    settings : Settings
        Whose loss and last layer say what an answer is.
    """
    last = settings.layers[-1] if settings.layers else {}
    units = last.get("units")
    found = _lines(data, json.dumps(settings.loss), units if isinstance(units, int) else data.n_outputs)
    return [dict(line) for line in found]


@lru_cache(maxsize=8)
def _lines(data: PlayData, loss: str, units: int) -> tuple[dict[str, Any], ...]:
    settings = Settings(
        layers=(Dense(units).entry(),), loss=json.loads(loss), optimizer={"class": "SGD", "learning_rate": 0.1}
    )
    width = len(data.inputs)
    try:
        # A network of one layer stands for its loss; it is never trained.
        network = settings.build((width,))
        train = network._check_data("baselines", data.X.reshape(-1, width), data.y)
        held_out = (data.X_valid, data.y_valid) if len(data.X_valid) else (data.X, data.y)
        valid = network._check_data("baselines", held_out[0].reshape(-1, width), held_out[1])
        answers = _answers(network.loss, train, valid[0], units, data)
    except (GlassnetError, np.linalg.LinAlgError):
        return ()
    return tuple({"name": name, **_scored(network, Z, valid)} for name, Z in answers)


def _answers(
    loss: Loss, train: tuple[Any, Any, Any], X_valid: np.ndarray, units: int, data: PlayData
) -> list[tuple[str, np.ndarray]]:
    X, y, _ = train
    found = []
    constant = constant_logits(loss, y, None, units)
    if constant is not None:
        found.append(("majority class" if data.classes else "mean", np.tile(constant, (len(X_valid), 1))))
    if X.shape[1] <= _MOST_INPUTS:
        step = max(-(-len(X) // _MOST_ROWS), -(-X.size * X.shape[1] // _MOST_WORK))
        linear = fit_linear(loss, X[::step].astype(np.float64), y[::step], None)
        if linear is not None and linear.W.shape[1] <= units:
            found.append(("linear model", linear.logits(X_valid.astype(np.float64))))
    return [(name, Z) for name, Z in found if Z.shape[1] == units]


def _scored(network: BaseNetwork, Z: np.ndarray, valid: tuple[Any, Any, Any]) -> dict[str, Any]:
    """Return loss and first metric of logits."""
    Z = Z.astype(network.dtype)
    metrics = network.loss.choose_metrics("baselines", None)
    score = next((float(metric(valid[1], network.loss.link(Z), None)) for metric in metrics.values()), None)
    return {"loss": mean_loss(network, Z, valid), "score": score}
