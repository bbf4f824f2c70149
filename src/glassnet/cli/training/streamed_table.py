"""``glassnet train`` on Parquet that does not fit comfortably into memory: read in parts, or how to make it Parquet."""

from __future__ import annotations

import glob
import importlib.util
import os
import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.cli.input_files import PARQUET_ENDINGS, are_several, is_read_once, shown_name
from glassnet.cli.training.preparation import Prepared, check_column
from glassnet.cli.training.train_options import WHERE, TrainOptions
from glassnet.errors import ConfigError, DataError
from glassnet.tabular import Column, Table, TargetEncoder
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.frames import column_from_values, table_of
from glassnet.tabular.reading.options import ReadOptions, command_line_spelling
from glassnet.tabular.splitting.division import Division, equal_inputs
from glassnet.tabular.streaming.cell_checks import check_cells, check_labels, named_in_files
from glassnet.tabular.streaming.stream import MOST_HELD_OUT, RowsOfFiles, Stream, look_over
from glassnet.utils.memory import available_memory
from glassnet.utils.parquet_files import arrow, find_files, look_at
from glassnet.utils.parquet_rows import ParquetRows
from glassnet.utils.splitting import split_rows

__all__ = ["column_names", "prepare_stream", "rows_in_parts"]

_NO_TEXTS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".xlsx", ".xls", ".ods")
_PARQUET, _ZIP, _GZIP = b"PAR1", b"PK", b"\x1f\x8b"  # how files begin
_TIMES = 3  # the size of a table as float64 and Python text, that a training takes
_SHARE = 0.5  # of the memory that is available, which it may take
_TEXT_BYTES = 64  # of a cell of text in memory
_MOST_PACKED = 50  # times that a file may be smaller than its table: smaller files are not looked into
_TEXT_TIMES = 2  # the size of a text file, that its table takes at least
_WHOLE_ONLY = ("group", "time", "split", "folds", "skip_missing")


def rows_in_parts(options: TrainOptions) -> tuple[ParquetRows, str] | None:
    """Return the rows if they are to be read in parts, with the reason; None for a table that is read whole.

    They are with ``--stream``, for several files, and where the table is estimated to take more than a sixth of the
    memory that is free, of which a training takes three times as much; never with ``--no-stream``.

    Raises
    ------
    ConfigError
        An option needs the whole table.
    DataError
        A text file does not fit into memory.
    """
    data = options.data
    if options.stream and options.no_stream:
        message = f"{WHERE}: --stream and --no-stream contradict each other. Leave one out."
        raise ConfigError(message)
    if not is_read_once(data) and not glob.has_magic(data) and Path(data).suffix and not os.path.exists(data):
        return None  # reading it will say so
    several = are_several(data)
    if several and options.no_stream:
        message = f"{WHERE}: {data!r} has several files, which are read in parts; --no-stream must be used with one."
        raise ConfigError(message, got=data)
    is_parquet = several or data.lower().endswith(PARQUET_ENDINGS) or _starts_with(data, _PARQUET)
    if options.no_stream or is_read_once(data) or not (is_parquet or options.stream):
        if not options.no_stream:
            _refuse_large_text(data)
        return None
    if not is_parquet:
        what, advice = f"{data!r} is no Parquet file", _how_to_convert(data)
        if is_read_once(data) or not os.path.exists(data):
            advice = "Leave out --stream, or write the rows to a Parquet file first."
        elif os.path.isdir(data):
            what, advice = f"the folder {data!r} has no Parquet files", "Their names must end in .parquet."
        message = f"{WHERE}: {what}; --stream must be used with Parquet. {advice}"
        raise ConfigError(message, got=data)
    # Without pyarrow a table that may fit is read whole, as it always was.
    packed = 1 if importlib.util.find_spec("pyarrow") is None else _MOST_PACKED
    if not (several or options.stream or _may_be_large(data, packed)):
        return None
    rows = _rows(options)
    needed, free = _TIMES * _in_memory(rows), available_memory()
    if options.stream or several:
        why = "as --stream says" if options.stream else "since there are several files"
    elif free is not None and needed > _SHARE * free:
        why = f"since training on all of it would take about {_gigabytes(needed)}, and {_gigabytes(free)} are free"
    else:
        return None
    for name in _WHOLE_ONLY:
        if getattr(options, name):
            flag = f"--{name.replace('_', '-')}"
            message = f"{WHERE}: the table is read in parts, {why}; {flag} must be left out then. Or add --no-stream."
            raise ConfigError(message, got=getattr(options, name))
    return rows, why


def column_names(data: str) -> list[str] | None:
    """Return the columns of several Parquet files; None for another table."""
    if not are_several(data):
        return None
    _check_matches(data)
    return list(look_at(find_files(data)[0]).schema.names)


def _check_matches(data: str) -> None:
    """Refuse a pattern that no file has."""
    if not os.path.exists(data) and not glob.glob(data, recursive=True):
        message = f"{WHERE}: no file matches {data!r}."
        raise DataError(message, got=data)


def _rows(options: TrainOptions) -> ParquetRows:
    """Return the rows with the columns that are not dropped."""
    _check_matches(options.data)
    found = ParquetRows(options.data, options.target)
    dropped = {*options.drop, *options.read_options.dropped}
    for name in dropped:
        check_column(WHERE, "--drop", name, found.columns)
    kept = [name for name in found.columns if name not in dropped]
    return ParquetRows(options.data, options.target, columns=kept) if dropped else found


def _may_be_large(data: str, packed: int) -> bool:
    """Return whether the table in a file, ``packed`` times as large as that, may not fit into memory."""
    free = available_memory()
    try:
        return free is not None and Path(data).stat().st_size * packed > _SHARE * free / _TIMES
    except OSError:
        return False  # reading it will say so


def _in_memory(rows: ParquetRows) -> int:
    """Return the estimated size of a table in memory: numbers as float64, text as Python's."""
    return rows.n_rows * (8 * (rows.n_features + 1) + (_TEXT_BYTES - 8) * rows.n_texts)


def _gigabytes(n: float) -> str:
    """Return bytes in gigabytes.

    Examples
    --------
    >>> _gigabytes(12_300_000_000), _gigabytes(40_000_000)
    ('12.3 GB', '0.0 GB')
    """
    return f"{n / 1e9:.1f} GB"


def _refuse_large_text(data: str) -> None:
    """Raise an error for a text file whose table does not fit into memory."""
    free = available_memory()
    try:
        is_text = not data.lower().endswith(_NO_TEXTS) and not _starts_with(data, _ZIP)
        size = _unpacked_size(data) if is_text else 0
    except (OSError, ValueError):
        return
    if free is not None and _TEXT_TIMES * size > free:
        fact = (
            f"{data} has {_gigabytes(size)} of text and does not fit into memory, of which {_gigabytes(free)} are free"
        )
        message = f"{WHERE}: {fact}. {_how_to_convert(data)} Or add --no-stream."
        raise DataError(message, got=size)


def _starts_with(data: str, first: bytes) -> bool:
    """Return whether the content of a file begins so."""
    try:
        with open(data, "rb") as file:
            return file.read(len(first)) == first
    except (OSError, ValueError):
        return False


def _unpacked_size(data: str) -> int:
    """Return the size of a text file, of gzip what it is unpacked, at least."""
    size = Path(data).stat().st_size
    if not Path(data).is_file() or not _starts_with(data, _GZIP):
        return size
    with open(data, "rb") as file:
        file.seek(max(size - 4, 0))
        return max(size, int.from_bytes(file.read(4), "little"))  # what it is beyond 4 GB is not told


def _how_to_convert(data: str) -> str:
    """Return the command that makes a text file Parquet, which is read in parts.

    Examples
    --------
    >>> _how_to_convert("big.csv")[:72]
    'Convert it first, to Parquet, which is read in parts: python -c "import '
    """
    path = Path(data)
    target = str((path.with_suffix("") if path.suffix.lower() == ".gz" else path).with_suffix(".parquet"))
    code = f"import duckdb; duckdb.read_csv({data!r}).write_parquet({target!r}, row_group_size=32768)"
    quoted = f'"{code}"' if not set('"$`\\') & set(code) else shlex.quote(code)
    return f"Convert it first, to Parquet, which is read in parts: python -c {quoted}"


def prepare_stream(options: TrainOptions, rows: ParquetRows, why: str) -> Prepared:
    """Return a random sample of the training rows, and all validation and test rows, as a table that was divided.

    Parameters
    ----------
    options : TrainOptions
        How rows are read and divided.
    rows : ParquetRows
        All rows.
    why : str
        Why they are read in parts.
    """
    validation, test = options.shares
    share = validation + test
    if not 0.0 < share < 1.0:
        given = f"--validation {validation:g} and --test {test:g}"
        message = f"{WHERE}: {given} leave no rows to train on. Lower one of them."
        raise ConfigError(message, got=options.shares)
    most = MOST_HELD_OUT * (bool(validation) + bool(test))
    stream = look_over(rows, options.seed, WHERE, share=share, most=most)
    everything = _table(options, stream)
    target = everything[rows.target]
    coder, stream = _with_target(options, stream, target)
    inputs = stream.counted(everything.drop([rows.target]))
    n, m = len(stream.sample.target), len(stream.held_out.target)
    parts = {"training": np.arange(n)}
    shares = {"validation": validation / share, "test": test / share}
    kept = {name: portion for name, portion in shares.items() if portion}
    codes = coder.transform(target)[n:] if coder.labels else None
    for name, places in zip(kept, split_rows(m, [*kept.values()], options.seed, stratify=codes), strict=True):
        parts[name] = n + places
    said = f"{shown_name(options.data)} is read in parts, {why}."
    if n < stream.n_train:
        said += (
            f" Columns are coded by a random sample of {n:,} of {stream.n_train:,} training rows, with the categories "
            "and labels of all; the linear model is trained on the sample, and equal rows are looked for in it."
        )
    inputs = Table(inputs.columns, notes=[*inputs.notes, said])
    return Prepared(inputs, target, coder, Division(parts, equal_inputs(inputs, target)), stream=stream)


def _table(options: TrainOptions, stream: Stream) -> Table:
    """Return the rows in memory, the sample first, as one table with the target."""
    pyarrow, name = arrow(), stream.rows.target
    parts = [part.inputs.append_column(name, pyarrow.array(part.target)) for part in (stream.sample, stream.held_out)]
    read = options.read_options
    named = {column: kind for column, kind in read.read.items() if column in parts[0].column_names}
    numbers = np.concatenate([stream.sample.names.numbers, stream.held_out.names.numbers])
    names = RowsOfFiles(stream.rows, numbers)
    with named_in_files(names):
        table = table_of(pyarrow.concat_tables(parts), replace(read, read=named), WHERE)
    check_cells(stream, table.columns, command_line_spelling)
    return table.named_by(names)


def _with_target(options: TrainOptions, stream: Stream, target: Column) -> tuple[TargetEncoder, Stream]:
    """Return the encoder of the target, with the labels of all rows, and the stream, which reads targets alike."""
    as_column = partial(_as_column, target.name, target.form or Form(target.kind))
    stream = replace(stream, as_column=as_column)
    if stream.labels is not None:
        labels = as_column(stream.label_values(stream.sample.target))
        check_labels(stream, labels)
    coder = TargetEncoder().fit(stream.of_all(target), None if options.task == "auto" else options.task)
    reason = coder.reason
    if coder.task == "regression":
        train = target.take(np.arange(len(stream.sample.target)))
        coder = stream.scaled(TargetEncoder().fit(train, "regression"))
    elif stream.labels is not None:
        coder = TargetEncoder().fit(stream.of_all(labels), "classification")
    coder.reason = reason
    return coder, stream


def _as_column(name: str, form: Form, values: np.ndarray) -> Column:
    """Return targets as a column that is read in a form."""
    cells: Any = values.tolist() if values.dtype == object else values
    return column_from_values(name, cells, WHERE, ReadOptions(forms={name: form}, others="text"))
