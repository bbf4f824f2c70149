"""The data of the playground: sources, tables of people's own, the plane, commands, baselines, and the gallery."""

from __future__ import annotations

import ast
import dataclasses
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import ConfigError, DataError, GlassnetError
from glassnet.playground.code.shown_run import experiment_code
from glassnet.playground.data.baselines import baseline_lines
from glassnet.playground.data.fitting_settings import fit_settings, fits, suggested_settings
from glassnet.playground.data.flawed_data import FLAWS
from glassnet.playground.data.gallery import GALLERY, exhibit
from glassnet.playground.data.sources import (
    data_from_arrays,
    data_from_file,
    data_from_frame,
    data_from_model,
    data_from_source,
)
from glassnet.playground.data.toy_data import TOYS
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.playground.state import state_of

ARRAYS = ("X", "y", "X_valid", "y_valid")
# What the page leaves out when it looks at a run under way.
GOES_ON = ("few-updates", "past-best-epoch", "schedule-not-begun", "still-falling")


def toy(name: str, split: float = 0.2, **options: Any) -> PlayData:
    """Return a toy as data."""
    return data_from_source({"kind": "toy", "name": name, "options": options}, split=split)


def penguins(target: str = "species") -> PlayData:
    """Return the bundled table as data."""
    return data_from_source({"kind": "bundled", "name": "penguins", "target": target})


def lines(n: int, row: Callable[[int], str]) -> str:
    """Return n rows of a text file."""
    return "".join(row(i) + "\n" for i in range(n))


class Table:
    """An experiment, the files that were uploaded to it, and its commands."""

    def __init__(self, folder: Path) -> None:
        data = toy("moons", n=100)
        self.experiment, self.folder = Experiment(data, suggested_settings(data)), folder
        self.uploads: dict[str, Path] = {}
        self.experiment.uploads = self.uploads

    def do(self, command: str, **arguments: Any) -> Any:
        """Return the result of a command."""
        found = answer(self.experiment, {"id": 1, "do": command, **arguments})
        assert "error" not in found, found
        return found["result"]

    def refusal(self, command: str, **arguments: Any) -> str:
        """Return the sentence of a command that is refused and changes nothing."""
        before, data, network = self.experiment.revision, self.experiment.data, self.experiment.network
        error: str = answer(self.experiment, {"id": 1, "do": command, **arguments})["error"]
        now = self.experiment
        assert (now.revision, now.data, now.network) == (before, data, network)
        return error

    def source(self, content: str | bytes, **more: Any) -> dict[str, Any]:
        """Return the source of a file with this content."""
        name = f"upload{len(self.uploads)}"
        self.uploads[name] = self.folder / name
        self.uploads[name].write_bytes(content.encode() if isinstance(content, str) else content)
        return {"kind": "upload", "upload": name, **more}

    def upload(self, content: str | bytes, **more: Any) -> PlayData:
        """Take a file with this content."""
        assert self.do("data", source=self.source(content, **more))["questions"] == []
        return self.experiment.data

    def state(self) -> dict[str, Any]:
        """Return the state of the data, as the page gets it."""
        found: dict[str, Any] = json.loads(json.dumps(state_of(self.experiment), allow_nan=False))["data"]
        return found


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Return an experiment that files can be uploaded to."""
    return Table(tmp_path)


def same_bits(data: PlayData, path: Path | None = None) -> None:
    """Assert that the lines of Python make the arrays of data, in a program of their own."""
    names: dict[str, Any] = {"gn": gn}
    code = "\n".join(data.code).replace("your_file.csv", str(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gn.TableWarning)
        exec(compile(code, "code", "exec"), names)
    for name in ARRAYS:
        wanted = getattr(data, name)
        assert names[name].dtype == wanted.dtype, name
        assert np.array_equal(names[name], wanted), name


# ---- sources -----------------------------------------------------------------------------------------------------------

SOURCES: list[dict[str, Any]] = [
    *({"kind": "toy", "name": name} for name in TOYS),
    {"kind": "toy", "name": "spirals", "options": {"n": 90, "classes": 3, "turns": 1.5, "noise": 0.2, "seed": 5}},
    {"kind": "points"},
    {"kind": "points", "points": [[0.1, 1.23456, 0], [1, 2, 1], [-2, 0.5, 3], [0, 0, 1]]},
    {"kind": "bundled", "name": "penguins"},
    {"kind": "bundled", "name": "penguins", "target": "body_mass_g"},
    {"kind": "bundled", "name": "penguins", "options": {"read": {"year": "category", "sex": "drop"}}},
    *({"kind": "bundled", "name": name} for name in ("mpg", "thyroid", "weather", "digits")),
    *({"kind": "flawed", "name": name} for name in FLAWS),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source['kind']} {source.get('name', '')}")
@pytest.mark.parametrize("split", [0.2, 0.33])
def test_code_makes_the_same_bits(source: dict[str, Any], split: float) -> None:
    """The lines of Python of any source make its four arrays, and its own description makes it again."""
    data = data_from_source(source, split=split)
    same_bits(data)
    again = data_from_source(data.source, split=split)
    assert all(np.array_equal(getattr(data, name), getattr(again, name)) for name in ARRAYS)
    assert len(data.X) + len(data.X_valid) == data.n_rows
    assert len(data.inputs) == int(np.prod(data.X.shape[1:]))
    json.dumps(data.source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({}, "data: kind is None; it must be one of 'bundled', 'flawed', 'points', 'toy', 'upload'."),
        ({"kind": "toy", "name": "spiral"}, "Did you mean 'spirals'?"),
        ({"kind": "toy", "name": "moons", "options": {"turns": 1}}, "data: options is 'turns'; it must be one of 'n', 'noise', 'seed'."),
        ({"kind": "toy", "name": "moons", "options": {"n": 10**9}}, "data: n is 1,000,000,000; it must be at most 20,000 on the page."),
        ({"kind": "toy", "name": "moons", "options": {"n": "<b>"}}, "moons: n is '<b>'; it must be a whole number of at least 2."),
        ({"kind": "toy", "name": "moons", "options": [1]}, "data: options is of type list; it must be an object."),
        ({"kind": "toy", "name": ["moons"]}, "data: name is ['moons']; it must be one of 'circles', 'gaussians', 'moons', 'plane', 'sine', 'spirals', 'xor'."),
        ({"kind": "points", "points": "many"}, "data: points is of type str; it must be a list."),
        ({"kind": "points", "points": [[0, 0, 0]]}, "data: there is 1 point; there must be 2 to 2,000."),
        ({"kind": "points", "points": [[0, 0, 0], [0, float("inf"), 0]]}, "data: a point is [0, inf, 0]; it must be two numbers and a label from 0 to 7."),
        ({"kind": "points", "points": [[0, 0, 0], [0, 0, 8]]}, "data: a point is [0, 0, 8]; it must be two numbers and a label from 0 to 7."),
        ({"kind": "points", "points": [[0, 0, 0], [0, 0, True]]}, "label from 0 to 7"),
        ({"kind": "bundled", "name": "/etc/passwd"}, "data: unknown name '/etc/passwd'. The choices are 'digits', 'mpg', 'penguins', 'thyroid', 'weather'."),
        ({"kind": "upload", "upload": "../x"}, "data: upload is no file that was uploaded; it must be the id of one."),
        ({"kind": "upload"}, "data: upload is no file that was uploaded; it must be the id of one."),
        ({"kind": "bundled", "name": "penguins", "target": 3}, "data: target is of type int; it must be a text."),
        ({"kind": "bundled", "name": "penguins", "target": "specis"}, "Did you mean 'species'?"),
    ],
)  # fmt: skip
def test_wrong_sources_are_refused(source: dict[str, Any], words: str) -> None:
    """A source that is none gets one sentence of the library."""
    with pytest.raises(GlassnetError) as caught:
        data_from_source(source)
    assert words in str(caught.value)


def test_split_is_stratified_and_seeded() -> None:
    """Rows held out have the shares of classes of all rows, and are the same each time."""
    data, again = toy("gaussians", 0.25, n=403, classes=4), toy("gaussians", 0.25, n=403, classes=4)
    counts = np.bincount(data.y_valid)
    assert counts.sum() == 101
    assert counts.max() - counts.min() <= 1
    assert np.array_equal(data.X_valid, again.X_valid)
    flat = {tuple(row) for row in data.X} & {tuple(row) for row in data.X_valid}
    assert not flat


def test_arrays_from_python() -> None:
    """Codes, labels and numbers are told apart; rows that were held out stay so; pictures keep their shape."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    data = data_from_arrays(X, np.where(X[:, 0] > 0, "yes", "no"), inputs=["a", "b", "c"])
    assert (data.classes, data.inputs, data.n_outputs) == (("no", "yes"), ("a", "b", "c"), 1)
    data = data_from_arrays(X, np.arange(60) % 3, validation_data=(X[:6], np.arange(6) % 3))
    assert (len(data.X), len(data.X_valid), data.classes, data.n_outputs) == (60, 6, ("0", "1", "2"), 3)
    data = data_from_arrays(X, X[:, 0] * 2.5)
    assert (data.classes, data.n_outputs) == ((), 1)
    data = data_from_arrays(X, X[:, :2], classes=False)
    assert (data.classes, data.n_outputs) == ((), 2)
    assert data_from_arrays(X, (X[:, 0] > 0).astype(float), classes=["dead", "alive"]).classes == ("dead", "alive")
    pictures = data_from_arrays(*gn.datasets.digits(flat=False))
    assert pictures.X.shape[1:] == (8, 8)
    assert pictures.from_plane(np.zeros((5, 2))).shape == (5, 8, 8)
    with pytest.raises(
        DataError, match=r"playground: X has shape .* and y .*; X must have shape \(n, \.\.\.\) and y as many rows"
    ):
        data_from_arrays(X, np.arange(3))
    with pytest.raises(DataError, match=r"inputs has 1 names for 3 inputs; it must have one for each"):
        data_from_arrays(X, np.arange(60), inputs=["a"])


def test_frames_and_models_from_python(tmp_path: Path) -> None:
    """A frame is encoded like a file; the rows of a model as the model encodes them, with a column of codes too."""
    frame = {"size": [1.0, 2.0, None, 4.0] * 10, "colour": list("rgbr") * 10, "kind": ["a", "b", "b", "a"] * 10}
    data = data_from_frame(frame)
    assert (data.target, data.classes) == ("kind", ("a", "b"))
    assert "size (missing)" in data.inputs
    columns, kinds = {name: frame[name] for name in ("size", "colour")}, frame["kind"]
    encoder = gn.tabular.TableEncoder(embed_above=2).fit(columns)
    target = gn.tabular.TargetEncoder().fit(gn.tabular.to_table({"kind": kinds})["kind"])
    network = gn.Network([gn.Dense(target.n_outputs)], loss=target.loss, seed=0).build(len(encoder.feature_names))
    model = gn.tabular.TableModel(network, encoder, target)
    data = data_from_model(model, frame)
    whole = np.concatenate([data.X, data.X_valid])
    assert np.array_equal(whole[np.lexsort(whole.T)], (E := encoder.transform(columns))[np.lexsort(E.T)])
    assert data.codes
    back = data.from_plane(np.array([[0.3, 0.4], [9.0, -9.0]]))
    codes = back[:, list(data.codes)]
    assert np.array_equal(codes, np.rint(codes))
    assert codes.min() >= 0
    assert codes.max() <= 2
    with pytest.raises(DataError, match="the target 'kind' is not in the frame; it must be"):
        data_from_model(model, columns)
    path = tmp_path / "frame.csv"
    path.write_text(
        "size,colour,kind\n" + lines(40, lambda i: f"{frame['size'][i] or ''},{frame['colour'][i]},{kinds[i]}")
    )
    assert np.array_equal(data_from_model(model, path).X, data.X)
    from_file = data_from_file(path, "kind")
    assert np.array_equal(from_file.X, data_from_frame(frame, "kind").X)
    same_bits(from_file)


def test_given_tables_are_read_again(table: Table, tmp_path: Path) -> None:
    """The kind of a column can be chosen of a frame and of a file on this machine too; of a table it is too late."""
    frame: dict[str, Any] = {"size": [1, 2, 3, 4] * 10, "kind": ["a", "b", "b", "a"] * 10}
    path = tmp_path / "given.csv"
    path.write_text("size,kind\n" + lines(40, lambda i: f"{frame['size'][i]},{frame['kind'][i]}"))
    for data in (data_from_frame(frame), data_from_file(path)):
        given = Experiment(data, suggested_settings(data))
        for _ in range(2):
            found = answer(given, {"do": "read", "column": "size", "kind": "category"})
            assert found["ok"], found
            assert given.data.inputs == ("size=1", "size=2", "size=3", "size=4")
            assert given.data.target == "kind"
        names = {"gn": gn, "frame": frame}
        exec("\n".join(given.data.code), names)
        assert np.array_equal(names["X"], given.data.X)
        answer(given, {"do": "data", "source": {"kind": "given"}})
        assert given.data is data
    data = data_from_frame(gn.tabular.to_table(frame))
    refused = answer(Experiment(data, suggested_settings(data)), {"do": "read", "column": "size", "kind": "category"})
    assert (
        "is a table that was read; it must be a file or a frame. Read it with read={'size': 'category'}."
        in refused["error"]
    )


# ---- the plane ---------------------------------------------------------------------------------------------------------


def with_axes(data: PlayData, x: int | str, y: int | str) -> PlayData:
    """Return data on other axes."""
    return dataclasses.replace(data, axes=(x, y))


DIGITS = data_from_source({"kind": "bundled", "name": "digits"})
PLANES = [
    *((data, axes) for data in (penguins(), DIGITS) for axes in ((0, 1), (3, 5), (5, 3), ("pca1", "pca2"), ("pca2", "pca1"), (3, "pca1"))),
    *((toy("moons"), axes) for axes in ((0, 1), (1, 0), ("pca1", "pca2"))),
]  # fmt: skip


@pytest.mark.parametrize(("data", "axes"), PLANES)
def test_points_of_the_plane_lead_there(axes: tuple[Any, Any], data: PlayData) -> None:
    """What a point of the plane stands for lies at that point."""
    data = with_axes(data, *axes)
    points = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    back = data.from_plane(points)
    assert back.dtype == data.X.dtype
    assert np.abs(data.to_plane(back) - points).max() < 1e-5


def test_axes_of_inputs_leave_the_others_at_their_middle() -> None:
    """On two inputs the plane shows their own values; numbers are left at their mean, 0 or 1 at their median."""
    data = with_axes(penguins(), 3, 5)
    assert np.array_equal(data.to_plane(data.X), data.X[:, [3, 5]].astype(np.float64))
    back = data.from_plane(np.array([[0.25, -0.5]]))[0]
    assert (back[3], back[5]) == (0.25, -0.5)
    for place in set(range(len(data.inputs))) - {3, 5}:
        column = data.X[:, place].astype(np.float64)
        middle = np.median(column) if place in data.indicators else column.mean()
        assert abs(back[place] - middle) < 1e-6, data.inputs[place]


def test_components_are_those_of_numpy() -> None:
    """The plane of components has the two largest spreads that any directions have; its inverse is that of PCA."""
    data = with_axes(DIGITS, "pca1", "pca2")
    spreads = np.linalg.svd(data.X - data.X.mean(axis=0), compute_uv=False)[:2]
    placed = data.to_plane(data.X)
    assert np.abs(placed.mean(axis=0)).max() < 1e-9
    assert np.allclose(np.linalg.norm(placed, axis=0), spreads, rtol=1e-9)
    wide = data_from_arrays(np.random.default_rng(0).standard_normal((40, 700)), np.arange(40) % 2)
    placed = with_axes(wide, "pca1", "pca2").to_plane(wide.X)
    wanted = np.linalg.svd(wide.X - wide.X.mean(axis=0), compute_uv=False)[:2]
    assert np.allclose(np.linalg.norm(placed, axis=0), wanted, rtol=1e-9)


def test_points_are_numbered_and_at_most_a_thousand() -> None:
    """Each point shown is a row that can be found again, held out or not, with its label."""
    data = toy("circles", n=5000, classes=3)
    points = data.points
    assert {len(points[name]) for name in ("x", "y", "label", "valid", "row")} == {1000}
    X, y = np.concatenate([data.X, data.X_valid]), np.concatenate([data.y, data.y_valid])
    assert np.allclose(X[points["row"]], np.stack([points["x"], points["y"]], axis=1), rtol=1e-5)
    assert points["label"] == y[points["row"]].tolist()
    assert points["valid"] == [row >= len(data.X) for row in points["row"]]
    assert np.array_equal(data.take_shown()[0], X[points["row"]])
    assert 150 < sum(points["valid"]) < 250
    (left, right), (bottom, top) = data.plane_sides
    assert left < X[:, 0].min() < X[:, 0].max() < right
    assert bottom < X[:, 1].min() < X[:, 1].max() < top


def test_no_row_need_be_held_out() -> None:
    """Data without rows held out have a state as well, with baselines of the rows to train on."""
    X, y = gn.datasets.moons(60, seed=0)
    for targets, classes in ((y, ("0", "1")), (X[:, 0], ())):
        data = PlayData(X, targets, X[:0], targets[:0], ("x1", "x2"), classes)
        made = Experiment(data, suggested_settings(data))
        made.advance(2)
        state = state_of(made)
        assert state["data"]["rows"] == {"train": 60, "valid": 0}
        assert len(state["data"]["points"]["x"]) == 60
        assert [line["name"] for line in state["baselines"]][1] == "linear model"


def test_one_input_makes_a_curve() -> None:
    """Of one input and one number the plane shows the number above the input; the height leads nowhere."""
    data = toy("sine")
    assert data.is_curve
    assert data.points["y"] == pytest.approx(np.concatenate([data.y, data.y_valid]), rel=1e-5)
    assert data.from_plane(np.array([[0.5, 1.0], [0.5, -1.0]])).tolist() == [[0.5], [0.5]]
    assert data.plane_range == (data.y.min(), data.y.max())


# ---- tables of people's own --------------------------------------------------------------------------------------------

XY = ("x", "y")
KIND = "abc"

# Content, target, task, inputs, columns that are skipped, and a note.
FILES: dict[str, tuple[str | bytes, str, str, int, list[str], str]] = {
    "semicolons and decimal commas": (
        "size;weight;kind\n" + lines(30, lambda i: f"{i},5;{i * 2},25;{KIND[i % 3]}"), "kind", "classes", 2, [], "",
    ),
    "an export of Excel in Windows-1252": (
        ("Stadt;Fläche;Typ\n" + lines(20, lambda i: f"Köln{i % 3};{i},5;{XY[i % 2]}")).encode("cp1252"),
        "Typ", "classes", 4, [], "was read as Windows-1252",
    ),
    "a byte order mark": ("\ufeffa,b\n" + lines(20, lambda i: f"{i % 5},{XY[i % 2]}"), "b", "classes", 1, [], ""),
    "an index without a name": (
        ",a,b\n" + lines(20, lambda i: f"{i},{i % 5},{XY[i % 2]}"), "b", "classes", 1, [], "left out as an index",
    ),
    "an index of pandas": (
        "Unnamed: 0,a,b\n" + lines(20, lambda i: f"{i},{i % 5},{XY[i % 2]}"), "b", "classes", 1, ["Unnamed: 0"], "",
    ),
    "dates": (
        "day,sales\n" + lines(40, lambda i: f"2024-{1 + i // 28:02d}-{1 + i % 28:02d},{i * 1.5 + i % 3}"),
        "sales", "number", 3, [], "",
    ),
    "units and words for yes": (
        "a,b,y\n" + lines(30, lambda i: f"{i % 7} %,€{i}.50,{'yes' if i % 3 else 'no'}"), "y", "classes", 2, [], "",
    ),
    "three rows": ("a,b,c\n1,2,x\n2,3,y\n3,1,x\n", "c", "classes", 2, [], ""),
    "a column without a value": (
        "a,b,y\n" + lines(30, lambda i: f",{i % 4},{XY[i % 2]}"), "y", "classes", 1, ["a"], "",
    ),
    "rows without a target": (
        "a,y\n" + lines(30, lambda i: f"{i % 7},{'' if i % 5 == 0 else XY[i % 2]}"), "y", "classes", 1, [],
        "6 of 30 rows have no 'y' and are left out.",
    ),
    "names of people": (
        "name,a,y\n" + lines(40, lambda i: f"person{i},{i % 3},{XY[i % 2]}"), "y", "classes", 1, ["name"], "",
    ),
    "a number and no class": ("a,y\n" + lines(30, lambda i: f"{i % 7},{i * 1.5}"), "y", "number", 1, [], ""),
    "one column that counts": ("a,y\n" + lines(30, lambda i: f"{i},{i * 1.5}"), "y", "number", 1, [], ""),
    "lines of JSON": (lines(20, lambda i: json.dumps({"a": i % 5, "b": XY[i % 2]})), "b", "classes", 1, [], ""),
    "names that are hostile": (
        '<img src=x onerror=alert(1)>,__proto__,"two\nlines"\n' + lines(30, lambda i: f"{i % 5},<b>{i % 3}</b>,{XY[i % 2]}"),
        "two\nlines", "classes", 4, [], "",
    ),
    "one name twice": (
        "a,a,y\n" + lines(30, lambda i: f"{i % 5},{i % 3},{XY[i % 2]}"), "y", "classes", 2, [], "were numbered",
    ),
    "infinite numbers": (
        "a,b,y\n" + lines(30, lambda i: f"{'inf' if i == 3 else '-inf' if i == 9 else i % 7},{i % 5},{XY[i % 2]}"),
        "y", "classes", 3, [], "Column 'a': 2 infinite values are read as missing.",
    ),
    "an infinite target": (
        "a,y\n" + lines(30, lambda i: f"{i % 7},{'inf' if i == 3 else i / 8}"), "y", "number", 1, [], "1 of 30 rows have no 'y'",
    ),
    "a hundred classes": ("a,y\n" + lines(300, lambda i: f"{i % 5},c{i % 100}"), "y", "classes", 1, [], ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_of_people(name: str, table: Table) -> None:
    """A file is read, encoded and trained on; what was made of it is said; the code does the same with the same bits."""
    content, target, task, n_inputs, skipped, note = FILES[name]
    data = table.upload(content)
    state = table.state()
    assert (data.target, state["task"], len(data.inputs)) == (target, task, n_inputs)
    assert [column["name"] for column in state["columns"] if column["skipped"]] == skipped
    assert note in " ".join(state["notes"])
    assert sum(state["rows"].values()) == data.n_rows
    assert state["preview"]["rows"]
    assert target in state["targets"]
    with np.errstate(all="warn"):  # a network may overflow on huge numbers
        table.do("step", batches=3)
    path = table.uploads[data.source["upload"]]
    same_bits(data, path)
    assert str(path) not in json.dumps(state)


@pytest.mark.parametrize("row", [0, 3, 60, 299])
def test_one_wild_cell_leaves_the_others_in_peace(row: int, table: Table) -> None:
    """Wherever it stands: beside it all other numbers would be the same. It means missing then, or its column goes."""
    content = "a,b,t\n" + lines(300, lambda i: f"{'1e300' if i == row else i % 7},{i % 4},{XY[i % 2]}")
    source = table.source(content)
    (question,) = table.do("data", source=source)["questions"]
    assert question["text"] == (
        f"Column 'a': 1e+300 in line {row + 2} is too far from its other numbers to learn from these."
    )
    assert table.experiment.data.inputs == ("b",)
    missing, drop = (choice["options"] for choice in question["choices"])
    assert table.do("data", source={**source, "options": missing})["questions"] == []
    data = table.experiment.data
    assert data.inputs[0] == "a"
    assert np.ptp(data.X[:, 0]) > 2
    same_bits(data, table.uploads[source["upload"]])
    assert table.do("data", source={**source, "options": drop})["questions"] == []
    assert table.experiment.data.inputs == ("b",)


def test_advice_on_a_column_can_be_followed_on_the_page(table: Table) -> None:
    """It names the choice of the list of columns, not an option of Python."""
    content = "p,t\n" + lines(90, lambda i: f"{i * 37 % 501 if i % 3 else 'foo' + str(i % 4)},{XY[i % 2]}")
    (note,) = table.upload(content).notes
    assert note.endswith("; “number” in the list of columns makes these missing.")


def test_wide_ranges_are_no_wild_cells(table: Table) -> None:
    """Sizes from 1e-9 to 1e9, and mostly zeros with a few amounts, are taken as they are."""
    content = "a,b,t\n" + lines(90, lambda i: f"{10.0 ** (i % 19 - 9)},{1e6 * i if i % 30 == 7 else 0},{XY[i % 2]}")
    assert table.do("data", source=table.source(content))["questions"] == []


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        ("", {}, "your_file.csv: the file is empty; it must hold a table."),
        (bytes(range(256)) * 9, {}, "your_file.csv: the file holds binary data; it must be text. Save the table as CSV."),
        ("<html><body>", {}, "your_file.csv: the file is a web page; it must hold a table."),
        (b"PAR1" + b"\0" * 50, {}, "your_file.csv: the file is not well-formed"),
        (b"\x80\x04\x95" + b"x" * 50, {}, "your_file.csv: the file is a pickle; it must hold a table."),
        ('a,b\n1,"x\n2,y\n', {}, "your_file.csv: the quote of a cell in line 2 is not closed; quotes must be closed"),
        ("a,b\n", {}, "your_file.csv: the table has 2 column names and no rows; it must have at least one row."),
        ("a,b\n1,x\n", {}, "your_file.csv: no column holds labels or numbers that differ; there must be one to predict."),
        ("a,y\n1,u\n2,u\n3,u\n", {"target": "y"}, "Column 'y' cannot be predicted: it is u in every row. Choose another column to predict."),
        ("a,target\n1,7\n2,7\n3,7\n", {"target": "target"}, "Column 'target' cannot be predicted: it is 7 in every row. Choose another column to predict."),
        ("a\n" + lines(30, lambda i: str(i % 5)), {}, "data: 'a' is the only column; there must be another one to predict it from."),
        ("a,y\n" + lines(30, lambda i: f"5,{XY[i % 2]}"), {}, "data: 'a' is left out: all its values are 5; some column beside 'y' must differ between rows."),
        ("a,n\n" + lines(40, lambda i: f"{i % 3},p{i}"), {"target": "n"}, "Column 'n' cannot be predicted: each of its 40 rows is another class. Choose another column to predict."),
        (",".join(f"c{i}" for i in range(2001)) + "\n" + lines(3, lambda i: ",".join(["1"] * 2001)), {}, "your_file.csv: the table has 2,001 columns; it must have at most 2,000. Keep those that may matter."),
        ("a,b\n1,x\n", {"options": {"foo": 1}}, "data: options is 'foo'; it must be one of 'bad_rows', 'day_first', 'decimal', 'encoding', 'header', 'missing', 'read', 'separator', 'skip_lines', 'thousands'."),
        ("a,b\n1,x\n", {"options": {"separator": 5}}, "data: separator is 5; it must be a str."),
        ("a,b\n1,x\n", {"options": {"read": {"a": "zzz"}}}, "data: read is 'zzz'; it must be one of 'category', 'date', 'drop', 'number', 'text'."),
        ("a,b\n1,x\n", {"options": {"encoding": "nope"}}, "your_file.csv: encoding is 'nope'; it must be one that Python knows"),
    ],
)  # fmt: skip
def test_files_that_are_no_data_get_one_sentence(
    content: str | bytes, more: dict[str, Any], words: str, table: Table
) -> None:
    """What cannot be learned from is refused in one sentence without the path, and nothing changes."""
    refused = table.refusal("data", source=table.source(content, **more))
    assert words in refused
    assert str(table.folder) not in refused


def test_too_many_rows_are_refused(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of more than the most rows is refused, and one whose encoding would not fit into memory."""
    monkeypatch.setattr("glassnet.playground.data.table_reading.MOST_ROWS", 29)
    source = table.source("a,y\n" + lines(30, lambda i: f"{i % 7},{XY[i % 2]}"))
    assert "the table has 30 rows; it must have at most 29. Take a sample of them." in table.refusal(
        "data", source=source
    )
    monkeypatch.undo()
    monkeypatch.setattr("glassnet.playground.data.table_data.MOST_NUMBERS", 29)
    assert "there are 30 rows of 1 inputs; rows times inputs must be at most 29." in table.refusal(
        "data", source=source
    )


def test_hundred_thousand_rows(table: Table) -> None:
    """A large file is read, and its state is small."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 100_000)).round(3).tolist()
    rows = "".join(f"{x},{y},{'yes' if x + y > 0 else 'no'}\n" for x, y in zip(a, b, strict=True))
    table.upload("a,b,y\n" + rows)
    assert table.state()["rows"] == {"train": 80_000, "valid": 20_000}
    assert len(json.dumps(table.state())) < 100_000
    table.do("step", batches=20)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("weather 2026.csv", "weather 2026.csv"),
        ("C:\\data\\a.tsv", "a.tsv"),
        ('it\'s "mine".csv', 'it\'s "mine".csv'),
        ("a\u202e\nb.csv", "ab.csv"),
        ("../../etc/passwd", "your_file.csv"),
        ("penguins", "your_file.csv"),
        ("a" * 300 + ".csv", "a" * 75 + "….csv"),
        (7, "your_file.csv"),
        ("", "your_file.csv"),
    ],
)
def test_an_upload_is_called_by_its_name(table: Table, name: Any, called: str) -> None:
    """Title and code have the name that a file had, as one harmless text; nothing is looked for under it."""
    content = "a,y\n" + lines(20, lambda i: f"{i % 5},{XY[i % 2]}")
    table.do("data", source={**table.source(content), "name": name})
    data = table.experiment.data
    assert data.title == ("Your file" if called == "your_file.csv" else called)
    assert f"read_table({called!r}" in "\n".join(data.code)
    table.do("target", name="a")
    assert table.experiment.data.title == data.title
    table.do("read", column="y", kind="text")
    assert table.experiment.data.title == data.title
    code = experiment_code(table.experiment)
    ast.parse(code)
    table.do("load_code", text=code)
    assert experiment_code(table.experiment) == code


def test_open_columns_become_questions(table: Table) -> None:
    """A column that can be read in two ways is left out and asked about; each answer reads it as it says."""
    content = "a,b,c\n" + lines(30, lambda i: f'"{1 + i % 9},250",{XY[i % 2]},{i % 4}')
    source = table.source(content)
    (question,) = table.do("data", source=source)["questions"]
    assert question["text"] == "Column 'a': '1,250' may be 1250 or 1.250."
    assert [choice["options"] for choice in question["choices"]] == [{"thousands": ","}, {"decimal": ","}]
    state = table.state()
    assert state["questions"] == [question]
    assert state["inputs"] == ["c"]
    assert [column["skipped"] for column in state["columns"]] == [None, "to be decided"]
    same_bits(table.experiment.data, table.uploads[source["upload"]])
    for choice, first in zip(question["choices"], ("1250", "1.25"), strict=True):
        table.do("data", source={**table.experiment.data.source, "options": choice["options"]})
        state = table.state()
        assert (state["questions"], state["inputs"], state["preview"]["rows"][0][0]) == ([], ["a", "c"], first)
        same_bits(table.experiment.data, table.uploads[source["upload"]])


def test_open_lines_are_asked_about_before_anything_changes(table: Table) -> None:
    """Rows of other lengths, and a file of which only open columns are left, are questions; the data stay until answered."""
    before = table.experiment.data
    source = table.source("a,b\n1,x\n3,y,5\n6,x\n8,y\n9,x\n")
    (question,) = table.do("data", source=source)["questions"]
    assert (
        question["text"]
        == "1 of 5 rows have another number of fields: line 3 (3); every row must have 2 fields like the others."
    )
    assert question["choices"] == [{"options": {"bad_rows": "skip"}}]
    assert table.experiment.data is before
    assert table.do("data", source={**source, "options": {"bad_rows": "skip"}})["questions"] == []
    assert table.experiment.data.n_rows == 4
    before = table.experiment.data
    source = table.source("a,b\n" + lines(30, lambda i: f"{i},{XY[i % 2]}") + "oops,x\n")
    (question,) = table.do("data", source=source)["questions"]
    assert (question["column"], table.experiment.data) == ("a", before)
    table.do("data", source={**source, "options": question["choices"][0]["options"]})
    assert table.state()["columns"] == [
        {"name": "a", "kind": "number", "missing": 0.0323, "skipped": None, "used": True}
    ]


def test_penguins_are_learned(table: Table) -> None:
    """A table with texts and missing values is learned to 0.95 with the settings that the page suggests."""
    table.do("data", source={"kind": "bundled", "name": "penguins"})
    columns = {column["name"]: column for column in table.state()["columns"]}
    assert columns["sex"] == {"name": "sex", "kind": "category", "missing": 0.032, "skipped": None, "used": True}
    table.do("step", batches=300)
    data = table.experiment.data
    assert table.experiment.network.evaluate(data.X_valid, data.y_valid)["accuracy"] >= 0.95


# ---- commands ----------------------------------------------------------------------------------------------------------


def test_target_and_kinds_of_columns(table: Table) -> None:
    """Another target, or a column read as something else, gives other data with the split that was chosen, and fits the network."""
    table.do("data", source={"kind": "bundled", "name": "penguins"})
    table.do("split", share=0.4)
    table.do("target", name="body_mass_g")
    state = table.state()
    assert (state["task"], state["split"], state["target"]) == ("number", 0.4, "body_mass_g")
    assert state["unit"] == pytest.approx([4201, 801], rel=0.05)
    assert table.experiment.settings.loss["class"] == "SquaredError"
    assert table.experiment.network.n_outputs == 1
    table.do("read", column="year", kind="category")
    assert {"year=2007", "year=2008", "year=2009"} <= set(table.state()["inputs"])
    table.do("read", column="island", kind="drop")
    (island,) = (column for column in table.state()["columns"] if column["name"] == "island")
    assert (island["used"], island["skipped"], island["kind"]) == (False, "you left it out", "drop")
    same_bits(table.experiment.data)
    table.do("read", column="island", kind="category")
    assert "island=Dream" in table.state()["inputs"]
    table.do("target", name="year")
    table.do("read", column="year", kind="number")
    assert table.state()["task"] == "number"
    same_bits(table.experiment.data)
    table.do("read", column="year", kind="category")
    assert table.state()["classes"] == ["2007", "2008", "2009"]
    assert table.experiment.settings.loss["class"] == "SoftmaxCrossEntropy"
    same_bits(table.experiment.data)
    table.do("step", batches=2)
    table.do("read", column="year", kind="drop")
    assert table.state()["target"] == "species"


def test_refused_commands_change_nothing(table: Table) -> None:
    """What cannot be done is said in a sentence, and data, network and revision stay."""
    assert (
        table.refusal("split", share=1.5)
        == "split: share is 1.5; it must be a finite number of at least 0.05 and at most 0.9."
    )
    assert "share is 'half'" in table.refusal("split", share="half")
    assert table.refusal("read", column="x1", kind="number") == "read: the data are 'Moons'; they must be a table."
    assert "unknown name 'x1'. The only choice is 'y'." in table.refusal("target", name="x1")
    assert table.refusal("axes", x=2) == "axes: x is 2; it must be the number of an input below 2, or 'pca1' or 'pca2'."
    assert "x is True; it must be" in table.refusal("axes", x=True)
    assert table.refusal("gallery", name="nothing").startswith(
        "gallery: unknown name 'nothing'. The choices are 'batches'"
    )
    assert table.refusal("data", source="moons") == "data: source is of type str; it must be an object."
    assert (
        table.refusal("add_point", x=float("nan"), y=0, label=0) == "add_point: x is nan; it must be a finite number."
    )
    assert "label from 0 to 7" in table.refusal("add_point", x=0, y=0, label=9)
    table.do("data", source={"kind": "bundled", "name": "penguins"})
    assert "Did you mean 'body_mass_g'?" in table.refusal("target", name="body_mass")
    assert "read: unknown column 'mass'. " in table.refusal("read", column="mass", kind="number")
    assert "it holds no dates" in table.refusal("read", column="species", kind="date")


def test_axes_swap_where_both_would_be_the_same(table: Table) -> None:
    """Choosing for one axis what the other one shows exchanges them; a change of axes does not begin anew."""
    table.do("data", source={"kind": "bundled", "name": "penguins"})
    table.do("step", batches=3)
    network = table.experiment.network
    assert (table.state()["axes"]["x"], table.state()["axes"]["y"]) == (3, 5)  # two measurements, no indicators
    table.do("axes", x=5)
    assert (table.state()["axes"]["x"], table.state()["axes"]["y"]) == (5, 3)
    table.do("axes", x="pca1", y="pca2")
    table.do("axes", y="pca1")
    assert (table.state()["axes"]["x"], table.state()["axes"]["y"]) == ("pca2", "pca1")
    assert table.experiment.network is network
    assert table.experiment.step == 3
    labels = [choice["label"] for choice in table.state()["axes"]["choices"]]
    assert labels == [*table.experiment.data.inputs, "PCA 1", "PCA 2"]


def test_a_network_that_nobody_touched_gives_way(table: Table) -> None:
    """Other data bring the network that is suggested for them, unless somebody has changed the one that there was."""
    table.do("data", source={"kind": "bundled", "name": "digits"})
    assert table.experiment.settings == suggested_settings(table.experiment.data)
    assert [layer["units"] for layer in table.experiment.settings.layers] == [32, 16, 10]
    table.experiment.replace(settings=dataclasses.replace(table.experiment.settings, seed=3))
    table.do("data", source={"kind": "toy", "name": "sine"})
    assert [layer["units"] for layer in table.experiment.settings.layers] == [32, 16, 1]
    assert table.experiment.settings.seed == 3
    table.do("gallery", name="zeros")
    table.do("data", source={"kind": "toy", "name": "xor"})
    assert table.experiment.settings == suggested_settings(table.experiment.data)


def test_digits_are_shown_as_pictures(table: Table) -> None:
    """The first rows of digits are pictures, from 0 to 255."""
    table.do("data", source={"kind": "bundled", "name": "digits"})
    pictures = table.state()["preview"]["pictures"]
    assert (pictures["side"], [row["label"] for row in pictures["rows"]]) == (8, list("0123456789"))
    first = np.array(pictures["rows"][0]["pixels"])
    assert np.abs(first / 255.0 - gn.datasets.digits()[0][0]).max() <= 0.5 / 255.0


def test_points_are_drawn_one_by_one(table: Table) -> None:
    """The first click begins a drawing with a point more; a new label is a class more, and the last layer follows."""
    table.do("add_point", x=0.5, y=1.23456, label=1)
    assert table.experiment.data.source["points"][-1] == [0.5, 1.2346, 1]
    assert table.experiment.data.n_rows == 5
    assert table.experiment.network.n_outputs == 1
    table.do("add_point", x=0.5, y=-1, label="1")  # by the name of its class
    assert table.experiment.data.source["points"][-1] == [0.5, -1.0, 1]
    assert "label is 'seven'; it must be a whole number of at least 0." in table.refusal(
        "add_point", x=0, y=0, label="seven"
    )
    table.do("add_point", x=2, y=2, label=3)
    assert table.state()["classes"] == ["0", "1", "2", "3"]
    assert table.experiment.network.n_outputs == 4
    assert table.state()["plane"]["x"] == [-2.5, 2.5]  # it stays under the hand that draws
    same_bits(table.experiment.data)
    table.do("step", batches=2)
    table.do("clear_points")
    assert table.experiment.data.n_rows == 4
    assert table.state()["source"]["kind"] == "points"


def test_a_drawing_goes_on_in_its_run(table: Table) -> None:
    """However many points are drawn while the network learns, there is room for them, and each can be undone."""
    seen = []
    for i in range(20):
        table.do("step", batches=2)
        seen.append((table.experiment.data, table.experiment.network.params.copy()))
        table.do("add_point", x=i / 10, y=0.5, label=i % 2)
    assert [run["name"] for run in table.experiment.runs] == ["run 1", "run 2"]
    for data, params in seen[::-1]:
        table.do("undo")
        assert table.experiment.data is data
        assert np.array_equal(table.experiment.network.params, params)
    assert [run["name"] for run in table.experiment.runs] == ["run 1"]


def test_data_from_python_can_be_returned_to(table: Table) -> None:
    """What the playground was opened with is a source as well."""
    given = table.experiment.given
    table.do("data", source={"kind": "toy", "name": "sine"})
    table.do("data", source={"kind": "given"})
    assert table.experiment.data is given


# ---- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "loss", "units"),
    [
        (toy("moons"), "BinaryCrossEntropy", 1),
        (toy("circles", classes=4), "SoftmaxCrossEntropy", 4),
        (toy("sine"), "SquaredError", 1),
        (penguins("body_mass_g"), "SquaredError", 1),
    ],
)
def test_settings_fit_the_task(data: PlayData, loss: str, units: int) -> None:
    """Suggested and fitted settings have the loss and the last layer of the task, and keep what they can."""
    suggested = suggested_settings(data)
    assert (suggested.loss["class"], suggested.layers[-1]["units"]) == (loss, units)
    for other in (toy("moons"), toy("circles", classes=4), toy("plane")):
        before = suggested_settings(other)
        fitted = fit_settings(before, data)
        assert (fitted.loss["class"], fitted.layers[-1]["units"]) == (loss, units)
        assert fitted.layers[:-1] == before.layers[:-1]
        assert fitted.optimizer == before.optimizer
        Experiment(data, fitted).advance(2)


def test_settings_that_fit_are_kept() -> None:
    """Two units under cross-entropy serve two classes as well, and an absolute error is one for numbers."""
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=3).build(2)
    two = Settings.of(network)
    assert fit_settings(two, toy("moons")) is two
    absolute = Settings.of(gn.Network([gn.Dense(1)], loss="absolute_error", seed=3).build(2))
    assert fit_settings(absolute, toy("plane")) is absolute
    assert not fits(absolute, toy("moons"))
    pictures = data_from_arrays(*gn.datasets.digits(flat=False))
    layers = [gn.Flatten(), gn.Dense(10)]
    flattened = Settings.of(gn.Network(layers, loss="cross_entropy", seed=5).build((8, 8)))
    assert fit_settings(flattened, pictures) is flattened


# ---- baselines ---------------------------------------------------------------------------------------------------------


def test_baselines_are_what_they_are_called() -> None:
    """The constant prediction is the share or the mean of the training rows, and the line is least squares or logistic."""
    data = toy("plane", noise=0.3)
    mean, linear = baseline_lines(data, suggested_settings(data))
    assert mean["loss"] == pytest.approx(np.mean((data.y_valid - data.y.mean()) ** 2), rel=1e-5)
    A = np.column_stack([data.X, np.ones(len(data.X))])
    coefficients = np.linalg.lstsq(A, data.y, rcond=None)[0]
    rest = data.y_valid - np.column_stack([data.X_valid, np.ones(len(data.X_valid))]) @ coefficients
    assert linear["loss"] == pytest.approx(np.mean(rest**2), rel=1e-2)
    assert linear["score"] == pytest.approx(1.0 - np.mean(rest**2) / data.y_valid.var(), abs=1e-2)
    data = penguins()
    majority, line = baseline_lines(data, suggested_settings(data))
    share = np.bincount(data.y) / len(data.y)
    assert majority["name"] == "majority class"
    assert majority["loss"] == pytest.approx(-np.mean(np.log(share[data.y_valid])), rel=1e-5)
    assert majority["score"] == pytest.approx(np.mean(data.y_valid == share.argmax()))
    assert line["loss"] < 0.3 * majority["loss"]
    assert line["score"] > 0.95


def test_baselines_of_other_losses() -> None:
    """Cross-entropy of two units has the same baselines as one unit; a loss without any has none."""
    data = toy("moons")
    one = suggested_settings(data)
    last = {**one.layers[-1], "units": 2}
    two = dataclasses.replace(one, layers=(*one.layers[:-1], last), loss={"class": "SoftmaxCrossEntropy"})
    assert [line["loss"] for line in baseline_lines(data, two)] == pytest.approx(
        [line["loss"] for line in baseline_lines(data, one)], rel=2e-3
    )
    squares = dataclasses.replace(one, loss={"class": "SquaredError"})
    assert [line["name"] for line in baseline_lines(data, squares)] == ["majority class", "linear model"]


# ---- the gallery -------------------------------------------------------------------------------------------------------


def findings(data: PlayData, experiment: Experiment) -> Any:
    """Return what `diagnose` finds about a run of 200 steps."""
    experiment.advance(200)
    held_out = (data.X_valid, data.y_valid)
    options: Any = {"feature_names": data.inputs, "batch_size": experiment.settings.batch_size, "ignore": GOES_ON}
    with np.errstate(all="ignore"):
        return gn.diagnose(experiment.network, data.X, data.y, validation_data=held_out, **options)


def test_gallery_has_the_twelve_failures() -> None:
    """Each named failure of the design is there once, with a finding of its own."""
    assert len(GALLERY) == 12
    assert len({shown.finding for shown in GALLERY.values()}) == 12
    assert all(shown.title and shown.text.endswith(".") for shown in GALLERY.values())


@pytest.mark.parametrize("name", GALLERY)
def test_gallery_is_diagnosed(name: str, table: Table) -> None:
    """After 200 steps `diagnose` names the flaw; the command shows the network with its data, whose code has the same bits."""
    table.do("gallery", name=name)
    experiment = table.experiment
    data, settings = exhibit(name)
    assert experiment.settings == settings
    assert all(np.array_equal(getattr(data, array), getattr(experiment.data, array)) for array in ARRAYS)
    same_bits(data)
    assert GALLERY[name].finding in [found.code for found in findings(data, experiment)]


HEALTHY = {
    **{name: toy(name) for name in TOYS},
    "five Gaussians": toy("gaussians", classes=5),
    "three circles": toy("circles", classes=3),
    "noisy XOR": toy("xor", noise=0.3),
    "two waves": toy("sine", periods=2.0),
    "weight of penguins": penguins("body_mass_g"),
    "sex of penguins": penguins("sex"),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_networks_have_no_findings(name: str) -> None:
    """What the page suggests for its own data has nothing to be found, not even a note."""
    data = HEALTHY[name]
    assert [found.code for found in findings(data, Experiment(data, suggested_settings(data)))] == []


# ---- the state ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source['kind']} {source.get('name', '')}")
def test_state_is_plain_and_complete(source: dict[str, Any], table: Table) -> None:
    """The state of any data can be written as JSON, is not large, and has what the page is promised."""
    table.do("data", source=source)
    state = table.state()
    assert len(json.dumps(state)) < 80_000
    names = (
        "source title task classes target inputs columns targets rows split preview points axes plane questions notes"
    )
    assert set(f"{names} toys bundled gallery given unit".split()) == set(state)
    assert {"x", "y", "range"} == set(state["plane"])
    assert state["preview"]["names"]
    assert all(len(row) == len(state["preview"]["names"]) for row in state["preview"]["rows"])
    assert [entry["name"] for entry in state["toys"]] == list(TOYS)
    for entry in state["toys"]:
        for option in entry["options"]:
            assert option["minimum"] <= option["value"] <= option["maximum"]


def test_unknown_columns_of_arrays_are_refused_as_classes() -> None:
    """A name of a class for every code is needed, else codes are named by themselves."""
    assert data_from_arrays(np.zeros((4, 2)) + np.arange(4)[:, None], np.arange(4) % 2, classes=["only"]).classes == (
        "0",
        "1",
    )
    with pytest.raises(ConfigError):
        data_from_source({"kind": "flawed", "name": "none"})
