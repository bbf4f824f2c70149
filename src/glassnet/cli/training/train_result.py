"""What ``glassnet train`` has to say of a training: one dictionary that JSON can hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.cli.training.comparison import Scores, verdict
from glassnet.cli.training.preparation import Coded, Prepared
from glassnet.cli.training.scoring import details, score_baseline, score_model
from glassnet.cli.training.train_options import TrainOptions
from glassnet.tabular import Table, TableModel
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.timing import work_per_row
from glassnet.training import History

__all__ = ["Outcome", "for_the_file", "importance_of", "result_of"]

_REPEATS = 3
_FEWEST_ROWS, _MOST_ROWS = 50, 2000  # of those that importance is measured on
_MOST_WORK = 500_000_000_000  # in units of `work_per_row`: some seconds
_METRICS = {"classification": "log_loss", "regression": "rmse"}


@dataclass(frozen=True)
class Outcome:
    """What was trained.

    Parameters
    ----------
    options : TrainOptions
        With everything chosen.
    model : TableModel
    coded : Coded
        The rows as the model sees them.
    histories : list of History
        One for each network.
    first : Network
        The first of the networks that the model averages, or the only one.
    linear : TableModel
        The rival.
    linear_coded : Coded
        The rows as the rival sees them.
    metric : str
        What a recipe's epoch was chosen by.
    recipes : list of dict
        How long each recipe was said to take.
    was_interrupted : bool
        Whether Ctrl-C was pressed.
    """

    options: TrainOptions
    model: TableModel
    coded: Coded
    histories: list[History]
    first: gn.Network
    linear: TableModel
    linear_coded: Coded
    metric: str = "loss"
    recipes: list[dict[str, Any]] = field(default_factory=list)
    was_interrupted: bool = False

    @property
    def history(self) -> History:
        """Of the first network."""
        return self.histories[0]


def result_of(outcome: Outcome, data: Prepared) -> dict[str, Any]:
    """Return all that is known, JSON-able."""
    options, target, model = outcome.options, data.target, outcome.model
    part, truth = data.judged_on, data.truth
    codes = target.transform(data.part("training").target) if target.labels else None
    counts = None if codes is None else np.bincount(codes, minlength=target.n_outputs)
    words, simple = score_baseline(target, truth, counts)
    X = outcome.coded.X[part]
    ours, straight = score_model(model, X, truth), score_model(outcome.linear, outcome.linear_coded.X[part], truth)
    findings = outcome.history.findings
    return {
        "command": "train",
        "glassnet": gn.__version__,
        "data": options.data,
        "target": target.name,
        "task": target.task,
        "task_reason": target.reason,
        "labels": target.labels,
        "rows": {"read": 0} | {name: len(rows) for name, rows in data.rows.items()},
        "columns": model.encoder.describe(),
        "dropped": list(options.drop),
        "features": len(model.encoder.feature_names),
        "network": _network(outcome),
        "recipes": outcome.recipes,
        "training": _training(outcome),
        "history": {name: _short(v) for name, v in outcome.history.columns.items() if name != "learning_rate"},
        "judged_on": part,
        "scores": {"network": ours.values, "linear": straight.values, "baseline": simple.values},
        "baseline": {"does": words, "counts": None if counts is None else counts.tolist()},
        "verdict": {**verdict(words, ours, simple, straight), "hint": _hint(model, ours, straight)},
        "findings": findings.to_dict()["findings"] if findings else [],
        **details(model, X, truth),
    }


def _hint(model: TableModel, ours: Scores, straight: Scores) -> str:
    """Return why probabilities may look poor beside the linear model's; mostly nothing."""
    is_smoothed = getattr(model.network.loss, "label_smoothing", 0.0) > 0.0
    if not is_smoothed or ours.loss.mean() <= straight.loss.mean():
        return ""
    return "Labels were smoothed, for accuracy. For probabilities use --metric log_loss."


def _network(outcome: Outcome) -> dict[str, Any]:
    """Return what the model is made of."""
    options, network = outcome.options, outcome.model.network
    found: dict[str, Any] = {
        "recipe": options.recipe,
        "networks": network.members or 1,
        "parameters": network.n_parameters,
    }
    if options.is_plain:
        found |= {"implied_by": options.implied_by, "layers": list(options.layers or ())}
        return found | {"activation": options.activation, "dropout": options.dropout}
    found |= {"title": RECIPES[str(options.recipe)].title, "ensemble": options.ensemble or 1, "folds": options.folds}
    return found | {"quantiles": outcome.model.levels}


def _training(outcome: Outcome) -> dict[str, Any]:
    """Return how it was trained; of several networks the longest training, and the best epoch of each."""
    options, histories = outcome.options, outcome.histories
    best = [history.best_epoch for history in histories]
    found = {
        "epochs": max(history.epochs for history in histories),
        "most_epochs": options.epochs,
        "best_epoch": best[0] if len(best) == 1 else best,
        "metric": outcome.metric,
        "stop_reason": _stop_reason(outcome),
        "patience": options.patience,
        "batch": options.batch,
        "seed": options.seed,
        "seconds": sum(history.seconds for history in histories),
        "threads": outcome.history.threads,
        "notes": outcome.history.notes,
    }
    if options.is_plain:
        return {**found, "rate": options.rate, "weight_decay": options.weight_decay}
    recipe = RECIPES[str(options.recipe)]
    batch = options.batch or recipe.batch_size(len(outcome.coded.X["training"]))
    return {**found, "most_epochs": options.epochs or recipe.epochs, "patience": recipe.patience, "batch": batch}


def _stop_reason(outcome: Outcome) -> str:
    """Return why the training ended, or most of the networks."""
    options, reasons = outcome.options, [history.stop_reason for history in outcome.histories]
    if len(reasons) < (options.ensemble or 1) * (options.folds or 1):
        return "interrupted" if outcome.was_interrupted else "diverged"
    return next((reason for reason in ("interrupted", "time", "early stopping") if reason in reasons), reasons[0])


def importance_of(outcome: Outcome, data: Prepared) -> gn.Importance:
    """Return how much worse the model gets when a column is shuffled, on rows that the report judges by.

    Less of them, and only once, where a row costs much: nobody can interrupt this.
    """
    model, rows = outcome.model, data.part(data.judged_on)
    work = work_per_row(model.network) * (model.network.members or 1) * len(model.encoder.column_names)
    repeats = _REPEATS if work * _REPEATS * _FEWEST_ROWS <= _MOST_WORK else 1
    most = min(max(_MOST_WORK // (work * repeats), _FEWEST_ROWS), _MOST_ROWS)
    table = Table([*rows.inputs.columns, rows.target]).take(slice(0, most))
    metric = "loss" if outcome.options.is_plain else _METRICS[model.target.task]
    return model.importance(table, metric="pinball" if model.levels else metric, repeats=repeats)


def _short(values: list[float]) -> list[float]:
    """Return values with five figures: more would only make the file larger."""
    return [float(f"{value:.5g}") for value in values]


_NOT_KEPT = ("command", "columns", "labels", "confusion", "findings", "importance", "recipes")
_NOT_ALIKE = ("seconds", "threads", "notes")


def for_the_file(result: dict[str, Any]) -> dict[str, Any]:
    """Return what travels in the model file: nothing that differs between two equal runs, or is there already."""
    kept = {key: value for key, value in result.items() if key not in _NOT_KEPT}
    kept["data"] = Path(result["data"]).name
    kept["training"] = {key: value for key, value in result["training"].items() if key not in _NOT_ALIKE}
    return kept
