"""Check that a table has the columns of training, and say which of its others may be meant."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from glassnet.errors import DataError
from glassnet.tabular.reading.renamed import ask_for_renamed, find_renamed
from glassnet.tabular.reading.table import Table
from glassnet.utils.wording import few

__all__ = ["presence_warnings", "require_columns"]


def require_columns(where: str, needed: Sequence[str], known: Collection[str], table: Table) -> None:
    """Raise an error if a table lacks columns that are ``needed``; ``known`` are all those of training."""
    absent = [name for name in needed if name not in table]
    if absent:
        question = ask_for_renamed(absent, [name for name in table.names if name not in known])
        many = f"the column {absent[0]!r}" if len(absent) == 1 else f"{len(absent)} columns"
        names = "" if len(absent) == 1 else f": {few(map(repr, absent), 8)}"
        owner = "encoder" if where.startswith("TableEncoder") else "model"
        message = f"{where}: the frame lacks {many} that the {owner} needs{names}. {question}".rstrip()
        raise DataError(message, expected=needed, got=table.names)


def presence_warnings(needed: Sequence[str], known: Collection[str], table: Table) -> list[str]:
    """Return warnings about columns that are needed and absent, and about those that are not known."""
    absent = [name for name in needed if name not in table]
    extra = [name for name in table.names if name not in known]
    meant = find_renamed(absent, extra)
    questions = {name: f" Did you mean {near!r}?" for name, near in meant.items()}
    found = [f"Column {name!r} is needed and not there.{questions.get(name, '')}" for name in absent]
    if extra:
        found.append(f"Not in the training data and passed over: {few(map(repr, extra), 5)}.")
    return found
