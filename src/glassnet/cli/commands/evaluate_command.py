"""``glassnet evaluate``: a model's scores on a table that has the target, and a report as a page."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from glassnet.cli.input_files import shown_name
from glassnet.cli.output.outputs import check_page_output, replaced_words
from glassnet.cli.output.printing import print_json
from glassnet.cli.reading_options import ReadingOptions, option_words
from glassnet.cli.training.model_files import load_model, model_warnings, table_for
from glassnet.cli.training.preparation import without_missing
from glassnet.reports.evaluation import evaluation_of, judged_rows
from glassnet.reports.model_report import importance_of_judged, model_facts
from glassnet.reports.report import Report
from glassnet.reports.single_rows import Judged
from glassnet.saving.writing import write_atomically
from glassnet.tabular import TableModel
from glassnet.tabular.reading.kept_options import options_config
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
    return _evaluated(model, data, reading, skip_missing=skip_missing)[0]


def _evaluated(
    model: TableModel, data: str, reading: ReadOptions | None, *, skip_missing: bool
) -> tuple[dict[str, Any], Judged]:
    """Return the same, and the rows that were scored."""
    table = table_for(WHERE, model, data, reading, with_target=True)
    n_read = table.n_rows
    table = without_missing(WHERE, model.with_target_read(table, WHERE), model.target.name, skip_missing)
    judged = judged_rows(model, table)
    result = evaluation_of(model, judged, model_warnings(model, table))
    result["rows"]["read"] = n_read
    return {"command": "evaluate", "data": shown_name(data), **result}, judged


def run_evaluate(
    model_path: str,
    data: str,
    texts: Mapping[str, Any],
    *,
    report: str | None = None,
    skip_missing: bool,
    as_json: bool,
) -> None:
    """Evaluate with the options that were typed, and print the result; ``report`` is a page to write."""
    page = None if report is None else check_page_output(WHERE, "--report", report, [model_path, data])
    reading = ReadingOptions.from_texts(texts).options(WHERE)
    model = load_model(WHERE, model_path)
    result, judged = _evaluated(model, data, reading, skip_missing=skip_missing)
    result["model"] = model_path
    if page is not None or as_json:
        result["importance"] = importance_of_judged(model, judged)
    if page is not None:
        replaced = bool(replaced_words(page))
        command = ["glassnet", "evaluate", shlex.quote(model_path), shlex.quote(data)]
        command += [option_words(options_config(reading))] if options_config(reading) else []
        command += ["--skip-missing"] * skip_missing + ["--report", shlex.quote(str(report))]
        facts = model_facts(model, judged, result, model_path=model_path, command=" ".join(command))
        write_atomically(page, Report(facts).to_html().encode())
        result |= {"report": report, "report_replaced": replaced}
    if as_json:
        print_json(result)
        return
    from glassnet.cli.output.report import print_evaluation

    print_evaluation(result)
