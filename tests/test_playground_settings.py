"""Settings by path, options read from the classes, layers added, removed and moved, and the commands that do it."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

import cases
import glassnet as gn
from glassnet.errors import GlassnetError
from glassnet.layers import LAYERS
from glassnet.losses import LOSSES
from glassnet.optimizers import OPTIMIZERS
from glassnet.playground.arguments import arguments_of
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.kinds_of_layers import layer_kinds, layer_label, starting_layer
from glassnet.playground.limits import MOST_PARAMETERS, check_size
from glassnet.playground.network_part import fitting_losses, network_state
from glassnet.playground.options import layer_options, loss_options, optimizer_options, settings_options
from glassnet.playground.play_data import PlayData
from glassnet.playground.setting_paths import kinds_of_schedule, setting
from glassnet.playground.settings import Settings


def settings() -> Settings:
    """Return settings with a nested layer, one without parameters, and a linear output."""
    layers = [gn.Dense(8, "tanh"), gn.Residual([gn.Dense(8, gn.LeakyReLU(0.2))]), gn.Dropout(0.2), gn.Dense(1)]
    network = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.SGD(0.1), seed=0)
    return Settings.of(network, 10)


def data(n_classes: int = 2) -> PlayData:
    """Return points of the plane in so many classes; one is numbers."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = X[:, 0] * X[:, 1] if n_classes == 1 else (np.arange(60) % n_classes)
    names = tuple(map(str, range(n_classes))) if n_classes > 1 else ()
    return PlayData(X[:40], y[:40], X[40:], y[40:], ("x1", "x2"), names)


def experiment() -> Experiment:
    """Return an experiment at step 0."""
    return Experiment(data(), settings())


def ask(found: Experiment, name: str, **arguments: Any) -> Any:
    """Return the result of a command, which must not be refused."""
    answered = answer(found, {"id": 1, "do": name, **arguments})
    assert answered.get("ok"), answered
    return answered["result"]


def refusal(found: Experiment, name: str, **arguments: Any) -> str:
    """Return the sentence that a command is refused with, which has changed nothing."""
    before = found.settings, found.revision
    answered = answer(found, {"id": 1, "do": name, **arguments})
    assert (found.settings, found.revision) == before
    sentence: str = answered["error"]
    return sentence


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("optimizer.learning_rate", 0.03, lambda s: s.optimizer["learning_rate"]),
        ("optimizer.momentum", 0.9, lambda s: s.optimizer["momentum"]),
        ("optimizer.clip_norm", 1.0, lambda s: s.optimizer["clip_norm"]),
        ("batch_size", 4, lambda s: s.batch_size),
        ("seed", 7, lambda s: s.seed),
        ("l1", 0.5, lambda s: s.l1),
        ("l2", 0.5, lambda s: s.l2),
        ("max_norm", 2.0, lambda s: s.max_norm),
        ("dtype", "float64", lambda s: s.dtype),
        ("loss.label_smoothing", 0.1, lambda s: s.loss["label_smoothing"]),
        ("layers.0.units", 3, lambda s: s.layers[0]["units"]),
        ("layers.0.activation", "relu", lambda s: s.layers[0]["activation"]),
        ("layers.0.initializer", "he_normal", lambda s: s.layers[0]["initializer"]),
        ("layers.0.trainable", False, lambda s: s.build((2,)).layers[0].trainable),
        ("layers.0.rate_factor", 0.5, lambda s: s.build((2,)).layers[0].rate_factor),
        ("layers.1.trainable", False, lambda s: s.network().layers[1].layers[0].trainable),
        ("layers.1.layers.0.activation.slope", 0.5, lambda s: s.layers[1]["layers"][0]["activation"]["slope"]),
        ("layers.2.rate", 0.5, lambda s: s.layers[2]["rate"]),
    ],
)  # fmt: skip
def test_a_path_changes_one_setting(path: str, value: Any, where: Any) -> None:
    """The setting has the new value, no other one has changed, and the settings before are as they were."""
    before = settings()
    kept = json.dumps(before.config())
    after = before.with_path(path, value)
    assert where(after) == value
    assert json.dumps(before.config()) == kept
    assert after != before
    assert after.with_path(path, setting(before.config(), path)) == before


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("layers.0.units", 0, "Dense: units is 0; it must be a whole number of at least 1."),
        ("layers.0.units", 1.5, "Dense: units is 1.5; it must be a whole number of at least 1."),
        ("layers.0.units", None, "Dense: units is None; it must be a whole number of at least 1."),
        ("layers.0.activation", "rleu", "Did you mean 'relu'?"),
        ("layers.2.rate", 1.0, "Dropout: rate is 1.0; it must be a finite number of at least 0 and below 1."),
        ("layers.2.rate", float("nan"), "Dropout: rate is nan; it must be a finite number of at least 0 and below 1."),
        ("layers.9.units", 1, "set: there is no '9' in 'layers.9.units'; path must name a setting."),
        ("layers.0", 1, " has several settings; path must name one."),
        ("layers", 1, " has several settings; path must name one."),
        ("optimizer", "adam", " has several settings; path must name one."),
        ("layers.0.class", "ReLU", "there is no 'class'"),
        ("layers.0.__class__", 1, "there is no '__class__'"),
        ("layers.0.units.real", 1, "there is no 'real'"),
        ("optimizer.momentun", 0.9, "Did you mean 'momentum'?"),
        ("optimizer.kind", "Adm", "Did you mean 'Adam'?"),
        (
            "optimizer.schedule",
            "Cosine",
            "Network: unknown schedule 'Cosine'. The choices are 'CosineDecay', 'CosineWaves', 'ExponentialDecay', 'FlatCosine', 'InverseTimeDecay', 'OneCycle', 'ReduceOnPlateau', 'StepDecay', 'Warmup', 'constant'.",
        ),
        ("optimizer.nesterov", True, "SGD: nesterov is True and momentum 0.0; nesterov needs momentum above 0"),
        ("loss", "mse", "Did you mean 'squared_error'?"),
        ("seed", -1, "Network: seed is -1; it must be a whole number of at least 0."),
        ("batch_size", 0, "fit: batch_size is 0; it must be a whole number of at least 1."),
        (
            "dtype",
            "float16",
            "Network: unknown dtype 'float16'. Did you mean 'float32'? The choices are 'float32', 'float64'.",
        ),
        ("l2", -1, "Network: l2 is -1; it must be a finite number of at least 0."),
        (
            "layers.0.units",
            {"class": "Dense"},
            "set: layers.0.units is of type dict; it must be a number, a text, true, false or null",
        ),
        ("", 1, "there is no ''"),
        ("." * 200, 1, "there is no ''"),
    ],
)
def test_a_wrong_value_is_refused_with_the_librarys_sentence(path: str, value: Any, sentence: str) -> None:
    """What the class says is said, and nothing else around it."""
    with pytest.raises(GlassnetError) as caught:
        settings().with_path(path, value)
    assert sentence in str(caught.value)


def test_loss_and_optimizer_begin_with_their_defaults() -> None:
    """Another class has its own arguments; what all optimizers have stays."""
    found = settings().with_path("optimizer.ema", 0.9).with_path("optimizer.kind", "AdamW")
    assert found.optimizer == {"class": "AdamW", **gn.AdamW(ema=0.9).config()}
    assert settings().with_path("loss", "huber").loss == {"class": "Huber", "delta": 1.0}


@pytest.mark.parametrize("kind", kinds_of_schedule()[1:])
def test_every_schedule_begins_where_the_rate_is(kind: str) -> None:
    """A schedule starts from the number that was there, or goes up to it, and back again it is a number."""
    found = settings().with_path("optimizer.schedule", kind)
    rate = found.network().optimizer.schedule
    largest = max(rate.rate(epoch, rate.new_memory()) for epoch in np.linspace(0, 60, 200))
    assert largest == pytest.approx(0.1, rel=0.02)
    assert found.with_path("optimizer.schedule", "constant") == settings()
    for option in optimizer_options(found):
        assert found.with_path(option["path"], option["value"]) == found


def test_layers_are_added_removed_and_moved() -> None:
    """Each changes the order of the layers as it says, and leaves the others alone."""
    before = settings()
    entry = {"class": "Dropout", "rate": 0.5, "schedule": None}
    kinds = [layer["class"] for layer in before.layers]
    assert [each["class"] for each in before.with_layer(1, entry).layers] == [kinds[0], "Dropout", *kinds[1:]]
    assert before.with_layer(1, entry).without_layer(1) == before
    assert [each["class"] for each in before.moved_layer(0, 2).layers] == ["Residual", "Dropout", "Dense", "Dense"]
    assert before.moved_layer(0, 2).moved_layer(2, 0) == before
    alone = Settings.of(gn.Network([gn.Dense(1)], loss="huber", seed=0))
    with pytest.raises(GlassnetError, match="the layer is the last one; a network must have one"):
        alone.without_layer(0)


@pytest.mark.parametrize("kind", layer_kinds())
def test_every_layer_that_is_offered_can_be_added_and_set(kind: str) -> None:
    """It is built behind a row and trained, and each of its options takes the value that it has, and its choices."""
    found = experiment()
    ask(found, "add_layer", at=1, kind=kind)
    found.advance(2)
    assert np.isfinite(found.network.params).all()
    assert layer_label(found.settings.layers[1]).startswith(kind)
    for option in layer_options(found.settings, 1):
        assert found.settings.with_path(option["path"], option["value"]) == found.settings, option
        for choice in option.get("choices", ()):
            found.settings.with_path(option["path"], choice)
        if "minimum" in option:
            with pytest.raises(GlassnetError):
                found.settings.with_path(option["path"], option["minimum"] - 1)
        if "maximum" in option:
            with pytest.raises(GlassnetError):
                found.settings.with_path(option["path"], option["maximum"] + 1)


def test_offered_layers_are_those_that_need_no_more() -> None:
    """The list follows from the classes: what is left out needs shapes, columns, functions or a loss of its own."""
    left_out = set(LAYERS) - set(layer_kinds())
    assert left_out == {
        "Calibration", "Copies", "CustomActivation", "Embedding", "EnsembleDense", "EnsembleHead",
        "PiecewiseLinearEmbedding", "Reshape", "Select", "Sequential",
    }  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_argument_of_an_optimizer_is_an_option(name: str) -> None:
    """All arguments but schedules of the decay can be set, and each takes the value that it has."""
    found = settings().with_path("optimizer.kind", name)
    paths = {option["path"] for option in optimizer_options(found)}
    arguments = {*OPTIMIZERS[name]().config(), "clip_norm", "ema"} - {"decay_schedule"}
    assert paths == {f"optimizer.{argument}" for argument in arguments} | {"optimizer.schedule"}
    for option in optimizer_options(found):
        assert found.with_path(option["path"], option["value"]) == found


def test_options_say_what_the_class_takes() -> None:
    """Types, choices and bounds, as the signature, the documentation and the class itself have them."""
    options = {option["path"]: option for option in layer_options(settings(), 0)}
    assert options["layers.0.units"] == {
        "path": "layers.0.units", "label": "Units", "type": "integer", "value": 8, "minimum": 1
    }  # fmt: skip
    assert options["layers.0.activation"]["choices"] == sorted(gn.layers.ACTIVATIONS)
    assert options["layers.0.use_bias"]["type"] == "flag"
    assert [each.choices for each in arguments_of(gn.Adam) if each.name == "eps_form"] == [("torch", "sklearn")]
    assert layer_options(settings(), 2)[0]["maximum"] == 1
    assert layer_options(settings(), 1)[0]["path"] == "layers.1.layers.0.units"
    for option in [*settings_options(settings()), *loss_options(settings(), ["huber"])]:
        if option["path"] != "loss":
            assert settings().with_path(option["path"], option["value"]) == settings()


@pytest.mark.parametrize(
    ("n_classes", "expected"),
    [
        (1, {"absolute_error", "gaussian_nll", "huber", "quantile", "squared_error"}),
        (2, {"binary_cross_entropy", "binary_focal_cross_entropy", "cross_entropy", "focal_cross_entropy", "squared_error"}),
        (3, {"cross_entropy", "focal_cross_entropy"}),
    ],
)  # fmt: skip
def test_losses_fit_the_task(n_classes: int, expected: set[str]) -> None:
    """Numbers, some of them negative, two classes and three have each their losses, and the network is made for them."""
    assert set(fitting_losses(data(n_classes))) == expected
    units = 1 if n_classes < 3 else n_classes
    loss = "squared_error" if n_classes == 1 else "cross_entropy" if n_classes > 2 else "binary_cross_entropy"
    start = Settings.of(gn.Network([gn.Dense(4, "tanh"), gn.Dense(units)], loss=loss, seed=0), 10)
    for name in expected:
        found = Experiment(data(n_classes), start)
        ask(found, "set", path="loss", value=name)
        found.advance(2)
        assert found.network.loss.name == name
        assert found.network.n_outputs == LOSSES[name]().outputs(data(n_classes).y)


def test_a_shortcut_keeps_its_width() -> None:
    """When the layer before a residual one has another number of units, the residual one follows."""
    found = experiment()
    ask(found, "set", path="layers.0.units", value=5)
    assert found.settings.layers[1]["layers"][0]["units"] == 5
    ask(found, "remove_layer", at=0)
    assert found.settings.layers[0]["layers"][0]["units"] == 2
    assert (
        "Residual: the layers inside give samples of shape (3,), the way around them (2,); both must be the same. Change the last layer's units, or pass shortcut=Dense(units)."
        in refusal(found, "set", path="layers.0.layers.0.units", value=3)
    )


def test_commands_refuse_with_one_sentence() -> None:
    """Positions, kinds and descriptions that cannot be change nothing."""
    found = experiment()
    assert "at most 3" in refusal(found, "remove_layer", at=4)
    assert "at most 4" in refusal(found, "add_layer", at=5, kind="Dense")
    assert f"unknown kind 'Conv'. The choices are {', '.join(map(repr, sorted(layer_kinds())))}." in refusal(
        found, "add_layer", at=1, kind="Conv"
    )
    assert "CustomLayer" in refusal(found, "add_layer", at=1, kind="CustomLayer", config={})
    assert "units" in refusal(found, "add_layer", at=1, kind="Dense", config={"units": -1})
    assert "at most 3" in refusal(found, "move_layer", **{"from": 9, "to": 0})
    assert "path is of type int; it must be a text" in refusal(found, "set", path=3, value=1)
    assert "value is missing; it must be given" in refusal(found, "set", path="l2")


def test_a_description_makes_the_layer() -> None:
    """A layer may come with all its arguments, as in model files."""
    found = experiment()
    ask(found, "add_layer", at=3, kind="Dense", config={"units": 3, "activation": {"class": "ELU", "alpha": 0.5}})
    assert layer_label(found.settings.layers[3]) == "Dense 3, ELU"
    assert starting_layer("Residual", 6)["layers"][0]["units"] == 6


def test_what_is_too_large_is_refused_before_it_is_made() -> None:
    """Parameters, layers and bytes have limits, and a number with thirteen digits costs no memory."""
    found = experiment()
    assert "parameters; it must have at most 5,000,000" in refusal(found, "set", path="layers.0.units", value=10**13)
    wide = settings().without_layer(1)
    assert check_size(wide.with_path("layers.0.units", 1_000_000), (2,), 10) <= MOST_PARAMETERS
    with pytest.raises(GlassnetError, match="bytes of memory"):
        check_size(wide.with_path("layers.0.units", 1_000_000), (2,), 10_000)
    for _ in range(40 - 5):
        ask(found, "add_layer", at=1, kind="ReLU")
    assert "the network has 41 layers; it must have at most 40" in refusal(found, "add_layer", at=1, kind="ReLU")


def test_the_state_has_all_of_it_and_is_plain() -> None:
    """Layers with names, shapes, parameters and options; kinds, loss, optimizer, options; JSON without NaN."""
    found = network_state(experiment())
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert [layer["name"] for layer in found["layers"]] == ["dense_1", "residual_1", "dropout_1", "dense_2"]
    assert [layer["parameters"] for layer in found["layers"]] == [24, 72, 0, 9]
    assert sum(layer["parameters"] for layer in found["layers"]) == found["parameters"] == 105
    assert [layer["shape"] for layer in found["layers"]] == [[8], [8], [8], [1]]
    assert found["layers"][0]["label"] == "Dense 8, tanh"
    assert found["loss"]["value"] == "binary_cross_entropy"
    assert found["optimizer"]["kind"]["value"] == "SGD"
    assert {key: found["layers"][3]["options"][0][key] for key in ("value", "minimum", "maximum")} == {
        "value": 1,
        "minimum": 1,
        "maximum": 1,
    }
    assert [option["path"] for option in found["options"]] == ["batch_size", "seed", "l1", "l2", "max_norm", "dtype"]


@pytest.mark.parametrize("case", cases.LAYERS, ids=lambda case: case.name)
def test_layers_of_a_given_network_are_shown_and_survive(case: Any) -> None:
    """Also those that the page does not offer: a label, options with the values they have, the same configuration."""
    network = gn.Network([copy.deepcopy(case.layer), gn.Flatten(), gn.Dense(1)], loss="squared_error", seed=0)
    found = Settings.of(network)
    assert layer_label(found.layers[0]).startswith(type(case.layer).__name__)
    for option in layer_options(found, 0):
        assert found.with_path(option["path"], option["value"]) == found
    assert found.with_path("seed", 1).layers == found.layers
