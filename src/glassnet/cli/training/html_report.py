"""``glassnet train --report``: the report on a training as one HTML page, which loads no other files."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from glassnet.cli.arguments import declared, flag_of
from glassnet.cli.output.outputs import check_page_output
from glassnet.cli.output.wording import recipes_lines
from glassnet.cli.reading_options import option_words
from glassnet.cli.training.preparation import Prepared
from glassnet.cli.training.train_options import TrainOptions
from glassnet.cli.training.train_result import Outcome, judged_of
from glassnet.reports.history_facts import curve_of
from glassnet.reports.model_report import completed, unit_of
from glassnet.reports.report import Report
from glassnet.saving.writing import write_atomically
from glassnet.tabular.reading.kept_options import options_config

__all__ = ["check_report", "command_of", "write_report"]

_NOT_REPEATED = ("data", "target", "drop", "checkpoint", "resume", "executor")  # --drop is among the options of reading


def check_report(where: str, given: str, inputs: Iterable[str]) -> Path:
    """Return the path of the page; raise an error, before any work, if it cannot be written."""
    return check_page_output(where, "--report", given, inputs)


def write_report(path: Path, result: dict[str, Any], outcome: Outcome, data: Prepared) -> None:
    """Write the page about a training, from the ``result`` that `train` returns and what it was computed from."""
    write_atomically(path, Report(training_facts(result, outcome, data)).to_html().encode())


def training_facts(result: dict[str, Any], outcome: Outcome, data: Prepared) -> dict[str, Any]:
    """Return the facts of the report about a training, JSON-able."""
    facts = dict(result) | {"curve": curve_of(outcome.histories, outcome.metric, unit_of(outcome.model))}
    facts["model_path"] = result["model"]["path"] if result["model"] else ""
    facts["recipes_words"] = " ".join(recipes_lines(result["recipes"], 1000)) if result["recipes"] else ""
    judged = judged_of(outcome, data)
    return completed(outcome.model, judged, facts, repeat=command_of(outcome.asked), is_code=False)


def command_of(options: TrainOptions) -> str:
    """Return the command that trains so again, quoted for a shell.

    Examples
    --------
    >>> command_of(TrainOptions("my data.csv", "y", drop=("id",), ensemble=2))
    "glassnet train 'my data.csv' --target y --ensemble 2 --drop id"
    """
    words = ["glassnet", "train", shlex.quote(options.data), "--target", shlex.quote(options.target)]
    for name, (_, default) in declared(TrainOptions).items():
        value = getattr(options, name)
        if name in _NOT_REPEATED or value == default or value is None:
            continue
        if name in ("class_weight", "setting"):
            words += [f"{flag_of(name)} {shlex.quote(each)}" for each in value]
        elif isinstance(value, bool):
            words += [flag_of(name)] * value
        else:
            several = value if isinstance(value, tuple) else (value,)
            text = ",".join(str(each).removesuffix(".0") for each in several) or "none"
            words += [flag_of(name), shlex.quote(text)]
    reading = option_words(options_config(options.read_options))
    by = options.divides_by
    own = [f"--drop {shlex.quote(name)}" for name in options.drop if by is not None and name == by[1]]
    return " ".join([*words, *([reading] if reading else []), *own]).replace(os.linesep, " ")
