"""Rows of Parquet files by shard: each process reads its own, each row comes once, and the order is one on any number."""

from __future__ import annotations

import threading
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training import fit_network
from glassnet.training.block_batches import BlockBatches
from glassnet.training.division import Sharding, shards_of
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.sharded_blocks import ShardedBlocks
from glassnet.utils.block_shards import deal, streams_for
from glassnet.utils.block_sources import BlockPart, BlockSource
from glassnet.utils.random_streams import Streams
from mpi_runs import run_ranks
from thread_ranks import together

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

UNEQUAL = [1100, 300, 500, 77, 0, 640, 90, 200]
FILES = {"unequal": UNEQUAL, "one": [3000], "two": [2000, 100], "equal": [250] * 16}
OPTIONS: list[dict[str, Any]] = [
    {"batch_size": 250},
    {"batch_size": 170, "drop_last": True},
    {"batch_size": 64, "steps_per_epoch": 17, "epochs": 4},
    {"batch_size": 5000},
    {"batch_size": 100, "shuffle": False},
    {"batch_size": 5, "steps_per_epoch": 20},  # fewer rows than shards
]


def write(path: Path, groups: list[int], **columns: np.ndarray) -> str:
    """Write a file whose row groups have these numbers of rows, which are numbered by their first column."""
    n = sum(groups)
    y = np.arange(n) * 2 // n  # sorted by class
    table = pyarrow.table({"number": np.arange(n, dtype=np.float32), **columns, "y": y, "w": np.arange(n) % 3 + 0.5})
    with parquet.ParquetWriter(path, table.schema) as writer:
        start = 0
        for rows in groups:
            writer.write_table(table.slice(start, rows), row_group_size=max(rows, 1))
            start += rows
    return str(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, gn.ParquetRows]:
    """Return rows of files with row groups of unequal sizes, of one, of two, and of many equal ones."""
    folder = tmp_path_factory.mktemp("rows")
    found = {}
    for name, groups in FILES.items():
        path = write(folder / f"{name}.parquet", groups)
        found[name] = gn.ParquetRows(path, "y", columns=["number"], block_rows=1024, buffer_blocks=5)
    return found


def network(**options: Any) -> gn.Network:
    """Return a new network with noise in it."""
    return gn.Network(
        [gn.Dense(4, "tanh"), gn.Dropout(0.1), gn.Dense(2)],
        loss="cross_entropy", optimizer=gn.Adam(0.01), **{"seed": 3, **options},
    )  # fmt: skip


def trained(rows: BlockSource, ranks: Ranks | None, shards: int, net: gn.Network, **options: Any) -> list[np.ndarray]:
    """Train; return the numbers of the rows of each batch that this process has."""
    found: list[np.ndarray] = []

    class Watch(gn.Callback):
        def on_step_end(self, run: Any) -> None:
            found.append(run.batch[0][..., 0].copy())

    how = {"epochs": 2, "progress": False, "callbacks": Watch(), **options}
    fit_network(net, rows, shards=shards, distributed=ranks, **how)
    return found


def on_ranks(size: int, rows: BlockSource, shards: int, **options: Any) -> tuple[list[np.ndarray], list[gn.Network]]:
    """Train with several processes; return the rows of each batch, of all together, and the networks."""
    parts: dict[int, list[np.ndarray]] = {}

    def train(ranks: Ranks) -> gn.Network:
        net = network()
        parts[ranks.rank] = trained(rows, ranks, shards, net, **options)
        return net

    nets = together(size, train)
    return [np.concatenate(batch) for batch in zip(*(parts[rank] for rank in range(size)), strict=True)], nets


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", FILES)
def test_each_row_once_and_one_order(files: dict[str, gn.ParquetRows], name: str, options: dict[str, Any]) -> None:
    """On 1, 2, 3 processes all batches have the same rows in the same order, of an epoch no row twice, and the same bits."""
    rows = files[name]
    size = min(options["batch_size"], rows.n_rows)
    alone = network()
    batches = trained(rows, None, 8, alone, **options)
    for n in (2, 3) if name == "unequal" else (3,):
        theirs, nets = on_ranks(n, rows, 8, **options)
        assert [batch.tolist() for batch in theirs] == [batch.tolist() for batch in batches]
        for net in nets:
            np.testing.assert_array_equal(net.params, alone.params)
    seen = np.concatenate(batches)
    of_pass = rows.n_rows // size * size if options.get("drop_last") else rows.n_rows
    for start in range(0, len(seen), of_pass):
        numbers = seen[start : start + of_pass]
        assert len(np.unique(numbers)) == len(numbers)
    assert len(seen) >= of_pass or size == 5
    sizes = [len(batch) for batch in batches]
    assert sizes[0] == size
    assert set(sizes) <= {size, rows.n_rows % size}


@pytest.mark.parametrize("shards", [1, 2, 64])
def test_other_numbers_of_shards(files: dict[str, gn.ParquetRows], shards: int) -> None:
    """All rows come once with one shard, two, and more shards than blocks; each epoch has another order."""
    rows = files["unequal"]
    found = trained(rows, None, shards, network(), batch_size=100)
    first, second = np.concatenate(found[:30]), np.concatenate(found[30:])
    assert sorted(first) == sorted(second) == list(range(rows.n_rows))
    assert first.tolist() != second.tolist()
    if shards > 1:
        theirs, _ = on_ranks(2, rows, shards, batch_size=100)
        assert np.concatenate(theirs).tolist() == np.concatenate(found).tolist()


def test_one_batch_of_all_rows_has_them_in_their_order(files: dict[str, gn.ParquetRows]) -> None:
    """As without shards; without shuffling each of several shards has neighbouring rows, in their order."""
    rows = files["unequal"]
    (batch,) = trained(rows, None, 8, network(), batch_size=5000, epochs=1)
    assert batch.tolist() == list(range(rows.n_rows))
    found = trained(rows, None, 4, network(), batch_size=100, epochs=1, shuffle=False)
    fourth = [number for batch in found for number in batch[: len(batch) // 4]]
    assert fourth == list(range(len(fourth)))


@pytest.mark.parametrize("shards", [2, 8])
def test_each_process_reads_its_own_blocks(files: dict[str, gn.ParquetRows], shards: int) -> None:
    """Together they read about as many blocks as there are, not each of them all; a buffer before its place is not read."""
    rows = files["equal"]

    def reads(rank: int, size: int, first: int = 0) -> list[int]:
        found: list[int] = []

        class Counting(gn.ParquetRows):
            def read_tables(self, blocks: Any) -> Any:
                found.extend(blocks)
                return super().read_tables(blocks)

        counting = Counting(rows.paths, "y", columns=["number"], block_rows=250, buffer_blocks=2)
        batches = ShardedBlocks(
            network(), counting, batch_size=100, shuffle=True, drop_last=False, weigh=lambda y, weight: weight
        )
        batches.sharding = Sharding(shards, shards_of(shards, rank, size))
        found.clear()
        assert sum(1 for _ in batches.epoch(0, first)) == 40 - first
        batches.close()
        return found

    assert sorted(reads(0, 1)) == list(range(16))
    parts = [reads(rank, 2) for rank in range(2)]
    assert [len(part) for part in parts] == [8, 8]
    assert sorted(parts[0] + parts[1]) == list(range(16))
    assert len(reads(0, 2, first=30)) == 2


def test_sorted_rows_are_mixed() -> None:
    """Of a source sorted by class the first blocks of all streams are from everywhere, and so are the next ones."""
    source = BlockSource()
    source.starts, source.buffer_blocks = np.arange(65) * 10, 8
    for epoch in range(10):
        pieces = deal(source, [80] * 8, epoch, Streams(0).shuffling)
        assert all(len(of_stream) == 8 for of_stream in pieces)
        for turn in range(8):
            places = sorted(of_stream[turn].block // 8 for of_stream in pieces)
            assert places == list(range(8))


def test_few_blocks_are_in_two_streams() -> None:
    """Blocks are divided only where the rows of a stream must come out even."""
    source = BlockSource()
    source.starts, source.buffer_blocks = np.cumsum([0, *[100, 90, 120, 0] * 50]), 8
    wanted = [int(source.starts[-1]) // 8] * 8
    pieces = deal(source, wanted, 0, Streams(0).shuffling)
    assert [sum(piece.n_rows for piece in of_stream) for of_stream in pieces] == wanted
    blocks = [piece.block for of_stream in pieces for piece in of_stream]
    assert len(blocks) - len(set(blocks)) <= 8
    assert [streams_for(source, n) for n in (1, 8, 2**16)] == [1, 8, 8]


def test_weights_classes_members_and_a_part_of_the_rows(files: dict[str, gn.ParquetRows], tmp_path: Path) -> None:
    """Weights of rows and classes, rows held out, and several networks at once have one result on any number of processes."""
    rows = gn.ParquetRows(write(tmp_path / "w.parquet", UNEQUAL), "y", columns=["number"], weight="w", buffer_blocks=5)
    options: dict[str, Any] = {"batch_size": 100, "class_weight": "balanced", "validation_split": 0.2}
    alone = network()
    found = np.concatenate(trained(rows, None, 4, alone, epochs=1, **options))
    theirs, nets = on_ranks(3, rows, 4, epochs=1, **options)
    assert np.concatenate(theirs).tolist() == found.tolist()
    assert np.array_equal(nets[2].params, alone.params)
    assert nets[2].history.columns == alone.history.columns
    seed = int(network()._streams[0].split().integers(2**63))
    part = BlockPart(rows, 0.2, seed, held_out=False)
    assert sorted(found) == np.concatenate([part.read(block)[0][:, 0] for block in range(part.n_blocks)]).tolist()
    both = network(seed=[3, 9], members=2)
    numbers = trained(rows, None, 4, both, epochs=1, batch_size=100)
    assert sorted(np.concatenate([batch[0] for batch in numbers])) == list(range(rows.n_rows))
    assert [batch[0].tolist() for batch in numbers] == [batch[1].tolist() for batch in numbers]


class Killed(BaseException):
    """What a kill looks like to the run."""


@pytest.mark.parametrize(("before", "after"), [(1, 3), (2, 1), (3, 2)])
def test_a_run_goes_on_with_another_number_of_processes(
    files: dict[str, gn.ParquetRows], tmp_path: Path, before: int, after: int
) -> None:
    """Killed within an epoch and resumed on more or fewer, it ends with the bits of one that was not."""
    rows = files["unequal"]
    how: dict[str, Any] = {"epochs": 2, "batch_size": 64, "progress": False, "shards": 8}
    undisturbed = network()
    fit_network(undisturbed, rows, **how)

    class Kill(gn.Callback):
        def on_step_end(self, run: Any) -> None:
            if run.total_steps == 61:
                raise Killed

    def train(**more: Any) -> Any:
        def on(ranks: Ranks) -> gn.Network:
            net = network()
            rule = gn.Checkpoint(tmp_path / "run.safetensors", every_steps=7)
            fit_network(net, rows, distributed=ranks, checkpoint=rule, **how, **more)
            return net

        return on

    with pytest.raises((Killed, threading.BrokenBarrierError)):
        together(before, train(callbacks=Kill()))
    for net in together(after, train(resume=True)):
        np.testing.assert_array_equal(net.params, undisturbed.params)
        assert net.history.columns == undisturbed.history.columns


def test_memory_is_that_of_the_own_shards(tmp_path: Path) -> None:
    """Half of the shards need half of the buffers, and more shards need no more."""
    rng, groups = np.random.default_rng(0), [1000] * 60
    columns = {f"x{j}": rng.random(60_000) for j in range(10)}
    rows = gn.ParquetRows(write(tmp_path / "a.parquet", groups, **columns), "y", block_rows=1000, buffer_blocks=16)
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0)
    net.build(rows.n_features)

    def peak(shards: int | None, own: range) -> int:
        kind = BlockBatches if shards is None else ShardedBlocks
        batches = kind(net, rows, batch_size=500, shuffle=True, drop_last=False, weigh=lambda y, weight: weight)
        batches.sharding = None if shards is None else Sharding(shards, own)
        tracemalloc.start()
        assert sum(len(batch[0]) for batch in batches.epoch(0)) == 60_000 * len(own) // (shards or 1)
        batches.close()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    whole = peak(None, range(1))
    assert peak(16, range(16)) < 1.2 * whole
    assert peak(64, range(64)) < 1.2 * whole
    assert peak(16, range(4)) < 0.5 * whole


_MEMORY = """
import glassnet as gn
import pyarrow.parquet
import mpi4py.MPI


def memory(of):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(of)) / 1024


layers = [gn.Dense(16, "relu"), gn.Dense(2)]
net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
rows = gn.ParquetRows({path!r}, target="y")
before = memory("VmRSS")
net.fit(rows, epochs=1, batch_size=4096, shards={shards}, distributed="mpi", progress=False, diagnose=False)
print(before, memory("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("shards", [8, 64])
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
def test_a_file_of_ten_times_the_memory(tmp_path: Path, shards: int) -> None:
    """A process takes no more than two row groups and 100 MB beside what it imported, for a file of ten times that."""
    n, d = 32_768, 32
    X = np.random.default_rng(0).standard_normal((n, d)).astype(np.float32)
    table = pyarrow.table({**{f"x{j}": X[:, j] for j in range(d)}, "y": (X[:, 0] > 0).astype(np.int32)})
    path, group = tmp_path / "rows.parquet", (d + 1) * n * 4 / 2**20
    limit = 2 * group + 100
    with parquet.ParquetWriter(path, table.schema, use_dictionary=False, compression="none") as writer:
        for _ in range(int(10 * limit / group) + 1):
            writer.write_table(table, row_group_size=n)
    assert path.stat().st_size / 2**20 > 10 * limit
    run = run_ranks(_MEMORY.format(path=str(path), shards=shards), 2, tmp_path, timeout=300)
    assert run.returncode == 0, run.stderr
    taken = [float(line.split()[1]) for line in run.stdout.splitlines()]
    path.unlink()
    print(run.stdout)
    assert len(taken) == 2
    assert max(taken) <= limit
