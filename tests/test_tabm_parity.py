"""The recipes TabM and TabM-mini, made small, against figures of their authors' package."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import glassnet as gn
from glassnet.layers.tree import every_layer
from glassnet.tabular.fitting import recipes
from glassnet.tabular.fitting.recipes import RECIPES, Design

FIGURES = load_file(Path(__file__).parent / "data" / "tabm.safetensors")
"""Made by `parity.freeze_tabm`: three numbers and two categories, four copies of width 8, 20 steps on all rows."""
COPIES = 4


class Reference:
    """One of the package's runs, and our recipe's network with its initial parameters."""

    def __init__(self, name: str, task: str) -> None:
        self.prefix = f"{name} {task}"
        codes = self["codes"]
        one_hot = [np.eye(codes[:, j].max() + 1)[codes[:, j]] for j in range(codes.shape[1])]
        self.X = np.concatenate([self["X"], *one_hot], axis=1).astype(np.float32)
        self.y = self["y"] if task == "classes" else self["y"].astype(np.float32)
        features = [["x"], ["y"], ["z"], *(["c"] * columns.shape[1] for columns in one_hot)]
        roles = ["number"] * 3 + ["indicator"] * sum(columns.shape[1] for columns in one_hot)
        encoder: Any = SimpleNamespace(roles=roles, coders=[SimpleNamespace(features=names) for names in features])
        loss: gn.Loss = gn.SoftmaxCrossEntropy() if task == "classes" else gn.SquaredError()
        n_outputs = 3 if task == "classes" else 1
        self.network = RECIPES[name].network(
            Design(encoder, self.X, loss, n_outputs, epochs=20, calibrates=False), seed=0
        )
        self.network.load_state_dict(self.state("start"))
        for layer in self.network.layers:
            if isinstance(layer, gn.Dropout):
                layer.rate = 0.0

    def __getitem__(self, name: str) -> Any:
        return FIGURES[f"{self.prefix} {name}"]

    def state(self, when: str) -> dict[str, np.ndarray]:
        """Return the package's parameters under our names and in our layout."""
        theirs = {key.removeprefix(f"{self.prefix} {when} "): a for key, a in FIGURES.items()
                  if key.startswith(f"{self.prefix} {when} ")}  # fmt: skip
        found = {name: translated(name, theirs) for name in self.network.state_dict()}
        return {name: array.astype(np.float32) for name, array in found.items()}


def translated(name: str, theirs: dict[str, np.ndarray]) -> np.ndarray:
    """Return one of our parameters from those of the package."""
    layer, part = name.rsplit(".", 1)
    if "piecewise" in layer:
        source = {"linear": "linear0.weight", "bias": "linear0.bias", "weight": "linear.weight"}[part]
        array = theirs[f"num_module.{source}"]
        return array if part == "weight" else array[..., None]
    if layer.startswith("copies"):
        factors = theirs.get("backbone.affine.weight", theirs.get("backbone.blocks.0.0.r"))
        assert factors is not None
        return factors[None]
    if layer.startswith("ensemble_head"):
        return theirs["output.weight"] if part == "weight" else theirs["output.bias"][:, None]
    # Our layers are counted from 1, and every second one is a dropout: theirs are counted from 0.
    block = f"backbone.blocks.{int(layer.rsplit('_', 1)[1]) - 1}.0"
    source = {"weight": "weight", "bias": "bias", "in_factor": "r", "out_factor": "s"}[part]
    array = theirs[f"{block}.{source}"]
    return array.T if part == "weight" else array.reshape(1, -1, array.shape[-1])


@pytest.fixture(params=["classes", "numbers"])
def task(request: pytest.FixtureRequest) -> str:
    """Return what is predicted."""
    return str(request.param)


@pytest.fixture(params=["tabm", "tabm-mini"])
def reference(request: pytest.FixtureRequest, task: str, monkeypatch: pytest.MonkeyPatch) -> Reference:
    """Return a reference run of an architecture, with the recipe's sizes lowered to those of the run."""
    for name, value in (("_COPIES", COPIES), ("_WIDTH", 8), ("_BIN_DIM", 4), ("_MOST_BINS", 5)):
        monkeypatch.setattr(recipes, name, value)
    return Reference(request.param, task)


def test_bins_are_those_of_the_package(reference: Reference) -> None:
    """The ends of the pieces agree to 1e-6 with those that the package computes from the same rows."""
    embeddings = [layer for layer in every_layer(reference.network.layers)
                  if isinstance(layer, gn.PiecewiseLinearEmbedding)]  # fmt: skip
    assert len(embeddings) == (1 if reference.prefix.startswith("tabm-mini") else 0)
    for layer in embeddings:
        slope, shift = reference["start num_module.impl.weight"], reference["start num_module.impl.bias"]
        starts = -shift / slope
        np.testing.assert_allclose([edges[:-1] for edges in layer.edges], starts, rtol=0, atol=1e-6)


def test_first_answers(reference: Reference) -> None:
    """Logits of every copy, and their mean prediction, agree to 1e-5."""
    net = reference.network
    logits = net.forward(reference.X).reshape(reference["Z"].shape)
    np.testing.assert_allclose(logits, reference["Z"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(net.predict(reference.X), reference["predicted"], rtol=1e-5, atol=1e-6)


def test_training(reference: Reference) -> None:
    """20 steps of AdamW leave the package's losses to 1e-5, and every parameter's change to 0.1 %."""
    net, start, end = reference.network, reference.state("start"), reference.state("end")
    history = net.fit(reference.X, reference.y, epochs=20, batch_size=len(reference.X), diagnose=False)
    np.testing.assert_allclose(history["loss"], reference["losses"], rtol=1e-5)
    for name, after in net.state_dict().items():
        change, theirs = after - start[name], end[name] - start[name]
        assert np.linalg.norm(change - theirs) <= 1e-3 * np.linalg.norm(theirs), name
