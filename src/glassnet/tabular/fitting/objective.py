"""The objective of a training: the metric determines the loss, and which epoch is kept."""

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
# Whether the metric evaluates probabilities, which label smoothing would distort.
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
    """Loss and metric of a training.

    Parameters
    ----------
    loss : Loss
        Before a recipe adds label smoothing or an ensemble.
    metric : str
        The epoch with its best value on the validation rows is kept.
    smooths : bool
        Whether a recipe may smooth labels.
    """

    loss: Loss
    metric: ClassMetric | NumberMetric | Literal["pinball"]
    smooths: bool


def find_goal(where: str, task: str, metric: str | None, quantiles: Sequence[float] | None) -> Goal:
    """Return loss and metric for a task; a metric of None is the accuracy or the root mean squared error.

    ``where`` starts error messages; ``quantiles`` are levels that a regression predicts instead of a mean.
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
