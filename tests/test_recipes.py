"""The recipes for tables: RealMLP against figures of its authors' package, and what each is made of."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import glassnet as gn
from glassnet.tabular import TableEncoder, TabularRegressor, TargetEncoder
from glassnet.tabular.fitting import recipes
from glassnet.tabular.fitting.recipes import RECIPES, Design

FIGURES = load_file(Path(__file__).parent / "data" / "realmlp_td.safetensors")
"""Made with pytabkit 1.7.3 on synthetic rows: two numbers, 5 and 12 categories; 12 full-batch steps without dropout."""


class Reference:
    """One reference run, and the recipe's network with its initial parameters."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        frame = {f"n{j}": self["xn_raw"][:, j] for j in range(2)}
        frame |= {"d": [f"k{code}" for code in self["d_code"]], "e": [f"k{code:02d}" for code in self["e_code"]]}
        recipe = RECIPES["realmlp"]
        encoder = TableEncoder(**recipe.coding).fit(frame)
        self.X = encoder.transform(frame)
        loss: gn.Loss = gn.SquaredError() if kind == "reg" else gn.SoftmaxCrossEntropy()
        self.target = TargetEncoder().fit(self["y"], "regression" if kind == "reg" else "classification")
        self.y = self.target.transform(self["y"])
        self.epochs = self["epochs"].item()
        design = Design(encoder, self.X, loss, self.target.n_outputs, self.epochs, calibrates=False)
        self.network = recipe.network(design, seed=0)
        self.starts = [recipe.network(design, seed).state_dict() for seed in range(12)]
        self.start = {name: self[f"start {name}"] for name in self.starts[0]}
        self.network.load_state_dict(self.start)
        for layer in self.network.layers:
            if isinstance(layer, gn.Dropout):
                layer.rate = 0.0
        self.network.optimizer.ema = None  # which is no part of the published recipe

    def __getitem__(self, name: str) -> Any:
        return FIGURES[f"{self.kind} {name}"]


@pytest.fixture(scope="module", params=["cls", "reg"])
def reference(request: pytest.FixtureRequest) -> Reference:
    """Return a reference run of a classification and of a regression."""
    return Reference(request.param)


def test_first_loss_of_realmlp(reference: Reference) -> None:
    """Coding, network and loss: the first loss agrees to 1e-6, relative."""
    net = copy.deepcopy(reference.network)
    assert net.evaluate(reference.X, reference.y)["loss"] == pytest.approx(float(reference["losses"][0]), rel=1e-6)


def test_training_of_realmlp(reference: Reference) -> None:
    """12 steps: schedules, rates, decay and Adam leave the losses and the parameters' changes of the reference run."""
    net = copy.deepcopy(reference.network)
    history = net.fit(reference.X, reference.y, epochs=reference.epochs, batch_size=len(reference.X), diagnose=False)
    np.testing.assert_allclose(history["loss"], reference["losses"], rtol=2e-5)
    for name, after in net.state_dict().items():
        changes = (after.astype(np.float64) - reference.start[name]).ravel()
        theirs = reference[f"change {name}"]
        ours = changes[np.unique(np.linspace(0, changes.size - 1, 300).astype(int))]
        assert np.linalg.norm(ours - theirs) < 3e-4 * np.linalg.norm(theirs), name


def test_start_of_realmlp(reference: Reference) -> None:
    """The spread of the reference run's initial parameters lies among those of twelve seeds, or within 5 % of them."""
    compared = 0
    for name, theirs in reference.start.items():
        ours = [start[name].std() for start in reference.starts]
        if theirs.size >= 90:
            compared += 1
            assert 0.95 * min(ours) <= theirs.std() <= 1.05 * max(ours), name
    assert compared >= 11
    assert (reference.starts[0]["scale_1.scale"] == 1.0).all()
    assert (reference.starts[0]["parametric_1.alpha"] == 1.0).all()


def design_of(name: str, rng: np.random.Generator, *, regression: bool = False) -> tuple[Design, np.ndarray]:
    """Return what a recipe is given for a small table, and its coded target."""
    n = 60
    frame = {
        "a": rng.standard_normal(n),
        "when": np.datetime64("2024-01-01") + rng.integers(0, 800, n),
        "b": np.where(rng.random(n) < 0.2, np.nan, rng.random(n)),
        "few": [f"k{i}" for i in rng.integers(0, 4, n)],
        "many": [f"k{i}" for i in rng.integers(0, 12, n)],
        "yes": rng.random(n) < 0.5,
    }
    encoder = TableEncoder(**RECIPES[name].coding).fit(frame)
    loss: gn.Loss = gn.SquaredError() if regression else gn.SoftmaxCrossEntropy()
    y = rng.standard_normal((n, 1)) if regression else rng.integers(0, 3, n)
    return Design(encoder, encoder.transform(frame), loss, 1 if regression else 3, epochs=6), y


@pytest.mark.parametrize("regression", [False, True])
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_learns_and_can_be_saved(
    name: str, regression: bool, rng: np.random.Generator, tmp_path: Path
) -> None:
    """Each has a loss that falls, and a file that gives the same predictions; its layers are under the laws."""
    design, y = design_of(name, rng, regression=regression)
    net = RECIPES[name].network(design, seed=0)
    history = net.fit(design.X, y, epochs=6, batch_size=20, diagnose=False)
    assert min(history["loss"]) < history["loss"][0]
    net.save(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(gn.load(tmp_path / "net.safetensors").predict(design.X), net.predict(design.X))


def test_realmlp_is_what_the_paper_says(rng: np.random.Generator) -> None:
    """Widths, rates and decays of RealMLP-TD, as published."""
    design, _ = design_of("realmlp", rng)
    net = RECIPES["realmlp"].network(design, seed=0)
    kinds = [type(layer).__name__ for layer in net.layers]
    assert kinds == ["Concatenate", "Scale", *["NTKDense", "Parametric", "Dropout"] * 3, "NTKDense", "Calibration"]
    groups = {slot.name: group for slot, group in zip(net._slots, net._store.groups, strict=True)}
    rates = {name: (group.rate_factor, group.decay_factor) for name, group in groups.items()}
    assert rates["scale_1.scale"] == (6.0, 6.0)
    assert rates["ntkdense_2.weight"] == (1.0, 1.0)
    assert rates["ntkdense_2.bias"] == (0.1, 0.0)
    assert rates["parametric_2.alpha"] == (0.1, 0.1)
    assert {rates[name] for name in rates if "periodic" in name} == {(0.1, 0.1)}
    assert rates["concatenate_1.branch_3.embedding_1.weight"] == (1.0, 1.0)
    optimizer = net.optimizer
    assert (optimizer.beta1, optimizer.beta2, optimizer.eps, optimizer.weight_decay) == (0.9, 0.95, 1e-8, 0.02)
    assert optimizer.schedule(6 * 0.122) == pytest.approx(0.04, rel=1e-3)
    assert net.loss.label_smoothing == 0.1
    assert design.encoder.n_codes == 13
    # 3 numbers (the date's cycles among them) and 5 indicators of few, one of yes, one flag, 8 of the vector
    assert net.layers[0].out_shape[0] == 4 * design.encoder.roles.count("number") + 6 + 8


def test_small_starts_at_zero(rng: np.random.Generator) -> None:
    """RealMLP-TD-S: an output layer of zeros, so the first answer is the same for every row."""
    design, _ = design_of("small", rng)
    net = RECIPES["small"].network(design, seed=0)
    np.testing.assert_array_equal(net.predict(design.X), np.full((60, 3), 1 / 3, dtype="float32"))


def test_tabm_draws_one_factor_per_column(rng: np.random.Generator) -> None:
    """All features that a column became start with the same factor in a copy, and copies differ."""
    design, _ = design_of("tabm-mini", rng)
    net = RECIPES["tabm-mini"].network(design, seed=0)
    factors = net.state_dict()["copies_1.factor"][0]
    n_numbers = design.encoder.roles.count("number")
    by_column = factors[:, : 16 * n_numbers].reshape(32, n_numbers, 16)
    assert (by_column == by_column[..., :1]).all()
    assert len(np.unique(by_column[:, 0, 0])) == 32
    few = factors[:, 16 * n_numbers + 1 :][:, :4]
    assert (few == few[:, :1]).all()
    signs = RECIPES["tabm"].network(design_of("tabm", rng)[0], seed=0).state_dict()["copies_1.factor"]
    assert set(np.unique(signs)) == {-1.0, 1.0}


def test_averages_of_weights_follow_the_rows_of_a_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The moving average lasts 2 % of the steps that a network really takes, not of those for all rows."""
    monkeypatch.setattr(recipes, "_HIDDEN", 8)
    frame = {"a": np.random.default_rng(0).standard_normal(400)}
    model = TabularRegressor(n_folds=2, epochs=4, batch_size=5, random_state=0).fit(frame, frame["a"])
    assert model.network_.optimizer.ema == pytest.approx(1.0 - 1.0 / (0.02 * 4 * 40))
