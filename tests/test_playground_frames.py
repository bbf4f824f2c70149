"""Frames of the playground, decoded here by the contract and compared with the engine's own numbers bit for bit."""

from __future__ import annotations

import struct
import time
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.playground.columns import drawing_of
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.frames import frame_of
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.playground.state import state_of
from glassnet.playground.view import Layout, View, shown_units
from glassnet.playground.watcher import Watcher

TYPES = {1: "<f4", 2: "u1", 3: "<f8"}


def decode(frame: bytes) -> dict[int, tuple[int, int, np.ndarray]]:
    """Return the sections of a frame by kind: step, revision, numbers; those of one kind one after the other."""
    found: dict[int, tuple[int, int, np.ndarray]] = {}
    at = 0
    while at < len(frame):
        kind, version, dtype, _, step, revision, size = struct.unpack_from("<BBBBIII", frame, at)
        assert version == 1
        numbers = np.frombuffer(frame, TYPES[dtype], size // np.dtype(TYPES[dtype]).itemsize, at + 16)
        before = found[kind][2] if kind in found else numbers[:0]
        found[kind] = step, revision, np.concatenate([before, numbers])
        at += 16 + -(-size // 8) * 8
    assert at == len(frame)
    return found


def experiment(layers: list[Any], d: int = 2, k: int = 3, **options: Any) -> Experiment:
    """Return an experiment on 150 rows of noise; with no classes their target is a number."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, d)).astype(np.float32)
    y = rng.integers(0, max(k, 2), 150) if k else rng.normal(size=150).astype(np.float32)
    classes = tuple(f"class {i}" for i in range(k))
    loss = "cross_entropy" if k > 2 else "binary_cross_entropy" if k else "squared_error"
    network = gn.Network(layers, loss=loss, seed=3, input_shape=(d,), **options)
    data = PlayData(X[:120], y[:120], X[120:], y[120:], tuple(f"x{i}" for i in range(d)), classes)
    return Experiment(data, Settings.of(network, batch_size=20))


def test_numbers_are_the_engines() -> None:
    """Weights, biases and activations of a frame have the bits of params and activations, at the shown units."""
    made = experiment([gn.Dense(40, "relu"), gn.Dropout(0.2), gn.Dense(5, "tanh"), gn.Dense(3)])
    made.advance(7)
    view = View(row=125)
    found, network = decode(frame_of(made, view)), made.network
    shown = [*range(12), *range(36, 40)]
    W = [layer.W for layer in network.layers if isinstance(layer, gn.Dense)]
    parts = [W[0][:, shown], W[1][shown], W[2]]
    assert np.array_equal(found[1][2], np.concatenate([part.ravel() for part in parts]))
    assert np.array_equal(
        found[2][2], np.concatenate([network.layers[0].b[0][shown], network.layers[2].b[0], network.layers[3].b[0]])
    )
    row = made.data.X_valid[5:6]
    outputs = network.activations(row)
    assert np.array_equal(
        found[3][2],
        np.concatenate([row[0], outputs["dense_1"][0][shown], outputs["dense_2"][0], outputs["dense_3"][0]]),
    )
    assert np.array_equal(found[8][2], outputs["dense_1"][0])
    assert {found[kind][:2] for kind in found} == {(7, made.revision)}


def test_gradient_and_update_are_those_of_the_last_step() -> None:
    """Gradients and changes are shown as they were made, and not at all where no step led here."""
    made = experiment([gn.Dense(4, "tanh"), gn.Dense(3)])
    gradient, update = View(edges="gradient"), View(edges="update")
    assert all(np.isnan(decode(frame_of(made, view))[1][2]).all() for view in (gradient, update))
    made.advance(3)
    before = made.network.params.copy()
    made.advance()
    slots = {slot.name: slot for slot in made.network._slots}
    for view, flat in ((gradient, made.network.grads), (update, made.network.params - before)):
        wanted = [slots[name].view(flat).ravel() for name in ("dense_1.weight", "dense_2.weight")]
        assert np.array_equal(decode(frame_of(made, view))[1][2], np.concatenate(wanted))
    made.set_weight("dense_1.weight", [0, 0], 1.0)
    assert all(np.isnan(decode(frame_of(made, view))[1][2]).all() for view in (gradient, update))
    assert np.isfinite(decode(frame_of(made, View()))[1][2]).all()


def test_gradients_of_the_past() -> None:
    """At every step that is gone back to, gradients and changes are those of the step that led there."""
    made = experiment([gn.Dense(4, "tanh"), gn.Dropout(0.3), gn.Dense(3)])
    views = [View(edges=name, plane=False) for name in ("gradient", "update")]
    seen = []
    for _ in range(12):
        made.advance()
        seen.append([decode(frame_of(made, view))[1][2] for view in views])
    last = made.network.params.copy()
    for step in (5, 11, 1, 12):
        made.go_to(step)
        revision = made.revision
        for view, wanted in zip(views, seen[step - 1], strict=True):
            assert np.array_equal(decode(frame_of(made, view))[1][2], wanted)
        assert (made.step, made.revision) == (step, revision)
    assert np.array_equal(made.network.params, last)


@pytest.mark.parametrize(("k", "channels"), [(3, 3), (2, 1), (0, 1)])
def test_plane_is_predict_in_255_steps(k: int, channels: int) -> None:
    """The plane holds `predict` at each of its points, from the smallest y on, to half a step."""
    made = experiment([gn.Dense(6, "tanh"), gn.Dense(channels)], k=k)
    made.advance(5)
    raw = decode(frame_of(made, View(resolution=16)))[4][2].tobytes()
    low, high, width, n = struct.unpack_from("<ffII", raw)
    assert (width, n) == (32, channels)
    levels = np.frombuffer(raw, np.uint8, offset=16).reshape(32, 32, n)
    sides = made.data.plane_sides
    x, y = np.linspace(*sides[0], 32), np.linspace(*sides[1], 32)
    points = np.array([[a, b] for b in y for a in x], dtype=np.float32)
    wanted = made.network.predict(points).reshape(32, 32, n)
    assert np.abs(low + levels / 255.0 * (high - low) - np.clip(wanted, low, high)).max() <= 0.51 * (high - low) / 255.0


def test_pictures_show_each_neuron_over_the_plane() -> None:
    """The picture of a neuron is its output over the plane in its own scale, 128 where it is 0."""
    made = experiment([gn.Dense(3, "relu"), gn.Dense(3)])
    raw = decode(frame_of(made, View()))[5][2]
    side = int(raw[:4].view("<u4")[0])
    pictures = raw[4:].reshape(6, side, side)
    sides = made.data.plane_sides
    points = np.array(
        [[a, b] for b in np.linspace(*sides[1], side) for a in np.linspace(*sides[0], side)], dtype=np.float32
    )
    values = made.network.activations(points)["dense_1"]
    for unit in range(3):
        wanted = values[:, unit] / np.abs(values[:, unit]).max() * 127.0 + 128.0
        assert np.abs(pictures[unit].ravel() - wanted).max() <= 0.6


def test_curves() -> None:
    """Losses come since the last frame only; epochs come all, as the history has them."""
    made = experiment([gn.Dense(4, "tanh"), gn.Dense(3)])
    made.advance(13)
    found = decode(frame_of(made, View(), 10))
    assert found[6][2].reshape(-1, 2)[:, 0].tolist() == [11.0, 12.0, 13.0]
    history = made.run.history
    rows = found[7][2].reshape(-1, 4)
    assert rows[:, 0].tolist() == [6.0, 12.0]
    for column, name in enumerate(("loss", "valid_loss", "valid_accuracy"), start=1):
        assert rows[:, column].tolist() == history[name]


@pytest.mark.parametrize("k", [0, 2, 3])
def test_predictions_of_the_points(k: int) -> None:
    """A frame holds what is predicted for each point that is shown: a number, or the code of a class."""
    made = experiment([gn.Dense(4, "tanh"), gn.Dense(3 if k == 3 else 1)], k=k)
    made.advance(9)
    found = made.network.predict(np.concatenate([made.data.X, made.data.X_valid])).reshape(150, -1)
    wanted = {0: found[:, 0], 2: found[:, 0] > 0.5, 3: found.argmax(axis=1)}[k]
    assert np.array_equal(decode(frame_of(made, View()))[9][2], wanted)
    assert state_of(made)["score"]["name"] == ("r2" if k == 0 else "accuracy")


def test_shown_units() -> None:
    """Of wide columns the first ones are shown and the last ones."""
    assert shown_units(5, 16).tolist() == [0, 1, 2, 3, 4]
    assert shown_units(260, 16).tolist() == [*range(12), *range(256, 260)]
    wide = Layout(gn.Network([gn.Dense(3000), gn.Dense(3)], loss="cross_entropy", input_shape=(900,)), 10**5)
    assert 100_000 < sum(wide.block_sizes) <= 200_000


def test_drawing_folds_and_does_not_make_up_edges() -> None:
    """Norms and dropout are chips; a shortcut adds a column; where no weights join two units, none are drawn."""
    layers = [
        gn.BatchNorm(), gn.Dense(8), gn.LayerNorm(), gn.ReLU(), gn.Dropout(0.1),
        gn.Residual([gn.LayerNorm(), gn.Dense(16, "relu"), gn.Dense(8)]), gn.Concatenate([gn.Identity(), gn.Dense(2)]),
        gn.Residual([gn.Dense(4)], shortcut=gn.Dense(4)), gn.Dense(3),
    ]  # fmt: skip
    drawing = drawing_of(gn.Network(layers, loss="cross_entropy", input_shape=(5,)))
    assert [column.name for column in drawing.columns] == [
        "input", "dense_1", "residual_1.dense_1", "residual_1.dense_2", "concatenate_1", "residual_2.dense_1", "dense_2",
    ]  # fmt: skip
    assert [(b.start, b.end, b.parameter) for b in drawing.blocks] == [
        (0, 1, "dense_1.weight"), (1, 2, "residual_1.dense_1.weight"), (2, 3, "residual_1.dense_2.weight"),
        (4, 5, "residual_2.dense_1.weight"), (4, 5, "residual_2.shortcut.weight"), (5, 6, "dense_2.weight"),
    ]  # fmt: skip
    assert [(chip["label"], chip["before"]) for chip in drawing.columns[1].chips] == [
        ("BatchNorm", True), ("LayerNorm", False), ("relu", False), ("Dropout 0.1", False),
    ]  # fmt: skip
    assert (drawing.columns[3].added, drawing.columns[3].tapped) == (1, "residual_1")
    assert "concatenate_1 (Concatenate) is one step here" in drawing.notes[0]


def test_values_after_what_is_folded() -> None:
    """A unit's value is what the next layer gets: after norm, activation and the shortcut."""
    layers = [gn.Dense(6), gn.BatchNorm(), gn.ReLU(), gn.Residual([gn.Dense(6, "tanh")]), gn.Dense(3)]
    made = experiment(layers)
    made.advance(4)
    outputs = made.network.activations(made.data.X[:1])
    values = np.concatenate([made.data.X[0], outputs["re_lu_1"][0], outputs["residual_1"][0], outputs["dense_2"][0]])
    assert np.array_equal(decode(frame_of(made, View()))[3][2], values)


def test_commands() -> None:
    """View and probe are kept in the state, wrong ones refused in a sentence; tables hold the numbers drawn."""
    made = experiment([gn.Dense(4, "tanh"), gn.Dense(3)])
    assert answer(made, {"id": 1, "do": "view", "edges": "gradient", "most_units": 64})["ok"]
    assert answer(made, {"id": 2, "do": "probe", "row": 149})["ok"]
    state = state_of(made)
    assert (state["view"]["edges"], state["view"]["most_units"], state["probe"]["row"]) == ("gradient", 64, 149)
    assert state["network"]["columns"][0]["names"] == ["x0", "x1"]
    assert "row is 150; it must be" in answer(made, {"id": 3, "do": "probe", "row": 150})["error"]
    assert "'size'" in answer(made, {"id": 4, "do": "view", "edges": "size"})["error"]
    answer(made, {"id": 5, "do": "view", "edges": "weight"})
    table = answer(made, {"id": 6, "do": "numbers", "what": "edges:dense_1.weight"})["result"]
    assert table["rows"][5] == ["x1", 2, float(made.network.layers[0].W[1, 1])]
    values = answer(made, {"id": 7, "do": "numbers", "what": "activations"})["result"]["rows"]
    assert [row[:2] for row in values[:3]] == [["input", "x0"], ["input", "x1"], ["dense_1", 1]]


def test_weights_out_of_bounds() -> None:
    """What is no longer finite is sent as it is, and is 0 in planes and pictures."""
    made = experiment([gn.Dense(4, "relu"), gn.Dense(3)])
    made.network.params[:2] = np.inf, np.nan
    found = decode(frame_of(made, View()))
    assert not np.isfinite(found[1][2]).all()
    assert (found[5][2][4:].reshape(7, -1)[1] == 128).all()


def test_row_of_smaller_data() -> None:
    """Where new data have no row of the number that was looked at, the last row is."""
    made = experiment([gn.Dense(4, "tanh"), gn.Dense(3)])
    answer(made, {"id": 1, "do": "probe", "row": 149})
    few = PlayData(
        made.data.X[:20], made.data.y[:20], made.data.X[20:25], made.data.y[20:25], ("x0", "x1"), made.data.classes
    )
    made.replace(data=few)
    assert state_of(made)["probe"]["row"] == 24
    assert np.array_equal(decode(frame_of(made, made.view))[3][2][:2], few.X_valid[4])


def test_frames_are_cheap() -> None:
    """A frame of a network of 64-64-32-10 takes 3 ms at most, one with a layer of 1,000 x 1,000 at most 50."""
    for sizes, most in (((64, 32), 3.0), ((1000, 1000), 50.0)):
        made = experiment([*(gn.Dense(size, "relu") for size in sizes), gn.Dense(10)], d=64, k=10)
        times = []
        for _ in range(7):
            made.advance()
            started = time.perf_counter()
            frame_of(made, View(plane=False), made.step - 1)
            times.append((time.perf_counter() - started) * 1e3)
        assert sorted(times)[3] <= most


@pytest.mark.parametrize(
    "layers",
    [
        [gn.Copies(4), gn.EnsembleDense(8, "relu"), gn.EnsembleDense(6), gn.ReLU(), gn.EnsembleHead(3)],
        [gn.Concatenate([gn.Identity(), [gn.Dense(4, "tanh"), gn.Dense(3)]]), gn.Dense(3)],
        [gn.Scale(), gn.PeriodicEmbedding(4, 6), gn.Flatten(), gn.NTKDense(5), gn.SELU(), gn.Dense(3)],
    ],
    ids=["copies", "branches", "embedding"],
)
def test_every_kind_of_layer_is_drawn(layers: list[Any]) -> None:
    """Columns have as many values as units, whatever the layers; pictures and planes come for all of them."""
    network = gn.Network(
        layers, loss="cross_entropy" if len(layers) != 5 else gn.EnsembleLoss("cross_entropy", 4), input_shape=(2,)
    )
    drawing, X = drawing_of(network), np.zeros((7, 2), dtype=np.float32)
    values = Watcher(network, drawing.columns).values(X)
    assert [of.shape for of in values] == [(7, column.units) for column in drawing.columns]
    slots = {slot.name: slot.spec.shape for slot in network._slots}
    for block in drawing.blocks:
        assert slots[block.parameter] == (drawing.columns[block.start].units, drawing.columns[block.end].units)
    assert np.array_equal(values[-1].reshape(network.forward(X).shape), network.forward(X))
