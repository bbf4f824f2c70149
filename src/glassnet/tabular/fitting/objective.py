"""What a table model is judged by: the metric decides the loss, and which epoch is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from glassnet.errors import ConfigError
from glassnet.losses import AbsoluteError, Loss, Quantile, SoftmaxCrossEntropy, SquaredError
from glassnet.utils import synonyms
from glassnet.utils.checks import check_choice

__all__ = ["ClassMetric", "Goal", "NumberMetric", "find_goal"]

ClassMetric = Literal["accuracy", "auc", "balanced_accuracy", "brier", "f1", "log_loss"]
NumberMetric = Literal["mae", "r2", "rmse"]
# Whether the metric looks at probabilities, which smoothed labels would bend.
_OF_CLASSES: dict[ClassMetric, bool] = {
    "accuracy": False,
    "auc": True,
    "balanced_accuracy": False,
    "brier": True,
    "f1": False,
    "log_loss": True,
}
_OF_NUMBERS: dict[NumberMetric, type[Loss]] = {"mae": AbsoluteError, "r2": SquaredError, "rmse": SquaredError}


@dataclass(frozen=True)
class Goal:
    """What a network is trained and judged by.

    Parameters
    ----------
    loss : Loss
        Without a recipe's own additions.
    metric : str
        Of the validation rows: the epoch where it is best is kept.
    smooths : bool
        Whether a recipe may smooth labels.
    """

    loss: Loss
    metric: ClassMetric | NumberMetric | Literal["pinball"]
    smooths: bool


def find_goal(where: str, task: str, metric: str | None, quantiles: Sequence[float] | None) -> Goal:
    """Return what is aimed at.

    Parameters
    ----------
    where : str
        For the messages.
    task : {"classification", "regression"}
    metric : str or None
        None is the accuracy, or the root mean squared error.
    quantiles : sequence of float or None
        Levels that a regression predicts instead of a mean.
    """
    if task == "classification":
        chosen = check_choice(where, "metric", metric or "accuracy", _OF_CLASSES, synonyms.METRICS)
        return Goal(SoftmaxCrossEntropy(), chosen, not _OF_CLASSES[chosen])
    if quantiles is not None:
        if metric not in (None, "pinball"):
            message = f"{where}: metric must be left out with quantiles, which have their own, got {metric!r}."
            raise ConfigError(message, expected="pinball", got=metric)
        return Goal(Quantile(quantiles), "pinball", False)
    kept = check_choice(where, "metric", metric or "rmse", _OF_NUMBERS, synonyms.METRICS)
    return Goal(_OF_NUMBERS[kept](), kept, False)
