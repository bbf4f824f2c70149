"""``glassnet train``: from the options that were typed to a live view, and a report or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from glassnet.cli.input_files import shown_name
from glassnet.cli.interrupts import catch_interrupts
from glassnet.cli.output.printing import print_json
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.late_results import LateErrors
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.preparation import load_table
from glassnet.cli.training.progress_lines import ProgressLines
from glassnet.cli.training.streamed_table import column_names
from glassnet.cli.training.train_job import train
from glassnet.cli.training.train_options import WHERE, TrainOptions
from glassnet.errors import ConfigError
from glassnet.utils.short_text import plain
from glassnet.utils.wording import few

__all__ = ["require_target", "run_train", "watching"]


def run_train(data: str, texts: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    """Train with the options that were typed, and print the report, JSON or nothing.

    ``texts`` has the text of each option by its field in `TrainOptions` or `ReadingOptions`.
    """
    require_target(WHERE, data, texts)
    options = TrainOptions.from_texts(data, texts, estimates=as_json or not quiet)
    title = f"{shown_name(options.data)} → {options.target}"
    late = LateErrors(raises=False)
    with catch_interrupts():  # until the report is out: `train` ignores Ctrl-C from when it begins to save
        with watching(title, wanted=not quiet) as watcher:
            _, result = train(options, watcher, late)
        if as_json:
            print_json(result)
        elif not quiet:
            from glassnet.cli.output.report import print_training

            print_training(result)
        else:
            _say_interruption(result)
        sys.stdout.flush()
    if late:
        raise late[0]


def require_target(where: str, data: str, texts: dict[str, Any]) -> None:
    """Raise an error that names the columns if no target was typed."""
    if texts["target"] is None:
        reading = ReadingOptions.from_texts(texts).options(where, texts["drop"] or ())
        names = column_names(data) or load_table(where, data, reading).names
        columns = few(map(repr, names), 12)
        message = f"{where}: no target is named; it is the column to predict. Add --target with one of {columns}."
        raise ConfigError(message)


def _say_interruption(result: dict[str, Any]) -> None:
    """Print one line on stderr if the training was interrupted: the exit code does not say so."""
    training, model = result["training"], result["model"]
    if training["stop_reason"] == "interrupted":
        by = training.get("interrupted_by", "Ctrl-C")
        where = "" if model is None else f" in {plain(model['path'])}"
        with suppress(OSError):  # the terminal may be closed
            print(f"glassnet train: stopped by {by}, with the best weights kept{where}", file=sys.stderr, flush=True)


@contextmanager
def watching(title: str, *, wanted: bool) -> Iterator[Watcher]:
    """Yield a live view on stderr if that is a terminal, and lines of progress otherwise; stdout is for the result."""
    if not wanted:
        yield Watcher()
        return
    if not sys.stderr.isatty():
        yield ProgressLines()
        return
    from rich.console import Console

    from glassnet.cli.training.live_view import LiveView

    console = Console(stderr=True, highlight=False)
    if console.is_dumb_terminal:
        yield ProgressLines(is_dumb=True)
        return
    with LiveView(console, title) as view:
        yield view
