"""``glassnet predict``: a model's predictions for the rows of a table."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.cli.output.outputs import check_output
from glassnet.cli.output.printing import print_json
from glassnet.cli.output.wording import abridged, count, plain
from glassnet.cli.training.model_files import load_model, table_for
from glassnet.errors import ConfigError
from glassnet.saving.writing import write_atomically
from glassnet.tabular import TableModel

__all__ = ["file_text", "predict_table", "run_predict"]

WHERE = "predict"
_BESIDE = {"probability": "probabilities", "quantile": "quantiles"}  # prefix of columns in a file, key of the result
_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")


def predict_table(model: TableModel, data: str, *, probabilities: bool = False) -> dict[str, Any]:
    """Return predictions and warnings for a file or a bundled table, JSON-able.

    ``probabilities`` adds the probability of each class; quantiles are added if the model predicts them.
    """
    if probabilities and model.target.task != "classification":
        message = f"{WHERE}: --probabilities must be used with classes, got a regression of {model.target.name!r}."
        raise ConfigError(message, got="regression")
    table = table_for(WHERE, model, data, with_target=False)
    answers = model.answers(model.encoder.transform(table))
    result: dict[str, Any] = {
        "command": "predict",
        "data": data,
        "target": model.target.name,
        "task": model.target.task,
        "rows": table.n_rows,
        "warnings": model.warnings(table),
    }
    if model.target.labels:
        result["predictions"] = model.target.decode(answers).tolist()
    else:
        result["predictions"] = _rounded(model, model.numbers(answers))
    if probabilities:
        labels = [str(_cell(label)) for label in model.target.labels]
        columns = ([float(str(p)) for p in column] for column in answers.T)
        result["probabilities"] = dict(zip(labels, columns, strict=True))
    if model.levels is not None:
        edges = (_rounded(model, column) for column in model.target.in_units(answers).T)
        result["quantiles"] = dict(zip(map(str, model.levels), edges, strict=True))
    return result


def _rounded(model: TableModel, numbers: np.ndarray) -> list[float]:
    """Return numbers rounded to the precision of float32, about 7 digits of the target's scale."""
    digits = 6 - math.floor(math.log10(model.target.scale.std))
    return [round(number, digits) for number in numbers.tolist()]


def run_predict(model_path: str, data: str, *, out: str | None, probabilities: bool, as_json: bool) -> None:
    """Predict with the options that were typed, and print or write the result; warnings go to stderr."""
    path = None if out is None else check_output(WHERE, "--out", out, _SUFFIXES, [data, model_path])
    result = predict_table(load_model(WHERE, model_path), data, probabilities=probabilities)
    for warning in abridged(result["warnings"]):
        print(plain(f"glassnet predict: warning: {warning}"), file=sys.stderr)
    result["model"] = model_path
    if path is not None and out is not None:
        write_atomically(path, file_text(result, path.suffix.lower()).encode())
        if as_json:
            left_out = ("predictions", "probabilities", "quantiles")
            print_json({key: value for key, value in result.items() if key not in left_out} | {"out": out})
        else:
            print(plain(f"{count(result['rows'], 'prediction')} of {result['target']} in {out}"))
    elif as_json:
        print_json(result)
    else:
        sys.stdout.write(file_text(result, ".csv"))


def file_text(result: dict[str, Any], suffix: str) -> str:
    """Return predictions as CSV, TSV, a JSON array or one JSON object per line, by the suffix of the file."""
    beside = {f"{kind}_{name}": column for kind, key in _BESIDE.items() for name, column in result.get(key, {}).items()}
    if suffix in (".csv", ".tsv"):
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter="," if suffix == ".csv" else "\t", lineterminator="\n")
        writer.writerow(["prediction", *beside])
        columns = [result["predictions"], *beside.values()]
        writer.writerows(zip(*(map(_cell, column) for column in columns), strict=True))
        return stream.getvalue()
    records = (json.dumps(record, ensure_ascii=False) for record in _records(result))
    return "\n".join(records) + "\n" if suffix == ".jsonl" else "[" + ",\n".join(records) + "]\n"


def _cell(value: Any) -> Any:
    """Return a value as a cell of CSV: whole numbers without a point, booleans as true and false."""
    if isinstance(value, bool):
        return str(value).lower()
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _records(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one JSON object for each row."""
    for row, prediction in enumerate(result["predictions"]):
        record: dict[str, Any] = {"prediction": prediction}
        for key in _BESIDE.values():
            if key in result:
                record[key] = {name: values[row] for name, values in result[key].items()}
        yield record
