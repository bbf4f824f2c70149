"""The benchmark's own arithmetic, and that every case runs; its times are nobody's test."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("cases", "exports.service", "looking", "machine", "measure", "peers", "peers.glassnet_peer", "peers.numpy_peer", "peers.tutorial_peer",
         "products", "report", "__main__", "scaling", "worker")  # fmt: skip


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    """Return the modules of the benchmark by name, which lie outside the package."""
    sys.path.insert(0, str(ROOT))
    try:
        yield {name: importlib.import_module(f"benchmarks.{name}") for name in NAMES}
    finally:
        sys.path.remove(str(ROOT))


def test_names_of_cases_differ(bench: dict[str, ModuleType]) -> None:
    """Every case can be found by its name, and has data of its shapes."""
    cases = bench["cases"]
    names = [case.name for case in cases.CASES]
    assert len(set(names)) == len(names) >= 15
    assert sum(case.quick for case in cases.CASES) == 3
    for case in cases.CASES:
        X, y = case.data()
        assert cases.find(case.name) is case
        assert (X.shape, X.dtype, y.shape) == ((case.n, case.d), np.float32, (case.n,))
        assert len(np.unique(y)) == max(case.outputs, 2)
        assert case.n % case.batch == 0


@pytest.mark.parametrize("peer", ["glassnet", "NumPy loop", "tutorial", "products"])
def test_peers_do_what_is_timed(bench: dict[str, ModuleType], peer: str) -> None:
    """A worker steps and predicts for every small case that its library can do; its answers are seconds."""
    worker = bench["worker"].Worker(peer)
    done = 0
    for case in bench["cases"].CASES:
        if case.n > 5000:
            continue
        try:
            worker.load(case.config())
        except bench["peers"].UnsupportedError:
            continue
        assert worker.time("step", 2) > 0.0
        if peer in ("glassnet", "NumPy loop"):
            assert worker.time("predict 1", 2) > 0.0
        done += 1
    assert done >= (1 if peer == "tutorial" else 6)


def test_the_numpy_loop_learns(bench: dict[str, ModuleType]) -> None:
    """What we compare with does the whole work: its loss falls as ours does."""
    case = bench["cases"].find("digits")
    X, y = case.data()
    for name in ("numpy_peer", "glassnet_peer"):
        peer = bench[f"peers.{name}"].make(case)
        before = (peer.predict(X).argmax(axis=1) == y).mean()
        peer.step(200)
        after = (peer.predict(X).argmax(axis=1) == y).mean()
        assert before < 0.4 < 0.8 < after


def test_exponents(bench: dict[str, ModuleType]) -> None:
    """A cost that grows with the square has the exponent 2."""
    values = [10, 30, 100, 300]
    assert bench["scaling"].exponent(values, [0.5 * value**2 for value in values]) == pytest.approx(2.0)
    for axis, (values, _) in bench["scaling"].AXES.items():
        assert values[-1] / values[0] >= 100 or axis == "rows"
        assert bench["scaling"].case_of(axis, values[1]) != bench["scaling"].case_of(axis, values[0])


def test_ratios_are_of_the_same_round(bench: dict[str, ModuleType]) -> None:
    """A moment that is busy for both leaves their ratio as it is."""
    times = {"glassnet": [1.0, 10.0, 1.0], "JAX jit": [2.0, 20.0, 4.0]}
    assert bench["measure"].median_ratio(times, "JAX jit", "glassnet") == (2.0, 2.0, 4.0)


def test_tables(bench: dict[str, ModuleType]) -> None:
    """Our time and the others' multiples of it, a dash where a library cannot do a case."""
    report = bench["report"]
    results = {
        "one": {"glassnet": [1e-3] * 3, "JAX jit": [2e-3] * 3, "products": [0.5e-3] * 3},
        "two": {"glassnet": [2e-4] * 3, "PyTorch": [1e-3] * 3},
    }
    lines = report.ratio_table("training step", results, "us").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["training step", "glassnet, us", "JAX jit", "products only", "PyTorch"]
    assert cells[2] == ["one", "1,000", "2.00 (2.00-2.00)", "0.50 (0.50-0.50)", "-"]
    assert cells[3] == ["two", "200", "-", "-", "5.00 (5.00-5.00)"]
    facts = report.facts_table({"import": {"numpy": 0.0712}, "peak memory": {"numpy": 5e7, "glassnet": 6e7}})
    assert "| numpy    | 71 ms  | 50 MB       |" in facts
    assert "| glassnet | -      | 60 MB       |" in facts


def test_looking_is_compared_with_a_fit_without_it(bench: dict[str, ModuleType]) -> None:
    """Fits as users call them take turns with fits that do not look; each case is held against the limit."""
    looking, cases = bench["looking"], bench["cases"]
    assert set(cases.CASES) < set(looking.LOOKING)
    tiny = [cases.Case("tiny", 64, 3, (4,), 2, 32, 2, 1)]
    found = looking.compare_looking(tiny, rounds=3)
    assert found.keys() == {"tiny"}
    assert len(found["tiny"]["looking"]) == len(found["tiny"]["alone"]) == 3
    results = {
        "long": {"looking": [1.02, 2.04], "alone": [1.0, 2.0], "said": []},
        "short": {"looking": [0.012], "alone": [0.010], "said": ["imbalance"]},
        "slow": {"looking": [0.120], "alone": [0.100], "said": []},
    }
    lines = looking.looking_table(results).splitlines()
    assert lines[2:] == [
        "| long | 1.5e+03 | 1.020 | 30.00 | yes |  |",
        "| short | 10 | 1.200 | 2.00 | yes | imbalance |",
        "| slow | 100 | 1.200 | 20.00 | no |  |",
    ]


def test_slowdown(bench: dict[str, ModuleType]) -> None:
    """Beside a busy process every time is divided by the library's own median on the idle machine."""
    idle = {"one": {"glassnet": [1.0, 2.0, 3.0], "JAX jit": [4.0, 4.0, 4.0]}}
    loaded = {"one": {"glassnet": [4.0, 4.0, 4.0], "JAX jit": [4.0, 8.0, 12.0]}}
    found = bench["__main__"].slowdown(idle, loaded)
    assert found == {"one": {"glassnet": [2.0, 2.0, 2.0], "JAX jit": [1.0, 2.0, 3.0]}}
    assert bench["__main__"].slowdown_table(found).splitlines()[-1] == "| one | 2.00 | 2.00 |"


def test_a_picture(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """The picture is written, and names every library once."""
    results = {
        "one": {"glassnet": [1.0], "JAX jit": [2.0], "products": [0.5]},
        "two": {"glassnet": [1.0], "JAX jit": [1.5]},
    }
    bench["report"].picture(results, str(tmp_path / "steps.png"))
    assert (tmp_path / "steps.png").read_bytes()[:4] == b"\x89PNG"
    assert math.isfinite(bench["measure"].median_ratio(results["two"], "JAX jit", "glassnet")[0])
