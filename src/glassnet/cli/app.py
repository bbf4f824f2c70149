"""The program ``glassnet``: runs a command, and turns every error into one sentence and an exit code.

==== ==================================================================================
code meaning
==== ==================================================================================
0    success; also a training stopped by Ctrl-C, SIGTERM or SIGHUP, whose best weights are kept
1    unexpected: a bug in glassnet, with a traceback
2    the data, a file or an option cannot be used, or an extra is missing
130  interrupted before there was anything to keep; 143 by SIGTERM, 129 by SIGHUP
==== ==================================================================================
"""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

from glassnet.cli.interrupts import CtrlC, catch_interrupts
from glassnet.cli.typed_words import as_typed
from glassnet.errors import ConfigError, GlassnetError, MissingExtraError
from glassnet.utils.suggestions import suggestion

__all__ = ["BUG", "COMMANDS", "FINE", "INTERRUPTED", "UNUSABLE", "main"]

FINE, BUG, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
_NEEDED = ("typer", "rich")  # DuckDB is checked where a table is read: `show` and `scratch` do without
COMMANDS = (
    "check", "compare", "evaluate", "explain", "export", "help", "playground", "predict", "scratch", "serve", "show",
    "train", "tune", "version",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``glassnet`` with these arguments, by default the program's, and return the exit code."""
    with catch_interrupts(exits=arguments is None) as ctrl_c:
        try:
            return _run_safely(list(sys.argv[1:] if arguments is None else arguments), ctrl_c)
        finally:
            ctrl_c.ignore()


def _run_safely(words: list[str], ctrl_c: CtrlC) -> int:
    """Run a command and return its exit code; every error is printed as one sentence."""
    command = next((word for word in words if not word.startswith("-")), "")
    name = f"glassnet {command}" if command in COMMANDS else "glassnet"
    try:
        # Imported here so that Ctrl-C during the import is handled too.
        from glassnet.cli.output.printing import open_streams, prepare_streams

        open_streams()
        prepare_streams()
        code = _run(words, name)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return _leave_output()
    except KeyboardInterrupt:
        ctrl_c.ignore()
        by = "" if ctrl_c.exit_code == INTERRUPTED else f" by {ctrl_c.name}"
        return _say(f"{name}: interrupted{by} {ctrl_c.kept}", ctrl_c.exit_code)
    except GlassnetError as error:
        return _say(f"{name}: {as_typed(str(error))}", UNUSABLE)
    except OSError as error:
        if ctrl_c.has_lost_terminal and error.errno == errno.EIO:
            return _leave_output()
        path = f"{error.filename}: " if error.filename else "a file cannot be read or written: "
        return _say(f"{name}: {path}{str(error.strerror or error).rstrip('.')}.", UNUSABLE)
    except MemoryError:
        return _say(f"{name}: the data do not fit into memory. Use fewer rows or columns.", UNUSABLE)
    except Exception as error:
        traceback.print_exc()
        kind = type(error).__name__
        return _say(f"{name}: this is a bug in glassnet ({kind}: {error}). Please report it with the lines above.", BUG)


def _leave_output() -> int:
    """Return the exit code where the reader of our output, such as `head` or a terminal, is gone."""
    # Python's own flush at exit must not fail either.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FINE


def _run(words: list[str], name: str) -> int:
    """Let Typer parse the arguments into a job, and run it."""
    missing = [package for package in _NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        are = "are" if len(missing) > 1 else "is"
        message = f"glassnet: {' and '.join(missing)} {are} not installed. Run: pip install 'glassnet[cli,tabular]'"
        raise MissingExtraError(message, expected=missing)
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        advice = suggestion(words[0], COMMANDS, str) or f"The commands are {', '.join(COMMANDS)}."
        message = f"glassnet: unknown command {words[0]!r}. {advice}"
        raise ConfigError(message, expected=COMMANDS, got=words[0])
    from glassnet.cli.options import app
    from glassnet.cli.usage_errors import usage_sentence

    try:
        job = app(words, prog_name="glassnet", standalone_mode=False)
    except Exception as error:
        sentence = usage_sentence(error, name, words)
        if sentence is None:
            raise
        return _say(f"{name}: {sentence}", UNUSABLE)
    if callable(job):
        # Typer only parses, so that errors of the job are not changed on their way to `main`.
        return cast(Callable[[], int | None], job)() or FINE
    return int(job or 0)


def _say(sentence: str, code: int) -> int:
    """Print an error on stderr, and return the exit code."""
    from glassnet.utils.short_text import plain

    with suppress(OSError):  # stderr may be closed
        print(plain(sentence), file=sys.stderr, flush=True)
    return code
