"""``glassnet predict``: a model's predictions for the rows of a table."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.cli.input_files import open_source, shown_name
from glassnet.cli.output.outputs import check_predictions_output, replaced_words
from glassnet.cli.output.prediction_files import SUFFIXES, cell_text, file_content, json_cells
from glassnet.cli.output.printing import print_json
from glassnet.cli.output.wording import abridged
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.model_files import load_model, model_warnings, reading_of, table_for
from glassnet.cli.training.preparation import check_column
from glassnet.errors import ConfigError
from glassnet.saving.writing import write_atomically
from glassnet.tabular import Table, TableModel
from glassnet.tabular.reading.kept_cells import read_kept_cells
from glassnet.tabular.reading.options import ReadOptions
from glassnet.utils.short_text import count, plain

__all__ = ["predict_table", "run_predict"]

WHERE = "predict"


def predict_table(
    model: TableModel,
    data: str,
    reading: ReadOptions | None = None,
    *,
    probabilities: bool = False,
    keep: Sequence[str] = (),
    append: bool = False,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return predictions and warnings for a file or a bundled table, JSON-able; and the columns to keep of it.

    The table is read as in training but for the options of ``reading``. ``probabilities`` adds the probability of each
    class; quantiles are added if the model predicts them. ``keep`` names columns of the table, ``append`` keeps all.
    """
    if probabilities and model.target.task != "classification":
        message = f"{WHERE}: {model.target.name!r} has numbers; --probabilities needs classes. Leave it out."
        raise ConfigError(message, got="regression")
    with open_source(data) as source:
        table = table_for(WHERE, model, source, reading, with_target=False)
        names = _kept(table, keep, append)
        kept = {}
        if names:
            options = reading_of(model, reading, WHERE)
            kept = read_kept_cells(f"read_table({source.name!r})", source.path, names, table, options)
    answers = model.answers(model.encoder.transform(table))
    result: dict[str, Any] = {
        "command": "predict",
        "data": shown_name(data),
        "target": model.target.name,
        "task": model.target.task,
        "rows": table.n_rows,
        "warnings": model_warnings(model, table, keep),
    }
    if model.target.labels:
        result["predictions"] = model.target.decode(answers).tolist()
    else:
        result["predictions"] = _rounded(model, model.numbers(answers))
    if probabilities:
        labels = [str(cell_text(label)) for label in model.target.labels]
        columns = ([float(str(p)) for p in column] for column in answers.T)
        result["probabilities"] = dict(zip(labels, columns, strict=True))
    if model.levels is not None:
        edges = (_rounded(model, column) for column in model.target.in_units(answers).T)
        result["quantiles"] = dict(zip(map(str, model.levels), edges, strict=True))
    return result, kept


def _kept(table: Table, keep: Sequence[str], append: bool) -> list[str]:
    """Return the names of the columns to keep, each once."""
    for name in keep:
        check_column(WHERE, "--keep", name, table.names)
    return table.names if append else list(dict.fromkeys(keep))


def _rounded(model: TableModel, numbers: np.ndarray) -> list[float]:
    """Return numbers rounded to the precision of float32, about 7 digits of the target's scale."""
    digits = 6 - math.floor(math.log10(model.target.scale.std))
    return [round(number, digits) for number in numbers.tolist()]


def run_predict(
    model_path: str,
    data: str,
    texts: Mapping[str, Any],
    *,
    out: str | None,
    probabilities: bool,
    keep: Sequence[str],
    append: bool,
    as_json: bool,
) -> None:
    """Predict with the options that were typed, and print or write the result; warnings go to stderr."""
    reading = ReadingOptions.from_texts(texts).options(WHERE)
    path = None if out is None else check_predictions_output(WHERE, "--out", out, SUFFIXES, [data, model_path])
    model = load_model(WHERE, model_path)
    result, kept = predict_table(model, data, reading, probabilities=probabilities, keep=keep, append=append)
    for warning in abridged(result["warnings"]):
        print(plain(f"glassnet predict: warning: {warning}"), file=sys.stderr)
    result["model"] = model_path
    if path is not None and out is not None:
        replaced = replaced_words(path)
        write_atomically(path, file_content(result, kept, path.suffix.lower()))
        if as_json:
            left_out = ("predictions", "probabilities", "quantiles")
            print_json(
                {key: value for key, value in result.items() if key not in left_out}
                | {"out": out, "replaced": bool(replaced)}
            )
        else:
            print(plain(f"{count(result['rows'], 'prediction')} of {result['target']} in {out}{replaced}"))
    elif as_json:
        beside = {"kept": {name: json_cells(cells) for name, cells in kept.items()}} if kept else {}
        print_json({**result, **beside})
    else:
        sys.stdout.write(file_content(result, kept, ".csv").decode())
