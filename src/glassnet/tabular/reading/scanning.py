"""Scan a text file for its encoding and line ends, and find its separator and column names."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from glassnet.errors import DataError

__all__ = ["Layout", "TextScan", "find_layout", "scan_text"]

_CHUNK = 1 << 20
_SEPARATORS = (",", ";", "\t", "|")
_LINES = 50  # records that have to agree on a separator


@dataclass
class TextScan:
    """Result of a pass over the whole file."""

    head: str = ""  # the beginning, without a byte order mark: at least a megabyte, or all of it
    whole: bool = True  # whether `head` is all of it
    n_bytes: int = 0  # unpacked
    compressed: bool = False  # gzip, whatever the name says
    has_mark: bool = False  # begins with a byte order mark
    newlines: set[str] = field(default_factory=set)  # that occur, also inside of quotes


@dataclass
class Layout:
    """Separator, names in the first line, and number of blank lines before it."""

    separator: str
    names: list[str]
    blank_lines: int


def scan_text(where: str, file: Path) -> TextScan:
    """Read a file once; raise an error if it is not UTF-8, nothing but blanks, or gzip that does not unpack."""
    with file.open("rb") as raw:
        scan = TextScan(compressed=raw.read(2) == b"\x1f\x8b")
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    line, blank, held = 1, True, ""
    for chunk in _chunks(where, file, scan.compressed):
        _refuse_other_unicode(where, chunk)
        if scan.n_bytes == 0:
            scan.has_mark = chunk.startswith(codecs.BOM_UTF8)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise _not_utf8(where, file, error, line) from error
        scan.n_bytes += len(chunk)
        line += text.count("\n")
        blank = blank and not text.strip()
        if len(scan.head) < _CHUNK:
            scan.head += text
        elif text:
            scan.whole = False
        held = _note_newlines(scan.newlines, held + text, final=not chunk)
    if blank:
        message = f"{where}: the file must hold a table, got nothing but blanks."
        raise DataError(message)
    return scan


def _chunks(where: str, file: Path, compressed: bool) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked, and at the end an empty chunk."""
    try:
        with gzip.open(file) if compressed else file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{where}: the file must be whole gzip, got one that does not unpack ({error})."
        raise DataError(message) from error
    yield b""


def _refuse_other_unicode(where: str, chunk: bytes) -> None:
    """Raise an error for UTF-16 and binary files."""
    advice = "Save it as UTF-8 text."
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        advice = "Convert it, for example: iconv -f UTF-16 -t UTF-8 old.csv > new.csv"
        message = f"{where}: the file must be UTF-8 text, got UTF-16. {advice}"
        raise DataError(message, expected="UTF-8", got="UTF-16")
    if b"\x00" in chunk:
        message = f"{where}: the file must be UTF-8 text, got binary data. {advice}"
        raise DataError(message, expected="UTF-8", got="binary")


def _not_utf8(where: str, file: Path, error: UnicodeDecodeError, line: int) -> DataError:
    """Return the error for the first byte that is not UTF-8, with its line and how to convert the file."""
    line += error.object[: error.start].count(b"\n")
    byte = error.object[error.start]
    advice = "If it comes from Windows, convert it: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv"
    message = f"{where}: the file must be UTF-8 text, got the byte 0x{byte:02x} in line {line}. {advice}"
    return DataError(message, expected="UTF-8", got=byte)


def _note_newlines(newlines: set[str], text: str, final: bool) -> str:
    """Add the line ends of ``text``; return a CR at its end, since the next chunk may begin with its LF."""
    held = "\r" if text.endswith("\r") and not final else ""
    text = text.removesuffix(held)
    windows = text.count("\r\n")
    found = {"\r\n": windows, "\n": text.count("\n") - windows, "\r": text.count("\r") - windows}
    newlines.update(newline for newline, count in found.items() if count)
    return held


def find_layout(scan: TextScan, separator: str | None = None) -> Layout:
    r"""Return separator and names, found in the first records.

    The separator is the one with which all of the first records have the same number of fields, more than one, and the
    largest number if there are several; otherwise the one with most fields in the first record. If the first record has
    no separator, the table has one column.

    Examples
    --------
    >>> find_layout(TextScan(head="size (cm, about);colour\n1;red\n"))
    Layout(separator=';', names=['size (cm, about)', 'colour'], blank_lines=0)
    """
    lines = scan.head.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blank_lines = next(i for i, line in enumerate(lines) if line.strip())
    end = None if scan.whole else -1  # the last line may be cut off
    best: tuple[tuple[int, int], Layout] | None = None
    for candidate in (separator,) if separator else _SEPARATORS:
        records = list(_first_records(lines[blank_lines:end], candidate))
        width = len(records[0])
        even = width > 1 and all(len(record) == width for record in records)
        score = (width if even else 0, width)
        if best is None or score > best[0]:
            best = score, Layout(candidate, [name.strip() for name in records[0]], blank_lines)
    assert best is not None
    return best[1]


def _first_records(lines: list[str], separator: str) -> Iterator[list[str]]:
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator)
    count = 0
    try:
        for record in reader:
            if record:
                yield record
                count += 1
            if count == _LINES:
                return
    except csv.Error:  # a field beyond the limit of the module: DuckDB has a better message
        if count == 0:
            yield [""]
