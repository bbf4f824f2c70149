"""The shape of the package: what is public, which way imports point, what an import costs."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import glassnet as gn
import house
from glassnet.layers import registry

ROOT = Path(gn.__file__).parent

# The package's own __init__ and the commands see every room.
# Templates are text that exported files are made of.
MODULES = sorted(name for _, name, _ in pkgutil.walk_packages([str(ROOT)], "glassnet.") if ".templates." not in name)


def test_scratch_imports_numpy_and_nothing_else() -> None:
    """The lesson can be copied into a notebook."""
    tree = ast.parse((ROOT / "scratch.py").read_text())
    top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(node) for node in top] == ["import numpy as np"]


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("__main__")])
def test_all_is_sorted_complete_and_documented(module: str) -> None:
    """``__all__`` exists, lists what exists, sorted; everything in it has a docstring; no function has its module's name."""
    found = importlib.import_module(module)
    names = found.__all__
    parts = [names]
    if found.__file__.endswith("__init__.py") and module in ("glassnet", "glassnet.layers"):  # the layers stand behind
        parts = [names[: -len(registry.__all__)], names[-len(registry.__all__) :]]
    for part in parts:
        assert part == sorted(part, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert len(names) == len(set(names))
    for name in names:
        value = getattr(found, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name
            assert not (inspect.isfunction(value) and name == module.split(".")[-1])


def test_public_methods_are_documented() -> None:
    """Every public method of a public class has a docstring, its own or that of the protocol it follows."""
    missing = []
    for name in gn.__all__:
        value = getattr(gn, name)
        if inspect.isclass(value):
            missing += [
                f"{name}.{method}"
                for method, member in inspect.getmembers(value, inspect.isfunction)
                if not method.startswith("_") and not inspect.getdoc(member)
            ]
    assert missing == []


def test_top_level_is_complete() -> None:
    """All that the layers, losses, optimizers and schedules offer to users is there as ``glassnet.X``."""
    from glassnet import layers, losses, optimizers, schedules

    tables = [layers.LAYERS, {c.__name__: c for c in losses.LOSSES.values()}, schedules.SCHEDULES]
    tables.append({c.__name__: c for c in optimizers.OPTIMIZERS.values()})
    assert {name for table in tables for name in table} <= set(gn.__all__)


def test_importing_loads_nothing_heavy() -> None:
    """``import glassnet`` loads NumPy and our engine: no extras, no safetensors, no training loop, no numpy.random."""
    code = "import sys, glassnet; print(*sorted({m.split('.')[0] for m in sys.modules}), 'numpy.random' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "safetensors",
        "threadpoolctl",
        "sklearn",
        "scipy",
        "pandas",
        "narwhals",
        "duckdb",
        "typer",
        "rich",
        "matplotlib",
    }
    assert heavy.isdisjoint(found)
    assert found[-1] == "False"


def test_unknown_attribute() -> None:
    """A name that the package does not have is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match=r"glassnet has no Denze\. Did you mean Dense\?"):
        gn.Denze  # noqa: B018


def test_house_limits() -> None:
    """No file over 450 lines but the lesson, no function over 60, docstring included for neither."""
    long = []
    for path in ROOT.rglob("*.py"):
        text = path.read_text()
        if len(text.splitlines()) > 450 and path.name != "scratch.py":
            long.append(f"{path.name}: {len(text.splitlines())} lines")
        for node in house.functions(text):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1
            if lines > 60:
                long.append(f"{path.name}: {node.name} has {lines} lines")
    assert long == []
