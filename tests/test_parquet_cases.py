"""Parquet rows as they are found in the world: sorted, cut small, moved, of several types, and misplaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.utils.block_sources import BlockSource, blocks_together, buffers_of

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
    found = [buffer.blocks.tolist() for buffer in buffers_of(source, 0, network().streams[0].shuffling)]
    assert [len(blocks) for blocks in found] == blocks_together(9, most)
    assert sorted(sum(found, [])) == list(range(9))


def test_sorted_rows_of_one_block_more_than_a_buffer(tmp_path: Path) -> None:
    """No epoch ends on rows of one class: as accurate as in memory."""
    X, y = table_rows(4500)
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    path = write(tmp_path / "a.parquet", 500, y=y, **{f"x{j}": X[:, j] for j in range(4)})
    rows = gn.ParquetRows(path, target="y", block_rows=500)
    assert rows.n_blocks == 9
    ours, theirs = (network(optimizer=gn.Adam(0.01)) for _ in range(2))
    ours.fit(rows, epochs=6, batch_size=32, diagnose=False)
    theirs.fit(X, y, epochs=6, batch_size=32, diagnose=False)
    assert ours.evaluate(X, y)["accuracy"] > theirs.evaluate(X, y)["accuracy"] - 0.02
