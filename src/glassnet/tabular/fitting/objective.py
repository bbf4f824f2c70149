"""The objective of a training: the metric determines the loss, and which epoch is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from glassnet.errors import ConfigError
from glassnet.losses import AbsoluteError, Loss, Quantile, SoftmaxCrossEntropy, SquaredError
from glassnet.utils.checks import check_choice, check_number

__all__ = ["CLASS_METRICS", "NUMBER_METRICS", "ClassMetric", "Goal", "NumberMetric", "find_goal"]

ClassMetric = Literal["accuracy", "auc", "balanced_accuracy", "brier", "f1", "log_loss"]
NumberMetric = Literal["mae", "r2", "rmse"]
CLASS_METRICS: tuple[ClassMetric, ...] = get_args(ClassMetric)
NUMBER_METRICS: dict[NumberMetric, type[Loss]] = {"mae": AbsoluteError, "r2": SquaredError, "rmse": SquaredError}


@dataclass(frozen=True)
class Goal:
    """Loss and metric of a training.

    The epoch with the best value of ``metric`` on the validation rows is kept; ``"loss"`` is the loss itself.
    """

    loss: Loss  # before a recipe adds label smoothing or an ensemble
    metric: ClassMetric | NumberMetric | Literal["loss", "pinball"]
    label_smoothing: float | None = None  # of classes; None for what the recipe takes

    @property
    def measured(self) -> ClassMetric | NumberMetric | Literal["pinball"] | None:
        """The metric to measure after each epoch; None, for the loss's own metrics, if the loss chooses the epoch."""
        return None if self.metric == "loss" else self.metric


def find_goal(
    where: str,
    task: str,
    metric: str | None,
    quantiles: Sequence[float] | None,
    label_smoothing: float | None = None,
) -> Goal:
    """Return loss and metric for a task; a metric of None is the accuracy or the root mean squared error.

    ``where`` starts error messages; ``quantiles`` are levels that a regression predicts instead of a mean, and
    ``label_smoothing`` is that of classes, None for the recipe's own.
    """
    _refuse_other_metric(where, task, metric)
    if task == "classification":
        chosen = check_choice(where, "metric", metric or "accuracy", CLASS_METRICS)
        if label_smoothing is not None:
            check_number(where, "label_smoothing", label_smoothing, 0.0, 1.0, open_maximum=True)
        return Goal(SoftmaxCrossEntropy(), chosen, label_smoothing)
    if quantiles is not None:
        if metric not in (None, "pinball"):
            message = f"{where}: metric is {metric!r}; with quantiles, which have their own, it must be left out."
            raise ConfigError(message, expected="pinball", got=metric)
        return Goal(Quantile(quantiles), "pinball")
    kept = check_choice(where, "metric", metric or "rmse", NUMBER_METRICS)
    return Goal(NUMBER_METRICS[kept](), kept)


def _refuse_other_metric(where: str, task: str, metric: object) -> None:
    """Raise an error for a metric of numbers where classes are predicted, or the other way round."""
    of_classes, of_numbers = ("classes", CLASS_METRICS), ("numbers", tuple(NUMBER_METRICS))
    (ours, choices), (theirs, others) = (
        (of_classes, of_numbers) if task == "classification" else (of_numbers, of_classes)
    )
    if metric in others:
        listed = ", ".join(map(repr, choices))
        is_for = f"metric is {metric!r}, which is for {theirs}"
        message = f"{where}: {is_for}; the target has {ours}. The choices are {listed}."
        raise ConfigError(message, expected=f"one of {listed}", got=repr(metric))
