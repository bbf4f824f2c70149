"""The chart of losses: what is in sight and at its place, what is cut and said so, and whose curves may lie over each other."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import glassnet
from glassnet.playground.dispatch import answer
from playground_pages import first_experiment

PAGE = Path(glassnet.__file__).parent / "playground" / "page"
NODE = shutil.which("node")
WIDTH, HEIGHT, TOP, BOTTOM = 306, 150, 8, 20
DRIVER = """
const { Losses, paintLosses, rangesOf, ticks } = await import(process.argv[1]);
const { losses, epochs, baselines, others, log, width, height } = JSON.parse(process.argv[2]);
const curve = new Losses();
curve.take({ revision: 1, losses: Float64Array.from(losses.flat()), epochs: Float64Array.from(epochs.flat(), (x) => x ?? NaN) });
const said = [];
const ctx = new Proxy({ measureText: (words) => ({ width: 6 * words.length }), fillText: (...text) => said.push(text) }, {
  get: (known, name) => known[name] ?? (() => undefined), set: () => true });
const options = { width, height, log, baselines, others, events: [], step: 1e9, cursor: null, colours: {} };
const ranges = rangesOf(curve, options);
paintLosses(ctx, curve, ranges, options);
const places = baselines.map(({ loss }) => ranges.y(loss));
console.log(JSON.stringify({ lo: ranges.lo, hi: ranges.hi, places, said, ticks: ticks(ranges.lo, ranges.hi, log).map((at) => [at, ranges.y(at)]) }));
"""

needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def chart(losses: Any, epochs: Any, lines: Any = (), *, log: bool = False, others: Any = ()) -> dict[str, Any]:
    """Return the range of a chart, where its baselines stand, and the words in it with their places."""
    assert NODE is not None
    asked = {
        "losses": losses, "epochs": epochs, "log": log, "width": WIDTH, "height": HEIGHT,
        "baselines": [{"name": name, "loss": loss} for name, loss in lines],
        "others": [{"name": name, "epochs": rows} for name, rows in others],
    }  # fmt: skip
    words = [NODE, "--input-type=module", "-e", DRIVER, str(PAGE / "curve_canvas.js"), json.dumps(asked)]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    shown: dict[str, Any] = json.loads(found.stdout)
    return shown


def falling(first: float, rate: float, n: int = 20) -> tuple[list[list[float]], list[list[float | None]]]:
    """Return batch losses, each fifth with a peak, and epochs of ten batches."""
    batches = [
        [step, first * math.exp(-rate * step) * (8.0 if step % 5 == 0 else 1.0)] for step in range(1, 10 * n + 1)
    ]
    epochs = [
        [10 * k, first * math.exp(-rate * 10 * k), 1.1 * first * math.exp(-rate * 10 * k), None]
        for k in range(1, n + 1)
    ]
    return batches, epochs


@needs_node
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    ("first", "rate", "lines"),
    [
        (0.9, 0.005, [("majority class", 0.693), ("linear model", 0.583)]),
        (0.4, 0.01, [("mean", 0.711), ("linear model", 0.288)]),
        (0.35, 0.05, [("majority class", 1.054), ("linear model", 0.084)]),
    ],
)
def test_baselines_stand_where_the_axis_says(first: float, rate: float, lines: Any, log: bool) -> None:
    """Every baseline is in the range, at the height between two lines of the axis that its number has."""
    found = chart(*falling(first, rate), lines, log=log)
    scale = math.log if log else float
    (low, y_low), *_, (high, y_high) = found["ticks"]
    for (name, loss), y in zip(lines, found["places"], strict=True):
        assert TOP <= y <= HEIGHT - BOTTOM
        share = (scale(loss) - scale(low)) / (scale(high) - scale(low))
        assert y == pytest.approx(y_low + share * (y_high - y_low), abs=0.01)
        assert any(words == f"{name} {loss:.3g}" for words, *_ in found["said"])
    assert len({round(y) for y in found["places"]}) == len(lines)


@needs_node
def test_peaks_of_batches_are_cut_and_epochs_are_not() -> None:
    """The range is that of the epochs, the first batch and the baselines; eightfold peaks of batches are beyond it."""
    batches, epochs = falling(0.9, 0.005)
    found = chart(batches, epochs, [("majority class", 0.693)])
    assert 0.9 <= found["hi"] < 1.2 < max(loss for _, loss in batches)


@needs_node
def test_overfitting_is_in_sight() -> None:
    """Also where the loss of the rows held out rises to twenty times what it was."""
    epochs = [[k, 0.7 * 0.9**k, 0.7 + 0.3 * k, None] for k in range(1, 50)]
    found = chart([[k, 0.7 * 0.9**k] for k in range(1, 50)], epochs, [("linear model", 13.8)])
    assert 15 < found["hi"] < 17


@needs_node
def test_what_is_far_off_is_an_arrow_with_its_number() -> None:
    """A baseline that would flatten the curves is named at the edge, above or below."""
    batches, epochs = falling(0.02, 0.01)
    found = chart(batches, epochs, [("mean", 1.0)])
    assert found["hi"] < 0.2
    assert [words for words, *_ in found["said"] if "mean" in words] == ["\N{UPWARDS ARROW} mean 1"]
    found = chart(batches, epochs, [("linear model", 1e-14)], log=True)
    assert [words for words, *_ in found["said"] if "model" in words] == ["\N{DOWNWARDS ARROW} linear model 1e-14"]
    diverged = [*epochs[:-1], [200, 1e30, 1e30, None]]
    assert chart(batches, diverged)["hi"] < 1.0


@needs_node
def test_labels_keep_off_axes_and_each_other() -> None:
    """Also those of runs that were short, and of baselines close together."""
    others = [("run 1", [[2, 0.5, 0.5, None]]), ("run 2", [[190, 0.5, 0.5, None]])]
    lines = [("majority class", 0.6), ("linear model", 0.59)]
    said = chart(*falling(0.9, 0.005), lines, others=others)["said"]
    boxes = [
        (x, y - 13, x + 6 * len(words), y) for words, x, y in said if words.split()[0] in ("run", "majority", "linear")
    ]
    assert len(boxes) == 4
    assert all(left >= 46 and right <= WIDTH for left, _, right, _ in boxes)
    for k, (left, top, right, bottom) in enumerate(boxes):
        assert not [b for b in boxes[:k] if b[0] < right and left < b[2] and b[1] < bottom and top < b[3]]


@needs_node
@pytest.mark.parametrize("log", [False, True])
def test_nothing_yet_and_nothing_finite_can_be_drawn(log: bool) -> None:
    """Before the first step, within the first epoch, and where no loss is finite."""
    assert chart([], [], log=log)["hi"] > 0
    assert chart([[1, 0.7], [2, 0.6]], [], log=log)["hi"] >= 0.7
    assert chart([[1, 0.0]], [[1, 0.0, None, None]], log=log)["hi"] > 0
    assert chart([], [], [("mean", 0.7)], log=log)["hi"] >= 0.7


def test_only_curves_of_the_same_rows_lie_over_each_other() -> None:
    """Neither a run on other data, nor one with another split; the same rows over other axes are the same."""
    experiment = first_experiment()

    def ask(command: str, **args: Any) -> Any:
        found = answer(experiment, {"id": 1, "do": command, **args})
        assert found["ok"], found
        return found["result"]

    def names() -> list[str]:
        return [run["name"] for run in ask("curves")["runs"]]

    ask("step", batches=9)
    ask("branch")
    ask("step", batches=9)
    ask("axes", x=1, y=0)
    assert names() == ["run 1", "run 2"]
    moons = {"kind": "toy", "name": "moons", "options": {}}
    ask("branch")
    ask("data", source=moons)
    assert names() == [experiment.name]
    ask("step", batches=9)
    ask("branch")
    ask("step", batches=9)
    on_moons = names()
    assert len(on_moons) == 2
    ask("split", share=0.5)
    assert names() == [experiment.name]
    ask("select", run="run 1")
    assert {"run 1", "run 2"} <= set(names())
    assert not set(names()) & set(on_moons)
