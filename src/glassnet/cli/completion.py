"""What the shell completes after Tab: tables, models, columns of the table, and the names that an option knows."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["complete_columns", "complete_commands", "complete_layers", "complete_models", "complete_tables", "names_of"]

_TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".xlsx", ".gz")
_MODELS = (".safetensors",)
_HEAD = 2**16  # bytes that are read of a file to find its columns


def complete_tables(incomplete: str) -> list[str]:
    """Return the tables that begin like ``incomplete``: bundled ones, and files; folders end in a slash."""
    from glassnet.datasets import dataset_names

    return [*_beginning(incomplete, dataset_names()), *_files(incomplete, _TABLES)]


def complete_models(incomplete: str) -> list[str]:
    """Return the model files that begin like ``incomplete``; folders end in a slash."""
    return _files(incomplete, _MODELS)


def complete_commands(ctx: Any, incomplete: str) -> list[str]:
    """Return the commands that begin like ``incomplete``."""
    return _beginning(incomplete, ctx.parent.command.list_commands(ctx.parent))


def complete_columns(ctx: Any, incomplete: str) -> list[str]:
    """Return the columns of the table that is named already, if it is a text file with a line of names."""
    data = ctx.params.get("data") or ctx.params.get("file") or _typed(_is_table)
    return _beginning(incomplete, _columns(str(data))) if data else []


def complete_layers(ctx: Any, incomplete: str) -> list[str]:
    """Return the layers of the model that is named already, and those in containers."""
    model = ctx.params.get("model") or _typed(lambda word: word.lower().endswith(_MODELS))
    with suppress(Exception):  # the shell must not see an error
        from glassnet.layers.tree import name_layers, walk
        from glassnet.network import read_network

        layers = read_network(model).layers
        return _beginning(incomplete, (name for name, _ in walk(name_layers(layers), layers)))
    return []


def _typed(is_meant: Callable[[str], bool]) -> str:
    """Return the file among the words typed so far: an option without a value yet hides it from the parser."""
    words = (os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")).split()
    return next(filter(is_meant, words), "")


def _is_table(word: str) -> bool:
    from glassnet.datasets import dataset_names

    return word in dataset_names() or word.lower().endswith(_TABLES)


def names_of(find: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return a completion by names, which are looked up when Tab is pressed."""

    def complete(incomplete: str) -> list[str]:
        return _beginning(incomplete, find())

    return complete


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _files(incomplete: str, endings: tuple[str, ...]) -> list[str]:
    """Return folders, and files with one of these endings, whose path begins so."""
    folder, _, start = incomplete.rpartition("/")
    head = f"{folder}/" if "/" in incomplete else ""
    found = []
    with suppress(OSError):
        for path in sorted(Path(head or ".").iterdir()):
            if path.name.startswith(start) and (start or not path.name.startswith(".")):
                if path.is_dir():
                    found.append(f"{head}{path.name}/")
                elif path.name.lower().endswith(endings):
                    found.append(head + path.name)
    return found


def _columns(data: str) -> list[str]:
    """Return the names in the first line of a text file, or of a bundled table; nothing where there are none."""
    from glassnet.datasets import dataset_names

    with suppress(Exception):  # the shell must not see an error
        if data in dataset_names():
            from glassnet.tabular import read_table

            return list(read_table(data).names)
        with Path(data).open("rb") as file:
            line = file.read(_HEAD).decode("utf-8-sig").splitlines()[0]
        separator = max("\t;,|", key=line.count)
        return [name.strip() for name in next(csv.reader([line], delimiter=separator)) if name.isprintable()]
    return []
