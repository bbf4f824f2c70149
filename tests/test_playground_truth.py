"""What the page shows of neurons and edges, against the engine: 50 random picks on each of five architectures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import open_page
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from playground_pages import in_page, open_playground, playground, troubles

MINUS = "\N{MINUS SIGN}"
ARCHITECTURES: dict[str, tuple[int, int, list[Any]]] = {
    "deep": (2, 3, [gn.Dense(6, "tanh"), gn.Dense(5, "relu"), gn.Dense(4, "gelu"), gn.Dense(3)]),
    "normed": (3, 2, [gn.BatchNorm(), gn.Dense(7), gn.BatchNorm(), gn.ReLU(), gn.Dropout(0.2), gn.Dense(1)]),
    "residual": (
        4,
        0,
        [gn.Dense(5, "tanh"), gn.Residual([gn.LayerNorm(), gn.Dense(6, "silu"), gn.Dense(5)]), gn.Dense(1)],
    ),
    "wide": (30, 4, [gn.Dense(300, "relu"), gn.Dense(40, "sigmoid"), gn.Dense(4)]),
    "branches": (5, 3, [gn.Concatenate([gn.Identity(), gn.Dense(4, "elu")]), gn.NTKDense(6), gn.SELU(), gn.Dense(3)]),
}
# Goes to random neurons, and from half of them on to one of their edges; returns what is shown and what it is of.
WALK = """(seed, picks) => {
    let state = seed;
    const random = (n) => ((state = (state * 48271) % 2147483647), state % n);
    const cells = [...document.querySelectorAll('#network [role=gridcell]')], tip = document.querySelector('#network .tip');
    return Array.from({ length: picks }, (_, pick) => {
        const cell = cells[random(cells.length)], [k, i] = [Number(cell.dataset.column), Number(cell.dataset.place)];
        cell.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
        const { columns } = store.state.network, unit = columns[k].shown[i];
        const neuron = { layer: columns[k].layer, column: k, unit, text: tip.textContent, name: cell.getAttribute('aria-label') };
        if (pick % 2 === 0) return neuron;
        for (let n = 1 + random(5); n > 0; n -= 1) cell.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }));
        return tip.textContent === neuron.text ? neuron : { ...store.selection, text: tip.textContent };
    });
}"""


def experiment(d: int, k: int, layers: list[Any]) -> Experiment:
    """Return an experiment on noise, 30 steps old."""
    rng = np.random.default_rng(d)
    X = rng.normal(size=(120, d)).astype(np.float32)
    y = rng.integers(0, k, 120) if k else rng.normal(size=120).astype(np.float32)
    data = PlayData(X[:90], y[:90], X[90:], y[90:], tuple(f"in {i}" for i in range(d)), tuple(map(str, range(k))))
    loss = "cross_entropy" if k > 2 else "binary_cross_entropy" if k else "squared_error"
    made = Experiment(data, Settings.of(gn.Network(layers, loss=loss, seed=1).build((d,)), 15))
    made.advance(30)
    return made


def shown(text: str) -> tuple[float, float]:
    """Return the last number of a text, and half a unit of its last digit."""
    digits = text.partition(" before the ")[0].split()[-1].replace(MINUS, "-").replace(",", "")
    mantissa, _, exponent = digits.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return float(digits), 0.501 * 10.0**-decimals


@in_page
@pytest.mark.parametrize("picks", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_picks_on_five_architectures(tmp_path: Path, picks: int) -> None:
    """Values, biases and weights on the page are the engine's, to the digits that are shown."""
    wrong, seen = [], {"neuron": 0, "edge": 0}
    with open_page(tmp_path, 1280, 800) as page:
        page.command("Emulation.setFocusEmulationEnabled", enabled=True)
        for seed, (name, architecture) in enumerate(ARCHITECTURES.items(), start=1):
            made = experiment(*architecture)
            outputs = made.network.activations(made.data.X[:1])
            arrays = made.network.state_dict()
            with playground(made) as served:
                open_playground(page, served)
                page.run("playground.then((found) => { globalThis.store = found; })")
                page.wait(
                    "store.frame?.activations && document.querySelector('#network [role=gridcell][aria-label]') !== null"
                )
                columns = page.run("store.state.network.columns")
                for pick in page.run(f"({WALK})({seed * 7919}, {picks})"):
                    if "text" in pick and pick.get("kind") == "edge":
                        seen["edge"] += 1
                        wanted = {"weight": arrays[pick["parameter"]][pick["from"], pick["to"]]}
                        found = {"weight": shown(pick["text"])}
                    else:
                        seen["neuron"] += 1
                        column = columns[pick["column"]]
                        last = [chip for chip in column["chips"] if not chip["before"]]
                        layer = made.network.names[last[-1]["at"]] if last else column["name"]
                        if column["added"] is not None:
                            layer = column["name"].rpartition(".")[0]
                        values = made.data.X[0] if pick["column"] == 0 else outputs[layer].ravel()
                        parts = pick["text"].split(", bias ")
                        wanted = {"value": values[pick["unit"]], "name": values[pick["unit"]]}
                        found = {"value": shown(parts[0]), "name": shown(pick["name"])}
                        if len(parts) == 2:
                            wanted["bias"] = arrays[f"{column['name']}.bias"].ravel()[pick["unit"]]
                            found["bias"] = shown(parts[1])
                    for what, (value, half) in found.items():
                        if not abs(value - float(wanted[what])) <= half:
                            wrong.append((name, pick, what, float(wanted[what])))
                assert troubles(page, served) == []
                page.go("about:blank")  # it would miss its server
    assert wrong == []
    assert sum(seen.values()) == picks * len(ARCHITECTURES)
    assert seen["edge"] >= 0.3 * sum(seen.values())
