"""``glassnet check``: what was read of a table, what was found in it, the likely task, and the time of each recipe."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import glassnet as gn
from glassnet.cli.input_files import Source, is_read_once, open_source, shown_name
from glassnet.cli.output.printing import print_json
from glassnet.cli.reading_options import ReadingOptions, option_words
from glassnet.cli.training.check_options import CheckOptions
from glassnet.cli.training.column_values import values_text
from glassnet.cli.training.data_findings import column_findings, row_findings, target_findings, value_findings
from glassnet.cli.training.preparation import check_column, load_table, prepare, refuse_model
from glassnet.cli.training.recipe_network import estimated_recipes
from glassnet.cli.training.train_options import TrainOptions
from glassnet.cli.typed_words import as_typed
from glassnet.errors import DataError, GlassnetError
from glassnet.reports.reading_facts import notes_of, reading_of_column
from glassnet.tabular import Column, Table, TableEncoder
from glassnet.tabular.reading.kept_options import options_config
from glassnet.tabular.reading.options import ReadOptions, command_line_spelling
from glassnet.tabular.reading.text import as_kind

__all__ = ["check_table", "is_refused", "run_check"]

WHERE = "check"
_UNUSABLE = 2  # exit code


def check_table(data: str, target: str | None = None, reading: ReadOptions | None = None) -> dict[str, Any]:
    """Return what was read of a file or a bundled table and what was found in it, JSON-able; nothing is trained.

    Columns that a person must decide about are listed under ``"undecided"``; the others are read without them.
    """
    reading = reading or ReadingOptions().options(WHERE)
    refuse_model(WHERE, data)
    with open_source(data) as source:
        table, undecided = _read(source, reading)
    result: dict[str, Any] = {
        "command": WHERE,
        "glassnet": gn.__version__,
        "data": shown_name(data),
        "rows": 0 if table is None else table.n_rows,
        "undecided": undecided,
        "dropped": sorted(reading.dropped),
        "columns": [],
        "notes": [],
        "findings": [],
        "target": target,
        "task": None,
        "task_reason": "",
        "labels": [],
        "recipes": [],
        "next": None,
    }
    if table is None:
        return result
    result["notes"] = notes_of(table.columns, table.notes)
    open_names = [one["column"] for one in undecided]
    if target is not None:
        check_column(WHERE, "--target", target, [*table.names, *open_names])
    known = None if target in open_names else target
    inputs = table if known is None else table.drop([known])
    described = _coding(inputs)
    result["columns"] = [_described(column, described.get(column.name)) for column in table.columns]
    result["findings"] = list(column_findings(inputs, list(described.values())))
    if known is None or undecided:
        result["findings"] += row_findings(inputs, None) if inputs.names and not undecided else []
        return result
    result |= _about_target(table, known, result["findings"])
    if result["labels"]:  # they are the words of the cells
        shown = next(column for column in result["columns"] if column["name"] == known)
        shown.update({"form": ""}, **_classes(table[known], result["labels"]))
    if not is_refused(result) and not is_read_once(data):
        words = ["glassnet", "train", shlex.quote(data), "--target", shlex.quote(known)]
        words += ["--skip-missing"] * bool(table[known].n_missing) + [option_words(options_config(reading))]
        result["next"] = " ".join(words).strip()
    return result


def _classes(column: Column, labels: list[Any]) -> dict[str, Any]:
    """Return kind and values of a target whose two words were read as true and false, and are its classes."""
    if column.kind != "boolean" or not isinstance(labels[0], str):
        return {}
    return {"kind": "category", "values": values_text(as_kind(column, "category", WHERE))}


def is_refused(result: Mapping[str, Any]) -> bool:
    """Return whether ``glassnet train`` would refuse a table."""
    return bool(result["undecided"]) or any(finding["severity"] == "error" for finding in result["findings"])


def _read(source: Source, reading: ReadOptions) -> tuple[Table | None, list[dict[str, str]]]:
    """Return the table without columns that a person must decide about, and these; None if it has no others."""
    try:
        return load_table(WHERE, source, reading), []
    except DataError as error:
        facts, choices = error.got, error.expected
        if not (isinstance(facts, dict) and isinstance(choices, dict)):
            raise
    undecided = [{"column": name, "fact": fact, "options": choices[name]} for name, fact in facts.items()]
    left_out: Any = dict.fromkeys(facts, "drop")
    try:
        return load_table(WHERE, source, replace(reading, read={**reading.read, **left_out})), undecided
    except DataError:
        return None, undecided


def _coding(inputs: Table) -> dict[str, dict[str, Any]]:
    """Return how each column is coded by default; nothing if none of them tells rows apart."""
    try:
        encoder = TableEncoder(allow_empty=True).fit(inputs)
    except GlassnetError:  # it has no columns
        return {}
    # Where nothing tells rows apart, a feature that is always 0 stands for all columns.
    return {one["name"]: one | ({"features": 0} if encoder.is_constant else {}) for one in encoder.describe()}


def _described(column: Column, coding: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a column, with what a training would do to it; the target is not coded."""
    found = {"name": column.name, "kind": column.kind, "missing": column.n_missing, "values": values_text(column)}
    coded = {"done": coding["done"], "features": coding["features"]} if coding else {"done": "", "features": 1}
    return {**found, **reading_of_column(column), **coded}


def _about_target(table: Table, target: str, findings: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the likely task and the time of each recipe, and add findings about the target."""
    column = table[target]
    if column.n_missing:
        share = f"{column.n_missing:,} of {table.n_rows:,} rows"
        advice = "They are left out with --skip-missing." if column.n_missing < table.n_rows else ""
        severity = "warning" if advice else "error"
        if advice and column.kind == "category":
            as_text = command_line_spelling("read", {target: "text"})
            advice += f" If a cell such as NA is a class, add {as_text}."
        words = f"The target {target!r} has no value in {share}."
        found = {"code": "missing-target", "columns": [target], "measured": words, "advice": advice}
        findings.insert(0, {"severity": severity, **found})
        table = table.take(~column.missing)
    options = TrainOptions("", target, out=None)
    try:
        data = prepare(WHERE, table, target, None, options.shares, (), 0)
    except GlassnetError as error:
        words = as_typed(str(error)).replace(" --task ", " glassnet train --task ")  # an option of that command only
        if table.n_rows:
            found = {"code": "cannot-train", "columns": [target], "measured": words, "advice": ""}
            findings.insert(0, {"severity": "error", **found})
        return {}
    findings += [
        {"severity": "note", "code": "division", "columns": [], "measured": note, "advice": ""} for note in data.notes
    ]
    findings += row_findings(data.inputs, data.column)
    findings += target_findings(data.column, data.target)
    findings += value_findings(data.inputs, data.column, data.target)
    coder = data.target
    return {
        "task": coder.task,
        "task_reason": coder.reason,
        "labels": coder.labels,
        "recipes": estimated_recipes(options.settled(), data),
    }


def run_check(data: str, texts: Mapping[str, Any], *, as_json: bool) -> int:
    """Check with the options that were typed, and print the result; return the exit code."""
    options = CheckOptions.from_texts(texts)
    reading = ReadingOptions.from_texts(texts).options(WHERE, options.drop)
    if options.target in reading.dropped:
        message = f"{WHERE}: --drop names the target, {options.target!r}; it must be another column."
        raise DataError(message, got=options.target)
    result = check_table(data, options.target, reading)
    if as_json:
        print_json(result)
    else:
        from glassnet.cli.output.check_report import print_check

        print_check(result)
    return _UNUSABLE if is_refused(result) else 0
