"""The doors to the playground from Python: what is given is checked in sentences, and nobody waits where others must go on."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.playground import doors
from glassnet.playground.data.sources import data_from_arrays
from glassnet.playground.doors import experiment_with_network
from glassnet.playground.state import state_of

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 2)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)
SERVES = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("starlette", "uvicorn", "websockets")),
    reason="the extra playground is not installed",
)


def network(outputs: int = 1, loss: Any = "binary_cross_entropy", **options: Any) -> gn.Network:
    """Return a small network."""
    return gn.Network([gn.Dense(4, "tanh"), gn.Dense(outputs)], loss=loss, seed=0, **options)


def with_gap(array: np.ndarray, gap: float = np.nan) -> np.ndarray:
    """Return a copy of which the last row, which is held out, lacks a value."""
    found = array.astype(np.float64)
    found[-1] = gap
    return found


# ---- arrays ----------------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[gn.Network, Any, Any, str]] = {
    "no rows": (network(), X[:0], Y[:0], "playground: X has shape (0, 2); it must have at least one row and one value."),
    "no columns": (network(), X[:, :0], Y, "playground: X has shape (60, 0); it must have at least one row and one value."),
    "one row": (network(), X[:1], Y[:1], "data: there is 1 row; there must be at least 2"),
    "NaN": (network(), with_gap(X), Y, "playground: X holds nan at row 59, column 0 (2 such values); it must be finite. Fill or drop missing values first."),
    "infinity": (network(), with_gap(X, np.inf), Y, "playground: X holds inf at row 59, column 0 (2 such values); it must be finite. Fill or drop missing values first."),
    "fewer targets": (network(), X, Y[:50], "playground: X has shape (60, 2) and y (50,); X must have shape (n, ...) and y as many rows."),
    "text": (network(), np.array([["a", "b"]] * 60), Y, "playground: X holds text; it must be numeric."),
    "mixed": (network(), np.array([["a", 1]] * 60, dtype=object), Y, "playground: X holds 'a'; it must be numeric."),
    "a name": (network(), "data.csv", Y, "playground: X holds text; it must be numeric."),
    "ragged": (network(), [[1, 2], [3]], [0, 1], "playground: X has rows of different length; it must be a table with as many numbers in every row."),
    "one dimension": (network(), X[:, 0], Y, "playground: X has shape (60,); it must have at least 2 dimensions, one sample per row. For one feature: X.reshape(-1, 1), for one row: X.reshape(1, -1)"),
    "three dimensions": (network(), X.reshape(60, 1, 2), Y, "Dense(units=4): each sample has shape (1, 2); it must be a row of features. Put Flatten() before this layer."),
    "no target": (network(), X, [None] * 60, "playground: y holds missing"),
    "a label missing": (network(), X, np.array([*["a", "b"] * 29, "a", np.nan], dtype=object), "playground: y holds missing values and text; it must hold numbers, or labels"),
    "labels and numbers": (network(), X, np.array([0, "a"] * 30, dtype=object), "playground: y holds number and text; it must hold numbers, or labels of one"),
    "a number missing": (network(1, "squared_error"), X, with_gap(Y), "playground: y holds nan at row 59; it must be finite"),
    "ragged targets": (network(), X[:2], [[1, 2], [3]], "playground: y has rows of different lengths; it must be an array."),
    "one target": (network(), X, 1, "playground: y is of type int; it must have shape (n,) or (n, k)."),
    "dates": (network(), X, np.full(60, "2020-01-01", dtype="M8[D]"), "fit: y holds dtype datetime64[D]; it must be numeric. Turn it into numbers first."),
    "members": (network(members=3), X, Y, "playground: the network has 3 members; one network is shown."),
    "other inputs": (network().build((4,)), X, Y, "playground: 'Your arrays' has rows of shape (2,) and the network is for (4,); they must be the same"),
    "more classes": (network(3, "cross_entropy"), X, np.arange(60) % 5, "fit: y has values from 0 to 4; it must hold class codes, whole numbers from 0 to 2. Give the last layer 5 units."),
    "three classes for one": (network(), X, np.arange(60) % 3, "fit: y has values from 0 to 2; targets must lie between 0 and 1. Code the two classes as 0 and 1, or use loss='cross_entropy' for more classes."),
    "numbers": (network(), X, X[:, 0], "fit: y has values from -2.32503 to 1.82201; targets must lie between 0 and 1. Code the two classes as 0 and 1, or use loss='cross_entropy' for more classes."),
    "two targets": (network(1, "squared_error"), X, X, "fit: y has shape (48, 2); it must be (n, 1) or (n,). Give the last layer as many units as y has columns."),
    "deep targets": (network(2, "squared_error"), X, X[:, :, None], "fit: y has shape (48, 2, 1); it must be (n, 2). Give the last layer as many units as y has columns."),
    "too large": (network(), X.astype(np.float64) * 1e300, Y, "fit: X holds 1.2573021650314332e+299 at row 0, column 0 (96 such values); it must be finite. It is too large for float32: scale the data, or use dtype='float64'."),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_arrays_that_do_not_fit_are_refused_in_a_sentence(name: str) -> None:
    """Before anything is listened on; the row is counted in what was given."""
    net, rows, targets, said = REFUSED[name]
    with pytest.raises(gn.GlassnetError) as caught:
        experiment_with_network(net, data_from_arrays(rows, targets))
    assert str(caught.value).startswith(said)


TAKEN: dict[str, tuple[gn.Network, Any, Any, tuple[str, ...]]] = {
    "lists": (network(), X.tolist(), Y.tolist(), ("0", "1")),
    "texts": (network(), X, np.where(Y, "yes", "no"), ("no", "yes")),
    "objects": (network(), X, np.array(["yes", "no"] * 30, dtype=object), ("no", "yes")),
    "flags": (network(), X > 0, Y > 0, ("0", "1")),
    "whole numbers": (network(), (X * 9).astype(int), Y + 2000, ("2000", "2001")),
    "a column": (network(), X, Y[:, None], ()),
    "two numbers": (network(2, "squared_error"), X, X, ()),
}


@pytest.mark.parametrize("name", TAKEN)
def test_arrays_of_other_kinds_are_taken(name: str) -> None:
    """They train, and the page can show them."""
    net, rows, targets, classes = TAKEN[name]
    found = experiment_with_network(net, data_from_arrays(rows, targets))
    assert found.data.classes == classes
    found.advance(3)
    assert state_of(found)["step"] == 3


def test_frames_are_taken() -> None:
    """A column of text in one is named."""
    pd = pytest.importorskip("pandas")
    found = experiment_with_network(network(), data_from_arrays(pd.DataFrame(X), pd.Series(Y)))
    found.advance(3)
    frame = pd.DataFrame({"a": X[:, 0], "b": "x"})
    with pytest.raises(gn.DataError, match="playground: X holds 'x' in column 'b'; it must be numeric"):
        data_from_arrays(frame, Y)
    with pytest.raises(
        gn.DataError, match="y holds missing values and text; it must hold numbers, or labels of one kind, without gaps"
    ):
        data_from_arrays(X, pd.Series(["a", "b", pd.NA] * 20))


# ---- waiting and ports -------------------------------------------------------------------------------------------------


@SERVES
@pytest.mark.parametrize("port", [99_999, -1, "80", 80.0, True, None, 2**64])
def test_a_port_must_be_one(port: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence is about the port, and nothing listens."""
    monkeypatch.setattr(doors, "Playground", None)
    limit = "at most 65535" if isinstance(port, int) and port > 0 and port is not True else "at least 0"
    with pytest.raises(gn.ConfigError) as caught:
        network().playground(X, Y, port=port, open_browser=False, block=False)
    assert str(caught.value) == f"Network.playground: port is {port!r}; it must be a whole number of {limit}."


@SERVES
def test_nobody_waits_in_a_notebook_or_an_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the call returns with a playground that answers; to wait is refused where it would stop the loop."""

    async def cell(**options: Any) -> Any:
        return network().playground(X, Y, open_browser=False, **options)

    with asyncio.run(cell()) as served:
        assert served.call(lambda found: found.step) == 0
    with pytest.raises(gn.ConfigError) as caught:
        asyncio.run(cell(block=True))
    must = "it must be False in a running event loop, which would stand still"
    assert str(caught.value) == f"Network.playground: block is True; {must}. Leave it out, and call close() at the end."
    with pytest.raises(gn.ConfigError, match=r"block is 'no'; it must be True or False\."):
        network().playground(X, Y, open_browser=False, block="no")
    monkeypatch.setattr(doors, "in_notebook", lambda: True)
    with network().playground(X, Y, open_browser=False) as served:
        assert "iframe" in served._repr_html_()


@SERVES
def test_a_program_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default, and where it is told to."""
    waited: list[bool] = []
    monkeypatch.setattr(doors.Playground, "run", lambda served: (waited.append(True), served._listener.close()))
    network().playground(X, Y, open_browser=False)
    network().playground(X, Y, open_browser=False, block=True)
    assert waited == [True, True]


# ---- the command line ---------------------------------------------------------------------------------------------------

_DAMAGED = "not a glassnet model: it is no valid safetensors file ("
TYPED = {
    "m4.safetensors": "the network has inputs of shape (4,), and no rows are given; it needs rows. Add --data and a table with its target.",
    "three.safetensors": "the network fits no toy data, and no rows are given; it needs rows. Add --data and a table with its target.",
    "cut.safetensors": _DAMAGED,
    "short.safetensors": _DAMAGED,
    "empty.safetensors": _DAMAGED,
    "table.safetensors": _DAMAGED,
    "": "DATA|MODEL is ''; it must be the name of a file. Leave it out for a toy.",
    " ": "DATA|MODEL is ' '; it must be the name of a file. Leave it out for a toy.",
    "m4.safetensors --data ": "--data is ''; it must be the name of a file. Leave it out for a toy.",
    "m4.safetensors --data m4.safetensors": "--data is the model file 'm4.safetensors'; it must be a table. Name its rows.",
    "m4.safetensors --data penguins": "'Penguins' has rows of shape (14,) and the network is for (4,); they must be the same.",
    "nope.safetensors": "nope.safetensors: no such file.",
}  # fmt: skip


@SERVES
@pytest.mark.parametrize("typed", TYPED)
def test_files_that_are_none_are_named_for_what_they_are(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged model is said to be one, and where rows are missing the option for them is named."""
    pytest.importorskip("typer")
    from glassnet.cli.app import main

    monkeypatch.chdir(tmp_path)
    network(loss="squared_error").build((4,)).save("m4.safetensors")
    network(3, "squared_error").build((2,)).save("three.safetensors")
    whole = Path("m4.safetensors").read_bytes()
    contents = {"cut": whole[: len(whole) // 2], "short": whole[:5], "empty": b"", "table": b"a,b\n1,2\n"}
    for name, content in contents.items():
        Path(f"{name}.safetensors").write_bytes(content)
    words = [typed] if not typed.strip() else typed.split(" ")
    assert main(["playground", *words, "--no-browser"]) == 2
    assert capsys.readouterr().err.startswith(f"glassnet playground: {TYPED[typed]}")


def test_a_network_that_the_toy_does_not_fit_needs_rows() -> None:
    """From Python the sentence names X and y."""
    with pytest.raises(
        gn.ConfigError, match=r"inputs of shape \(4,\), and no rows are given; it needs rows. Pass X and y.$"
    ):
        network().build((4,)).playground()


# ---- tables ----------------------------------------------------------------------------------------------------------


@SERVES
def test_a_frame_is_played_with() -> None:
    """Columns of text and gaps are coded as from a file; a target that is no column is refused in a sentence."""
    frame = {"kind": ["a", "b", "c"] * 20, "size": [*range(59), None], "price": [i * 0.37 + 0.1 for i in range(60)]}
    playground = gn.playground.play_table(frame, "price", open_browser=False, block=False)
    try:
        state = playground.call(state_of)
        assert (state["data"]["target"], state["data"]["task"]) == ("price", "number")
        assert {"kind", "size"} <= {column["name"] for column in state["data"]["columns"]}
    finally:
        playground.close()
    with pytest.raises(gn.GlassnetError, match="prize"):
        gn.playground.play_table(frame, "prize", open_browser=False, block=False)
