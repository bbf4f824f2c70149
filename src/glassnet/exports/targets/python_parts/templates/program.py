"""The program that a file is when it is run."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

from glassnet.exports.targets.python_parts.templates.file_names import (
    COLUMNS,
    LABELS,
    header_of,
    predictions,
    read_csv,
    selftest,
)
from glassnet.exports.targets.python_parts.templates.rows import Unreadable


def main() -> int:
    """Predict for a CSV file or for standard input, or run the self-test; return the exit code."""
    options = [word for word in sys.argv[1:] if word.startswith("--") or word == "-h"]
    paths = [word for word in sys.argv[1:] if word not in options and word != "-"]
    waits = not paths and not {"-", "--selftest"} & set(sys.argv) and sys.stdin.isatty()
    if "--help" in options or "-h" in options or waits:
        print((__doc__ or "").replace("python FILE", f"python {sys.argv[0]}"))
        return 0
    if "--selftest" in options:
        failures = selftest()
        print(f"self-test: {failures} failure{'s' * (failures > 1)}" if failures else "self-test passed")
        return min(failures, 1)
    if len(paths) > 1 or any(option != "--probabilities" for option in options):
        print(f"usage: python {sys.argv[0]} [--probabilities] [new.csv] | --selftest | --help", file=sys.stderr)
        return 2
    if "--probabilities" in options and not LABELS:
        print("--probabilities: the model predicts a number; it must predict classes.", file=sys.stderr)
        return 2
    source = paths[0] if paths else "standard input"
    lines: list[int] = []
    try:
        columns = predictions(read_csv(content(paths), lines), "--probabilities" in options)
    except Unreadable as error:
        where = f", line {lines[error.row]}" if error.row >= 0 else ""
        print(f"{source}{where}: {error.problem}.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{source}: {error.strerror}.", file=sys.stderr)
        return 1
    try:
        sys.stdout.buffer.write(written_csv(columns))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # as of head, which reads some lines; Python flushes once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def content(paths: list[str]) -> bytes:
    """Return what is in the first file, or else in standard input."""
    if not paths:
        return sys.stdin.buffer.read()
    with open(paths[0], "rb") as file:
        return file.read()


def table_of(data: bytes, lines: list[int]) -> tuple[list[str], list[list[str]]]:
    """Return the names and the rows of a CSV file, and append the line of each row to ``lines``."""
    text, above = decoded(data), 0
    if not text.strip():
        raise Unreadable("the file is empty; it must hold a table")
    if "\0" in text:
        raise Unreadable("the file holds binary data; it must be text")
    csv.field_size_limit(2**31 - 1)
    marks = ",;\t|"
    said = re.match(r"sep=(.)\r?\n", text)
    if said:  # as spreadsheets write it above a table
        text, above, marks = text[said.end() :], 1, said[1]
    try:
        tops = {mark: [row for _, row in itertools.islice(csv_rows(text, mark), 20)] for mark in marks}
        mark = max(marks, key=lambda one: known_names(tops[one]))
        found = [(above + line, row) for line, row in csv_rows(text, mark) if row]
    except csv.Error as error:
        raise Unreadable(f"the file is not CSV: {error}") from None
    names, first = header_of([row for _, row in found[:20]])
    found = found[first:]
    while found and not any(cell.strip() for cell in found[-1][1]):
        found.pop()
    rows = [row for _, row in found if len(names) == 1 or len(row) > 1 or row[0].strip()]
    lines.extend(line for line, row in found if len(names) == 1 or len(row) > 1 or row[0].strip())
    if not rows:
        many = "1 column name" if len(names) == 1 else f"{len(names)} column names"
        raise Unreadable(f"the table has {many} and no rows; it must have at least one row")
    for number, row in enumerate(rows):
        while len(row) > len(names) and not row[-1].strip():
            row.pop()
        if len(row) != len(names):
            raise Unreadable(f"the row has {len(row)} cells; it must have {len(names)} like the first", number)
    return numbered(names), rows


def csv_rows(text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a text with the numbers of their lines."""
    reader = csv.reader(io.StringIO(text, ""), delimiter=mark, skipinitialspace=True)
    for row in reader:
        yield reader.line_num, row


def known_names(rows: list[list[str]]) -> tuple[int, int]:
    """Return how many names of columns stand in one of the first rows, and the cells of the longest."""
    known = [len({cell.strip() for cell in row} & set(COLUMNS)) for row in rows]
    return max(known, default=0), max(map(len, rows), default=0)


def numbered(names: list[str]) -> list[str]:
    """Return names that differ, the second ``a`` as ``a_2``; say so if there are any."""
    found: list[str] = []
    again = []
    for name in names:
        number, new = 1, name
        while new in found or (number > 1 and new in names):
            number += 1
            new = f"{name}_{number}"
        if number > 1 and name:
            again.append(repr(name))
        found.append(new)
    if again:
        print(f"Columns of the same name were numbered: {', '.join(again)}.", file=sys.stderr)
    return found


def decoded(data: bytes) -> str:
    """Return the text of a file, in Unicode or else in the encoding of Western Windows."""
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def written_csv(columns: dict[str, list[str]]) -> bytes:
    """Return columns as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values()))
    return stream.getvalue().encode("utf-8", "backslashreplace")


def label_text(label: Any) -> str:
    """Return a label as a cell: whole numbers without a point, booleans as true and false."""
    if isinstance(label, bool):
        return str(label).lower()
    whole = isinstance(label, float) and label.is_integer() and abs(label) < 1e15
    return str(int(label) if whole else label)


def number_texts(numbers: list[float]) -> list[str]:
    """Return numbers as cells, in twelve digits."""
    return [f"{number:.12g}" for number in numbers]


def title(name: str) -> str:
    """Return the name of a column of predictions."""
    return name.replace(" ", "_") if name.startswith("prediction") else f"prediction_{name}"
