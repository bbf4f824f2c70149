"""Toy data by formula, and the pictures of digits: shapes, seeds, balance, and nothing but the curve without noise."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import inspect
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import glassnet as gn
from glassnet import datasets
from glassnet.errors import ConfigError
from glassnet.playground.data.sources import BUNDLED

OF_CLASSES = ("circles", "gaussians", "moons", "spirals", "xor")
OF_NUMBERS = ("plane", "sine")
FOLDER = Path(datasets.__file__).parent
TABLES = {  # rows, columns, missing values, usual target
    "mpg": (398, 9, 6, "mpg"),
    "penguins": (344, 8, 19, "species"),
    "thyroid": (2800, 10, 1756, "sick"),
    "weather": (1461, 6, 0, "weather"),
}


def make(name: str, *args: Any, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return a toy by its name."""
    found: tuple[np.ndarray, np.ndarray] = getattr(datasets, name)(*args, **options)
    return found


@pytest.mark.parametrize("name", OF_CLASSES + OF_NUMBERS)
def test_arrays_have_the_promised_shapes(name: str) -> None:
    """Inputs are float64 of shape (n, 2), or (n, 1) for the sine; classes int64 codes, numbers float64."""
    X, y = make(name, 37)
    assert X.shape == (37, 1 if name == "sine" else 2)
    assert X.dtype == np.float64
    assert y.shape == (37,)
    assert y.dtype == (np.int64 if name in OF_CLASSES else np.float64)
    assert np.isfinite(X).all()


@pytest.mark.parametrize("name", OF_CLASSES + OF_NUMBERS)
def test_seeds_decide_the_bits(name: str) -> None:
    """Equal seeds give equal bits, other seeds other points; a default is a seed as well."""
    (X, y), (X_again, y_again), (X_other, _) = make(name, seed=3), make(name, seed=3), make(name, seed=4)
    assert np.array_equal(X, X_again)
    assert np.array_equal(y, y_again)
    assert not np.array_equal(X, X_other)
    assert np.array_equal(make(name)[0], make(name, seed=0)[0])


@pytest.mark.parametrize("name", OF_CLASSES)
@pytest.mark.parametrize("n", [10, 11, 500])
def test_classes_are_balanced(name: str, n: int) -> None:
    """No class has more than one row more than another."""
    counts = np.bincount(make(name, n)[1])
    assert len(counts) == 2
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("name", ["circles", "gaussians", "spirals"])
def test_there_may_be_more_classes(name: str) -> None:
    """As many classes as are asked for, balanced."""
    assert np.bincount(make(name, 70, classes=7)[1]).tolist() == [10] * 7


def test_points_lie_on_their_curves_without_noise() -> None:
    """Without noise the formulas of the docstrings hold for every row, to the last bits that sine and cosine leave."""
    X, y = datasets.spirals(100, noise=0.0, turns=2.0, classes=3)
    t = np.hypot(*X.T) / 2.0
    angle = 2.0 * np.pi * (2.0 * t + y / 3)
    assert np.abs(X - 2.0 * t[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)).max() < 1e-12
    assert t.min() >= 0.1 - 1e-12
    assert t.max() <= 1.0
    X, y = datasets.circles(90, noise=0.0, classes=3)
    assert np.abs(np.hypot(*X.T) - 2.0 * (y + 1) / 3).max() < 1e-12
    X, y = datasets.moons(100, noise=0.0)
    centred = np.where(y[:, None] == 0, X, [1.0, 0.5] - X)
    assert np.abs(np.hypot(*centred.T) - 1.0).max() < 1e-12
    assert (centred[:, 1] >= -1e-12).all()
    X, y = datasets.xor(100, noise=0.0)
    assert np.array_equal(y, (X[:, 0] * X[:, 1] < 0).astype(np.int64))
    assert np.abs(X).min() >= 0.2
    X, y = datasets.gaussians(12, noise=0.0, classes=4)
    assert np.abs(X - 2.0 * np.stack([np.cos(y * np.pi / 2), np.sin(y * np.pi / 2)], axis=1)).max() < 1e-12
    X, y = datasets.sine(50, noise=0.0, periods=3.0)
    assert np.array_equal(y, np.sin(3.0 * np.pi * X[:, 0] / 2.0))
    X, y = datasets.plane(50, noise=0.0)
    assert np.array_equal(y, X.sum(axis=1) / 2.0)


@pytest.mark.parametrize("name", OF_CLASSES + OF_NUMBERS)
def test_noise_is_the_spread_of_what_is_added(name: str) -> None:
    """The points with and without noise differ by numbers of mean 0 and of this standard deviation."""
    X, y = make(name, 4000, noise=0.0)
    X_noisy, y_noisy = make(name, 4000, noise=0.3)
    added = y_noisy - y if name in OF_NUMBERS else X_noisy - X
    assert abs(added.mean()) < 0.02
    assert abs(added.std() - 0.3) < 0.01
    assert np.array_equal(X, X_noisy) if name in OF_NUMBERS else np.array_equal(y, y_noisy)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("spirals", {"n": 1}, "spirals: n is 1; it must be a whole number of at least 2."),
        ("circles", {"n": 4, "classes": 5}, "circles: n is 4; it must be a whole number of at least 5."),
        ("gaussians", {"classes": 1}, "gaussians: classes is 1; it must be a whole number of at least 2."),
        ("gaussians", {"classes": 21}, "gaussians: classes is 21; it must be a whole number of at most 20."),
        ("moons", {"noise": -0.1}, "moons: noise is -0.1; it must be a finite number of at least 0 and at most 1e+06."),
        (
            "xor",
            {"noise": float("nan")},
            "xor: noise is nan; it must be a finite number of at least 0 and at most 1e+06.",
        ),
        ("sine", {"n": 0}, "sine: n is 0; it must be a whole number of at least 1."),
        ("plane", {"seed": -1}, "plane: seed is -1; it must be a whole number of at least 0."),
        (
            "spirals",
            {"turns": "many"},
            "spirals: turns is 'many'; it must be a finite number of at least 0 and at most 1e+06.",
        ),
    ],
)
def test_wrong_options_are_refused(name: str, options: dict[str, Any], words: str) -> None:
    """An option that cannot be gets one sentence."""
    with pytest.raises(ConfigError) as caught:
        make(name, **options)
    assert str(caught.value) == words


def test_all_options_but_the_number_of_rows_are_named() -> None:
    """A call says what its numbers mean."""
    for name in OF_CLASSES + OF_NUMBERS:
        first, *others = inspect.signature(getattr(datasets, name)).parameters.values()
        assert first.name == "n"
        assert {parameter.kind for parameter in others} == {inspect.Parameter.KEYWORD_ONLY}


def test_a_network_learns_a_toy_in_two_lines() -> None:
    """What a toy returns is what `fit` takes."""
    X, y = gn.datasets.moons(200, noise=0.05, seed=0)
    network = gn.Network(
        [gn.Dense(8, "tanh"), gn.Dense(1)], loss="binary_cross_entropy", optimizer=gn.Adam(0.05), seed=0
    )
    network.fit(X, y, epochs=30, progress=False, diagnose=False)
    assert network.evaluate(X, y)["accuracy"] > 0.95


# ---- digits ------------------------------------------------------------------------------------------------------------


def test_digits_are_those_of_the_source() -> None:
    """The pictures are scikit-learn's, pixel for pixel, from 0 to 1; flat or as pictures."""
    X, y = datasets.digits()
    assert (X.shape, X.dtype, y.dtype) == ((1797, 64), np.float64, np.int64)
    assert (X.min(), X.max()) == (0.0, 1.0)
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    known = load_digits()
    assert np.array_equal(X * 16.0, known.data)
    assert np.array_equal(y, known.target)
    pictures, codes = datasets.digits(flat=False)
    assert np.array_equal(pictures, X.reshape(-1, 8, 8))
    assert np.array_equal(codes, y)
    with pytest.raises(ConfigError, match=r"digits: flat is 'yes'; it must be True or False\."):
        datasets.digits(flat="yes")  # type: ignore[arg-type]  # what is tested


def test_files_of_data_are_small_and_their_sources_named() -> None:
    """Every file of data has at most 100 kB and a section in SOURCES.md: origin, licence, and the print of its text."""
    files = [path for path in FOLDER.iterdir() if path.suffix in (".csv", ".gz", ".npz")]
    sections = sections_of_sources()
    assert set(sections) == {path.name for path in files} == {f"{name}.csv" for name in TABLES} | {"digits.csv.gz"}
    for path in files:
        assert path.stat().st_size <= 100_000
        section = sections[path.name]
        for entry in ("Data", "Licence of the data", "Taken from", "Reference"):
            assert f"* **{entry}:**" in section
        assert re.search(r"\*\*Licence of the data:\*\* .*(CC BY 4\.0|CC0 1\.0|public domain)", section, re.DOTALL)
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert hashlib.sha256(text).hexdigest() in re.findall(r"[0-9a-f]{64}", section)
    notice = FOLDER.parents[2] / "NOTICE"
    for doi in re.findall(r"10\.24432/C\w+", "".join(sections.values())):
        assert not notice.exists() or doi in notice.read_text()  # an installed package keeps its notice elsewhere


def sections_of_sources() -> dict[str, str]:
    """Return the sections of SOURCES.md by the file they are about."""
    text = (FOLDER / "SOURCES.md").read_text()
    return dict(re.findall(r"^## `([^`]+)`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("name", TABLES)
def test_bundled_tables_are_what_is_said_of_them(name: str) -> None:
    """Rows, columns and missing values are those of the table in the guide; every column is explained in SOURCES.md."""
    rows, columns, missing, target = TABLES[name]
    table = gn.tabular.read_table(name)
    assert (table.n_rows, len(table.names), sum(column.n_missing for column in table.columns)) == (
        rows,
        columns,
        missing,
    )
    assert target in table.names
    explained = re.findall(r"^\| (`.*?) \|", sections_of_sources()[f"{name}.csv"], re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(explained)) == list(table.names)
    page = FOLDER.parents[2] / "docs" / "api" / "datasets.md"
    assert f"| `{name}` | {rows:,} | {columns} | {missing:,} | `{target}`" in page.read_text()


def test_values_of_bundled_tables() -> None:
    """Kinds of columns, ranges and shares that the pages speak of."""
    mpg, thyroid, weather = (gn.tabular.read_table(name) for name in ("mpg", "thyroid", "weather"))
    assert (mpg["mpg"].values.min(), mpg["mpg"].values.max(), mpg["horsepower"].n_missing) == (9.0, 46.6, 6)
    assert (thyroid["sick"].values.sum(), thyroid["on_thyroxine"].kind) == (171, "boolean")
    day = weather["date"].values
    assert np.array_equal(day, np.arange("2012-01-01", "2016-01-01", dtype="datetime64[D]").astype(day.dtype))
    kinds = Counter(weather["weather"].values.tolist())
    assert kinds == {"drizzle": 53, "fog": 101, "rain": 641, "snow": 26, "sun": 640}


def test_names_of_bundled_tables() -> None:
    """The same names are known to the command line's help, and to its pages."""
    assert datasets.dataset_names() == list(TABLES)
    options = pytest.importorskip("glassnet.cli.options", exc_type=ImportError)
    words = get_args(options.Table)[1].help
    assert re.findall(r"\w+", words.partition("a bundled table: ")[2].replace(" or ", " ")) == list(TABLES)
    guide = (FOLDER.parents[2] / "docs" / "guide" / "command-line.md").read_text()
    assert ", ".join(f"`{name}`" for name in TABLES) in guide
    assert set(BUNDLED) == {*TABLES, "digits"}


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_training_on_a_bundled_table_beats_the_constant(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``glassnet train NAME TARGET`` with its defaults: log loss or RMSE falls by a third at least, and it says so."""
    pytest.importorskip("typer")
    main = importlib.import_module("glassnet.cli.app").main
    assert main(["train", name, TABLES[name][3], "--json", "--out", str(tmp_path / "m.safetensors")]) == 0
    result = json.loads(capsys.readouterr().out)
    metric = "rmse" if result["task"] == "regression" else "log_loss"
    scores = result["scores"]
    assert scores["network"][metric] < scores["baseline"][metric] * 2 / 3
    assert result["verdict"]["against_baseline"] == "better"
