"""Rows that belong together are on one side of every split of the table tools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import TableWarning
from glassnet.populations.folds import make_folds
from glassnet.tabular import Column, Table, split_rows
from glassnet.tabular.reading.frames import to_table
from glassnet.tabular.splitting import duplicates as module
from glassnet.tabular.splitting.by_column import group_numbers
from glassnet.tabular.splitting.duplicates import equal_rows
from glassnet.tabular.splitting.grouped import divide_into_folds, divide_rows, merge_groups, split_groups

seeds = st.integers(0, 2**32 - 1)
CELLS = {
    "number": st.sampled_from([0.0, -0.0, 1.5, -2.0, np.nan, np.inf, 5e-324]),
    "category": st.sampled_from(["", "a", "b", "ab", "é"]),
    "boolean": st.sampled_from([True, False, None]),
    "date": st.sampled_from(["2024-01-01", "1969-12-31", "NaT"]),
}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a small table with columns of all kinds and many equal rows."""
    n, columns = draw(st.integers(1, 25)), []
    for j, kind in enumerate(draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=4))):
        cells = draw(st.lists(CELLS[kind], min_size=n, max_size=n))
        values = np.array(cells, dtype="M8[us]") if kind == "date" else cells
        if kind == "number":
            values = np.array(cells)
        columns.append(to_table({f"c{j}": values}).columns[0])
    return Table(columns)


def cells_of(table: Table, row: int) -> tuple[object, ...]:
    """Return a row as a tuple in which missing values are None."""
    return tuple(None if c.missing[row] else c.values.tolist()[row] for c in table.columns)


@given(tables())
@settings(max_examples=200, deadline=None)
def test_equal_rows_are_those_whose_cells_are_equal(table: Table) -> None:
    """Each row names the first one with the same cells, whatever the kinds of the columns."""
    first: dict[tuple[object, ...], int] = {}
    expected = [first.setdefault(cells_of(table, row), row) for row in range(table.n_rows)]
    assert equal_rows(table.columns).tolist() == expected


@given(tables())
@settings(max_examples=60, deadline=None)
def test_rows_whose_hashes_collide_are_told_apart(table: Table) -> None:
    """If all hashes were equal, the same rows would be found: cells decide."""
    expected = equal_rows(table.columns).tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "mixed", lambda keys: np.zeros_like(keys))
        assert equal_rows(table.columns).tolist() == expected


@st.composite
def divisions(draw: st.DrawFn) -> dict[str, object]:
    """Draw rows with equal ones among them, classes, groups, and shares."""
    n = draw(st.integers(20, 400))
    rng = np.random.default_rng(draw(seeds))
    content = rng.integers(0, draw(st.integers(3, 600)), n)
    _, first, number = np.unique(content, return_index=True, return_inverse=True)
    return {
        "equal": first[number],
        "codes": (content % draw(st.integers(1, 6))) if draw(st.booleans()) else None,
        "groups": rng.integers(0, draw(st.integers(5, 200)), n) if draw(st.booleans()) else None,
        "seed": draw(st.integers(0, 99)),
    }


def shared(numbers: np.ndarray, parts: list[np.ndarray]) -> bool:
    """Return whether a number is in two parts."""
    return sum(len(np.unique(numbers[part])) for part in parts) > len(np.unique(numbers))


@given(divisions())
@settings(max_examples=200, deadline=None)
def test_no_group_is_on_two_sides(case: dict[str, np.ndarray]) -> None:
    """All rows are in one part each, groups are whole, and equal rows are where each part has 30 different ones."""
    parts = divide_rows(case["equal"], [0.64, 0.16, 0.2], case["seed"], case["codes"], case["groups"])
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(case["equal"])))
    assert all(len(part) for part in parts)
    if case["groups"] is not None:
        assert not shared(case["groups"], parts)
    units = case["equal"] if case["groups"] is None else merge_groups(case["equal"], case["groups"])
    if shared(case["equal"], parts):
        together = split_groups(units, [0.64, 0.16, 0.2], case["seed"], case["codes"]) if len(set(units)) > 2 else []
        assert min([len(np.unique(units[part])) for part in together], default=0) < 30


@given(divisions(), st.integers(2, 6))
@settings(max_examples=100, deadline=None)
def test_folds_keep_groups_whole(case: dict[str, np.ndarray], k: int) -> None:
    """Each row is held out once, and no group is on both sides of a fold."""
    if case["groups"] is not None and len(np.unique(case["groups"])) < k:
        return
    folds = divide_into_folds(case["equal"], k, case["seed"], case["codes"], case["groups"])
    assert sorted(np.concatenate([held_out for _, held_out in folds]).tolist()) == list(range(len(case["equal"])))
    for train, held_out in folds:
        assert not np.intersect1d(train, held_out).size
        assert case["groups"] is None or not shared(case["groups"], [train, held_out])


@given(st.integers(10, 500), seeds, st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_different_rows_are_divided_as_ever(n: int, seed: int, k: int) -> None:
    """Without groups and equal rows the parts are those of `split_rows`, and the folds those of `make_folds`."""
    codes, equal = np.arange(n) % k, np.arange(n)
    for ours, theirs in zip(
        divide_rows(equal, [0.6, 0.4], seed, codes), split_rows(n, [0.6, 0.4], seed, codes), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    for one, other in zip(divide_into_folds(equal, 3, seed, codes), make_folds(n, 3, seed, codes=codes), strict=True):
        np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_divided_by_rows_and_classes(seed: int) -> None:
    """With 80 groups of unequal size, each of one class, the parts have about their shares of rows and of classes."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(80), rng.integers(1, 20, 80))
    codes = (groups % 4 == 0).astype(np.int64)
    parts = split_groups(groups, [0.64, 0.16, 0.2], seed, codes)
    np.testing.assert_allclose([len(part) / len(groups) for part in parts], [0.64, 0.16, 0.2], atol=0.02)
    np.testing.assert_allclose([codes[part].mean() for part in parts], codes.mean(), atol=0.06)
    again = split_groups(groups, [0.64, 0.16, 0.2], seed, codes)
    assert all((one == other).all() for one, other in zip(parts, again, strict=True))


def test_a_chain_of_equal_rows_joins_groups() -> None:
    """Groups that share an equal row are one, however many stand between."""
    n = 50
    groups = np.repeat(np.arange(n), 2)
    equal = np.arange(2 * n)
    equal[2::2] = equal[1:-1:2]  # the second row of a group equals the first of the next
    assert (merge_groups(equal, groups) == 0).all()


def test_many_rows_of_one_column_are_compared_by_kind() -> None:
    """Booleans, where a missing one is neither, are compared as they are."""
    column = Column("b", "boolean", np.array([True, False, False]), np.array([False, False, True]))
    assert equal_rows([column]).tolist() == [0, 1, 2]


def test_large_whole_numbers_are_not_merged() -> None:
    """Numbers beyond 2**53 that are equal as float64 are different rows, and different groups."""
    with pytest.warns(TableWarning, match="large whole numbers"):
        table = to_table({"id": [2**53, 2**53 + 1, 2**53], "x": [1, 1, 1]})
    assert equal_rows(table.columns).tolist() == [0, 1, 0]
    assert group_numbers("--group", table["id"]).tolist() == [0, 1, 0]
