"""A model file tells which rows were trained on, and says so where they are evaluated."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.cli.app import main
from glassnet.errors import DataError, FormatError, TableWarning
from glassnet.network import read_network
from glassnet.tabular import Column, TableModel, TabularClassifier, TabularRegressor, read_table, to_table
from glassnet.tabular.splitting import row_hashes
from glassnet.tabular.splitting.row_hashes import MOST_HASHES, RowHashes, hash_rows

# Tables of these tests have faults, on purpose or for short.
pytestmark = pytest.mark.filterwarnings("ignore::glassnet.sklearn.PoorFitWarning")

pd = pytest.importorskip("pandas")

DATA = Path(__file__).parent / "data"
N = 500
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(size=N).astype(np.float32),
        "count": RNG.integers(0, 9, N),
        "colour": RNG.choice(["red", "green", "blue"], N),
        "day": pd.date_range("2024-01-01", periods=N, freq="D"),
        "flag": RNG.random(N) < 0.5,
        "name": [f"row {i}" for i in range(N)],
    }
)
FRAME.loc[::7, "x"] = np.nan
FRAME["y"] = np.where(RNG.random(N) < 0.5, "yes", "no")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TableModel:
    """Return a model of 400 rows, 320 trained on and 80 held out, read from its file."""
    path = tmp_path_factory.mktemp("seen") / "model.safetensors"
    train = FRAME[:400]
    fitted = TabularClassifier("small", epochs=1, random_state=0)
    with pytest.warns(TableWarning, match="Column 'name' is left out"):
        fitted.fit(train.drop(columns="y"), train["y"])
    fitted.save(path)
    return TableModel.load(path)


def test_rows_are_recognised_through_every_door(model: TableModel, tmp_path: Path) -> None:
    """The same rows as frame, CSV, Parquet and dict have the same hashes; left-out columns do not matter."""
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    FRAME.to_parquet(tmp_path / "t.parquet", index=False)
    FRAME.to_json(tmp_path / "t.json", orient="records", date_format="iso")
    doors = [FRAME, read_table(tmp_path / "t.csv"), read_table(tmp_path / "t.parquet"), read_table(tmp_path / "t.json")]
    doors += [FRAME.drop(columns="name"), FRAME[FRAME.columns[::-1]], {name: list(FRAME[name]) for name in FRAME}]
    for door in doors:
        seen = model.seen(door)
        assert seen is not None
        assert (seen.n_rows, seen.trained_on, seen.chose_epoch) == (N, 320, 80)
    assert (
        seen.sentence
        == "64 % of these rows were trained on and 16 % chose the best epoch: the scores flatter the model."
    )


def test_evaluate_says_what_was_trained_on(model: TableModel) -> None:
    """Rows of training bring a warning, others none, and too few to matter none either."""
    with pytest.warns(TableWarning, match=r"^TableModel.evaluate: 64 % of these rows were trained on and 16 % chose"):
        model.evaluate(FRAME)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.evaluate(FRAME[400:])
        new = pd.concat([FRAME[400:]] * 4 + [FRAME[:1]])
        model.evaluate(new)
        assert model.seen(new).to_dict() == {"compared": 401, "trained_on": 1, "chose_epoch": 0}  # type: ignore[union-attr]


def test_a_changed_cell_is_another_row(model: TableModel) -> None:
    """A row with another target, or another value in any column that the model uses, was not trained on."""
    rows = FRAME[:400]
    assert model.seen(rows).trained_on == 320  # type: ignore[union-attr]
    changes: dict[str, Any] = {
        "x": rows["x"].fillna(0) + 1,
        "count": rows["count"] + 1,
        "colour": "violet",
        "flag": ~rows["flag"],
    }
    changes |= {"day": rows["day"] + pd.Timedelta("1us"), "y": np.where(rows["y"] == "yes", "no", "yes")}
    for name, values in changes.items():
        assert model.seen(rows.assign(**{name: values})).trained_on == 0, name  # type: ignore[union-attr]


def test_folds_train_on_all_rows() -> None:
    """With folds every row was trained on by some network, but for those that no split trains on."""
    X, y = FRAME[["x", "day"]], FRAME["count"].astype(float)
    seen = TabularRegressor("small", n_folds=2, epochs=1, random_state=0).fit(X, y).model_.seen(FRAME)
    assert seen is not None
    assert (seen.trained_on, seen.chose_epoch) == (N, 0)
    assert seen.sentence == "100 % of these rows were trained on: the scores flatter the model."
    cv = [(np.arange(100), np.arange(100, 200)), (np.arange(200), np.arange(200, 300))]
    seen = TabularRegressor("small", cv=cv, epochs=1, random_state=0).fit(X, y).model_.seen(FRAME)
    assert seen is not None
    assert (seen.trained_on, seen.chose_epoch) == (200, 100)


def test_a_table_that_repeats_accuses_nobody() -> None:
    """Where new rows equal old ones because there are few different rows, the scores are not called flattering."""
    rng = np.random.default_rng(1)

    def draw(n: int) -> Any:
        return pd.DataFrame(
            {"a": rng.integers(0, 3, n), "b": rng.choice(["u", "v"], n), "y": rng.choice(["p", "q"], n)}
        )

    train = draw(300)
    model = TabularClassifier("small", epochs=1, random_state=0).fit(train[["a", "b"]], train["y"]).model_
    seen = model.seen(draw(200))
    assert seen is not None
    assert seen.trained_on == 200
    assert seen.sentence == (
        "100 % of these rows equal training rows: rows of this table repeat so often that new ones may, too."
    )


def test_files_of_earlier_versions_say_nothing() -> None:
    """A model without hashes loads, and knows nothing of its rows."""
    for name in ("table_realmlp_2", "table_tabm-mini_2"):
        model = TableModel.load(DATA / f"{name}.safetensors")
        frame = {column: [0.0] for column in model.encoder.column_names} | {model.target.name: [0.0]}
        assert model.seen(frame) is None
    for name in ("table_realmlp_3", "table_tabm-mini_3"):
        assert TableModel.load(DATA / f"{name}.safetensors").n_row_hashes == 90


def test_the_network_alone_carries_them_along(model: TableModel, tmp_path: Path) -> None:
    """A network that is loaded and saved keeps what is attached to it; a new one like it has nothing of the kind."""
    model.save(tmp_path / "a.safetensors")
    net = read_network(tmp_path / "a.safetensors")
    net.save(tmp_path / "b.safetensors")
    assert TableModel.load(tmp_path / "b.safetensors").seen(FRAME).trained_on == 320  # type: ignore[union-attr]
    assert net._renewed(1).attachments == {}
    assert gn.Network([gn.Dense(1)], loss="squared_error").attachments == {}


def test_hashes_can_be_left_out(model: TableModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever clears the attachments saves a file without hashes, and `show` says how many a file has."""
    assert main(["show", "--json", save(model, tmp_path / "with.safetensors")]) == 0
    assert '"row_hashes": 400' in capsys.readouterr().out
    bare = TableModel.load(save(model, tmp_path / "bare.safetensors"))
    bare.network.attachments.clear()
    path = save(bare, tmp_path / "without.safetensors")
    assert TableModel.load(path).seen(FRAME) is None
    assert main(["show", "--json", path]) == 0
    assert '"row_hashes": 0' in capsys.readouterr().out


def save(model: TableModel, path: Path) -> str:
    """Save a model and return the path as text."""
    model.save(path)
    return str(path)


def test_a_frame_that_lacks_columns_is_refused(model: TableModel) -> None:
    """Rows cannot be compared without the columns that the model uses, and the message names those."""
    with pytest.raises(DataError, match=r"TableModel.seen: the frame lacks the column 'day' that the model needs"):
        model.seen(FRAME.drop(columns="day"))
    with pytest.raises(DataError, match=r"TableModel.seen: the target 'y' is not among the columns"):
        model.seen(FRAME.drop(columns="y"))


def test_a_sample_is_kept_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond 125,000 rows the file keeps a sample of at most a megabyte, and what it says is near the truth."""
    n = 200_000
    x = np.random.default_rng(2).normal(size=n)
    train = to_table({"x": x}).columns
    hashes = RowHashes.of(train[:1], None, salt=5)
    assert sum(len(array) for array in hashes.arrays().values()) <= MOST_HASHES + 4
    read = RowHashes.from_arrays(hashes.arrays())
    assert read is not None
    mixed = to_table({"x": np.r_[x[:30_000], x[:20_000] + 100.0]}).columns
    seen = read.compare(mixed)
    assert seen.n_rows == pytest.approx(50_000 * MOST_HASHES / n, rel=0.05)
    assert seen.trained_on / seen.n_rows == pytest.approx(0.6, abs=0.02)
    assert seen.sentence.endswith(
        "% of these rows were trained on (estimated from a sample of the training rows): the scores flatter the model."
    )
    assert seen.sentence.startswith("About 6")
    monkeypatch.setattr(row_hashes, "MOST_HASHES", 10)
    few = RowHashes.of([train[0].take(slice(0, 6))], [train[0].take(slice(3, 30))], salt=5)
    assert len(few.training) + len(few.validation) == 10


def test_equal_runs_have_equal_hashes_and_others_do_not() -> None:
    """The salt follows from the run: equal runs leave equal files, and hashes of two models cannot be compared."""
    X, y = FRAME[["x", "day"]], FRAME["y"]
    one, again, other = (
        TabularClassifier("small", epochs=1, random_state=seed).fit(X, y).network_.attachments for seed in (0, 0, 1)
    )
    assert all((one[name] == again[name]).all() for name in one)
    assert not np.intersect1d(one["rows.training"], other["rows.training"]).size


def test_hashes_do_not_depend_on_the_process() -> None:
    """Python's own hash of a text differs from process to process; these do not."""
    code = (
        "from glassnet.tabular import to_table; from glassnet.tabular.splitting.row_hashes import hash_rows;"
        "print(hash_rows(to_table({'a': ['x', None], 'b': [0.1, -0.0]}).columns, 3).tolist())"
    )
    outputs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert outputs == {"[4094830018159908498, 7289282231400775196]\n"}


@given(st.lists(st.floats(-(2.0**24), 2.0**24, width=32, allow_subnormal=False), min_size=1, max_size=20))
@settings(max_examples=200, deadline=None)
def test_single_and_double_precision_have_equal_hashes(numbers: list[float]) -> None:
    """A number in single precision, and the shortest text of it, are the same cell."""
    single = np.array(numbers, dtype=np.float32)
    double = np.array([float(str(number)) for number in single])
    missing = np.zeros(len(numbers), dtype=bool)
    hashes = [hash_rows([Column("x", "number", values.astype(float), missing)], 1) for values in (single, double)]
    np.testing.assert_array_equal(*hashes)


DAMAGED = {
    "missing": {"rows.training": np.zeros(2, np.uint64)},
    "dtype": {name: np.zeros(4) for name in ("rows.training", "rows.validation", "rows.facts")},
    "facts": {name: np.zeros(3, np.uint64) for name in ("rows.training", "rows.validation", "rows.facts")},
    "size": {
        "rows.training": np.zeros(MOST_HASHES, np.uint64),
        "rows.validation": np.zeros(1, np.uint64),
        "rows.facts": np.zeros(4, np.uint64),
    },
}


@pytest.mark.parametrize("arrays", DAMAGED.values(), ids=list(DAMAGED))
def test_damaged_hashes_are_refused(model: TableModel, arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    """A file whose hashes are not whole is refused in one sentence."""
    model.save(tmp_path / "a.safetensors")
    net = read_network(tmp_path / "a.safetensors")
    net.attachments = arrays
    net.save(tmp_path / "b.safetensors")
    with pytest.raises(FormatError, match=r"the hashes of rows must be at most 125,000 numbers of 64 bits"):
        TableModel.load(tmp_path / "b.safetensors")


def test_the_command_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`glassnet evaluate` on the training file says which share was trained on; on other rows it says nothing of it."""
    FRAME[:400].to_csv(tmp_path / "all.csv", index=False)
    FRAME[400:].to_csv(tmp_path / "new.csv", index=False)
    model = str(tmp_path / "m.safetensors")
    words = ["train", str(tmp_path / "all.csv"), "-t", "y", "--recipe", "small", "--epochs", "1", "-q", "-o", model]
    assert main(words) == 0
    assert main(["evaluate", model, str(tmp_path / "all.csv")]) == 0
    assert "64 % of these rows were trained on and 16 % chose the best epoch" in capsys.readouterr().out
    assert main(["evaluate", model, str(tmp_path / "new.csv")]) == 0
    out = capsys.readouterr().out
    assert "trained on" not in out
    assert "chose the best epoch" not in out


def test_a_whole_table_of_rows_that_repeat(tmp_path: Path) -> None:
    """The very table of training is recognised although its rows repeat; a new one of the same kind is not accused."""

    def table(seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        x = rng.integers(-30, 31, 120)
        return pd.DataFrame({"x": x, "town": rng.choice(["here", "there"], 120), "y": np.where(x > 0, "yes", "no")})

    frame = table(0)
    fitted = TabularClassifier("small", epochs=1, random_state=0).fit(frame.drop(columns="y"), frame["y"])
    seen = fitted.model_.seen(frame)
    assert seen is not None
    assert "of these rows were trained on" in seen.sentence
    for seed in range(1, 6):
        other = fitted.model_.seen(table(seed))
        assert other is not None
        assert "were trained on" not in other.sentence
