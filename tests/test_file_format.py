"""The page on the file format is true: its reader, plain Python, reads what the library writes and wrote."""

from __future__ import annotations

import ast
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.layers.registry import make_layer
from glassnet.losses.registry import LOSSES
from glassnet.saving.configuration import network_config
from glassnet.saving.model_file import FORMAT_VERSION
from glassnet.saving.safetensors_reader import read_safetensors
from glassnet.tabular import TableEncoder, TargetEncoder
from glassnet.tabular.encoding.encoder import _CODERS

REPOSITORY = Path(__file__).parent.parent
PAGE = (REPOSITORY / "docs" / "guide" / "file-format.md").read_text()
FIXTURES = sorted((REPOSITORY / "tests" / "data").glob("*_[0-9].safetensors"))
PLAIN = ("perceptron_2", "perceptron_3")  # the fixtures that are made of Dense alone


def block(start: str) -> str:
    """Return the page's Python block that has this line."""
    (found,) = (code for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if start in code)
    return found


READER = block("def read(path):")


@pytest.fixture(scope="module")
def reader() -> dict[str, Any]:
    """Return the names that the page's reader, its encoder and its scaling define."""
    names: dict[str, Any] = {}
    exec(READER.replace("sys.argv", "[]") + block("def encode(") + block("def scaled("), names)
    return names


def test_the_reader_is_short_and_plain() -> None:
    """It has at most 60 lines, none longer than 105, and imports four modules that come with Python."""
    lines = READER.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 105
    imported = {
        name.name for node in ast.walk(ast.parse(READER)) if isinstance(node, ast.Import) for name in node.names
    }
    assert not [node for node in ast.walk(ast.parse(READER)) if isinstance(node, ast.ImportFrom)]
    assert imported == {"json", "math", "struct", "sys"}
    assert imported <= sys.stdlib_module_names


NETWORKS = {
    "softmax": ([gn.Dense(5, "relu"), gn.Dense(4)], "cross_entropy"),
    "softmax as a layer": ([gn.Dense(5, "tanh"), gn.Softmax(), gn.Dense(4, "softmax")], "squared_error"),
    "sigmoid": ([gn.Dense(4, "tanh"), gn.Dropout(0.5), gn.Dense(2)], "binary_cross_entropy"),
    "numbers": ([gn.Dense(6, "sigmoid", use_bias=False), gn.Dense(3, "relu"), gn.Dense(2)], "squared_error"),
    "activations as objects": ([gn.Dense(4, gn.Tanh()), gn.Dense(4), gn.ReLU(), gn.Dense(1)], "huber"),
    "one layer": ([gn.Dense(1)], "absolute_error"),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_predicts_what_glassnet_predicts(name: str, dtype: Any, reader: dict[str, Any], tmp_path: Path) -> None:
    """For networks of Dense the reader's loops and glassnet agree to 1e-6, also with a training state in the file."""
    layers, loss = NETWORKS[name]
    layers = [make_layer(layer.entry()) for layer in layers]
    net = gn.Network(layers, loss=loss, seed=1, dtype=dtype)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 3))
    n_outputs = net.build(3).n_outputs
    codes = rng.integers(0, n_outputs, 20)
    net.fit(X, codes if loss == "cross_entropy" else rng.integers(0, 2, (20, n_outputs)), epochs=3)
    net.save(tmp_path / "net.safetensors", training_state=True)
    model, arrays = reader["read"](tmp_path / "net.safetensors")
    plain = np.array([reader["predict"](model, arrays, row) for row in X.tolist()])
    np.testing.assert_allclose(plain, net.predict(X), rtol=0.0, atol=1e-6)


def test_it_needs_no_package(tmp_path: Path) -> None:
    """As a program it prints the prediction, where Python finds no installed package and no file of ours."""
    (tmp_path / "read_model.py").write_text(READER)
    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(3)], loss="cross_entropy", seed=0, input_shape=2)
    net.save(tmp_path / "small.safetensors")
    command = [sys.executable, "-I", "-S", "read_model.py", "small.safetensors", "0.5", "-1.2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    np.testing.assert_allclose([*map(float, done.stdout.split())], net.predict([[0.5, -1.2]])[0], atol=1e-6)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_it_reads_every_array_that_was_ever_written(path: Path, reader: dict[str, Any]) -> None:
    """Of a file of any version it has the same description and bits as the library."""
    model, arrays = reader["read"](path)
    texts, ours = read_safetensors("here", path)
    assert model == json.loads(texts["glassnet"])
    assert arrays
    assert arrays.keys() == ours.keys()
    for name, (shape, numbers) in arrays.items():
        assert np.array_equal(np.array(numbers, ours[name].dtype).reshape(shape), ours[name])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_old_files_predict_or_are_refused(path: Path, reader: dict[str, Any]) -> None:
    """Plain networks predict what they predicted when they were written; of others one sentence says what is unknown."""
    model, arrays = reader["read"](path)
    X = np.linspace(-2.0, 2.0, 20).reshape(5, 4).tolist()
    if path.stem in PLAIN:
        expected = json.loads(path.with_suffix(".json").read_text())["probabilities"]
        plain = [reader["predict"](model, arrays, reader["scaled"](model, row)) for row in X]
        np.testing.assert_allclose(plain, expected, rtol=0.0, atol=1e-6)
        return
    row = [0.0] * model["config"]["input_shape"][0]
    sentence = r"this reader does not know '\w+', in \w+|no single network for rows of 18 numbers"
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the text is compared below
        reader["predict"](model, arrays, row)
    assert re.fullmatch(sentence, str(caught.value))


def test_the_page_knows_the_version_of_today(reader: dict[str, Any], tmp_path: Path) -> None:
    """Reader and page know all versions up to the one that is written, and refuse the next."""
    path = tmp_path / "net.safetensors"
    gn.Network([gn.Dense(1)], loss="squared_error", input_shape=1).save(path)
    content = path.read_bytes()
    assert f"today {FORMAT_VERSION}:" in PAGE
    assert f"| {FORMAT_VERSION} |" in PAGE
    path.write_bytes(content.replace(f'"format_version\\": {FORMAT_VERSION}'.encode(), b'"format_version\\": 4'))
    with pytest.raises(ValueError, match=r"no file that this reader knows: ValueError\('format version 4'\)$"):
        reader["read"](path)


def test_damaged_files_are_one_sentence(reader: dict[str, Any], tmp_path: Path) -> None:
    """A file that is cut off anywhere, or something else, is named with what was found."""
    path = tmp_path / "net.safetensors"
    gn.Network([gn.Dense(3, "relu"), gn.Dense(2)], loss="cross_entropy", input_shape=2).save(path)
    content = path.read_bytes()
    others = [b"", b"columns,not,a,model\n1,2,3,4\n", b"\xff" * 40, content[:8] + b"[]" + content[10:]]
    for damaged in [*others, *(content[:length] for length in range(1, len(content), 37)), content[:-1]]:
        path.write_bytes(damaged)
        with pytest.raises(
            ValueError, match=rf"^{re.escape(str(path))} is damaged, or no file that this reader knows: "
        ):
            reader["read"](path)


def test_the_encoder_of_the_page_encodes(reader: dict[str, Any]) -> None:
    """Features of the page's function are those of `TableEncoder`: numbers, booleans, pairs, more, rare and new ones."""
    rng = np.random.default_rng(0)
    table = {
        "size": [None if i % 7 == 0 else float(rng.normal()) for i in range(40)],
        "ripe": [[True, False, None][i % 3] for i in range(40)],
        "pair": [["a", "b", None][i % 3] for i in range(40)],
        "many": [None if i % 9 == 0 else "abcdefg"[i % 7] for i in range(40)],
        "same": ["always"] * 40,
    }
    encoder = TableEncoder(max_categories=4).fit(table)
    rows = [{name: values[i] for name, values in table.items()} for i in range(40)]
    rows.append({"size": 9.0, "ripe": None, "pair": "new", "many": "new", "same": "other"})
    config = json.loads(json.dumps(encoder.config()))
    plain = np.array([reader["encode"](config, row) for row in rows])
    ours = encoder.transform({name: [row[name] for row in rows] for name in table})
    assert encoder.feature_names[-1] == "many (missing)"
    np.testing.assert_allclose(plain, ours, atol=1e-6)


def test_the_page_names_what_files_hold() -> None:
    """Every key of a description, every coder of a column and every loss, which has a link, is in the page."""
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", input_shape=2)
    encoder = TableEncoder(scaling="robust", embed_above=3).fit({"a": [1.0, 2.0], "b": ["x", "y"]})
    target = TargetEncoder().fit(["x", "y", "x", "y"])
    keys = {*network_config(net), *encoder.config(), *target.config()} - {"name", "kind"}
    keys |= {"format_version", "metadata", "training", "data", "encoder", "target", "reading", "calibration"}
    keys |= {"background", "forms", "sklearn", *_CODERS, *(loss.__name__ for loss in LOSSES.values())}
    assert [key for key in sorted(keys) if f"`{key}`" not in PAGE] == []


CYCLES = {"year": 365.2425, "week": 7.0, "day": 1.0}


def soft(x: float, scale: dict[str, float]) -> float:
    """Return the page's ``z / sqrt(1 + (z / 3)**2)`` with ``z = (x - median) / q``."""
    z = (x - scale["median"]) / scale["q"]
    return z / math.sqrt(1.0 + (z / 3.0) ** 2)


def as_the_page_says(column: dict[str, Any], x: float | None, code: str) -> list[float]:
    """Return the features of a number, a date in days, a time in seconds, or a code, by the page's formulas."""
    kind = column["coder"]
    if kind == "code":
        return [column["first"] + 1 + column["categories"].index(code)]
    known = column["mean"] if x is None else x
    first = soft(known, column) if "scaling" in column else (known - column["mean"]) / column["std"]
    turns = [known / CYCLES[cycle] for cycle in column.get("cycles", [])] + [known / 86400.0] * (kind == "time")
    waves = [wave(2.0 * math.pi * turn) for turn in turns for wave in (math.sin, math.cos)]
    flag = [float(x is None)] * (column["n_missing"] > 0)
    return [first, *([0.0] * len(waves) if x is None else waves), *flag]


@pytest.mark.parametrize("options", [{}, {"scaling": "robust", "embed_above": 3}], ids=["format 1", "format 2"])
def test_formulas_of_the_other_coders(options: dict[str, Any]) -> None:
    """Dates, times, codes, robust scales and bounds are what the page's table says, computed without the library."""
    rng, n = np.random.default_rng(0), 60
    sizes = [None if i % 7 == 0 else float(rng.normal()) for i in range(n)]
    days = [18262 + 17 * i for i in range(n)]
    table = {
        "size": sizes,
        "day": np.array(days).astype("M8[D]"),
        "hour": [f"{i % 24:02d}:{i * 7 % 60:02d}" for i in range(n)],
        **({"letter": ["abcdefg"[i % 7] for i in range(n)]} if options else {}),
    }
    encoder = TableEncoder(**options).fit(table)
    config = json.loads(json.dumps(encoder.config()))
    rows = []
    for i in range(n):
        cells = {"size": sizes[i], "day": days[i], "hour": 3600.0 * (i % 24) + 60.0 * (i * 7 % 60), "letter": None}
        row = [
            x for column in config["columns"] for x in as_the_page_says(column, cells[column["name"]], "abcdefg"[i % 7])
        ]
        bounds = config.get("bounds") or [None] * len(row)
        rows.append([x if bound is None else soft(x, bound) for x, bound in zip(row, bounds, strict=True)])
    assert {column["coder"] for column in config["columns"]} == {"number", "date", "time"} | (
        {"code"} if options else set()
    )
    np.testing.assert_allclose(rows, encoder.transform(table), rtol=1e-6, atol=1e-6)
