"""The files of an export: which may be written over, under which names, and moved into place once they are checked."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from glassnet.errors import ConfigError, DataError
from glassnet.exports.targets.registry import Target
from glassnet.saving.writing import check_target, write_atomically

__all__ = ["check_place", "draft", "places_of", "put_in_place"]

_MARK = re.compile(
    rb'Model (?:\\?"|&quot;).{0,1000}(?:"|&quot;), written by glassnet |"exported_by": ?"glassnet', re.DOTALL
)
_ARCHIVE_MARK = b", written by glassnet "
_HEAD, _HEAD_OF_PAGE, _TAIL = 4096, 32_768, 100  # bytes in which the mark must begin; a page has its style before it
_FRAMEWORKS = {"keras", "numpy", "onnx", "onnxruntime", "safetensors", "torch"}


def check_place(path: Path, *, force: bool) -> None:
    """Refuse what is no ordinary file, a module that would hide another, and without ``force`` what no export wrote."""
    place = check_target(path)
    stem = path.name[: -len(path.suffix)]
    if path.suffix.lower() == ".py" and (stem in sys.stdlib_module_names or stem in _FRAMEWORKS):
        must = "the file must have another"
        fact = f"{path.name!r} is the name of a module that Python programs import"
        message = f"export: {fact}; {must}. Choose another name."
        raise ConfigError(message, expected=must, got=path)
    if not force and place.exists() and place.stat().st_size and not _is_export(place):
        lost = f"{os.fspath(path)!r} is a file that no export wrote, and would be lost"
        message = f"export: {lost}. Choose another name, or pass force=True."
        raise DataError(message, got=path)


def _is_export(path: Path) -> bool:
    """Return whether the header of an export stands where one writes it."""
    is_page = path.suffix.lower() in (".html", ".htm")
    with path.open("rb") as file:
        head = file.read(_HEAD_OF_PAGE if is_page else _HEAD)
        if head.startswith(b"PK"):
            file.seek(max(0, path.stat().st_size - _TAIL))
            return _ARCHIVE_MARK in file.read()
    return _MARK.search(head) is not None


def places_of(place: Path, contents: Mapping[str, bytes], target: Target) -> dict[str, Path]:
    """Return the paths of the files of an export by their suffix, the main one under the name that was asked for.

    Of contents for several endings that the target allows, such as .js and .mjs, the one that was asked for is written.
    """
    name = place.name.lower()
    main = next((suffix for suffix in contents if name.endswith(suffix)), next(iter(contents)))
    beside = [suffix for suffix in contents if suffix not in target.suffixes]
    return {main: place, **{suffix: place.with_name(target.stem(place) + suffix) for suffix in beside}}


def draft(folder: str, paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> list[Path]:
    """Write the files to a folder of their own, with their endings in small letters, and return where they are."""
    found = []
    for suffix, path in paths.items():
        name = path.name
        known = name.lower().endswith(suffix)
        found.append(Path(folder, f"{name[: -len(suffix)]}{suffix}" if known else name))
        found[-1].write_bytes(contents[suffix])
    return found


def put_in_place(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> None:
    """Write the files, each in one go."""
    for suffix, path in paths.items():
        write_atomically(path, contents[suffix])
        if path.suffix == ".py":  # Python takes a compiled file of the same second and size for that of the new one
            for compiled in path.parent.glob(f"__pycache__/{_literal(path.stem)}.*.pyc"):
                with suppress(OSError):
                    compiled.unlink()


def _literal(name: str) -> str:
    return re.sub(r"([\[*?])", r"[\1]", name)
