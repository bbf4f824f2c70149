"""The program that a file is when it is run."""

from __future__ import annotations

import csv
import io
import sys
from typing import Any

from glassnet.exports.targets.python_parts.templates.file_names import COLUMNS, predictions, selftest
from glassnet.exports.targets.python_parts.templates.rows import Unreadable


def main() -> int:
    """Predict for a CSV file or for standard input, or run the self-test; return the exit code."""
    options = [word for word in sys.argv[1:] if word.startswith("--") or word == "-h"]
    paths = [word for word in sys.argv[1:] if word not in options and word != "-"]
    if "--help" in options or "-h" in options or (len(sys.argv) == 1 and sys.stdin.isatty()):
        print((__doc__ or "").replace("python FILE", f"python {sys.argv[0]}"))
        return 0
    if "--selftest" in options:
        failures = selftest()
        print(f"self-test: {failures} failures" if failures else "self-test passed")
        return min(failures, 1)
    if len(paths) > 1 or any(option != "--probabilities" for option in options):
        print(f"usage: python {sys.argv[0]} [--probabilities] [new.csv] | --selftest | --help", file=sys.stderr)
        return 2
    source = paths[0] if paths else "standard input"
    lines: list[int] = []
    try:
        cells = read_csv(content(paths), lines)
        columns = predictions(cells, "--probabilities" in options)
    except Unreadable as error:
        where = f", in line {lines[error.row]}" if error.row >= 0 else ""
        print(f"{source}: {error.problem}{where}.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{source}: {error.strerror}.", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(written_csv(columns))
    return 0


def content(paths: list[str]) -> bytes:
    """Return what is in the first file, or else in standard input."""
    if not paths:
        return sys.stdin.buffer.read()
    with open(paths[0], "rb") as file:
        return file.read()


def read_csv(data: bytes, lines: list[int]) -> dict[str, list[str]]:
    """Return the cells of the columns of a CSV file, and append the line of each row to ``lines``."""
    text = decoded(data)
    csv.field_size_limit(2**31 - 1)
    by_mark = {mark: next(csv.reader(io.StringIO(text, ""), delimiter=mark), []) for mark in ",;\t|"}
    known = {mark: sum(name.strip() in COLUMNS for name in names) for mark, names in by_mark.items()}
    mark = max(by_mark, key=lambda one: (known[one], len(by_mark[one])))
    names = [name.strip() for name in by_mark[mark]]
    for name in COLUMNS:
        if names.count(name) > 1:
            raise Unreadable(f"the file must have one column {name!r}, got {names.count(name)}")
    reader = csv.reader(io.StringIO(text, ""), delimiter=mark)
    rows: list[list[str]] = []
    try:
        for number, row in enumerate(reader):
            if number and row:
                lines.append(reader.line_num)
                if len(row) != len(names):
                    raise Unreadable(
                        f"every row must have {len(names)} cells, as the header has, got {len(row)}", len(rows)
                    )
                rows.append(row)
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num} must be CSV: {error}") from None
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


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
