"""Rows of Parquet files: every row once an epoch, an order that follows from seed and epoch, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import ConfigError, DataError, MissingExtraError
from glassnet.training import Run
from glassnet.utils.block_buffers import buffers_of
from glassnet.utils.block_sources import BlockPart, BlockRows, held_out_rows

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

N = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two files: rows are numbered by ``number``, sorted by their class."""
    path = tmp_path_factory.mktemp("rows")
    generator = np.random.default_rng(0)
    X = generator.standard_normal((N, 3)).astype(np.float32)
    y = np.sort((X.sum(axis=1) > 0).astype(np.int64))
    columns = {"number": np.arange(N, dtype=np.float32), "a": X[:, 1], "b": X[:, 2] + 2.0 * y, "y": y}
    table = pyarrow.table({**columns, "w": generator.random(N) + 0.5})
    parquet.write_table(table.slice(0, 600), path / "1.parquet", row_group_size=250)
    parquet.write_table(table.slice(600), path / "2.parquet", row_group_size=50)
    return path


@pytest.fixture
def rows(folder: Path) -> gn.ParquetRows:
    """Return the rows in blocks of at most 60, of which 3 are shuffled together."""
    return gn.ParquetRows(
        folder / "*.parquet", target="y", columns=["number", "a", "b"], block_rows=60, buffer_blocks=3
    )


def network(seed: int = 3, **options: Any) -> gn.Network:
    """Return a new network with noise in it."""
    layers = [gn.Dense(8, "tanh"), gn.Dropout(0.1), gn.Dense(2)]
    return gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.01), seed=seed, **options)


def order_of(rows: Any, epoch: int, seed: int = 3) -> np.ndarray:
    """Return the numbers of the rows in the order of an epoch."""
    found = []
    for buffer in buffers_of(rows, epoch, network(seed)._streams[0].shuffling):
        numbers = np.concatenate([np.arange(rows.starts[b], rows.starts[b + 1]) for b in buffer.blocks])
        placed = np.empty_like(numbers)
        placed[buffer.places] = numbers
        found.append(placed)
    return np.concatenate(found)


def visited(rows: Any, *, epochs: int = 1, seed: int = 3, **options: Any) -> list[np.ndarray]:
    """Return the first input of each row, epoch by epoch, in the order of training."""
    found: list[list[float]] = [[] for _ in range(epochs)]

    class Watch(gn.Callback):
        def on_step_end(self, run: Run[Any]) -> None:
            assert run.batch is not None
            found[run.epoch].extend(run.batch[0][:, 0].tolist())

    network(seed).fit(rows, epochs=epochs, callbacks=Watch(), diagnose=False, **options)
    return [np.array(numbers) for numbers in found]


def whole(rows: gn.ParquetRows) -> tuple[np.ndarray, np.ndarray]:
    """Return all inputs and targets."""
    parts = [rows.read(block) for block in range(rows.n_blocks)]
    return np.concatenate([X for X, _, _ in parts]), np.concatenate([y for _, y, _ in parts])


def test_blocks_are_the_rows_in_their_order(rows: gn.ParquetRows) -> None:
    """Large row groups are divided into parts of about one size; each can be read alone, in any order."""
    assert (rows.n_rows, rows.n_features, rows.columns) == (N, 3, ["number", "a", "b"])
    counts = [rows.rows(block) for block in range(rows.n_blocks)]
    assert max(counts) <= 60
    assert counts == [50] * 10 + [50, 50] + [50] * 8
    X, y = whole(rows)
    assert X[:, 0].tolist() == list(range(N))
    assert y.dtype.kind == "i"
    wanted = [7, 2, 19, 3, 11]
    for place, (part, _, weight) in rows.read_blocks(wanted):
        assert part[:, 0].tolist() == list(range(rows.starts[wanted[place]], rows.starts[wanted[place] + 1]))
        assert weight is None


@pytest.mark.parametrize("batch_size", [1, 7, 64, 150, 170, 999])
def test_every_row_comes_once_an_epoch(rows: gn.ParquetRows, batch_size: int) -> None:
    """Whatever the sizes of batches, blocks and buffers; the order is another one in each epoch, and of another seed."""
    first, second = visited(rows, epochs=2, batch_size=batch_size)
    assert sorted(first) == sorted(second) == list(range(N))
    assert first.tolist() == order_of(rows, 0).tolist()
    assert second.tolist() == order_of(rows, 1).tolist() != first.tolist()
    assert visited(rows, batch_size=batch_size, seed=4)[0].tolist() != first.tolist()


def test_sorted_files_are_mixed(rows: gn.ParquetRows, folder: Path) -> None:
    """The first batch of a file sorted by class has blocks from several places."""
    start = visited(rows, batch_size=50)[0][:50]
    assert len(np.unique(start // 350)) == 3
    net, inputs = network(), gn.ParquetRows(folder, target="y", columns=["a", "b"], block_rows=60, buffer_blocks=8)
    net.fit(inputs, epochs=5, batch_size=20, diagnose=False)
    assert net.evaluate(*whole(inputs))["accuracy"] > 0.8


def test_options_of_order(rows: gn.ParquetRows) -> None:
    """Without shuffling rows come in their order, and so does a batch with all rows; a short last batch is left out."""
    assert visited(rows, batch_size=64, shuffle=False)[0].tolist() == list(range(N))
    assert visited(rows, batch_size=N)[0].tolist() == list(range(N))
    assert len(visited(rows, batch_size=300, drop_last=True)[0]) == 900


@pytest.mark.parametrize("batch_size", [64, 170])
def test_epochs_that_are_parts_of_a_pass(rows: gn.ParquetRows, batch_size: int) -> None:
    """An epoch of a few steps goes on where the one before ended; nothing is read twice for it."""
    reads: list[int] = []

    class Counting(gn.ParquetRows):
        def read_tables(self, blocks: Any) -> Any:
            reads.extend(blocks)
            return super().read_tables(blocks)

    counting = Counting(rows.paths, target="y", columns=rows.columns, block_rows=60, buffer_blocks=3)
    found = np.concatenate(visited(counting, epochs=9, batch_size=batch_size, steps_per_epoch=5))
    wanted = np.concatenate([order_of(rows, number) for number in range(9)])
    assert found.tolist() == wanted[: len(found)].tolist()
    assert len(reads) <= 1 + 20 * (len(found) / N + 1)  # one block is looked at beforehand


@pytest.mark.parametrize("weighs", [False, True])
def test_same_rows_in_the_same_order_give_the_same_bits(folder: Path, weighs: bool) -> None:
    """A fit on blocks is the fit on arrays that come in that order."""
    weight = "w" if weighs else None
    rows = gn.ParquetRows(folder / "*.parquet", target="y", columns=["a", "b"], weight=weight, block_rows=60)
    X, y = whole(rows)
    weights = np.concatenate([found[2] for _, found in rows.read_blocks(range(rows.n_blocks))]) if weighs else None
    ours, theirs = network(), network()
    ours.fit(rows, epochs=3, batch_size=64, diagnose=False)
    for epoch in range(3):
        order = order_of(rows, epoch)
        batches = [order[start : start + 64] for start in range(0, N, 64)]
        parts = [(X[b], y[b]) if weights is None else (X[b], y[b], weights[b]) for b in batches]
        theirs.fit(parts, epochs=1, diagnose=False)
    assert np.array_equal(ours.params, theirs.params)
    assert ours.history["loss"] == theirs.history["loss"]


def test_members_share_the_order(rows: gn.ParquetRows) -> None:
    """Several networks are trained at once on the rows in the order of the first one's seed."""
    both, first = network([3, 9], members=2), network()
    for net in (both, first):
        net.fit(rows, epochs=2, batch_size=32, diagnose=False)
    assert np.allclose(both.params[0], first.params, atol=1e-5)


class Killed(BaseException):
    """What a kill looks like to the run."""


@pytest.mark.parametrize("at", [6, 17, 40])
def test_a_run_goes_on_in_the_middle_of_an_epoch(rows: gn.ParquetRows, tmp_path: Path, at: int) -> None:
    """Killed after any step and resumed, it ends with the bits of one that was not, and reads no buffer before its place."""

    class Kill(gn.Callback):
        def on_step_end(self, run: Run[Any]) -> None:
            if run.total_steps == at:
                raise Killed

    how: dict[str, Any] = {"epochs": 3, "batch_size": 64, "validation_split": 0.1, "diagnose": False}
    undisturbed = network()
    undisturbed.fit(rows, **how, deterministic=True)
    rule = gn.Checkpoint(tmp_path / "run.safetensors", every_steps=4)
    with pytest.raises(Killed):
        network().fit(rows, **how, checkpoint=rule, callbacks=Kill())
    resumed = network()
    resumed.fit(rows, **how, checkpoint=rule, resume=True)
    assert np.array_equal(resumed.params, undisturbed.params)
    assert resumed.history.columns == undisturbed.history.columns


def test_other_rows_are_not_gone_on_with(folder: Path, tmp_path: Path) -> None:
    """The identity of the rows follows from footers and samples of bytes: same files elsewhere, same identity."""
    rows = gn.ParquetRows(folder, target="y", columns=["a", "b"])
    for name in ("1.parquet", "2.parquet"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    same = gn.ParquetRows(tmp_path, target="y", columns=["a", "b"])
    assert rows.identity() == same.identity()
    how: dict[str, Any] = {"batch_size": 100, "checkpoint": tmp_path / "run.safetensors", "diagnose": False}
    network().fit(rows, epochs=1, **how)
    network().fit(same, epochs=2, resume=True, **how)
    other = gn.ParquetRows(folder / "1.parquet", target="y", columns=["a", "b"])
    with pytest.raises(ConfigError, match="contents was"):
        network().fit(other, epochs=2, resume=True, **how)


def test_validation_rows(rows: gn.ParquetRows) -> None:
    """A share is held out by the number of the row; files of their own are read anew after each epoch."""
    train = visited(rows, batch_size=50, validation_split=0.3)[0]
    seed = int(network()._streams[0].split().integers(2**63))
    held_out = np.flatnonzero(held_out_rows(0, N, 0.3, seed))
    assert sorted([*train, *held_out]) == list(range(N))
    assert 250 < len(held_out) < 350
    X, y = whole(rows)
    one, other = network(), network()
    one.fit(rows, epochs=2, batch_size=64, validation_data=rows, diagnose=False)
    other.fit(rows, epochs=2, batch_size=64, validation_data=(X, y), diagnose=False)
    assert one.history.columns == other.history.columns
    part = BlockPart(rows, 0.3, seed, held_out=True)
    lazily = BlockRows(part, np.dtype("float32"))
    inputs = X[held_out].astype(np.float32)
    assert np.array_equal(lazily[:], inputs)
    assert np.array_equal(lazily.take(np.array([[5, 200], [7, 0]])), inputs[[[5, 200], [7, 0]]])


def test_balanced_classes_are_counted(rows: gn.ParquetRows) -> None:
    """As for arrays, to the last bits of the sums."""
    X, y = whole(rows)
    ours, theirs = network(), network()
    ours.fit(rows, epochs=1, batch_size=64, class_weight="balanced", shuffle=False, diagnose=False)
    theirs.fit(X, y, epochs=1, batch_size=64, class_weight="balanced", shuffle=False, diagnose=False)
    assert np.allclose(ours.params, theirs.params, atol=1e-5)


# ---- what is refused -----------------------------------------------------------------------------------------------


def write(path: Path, **columns: Any) -> Path:
    """Write a file of these columns, with a target unless there is one."""
    n = len(next(iter(columns.values())))
    parquet.write_table(pyarrow.table({"y": [0, 1] * (n // 2), **columns}), path)
    return path


def test_files_that_are_refused(folder: Path, tmp_path: Path) -> None:
    """Each in one sentence that names the file."""
    with pytest.raises(FileNotFoundError, match=r"no file matches '.*none\.parquet'\."):
        gn.ParquetRows([folder / "1.parquet", tmp_path / "none.parquet"], target="y")
    with pytest.raises(ConfigError, match="files is an empty list; it must name at least one file"):
        gn.ParquetRows([], target="y")
    with pytest.raises(ConfigError, match="given once"):
        gn.ParquetRows([folder / "1.parquet", folder / "*.parquet"], target="y")
    (tmp_path / "text.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"'.*text\.parquet' is no whole Parquet file: "):
        gn.ParquetRows(tmp_path / "text.parquet", target="y")
    good = (folder / "1.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(good[:-30])
    with pytest.raises(DataError, match="is no whole Parquet file"):
        gn.ParquetRows(tmp_path / "cut.parquet", target="y")
    with pytest.raises(DataError, match="there are no rows in"):
        gn.ParquetRows(write(tmp_path / "empty.parquet", x=pyarrow.array([], "float64")), target="y")
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(good[:4] + b"\xff" * 2000 + good[2004:])
    with pytest.raises(DataError, match=r"row group 0 of '.*damaged\.parquet' cannot be read: "):
        network().fit(gn.ParquetRows(damaged, target="y", block_rows=100), epochs=1)


def test_columns_that_are_refused(folder: Path, tmp_path: Path) -> None:
    """Each in one sentence that names the column."""
    with pytest.raises(
        ConfigError,
        match=r"target is 'Y', which is no column\. Did you mean 'y'\? The columns are 'number', 'a', 'b', 'y', 'w'\.",
    ):
        gn.ParquetRows(folder, target="Y")
    with pytest.raises(
        ConfigError, match=r"weight is 'y', which is no column\. The columns are 'number', 'a', 'b', 'w'\."
    ):
        gn.ParquetRows(folder, target="y", weight="y")
    with pytest.raises(ConfigError, match=r"each of columns is 'y', which is no column\."):
        gn.ParquetRows(folder, target="y", columns=["a", "y"])
    one = write(tmp_path / "1.parquet", x=[1.0, 2.0])
    with pytest.raises(
        DataError, match=r"'.*2\.parquet' lacks 'x', which '.*' has; all files must have the same columns\."
    ):
        gn.ParquetRows([one, write(tmp_path / "2.parquet", z=[1.0, 2.0])], target="y")
    with pytest.raises(DataError, match=r"column 'x' is double in .* and string in .*; its types must go together\."):
        gn.ParquetRows([one, write(tmp_path / "3.parquet", x=["1", "2"])], target="y")
    with pytest.raises(DataError, match=r"columns are nested: 'x' \(list.*columns=\['z'\], say"):
        gn.ParquetRows(write(tmp_path / "4.parquet", x=[[1], [2, 3]], z=[1.0, 2.0]), target="y")
    text = gn.ParquetRows(write(tmp_path / "5.parquet", x=["a", "b"], z=[1.0, 2.0]), target="y")
    with pytest.raises(
        DataError,
        match=r"the columns of ParquetRows include 'x' \(string\); they must be numbers\. Leave them out with columns=",
    ):
        network().fit(text, epochs=1)


def test_values_that_are_refused(tmp_path: Path) -> None:
    """A missing value is named by its row in its file, also where the rows are read in a thread."""
    good = write(tmp_path / "a.parquet", x=[1.0] * 10)
    x = [1.0, None] * 5
    rows = gn.ParquetRows([good, write(tmp_path / "b.parquet", x=x)], target="y", block_rows=3, buffer_blocks=1)
    net = network()
    with pytest.raises(
        DataError, match=r"column 'x' holds a missing value or NaN in row \d of '.*b\..*; it must hold finite numbers\."
    ):
        net.fit(rows, epochs=1, batch_size=2)
    nobody = write(tmp_path / "c.parquet", x=[1.0, 2.0], w=[1.0, -1.0])
    with pytest.raises(
        DataError, match=r"'w' holds -1 in row 2 of .*; it must hold weights, finite numbers of 0 or more\."
    ):
        network().fit(gn.ParquetRows(nobody, target="y", weight="w"), epochs=1)


def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    """The rows of another file under the same name are not trained on."""
    path = write(tmp_path / "a.parquet", x=[1.0] * 10)
    rows = gn.ParquetRows(path, target="y")
    write(path, x=[2.0] * 12)
    with pytest.raises(DataError, match=r"has changed; files must stay as they are while they are read\."):
        rows.read(0)


def test_options_that_are_refused(rows: gn.ParquetRows) -> None:
    """What the source says itself is not said again."""
    for options, words in [
        ({"y": [1]}, r"y is \[1\]; with blocks of rows it must be left out\. Name the column: target='y'\."),
        ({"sample_weight": [1]}, "weight='w'"),
        ({"steps_per_epoch": 0}, "steps_per_epoch is 0; it must be a whole number of at least 1"),
        ({"validation_split": 0.1, "validation_data": rows}, "are both given; only one may be"),
    ]:
        with pytest.raises(ConfigError, match=words):
            network().fit(rows, epochs=1, **options)
    with pytest.raises(ConfigError, match="block is 20; it must be a whole number of at most 19"):
        rows.read(20)


def test_kinds_of_numbers(tmp_path: Path) -> None:
    """Whole numbers, decimals, yes and no: each as the number that it is."""
    from decimal import Decimal

    columns = {"flag": [True, False], "whole": pyarrow.array([1, 2], "uint8"), "money": [Decimal("1.50"), Decimal("2")]}
    X, y, _ = gn.ParquetRows(write(tmp_path / "a.parquet", **columns), target="y").read(0)
    assert X.tolist() == [[1.0, 1.0, 1.5], [0.0, 2.0, 2.0]]
    assert y.tolist() == [0, 1]


def test_the_index_of_pandas_is_no_input(tmp_path: Path) -> None:
    """As when the file is read whole."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": [0, 1]}, index=pandas.Index([5, 7], name="id"))
    frame.to_parquet(tmp_path / "a.parquet")
    assert gn.ParquetRows(tmp_path / "a.parquet", target="y").columns == ["x"]


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"needs pyarrow, .*Run: pip install 'glassnet\[parquet\]'"):
        gn.ParquetRows("rows.parquet", target="y")


def test_memory_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At no time are more than two buffers and a block of rows in memory, as far as our own arrays go."""
    import tracemalloc

    n = 60_000
    columns = {f"x{j}": np.random.default_rng(j).random(n) for j in range(10)}
    path = write(tmp_path / "a.parquet", **columns)
    rows = gn.ParquetRows(path, target="y", block_rows=1000, buffer_blocks=4)
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0)
    net.build(10)
    tracemalloc.start()
    net.fit(rows, epochs=1, batch_size=500, diagnose=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * n * 10 * 4
