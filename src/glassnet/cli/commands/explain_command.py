"""``glassnet explain``: how one row is encoded, the reasons of its prediction, and the training step on it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.cli.arguments import as_number
from glassnet.cli.input_files import shown_name
from glassnet.cli.output.outputs import check_page_output, replaced_words
from glassnet.cli.output.printing import print_json
from glassnet.cli.output.reasons_html import REASONS_STYLE, why_html
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.model_files import load_model, table_for
from glassnet.datasets import dataset_names
from glassnet.errors import DataError
from glassnet.explanation import Explanation, explain
from glassnet.reports.reading_facts import notes_of
from glassnet.saving.writing import write_atomically
from glassnet.tabular import Table, TableModel
from glassnet.tabular.encoding.encoder import placed_coders
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.text import plain_text
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.html import element, fragment, page, table
from glassnet.utils.short_text import count, plain

__all__ = ["explain_row", "run_explain"]

WHERE = "explain"
_DIGITS = 9  # of a float32
_NOT_KEPT = "The model file has no typical training rows"
_FEWEST_ROWS = 10  # of a file to compare with, for a model without typical rows of its own


def explain_row(model: TableModel, data: str, row: int, reading: ReadOptions | None = None) -> dict[str, Any]:
    """Return how one row of a file or a bundled table is encoded, why it is predicted so, and the training step on it.

    The table is read as in training but for the options of ``reading``. Rows are counted from 1. ``"step"`` is None if
    the row's target is not known or the model averages several networks; ``"no_step"`` is then the reason in words.
    """
    table = table_for(WHERE, model, data, reading, with_target=False)
    has = f"{shown_name(data)} has {count(table.n_rows, 'row')}"
    check_integer(WHERE, "--row", row, 1, f"{has}, counted from 1.")
    if row > table.n_rows:
        message = f"{WHERE}: row {row} does not exist: {has}."
        raise DataError(message, expected=table.n_rows, got=row)
    one = table.take(slice(row - 1, row))
    X, no_step = model.encoder.transform(one), _why_no_step(model, one)
    background, compared = _background(model, table, shown_name(data))
    return {
        "command": "explain",
        "data": shown_name(data),
        "row": row,
        "line": None if data in dataset_names() else _line_of(table, row),
        "encoding": _encoding(model, one, X[0]),
        "notes": notes_of([], table.notes),
        "why": model.why(one, background)[0],
        "compared": compared,
        "step": None if no_step else explain(model.network, X, model.target.transform(one[model.target.name])),
        "no_step": no_step,
    }


def _line_of(table: Table, row: int) -> int | None:
    """Return the line of the file on which a row begins; None where it has no lines."""
    kind, _, number = table.columns[0].rows(row - 1).partition(" ")
    return int(number.replace(",", "")) if kind == "line" else None


def _place(result: dict[str, Any]) -> str:
    """Return which row it is: data rows are counted from 1, and other messages name lines."""
    return f"Row {result['row']}" + ("" if result["line"] is None else f", line {result['line']}")


def _background(model: TableModel, table: Table, name: str) -> tuple[Table | None, str]:
    """Return rows to compare with, where the model has no typical training rows of its own, and a sentence on them."""
    if model.background is not None:
        return None, ""
    if table.n_rows < _FEWEST_ROWS:
        return None, f"{_NOT_KEPT} to compare with."
    return table, f"{_NOT_KEPT}: the row is compared with those of {name}."


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
        value = "missing" if column.missing[0] else plain_text(column.values[0])
        # The text of a float32 is its shortest one, which the float64 of the same number has not.
        features = dict(zip(coder.features, (float(str(number)) for number in x[places]), strict=True))
        found.append({"column": coder.name, "value": value, "done": coder.done(), "features": features})
    return found


def run_explain(
    model_path: str,
    data: str,
    texts: Mapping[str, Any],
    *,
    row: str,
    page: str | None,
    shown: tuple[str, bool, str | None],
    as_json: bool,
) -> None:
    """Explain with the options that were typed, and print text or JSON, or write a page.

    ``shown`` are ``--digits``, ``--full`` and ``--layer``.
    """
    digits, full, layer = shown
    number = check_integer(WHERE, "--digits", as_number(digits), 1)
    path = None if page is None else check_page_output(WHERE, "--html", page, [data, model_path])
    reading = ReadingOptions.from_texts(texts).options(WHERE)
    result = explain_row(load_model(WHERE, model_path), data, as_number(row), reading)
    if layer is not None:
        result["step"] = _of_layer(result, layer)
    for note in result["notes"]:
        print(plain(f"glassnet explain: warning: {note}"), file=sys.stderr)
    replaced = ""
    if path is not None:
        replaced = replaced_words(path)
        write_atomically(path, _page(result, number, full).encode())
    if as_json:
        step = result["step"]
        plain_data = {"why": result["why"].to_dict(), "step": None if step is None else step.to_dict()}
        print_json({**result, **plain_data, "model": model_path})
    elif page is not None:
        print(plain(f"row {row} of {result['data']} explained in {page}{replaced}"))
    else:
        print(_text(result, number, full))
        if layer is None and result["step"] is not None:
            last = result["step"].layers[-1]
            print(f"\nOne layer's part of the step: --layer NAME, as in --layer {last}.")


def _of_layer(result: dict[str, Any], layer: str) -> Explanation:
    """Return the part of one layer of the training step."""
    if result["step"] is None:
        message = f"{WHERE}: --layer needs a training step, got none. {result['no_step']} Leave --layer out."
        raise DataError(message)
    step: Explanation = result["step"]
    check_choice(WHERE, "--layer", layer, step.layers)
    return step.of_layer(layer)


def _text(result: dict[str, Any], digits: int, full: bool) -> str:
    """Return the explanation as text."""
    lines = [f"{_place(result)} of {plain(result['data'])}", "", "What the network sees", "---------------------"]
    width = max(len(f"{plain(part['column'])} = {plain(part['value'])}") for part in result["encoding"])
    for part in result["encoding"]:
        raw = f"{plain(part['column'])} = {plain(part['value'])}".ljust(min(width, 40))
        lines.append(f"  {raw}  ->  {_features(part, digits)}")
    lines += ["", "Why", "---", *map(plain, result["why"].text().splitlines()), ""]
    lines += [plain(result["compared"]), ""] if result["compared"] else []
    step = result["step"]
    return "\n".join([*lines, result["no_step"] if step is None else step.text(digits=digits, full=full)])


def _features(part: dict[str, Any], digits: int) -> str:
    """Return the features of a column as text; of several, those that are not 0."""
    features = part["features"]
    shown = features if len(features) == 1 else {name: value for name, value in features.items() if value}
    digits = min(digits, _DIGITS)
    heads = {name: "" if name == part["column"] else f"{plain(name)}: " for name in shown}
    words = [f"{heads[name]}{value:.{digits}g}" for name, value in shown.items()]
    return ", ".join(words) or "0 in all features"


def _page(result: dict[str, Any], digits: int, full: bool) -> str:
    """Return the explanation as one HTML page that loads no other files."""
    step, title = result["step"], _place(result)
    rows = [[part["column"], part["value"], _features(part, digits)] for part in result["encoding"]]
    parts = [
        element("h1", f"{title} of {Path(result['data']).name}"),
        element("h2", "What the network sees"),
        element("div", table(rows, head=["column", "value", "becomes"]), class_="table"),
        element("h2", "Why"),
        why_html(result["why"]),
        *([element("p", result["compared"])] if result["compared"] else []),
        element("h2", "The training step"),
        element("p", result["no_step"]) if step is None else step.fragment(digits=digits, full=full),
    ]
    return page(title, fragment("row", REASONS_STYLE, *parts))
