"""All that a report says of a table model on some rows, as plain data."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from glassnet.engine.drawing import network_columns
from glassnet.errors import DataError, ShapeError
from glassnet.reports.card import card_of, uses_of
from glassnet.reports.comparison import Goal, beside_findings
from glassnet.reports.evaluation import evaluation_of, judged_rows
from glassnet.reports.history_facts import curve_of, curve_of_notes
from glassnet.reports.importances import importance_in_time
from glassnet.reports.intervals import intervals_words
from glassnet.reports.kept_notes import notes_of_training
from glassnet.reports.limits import limits_of, ranges_of
from glassnet.reports.reading_facts import described_columns, notes_of, reading_of_model
from glassnet.reports.report import Report
from glassnet.reports.single_rows import Judged, chosen_rows
from glassnet.reports.training_words import network_name, training_text
from glassnet.tabular import Table, TableModel, to_table
from glassnet.tabular.attribution.reasons import importance_metric
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.options import Rows
from glassnet.training import History
from glassnet.utils.short_text import count

__all__ = ["completed", "importance_of_judged", "model_facts", "report_model", "unit_of"]

_MOST_POINTS = 600


def report_model(
    model: TableModel,
    frame: Any,
    y: Any = None,
    *,
    histories: Sequence[History] = (),
    name: str = "",
    code: str = "",
    goal: tuple[str, bool] | None = None,
) -> Report:
    """Return the report about a model on rows with a known target.

    Parameters
    ----------
    model : TableModel
        What the report is about.
    frame : Table, DataFrame, mapping or rows
        With the target among its columns, unless ``y`` has it.
    y : array or Series of shape (n,), optional
        The targets.
    histories : sequence of History
        How its networks were trained, if that is known.
    name : str
        What the rows are called in the title.
    code : str
        Python that makes the report again.
    goal : (str, bool), optional
        The metric that chose the epoch, and whether classes were weighed; by default what the model's notes say.
    """
    table = _with_y(model, frame, y) if y is not None else model._with_target("report", frame)
    code = code or f"model.report(frame{', y' if y is not None else ''})"
    if not table.n_rows:
        message = "TableModel.report: there are 0 rows; a report needs at least 1. Pass rows with a known target."
        raise DataError(message)
    judged = judged_rows(model, table)
    said = notes_of([], table.notes) + model.warnings(table)
    result = {
        "data": name or count(table.n_rows, "row"),
        **evaluation_of(model, judged, said, None if goal is None else Goal(*goal)),
    }
    return Report(model_facts(model, judged, result, histories=histories, code=code))


def _with_y(model: TableModel, frame: Any, y: Any) -> Table:
    """Return a frame as a table with the targets ``y``."""
    table, target = model.table(frame), model.target.name
    column = to_table({target: np.asarray(y)}, like=model)[target]
    if len(column) != table.n_rows:
        must = "there must be one target for each row"
        message = f"TableModel.report: y has {len(column):,} targets for {count(table.n_rows, 'row')}; {must}."
        raise ShapeError(message, expected=table.n_rows, got=len(column))
    rows = table.columns[0].rows if table.columns else column.rows
    others = [each for each in table.columns if each.name != target]
    return Table([*others, replace(column, rows=rows)], notes=table.notes)


def model_facts(
    model: TableModel,
    judged: Judged,
    result: Mapping[str, Any],
    *,
    histories: Sequence[History] = (),
    model_path: str = "",
    command: str = "",
    code: str = "",
) -> dict[str, Any]:
    """Return the facts of a report for the ``result`` of `evaluation_of`, JSON-able.

    Parameters
    ----------
    model : TableModel
        What was evaluated.
    judged : Judged
        On which rows.
    result : mapping
        With the name of the rows as ``data``.
    histories : sequence of History
        How its networks were trained; by default what the model's notes or its network say.
    model_path : str
        The file of the model.
    command, code : str
        What makes the report again, on the command line or in Python.
    """
    notes = notes_of_training(model.network)
    facts = dict(result) | {"model_path": model_path, "columns": described_columns(model.encoder)}
    facts |= reading_of_model(model) | {"notes": [], "dropped": []}
    if notes is not None:
        facts |= {"network": notes["network"], "training": notes["training"], "trained_on": notes["data"]}
        facts |= {"split": notes.get("split"), "trained_rows": notes["rows"]["training"]}
    else:
        several, n = model.network.members or 1, model.network.n_parameters
        facts["network"] = {"title": "the network", "networks": several, "parameters": n}
    unit = unit_of(model)
    found = curve_of(histories, unit=unit) if histories else None
    if found is None and notes is not None:
        found = curve_of_notes(notes, unit)
    if found is None and model.network.members is None:
        found = curve_of([model.network.history], unit=unit)
    facts["curve"] = found
    facts["findings"] = [each for one in histories[:1] for each in one.findings.to_dict()["findings"]]
    facts["verdict"] = beside_findings(facts["verdict"], facts["findings"])
    facts["examined"] = bool(histories) and not histories[0].findings.unexamined
    facts["verdict"] = beside_findings(facts["verdict"], facts["findings"])
    facts["importance"] = result.get("importance") or importance_of_judged(model, judged)
    return completed(model, judged, facts, repeat=command or code, is_code=not command)


def importance_of_judged(model: TableModel, judged: Judged) -> dict[str, Any]:
    """Return how much worse the scores get on rows when a column is shuffled among them, JSON-able.

    Parameters
    ----------
    model : TableModel
        What is looked at.
    judged : Judged
        The rows of the scores, with their targets.
    """
    column = judged.column
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measured = importance_in_time(
            model,
            lambda most: Rows(judged.inputs, column).take(_spread(len(column), most)),
            importance_metric(model),
            Deadline(None),
        )
    return measured.to_dict(unit_of(model))


def unit_of(model: TableModel) -> float:
    """Return what the scores of standardised numbers are multiplied with to be in the target's units."""
    return 1.0 if model.target.labels else float(model.target.scale.std)


def _spread(n: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def completed(
    model: TableModel, judged: Judged, facts: dict[str, Any], *, repeat: str, is_code: bool
) -> dict[str, Any]:
    """Return facts with what a page shows beside the scores: rows with reasons, points, the network, limits, the card.

    Parameters
    ----------
    model : TableModel
        What the report is about.
    judged : Judged
        The rows of the scores.
    facts : dict
        Of a training or an evaluation.
    repeat : str
        What makes the report again.
    is_code : bool
        Whether that is Python.
    """
    facts = dict(facts)
    n = len(judged.truth)
    facts["n_scored"] = n
    facts["names"] = {"network": network_name(facts["network"]), "linear": "linear model"}
    facts["names"] |= {"baseline": facts["baseline"]["does"], "at_training": "the network, when it was trained"}
    part = f"{judged.part} row".strip()
    facts["interval_words"] = (
        intervals_words(n, facts["scores"]["network"], part) if facts["intervals"]["network"] else ""
    )
    facts["training_words"] = training_text(facts["network"], facts["training"]) if facts.get("training") else ""
    facts["single_rows"] = chosen_rows(model, judged, explained=True)
    labels = model.target.labels
    if not labels:
        facts["points"] = _points(model, judged)
    facts["diagram"] = [
        asdict(column)
        for column in network_columns(model.network, model.encoder.feature_names, [str(label) for label in labels])
    ]
    ranges = ranges_of(model.encoder)
    facts["ranges"] = ranges
    facts["limits"] = limits_of(facts, n, ranges)
    worst = next((row["row"] for row in facts["single_rows"] if "row" in row), None)
    uses = uses_of(str(facts.get("model_path") or ""), str(facts["data"]), worst)
    facts["card"] = card_of(facts, repeat=repeat, is_code=is_code, uses=uses)
    return facts


def _points(model: TableModel, judged: Judged) -> list[list[float]]:
    """Return true and predicted numbers of at most 600 rows, to five digits."""
    rows = _spread(len(judged.truth), _MOST_POINTS)
    predicted = model.numbers(model.answers(judged.X[rows]))
    pairs = (judged.truth[rows], predicted)
    return [[float(f"{value:.5g}") for value in values] for values in pairs]
