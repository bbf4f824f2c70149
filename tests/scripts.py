"""Loads scripts that lie outside every package, the examples and those that make the site, as modules."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

REPOSITORY = Path(__file__).parent.parent


def script_at(path: Path) -> ModuleType:
    """Return a script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def site_script(name: str) -> ModuleType:
    """Return one of the scripts that make the site."""
    return script_at(REPOSITORY / "docs" / "_site" / f"{name}.py")
