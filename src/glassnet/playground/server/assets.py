"""The files of the page: those that are in its folder when the server starts, and no others."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Asset", "page_assets"]

_TYPES = {
    ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
    ".svg": "image/svg+xml",
}  # fmt: skip

Asset = tuple[bytes, str]


def page_assets() -> dict[str, Asset]:
    """Return content and type of each file, by its path on the server."""
    folder = Path(__file__).parent.parent / "page"
    found = {f"/{path.name}": (path.read_bytes(), _TYPES[path.suffix]) for path in _files(folder)}
    return {**found, "/": found["/index.html"]} if "/index.html" in found else found


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _TYPES) if folder.is_dir() else []
