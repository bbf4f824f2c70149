"""Files that a page sends: counted while they arrive, kept in a folder of our own, and gone at the end."""

from __future__ import annotations

import asyncio
import gzip
import secrets
import shutil
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

from glassnet.playground.server.play_limits import PlayLimits
from glassnet.serving.limits import Refusal

__all__ = ["Uploads"]

_PART = 2**18
_PATIENCE = 4  # times the length of what is accepted
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_DAMAGED = (EOFError, OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class Uploads:
    """The files that pages have sent.

    Parameters
    ----------
    limits : PlayLimits

    Attributes
    ----------
    paths : dict
        Where they are, by the names that pages know them by, which say nothing about the place.
    """

    def __init__(self, limits: PlayLimits) -> None:
        self._limits = limits
        self._folder = Path(tempfile.mkdtemp(prefix="glassnet-playground-"))  # for its owner only
        self._delete = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)  # at exit, too
        self._n_bytes = 0
        self.paths: dict[str, Path] = {}

    def close(self) -> None:
        """Delete them."""
        self._delete()

    async def receive(self, parts: AsyncIterator[bytes]) -> str:
        """Write a file as it arrives, and return the name that the page knows it by.

        Raises
        ------
        Refusal
            It is too long, packed or unpacked, too slow, or damaged.
        """
        name, n_bytes, problem = secrets.token_hex(16), 0, None
        path = self._folder / name
        try:
            async with asyncio.timeout(self._limits.seconds_to_upload):
                with path.open("xb") as file:
                    async for part in parts:
                        n_bytes += len(part)
                        self._n_bytes += len(part)
                        problem = problem or self._problem(n_bytes)
                        if problem is None:
                            file.write(part)
                        elif n_bytes > _PATIENCE * self._limits.upload_bytes:
                            break  # until then, browsers that still send would not read the answer
            if problem is not None:
                raise problem
            if not n_bytes:
                raise Refusal(422, "the file is empty; it must have content.")
        except BaseException as error:
            self._n_bytes -= n_bytes
            path.unlink(missing_ok=True)
            if isinstance(error, TimeoutError):
                seconds = self._limits.seconds_to_upload
                text = f"only a part of the file arrived within {seconds:g} seconds; all of it must."
                raise Refusal(408, text) from None
            raise
        self.paths[name] = path
        return name

    def check_unpacked(self, name: str) -> None:
        """Refuse, and delete, a file that is much longer once it is unpacked; in a thread of its own, as it takes time.

        What it says of its length is not believed.
        """
        path, most, n_bytes = self.paths[name], self._limits.unpacked_bytes, 0
        try:
            for part in _unpacked(path):
                n_bytes += len(part)
                if n_bytes > most:
                    limit = f"{most / 1e6:,.0f} MB"
                    text = f"the file is too large once unpacked; it must have at most {limit}. Send fewer rows."
                    raise Refusal(413, text)
        except _DAMAGED as error:
            self._forget(name)
            raise Refusal(422, f"the file cannot be unpacked ({error}); it must be whole.") from error
        except Refusal:
            self._forget(name)
            raise

    def _problem(self, n_bytes: int) -> Refusal | None:
        """Return why a file of at least this length is refused."""
        limits = self._limits
        if n_bytes > limits.upload_bytes:
            most = f"the file is too large; it must have at most {limits.upload_bytes / 1e6:,.0f} MB."
            return Refusal(413, f"{most} Name it where you start glassnet playground.")
        if self._n_bytes > limits.uploads_bytes:
            most = f"the files are too large; they must have at most {limits.uploads_bytes / 1e6:,.0f} MB together."
            return Refusal(413, f"{most} Start the playground anew.")
        return None

    def _forget(self, name: str) -> None:
        path = self.paths.pop(name)
        self._n_bytes -= path.stat().st_size
        path.unlink(missing_ok=True)


def _unpacked(path: Path) -> Iterator[bytes]:
    """Yield the content of a packed file, part by part; of others nothing."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_GZIP):
        with gzip.open(path) as packed:
            yield from _parts(packed)
    elif start == _ZIP:
        with zipfile.ZipFile(path) as archive:
            for each in archive.infolist():
                with archive.open(each) as packed:
                    yield from _parts(packed)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _parts(file: _Readable) -> Iterator[bytes]:
    while part := file.read(_PART):
        yield part
