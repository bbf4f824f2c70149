"""Scan a text file once: its encoding, its line ends, its first and last lines."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from glassnet.errors import DataError
from glassnet.tabular.reading.layout.dialects import LONGEST_ROW
from glassnet.tabular.reading.layout.encodings import (
    LEGACY_NAMES,
    encoding_of_beginning,
    first_foreign_word,
    given_encoding,
    legacy_encoding,
    without_controls,
)
from glassnet.tabular.reading.options import ReadOptions

__all__ = ["TextScan", "count_in_file", "read_lines", "scan_text"]

_CHUNK = 1 << 20
_TAIL = 1 << 16
_MOST_UNPACKED = 4 << 30  # bytes; beyond, gzip must not have shrunk to a hundredth
_MOST_RATIO = 100
_SAMPLE = 200  # lines that are not UTF-8, of which the encoding is found
_CONTROLS = re.compile("[\x80-\x9f]")


@dataclass
class TextScan:
    """Result of a pass over the whole file."""

    head: str = ""  # the beginning, without a byte order mark: at least a megabyte, or all of it
    tail: str = ""  # the end
    whole: bool = True  # whether `head` is all of it
    n_bytes: int = 0  # unpacked
    compressed: bool = False  # gzip, whatever the name says
    encoding: str = "utf-8"  # as Python calls it; "utf-8-sig" with a byte order mark
    has_controls: bool = False  # characters of Windows where Unicode has control characters
    has_quotes: bool = False  # double quotes
    repeats: int = 0  # how often the first line comes again
    newlines: set[str] = field(default_factory=set)  # that occur, also inside of quotes
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the whole lines of the beginning, with their ends."""
        found = list(io.StringIO(self.head, newline=""))
        return found if self.whole else found[:-1]


def scan_text(where: str, file: Path, options: ReadOptions | None = None) -> TextScan:
    """Read a file once; raise an error if it is no text, nothing but blanks, or gzip that does not unpack.

    Text is UTF-8 or UTF-16, or else Windows-1252, where its characters are those of Western European text.
    """
    options = options or ReadOptions()
    with file.open("rb") as raw:
        first = raw.read(4)
    scan = TextScan(compressed=first[:2] == b"\x1f\x8b")
    with closing(_chunks(where, file, scan.compressed)) as chunks:
        first = next(chunks)
    if options.encoding is not None:
        scan.encoding = given_encoding(where, options.encoding, first)
    else:
        scan.encoding = encoding_of_beginning(first)
    wide = scan.encoding.startswith(("utf-16", "utf-32"))
    try:
        _scan(where, file, scan, wide)
    except UnicodeError as error:
        if options.encoding is not None or wide:
            raise _undecodable(where, scan.encoding, error) from error
        _take_legacy(where, file, scan, options)
    if wide and options.encoding is None:
        scan.notes.append(f"the text was read as {LEGACY_NAMES[scan.encoding]}")
    if scan.has_controls:
        scan.notes.append("control characters were read as the characters that Windows has in their places")
    return scan


def _take_legacy(where: str, file: Path, scan: TextScan, options: ReadOptions) -> None:
    """Scan a file again that is not UTF-8."""
    sample = _sample(file, scan)
    if mixed := [line for line, text in sample if _is_utf8(text)]:
        line = next((line for line, text in sample if not _is_utf8(text)), 0)
        must = "a file must have one encoding"
        advice = f"Pass {options.spelled('encoding', 'cp1252')} to read all of it as Windows-1252."
        other = f"line {line}" if line else "another further down"
        message = f"{where}: line {mixed[0]} is UTF-8 and {other} is not; {must}. {advice}"
        raise DataError(message, expected=must, got=line)
    scan.encoding = legacy_encoding(where, sample, lambda encoding: options.spelled("encoding", encoding))
    line, text = sample[0]
    shown = first_foreign_word(text, "cp1252")[:30]
    scan.notes.append(f"the text is not UTF-8 and was read as Windows-1252: {shown!r} in line {line}")
    scan.head, scan.whole, scan.n_bytes, scan.newlines, scan.has_controls = "", True, 0, set(), False
    _scan(where, file, scan, False)


def read_lines(file: Path, scan: TextScan) -> Iterator[str]:
    """Yield the lines of a scanned file, with their ends."""
    with _opened(file, scan.compressed) as raw, io.TextIOWrapper(raw, encoding=scan.encoding, newline="") as stream:
        yield from map(without_controls, stream) if scan.has_controls else stream


def count_in_file(where: str, file: Path, scan: TextScan, mark: str) -> int:
    """Return how often an ASCII character is in a UTF-8 file."""
    return sum(chunk.count(mark.encode()) for chunk in _chunks(where, file, scan.compressed))


def _scan(where: str, file: Path, scan: TextScan, wide: bool) -> None:
    """Fill in what a pass over the file finds."""
    decoder = codecs.getincrementaldecoder(scan.encoding)()
    size = file.stat().st_size
    blank, held, tail, unbroken, first, line = True, "", "", 0, "", 1
    for chunk in _chunks(where, file, scan.compressed):
        _refuse_binary(where, chunk, wide)
        text = decoder.decode(chunk, final=not chunk)
        scan.n_bytes += len(chunk)
        _refuse_bomb(where, scan.n_bytes, size)
        unbroken = _longest(where, text, unbroken, line)
        blank = blank and not text.strip()
        if len(scan.head) < _CHUNK:
            scan.head += text
        elif text:
            scan.whole = False
        first = first or next(filter(str.strip, text.splitlines(keepends=True)), "")
        scan.has_quotes = scan.has_quotes or '"' in text
        scan.repeats += text.count("\n" + first) if first else 0
        tail = (tail + text)[-_TAIL:]
        if not text.isascii() and _CONTROLS.search(text):
            scan.has_controls = True
        held, n_lines = _note_newlines(scan.newlines, held + text, final=not chunk)
        line += n_lines
    if scan.has_controls:
        scan.head, tail = without_controls(scan.head), without_controls(tail)
    scan.tail = tail
    if blank:
        message = f"{where}: the file holds nothing but blanks; it must hold a table."
        raise DataError(message)


def _opened(file: Path, compressed: bool) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(file)) if compressed else file.open("rb")


def _chunks(where: str, file: Path, compressed: bool) -> Generator[bytes, None, None]:
    """Yield the bytes of a file, unpacked, and at the end an empty chunk."""
    try:
        with _opened(file, compressed) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{where}: the gzip file does not unpack ({error}); it must be whole."
        raise DataError(message) from error
    yield b""


def _refuse_binary(where: str, chunk: bytes, wide: bool) -> None:
    if not wide and b"\x00" in chunk:
        message = f"{where}: the file holds binary data; it must be text. Save the table as CSV."
        raise DataError(message, expected="text", got="binary")


def _refuse_bomb(where: str, n_bytes: int, size: int) -> None:
    if n_bytes > _MOST_UNPACKED and n_bytes > _MOST_RATIO * size:
        must = f"gzip must not unpack to more than {_MOST_UNPACKED >> 30} GB and {_MOST_RATIO} times its size"
        fact, advice = f"{size:,} bytes unpack to {n_bytes:,} and more", "Unpack the file yourself if it is right."
        message = f"{where}: {fact}; {must}. {advice}"
        raise DataError(message, expected=must, got=n_bytes)


def _longest(where: str, text: str, unbroken: int, line: int) -> int:
    """Return how long the last line is so far; raise an error if a line goes on for too long."""
    last = max(text.rfind("\n"), text.rfind("\r"))
    unbroken = len(text) - last - 1 if last >= 0 else unbroken + len(text)
    if unbroken > LONGEST_ROW:
        line += max(text.count("\n"), text.count("\r"))
        message = f"{where}: line {line} has more than {LONGEST_ROW} characters; no row may be longer."
        raise DataError(message, expected=LONGEST_ROW)
    return unbroken


def _sample(file: Path, scan: TextScan) -> list[tuple[int, bytes]]:
    """Return the first lines with characters beyond ASCII, with their numbers."""
    found: list[tuple[int, bytes]] = []
    with _opened(file, scan.compressed) as stream:
        for number, line in enumerate(stream, 1):
            if not line.isascii():
                found.append((number, line))
                if len(found) == _SAMPLE:
                    break
    return found


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _undecodable(where: str, encoding: str, error: UnicodeError) -> DataError:
    shown = LEGACY_NAMES.get(encoding, encoding)
    if not isinstance(error, UnicodeDecodeError):
        return DataError(f"{where}: the file is not {shown} text: {error}.", expected=shown)
    byte = error.object[error.start]
    message = f"{where}: the file holds the byte 0x{byte:02x}, which is none of {shown}; it must be {shown} text."
    return DataError(message, expected=shown, got=byte)


def _note_newlines(newlines: set[str], text: str, final: bool) -> tuple[str, int]:
    """Add the line ends of ``text``; return a CR at its end, whose LF may begin the next chunk, and their number."""
    held = "\r" if text.endswith("\r") and not final else ""
    text = text.removesuffix(held)
    unix = text.count("\n")
    windows = text.count("\r\n") if "\r" in text else 0
    mac = text.count("\r") - windows if "\r" in text else 0
    found = {"\r\n": windows, "\n": unix - windows, "\r": mac}
    newlines.update(newline for newline, count in found.items() if count)
    return held, unix + mac
