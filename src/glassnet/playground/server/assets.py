"""The files of the page: those that are in its folder when the server starts, and no others."""

from __future__ import annotations

import gzip
from pathlib import Path

__all__ = ["Asset", "page_assets"]

_TYPES = {
    ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
    ".svg": "image/svg+xml",
}  # fmt: skip

Asset = tuple[bytes, bytes, str]


def page_assets() -> dict[str, Asset]:
    """Return content, packed content and type of each file, by its path on the server."""
    folder = Path(__file__).parent.parent / "page"
    found = {f"/{path.name}": _asset(path) for path in _files(folder)}
    return {**found, "/": found["/index.html"]} if "/index.html" in found else found


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return content, gzip.compress(content, mtime=0), _TYPES[path.suffix]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _TYPES) if folder.is_dir() else []
