"""The benchmark of tables: its arithmetic, its divisions, and that what was measured is not measured again."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    """Return the benchmark's modules by name, which lie outside the package."""
    sys.path.insert(0, str(ROOT))
    try:
        names = ("tabular", "tabular_methods", "tabular_report")
        yield {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    finally:
        sys.path.remove(str(ROOT))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two small tables with their index, as the benchmark wants it."""
    path = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)
    colours = np.array(["red", "blue", None], dtype=object)[rng.integers(0, 3, 100)]
    frame = pd.DataFrame({"x": rng.standard_normal(100), "colour": colours})
    frame.loc[::9, "x"] = np.nan
    (frame.assign(target=np.where(rng.random(100) < 0.3, "yes", "no"))).to_parquet(path / "classes.parquet")
    (frame.assign(target=frame["x"].fillna(0.0) * 2.0)).to_parquet(path / "numbers.parquet")
    index = [
        {"name": "classes", "file": "elsewhere/classes.parquet", "task": "binary", "n": 100},
        {"name": "numbers", "file": "numbers.parquet", "task": "regression", "n": 99},
    ]
    (path / "index.json").write_text(json.dumps(index))
    return path


def test_ranks_and_normalised_errors(bench: dict[str, ModuleType]) -> None:
    """Equal errors share a rank; errors go from 0, the best of a table, to 1; a failure is the last and worst."""
    errors = np.array([[0.1, 0.3, 0.2, 0.3], [1.0, np.nan, 2.0, 5.0], [0.5, 0.5, 0.5, 0.5]])
    ranks, normalised = bench["tabular_report"].ranks(errors), bench["tabular_report"].normalised(errors)
    np.testing.assert_array_equal(ranks, [[1, 3.5, 2, 3.5], [1, 4, 2, 3], [2.5, 2.5, 2.5, 2.5]])
    np.testing.assert_allclose(normalised, [[0, 1, 0.5, 1], [0, 1, 0.25, 1], [0, 0, 0, 0]])


def test_interval_of_a_difference(bench: dict[str, ModuleType]) -> None:
    """A method that is worse by the same on every table has an interval of that width alone; oneself is 0."""
    errors = np.array([[0.0, 0.5, 1.0], [2.0, 3.0, 4.0], [7.0, 7.5, 8.0]])
    found = bench["tabular_report"].compare(errors, first=0)
    np.testing.assert_allclose(found, [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]])
    mixed = bench["tabular_report"].compare(np.array([[0.0, 1.0], [1.0, 0.0]] * 20), first=0)
    assert mixed[1, 0] < 0.0 < mixed[1, 1]
    low, high = bench["tabular_report"].spread_of_means(np.array([[0.0, 1.0], [1.0, 0.0]] * 20))[0]
    assert 0.3 < low < 0.5 < high < 0.7


def test_a_mean_over_seeds(bench: dict[str, ModuleType]) -> None:
    """Rows become one error for each table and method; a seed that failed makes the method fail there."""
    rows = [{"set": "a", "method": m, "error": e} for m, e in (("p", 0.2), ("p", 0.4), ("q", 0.1))]
    sets, methods, table = bench["tabular_report"].by_set([*rows, {"set": "a", "method": "q", "failed": "no"}])
    assert (sets, methods) == (["a"], ["p", "q"])
    np.testing.assert_allclose(table, [[0.3, np.nan]])


def test_divisions(bench: dict[str, ModuleType], folder: Path) -> None:
    """64, 16 and 20 of 100 rows, no row twice, classes in like shares; another seed divides otherwise."""
    tabular = bench["tabular"]
    job = tabular.Job(str(folder), "classes.parquet", "classes", "binary", 0, "glassnet", None)
    split = tabular.read_split(job)
    assert {part: len(y) for part, y in split.y.items()} == {"train": 64, "valid": 16, "test": 20}
    assert split.labels == ["no", "yes"]
    shares = [y.mean() for y in split.y.values()]
    assert max(shares) - min(shares) < 0.06
    every = pd.concat(split.X.values())["x"].dropna()
    assert sorted(every) == sorted(pd.read_parquet(folder / "classes.parquet")["x"].dropna())
    assert not np.array_equal(tabular.read_split(job._replace(seed=1)).y["test"], split.y["test"])
    assert len(tabular.read_split(job._replace(most_rows=50)).y["test"]) == 10


def test_scores(bench: dict[str, ModuleType], folder: Path) -> None:
    """Error rate, log loss and AUC of probabilities; RMSE over the standard deviation of numbers."""
    tabular = bench["tabular"]
    split = tabular.read_split(tabular.Job(str(folder), "classes.parquet", "classes", "binary", 0, "glassnet", None))
    y = split.y["test"]
    sure = np.where(y[:, None] == [0, 1], 0.9, 0.1)
    assert tabular.scores(split, sure) == pytest.approx({"error": 0.0, "log_loss": -np.log(0.9), "auc": 1.0})
    assert tabular.scores(split, 1.0 - sure)["error"] == 1.0
    split = tabular.read_split(tabular.Job(str(folder), "numbers.parquet", "numbers", "regression", 0, "x", None))
    assert tabular.scores(split, np.full(20, split.y["test"].mean()))["error"] == pytest.approx(1.0)


def test_what_was_measured_is_kept(
    bench: dict[str, ModuleType], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run measures every cell, a second one none, and both print the same tables; the picture is there."""
    results, picture = tmp_path / "kept.jsonl", tmp_path / "picture.png"
    words = [str(folder), "--seeds", "1", "--methods", "glassnet small; MLP (scikit-learn)", "--results", str(results)]
    bench["tabular"].main(words)
    first = capsys.readouterr().out
    kept: list[dict[str, Any]] = [json.loads(line) for line in results.read_text().splitlines()]
    assert {(row["set"], row["method"]) for row in kept} == {
        (name, method) for name in ("classes", "numbers") for method in ("glassnet small", "MLP (scikit-learn)")
    }
    assert all(np.isfinite(row["error"]) and row["seconds"] > 0.0 for row in kept)
    bench["tabular"].main([*words, "--plot", str(picture)])
    again = capsys.readouterr().out
    assert len(results.read_text().splitlines()) == 4
    assert first.endswith(again)
    assert "| glassnet small |" in again
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_small_tables_are_divided_more_often(bench: dict[str, ModuleType], folder: Path) -> None:
    """By default five divisions of a table of fewer than 1,000 rows, and one in the quick run."""
    options = bench["tabular"]._options([str(folder), "--methods", "glassnet"])
    assert [bench["tabular"]._seeds(options, n) for n in (999, 1000, 5999, 6000)] == [5, 2, 2, 1]
    assert len(list(bench["tabular"]._jobs(options))) == 10
    quick = bench["tabular"]._options([str(folder), "--methods", "glassnet", "--quick"])
    assert len(list(bench["tabular"]._jobs(quick))) == 2
    assert not any("tabm" in name.lower() for name in bench["tabular"]._options([str(folder), "--quick"]).methods)


def test_unknown_method(bench: dict[str, ModuleType], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A method that does not exist is named, with those that do."""
    with pytest.raises(SystemExit):
        bench["tabular"].main([str(folder), "--methods", "catboost"])
    assert "got catboost" in capsys.readouterr().err
