"""Rows in Parquet files: weights count as in memory, and messages name the file and row of what is wrong."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

import glassnet as gn
from glassnet.errors import ConfigError, DataError
from glassnet.sklearn import MLPClassifier
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.encoding.weighting import as_counts
from glassnet.tabular.reading.frames import to_table
from glassnet.tabular.streaming import counting
from glassnet.tabular.streaming import stream as streams
from glassnet.tabular.streaming.encoded_blocks import EncodedBlocks
from glassnet.tabular.streaming.stream import look_over
from glassnet.training.class_weights import class_factors

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

N = 600


@pytest.fixture
def rows(tmp_path: Path) -> Any:
    """Return what writes columns into two files, of 300 rows each, and returns their rows."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal(N)

    def written(weighs: bool = False, **columns: Any) -> gn.ParquetRows:
        table = pyarrow.table({"x": x, "y": np.where(x > 0.0, "yes", "no"), **columns})
        for number in range(2):
            parquet.write_table(table.slice(300 * number, 300), tmp_path / f"{number}.parquet", row_group_size=100)
        return gn.ParquetRows(tmp_path, target="y", weight="w" if weighs else None)

    return written


def quiet(model: Any, *data: Any) -> Any:
    """Fit without warnings about the little training."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(*data)


def in_file(row: int) -> str:
    """Return a pattern of the name of a row of all."""
    return rf"in row {row % 300 + 1} of '.*{row // 300}\.parquet' \(counted from 1\)"


@pytest.mark.parametrize("values", [[0, 1, 2, 3], [0, 0.3, 0.6, 0.9], [0, 0.3, 0.7, np.pi]])
def test_weights_count_rows_as_in_memory(rows: Any, values: list[float]) -> None:
    """Labels, categories, a target's scale: a row of weight 3 is three, one of weight 0 none, whatever it holds."""
    generator = np.random.default_rng(1)
    weight = generator.choice(values, N)
    kind = generator.choice(["a", "b", "c"], N).astype(object)
    label = generator.choice(["no", "yes"], N, p=[0.7, 0.3]).astype(object)
    kind[weight == 0], label[weight == 0] = "never", "nobody"
    label[int(np.flatnonzero(weight == 0)[0])] = None
    all_rows = rows(weighs=True, kind=kind, y=label, w=weight)
    stream = look_over(all_rows, 0, "fit")
    out = np.isin(np.arange(N), stream.held_out.names.numbers)
    kept = ~out & (weight > 0)
    counts = np.zeros(N)
    counts[kept] = as_counts("fit", weight[kept], int(kept.sum()))
    assert stream.n_train == kept.sum()
    assert not set(weight[stream.sample.names.numbers]) & {0.0}
    target = TargetEncoder().fit(stream.label_values(stream.sample.target))
    assert target.labels == ["no", "yes"]
    wanted = [counts[kept & (label == name)].sum() for name in target.labels]
    assert stream.label_counts(target) == pytest.approx(wanted)
    counted = stream.counted(to_table(stream.sample.inputs))["kind"]
    found = dict(zip(counted.distinct.values.tolist(), counted.counts.tolist(), strict=True))
    assert found == pytest.approx({name: counts[kept & (kind == name)].sum() for name in "abc"})
    assert counted.n_counted == kept.sum()
    blocks = EncodedBlocks(stream, TableEncoder().fit(to_table(stream.sample.inputs)), target, None)
    read = [arrays for _, arrays in blocks.read_blocks(range(blocks.n_blocks))]
    assert blocks.n_rows == sum(len(X) for X, _, _ in read) == kept.sum()
    assert np.concatenate([w for _, _, w in read]) == pytest.approx(counts[kept])


def test_balanced_classes_by_weight(rows: Any) -> None:
    """The factors are those of the weights, and a target's scale too."""
    generator = np.random.default_rng(2)
    label = generator.choice(["no", "yes"], N).astype(object)
    weight = np.where(label == "yes", 9.0, 1.0)
    stream = look_over(rows(weighs=True, y=label, w=weight), 0, "fit")
    target = TargetEncoder().fit(label)
    counts = stream.label_counts(target)
    assert counts[1] / counts[0] == pytest.approx(9.0, rel=0.3)
    factors = class_factors("balanced", 2, np.arange(2), counts)
    assert factors[0] / factors[1] == pytest.approx(counts[1] / counts[0])
    numbers = generator.standard_normal(N) + 10.0 * (label == "yes")
    stream = look_over(rows(weighs=True, y=numbers, w=weight), 0, "fit")
    train = np.setdiff1d(np.arange(N), stream.held_out.names.numbers)
    mean = np.average(numbers[train], weights=weight[train])
    assert stream.scale is not None
    assert stream.scale.mean == pytest.approx(mean)
    assert stream.scale.std**2 == pytest.approx(np.average((numbers[train] - mean) ** 2, weights=weight[train]))


def test_weights_that_are_none(rows: Any) -> None:
    """Dates, text, a missing or negative weight in any row, no weight at all, one class with all of it."""
    label = np.where(np.arange(N) % 2, "yes", "no").astype(object)
    ones = np.ones(N)
    day = np.arange(N).astype("M8[us]")
    for weight, words in [
        (label, "the column of weights 'w' has the type string; it must hold numbers"),
        (day, r"the column of weights 'w' has the type timestamp\[us\]; it must hold numbers"),
        (np.where(np.arange(N) == 450, -3.0, 1.0), f"the column of weights 'w' has -3 {in_file(450)}"),
        (np.where(np.arange(N) == 450, np.nan, 1.0), f"the column of weights 'w' has no value {in_file(450)}"),
        (
            pyarrow.array([None if i == 299 else 1 for i in range(N)]),
            f"the column of weights 'w' has no value {in_file(299)}",
        ),
        (0.0 * ones, "are 0 for all rows to train on; some must be above 0"),
        (1e306 * ones, "add up to more than float64 can hold; their sum must be finite"),
        (np.where(label == "yes", 1.0, 0.0), "is 'yes' in every row; it must have at least two classes"),
    ]:
        with pytest.raises(DataError, match=words):
            TabularClassifier(epochs=1).fit(rows(weighs=True, y=label, w=weight))


def test_targets_that_are_none(rows: Any) -> None:
    """An empty label and an infinite number are named by their rows, a constant by the rows of all files."""
    label = np.where(np.arange(N) % 2, "yes", "no").astype(object)
    numbers = np.arange(N, dtype=np.float64)
    for odd in (100, 401):
        with pytest.raises(
            DataError,
            match=rf"the target 'y' has '' {in_file(odd)}, which is no label; it must have a value in every row",
        ):
            TabularClassifier().fit(rows(y=np.where(np.arange(N) == odd, "", label)))
        with pytest.raises(DataError, match=f"has an infinite one {in_file(odd)}"):
            TabularRegressor().fit(rows(y=np.where(np.arange(N) == odd, np.inf, numbers)))
    for constant in (np.full(N, 5.0), np.full(N, 5)):
        with pytest.raises(DataError, match="is 5 in all 600 rows; it must have different values"):
            TabularRegressor().fit(rows(y=constant))


def test_cells_that_are_no_numbers(rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the sample, among others and in rows held out, before the training; of too many different cells too."""
    parts = look_over(rows(), 0, "fit")
    monkeypatch.setattr(streams, "MOST_SAMPLED", 100)
    sampled = look_over(rows(), 0, "fit").sample.names.numbers
    rest = np.setdiff1d(np.arange(N), np.concatenate([sampled, parts.held_out.names.numbers]))
    for most, odd in [(200, sampled[50]), (200, rest[200]), (2, rest[200]), (200, parts.held_out.names.numbers[70])]:
        monkeypatch.setattr(streams, "_MOST_DISTINCT", most)
        cells = [f"{i % 90}.5" for i in range(N)]
        cells[odd] = "many"
        with pytest.raises(DataError, match=rf"column 'size' .*'many' {in_file(odd)}") as caught:
            TabularClassifier(epochs=1, random_state=0).fit(rows(size=cells))
        assert "missing=['many']" in str(caught.value)
        assert "read={'size': '" in str(caught.value)
        assert ("a sample of" in str(caught.value)) == (odd in sampled)
    quiet(TabularClassifier(epochs=1, random_state=0, missing=["many"]), rows(size=cells))
    cells = [f"{i % 90}.5" for i in range(N)]
    monkeypatch.setattr(streams, "_MOST_DISTINCT", 2)
    monkeypatch.setattr(counting, "_MOST_ODD", 0)
    cells[rest[200]] = "many"
    with pytest.raises(DataError, match=rf"'many' {in_file(rest[200])}.*write TabularClassifier\(missing=\[\.\.\.\]\)"):
        quiet(TabularClassifier(epochs=1, random_state=0), rows(size=cells))
    read = TabularClassifier(epochs=1, random_state=0, read={"size": "text"})
    assert quiet(read, rows(size=cells)).n_shared_rows_ is None


def test_odd_cells_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many different cells only those are kept that are no numbers; of too many of these none."""
    monkeypatch.setattr(counting, "_MOST_ODD", 2)
    tally = counting.Tally()
    for cells in (["1", "2.5", None, "x"], ["x", "1e3"]):
        tally.add(pyarrow.chunked_array([cells]), None)
        tally.keep_odd()
    assert tally.rows == Counter({"x": 2})
    tally.add(pyarrow.chunked_array([["y", "z"]]), None)
    tally.keep_odd()
    assert not tally.rows


def test_identifiers_are_counted_in_all_rows(rows: Any) -> None:
    """A column left out says of how many values."""
    with pytest.warns(match=r"'name' is left out: (\d+) of \1 values differ") as caught:
        TabularClassifier(epochs=1, random_state=0).fit(
            rows(weighs=True, name=[f"u{i}" for i in range(N)], w=[1.5] * N)
        )
    n_train = look_over(rows(), 0, "fit").n_train
    assert any(f"{n_train} of {n_train} values differ" in str(one.message) for one in caught)


def test_what_needs_all_rows_in_memory(rows: Any) -> None:
    """Predictions, searches and other estimators say so in a sentence, refused options what to do in their place."""
    files = rows()
    model = quiet(TabularClassifier(epochs=1, random_state=0), files)
    with pytest.raises(
        DataError,
        match=r"X is ParquetRows, which stays in its files; it must be a table in memory\. Pass parts of it, one after the other: for _, part in rows\.read_tables\(range\(rows\.n_blocks\)\): \.\.\.",
    ):
        model.predict(files)
    for search in (GridSearchCV(TabularClassifier(), {"epochs": [1]}), MLPClassifier()):
        with pytest.raises(
            DataError,
            match=r"this call needs all rows in memory at once; ParquetRows may be passed only to what reads rows in parts\. Network\.fit, TabularClassifier\.fit and TabularRegressor\.fit take them, without y\.",
        ):
            search.fit(files, np.zeros(N))
    for options, words in [
        (
            {"y": np.zeros(N)},
            r"y is 'ndarray'; with ParquetRows it must be left out\. Name its column: ParquetRows\(\.\.\., target='y'\)\.",
        ),
        (
            {"validation_data": (1, 2)},
            r"validation_data is 'tuple'; with ParquetRows it must be left out\. A random part of the rows is held out without it; score other",
        ),
        ({"groups": np.zeros(N)}, "read a sample of them into memory"),
    ]:
        with pytest.raises(ConfigError, match=words):
            model.fit(files, **options)
    with pytest.raises(ConfigError, match=re.escape("use n_ensemble")):
        TabularClassifier(n_folds=3).fit(files)
