"""``glassnet compare``: from the options that were typed to lines on stderr, and a leaderboard or JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from glassnet.cli.commands.train_command import watching
from glassnet.cli.comparing.compare_job import compare_models
from glassnet.cli.comparing.compare_options import WHERE, CompareOptions
from glassnet.cli.comparing.race import Entry, Skipped
from glassnet.cli.input_files import shown_name
from glassnet.cli.interrupts import catch_interrupts
from glassnet.cli.output.printing import print_json
from glassnet.cli.training.late_results import LateErrors
from glassnet.errors import ConfigError
from glassnet.utils.short_text import metric_name, metric_text, plain

__all__ = ["run_compare"]


def run_compare(data: str, texts: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    """Compare models with the options that were typed, and print the leaderboard, JSON or nothing."""
    if texts["target"] is None:
        message = f"{WHERE}: no target is named; --target must name the column to predict."
        raise ConfigError(message)
    options = CompareOptions.from_texts(data, texts)
    late = LateErrors(raises=False)
    with catch_interrupts():
        with watching(f"{shown_name(options.data)} → {options.target}", wanted=not quiet) as watcher:
            _, result = compare_models(options, watcher, _lines(quiet), late)
        if as_json:
            print_json(result)
        elif not quiet:
            from glassnet.cli.comparing.leaderboard_text import print_leaderboard

            print_leaderboard(result)
        if result["interrupted_by"] and (quiet or as_json):
            say(f"glassnet compare: stopped by {result['interrupted_by']}; what was trained is compared")
        sys.stdout.flush()
    if late:
        raise late[0]


def _lines(quiet: bool) -> Callable[[Entry | Skipped], None]:
    """Return a function that prints a line on stderr for each model that is done."""

    def line(found: Entry | Skipped) -> None:
        if quiet or found.name == "constant":
            return
        if isinstance(found, Skipped):
            say(f"{found.name}: not trained, {found.why}")
            return
        scores = found.answers.scores.values
        name, value = next(iter(scores.items()))
        note = f", {found.note}" if found.note else ""
        say(f"{found.name}: {metric_name(name)} {metric_text(value)} on the test rows, {found.seconds:.1f} s{note}")

    return line


def say(line: str) -> None:
    """Print a line on stderr, above a live view if there is one."""
    with suppress(OSError):  # the terminal may be closed
        print(plain(line), file=sys.stderr, flush=True)
