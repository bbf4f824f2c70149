"""scikit-learn's own tests of its perceptrons, as installed, run on ours."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sklearn_cases import KINDS, MODULE, OURS

SUITE = "sklearn.neural_network.tests.test_mlp"
TESTS = Path(__file__).parent
# Slow: the suite takes 15 seconds; the default run compares numbers case by case (test_sklearn_numbers.py).
pytestmark = pytest.mark.slow


def path_of_suite() -> Path:
    """Return where the installed scikit-learn keeps the tests of its perceptrons."""
    spec = importlib.util.find_spec(SUITE)
    if spec is None or spec.origin is None:
        pytest.skip("this scikit-learn was installed without its tests")
    return Path(spec.origin)


def run(tmp_path: Path, *words: str, module: str = MODULE) -> tuple[dict[str, Any], str]:
    """Run the suite on a module's classes in a process of its own; return what the plugin saw, and what was printed."""
    report = tmp_path / "report.json"
    paths = [str(TESTS), str(TESTS.parent / "src"), os.environ.get("PYTHONPATH", "")]
    extra = {"SUBSTITUTED_REPORT": str(report), "GLASSNET_UNDER_TEST": module, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "pytest", str(path_of_suite()), "-q", "--tb=short", "--noconftest"]
    command += ["-p", "sklearn.conftest", "-p", "jobs.substituted", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, "--rootdir", str(tmp_path), *words]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | extra, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert report.exists(), done.stdout + done.stderr
    return json.loads(report.read_text(encoding="utf-8")), done.stdout[-8000:]


def functions_of_suite() -> set[str]:
    """Return the names of the tests as its source has them."""
    tree = ast.parse(path_of_suite().read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_scikit_learns_own_tests_pass(tmp_path: Path) -> None:
    """Every test that scikit-learn has for its perceptrons was collected, held our classes, and passed."""
    expected, _ = run(tmp_path, "--collect-only", module="sklearn.neural_network")
    assert {name.partition("[")[0] for name in expected["collected"]} == functions_of_suite()
    seen, printed = run(tmp_path)
    assert seen["collected"] == expected["collected"]
    homes = [f"{OURS[kind].__module__}.{OURS[kind].__qualname__}" for kind in KINDS]
    assert seen["held"] == {"MLPClassifier": homes[:1], "MLPRegressor": homes[1:]}
    assert seen["outcomes"] == {"passed": len(expected["collected"])}, printed


def test_the_substitution_bites(tmp_path: Path) -> None:
    """With classes that train without weight decay, scikit-learn's test of it fails."""
    seen, printed = run(tmp_path, "-k", "test_alpha", module="jobs.undecayed")
    assert seen["held"]["MLPClassifier"] == ["jobs.undecayed.MLPClassifier"]
    assert seen["outcomes"] == {"failed": 1}, printed
