"""Parquet rows as they are found in the world: sorted, cut small, moved, of several types, and misplaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import ConfigError, DataError
from glassnet.utils.block_buffers import blocks_together, buffers_of
from glassnet.utils.block_sources import BlockSource

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def write(path: Path, group: int | None = None, **columns: Any) -> Path:
    """Write a file of these columns, with a target unless there is one."""
    n = len(next(iter(columns.values())))
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.table({"y": [0, 1] * (n // 2), **columns}), path, row_group_size=group)
    return path


def network(**options: Any) -> gn.Network:
    """Return a new network."""
    return gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0, **options)


def table_rows(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and labels that can be learned but for some noise."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, 4))
    return X, (X.sum(axis=1) + 0.7 * generator.standard_normal(n) > 0).astype(int)


# ---- order -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 2, 3, 8])
def test_buffers_have_about_the_same_number_of_blocks(most: int) -> None:
    """None is left with the one block that the others had no room for, and none has more than it may."""
    for n in range(1, 60):
        sizes = blocks_together(n, most)
        assert sum(sizes) == n
        assert max(sizes) <= most
        assert max(sizes) - min(sizes) <= 1
        assert len(sizes) == -(-n // most)
    source = BlockSource()
    source.starts, source.buffer_blocks = np.arange(10) * 5, most
    found = [buffer.blocks.tolist() for buffer in buffers_of(source, 0, network()._streams[0].shuffling)]
    assert sorted(len(blocks) for blocks in found) == sorted(blocks_together(9, most))
    assert sorted(block for blocks in found for block in blocks) == list(range(9))


def test_sorted_rows_of_one_block_more_than_a_buffer(tmp_path: Path) -> None:
    """No epoch ends on rows of one class: as accurate as in memory."""
    X, y = table_rows(4500)
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    path = write(tmp_path / "a.parquet", 500, y=y, **{f"x{j}": X[:, j] for j in range(4)})
    rows = gn.ParquetRows(path, target="y", block_rows=500)
    assert rows.n_blocks == 9
    classes = [y[rows.starts[block]] for block in range(8)]
    for epoch in range(20):
        for buffer in buffers_of(rows, epoch, network()._streams[0].shuffling):
            held = [classes[block] for block in buffer.blocks if block < 8]
            assert abs(sum(held) - len(held) / 2) <= 1
    ours, theirs = (network(optimizer=gn.Adam(0.01)) for _ in range(2))
    ours.fit(rows, epochs=6, batch_size=32, diagnose=False)
    theirs.fit(X, y, epochs=6, batch_size=32, diagnose=False)
    assert ours.evaluate(X, y)["accuracy"] > theirs.evaluate(X, y)["accuracy"] - 0.02


# ---- files -----------------------------------------------------------------------------------------------------------


def test_many_small_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours are one block, files are opened a few times, and their footers are parsed once."""
    from glassnet.utils import parquet_tables

    opened: list[bool] = []
    really = parquet_tables.open_file

    def counted(path: Path, name: str, footer: Any = None) -> Any:
        opened.append(footer is not None)
        return really(path, name, footer)

    monkeypatch.setattr(parquet_tables, "open_file", counted)
    codes = pyarrow.array(np.arange(2000).astype(str)).dictionary_encode()
    path = write(tmp_path / "a.parquet", 1, x=np.arange(2000.0), code=codes)
    rows = gn.ParquetRows(path, target="y", columns=["x"])
    assert np.diff(rows.starts).tolist() == [1024, 976]
    assert np.concatenate([rows.read(block)[0][:, 0] for block in range(2)]).tolist() == list(range(2000))
    network().fit(rows, epochs=2, batch_size=100, diagnose=False)
    assert opened == [False, True] + [True] * 3
    table = next(table for _, table in gn.ParquetRows(path, target="y").read_tables([1]))
    assert table.column("code").to_pylist() == [str(i) for i in range(1024, 2000)]
    # Where a block may have fewer rows, none is joined to more.
    assert np.diff(gn.ParquetRows(path, target="y", block_rows=30).starts).max() == 30


def test_files_stay_the_same_in_another_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after pickling; messages name them as they were given."""
    import pickle

    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "a.parquet", x=[1.0, None])
    monkeypatch.chdir(tmp_path)
    rows = gn.ParquetRows("a.parquet", target="y", columns=["x"])
    monkeypatch.chdir(tmp_path / "elsewhere")
    for each in (rows, pickle.loads(pickle.dumps(rows))):
        with pytest.raises(DataError, match=r"NaN in row 2 of 'a\.parquet'"):
            each.read(0)


def test_one_file_by_two_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows would count twice."""
    path = write(tmp_path / "a.parquet", x=[1.0, 2.0])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.parquet").symlink_to(path)
    for other in ("a.parquet", tmp_path / "link.parquet", "./../" + tmp_path.name + "/a.parquet"):
        with pytest.raises(
            ConfigError, match=r"'.*a\.parquet' and '.*\.parquet' are the same file; each file must be given once\."
        ):
            gn.ParquetRows([path, other], target="y")


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    """During training: one sentence."""
    path = write(tmp_path / "a.parquet", x=[1.0] * 10)
    rows = gn.ParquetRows(path, target="y")
    path.unlink()
    with pytest.raises(DataError, match=r"a\.parquet' is not there any more; files must stay while they are read\."):
        network().fit(rows, epochs=1)


def test_a_folder_called_like_a_file(tmp_path: Path) -> None:
    """As Spark names those that it writes files into: a pattern means the files beside it."""
    write(tmp_path / "a.parquet", x=[1.0, 2.0])
    write(tmp_path / "b.parquet" / "part-0.parquet", x=[1.0, 2.0])
    assert gn.ParquetRows(tmp_path / "*.parquet", target="y").n_rows == 2
    assert gn.ParquetRows(tmp_path / "b.parquet", target="y").n_rows == 2
    assert gn.ParquetRows(tmp_path / "**" / "*.parquet", target="y").n_rows == 4


def test_values_in_the_names_of_folders(tmp_path: Path) -> None:
    """They are no column: refused where files differ in them, unless the inputs are named."""
    paths = [write(tmp_path / f"year={year}" / "a.parquet", x=[1.0, 2.0]) for year in (2020, 2021)]
    with pytest.raises(
        DataError,
        match=r"the folders 'year=2020' and 'year=2021' have a 'year' that is not read; each column must be in the files\. Write it into the files, or name the inputs without it: columns=\[\.\.\.\]\.",
    ):
        gn.ParquetRows(tmp_path / "*" / "*.parquet", target="y")
    with pytest.raises(
        DataError,
        match=r"the folders 'year=2020' and 'year=2021' have a 'year' that is not read; each column must be in the files\. Write it into the files, or name the inputs without it: columns=\[\.\.\.\]\.",
    ):
        gn.ParquetRows(paths, target="y", columns=["x", "year"])
    assert gn.ParquetRows(paths, target="y", columns=["x"]).n_rows == 4
    assert gn.ParquetRows(paths[:1], target="y").n_rows == 2
    with pytest.raises(FileNotFoundError, match=r"no file matches '.*'\. There are some in folders below it: .*\*\*"):
        gn.ParquetRows(tmp_path, target="y")
    for year in (2020, 2021):
        write(tmp_path / f"year={year}" / "a.parquet", x=[1.0, 2.0], year=[year, year])
    assert gn.ParquetRows(paths, target="y").columns == ["x", "year"]


# ---- types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (pyarrow.array([1, 2]), pyarrow.array([0.5, None]), "double"),
        (pyarrow.nulls(2), pyarrow.array([1.0, 2.0]), "double"),
        (pyarrow.array(["a", "b"]), pyarrow.nulls(2), "string"),
        (pyarrow.array(["a", "b"]), pyarrow.array(["c", "d"], "large_string"), "large_string"),
        (pyarrow.array(["a", "b"]).dictionary_encode(), pyarrow.array(["c", None]), "string"),
        (pyarrow.array(["a", "b"], "string_view"), pyarrow.array(["c", "d"]), "string"),
        (pyarrow.array([1, 2], "int8"), pyarrow.array([200, 3], "uint8"), "int16"),
        (pyarrow.array([1, 2], "int64"), pyarrow.array([200, 3], "uint64"), None),
        (pyarrow.array([1.0, 2.0], "float32"), pyarrow.array([2**24 + 1, 3], "int32"), "double"),
        (
            pyarrow.array([1, 2], pyarrow.timestamp("us")),
            pyarrow.array([1, 2], pyarrow.timestamp("ns")),
            "timestamp[ns]",
        ),
        (pyarrow.array([1, 2], pyarrow.timestamp("us")), pyarrow.array([1, 2], pyarrow.timestamp("us", "UTC")), None),
        (pyarrow.array([True, False]), pyarrow.array([1, 2]), None),
        (pyarrow.array(["1", "2"]), pyarrow.array([1, 2]), None),
    ],
)
def test_types_of_several_files(tmp_path: Path, first: Any, second: Any, kind: str | None) -> None:
    """A column has the wider type where no value becomes another, whichever file comes first."""
    paths = [write(tmp_path / "1.parquet", x=first), write(tmp_path / "2.parquet", x=second)]
    for files in (paths, paths[::-1]):
        if kind is None:
            with pytest.raises(
                DataError, match=r"column 'x' is .*; its types must go together\. Write the files anew with one type\."
            ):
                gn.ParquetRows(files, target="y")
            continue
        rows = gn.ParquetRows(files, target="y")
        found = [table.column("x") for _, table in rows.read_tables([0, 1])]
        assert [str(column.type) for column in found] == [kind] * 2
        wanted = [first.cast(found[0].type).to_pylist(), second.cast(found[0].type).to_pylist()]
        assert [column.to_pylist() for column in found] == (wanted if files == paths else wanted[::-1])


def test_a_whole_number_that_float64_does_not_hold(tmp_path: Path) -> None:
    """Refused when it is read, rather than rounded."""
    paths = [write(tmp_path / "1.parquet", x=[1.0, 2.0]), write(tmp_path / "2.parquet", x=[2**53 + 1, 3])]
    with pytest.raises(
        DataError, match=r"'x' of '.*2\.parquet' does not fit into double, its type in others: .*9007199254740993"
    ):
        gn.ParquetRows(paths, target="y").read(1)


def test_kinds_that_pyarrow_can_do_little_with(tmp_path: Path) -> None:
    """Views of text and numbers of 16 bits, as inputs, labels and weights."""
    generator = np.random.default_rng(0)
    half = pyarrow.array(generator.standard_normal(100).astype(np.float16))
    text = pyarrow.array(["a", "b"] * 50, "string_view")
    path = write(
        tmp_path / "a.parquet",
        half=half,
        text=text,
        other=half,
        y=pyarrow.array(["no", "yes"] * 50, "string_view"),
    )
    fitted = gn.tabular.TabularClassifier(epochs=1, random_state=0).fit(gn.ParquetRows(path, target="y"))
    assert sorted(fitted.classes_) == ["no", "yes"]
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0)
    net.fit(gn.ParquetRows(path, target="half", columns=["other"]), epochs=1)
    gn.tabular.TabularRegressor(epochs=1, random_state=0).fit(gn.ParquetRows(path, target="half"))
    with pytest.raises(DataError, match=r"include 'text' \(string\); they must be numbers"):
        network().fit(gn.ParquetRows(path, target="half", columns=["text"]), epochs=1)


def test_a_column_that_a_later_file_has_twice(tmp_path: Path) -> None:
    """Which of both is meant is not known."""
    one = write(tmp_path / "1.parquet", x=[1.0, 2.0])
    table = pyarrow.table([[0, 1], [1.0, 2.0], [1.0, 2.0]], names=["y", "x", "x"])
    parquet.write_table(table, tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"column 'x' is twice in '.*2\.parquet'; names must differ from each other\."):
        gn.ParquetRows([one, tmp_path / "2.parquet"], target="y")


# ---- weights and validation rows -------------------------------------------------------------------------------------


def test_weights_that_are_refused(tmp_path: Path) -> None:
    """All zero as for arrays; others by what they are, and where."""
    weights = np.ones(100)
    for value, words in ((-3.0, "holds -3 in row 71 of"), (np.nan, "holds a missing value or NaN in row 71 of")):
        weights[70] = value
        rows = gn.ParquetRows(write(tmp_path / "a.parquet", 10, x=np.ones(100), w=weights), target="y", weight="w")
        with pytest.raises(DataError, match=rf"'w' {words} .*; it must hold weights, finite numbers of 0 or more\."):
            network().fit(rows, epochs=1)
    path = write(tmp_path / "b.parquet", 10, x=np.ones(100), w=np.zeros(100))
    net = network()
    with pytest.raises(DataError, match="fit: the weights of all rows are 0; some row must weigh more"):
        net.fit(gn.ParquetRows(path, target="y", weight="w", block_rows=10), epochs=1)
    good = gn.ParquetRows(path, target="y", columns=["x"])
    with pytest.raises(DataError, match="no weight may be negative, nor all of them zero"):
        net.fit(good, epochs=1, validation_data=gn.ParquetRows(path, target="y", weight="w"))
    late = write(tmp_path / "c.parquet", 10, x=np.ones(100), w=np.arange(100) > 80)
    history = net.fit(gn.ParquetRows(late, target="y", weight="w", block_rows=10), epochs=1)
    assert np.isfinite(history["loss"]).all()


def test_validation_rows_are_matched_by_name(tmp_path: Path) -> None:
    """In whatever order their columns come; others than those trained on are not read, and none may be missing."""
    X, y = table_rows(400)
    a, b = X[:, 0], X[:, 1]
    rows = gn.ParquetRows(write(tmp_path / "1.parquet", a=a, b=b, y=y), target="y")
    one, other = network(), network()
    one.fit(rows, epochs=2, validation_data=rows, diagnose=False)
    swapped = write(tmp_path / "2.parquet", z=["text"] * 400, b=b, a=a, y=y)
    other.fit(rows, epochs=2, validation_data=gn.ParquetRows(swapped, target="y"), diagnose=False)
    assert one.history.columns == other.history.columns
    named = gn.ParquetRows(write(tmp_path / "3.parquet", p=a, b=b, y=y), target="y")
    with pytest.raises(
        DataError,
        match=r"validation_data: ParquetRows have no column 'a'; they must have the inputs that are trained on, which are matched by name\. The columns are 'p', 'b'\.",
    ):
        network().fit(rows, epochs=1, validation_data=named)


# ---- the thread that reads -------------------------------------------------------------------------------------------


def readers() -> list[str]:
    """Return the names of the threads that read rows."""
    return [thread.name for thread in threading.enumerate() if "glassnet-reader" in thread.name]


def test_the_reader_ends_with_the_fit(tmp_path: Path) -> None:
    """However it ends: at its target within a pass, stopped, out of time, by an error, or closed between two steps."""
    path = write(tmp_path / "a.parquet", x=np.ones(1000))
    rows = gn.ParquetRows(path, target="y", block_rows=50, buffer_blocks=2)
    seen: list[int] = []

    class Ending(gn.Callback):
        """Keeps the run, as somebody may, and ends it."""

        def __init__(self, error: bool = False) -> None:
            self.error, self.run = error, None

        def on_step_end(self, run: Any) -> None:
            self.run, self.batches = run, run.batches
            seen.append(len(readers()))
            if self.error:
                raise KeyError
            run.stop("enough")

    class Slow(gn.Callback):
        def on_step_end(self, run: Any) -> None:
            time.sleep(0.01)

    for options in ({"steps_per_epoch": 7}, {"callbacks": Ending()}, {"max_seconds": 0.1, "callbacks": Slow()}):
        net = network()
        net.fit(rows, **{"epochs": 50 if "callbacks" in options else 1, "batch_size": 16, "diagnose": False, **options})
        assert readers() == []
    with pytest.raises(KeyError) as kept:
        network().fit(rows, epochs=1, callbacks=Ending(error=True))
    assert readers() == []
    assert kept.value is not None
    run = network().stepwise(rows, batch_size=16)
    run.advance(3)
    run.close()
    assert readers() == []
    assert set(seen) == {1}


# ---- where an array is wanted ----------------------------------------------------------------------------------------


def test_rows_in_the_place_of_arrays(tmp_path: Path) -> None:
    """Said is what takes them, and how to read some."""
    X, y = table_rows(60)
    rows = gn.ParquetRows(write(tmp_path / "a.parquet", a=X[:, 0], b=X[:, 1], y=y), target="y")
    inputs, fitted = X[:, :2], network()
    fitted.fit(inputs, y, epochs=1, diagnose=False)
    population = gn.Population(network(), 2)
    calls: list[Callable[[], object]] = [
        lambda: fitted.predict(rows),
        lambda: fitted.evaluate(rows),
        lambda: fitted.evaluate(rows, y),
        lambda: fitted.explain(rows, y),
        lambda: gn.diagnose(fitted, rows, y),
        lambda: network().init_from_data(rows),
        lambda: network().fit(rows, epochs=1, validation_data=(rows, None)),
        lambda: gn.find_learning_rate(network(), rows),
        lambda: gn.find_learning_rate(network(), rows, None),
        lambda: gn.find_learning_rate(network(), rows, y),
        lambda: gn.cross_validate(network(), rows),
        lambda: gn.cross_validate(network(), rows, y, epochs=1),
        lambda: gn.sweep(lambda seed: network(), {"seed": [0, 1]}, rows, y, epochs=1),
        lambda: population.fit(rows),
        lambda: population.fit(rows, None, epochs=1),
        lambda: population.fit(rows, y, epochs=1),
    ]
    for number, call in enumerate(calls):
        with pytest.raises((ConfigError, DataError, TypeError)) as found:
            call()
        assert "Rows that stay in their files are for Network.fit" in str(found.value), (number, found.value)
    with pytest.raises(
        DataError,
        match=r"this call needs all rows in memory at once; ParquetRows may be passed only to what reads rows in parts\. Network\.fit, TabularClassifier\.fit and TabularRegressor\.fit take them, without y\.",
    ):
        np.asarray(rows)
    with pytest.raises(
        ConfigError,
        match=r"y is array\(\[0\., 0\., 0\., 0\., 0\., 0\., 0\., 0 \.\.\.; with blocks of rows it must be left out\. Name the column: target='y'\.",
    ) as found:
        fitted.fit(rows, np.zeros(1000), epochs=1)
    assert len(str(found.value)) < 150


def test_inputs_that_are_refused(tmp_path: Path) -> None:
    """A set has no order; for a nested target other inputs do not help."""
    path = write(tmp_path / "a.parquet", a=[1.0, 2.0], b=[1.0, 2.0], n=[[0], [1]])
    with pytest.raises(
        ConfigError,
        match=r"columns is a set; it must be a list of names, whose order is that of the inputs\. Write columns=\['a', 'b'\]\.",
    ):
        gn.ParquetRows(path, target="y", columns={"b", "a"})  # type: ignore[arg-type]
    with pytest.raises(
        ConfigError, match=r"columns is 3; it must be a list of names, whose order is that of the inputs\."
    ):
        gn.ParquetRows(path, target="y", columns=3)  # type: ignore[arg-type]
    for columns in (np.array(["b", "a"]), (name for name in "ba")):
        assert repr(gn.ParquetRows(path, target="y", columns=columns).columns) == "['b', 'a']"  # type: ignore[arg-type]
    with pytest.raises(
        DataError,
        match=r"columns are nested: 'n' \(list.*\); each cell must hold one value\. Write each value in a column of its own",
    ):
        gn.ParquetRows(path, target="n", columns=["a"])
