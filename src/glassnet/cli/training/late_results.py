"""What is written after a training, whose hours must not be lost to a full disk, a lost folder or a bad picture."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from glassnet.cli.training.train_options import WHERE
from glassnet.errors import DataError, GlassnetError
from glassnet.tabular import TableModel

__all__ = ["LateErrors", "save_model"]


class LateErrors(list[Exception]):
    """Errors in what comes after the training, to be raised when all else is done.

    With ``raises`` they are raised at once.
    """

    def __init__(self, *, raises: bool) -> None:
        super().__init__()
        self._raises = raises

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep an error that the block ends with."""
        try:
            yield
        except Exception as error:
            if self._raises:
                raise
            self.append(error)

    @contextmanager
    def model_saved(self, model: TableModel, path: Path | None) -> Iterator[None]:
        """Save the model to ``path`` if the block fails, before its error is raised."""
        try:
            yield
        except BaseException:
            if path is not None:
                with suppress(Exception):
                    save_model(model, path, str(path), self)
            raise


def save_model(model: TableModel, path: Path, given: str, late: LateErrors) -> dict[str, Any]:
    """Write the model, and return what the report says about the file.

    Where it cannot be written to ``path``, called ``given`` in messages, it is saved under another name or in another
    folder, and the error says where.
    """
    replaced = path.exists()
    try:
        model.save(path)
    except (OSError, GlassnetError) as error:
        return _save_elsewhere(model, path, given, error, late)
    return {"path": given, "bytes": path.stat().st_size, "replaced": replaced}


def _save_elsewhere(
    model: TableModel, path: Path, given: str, error: OSError | GlassnetError, late: LateErrors
) -> dict[str, Any]:
    name = f"{path.stem}-{os.getpid()}{path.suffix}"
    for folder in (path.parent, Path.cwd(), Path(tempfile.gettempdir()), Path.home()):
        other = folder / name
        if other.exists():
            continue
        with suppress(OSError, GlassnetError):
            model.save(other)
            break
    else:
        raise error
    why = str(getattr(error, "strerror", None) or error).removeprefix("save: ").rstrip(".")
    message = f"{WHERE}: {given!r} cannot be written: {why}. The model was saved as {str(other)!r} instead."
    with late.kept():
        raise DataError(message, got=given) from error
    return {"path": str(other), "bytes": other.stat().st_size, "replaced": False}
