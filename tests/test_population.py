"""Laws of populations: a member ends as the network does that is trained alone."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.populations.stacking import blueprint

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 5)).astype("f4")
CLASSES = (X[:, 0] + X[:, 1] ** 2 > 0.8).astype(int) + (X[:, 2] > 1.0)
NUMBERS = np.stack([X[:, 0] * X[:, 1], np.sin(X[:, 2])], axis=1)
VALID = (RNG.standard_normal((25, 5)).astype("f4"), RNG.integers(0, 3, 25))


def template(**options: Any) -> gn.Network:
    """Return a small classifier, with what ``options`` replace."""
    layers = options.pop("layers", None) or [gn.Dense(8, "relu"), gn.Dropout(0.2), gn.Dense(3)]
    options = {"loss": "cross_entropy", "optimizer": gn.AdamW(0.01), "seed": 3, **options}
    return gn.Network(layers, **options)


def alone(network: gn.Network, k: int, fit: dict[str, Any], **settings: Any) -> gn.Network:
    """Return what member ``k`` would be without a population."""
    member = network._renewed(network.seeds[0] + k)
    if "learning_rate" in settings:
        member.optimizer.learning_rate = settings["learning_rate"][k]
    if "weight_decay" in settings:
        member.optimizer.weight_decay = settings["weight_decay"][k]  # type: ignore[attr-defined]
    if "dropout" in settings:
        for layer in member.layers:
            if isinstance(layer, gn.Dropout):
                layer.rate = settings["dropout"][k]
    member.build((5,))
    if "initial_scale" in settings:
        for slot in member._slots:
            if slot.spec.decays:
                slot.view(member.params)[...] *= np.float32(settings["initial_scale"][k])
    member.fit(**fit)
    return member


def assert_same(found: gn.Network, wanted: gn.Network, tolerance: float = 1e-6) -> None:
    """Compare parameters, statistics, the optimizer's memory and the history."""
    assert np.abs(found.params - wanted.params).max() <= tolerance
    assert np.array_equal(found.stats, wanted.stats) or np.abs(found.stats - wanted.stats).max() <= tolerance
    for name, array in wanted._run.optimizer_state.arrays.items():
        assert np.abs(found._run.optimizer_state.arrays[name] - array).max() <= tolerance * max(
            1.0, np.abs(array).max()
        )
    assert found.history is not None
    assert wanted.history is not None
    assert found.history.columns.keys() == wanted.history.columns.keys()
    for name, values in wanted.history.columns.items():
        np.testing.assert_allclose(found.history.columns[name], values, rtol=1e-4, atol=1e-6)
    assert found.history.best_epoch == wanted.history.best_epoch
    assert found.history.stop_reason == wanted.history.stop_reason


CASES: dict[str, tuple[gn.Network, dict[str, Any], dict[str, Any]]] = {
    "seeds": (template(), {}, {}),
    "rates": (template(), {"learning_rate": [0.001, 0.01, 0.1, 0.03]}, {}),
    "schedules": (template(), {"learning_rate": [0.01, gn.CosineDecay(0.02, 6), 0.03, gn.Warmup(0.1, 2)]}, {}),
    "decay": (template(), {"weight_decay": [0.0, 0.1, 1.0, 0.01]}, {}),
    "dropout": (template(), {"dropout": [0.0, 0.1, 0.5, 0.2]}, {}),
    "scale": (template(), {"initial_scale": [0.1, 1.0, 2.0, 0.0]}, {}),
    "validation": (template(), {}, {"validation_data": VALID}),
    "weights": (template(), {}, {"sample_weight": np.linspace(0.1, 2.0, 60)}),
    "balanced": (template(), {}, {"class_weight": "balanced"}),
    "whole batch": (template(), {}, {"batch_size": 60}),
    "in order": (template(), {}, {"shuffle": False}),
    "sgd": (template(optimizer=gn.SGD(0.1, momentum=0.9, nesterov=True)), {"learning_rate": [0.1, 0.2, 0.01, 0.0]}, {}),
    "clipped, averaged": (template(optimizer=gn.Adam(0.01, clip_norm=0.5, ema=0.9)), {}, {"validation_data": VALID}),
    "lion": (template(optimizer=gn.Lion(0.001)), {"weight_decay": [0.0, 0.1, 0.2, 0.3]}, {}),
    "rmsprop": (template(optimizer=gn.RMSprop(0.01)), {"learning_rate": [0.1, 0.2, 0.01, 0.0]}, {}),
    "norms": (
        template(layers=[gn.BatchNorm(), gn.Dense(6, "gelu"), gn.LayerNorm(), gn.GaussianNoise(0.1), gn.Dense(3)]),
        {},
        {"validation_data": VALID},
    ),
    "residual": (template(layers=[gn.Residual([gn.Dense(5, "tanh"), gn.Dropout(0.3), gn.Dense(5)]), gn.Dense(3)]), {}, {}),
    "penalties": (template(l1=0.01, l2=0.1, max_norm=1.0), {}, {"validation_data": VALID}),
    "frozen": (template(layers=[gn.Dense(4, "tanh").tuned(trainable=False), gn.Dense(3)]), {}, {}),
    "float64": (template(dtype="float64"), {"dropout": [0.0, 0.1, 0.5, 0.2]}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_member_is_the_network_trained_alone(name: str) -> None:
    """Whatever members differ in, each has the parameters, memory and history of its own run."""
    network, settings, options = CASES[name]
    fit = {"X": X, "y": CLASSES, "epochs": 4, "batch_size": 16, **options}
    population = gn.Population(network, 4, **settings)
    population.fit(**fit)
    for k in range(4):
        assert_same(population.member(k), alone(network, k, fit, **settings))


def test_members_are_stacked() -> None:
    """The networks of the table above are trained at once, not one by one; schedules of other lengths are."""
    for name, (network, settings, _) in CASES.items():
        population = gn.Population(copy.deepcopy(network), 4, **settings)
        population.fit(X, CLASSES, epochs=1)
        assert len({blueprint(member) for member in population.networks}) == (3 if name == "schedules" else 1)


@pytest.mark.parametrize("restore_best", [True, False])
def test_each_member_stops_on_its_own(restore_best: bool) -> None:
    """With early stopping every member has the last and the best epoch that it has alone."""
    rule = gn.EarlyStopping(patience=2, restore_best=restore_best)
    network = template(optimizer=gn.Adam(0.01))
    fit = {"X": X, "y": CLASSES, "epochs": 30, "batch_size": 16, "validation_data": VALID, "early_stopping": rule}
    population = gn.Population(network, 6)
    histories = population.fit(**fit)
    assert len({history.epochs for history in histories}) > 1
    for k in range(6):
        assert_same(population.member(k), alone(network, k, fit))


def test_two_fits_are_one() -> None:
    """fit(2); fit(3) leaves the bits of fit(5), for a population and for a member that goes on alone."""
    once, twice = gn.Population(template(), 3), gn.Population(template(), 3)
    once.fit(X, CLASSES, epochs=5, validation_data=VALID)
    twice.fit(X, CLASSES, epochs=2, validation_data=VALID)
    member = twice.member(1)
    twice.fit(X, CLASSES, epochs=3, validation_data=VALID)
    member.fit(X, CLASSES, epochs=3, validation_data=VALID)
    for k in range(3):
        assert np.array_equal(once.networks[k].params, twice.networks[k].params)
    assert_same(member, once.networks[1])


def test_stopped_members_can_go_on() -> None:
    """A population whose members stopped early trains on from their last epochs, as each would alone."""
    rule = gn.EarlyStopping(patience=2)
    network = template(optimizer=gn.Adam(0.05))
    fit = {"X": X, "y": CLASSES, "epochs": 12, "validation_data": VALID, "early_stopping": rule}
    population = gn.Population(network, 4)
    population.fit(**fit)
    population.fit(**fit)
    for k in range(4):
        other = alone(network, k, fit)
        other.fit(**fit)
        assert_same(population.member(k), other)


def test_a_member_that_diverges_takes_nobody_along() -> None:
    """It holds its last good weights and says so; the others end as they do alone."""
    network = template(layers=[gn.Dense(8, "relu"), gn.Dense(2)], loss="squared_error", optimizer=gn.SGD(0.01))
    rates = [0.01, 1e6, 0.02, 1e3]
    fit = {"X": X, "y": NUMBERS, "epochs": 6, "batch_size": 16}
    population = gn.Population(network, learning_rate=rates)
    histories = population.fit(**fit)
    assert sorted(population.failures) == [1, 3]
    assert population.failures[1].startswith("fit: training diverged with a loss of ")
    assert "Lower learning_rate (now 1e+06) or scale X and y." in population.failures[1]
    assert [history.stop_reason for history in histories] == ["finished", "diverged", "finished", "diverged"]
    assert np.isfinite(population.predict(X)).all()
    for k in (0, 2):
        assert_same(population.member(k), alone(network, k, fit, learning_rate=rates))
    assert population.ranking() == sorted([0, 2], key=lambda k: histories[k]["loss"][-1])
    assert len(population.ensemble()) == 2
    for k in (1, 3):
        with pytest.raises(gn.DivergenceError):
            alone(network, k, fit, learning_rate=rates)


def test_all_members_diverge() -> None:
    """Then there is nothing to go on with, and fit raises as that of a network does."""
    network = template(layers=[gn.Dense(2)], loss="squared_error", optimizer=gn.SGD(1e30))
    with pytest.raises(
        gn.DivergenceError,
        match=r"every member diverged; at least one must not. The first: fit: training diverged with a loss of inf at epoch 1, step 2; loss and weights must stay finite. Lower learning_rate \(now 1e\+30\) or scale X and y.",
    ):
        gn.Population(network, 3).fit(X, NUMBERS, epochs=5)


def test_different_architectures_train_in_groups_of_their_own() -> None:
    """What cannot be stacked is told apart: own functions, freezing, a schedule that watches the history."""

    def custom(scale: float) -> gn.CustomActivation:
        return gn.CustomActivation(lambda z: scale * z, lambda z: scale + 0.0 * z, name="mine")

    networks = [
        template(),
        template(layers=[gn.Dense(8, "tanh"), gn.Dropout(0.2), gn.Dense(3)]),
        template(layers=[gn.Dense(8, "relu").tuned(trainable=False), gn.Dropout(0.2), gn.Dense(3)]),
        template(loss=gn.SoftmaxCrossEntropy(label_smoothing=0.1)),
        template(optimizer=gn.AdamW(0.01, beta1=0.8)),
        template(optimizer=gn.Adam(0.01)),
        template(optimizer=gn.AdamW(gn.ReduceOnPlateau(0.01))),
        template(optimizer=gn.AdamW(gn.ReduceOnPlateau(0.01))),
        template(dtype="float64"),
        template(l2=0.1),
        template(layers=[gn.Dense(8, custom(1.0)), gn.Dropout(0.2), gn.Dense(3)]),
        template(layers=[gn.Dense(8, custom(2.0)), gn.Dropout(0.2), gn.Dense(3)]),
    ]
    assert len({blueprint(network.build((5,))) for network in networks}) == len(networks)
    like_the_first = template(
        layers=[gn.Dense(8, "relu"), gn.Dropout(0.7), gn.Dense(3)], optimizer=gn.AdamW(0.5), seed=9
    )
    assert blueprint(like_the_first.build((5,))) == blueprint(networks[0])


class Backwards(gn.Layer):
    """A layer of a user's who has never heard of members: it reverses axis 1, and there that of the rows."""

    def forward(self, X: np.ndarray, cache: Any, step: gn.Step) -> np.ndarray:
        return X[:, ::-1].copy()

    def backward(self, dY: np.ndarray, cache: Any) -> np.ndarray:
        return dY[:, ::-1].copy()


def test_layers_of_ones_own_are_trained_one_by_one() -> None:
    """What a user's class does with an axis of members cannot be known, so it never meets one."""
    network = template(layers=[gn.Dense(4, "tanh"), Backwards(), gn.Dense(3)])
    fit = {"X": X, "y": CLASSES, "epochs": 3}
    population = gn.Population(network, 3)
    population.fit(**fit)
    for k in range(3):
        assert_same(population.member(k), alone(network, k, fit))


def test_batches_of_ones_own_are_refused() -> None:
    """Members visit rows in orders of their own, so there must be rows."""
    with pytest.raises(gn.ConfigError, match="y is missing"):
        gn.Population(template(), 2).fit([(X, CLASSES)], None, epochs=1)


def test_rows_from_sparse_and_mapped_arrays(tmp_path: Path) -> None:
    """Rows that are read when needed train every member as they train one network."""
    scipy_sparse = pytest.importorskip("scipy.sparse")
    np.save(tmp_path / "rows.npy", X)
    sparse = scipy_sparse.csr_matrix(np.where(np.abs(X) > 1.0, X, 0.0))
    for rows in (sparse, np.load(tmp_path / "rows.npy", mmap_mode="r")):
        fit = {"X": rows, "y": CLASSES, "epochs": 2, "batch_size": 16}
        population = gn.Population(template(), 2)
        population.fit(**fit)
        for k in range(2):
            assert_same(population.member(k), alone(template(), k, fit))


def test_schedules_that_watch_the_history_work_too() -> None:
    """Such members are trained one by one, which changes nothing but the time."""
    network = template(optimizer=gn.Adam(gn.ReduceOnPlateau(0.05, monitor="valid_loss", patience=1)))
    fit = {"X": X, "y": CLASSES, "epochs": 6, "validation_data": VALID}
    population = gn.Population(network, 2)
    population.fit(**fit)
    for k in range(2):
        assert_same(population.member(k), alone(network, k, fit))


def test_rows_of_no_weight() -> None:
    """A batch that weighs nothing for one member is skipped for it alone."""
    weight = np.zeros(60)
    weight[:20] = 1.0
    fit = {"X": X, "y": CLASSES, "epochs": 3, "batch_size": 4, "sample_weight": weight}
    population = gn.Population(template(), 3)
    population.fit(**fit)
    for k in range(3):
        assert_same(population.member(k), alone(template(), k, fit))


def test_best_and_ensemble() -> None:
    """The best member has the best score; the ensemble's prediction is the mean and its spread the deviation."""
    population = gn.Population(template(), 5)
    population.fit(X, CLASSES, epochs=5, validation_data=VALID)
    scores = population.scores()
    best = population.best()
    assert best.evaluate(*VALID)["loss"] == pytest.approx(min(scores), rel=1e-5)
    accuracies = population.scores("valid_accuracy")
    assert population.best("valid_accuracy").evaluate(*VALID)["accuracy"] == pytest.approx(max(accuracies))
    ensemble, each = population.ensemble(), population.predict(X)
    assert each.shape == (5, 60, 3)
    np.testing.assert_allclose(ensemble.predict(X), each.mean(axis=0))
    np.testing.assert_allclose(ensemble.spread(X), each.std(axis=0))
    found = ensemble.evaluate(X, CLASSES, metrics=["accuracy", "log_loss"])
    assert found["accuracy"] == pytest.approx((each.mean(axis=0).argmax(axis=1) == CLASSES).mean())
    assert population.evaluate(X, CLASSES)["loss"].shape == (5,)


def test_members_are_copies() -> None:
    """What is done to a member that was taken out does not reach the population, nor the template."""
    network = template(input_shape=(5,))
    before = network.params.copy()
    population = gn.Population(network, 2)
    population.fit(X, CLASSES, epochs=1)
    member = population.member(0)
    member.params[:] = 0.0
    assert population.networks[0].params.any()
    assert np.array_equal(network.params, before)
    assert network.history.epochs == 0
    assert len(list(population)) == 2


def test_time_is_shared() -> None:
    """max_seconds is for all members: each group gets its share, and every member trains at least a step."""
    network = template(layers=[gn.Dense(700, "relu"), gn.Dense(3)])  # too large to be stacked
    population = gn.Population(network, 3)
    histories = population.fit(X, CLASSES, epochs=10**6, max_seconds=0.3)
    assert [history.stop_reason for history in histories] == ["time"] * 3
    assert sum(history.seconds for history in histories) < 3.0
    assert all(history.epochs for history in histories)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "there is neither members nor a sequence of settings. Pass members=8."),
        ({"members": 0}, "members is 0; it must be a whole number of at least 1."),
        ({"members": 3, "learning_rate": [0.1, 0.2]}, "settings differ in number: 3 in members, 2 in learning_rate; there must be one for each member."),
        ({"learning_rate": [0.1, "fast"]}, "learning_rate is 'fast'; it must be a number of at least 0 or a schedule."),
        ({"seeds": [1, -1]}, "seeds is -1; it must be a whole number of at least 0."),
        ({"dropout": [0.1, 1.0]}, "rate is 1.0; it must be a finite number of at least 0 and below 1."),
        ({"initial_scale": [1.0, -1.0]}, "initial_scale is -1.0; it must be a finite number of at least 0."),
        ({"weight_decay": [0.1, -1.0]}, "weight_decay is -1.0; it must be a finite number of at least 0."),
    ],
)  # fmt: skip
def test_settings_are_checked(arguments: dict[str, Any], words: str) -> None:
    """One sentence says which setting cannot be."""
    with pytest.raises(gn.ConfigError) as caught:
        gn.Population(template(), **arguments)
    assert words in str(caught.value)


def test_settings_need_a_place() -> None:
    """Weight decay needs an optimizer that has it, dropout a layer, and a template must be one plain network."""
    plain = template(layers=[gn.Dense(3)], optimizer=gn.Adam())
    with pytest.raises(gn.ConfigError, match=r"the optimizer Adam has no weight_decay\. Take AdamW\."):
        gn.Population(plain, weight_decay=[0.1])
    with pytest.raises(
        gn.ConfigError, match=r"the network has no Dropout layers, which dropout needs\. Put them where it should act\."
    ):
        gn.Population(plain, dropout=[0.1, 0.2])
    with pytest.raises(
        gn.ConfigError, match=r"the network has members=2; it must have none itself\. Make it without\."
    ):
        gn.Population(template(members=2), 2)
    with pytest.raises(gn.ConfigError, match="network is of type str; it must be a Network"):
        gn.Population("net", 2)  # type: ignore[arg-type]
    with pytest.raises(gn.NotFittedError, match="no member is trained"):
        gn.Population(template(), 2).best()


def test_what_networks_together_lack_is_named() -> None:
    """A report is of one network, and a slip is answered with the name that was meant."""
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(2,))
    population, ensemble = gn.Population(network, 2), gn.Ensemble([network, network])
    for it, name, words in (
        (population, "report", "Population has no report. A report is of one network: write population.best()"),
        (ensemble, "report", "Ensemble has no report. A report is of one network: write population.best()"),
        (population, "predictt", "Population has no predictt. Did you mean predict?"),
        (ensemble, "spreads", "Ensemble has no spreads. Did you mean spread?"),
    ):
        with pytest.raises(AttributeError, match=re.escape(words)):
            getattr(it, name)
