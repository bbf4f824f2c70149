"""``glassnet compare`` and ``glassnet tune``: from the options that were typed to lines on stderr, and a result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from glassnet.cli.commands.train_command import require_target, watching
from glassnet.cli.input_files import shown_name
from glassnet.cli.interrupts import catch_interrupts
from glassnet.cli.output.printing import print_json
from glassnet.cli.training.late_results import LateErrors
from glassnet.cli.training.observers import Watcher
from glassnet.saving.writing import write_atomically
from glassnet.utils.short_text import plain

__all__ = ["run_search"]

Say = Callable[[str], None]


def run_search(name: str, data: str, texts: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    """Compare or tune models with the options that were typed, and print the result, JSON or nothing."""
    require_target(name, data, texts)
    title, late = f"{shown_name(data)} → {texts['target']}", LateErrors(raises=False)
    say: Say = (lambda line: None) if quiet else _say
    with catch_interrupts():
        with watching(title, wanted=not quiet) as watcher:
            result, print_result = _SEARCHES[name](data, texts, watcher, say, late)
        if as_json:
            print_json(result)
        elif not quiet:
            print_result(result)
        if result["interrupted_by"]:
            _say(f"glassnet {name}: stopped by {result['interrupted_by']}; what was trained until then was kept")
        sys.stdout.flush()
    if late:
        raise late[0]


def _say(line: str) -> None:
    """Print a line on stderr, above a live view if there is one."""
    with suppress(OSError):  # the terminal may be closed
        print(plain(line), file=sys.stderr, flush=True)


def _compare(data: str, texts: dict[str, Any], watcher: Watcher, say: Say, late: LateErrors) -> tuple[Any, Any]:
    from glassnet.cli.comparing.compare_job import compare_models
    from glassnet.cli.comparing.compare_options import CompareOptions
    from glassnet.cli.comparing.leaderboard_page import page_of_leaderboard
    from glassnet.cli.comparing.leaderboard_text import print_leaderboard, progress_line

    options = CompareOptions.from_texts(data, texts)

    def write_page(path: Path, result: dict[str, Any]) -> None:
        write_atomically(path, page_of_leaderboard(result, result["repeat"]).encode())

    _, result = compare_models(options, watcher, lambda found: say(progress_line(found)), late, write_page)
    return result, print_leaderboard


def _tune(data: str, texts: dict[str, Any], watcher: Watcher, say: Say, late: LateErrors) -> tuple[Any, Any]:
    from glassnet.cli.tuning.trials_text import print_trials, progress_line
    from glassnet.cli.tuning.tune_job import tune_model
    from glassnet.cli.tuning.tune_options import TuneOptions

    options = TuneOptions.from_texts(data, texts)
    _, result = tune_model(options, watcher, lambda *found: say(progress_line(*found)), late)
    return result, print_trials


_SEARCHES = {"compare": _compare, "tune": _tune}
