"""Every number that the page explains is the engine's own, and every line that it shows gives that number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.explanation import terms
from glassnet.layers.tree import walk
from glassnet.playground.columns import drawing_of
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.ground import row_of
from glassnet.playground.microscope.questions import number_in
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.playground.state import state_of
from glassnet.playground.watcher import Watcher

FUNCTIONS: dict[str, Any] = {
    name: getattr(math, name) for name in ("exp", "log", "log1p", "sqrt", "tanh", "erf", "pi", "cos", "sin")
}
FUNCTIONS |= {"max": max, "min": min, "abs": abs, "sign": np.sign, "expm1": math.expm1}


def worked(text: str) -> float:
    """Return what a line gives when its numbers are read back."""
    return float(eval(text, {"__builtins__": {}}, FUNCTIONS))


def an_experiment(
    layers: list[Any], *, d: int = 2, k: int = 2, n: int = 90, batch_size: int = 10, **options: Any
) -> Experiment:
    """Return a new experiment on random rows of ``d`` columns and ``k`` classes, or on numbers where k is 0."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, d)).astype(np.float32)
    y = rng.integers(0, k, n) if k else X[:, 0] - X[:, 1] + 0.1 * rng.standard_normal(n)
    cut = n - 20
    classes = tuple(f"class {i}" for i in range(k))
    data = PlayData(X[:cut], y[:cut], X[cut:], y[cut:], tuple(f"x{i}" for i in range(d)), classes)
    loss = "squared_error" if not k else "binary_cross_entropy" if k == 2 else "cross_entropy"
    network = gn.Network(layers, loss=options.pop("loss", loss), seed=3, dtype="float64", **options)
    return Experiment(data, Settings.of(network, batch_size))


def do(experiment: Experiment, name: str, **arguments: Any) -> Any:
    """Run a command as the page does, and return its result."""
    found = answer(experiment, {"id": 1, "do": name, **arguments})
    assert "error" not in found, found
    return found["result"]


def refusal(experiment: Experiment, name: str, **arguments: Any) -> str:
    """Return the sentence that a command is refused with."""
    return str(answer(experiment, {"id": 1, "do": name, **arguments})["error"])


MADE: dict[str, Callable[[], Experiment]] = {
    "tanh, one answer": lambda: an_experiment([gn.Dense(4, "tanh"), gn.Dense(1)], optimizer=gn.SGD(0.1)),
    "batch norm, Adam": lambda: an_experiment(
        [gn.Dense(6, "relu"), gn.BatchNorm(), gn.Dense(3)], k=3, optimizer=gn.Adam(0.03), l2=1e-3
    ),
    "residual, momentum": lambda: an_experiment(
        [gn.Dense(5, "gelu"), gn.Residual([gn.Dense(5, "silu"), gn.Dense(5)]), gn.Dense(1)],
        d=3, optimizer=gn.SGD(0.05, momentum=0.9),
    ),
    "wide": lambda: an_experiment([gn.Dense(7, "sigmoid"), gn.Dense(4)], d=300, k=4, optimizer=gn.RMSprop(0.01)),
    "dropout, numbers, clipped": lambda: an_experiment(
        [gn.Dense(8, "relu"), gn.Dropout(0.4), gn.LayerNorm(), gn.Dense(1)],
        k=0, optimizer=gn.AdamW(0.02, weight_decay=0.1, clip_norm=0.5),
    ),
}  # fmt: skip


def holds(line: dict[str, Any]) -> None:
    """Check that the numbers of an exact line give its result, and that the result is the value."""
    assert float(line["result"]) == line["value"]
    if line["text"]:
        found = worked(line["text"]) + (float(line["rest"]["sum"]) if line["rest"] else 0.0)
        assert found == pytest.approx(line["value"], rel=1e-12, abs=1e-13), line


def is_shown_as(text: str, value: float) -> bool:
    """Return whether a text is a number to four digits; the last one may differ where it stands on the edge."""
    return float(text) == pytest.approx(value, rel=0.50001e-3, abs=1e-300) and f"{value:.4g}" in (
        text,
        f"{float(text):.4g}",
    )


@pytest.mark.parametrize("name", MADE)
def test_fifty_picks_have_the_numbers_of_the_engine(name: str) -> None:
    """Neurons have the values of a prediction, edges the slope and the update that the next step has; each line holds."""
    experiment, rng = MADE[name](), np.random.default_rng(1)
    for _ in range(5):
        do(experiment, "step", batches=int(rng.integers(1, 9)))
        wanted: list[tuple[str, tuple[int, int], float, str, float]] = []
        for _ in range(10):
            check_neuron(experiment, rng)
            wanted.append(pick_edge(experiment, rng))
        clips = experiment.network.optimizer.clip_norm is not None
        do(experiment, "step")
        for parameter, index, after, shown, slope in wanted:
            slot = next(slot for slot in experiment.network._slots if slot.name == parameter)
            value = float(slot.view(experiment.network.params)[index])
            assert after == pytest.approx(value, rel=1e-9, abs=1e-12)
            assert is_shown_as(shown, value)
            if not clips:
                assert slope == pytest.approx(float(slot.view(experiment.network.grads)[index]), rel=1e-9, abs=1e-12)


def check_neuron(experiment: Experiment, rng: np.random.Generator) -> None:
    """Check one neuron, and the row it is of, both drawn at random."""
    do(experiment, "probe", row=int(rng.integers(90)))
    columns = drawing_of(experiment.network).columns
    values = Watcher(experiment.network, columns).values(
        row_of(experiment.data, experiment.view.row).astype(np.float64)
    )
    k = int(rng.integers(len(columns)))
    unit = int(rng.integers(columns[k].units))
    layer = columns[k].name if k else None
    exact = do(experiment, "explain_neuron", layer=layer, unit=unit, digits=17)
    for line in exact["lines"]:
        holds(line)
    found = do(experiment, "explain_neuron", layer=layer, unit=unit)
    lines = [line for line in found["lines"] if line["symbol"] != "P"]
    if k:
        assert is_shown_as(lines[-1]["result"], float(values[k][0, unit]))
        assert len(lines[0]["terms"]) <= 12
    else:
        assert found["value"] == pytest.approx(float(values[0][0, unit]), rel=1e-6)
    if k == len(columns) - 1 and found["lines"][-1]["symbol"] == "P":
        answers = experiment.network.predict(row_of(experiment.data, experiment.view.row))
        assert found["value"] == pytest.approx(float(np.ravel(answers)[unit]), rel=1e-6)


def pick_edge(experiment: Experiment, rng: np.random.Generator) -> tuple[str, tuple[int, int], float, str, float]:
    """Return what the page says of one weight or bias, drawn at random: its name and place, its next value and slope."""
    slots = [slot for slot in experiment.network._slots if slot.name.endswith(("weight", "bias"))]
    slot = slots[int(rng.integers(len(slots)))]
    rows, columns = slot.spec.shape
    index = int(rng.integers(rows)), int(rng.integers(columns))
    start = None if slot.name.endswith("bias") else index[0]
    where = {"parameter": slot.name, "from": start, "to": index[1]}
    exact = do(experiment, "explain_edge", **where, digits=17)
    for lines in exact["lines"].values():
        for line in lines:
            holds(line)
    found = do(experiment, "explain_edge", **where)
    assert found["rows"] == exact["rows"]
    assert found["value"] == float(slot.view(experiment.network.params)[index])
    shown, slope = found["lines"]["update"][-1]["result"], exact["lines"]["slope"][-1]["value"]
    return slot.name, index, exact["lines"]["update"][-1]["value"], shown, slope


def test_of_many_terms_the_largest_come_first() -> None:
    """Twelve terms of three hundred are shown with the bias last, and the sum of the others."""
    experiment = MADE["wide"]()
    line = do(experiment, "explain_neuron", layer="dense_1", unit=3, digits=17)["lines"][0]
    sizes = [abs(worked(term)) for term in line["terms"][:-1]]
    assert sizes == sorted(sizes, reverse=True)
    assert line["rest"]["count"] == 301 - 12
    assert line["from"][-1] == ""
    assert [experiment.data.inputs[place] for place in line["places"][:-1]] == line["from"][:-1]
    assert set(line["from"][:-1]) <= set(experiment.data.inputs)


def test_the_rows_are_those_of_the_next_step() -> None:
    """Stops and edges name the rows that the next step takes; of more than 64 the first 64 are worked, and that is said."""
    experiment = an_experiment([gn.Dense(3, "tanh"), gn.Dense(1)], n=120, batch_size=80)
    for _ in range(5):
        found = do(experiment, "explain_edge", **{"parameter": "dense_1.weight", "from": 0, "to": 1})
        size = found["of"]
        assert len(found["rows"]) == min(size, 64)
        do(experiment, "step")
        batch = experiment.run.batch
        assert batch is not None
        assert size == len(batch[0])
        np.testing.assert_array_equal(experiment.data.X[found["rows"]], batch[0][: len(found["rows"])])


def test_weights_that_were_changed_by_hand_are_those_that_are_explained() -> None:
    """An explanation is kept for as long as nothing moves: a weight that was set moves it, by command or in Python."""
    experiment = MADE["tanh, one answer"]()
    do(experiment, "step", batches=3)
    where = {"parameter": "dense_1.weight", "from": 0, "to": 1}
    first = do(experiment, "explain_neuron", layer="dense_1", unit=1)["value"]
    do(experiment, "set_weight", parameter="dense_1.weight", index=[0, 1], value=3.25)
    second = do(experiment, "explain_neuron", layer="dense_1", unit=1)["value"]
    assert do(experiment, "explain_edge", **where)["value"] == 3.25
    experiment.network.params[:] *= 0.5
    third = do(experiment, "explain_neuron", layer="dense_1", unit=1)["value"]
    assert len({first, second, third}) == 3
    assert do(experiment, "explain_edge", **where)["lines"]["update"][-1]["text"].startswith("1.625 - ")


@pytest.mark.parametrize("name", MADE)
def test_six_stops_hold_the_whole_step(name: str) -> None:
    """Each array of the explanation stands in one stop, in order, with lines that hold; questions are about them."""
    experiment = MADE[name]()
    do(experiment, "step", batches=3)
    stops = [do(experiment, "microscope", stop=stop, digits=17) for stop in range(6)]
    found = [equation["symbol"] for stop in stops for section in stop["sections"] for equation in section["equations"]]
    step = experiment.network.explain(experiment.data.X[stops[0]["rows"]], experiment.data.y[stops[0]["rows"]])
    assert sorted(found) == sorted(step.symbols)
    assert [stop["name"] for stop in stops] == ["rows", "forward", "loss", "slopes", "gradients", "update"]
    for stop in stops:
        for section in stop["sections"]:
            for equation in section["equations"]:
                assert len(equation["cells"]) <= 6
                for line in equation["worked"]:
                    holds(line)
    columns = {column.name for column in drawing_of(experiment.network).columns}
    assert {lit["layer"] for stop in stops for lit in stop["highlight"]["units"]} == {None, *columns} - {"input"}
    assert "DROPOUT" not in name.upper() or any("Dropout is on" in note for note in stops[1]["notes"])


def test_typed_numbers_are_checked_to_three_digits() -> None:
    """The right number is right with any minus sign, comma and spaces, and wrong in its third digit."""
    experiment = MADE["tanh, one answer"]()
    do(experiment, "step", batches=2)
    asked = 0
    for stop in range(1, 6):
        for question in do(experiment, "microscope", stop=stop)["questions"]:
            assert "result" not in question
            assert "value" not in question
            check = do(
                experiment, "check_number", question=question["question"], text=f"{worked(question['text']):.3g}"
            )
            assert check["right"], check
            value = check["line"]["value"]
            digits = f"{abs(value):.3g}"
            typed = (" \u2212" if value < 0 else " ") + digits.replace(".", ",") + " "
            assert do(experiment, "check_number", question=question["question"], text=typed)["right"]
            assert do(experiment, "check_number", question=question["question"], text=f"{value:.5e}")["right"]
            wrong = f"{value * 1.02:.5g}" if value else "0.01"
            assert not do(experiment, "check_number", question=question["question"], text=wrong)["right"]
            asked += 1
    assert asked >= 10
    do(experiment, "step")
    assert do(experiment, "check_number", question=question["question"], text=f"{value:.3g}")["right"]  # asked is asked


@pytest.mark.parametrize("text", ["", "abc", "nan", "1e999", "1_0", "--1", "1 + 1", "__import__('os')", "1,2,3"])
def test_what_is_no_number_is_refused(text: str) -> None:
    """Anything but a number gets a sentence that shows what one looks like."""
    with pytest.raises(gn.ConfigError, match=r"text is .*; it must be a number such as 0\.287"):
        number_in(text)


def test_refusals_say_what_there_is() -> None:
    """Names and numbers that do not exist are refused in a sentence."""
    experiment = MADE["tanh, one answer"]()
    assert "'dense_1', 'dense_2'" in refusal(experiment, "explain_neuron", layer="dense_9", unit=0)
    assert "unit" in refusal(experiment, "explain_neuron", layer="dense_1", unit=4)
    assert "to" in refusal(experiment, "explain_edge", **{"parameter": "dense_1.weight", "from": 0, "to": 4})
    assert "from" in refusal(experiment, "explain_edge", **{"parameter": "dense_1.weight", "from": 2, "to": 0})
    assert "parameter" in refusal(experiment, "explain_edge", **{"parameter": "x", "from": 0, "to": 0})
    assert "layer" in refusal(experiment, "explain_layer", layer="x")
    assert "stop" in refusal(experiment, "microscope", stop=6)
    assert "question" in refusal(experiment, "check_number", question="x", text="1")


def test_layers_of_every_kind_are_explained() -> None:
    """With each layer that the page offers every command has an answer, and neurons have the values that are drawn."""
    plain = MADE["tanh, one answer"]()
    kinds = [kind["kind"] for kind in state_of(plain)["network"]["kinds"]]
    assert len(kinds) > 20
    for kind in kinds:
        experiment = MADE["tanh, one answer"]()
        do(experiment, "add_layer", at=1, kind=kind)
        do(experiment, "step", batches=2)
        columns = drawing_of(experiment.network).columns
        values = Watcher(experiment.network, columns).values(row_of(experiment.data, 0).astype(np.float64))
        for column, drawn in zip(columns[1:], values[1:], strict=True):
            unit = column.units - 1
            lines = do(experiment, "explain_neuron", layer=column.name, unit=unit)["lines"]
            assert is_shown_as(
                [line for line in lines if line["symbol"] != "P"][-1]["result"], float(drawn[0, unit])
            ), kind
        for slot in experiment.network._slots:
            where = {"parameter": slot.name, "from": 0, "to": 0}
            if len(slot.spec.shape) == 2:
                assert do(experiment, "explain_edge", **where)["lines"]["update"]
            else:
                assert "one column for each after" in refusal(experiment, "explain_edge", **where)
        for name, _ in walk(experiment.network.names, experiment.network.layers):
            assert do(experiment, "explain_layer", layer=name)["sentence"]
        assert all(do(experiment, "microscope", stop=stop)["sections"] for stop in range(6))


def test_a_layer_is_explained_by_its_documentation() -> None:
    """The sentence and the formulas of the docstring, the shapes, the parameters and the equations of the step."""
    found = do(MADE["batch norm, Adam"](), "explain_layer", layer="dense_1")
    assert found["sentence"] == "Fully connected layer: an affine map of the features, then an activation."
    assert "Z = X @ W + b" in found["formulas"]
    assert (found["shapes"], found["n_parameters"]) == ({"in": [2], "out": [6]}, 18)
    assert {"symbol": "Z1", "formula": "A0 @ W1 + b1", "shape": "10 x 6", "remark": ""} in found["equations"]


def test_a_click_works_no_other_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hundred thousand weights a click on a neuron or an edge makes the terms of a few entries only."""
    experiment = an_experiment([gn.Dense(128, "relu"), gn.Dense(10)], d=784, k=10, batch_size=64)
    made = []

    class Counted(terms.Term):
        def __new__(cls, *given: Any) -> Any:
            made.append(None)
            return super().__new__(cls, *given)

    monkeypatch.setattr(terms, "Term", Counted)
    do(experiment, "explain_neuron", layer="dense_1", unit=5)
    assert 0 < len(made) < 1600
    made.clear()
    do(experiment, "explain_edge", **{"parameter": "dense_1.weight", "from": 5, "to": 5})
    assert 0 < len(made) < 2000
