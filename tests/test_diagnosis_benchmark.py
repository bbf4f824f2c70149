"""The examination of diagnosis runs on tables of its own, and its figures are those of its runs."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import glassnet as gn

ROOT = Path(__file__).parents[1]
NAMES = ("diagnosis", "diagnosis_faults", "diagnosis_report", "diagnosis_runs", "diagnosis_tables")
ROWS = 150


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    """Return the modules by name, which lie outside the package."""
    sys.path.insert(0, str(ROOT))
    try:
        yield {name: importlib.import_module(f"benchmarks.{name}") for name in NAMES}
    finally:
        sys.path.remove(str(ROOT))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one table of classes and one of numbers."""
    path = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, 3)).round(3)
    label = np.where(X[:, 0] + X[:, 1] > 0, "yes", "no")
    number = (X[:, 0] - 2 * X[:, 1] + 0.1 * rng.standard_normal(ROWS)).round(3)
    for name, y in (("classes", label), ("numbers", number)):
        lines = ["a,b,c,target", *(",".join(map(str, [*row, target])) for row, target in zip(X, y, strict=True))]
        (path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return path


def table(bench: dict[str, ModuleType], folder: Path, name: str) -> object:
    """Return one of the tables in parts."""
    return bench["diagnosis_tables"].read_data(folder / f"{name}.csv", None, 1000)


def test_tables_are_read_in_parts(bench: dict[str, ModuleType], folder: Path) -> None:
    """60, 20 and 20 % of the rows, targets as codes or scaled; a table of few rows is refused."""
    assert [path.name for path in bench["diagnosis_tables"].tables_in(folder)] == ["classes.csv", "numbers.csv"]
    classes, numbers = (table(bench, folder, name) for name in ("classes", "numbers"))
    assert [len(part[1]) for part in classes.parts().values()] == [90, 30, 30]  # type: ignore[attr-defined]  # of a module loaded by its name
    assert (classes.classes, classes.outputs) == (2, 2)  # type: ignore[attr-defined]  # of a module loaded by its name
    assert (numbers.classes, numbers.train[1].shape) == (0, (90, 1))  # type: ignore[attr-defined]  # of a module loaded by its name
    with pytest.raises(gn.DataError, match="there must be at least 120 rows and two classes, got 50"):
        bench["diagnosis_tables"].read_data(folder / "classes.csv", None, 50)


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_every_fault_can_be_planted(bench: dict[str, ModuleType], folder: Path, name: str) -> None:
    """Each fault makes a network and data that fit together, and is named by findings that exist."""
    read = table(bench, folder, name)
    planted = 0
    for fault in bench["diagnosis_faults"].FAULTS:
        assert set(fault.codes) <= set(gn.training.finding_kinds.KINDS), fault.name
        if not fault.suits(read):
            continue
        training = fault.plant(read, np.random.default_rng(0))
        network = training.new_network()
        for X, y in (training.train, training.valid, training.test):
            assert np.isfinite(network.predict(X[:2])).all(), fault.name
            assert len(X) == len(y), fault.name
        planted += 1
    assert planted >= 25
    names = [fault.name for fault in bench["diagnosis_faults"].FAULTS]
    assert len(set(names)) == len(names)
    assert sum(fault.few for fault in bench["diagnosis_faults"].FAULTS) >= 12


@pytest.mark.filterwarnings("ignore")
def test_a_folder_is_examined(
    bench: dict[str, ModuleType], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Healthy and planted trainings are counted, shares agree with the counts, and no row of a table is kept."""
    wanted = ("target in millions", "all weights 0", "rate 10,000 times too low", "two updates")
    faults = [fault for fault in bench["diagnosis_faults"].FAULTS if fault.name in wanted]
    found = bench["diagnosis"].examine_folder(folder, rounds=1, faults=faults)
    assert found["healthy"]["runs"] == 2
    assert found["planted"]["runs"] == 7
    assert found["planted"]["first is true"] >= 4
    assert found["tables"] == ["classes", "numbers"]
    for name in ("runs", "first is true"):
        assert sum(one[name] for one in found["faults"].values()) == found["planted"][name]
    remedies = found["remedies said to help"]
    assert remedies["remedies"] == remedies["held"] + len(remedies["did not hold"])
    assert remedies["held"] >= 1
    assert found["cost"]["seconds"] > 0
    text = bench["diagnosis_report"].report(found)
    assert "| target in millions | 1 | " in text
    assert len(json.dumps(found)) < 4000
    assert "faults named first" in capsys.readouterr().out


def test_figures_count(bench: dict[str, ModuleType]) -> None:
    """Shares, alarms and what stood first instead follow from the runs; a harmless fault is counted apart."""
    Result = bench["diagnosis_runs"].Result
    results = [
        Result("t", "", "imbalance", [], ["imbalance"], 0.9),
        Result("u", "", "overfit", ["overfit"], ["overfit"], 0.8),
        Result("t", "f", "a", ["a"], ["a"], 0.5, True, [("a", "with b", 0.5, 0.8), ("c", "with d", 0.5, 0.4)]),
        Result("u", "f", "nothing", [], [], 0.79, False),
    ]
    found = bench["diagnosis_report"].figures(results, {"t": (2.0, 1.1), "u": (1.0, 1.0)})
    assert found["healthy"] == {"runs": 2, "false alarms": 1}
    assert found["alarms"] == {"u": ["overfit"]}
    assert found["planted"] == {"runs": 2, "first is true": 1}
    assert found["planted and harmful"] == {"runs": 1, "first is true": 1}
    assert found["told instead"] == {"f": {"nothing": 1}}
    remedies = {"remedies": 2, "held": 1, "did not hold": [["c", "with d", 0.5, 0.4]], "not judged": []}
    assert found["remedies said to help"] == remedies
    assert found["cost"]["ratio of all"] == pytest.approx(3.2 / 3.0)
