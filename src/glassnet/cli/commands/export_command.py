"""``glassnet export``: a model as a file that runs elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from glassnet.cli.export_options import ExportOptions
from glassnet.cli.output.printing import print_json
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.model_files import load_any_model, table_for
from glassnet.errors import ConfigError
from glassnet.exports.exporting import export
from glassnet.exports.report import ExportReport
from glassnet.exports.targets.registry import TARGETS
from glassnet.tabular import TableModel
from glassnet.tabular.reading.options import ReadOptions
from glassnet.utils.checks import check_choice
from glassnet.utils.short_text import plain

__all__ = ["run_export"]

WHERE = "export"


def run_export(model_path: str, texts: Mapping[str, Any], *, as_json: bool) -> None:
    """Export a model file with the options that were typed, and print the report."""
    options = ExportOptions.from_texts(texts)
    path = options.out or _usual_path(model_path, options.to)
    model = load_any_model(WHERE, model_path)
    reading = ReadingOptions.from_texts(texts).options(WHERE)
    tables = {
        "data": _table(model, "--data", options.data, reading),
        "calibration": _table(model, "--calibrate", options.calibrate, reading),
    }
    report = export(model, path, **tables, **options.arguments())
    if as_json:
        print_json(_as_record(model_path, report))
    else:
        for line in report.table().splitlines():
            print(plain(line))


def _usual_path(model_path: str, to: str | None) -> str:
    """Return the name of the file for a target, in the current folder."""
    if to is None:
        choices = ", ".join(TARGETS)
        message = f"{WHERE}: neither --to nor --out is given; one must say the format. Add --to with one of {choices}."
        raise ConfigError(message, expected=list(TARGETS))
    check_choice(WHERE, "--to", to, TARGETS)
    return f"{Path(model_path).stem}{TARGETS[to].suffixes[0]}"


def _table(model: Any, flag: str, table: str | None, reading: ReadOptions) -> Any:
    """Return the rows of a table as the model reads it, or None without one."""
    if table is None:
        return None
    if not isinstance(model, TableModel):
        got = type(model).__name__
        message = f"{WHERE}: MODEL is a {got}; {flag} needs a model of a table. Use glassnet.export in Python."
        raise ConfigError(message, got=got)
    return table_for(WHERE, model, table, reading, with_target=False)


def _as_record(model_path: str, report: ExportReport) -> dict[str, Any]:
    """Return the report, JSON-able."""
    record = {"command": "export", "model": model_path, **asdict(report)}
    return record | {"paths": [str(path) for path in report.paths], "unchecked": list(report.unchecked)}
