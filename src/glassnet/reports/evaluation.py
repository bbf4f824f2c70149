"""The scores of a model on a table that has the target, beside the constant baseline and the scores of its training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.reports.calibration_facts import fitted_calibration
from glassnet.reports.comparison import Goal, Scores, compare, verdict
from glassnet.reports.intervals import intervals_of
from glassnet.reports.kept_notes import notes_of_training, notes_problem
from glassnet.reports.scoring import IF_CHOSEN, details, score_baseline, score_model
from glassnet.reports.single_rows import Judged, chosen_rows
from glassnet.reports.then_and_now import no_better_here
from glassnet.tabular import Table, TableModel

__all__ = ["evaluation_of", "judged_rows"]


def judged_rows(model: TableModel, table: Table) -> Judged:
    """Return the rows of a table, which has a target in every row, as they are judged."""
    X, truth = model.encoder.transform(table), _truth(model, table)
    return Judged(table, model.target.read(table[model.target.name]), X, truth)


def evaluation_of(
    model: TableModel, judged: Judged, warnings: Sequence[str] = (), goal: Goal | None = None
) -> dict[str, Any]:
    """Return the scores of a model and of the constant baseline, JSON-able.

    Parameters
    ----------
    model : TableModel
        What is evaluated.
    judged : Judged
        Of `judged_rows`.
    warnings : sequence of str
        What else there is to say of the rows.
    goal : Goal, optional
        What the model was trained for; by default what its notes say.
    """
    trained = notes_of_training(model.network) or {}
    problem = [text for text in (notes_problem(model.network),) if text]
    truth, counts = judged.truth, None
    if model.target.labels:
        # A model that `glassnet train` did not write has no counts: the baseline then uses those of these rows.
        counts = _counts(model, trained)
        if counts is None:
            counts = np.bincount(truth, minlength=len(model.target.labels))
    goal = goal or _goal_of(trained)
    words, simple = score_baseline(model.target, truth, counts, goal)
    network, seen = score_model(model, judged.X, truth, goal), model.seen(judged.inputs)
    unit = 1.0 if model.target.labels else model.target.scale.std
    no_better = no_better_here(words, network, trained, is_worse=compare(network, simple) == "worse")
    return {
        "target": model.target.name,
        "task": model.target.task,
        "labels": model.target.labels,
        "rows": {"read": judged.inputs.n_rows, "scored": judged.inputs.n_rows},
        "scores": {
            "network": network.values,
            "baseline": simple.values,
            "at_training": _scores_then(trained, network),
        },
        "intervals": {
            "network": intervals_of(network, truth, unit),
            "baseline": intervals_of(simple, truth, unit),
        },
        "baseline": {"does": words},
        "calibration": fitted_calibration(model),
        "verdict": verdict(words, network, simple, no_better=no_better),
        "seen": None if seen is None else seen.to_dict(),
        "warnings": [*problem, *([seen.sentence] if seen is not None and seen.sentence else []), *warnings],
        "single_rows": chosen_rows(model, judged, explained=False),
        **details(model, judged.X, truth),
    }


def _goal_of(trained: dict[str, Any]) -> Goal:
    """Return what a model was trained for by the notes on its training, of which there may be none."""
    training = trained.get("training", {})
    return Goal(training.get("metric", ""), bool(training.get("class_weight")))


def _counts(model: TableModel, trained: dict[str, Any]) -> np.ndarray | None:
    """Return the training rows of each class, None if they are not known."""
    counts = trained["baseline"]["counts"] if trained else None
    return np.asarray(counts) if counts is not None and len(counts) == len(model.target.labels) else None


def _scores_then(trained: dict[str, Any], now: Scores) -> dict[str, float | None] | None:
    """Return the scores of the training, None if they are not known, or none of those that are measured now."""
    scores = trained["scores"]["network"] if trained else {}
    known = scores.keys() | set(IF_CHOSEN)  # which older files lack
    return {name: scores.get(name) for name in now.values} if scores and now.values.keys() <= known else None


def _truth(model: TableModel, table: Table) -> np.ndarray:
    """Return class codes, or numbers in the target's units, of shape (n,)."""
    y = model.target.transform(table[model.target.name])
    return y if model.target.labels else model.target.scale.backward(y[:, 0].astype(np.float64))
