"""``glassnet evaluate``: a model's scores on a table that has the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.cli.input_files import shown_name
from glassnet.cli.output.printing import print_json
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.model_files import load_model, model_warnings, table_for
from glassnet.cli.training.preparation import without_missing
from glassnet.reports.calibration_facts import fitted_calibration
from glassnet.reports.comparison import Scores, verdict
from glassnet.reports.scoring import details, score_baseline, score_model
from glassnet.reports.then_and_now import no_better_here
from glassnet.reports.training_notes import notes_problem, training_notes
from glassnet.tabular import Table, TableModel
from glassnet.tabular.reading.options import ReadOptions

__all__ = ["evaluate_table", "run_evaluate"]

WHERE = "evaluate"


def evaluate_table(
    model: TableModel, data: str, reading: ReadOptions | None = None, *, skip_missing: bool = False
) -> dict[str, Any]:
    """Return the scores of a model and of the constant baseline on a file or a bundled table, JSON-able.

    The table is read as in training but for the options of ``reading``. ``skip_missing`` leaves out rows without a
    target.
    """
    table = table_for(WHERE, model, data, reading, with_target=True)
    n_read = table.n_rows
    table = without_missing(WHERE, table, model.target.name, skip_missing)
    trained = training_notes(model.network) or {}
    problem = [text for text in (notes_problem(model.network),) if text]
    X, truth = model.encoder.transform(table), _truth(model, table)
    counts = None
    if model.target.labels:
        # A model that `glassnet train` did not write has no counts: the baseline then uses those of these rows.
        counts = _counts(model, trained)
        if counts is None:
            counts = np.bincount(truth, minlength=len(model.target.labels))
    words, simple = score_baseline(model.target, truth, counts)
    network, seen = score_model(model, X, truth), model.seen(table)
    return {
        "command": "evaluate",
        "data": shown_name(data),
        "target": model.target.name,
        "task": model.target.task,
        "labels": model.target.labels,
        "rows": {"read": n_read, "scored": table.n_rows},
        "scores": {
            "network": network.values,
            "baseline": simple.values,
            "at_training": _scores_then(trained, network),
        },
        "baseline": {"does": words},
        "calibration": fitted_calibration(model),
        "verdict": verdict(words, network, simple, no_better=no_better_here(words, network, trained)),
        "seen": None if seen is None else seen.to_dict(),
        "warnings": problem
        + ([seen.sentence] if seen is not None and seen.sentence else [])
        + model_warnings(model, table),
        **details(model, X, truth),
    }


def _counts(model: TableModel, trained: dict[str, Any]) -> np.ndarray | None:
    """Return the training rows of each class, None if they are not known."""
    counts = trained["baseline"]["counts"] if trained else None
    return np.asarray(counts) if counts is not None and len(counts) == len(model.target.labels) else None


def _scores_then(trained: dict[str, Any], now: Scores) -> dict[str, float | None] | None:
    """Return the scores of the training, None if they are not known, or none of those that are measured now."""
    scores = trained["scores"]["network"] if trained else {}
    return {name: scores[name] for name in now.values} if now.values.keys() <= scores.keys() else None


def _truth(model: TableModel, table: Table) -> np.ndarray:
    """Return class codes, or numbers in the target's units, of shape (n,)."""
    y = model.target.transform(table[model.target.name])
    return y if model.target.labels else model.target.scale.backward(y[:, 0].astype(np.float64))


def run_evaluate(model_path: str, data: str, texts: Mapping[str, Any], *, skip_missing: bool, as_json: bool) -> None:
    """Evaluate with the options that were typed, and print the result."""
    reading = ReadingOptions.from_texts(texts).options(WHERE)
    result = evaluate_table(load_model(WHERE, model_path), data, reading, skip_missing=skip_missing)
    result["model"] = model_path
    if as_json:
        print_json(result)
        return
    from glassnet.cli.output.report import print_evaluation

    print_evaluation(result)
