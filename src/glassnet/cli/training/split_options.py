"""The options of ``glassnet train`` that say which rows are for training, validation and test."""

from __future__ import annotations

from glassnet.cli.training.preparation import check_column
from glassnet.cli.training.train_options import WHERE, TrainOptions
from glassnet.errors import ConfigError
from glassnet.tabular import Table
from glassnet.tabular.splitting.by_column import parts_by_words
from glassnet.tabular.splitting.division import SplitBy

__all__ = ["split_by"]


def split_by(options: TrainOptions, table: Table) -> SplitBy | None:
    """Return the column by which the rows of a table are divided; None if they are divided at random."""
    how = options.divides_by
    if how is None:
        return None
    field, name = how
    check_column(WHERE, f"--{field}", name, table.names)
    if name == options.target:
        message = f"{WHERE}: --{field} names the target, {name!r}; it must be another column."
        raise ConfigError(message, got=name)
    if field == "group":
        return SplitBy("group", table[name], "--group")
    if field == "time":
        return SplitBy("time", table[name], "--time")
    named = parts_by_words(f"{WHERE}: --split", table[name])
    if "validation" in named and (options.validation is not None or options.folds):
        other = "--folds" if options.folds else "--validation"
        message = f"{WHERE}: the column {name!r} of --split names validation rows; {other} must be left out then."
        raise ConfigError(message, got=name)
    if "test" not in named and options.folds:
        message = f"{WHERE}: the column {name!r} of --split names no test rows; with --folds it must."
        raise ConfigError(message, got=name)
    return SplitBy("words", table[name], "--split")
