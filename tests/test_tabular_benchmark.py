"""The benchmark of tables: its arithmetic, its divisions, and that what was measured is not measured again."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
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
        modules = ("methods", "others", "plot", "report", "results", "scores", "split", "statistics")
        names = ("tabular", *(f"tabular_{name}" for name in modules), "smooth_tables")
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
    ranks, normalised = bench["tabular_statistics"].ranks(errors), bench["tabular_statistics"].normalised(errors)
    np.testing.assert_array_equal(ranks, [[1, 3.5, 2, 3.5], [1, 4, 2, 3], [2.5, 2.5, 2.5, 2.5]])
    np.testing.assert_allclose(normalised, [[0, 1, 0.5, 1], [0, 1, 0.25, 1], [0, 0, 0, 0]])


def test_interval_of_a_difference(bench: dict[str, ModuleType]) -> None:
    """A method that is worse by the same on every table has an interval of that width alone; oneself is 0."""
    errors = np.array([[0.0, 0.5, 1.0], [2.0, 3.0, 4.0], [7.0, 7.5, 8.0]])
    found = bench["tabular_statistics"].compare(errors, 0)
    np.testing.assert_allclose(found, [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]])
    mixed = bench["tabular_statistics"].compare(np.array([[0.0, 1.0], [1.0, 0.0]] * 20), 0)
    assert mixed[1, 0] < 0.0 < mixed[1, 1]
    low, high = bench["tabular_statistics"].interval_of_means(np.array([[0.0, 1.0], [1.0, 0.0]] * 20))[0]
    assert 0.3 < low < 0.5 < high < 0.7


def test_a_mean_over_seeds(bench: dict[str, ModuleType]) -> None:
    """Rows become one error for each table and method; a seed that failed makes the method fail there."""
    rows = [{"set": "a", "method": m, "error": e} for m, e in (("p", 0.2), ("p", 0.4), ("q", 0.1))]
    sets, methods, table = bench["tabular_statistics"].by_set([*rows, {"set": "a", "method": "q", "failed": "no"}])
    assert (sets, methods) == (["a"], ["p", "q"])
    np.testing.assert_allclose(table, [[0.3, np.nan]])


def test_ratios(bench: dict[str, ModuleType]) -> None:
    """Geometric means over the tables that have both; an error of 0 counts as half a test row, not as nothing."""
    statistics = bench["tabular_statistics"]
    rows = [
        {"set": name, "method": method, "task": "binary", "test_rows": 50, "error": error}
        for name, errors in (("a", (0.2, 0.1, 0.0)), ("b", (0.4, 0.8, np.nan)))
        for method, error in zip("pqr", errors, strict=True)
    ]
    least = statistics.floors(rows, "error")
    np.testing.assert_allclose(least, [[0.01], [0.01]])
    mean, bounds = statistics.relative(statistics.ratios(statistics.by_set(rows)[2], 0, least))
    np.testing.assert_allclose(mean, [1.0, 1.0, 0.05])
    np.testing.assert_allclose(bounds, [[1.0, 1.0], [0.5, 2.0], [0.05, 0.05]])
    assert statistics.floors([{"set": "a", "rows": 64}], "error") == pytest.approx(0.025)


def test_intervals_are_paired(bench: dict[str, ModuleType]) -> None:
    """A method that is always 10 % worse has an interval of nothing but 1.1, however tables differ."""
    values = np.array([[0.01], [0.5], [0.2], [3.0]]) * [1.0, 1.1]
    statistics = bench["tabular_statistics"]
    mean, bounds = statistics.relative(statistics.ratios(values, 0, np.zeros((4, 1))))
    np.testing.assert_allclose(mean, [1.0, 1.1])
    np.testing.assert_allclose(bounds[1], [1.1, 1.1])


def test_the_pareto_front(bench: dict[str, ModuleType]) -> None:
    """Only methods that no other one beats: of equal times the better, of equal errors the faster; no failures."""
    times, errors = np.array([1.0, 2.0, 3.0, 1.0, 4.0, np.nan]), np.array([0.5, 0.6, 0.4, 0.7, 0.4, 0.1])
    assert bench["tabular_statistics"].pareto_front(times, errors) == [0, 2]


def test_calibration_error(bench: dict[str, ModuleType]) -> None:
    """0 where confidence is accuracy, their gap where it is not, the same in whatever order equal rows are."""
    error = bench["tabular_scores"].calibration_error
    y = np.array([0] * 80 + [1] * 20)
    assert error(np.tile([0.8, 0.2], (100, 1)), y) == pytest.approx(0.0)
    assert error(np.tile([0.95, 0.05], (100, 1)), y) == pytest.approx(0.15)
    halves = np.array([[0.9, 0.1]] * 50 + [[0.6, 0.4]] * 50)  # 90 % and 60 % said, 100 % and 60 % right
    assert error(halves, y, bins=2) == pytest.approx(0.05)
    assert error(np.array([[1.0, 0.0, 0.0]]), np.array([2])) == pytest.approx(1.0)


def test_divisions(bench: dict[str, ModuleType], folder: Path) -> None:
    """64, 16 and 20 of 100 rows, no row twice, classes in like shares; another seed divides otherwise."""
    read_split, path = bench["tabular_split"].read_split, folder / "classes.parquet"
    split = read_split(path, "binary", 0)
    assert {part: len(y) for part, y in split.y.items()} == {"train": 64, "valid": 16, "test": 20}
    assert split.labels == ["no", "yes"]
    shares = [y.mean() for y in split.y.values()]
    assert max(shares) - min(shares) < 0.06
    every = pd.concat(split.X.values())["x"].dropna()
    assert sorted(every) == sorted(pd.read_parquet(path)["x"].dropna())
    assert not np.array_equal(read_split(path, "binary", 1).y["test"], split.y["test"])
    assert len(read_split(path, "binary", 0, 50).y["test"]) == 10


def test_scores(bench: dict[str, ModuleType], folder: Path) -> None:
    """Error rate, log loss, calibration and AUC of probabilities; RMSE over the standard deviation of numbers."""
    read_split, scores = bench["tabular_split"].read_split, bench["tabular_scores"].scores
    split = read_split(folder / "classes.parquet", "binary", 0)
    y = split.y["test"]
    sure = np.where(y[:, None] == [0, 1], 0.9, 0.1)
    expected = {"error": 0.0, "log_loss": -np.log(0.9), "calibration_error": 0.1, "auc": 1.0}
    assert scores(split, sure) == pytest.approx(expected)
    assert scores(split, 1.0 - sure)["error"] == 1.0
    split = read_split(folder / "numbers.parquet", "regression", 0)
    found = scores(split, np.full(20, split.y["test"].mean()))
    assert found["error"] == pytest.approx(1.0)
    assert "calibration_error" not in found


def test_what_was_measured_is_kept(
    bench: dict[str, ModuleType], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run measures every cell, a second one none, and both print the same tables; the picture is there."""
    results, picture = tmp_path / "kept.jsonl", tmp_path / "picture.png"
    words = [str(folder), "--methods", "glassnet small; MLP (scikit-learn)", "--results", str(results)]
    bench["tabular"].main(words)
    first = capsys.readouterr().out
    kept: list[dict[str, Any]] = [json.loads(line) for line in results.read_text().splitlines()]
    assert {(row["set"], row["method"]) for row in kept} == {
        (name, method) for name in ("classes", "numbers") for method in ("glassnet small", "MLP (scikit-learn)")
    }
    assert all(np.isfinite(row["error"]) and row["seconds"] > 0.0 and row["cpu_seconds"] >= 0.0 for row in kept)
    bench["tabular"].main([*words, "--plot", str(picture)])
    again = capsys.readouterr().out
    assert len(results.read_text().splitlines()) == 4
    assert first.endswith(again)
    assert "| glassnet small |" in again
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_one_division_of_tables_that_are_not_large(bench: dict[str, ModuleType], folder: Path) -> None:
    """By default one division, of tables up to 6,500 rows; a table asked for by name may have any size."""

    def cells(*words: str) -> int:
        return len(
            list(bench["tabular"]._jobs(bench["tabular"]._options([str(folder), "--methods", "LightGBM", *words])))
        )

    assert cells() == 2
    assert cells("--seeds", "3") == 6
    assert cells("--largest", "99") == 1
    assert cells("--largest", "99", "--sets", "classes") == 1
    assert cells("--largest", "all", "--quick") == 2
    assert not any("tabm" in name.lower() for name in bench["tabular"]._options([str(folder), "--quick"]).methods)
    with pytest.raises(SystemExit, match="got nowhere"):
        cells("--sets", "nowhere")


def test_a_tag_is_for_glassnet_alone(bench: dict[str, ModuleType], folder: Path) -> None:
    """Code that changed is measured again; what others are worth does not depend on it."""
    options = bench["tabular"]._options([str(folder), "--methods", "glassnet; LightGBM", "--tag", "content"])
    assert len(options.tag) == 10
    assert {job.method: job.tag for job in bench["tabular"]._jobs(options)} == {"glassnet": options.tag, "LightGBM": ""}


def test_results_of_several_tags_and_versions(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """Tags stand beside each other; of two versions the last counts; a failure does not hide a success."""
    cell = {"set": "a", "seed": 0, "most_rows": None, "task": "binary"}
    lines: list[dict[str, Any]] = [
        {"method": "glassnet", "version": "0.1.0", "error": 0.3},
        {"method": "glassnet", "version": "0.1.0", "tag": "x", "error": 0.2},
        {"method": "LightGBM", "version": "4.6", "error": 0.5},
        {"method": "LightGBM", "version": "4.7", "error": 0.4},
        {"method": "LightGBM", "version": "4.7", "failed": "no memory"},
    ]
    path = tmp_path / "kept.jsonl"
    path.write_text("".join(json.dumps({**cell, **line}) + "\n" for line in lines))
    rows = bench["tabular_results"].select(list(bench["tabular_results"].read_results([path]).values()), None, None)
    found = {row["method"]: row["error"] for row in rows}
    assert found == {"glassnet": 0.3, "glassnet @x": 0.2, "LightGBM": 0.4}


def test_a_report_names_failures_and_what_is_left_out(
    bench: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure has its reason, counts as the worst, and is no ratio; a table that one method lacks is left out."""
    cells = [("a", "LightGBM", 0.2), ("a", "p", 0.1), ("b", "LightGBM", 0.2), ("b", "p", None), ("c", "p", 0.1)]
    rows = [
        {"set": name, "seed": 0, "method": method, "task": "binary", "test_rows": 100, "seconds": 1.0, "error": error,
         "log_loss": error, "calibration_error": error}
        if error else {"set": name, "seed": 0, "method": method, "task": "binary", "test_rows": 100, "failed": "no rows"}
        for name, method, error in cells
    ]  # fmt: skip
    bench["tabular_report"].report(rows)
    said = capsys.readouterr().out
    assert "* p on b: no rows" in said
    assert "c (without LightGBM)" in said
    assert "| p | 1.50 | 0.500 | 0.500 |" in said
    half = "0.500 (0.50 to 0.50) [1 only]"
    assert f"| p | {half} | {half} | 0.100 (-0.100 to -0.100) [1 only] |" in said
    assert "| 1.00 [1 only] | 1 | 1 |" in said
    bench["tabular_report"].report(
        [row for row in rows if (row["set"], row["method"]) in (("a", "p"), ("b", "LightGBM"))]
    )
    assert "No table was measured by every method" in capsys.readouterr().out


def test_labels_of_the_picture_do_not_overlap(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """Twelve methods of nearly equal times and errors still have their names beside each other."""
    pytest.importorskip("matplotlib")
    methods = [f"a method with name {m}" for m in range(12)]
    values = 0.3 + 0.001 * np.arange(12.0)
    quantity = bench["tabular_report"].Quantity("error", values[None], np.zeros((1, 1)), (1.0 + values)[None])
    (labels,) = bench["tabular_plot"].draw(methods, [quantity], methods[0], "time", str(tmp_path / "picture.png"))
    boxes = [label.get_window_extent() for label in labels if label.get_visible()]
    assert len(boxes) == 12
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_smooth_tables(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """The same rows from the same seed; noise as large as said; figures that are known."""
    smooth = bench["smooth_tables"]
    for name in smooth.TABLES:
        (first, noise), (again, much) = smooth.make(name, "little", 2000), smooth.make(name, "much", 2000)
        assert np.isfinite(np.column_stack(list(first.values()))).all()
        np.testing.assert_array_equal(first["target"], smooth.make(name, "little", 2000)[0]["target"])
        assert much == pytest.approx(10.0 * noise)
        added = (again["target"] - first["target"]) / (0.9 * much)  # of one draw, as much as its seed says
        assert np.std(added) == pytest.approx(1.0, abs=0.06)
        assert abs(np.mean(added)) < 0.1
    smooth.main([str(tmp_path), "--only", "friedman2"])
    index = json.loads((tmp_path / "index.json").read_text())
    assert [(entry["name"], entry["n"]) for entry in index] == [
        ("friedman2_little_noise", 9000),
        ("friedman2_much_noise", 9000),
    ]
    frame = pd.read_parquet(tmp_path / index[0]["file"])
    truth = np.sqrt(frame["r"] ** 2 + (frame["w"] * frame["l"] - 1.0 / (frame["w"] * frame["c"])) ** 2)
    assert np.std(frame["target"] - truth) == pytest.approx(index[0]["noise"], rel=0.05)


def test_a_process_that_dies_is_a_failure(
    bench: dict[str, ModuleType], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept as one, the next table is measured in a new process, and a later run tries it again."""
    tabular = bench["tabular"]
    deaths = ["classes"]

    class Pool:
        def __init__(self, *_: Any, **__: Any) -> None:
            self.job: Any = None

        def submit(self, _: Any, job: Any) -> Pool:
            self.job = job
            return self

        def result(self) -> dict[str, Any]:
            if self.job.name in deaths:
                raise BrokenProcessPool
            return {**self.job.cell, "rows": 64, "error": 0.5, "seconds": 1.0}

        def shutdown(self) -> None:
            pass

    monkeypatch.setattr(tabular, "ProcessPoolExecutor", Pool)
    results = tmp_path / "kept.jsonl"
    words = [str(folder), "--methods", "MLP (scikit-learn)", "--results", str(results)]
    tabular.main(words)
    found = {row["set"]: row.get("failed") for row in map(json.loads, results.read_text().splitlines())}
    assert found == {"classes": "its process died, perhaps for want of memory", "numbers": None}
    deaths.clear()
    tabular.main(words)
    assert [json.loads(line)["set"] for line in results.read_text().splitlines()][2:] == ["classes"]


def test_what_is_not_there_is_left_out_and_said(
    bench: dict[str, ModuleType],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A method whose package or recipe is missing has no cells, and a line says why."""
    methods = bench["tabular_methods"]
    monkeypatch.setitem(methods.METHODS, "LightGBM", methods.Method("no_such_package", lambda split: split.y["test"]))
    monkeypatch.setitem(methods.METHODS, "glassnet fast", methods.METHODS["glassnet fast"]._replace(recipe="none"))
    words = ["--methods", "LightGBM; glassnet fast", "--results", str(tmp_path / "kept.jsonl")]
    bench["tabular"].main([str(folder), *words])
    said = capsys.readouterr().out
    assert "left out: LightGBM, since no_such_package is not installed" in said
    assert "left out: glassnet fast, since glassnet" in said
    assert "Nothing was measured." in said


def test_unknown_method(bench: dict[str, ModuleType], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A method that does not exist is named, with those that do."""
    with pytest.raises(SystemExit):
        bench["tabular"].main([str(folder), "--methods", "neural net"])
    assert "got neural net" in capsys.readouterr().err
