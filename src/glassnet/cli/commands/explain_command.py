"""``glassnet explain``: the answer for one row, the reasons for it, and the training step on it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.cli.explain_options import ExplainOptions
from glassnet.cli.input_files import shown_name
from glassnet.cli.output.explanation_text import answer_lines, layers_hint, step_text
from glassnet.cli.output.outputs import check_page_output, replaced_words
from glassnet.cli.output.prediction_files import cell_text
from glassnet.cli.output.printing import print_json
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.model_files import load_model, table_for
from glassnet.datasets import dataset_names
from glassnet.errors import DataError
from glassnet.explanation import Explanation, explain
from glassnet.reports.reading_facts import notes_of
from glassnet.saving.writing import write_atomically
from glassnet.tabular import Table, TableModel
from glassnet.tabular.attribution.reasons import rows_beside
from glassnet.tabular.encoding.encoder import placed_coders
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.shown_cells import shown_cell
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.short_text import count, plain

__all__ = ["explain_row", "run_explain"]

WHERE = "explain"
_NOT_KEPT = "The model file has no typical training rows"


def explain_row(
    model: TableModel, data: str, row: int, reading: ReadOptions | None = None, *, step: bool = True
) -> dict[str, Any]:
    """Return the answer for one row of a file or a bundled table, why it is predicted so, and the training step on it.

    The table is read as in training but for the options of ``reading``. Rows are counted from 1. ``"step"`` is None if
    it is not asked for, if the row's target is not known or the model averages several networks; ``"no_step"`` is then
    the reason in words. The step is worked without dropout and noise, so that it has the numbers of the prediction.
    """
    table = table_for(WHERE, model, data, reading, with_target=False)
    has = f"{shown_name(data)} has {count(table.n_rows, 'row')}"
    check_integer(WHERE, "--row", row, 1, f"{has}, counted from 1.")
    if row > table.n_rows:
        message = f"{WHERE}: row {row} does not exist: {has}."
        raise DataError(message, expected=table.n_rows, got=row)
    one = model.with_target_read(table.take(slice(row - 1, row)), WHERE)
    X, no_step = model.encoder.transform(one), _why_no_step(model, one)
    beside = rows_beside(model, table)
    why, truth = model.why(one, beside)[0], _truth(model, one)
    worked = None
    if step and not no_step:
        worked = explain(model.network, X, model.target.transform(one[model.target.name]), noise=False)
    return {
        "command": "explain",
        "data": shown_name(data),
        "row": row,
        "line": None if data in dataset_names() else _line_of(table, row),
        "truth": truth,
        "is_right": None if truth is None or not why.label else str(truth) == why.prediction,
        "probabilities": _probabilities(model, X),
        "quantiles": _quantiles(model, X),
        "encoding": _encoding(model, one, X[0]),
        "notes": notes_of([], table.notes),
        "why": why,
        "compared": _compared(model, beside, shown_name(data)),
        "step": worked,
        "no_step": no_step,
    }


def _truth(model: TableModel, one: Table) -> Any:
    """Return the label or the number that the row has as its target; None where it is not known."""
    name = model.target.name
    if name not in one or one[name].missing[0]:
        return None
    if not model.target.labels:
        return float(one[name].values[0])
    return str(model.target.labels[int(model.target.transform(one[name])[0])])


def _probabilities(model: TableModel, X: np.ndarray) -> dict[str, float]:
    """Return the probability of each label; nothing for a number."""
    if not model.target.labels:
        return {}
    labels = [str(cell_text(label)) for label in model.target.labels]
    return {label: float(str(p)) for label, p in zip(labels, model.answers(X)[0], strict=True)}


def _quantiles(model: TableModel, X: np.ndarray) -> dict[str, float]:
    """Return the quantiles that are predicted for the row, by level; nothing for a model without."""
    edges = () if model.levels is None else model.target.in_units(model.answers(X))[0].tolist()
    return dict(zip(map(str, model.levels or ()), edges, strict=True))


def _line_of(table: Table, row: int) -> int | None:
    """Return the line of the file on which a row begins; None where it has no lines."""
    kind, _, number = table.columns[0].rows(row - 1).partition(" ")
    return int(number.replace(",", "")) if kind == "line" else None


def _compared(model: TableModel, beside: Table | None, name: str) -> str:
    """Return a sentence on the rows to compare with, where the model has no typical training rows of its own."""
    if model.background is not None:
        return ""
    return (
        f"{_NOT_KEPT} to compare with." if beside is None else f"{_NOT_KEPT}: the row is compared with those of {name}."
    )


def _why_no_step(model: TableModel, one: Table) -> str:
    """Return why the row has no training step to show, or "" if it has one."""
    name, members = model.target.name, model.network.members
    if members is not None:
        return f"The model averages {members} networks, each with its own steps: there is none to show."
    is_known = name in one and not one[name].missing[0]
    return "" if is_known else "The row has no target, so there is no training step to show."


def _encoding(model: TableModel, one: Table, x: np.ndarray) -> list[dict[str, Any]]:
    """Return each column of the row with its value and those of the features ``x`` that it has."""
    found = []
    for coder, places in placed_coders(model.encoder):
        column = one[coder.name]
        value = "missing" if column.missing[0] else shown_cell(column.values[0], column.form)
        # The text of a float32 is its shortest one, which the float64 of the same number has not.
        features = dict(zip(coder.features, (float(str(number)) for number in x[places]), strict=True))
        found.append({"column": coder.name, "value": value, "done": coder.done(), "features": features})
    return found


def run_explain(model_path: str, data: str, texts: Mapping[str, Any], *, as_json: bool) -> None:
    """Explain with the options that were typed, and print text or JSON, or write a page."""
    options = ExplainOptions.from_texts(texts)
    options.check(WHERE)
    path = None if options.html is None else check_page_output(WHERE, "--html", options.html, [data, model_path])
    reading = ReadingOptions.from_texts(texts).options(WHERE)
    model = load_model(WHERE, model_path)
    needs_step = options.shows_step or path is not None
    result = explain_row(model, data, options.row, reading, step=needs_step)
    if options.layer is not None:
        result["step"] = _of_layer(result, options.layer)
    for note in result["notes"]:
        print(plain(f"glassnet explain: warning: {note}"), file=sys.stderr)
    replaced = "" if path is None else _write_page(path, result, options, model)
    if as_json:
        step = result["step"]
        plain_data = {"why": result["why"].to_dict(), "step": None if step is None else step.to_dict()}
        print_json({**result, **plain_data, "model": model_path})
    elif path is not None:
        print(plain(f"row {options.row} of {result['data']} explained in {options.html}{replaced}"))
    else:
        _print_text(result, options)


def _write_page(path: Path, result: dict[str, Any], options: ExplainOptions, model: TableModel) -> str:
    """Write the page, and return what to say about a file that it replaced."""
    from glassnet.cli.output.explanation_page import page_of_row

    replaced = replaced_words(path)
    write_atomically(path, page_of_row(result, model, options.digits, options.full).encode())
    return replaced


def _print_text(result: dict[str, Any], options: ExplainOptions) -> None:
    print("\n".join(answer_lines(result, shutil.get_terminal_size((80, 24)).columns)))
    if options.shows_step:
        print(step_text(result, options.digits, options.full))
        if options.layer is None and result["step"] is not None:
            print(f"\n{layers_hint(result['step'].layers)}")
    elif not result["no_step"]:
        print("\nA training step on this row, worked by hand: --step")


def _of_layer(result: dict[str, Any], layer: str) -> Explanation:
    """Return the part of one layer of the training step."""
    if result["step"] is None:
        message = f"{WHERE}: there is no training step for --layer. {result['no_step']} Leave --layer out."
        raise DataError(message)
    step: Explanation = result["step"]
    check_choice(WHERE, "--layer", layer, step.layers)
    return step.of_layer(layer)
