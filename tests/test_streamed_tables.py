"""Estimators on tables that stay in Parquet files: one pass for statistics, then blocks encoded as they are read."""

from __future__ import annotations

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import ConfigError, DataError
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.reading.frames import to_table
from glassnet.tabular.streaming import stream as streams
from glassnet.tabular.streaming.encoded_blocks import EncodedBlocks
from glassnet.tabular.streaming.stream import look_over
from glassnet.utils.block_sources import Piece, held_out_rows

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

N = 1500


@pytest.fixture(scope="module")
def table() -> Any:
    """Return a table of numbers with gaps, text with a rare category, dates and weights, sorted by its label."""
    generator = np.random.default_rng(1)
    a, b = generator.standard_normal((2, N))
    kind = generator.choice(["red", "green", "blue", "grey"], N).astype(object)
    size = np.where(np.isnan(a) | (kind == "red"), 1.0, 0.0) + a + 0.3 * b
    label = np.where(size > 0.4, "large", "small").astype(object)
    order = np.argsort(label)
    a[generator.random(N) < 0.05] = np.nan
    kind[order[7]] = "seldom"
    label[order[40]] = "odd"
    day = np.datetime64("2020-01-01") + generator.integers(0, 900, N)
    columns = {"a": a, "b": b, "kind": kind, "day": day, "label": label, "size": 10.0 * size + 3.0}
    columns["w"] = np.where(b > 0.0, 2.0, 1.0)
    return pyarrow.table({name: values[order] for name, values in columns.items()})


@pytest.fixture(scope="module")
def path(table: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the table stands in two files of small row groups."""
    folder = tmp_path_factory.mktemp("tables")
    parquet.write_table(table.slice(0, 900), folder / "1.parquet", row_group_size=400)
    parquet.write_table(table.slice(900), folder / "2.parquet", row_group_size=50)
    return folder


INPUTS = ["a", "b", "kind", "day"]


def rows_of(path: Path, target: str = "label", **options: Any) -> gn.ParquetRows:
    """Return the rows in blocks of at most 100."""
    return gn.ParquetRows(path, target=target, columns=INPUTS, block_rows=100, **options)


def quiet(model: Any, *data: Any, **options: Any) -> Any:
    """Fit without warnings about the little training."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(*data, **options)


def test_a_classifier_learns_from_files(path: Path, table: Any, tmp_path: Path) -> None:
    """As well as from the table in memory; equal fits have equal bits; the model file is as any other."""
    rows = rows_of(path)
    model = quiet(TabularClassifier(epochs=12, random_state=0), rows)
    once, again = (quiet(TabularClassifier(epochs=1, random_state=0), rows) for _ in range(2))
    whole = quiet(TabularClassifier(epochs=12, random_state=0), table.select(INPUTS), table["label"].to_numpy())
    assert np.array_equal(once.network_.params, again.network_.params)
    assert model.classes_.tolist() == whole.classes_.tolist() == ["large", "odd", "small"]
    truth = table["label"].to_numpy()
    found, other = (np.mean(each.predict(table.select(INPUTS)) == truth) for each in (model, whole))
    assert found > 0.93
    assert found > other - 0.03
    assert model.feature_importances_.shape == (4,)
    model.save(tmp_path / "model.safetensors")
    loaded = TableModel.load(tmp_path / "model.safetensors")
    assert np.array_equal(loaded.predict_proba(table), model.model_.predict_proba(table))
    assert pickle.loads(pickle.dumps(model)).predict(table.select(INPUTS).slice(0, 3)).tolist()
    assert model.model_.n_row_hashes == 0


def test_a_regressor_learns_from_files(path: Path, table: Any) -> None:
    """Its scale is that of all rows that are trained on."""
    rows = rows_of(path, "size")
    model = quiet(TabularRegressor(epochs=12, random_state=0), rows)
    truth = table["size"].to_numpy()
    assert np.sqrt(np.mean((model.predict(table.select(INPUTS)) - truth) ** 2)) < 0.35 * truth.std()
    scale, stream = model.model_.target.scale, look_over(rows, 0, "fit")
    train = np.setdiff1d(truth, stream.held_out.target)
    assert scale.mean == pytest.approx(train.mean())
    assert scale.std == pytest.approx(train.std())
    assert (scale.low, scale.high) == (train.min(), train.max())


def test_one_pass_counts_everything(path: Path, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels and categories of all rows, though the sample has few; rows are in one part each, by their number."""
    monkeypatch.setattr(streams, "MOST_SAMPLED", 100)
    monkeypatch.setattr(streams, "MOST_HELD_OUT", 150)
    stream = look_over(rows_of(path), 3, "fit")
    assert 60 < len(stream.sample.target) < 140
    assert 100 < len(stream.held_out.target) < 200
    assert stream.n_train == N - len(stream.held_out.target)
    assert stream.texts["kind"].rows["seldom"] == 1
    assert sum(stream.texts["kind"].rows.values()) == stream.n_train
    assert stream.labels is not None
    assert set(stream.labels.rows) == {"large", "small", "odd"}
    assert sum(stream.labels.rows.values()) == stream.n_train
    sample = stream.counted(to_table(stream.sample.inputs))
    encoder = TableEncoder(scaling="robust", embed_above=3).fit(sample)
    coder = encoder.coders[2]
    assert coder.config()["categories"] == ["blue", "green", "grey", "red", "seldom"]
    rows = np.flatnonzero(table["kind"].to_numpy() == "red")
    plain = TableEncoder(scaling="robust", embed_above=3).fit(to_table(table.select(INPUTS)))
    ours, theirs = (each.transform(table)[rows, each.roles.index("code")] for each in (encoder, plain))
    assert ours.tolist() == theirs.tolist() == [4.0] * len(rows)


def test_blocks_are_encoded_as_the_table_is(path: Path, table: Any) -> None:
    """Block by block the rows that are not held out, in the bits that the whole table has."""
    rows = rows_of(path, weight="w")
    stream = look_over(rows, 0, "fit")
    encoder = TableEncoder(scaling="robust", embed_above=3).fit(to_table(stream.sample.inputs))
    target = TargetEncoder().fit(table["label"].to_numpy())
    blocks = EncodedBlocks(stream, encoder, target, np.array([1.0, 2.0, 3.0]))
    assert blocks.n_rows == stream.n_train
    kept = np.concatenate([blocks._part.mask(block) for block in range(rows.n_blocks)])
    X, y = encoder.transform(table)[kept], target.transform(table["label"].to_numpy())[kept]
    for block, (part, codes, weight) in blocks.read_blocks(range(blocks.n_blocks)):
        own = slice(blocks.starts[block], blocks.starts[block + 1])
        assert np.array_equal(part, X[own])
        assert np.array_equal(codes, y[own])
        assert weight is not None
        assert np.array_equal(weight, table["w"].to_numpy()[kept][own] * (1.0 + y[own]))
    pieces = [Piece(3, 5, 20), Piece(0, 7, blocks.rows(0)), Piece(3, 0, 5)]
    read = dict(blocks.read_pieces(pieces))
    for place, (block, first, end) in enumerate(pieces):
        own = slice(blocks.starts[block] + first, blocks.starts[block] + end)
        assert np.array_equal(read[place][0], X[own])
        assert np.array_equal(read[place][1], y[own])


def test_options_that_need_all_rows(path: Path) -> None:
    """They are refused, each in one sentence."""
    rows = rows_of(path)
    for model, options, words in [
        (TabularClassifier(), {"y": np.zeros(N)}, "with ParquetRows it must be left out"),
        (TabularClassifier(), {"sample_weight": np.ones(N)}, "weight='w'"),
        (TabularClassifier(), {"groups": np.ones(N)}, "groups is 'ndarray'; with ParquetRows it must be left out"),
        (TabularClassifier(n_folds=3), {}, "n_folds is 3; with ParquetRows it must be left out"),
        (TabularClassifier(cv=3), {}, "cv is 3; with ParquetRows it must be left out"),
        (TabularClassifier(), {"validation_data": rows}, "validation_data is .*; with ParquetRows it must be left out"),
    ]:
        with pytest.raises(ConfigError, match=words):
            model.fit(rows, **options)


def test_classes_and_ensembles(path: Path, table: Any) -> None:
    """Weights of classes count all rows, and several networks are trained one after the other."""
    rows = rows_of(path)
    model = quiet(TabularClassifier(epochs=2, random_state=0, class_weight="balanced", n_ensemble=2), rows)
    at_once = {"n_jobs": 2, "n_ensemble": 2, "class_weight": "balanced"}
    parallel = quiet(TabularClassifier(epochs=2, random_state=0, **at_once), rows)
    assert np.array_equal(parallel.network_.params, model.network_.params)
    assert len(model.histories_) == 2
    assert model.network_.members == 2
    heavy = quiet(TabularClassifier(epochs=6, random_state=0, class_weight={"large": 500.0}), rows)
    assert np.mean(heavy.predict(table.select(INPUTS)) == "large") > 0.9


def test_a_time_limit(path: Path) -> None:
    """The epochs are those that fit into the time."""
    model = quiet(TabularClassifier(max_seconds=1.0, random_state=0), rows_of(path))
    assert model.fit_seconds_ < 5.0
    assert model.history_.epochs < 256


def test_numbers_as_labels(tmp_path: Path) -> None:
    """Whole numbers, yes and no: labels come back as they are."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal(200)
    for y in (np.where(x > 0, 7, 3), x > 0):
        parquet.write_table(pyarrow.table({"x": x, "y": y}), tmp_path / "rows.parquet")
        model = quiet(
            TabularClassifier(epochs=20, random_state=0), gn.ParquetRows(tmp_path / "rows.parquet", target="y")
        )
        assert model.classes_.dtype == y.dtype
        assert np.mean(model.predict({"x": x}) == y) > 0.9


def test_hostile_tables(tmp_path: Path) -> None:
    """What cannot be trained on is refused in one sentence, before the training where that can be known."""
    x = np.arange(200.0)
    where = tmp_path / "rows.parquet"

    def rows(**columns: Any) -> gn.ParquetRows:
        parquet.write_table(pyarrow.table(columns), where, row_group_size=50)
        return gn.ParquetRows(where, target="y", block_rows=50)

    with pytest.raises(DataError, match=r"target 'y' has none in row 121 of '.*rows"):
        TabularClassifier().fit(rows(x=x, y=[None if i == 120 else str(i % 2) for i in range(200)]))
    with pytest.raises(DataError, match=r"target 'y' has none in row 8 of"):
        TabularRegressor().fit(rows(x=x, y=np.where(x == 7, np.nan, x)))
    with pytest.raises(DataError, match="ParquetRows has 10 rows; it must have at least 50"):
        TabularRegressor().fit(rows(x=x[:10], y=x[:10]))
    with pytest.raises(DataError, match="at least two classes"):
        TabularClassifier().fit(rows(x=x, y=["a"] * 200))
    with pytest.raises(DataError, match=r"y holds text .*; it must hold numbers"):
        TabularRegressor().fit(rows(x=x, y=["a", "b"] * 100))
    constant = quiet(TabularClassifier(epochs=2), rows(x=np.ones(200), y=["a", "b"] * 100))
    assert len(set(constant.predict({"x": [1.0, 2.0]}))) == 1


def test_text_that_later_rows_cannot_be_read_as(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that is numbers in the sample, and something else in another row, is named with where it stands."""
    monkeypatch.setattr(streams, "MOST_SAMPLED", 60)
    monkeypatch.setattr(streams, "MOST_HELD_OUT", 60)
    n = 3000
    cells = [str(i % 100) for i in range(n)]
    stream = None
    where = tmp_path / "rows.parquet"
    for odd in range(n):  # a row that is in neither
        if odd % 500 == 250:
            wrong = [*cells]
            wrong[odd] = "many"
            parquet.write_table(pyarrow.table({"x": wrong, "y": np.arange(n) % 2}), where, row_group_size=500)
            rows = gn.ParquetRows(where, target="y", block_rows=100)
            stream = look_over(rows, 0, "fit")
            if "many" not in stream.sample.inputs["x"].to_pylist() + stream.held_out.inputs["x"].to_pylist():
                break
    with pytest.raises(DataError, match=rf"'many' in row {odd + 1} of '.*rows\.parquet' \(counted from 1\)"):
        quiet(TabularClassifier(epochs=2, random_state=0), rows)


def test_findings_name_rows_of_files(tmp_path: Path) -> None:
    """What is odd in a row of the sample is said of the row of its file."""
    x = np.random.default_rng(0).standard_normal(2000)
    y = 2.0 * x
    odd = 1200 + int(np.argmin(held_out_rows(1200, 100, 0.2, 0)))
    y[odd] = 1e9
    parquet.write_table(pyarrow.table({"x": x, "y": y}), tmp_path / "rows.parquet", row_group_size=500)
    model = quiet(TabularRegressor(epochs=1, random_state=0), gn.ParquetRows(tmp_path / "rows.parquet", target="y"))
    said = " ".join(str(model.findings_).split())
    assert re.search(rf"1e\+09 in row {odd + 1} of '.*rows\.parquet'", said)
