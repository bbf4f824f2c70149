"""Find the file that a path leads to, and what it holds by its name and its first bytes."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from pathlib import Path

from glassnet.datasets import dataset_names
from glassnet.errors import DataError
from glassnet.utils.paths import typed_path
from glassnet.utils.suggestions import did_you_mean, nearest, nearest_file

__all__ = ["existing_file", "file_format"]

_FORMATS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "text"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "json"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "workbook"),
}
_BEGINNINGS = (
    (b"PAR1", "parquet", ""),
    (b"PK\x03\x04", "a zip archive", "Unpack it"),
    (b"\xd0\xcf\x11\xe0", "workbook", ""),
    (b"BZh", "a bzip2 archive", "Unpack it"),
    (b"\xfd7zXZ", "an xz archive", "Unpack it"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it"),
    (b"Rar!", "a RAR archive", "Unpack it"),
    (b"%PDF", "a PDF document", "Save the table as CSV"),
    (b"\x89HDF", "an HDF5 file", "Save the table as CSV or Parquet"),
    (b"\x93NUMPY", "a file of NumPy", "Pass the array instead"),
    (b"ARROW1", "an Arrow file", "Save the table as Parquet"),
    (b"SQLite", "an SQLite database", "Save the table as CSV"),
    (b"\x80\x04\x95", "a pickle", "Save the table as CSV or Parquet"),
    (b"\x80\x05\x95", "a pickle", "Save the table as CSV or Parquet"),
    (b"$FL2", "an SPSS file", "Save the table as CSV"),
    (b"<stata_dta>", "a Stata file", "Save the table as CSV"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SPECIAL = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def existing_file(where: str, given: str) -> Path:
    """Return the path of a file that exists and is not empty.

    Raises
    ------
    DataError
        There is none, with the nearest name; or it is a folder, a device, a pipe, or empty.
    """
    file, neighbours = typed_path(given), []
    try:
        found = file.stat() if file.exists() else None
        if found is None and file.parent.is_dir():
            neighbours = os.listdir(file.parent)
    except (OSError, ValueError) as error:  # an invalid path
        message = f"{where}: the path cannot be looked up ({error}); it must lead to a file."
        raise DataError(message) from error
    if found is None:
        near = nearest(given, dataset_names()) or nearest_file(file.name, neighbours)
        message = f"{where}: no such file. {did_you_mean(near, str)}".rstrip()
        raise DataError(message, expected="a file", got="no such file")
    kind = next((kind for is_kind, kind in _SPECIAL if is_kind(found.st_mode)), "")
    if kind or not os.access(file, os.R_OK):
        advice = "" if kind in ("a folder", "") else " Write what it gives into a file first."
        fact = f"the path leads to {kind}" if kind else "the file may not be read"
        message = f"{where}: {fact}; it must lead to a file that can be read.{advice}"
        raise DataError(message, expected="a file", got=kind or "one that may not be read")
    if found.st_size == 0 and not _beginning(where, file, 1):  # files of the system say that they have no bytes
        message = f"{where}: the file is empty; it must hold a table."
        raise DataError(message)
    return file.absolute()


def file_format(where: str, file: Path) -> str:
    """Return "text", "json", "parquet" or "workbook": what the name says, otherwise what the first bytes are.

    Raises
    ------
    DataError
        It is something else, or a web page.
    """
    suffixes = [suffix.lower() for suffix in file.suffixes]
    packed = suffixes[-1:] == [".gz"]
    ending = suffixes[-2] if packed and len(suffixes) > 1 else suffixes[-1] if suffixes else ""
    first = _beginning(where, file, 4096)
    named = _FORMATS.get(ending, "")
    if named in ("parquet", "workbook") and first[:2] == b"\x1f\x8b":
        message = f"{where}: the {ending} file is packed with gzip; it must not be packed. Unpack it."
        raise DataError(message, expected=ending, got="gzip")
    if named in ("parquet", "json") or (named == "workbook" and first.startswith(_WORKBOOKS)):
        return named
    for beginning, kind, advice in _BEGINNINGS:
        if first.startswith(beginning):
            kind = "workbook" if kind == "a zip archive" and _is_workbook(file) else kind
            if kind in ("parquet", "workbook"):
                return kind
            message = f"{where}: the file is {kind}; it must hold a table. {advice}."
            raise DataError(message, expected="a table", got=kind)
    text = _unpacked(first) if first[:2] == b"\x1f\x8b" else first
    _refuse_pages(where, text)
    if named == "workbook":
        return "text" if b"\x00" not in text else "workbook"
    looks_like_json = text.lstrip()[:1] == b"{" or (
        text.lstrip()[:1] == b"[" and text.lstrip()[1:].lstrip()[:1] == b"{"
    )
    return "json" if looks_like_json and not named else "text"


def _beginning(where: str, file: Path, n_bytes: int) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(n_bytes)
    except OSError as error:
        message = f"{where}: the file cannot be read: {error.strerror}."
        raise DataError(message) from error


def _unpacked(first: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(first, 1 << 16)
    except zlib.error:
        return b""


def _refuse_pages(where: str, text: bytes) -> None:
    """Raise an error for HTML and XML: often what a server sent instead of the file."""
    beginning = text.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if beginning.startswith((b"<!doctype html", b"<html", b"<?xml", b"<table", b"<head", b"<svg")):
        got = "XML" if beginning.startswith((b"<?xml", b"<svg")) else "a web page"
        message = f"{where}: the file is {got}; it must hold a table. Look at what was sent, and save the table as CSV."
        raise DataError(message, expected="a table", got=got)


def _is_workbook(file: Path) -> bool:
    """Return whether a zip file is a workbook of a spreadsheet program."""
    try:
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
            return any(name.startswith("xl/workbook") for name in names) or "content.xml" in names
    except (zipfile.BadZipFile, OSError):
        return False
