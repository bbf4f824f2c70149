"""The shape of the package: what is public, which way imports point, what an import costs."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import glassnet as gn

ROOT = Path(gn.__file__).parent

# Every room and its floor: imports point downwards or stay on the floor.
FLOORS = {
    "scratch": 0,
    "arrays": 1, "checks": 1, "datasets": 1, "errors": 1, "initializers": 1, "metrics": 1, "randomness": 1,
    "schedules": 1, "sources": 1, "splitting": 1, "strict_json": 1,
    "layers": 2, "losses": 2, "optimizers": 2,
    "analysis": 3, "configuration": 3, "data_start": 3, "evaluation": 3, "gradcheck": 3, "inputs": 3, "layout": 3, "network": 3, "passes": 3, "penalties": 3,
    "store": 3, "trial": 3, "views": 3,
    "files": 4, "safetensors_reader": 4, "training": 4,
    "attribution": 5, "diagnosis": 5, "explanation": 5, "plots": 5, "populations": 5,
    "sklearn": 6, "tabular": 6,
    "cli": 7, "__main__": 7,
}  # fmt: skip

# One-line delegates of Network and its Views that reach up or sideways, with the import inside.
DELEGATES = {
    "Network.evaluate": "evaluation",
    "Network.fit": "diagnosis",
    "Network.loss_and_gradients": "evaluation",
    "Network.save": "files",
    "Views.activations": "analysis",
    "Views.explain": "explanation",
    "Views.hidden": "analysis",
    "Views.input_gradient": "analysis",
    "Views.plot_history": "plots",
    "Views.plot_calibration": "plots",
    "Views.plot_confusion": "plots",
    "Views.plot_decision_regions": "plots",
    "Views.plot_gradient_flow": "plots",
    "Views.plot_network": "plots",
    "Views.plot_predicted": "plots",
    "Views.plot_weights": "plots",
    "Views.summary": "configuration",
}

# The package's own __init__ and the commands see every room.
MODULES = sorted(name for _, name, _ in pkgutil.walk_packages([str(ROOT)], "glassnet."))


def room_of(module: str) -> str:
    """Return the room that a module belongs to."""
    return module.split(".")[1]


def imports_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (module, enclosing function or "") for each import of glassnet that runs, typing aside."""
    tree = ast.parse(path.read_text())

    def walk(node: ast.AST, inside: str) -> Iterator[tuple[str, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.ImportFrom) and child.module:
                yield child.module, inside
            elif isinstance(child, ast.Import):
                yield from ((alias.name, inside) for alias in child.names)
            elif isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                yield from walk(child, f"{inside}.{child.name}".strip("."))
            else:
                yield from walk(child, inside)

    yield from ((module, inside) for module, inside in walk(tree, "") if module.split(".")[0] == "glassnet")


def test_every_room_has_a_floor() -> None:
    """The table above knows every module and package there is."""
    assert {room_of(module) for module in MODULES} == set(FLOORS)


def test_imports_point_downwards() -> None:
    """No room imports one above it; Network's delegates are the exceptions, each by name."""
    upwards = []
    used = set()
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts == ("__init__",):
            continue
        for module, inside in imports_of(path):
            if module == "glassnet":
                if FLOORS[parts[0]] < 6:
                    upwards.append(f"{'.'.join(parts)} imports the whole package")
                continue
            target = room_of(module)
            if parts[0] in ("network", "views") and DELEGATES.get(inside) == target:
                used.add(inside)
            elif FLOORS[target] > FLOORS[parts[0]]:
                upwards.append(f"{'.'.join(parts)} imports {module}")
    assert upwards == []
    assert used == set(DELEGATES)


def test_no_cycles_between_modules() -> None:
    """Top-level imports form no cycle."""
    graph: dict[str, set[str]] = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(("glassnet", *parts)).removesuffix(".__init__")
        graph[name] = {module for module, inside in imports_of(path) if not inside and module != name}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done and name in graph:
            for target in graph[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


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
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
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
    with pytest.raises(AttributeError, match="module 'glassnet' has no attribute 'Denze'"):
        gn.Denze  # noqa: B018


def test_house_limits() -> None:
    """No file over 450 lines but the lesson, no function over 60, docstring included for neither."""
    long = []
    for path in ROOT.rglob("*.py"):
        text = path.read_text()
        if len(text.splitlines()) > 450 and path.name != "scratch.py":
            long.append(f"{path.name}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                lines = (node.end_lineno or 0) - body[0].lineno + 1
                if lines > 60:
                    long.append(f"{path.name}: {node.name} has {lines} lines")
    assert long == []
