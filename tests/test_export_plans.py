"""Plans of networks compute what the networks predict."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from cases import LAYERS, LOSSES, LayerCase, LossCase
from export_models import ENSEMBLES, NETWORKS, export_case, rows_for
from glassnet.exports.lowering.layers import LOWERINGS
from glassnet.exports.lowering.networks import lower_ensemble, lower_network
from glassnet.exports.plan import Affine, Join, Map, Plan, Select, Step
from glassnet.exports.proof import digest_of, made_up_rows, prove
from glassnet.exports.referee import interpret
from glassnet.layers.activations.base import Activation
from glassnet.layers.tree import every_layer
from glassnet.utils.formula import Formula

CASES = [*NETWORKS, *ENSEMBLES]


def plan_of(name: str, *, simplify: bool = True, dtype: Any = np.float32) -> Plan:
    """Return the plan of a model of the zoo."""
    lower = lower_ensemble if name in ENSEMBLES else lower_network
    return lower(export_case(name).model, simplify=simplify, dtype=dtype)


def off(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest error, relative to numbers above 1."""
    assert found.shape == expected.shape
    assert np.isfinite(expected).all()
    return float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected)), initial=0.0))


def precise(model: Any) -> Any:
    """Return the same model, computed in double precision."""
    if isinstance(model, gn.Ensemble):
        return gn.Ensemble([net.astype("float64") for net in model.networks])
    return model.astype("float64")


def in_double(net: gn.Network, seed: int = 0, size: float = 0.7) -> gn.Network:
    """Return a network in double precision with random parameters and statistics."""
    rng = np.random.default_rng(seed)
    net = net.astype("float64")
    net.params[...] = size * rng.standard_normal(net.params.shape)
    net.stats[...] = rng.uniform(0.3, 2.0, net.stats.shape)
    return net


def check_double(net: gn.Network, X: np.ndarray, tolerance: float = 1e-12) -> None:
    """Check the plan of a network in double precision, with and without simplification, alone and as an ensemble."""
    expected = net.predict(X)
    rows = X.reshape(len(X), -1)
    for simplify in (False, True):
        plan = lower_network(net, simplify=simplify, dtype=np.float64)
        check_well_formed(plan)
        assert off(interpret(plan, rows), expected) < tolerance
    other = in_double(net, seed=5)
    ensemble = gn.Ensemble([net, other, net])
    plan = lower_ensemble(ensemble, dtype=np.float64)
    check_well_formed(plan)
    assert off(interpret(plan, rows), ensemble.predict(X)) < tolerance


def check_well_formed(plan: Plan) -> None:
    """Check names, order, shapes, and that every step is read."""
    made = {plan.x.name: plan.x.size}
    read = Counter([plan.y.name])
    for step in plan.steps:
        assert step.out.name.isidentifier()
        assert step.out.name not in made
        for value in step.inputs():
            assert made[value.name] == value.size
            read[value.name] += 1
        for name, array in step.arrays():
            assert np.isfinite(array).all(), (step.out.name, name)
            assert array.base is None or array.base.base is None
        made[step.out.name] = step.out.size
        if isinstance(step, Affine):
            groups, rows, d_in = step.x.shape
            assert groups in (1, len(step.W))
            assert step.out.shape == (len(step.W), rows, step.W.shape[2])
            assert step.W.shape[1] == d_in
            assert step.b is None or step.b.shape == (len(step.W), step.W.shape[2])
        if isinstance(step, Map):
            shapes = [step.x.shape, *(vector.shape for vector in step.vectors.values())]
            assert {len(shape) for shape in shapes} == {len(step.out.shape)}
            assert np.broadcast_shapes(*shapes) == step.out.shape
        if isinstance(step, Join):
            assert {part.shape[:-1] for part in step.parts} == {step.out.shape[:-1]}
    assert made[plan.y.name] == plan.y.size
    assert all(read[step.out.name] for step in plan.steps)


# ---- the zoo ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_plan_predicts_what_the_model_does(name: str, simplify: bool) -> None:
    """In double precision every output is that of the model to 1e-6, plus what the model itself loses in float32."""
    case, plan = export_case(name), plan_of(name, simplify=simplify)
    exact = precise(case.model)
    check_well_formed(plan)
    X = rows_for(NETWORKS.get(name, NETWORKS["realmlp" if name == "population" else "iris"]), 500, 7)
    for n in (1, 3, 500):
        rows = X[:n].reshape(n, *case.X.shape[1:])
        expected, true = case.model.predict(rows), exact.predict(rows)
        lost = off(expected, true)
        assert off(interpret(plan, X[:n]), true) < (1e-6 if simplify else 3e-7)
        assert off(interpret(plan, X[:n]), expected) < 1e-6 + lost
        assert off(interpret(plan, X[:n], np.float32), true) < 4e-6


@pytest.mark.parametrize("name", CASES)
def test_plans_in_double_precision_are_exact(name: str) -> None:
    """With weights in double precision a plan has all digits of the network in that precision."""
    case = export_case(name)
    found = interpret(plan_of(name, dtype=np.float64), case.X.reshape(len(case.X), -1))
    assert off(found, precise(case.model).predict(case.X)) < 1e-13


@pytest.mark.parametrize("name", CASES)
def test_interpreter_computes_in_the_type_it_is_told(name: str) -> None:
    """Weights in single precision do not make it round what it computes in double precision."""
    case, plan = export_case(name), plan_of(name)
    wide = dataclasses.replace(plan, steps=tuple(widened(step) for step in plan.steps))
    rows = case.X.reshape(len(case.X), -1)
    assert off(interpret(plan, rows), interpret(wide, rows)) < 1e-14
    assert off(interpret(wide, rows, np.float32), interpret(plan, rows, np.float32)) == 0.0


def widened(step: Step) -> Step:
    """Return a step whose numbers are in double precision."""
    found = {key: array.astype(np.float64) for key, array in vars(step).items() if is_single(array)}
    if isinstance(step, Map):
        found["vectors"] = {key: array.astype(np.float64) for key, array in step.vectors.items()}
    return dataclasses.replace(step, **found)


def is_single(value: Any) -> bool:
    """Return whether something is an array in single precision."""
    return isinstance(value, np.ndarray) and value.dtype == np.float32


def test_weights_are_those_of_float32() -> None:
    """By default every weight of a plan is a float32, since files hold no others."""
    for name in CASES:
        for step in plan_of(name).steps:
            for key, array in step.arrays():
                assert array.dtype == (np.int64 if key == "places" else np.float32), (name, step.out.name, key)


def test_every_layer_and_loss_is_in_the_zoo() -> None:
    """A layer or loss that is added must be added there too, and has a form to be exported in."""
    models = [export_case(name).model for name in NETWORKS]
    layers = [layer for net in models for layer in every_layer(net.layers)]
    found = {type(part) for layer in layers for part in (layer, getattr(layer, "activation", layer))}
    assert set(gn.layers.LAYERS.values()) - found == {gn.CustomActivation}
    lowered = {kind for kind in gn.layers.LAYERS.values() if any(base in LOWERINGS for base in kind.__mro__)}
    assert lowered == set(gn.layers.LAYERS.values())
    losses = {type(part) for net in models for part in (net.loss, getattr(net.loss, "loss", net.loss))}
    assert {*gn.losses.LOSSES.values(), gn.EnsembleLoss} <= losses


@pytest.mark.parametrize("name", CASES)
def test_equal_models_give_equal_plans(name: str) -> None:
    """Nothing of a plan depends on when or how often it was made."""
    one, two = plan_of(name), plan_of(name)
    assert digest_of(one) == digest_of(two)
    assert [repr(step.out) for step in one.steps] == [repr(step.out) for step in two.steps]
    assert one.made_from == two.made_from


def test_plan_stays_when_the_network_is_trained_on() -> None:
    """Its arrays are copies."""
    net = gn.Network([gn.Dense(3), gn.PReLU(), gn.Dense(1)], loss="squared_error", seed=0)
    net.build((2,))
    plan = lower_network(net)
    before = digest_of(plan)
    net.params[:] += 1.0
    assert digest_of(plan) == before


# ---- layers and losses one by one ------------------------------------------------------------------------------------


def layer_rows(case: LayerCase, n: int = 5) -> np.ndarray:
    """Return rows for a layer: codes where it has embeddings."""
    rng = np.random.default_rng(3)
    embedded = [part for part in every_layer([case.layer]) if isinstance(part, gn.Embedding)]
    if embedded:
        return rng.integers(0, min(part.n_categories for part in embedded), (n, *case.in_shape)).astype(float)
    return 2.0 * rng.standard_normal((n, *case.in_shape))


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_every_layer(case: LayerCase) -> None:
    """Each layer with random numbers in it has all digits, as the only one and before and behind others."""
    X = layer_rows(case)
    layers = [case.layer, gn.Flatten(), gn.Dense(2, use_bias=False)]
    check_double(
        in_double(gn.Network([*map(copy.deepcopy, layers)], loss="squared_error", seed=0, input_shape=case.in_shape)), X
    )
    if len(case.in_shape) > 1 or any(isinstance(part, gn.Embedding) for part in every_layer([case.layer])):
        return
    layers = [gn.Dense(case.in_shape[0]), *map(copy.deepcopy, layers), gn.BatchNorm()]
    net = in_double(gn.Network(layers, loss="squared_error", seed=0, input_shape=(3,)))
    check_double(net, X[:, :1] * [1.0, -2.0, 3.0])


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
def test_every_loss(case: LossCase) -> None:
    """Predictions under each loss are its own, for small and large logits, and the answer has a name for each."""
    net = gn.Network([gn.Dense(case.n_outputs)], loss=case.loss, seed=0, input_shape=(3,))
    X = np.random.default_rng(0).standard_normal((9, 3)) * np.logspace(-3, 1.8, 9)[:, None]
    check_double(in_double(net), X)
    plan = lower_network(net)
    assert len(plan.answer.names) == plan.y.size
    assert len(set(plan.answer.names)) == plan.y.size
    if net.loss.classifies:
        assert len(plan.answer.labels) == plan.y.size
        assert plan.answer.kind in ("classes", "labels")
    if plan.answer.kind == "quantiles":
        assert len(plan.answer.levels) == plan.y.size


@pytest.mark.parametrize(
    ("loss", "n", "kind", "names", "labels"),
    [
        ("cross_entropy", 2, "classes", ("0", "1"), (0, 1)),
        ("binary_cross_entropy", 1, "labels", ("1",), (1,)),
        ("binary_cross_entropy", 2, "labels", ("0", "1"), (0, 1)),
        ("squared_error", 1, "numbers", ("prediction",), ()),
        ("squared_error", 2, "numbers", ("prediction 1", "prediction 2"), ()),
        ("poisson", 1, "numbers", ("rate",), ()),
        ("gaussian_nll", 2, "numbers", ("mean", "variance"), ()),
        ("quantile", 3, "quantiles", ("quantile 0.1", "quantile 0.5", "quantile 0.9"), ()),
        (gn.EnsembleLoss("cross_entropy", copies=2), 6, "classes", ("0", "1", "2"), (0, 1, 2)),
    ],
)
def test_answers(loss: Any, n: int, kind: str, names: tuple[str, ...], labels: tuple[int, ...]) -> None:
    """What the outputs are follows from the loss."""
    answer = lower_network(gn.Network([gn.Dense(n)], loss=loss, seed=0, input_shape=(3,))).answer
    assert (answer.kind, answer.names, answer.labels) == (kind, names, labels)
    assert answer.middle == ((1,) if kind == "quantiles" else ())


# ---- random stacks ---------------------------------------------------------------------------------------------------

_WORDS = sorted(set(gn.layers.ACTIVATIONS) - {"softmax"})


def _flat_layers() -> st.SearchStrategy[Any]:
    """Return layers, as functions that make them, from one row of features to another."""
    units, words = st.integers(1, 4), st.sampled_from(_WORDS)
    return st.one_of(
        st.builds(lambda u, w, b: lambda: gn.Dense(u, w, use_bias=b), units, words, st.booleans()),
        st.builds(lambda u: lambda: gn.NTKDense(u), units),
        st.sampled_from(
            [
                gn.BatchNorm, gn.LayerNorm, gn.Scale, gn.PReLU, gn.Softmax, gn.ReLU, gn.Identity,
                lambda: gn.Dropout(0.3), lambda: gn.Parametric("gelu"), lambda: gn.Select([0]),
                lambda: gn.Sequential([gn.Dense(3), gn.Scale()]), lambda: gn.Residual([gn.Scale(), gn.Tanh()]),
                lambda: gn.Residual([gn.Dense(3, "relu"), gn.LayerNorm()], shortcut=gn.Dense(3)),
                lambda: gn.Concatenate([gn.Identity(), [gn.Scale(), gn.Dense(2)], gn.Identity()]),
                lambda: gn.PeriodicEmbedding(2, 2),
            ]
        ),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(makers=st.lists(_flat_layers(), min_size=1, max_size=6), d=st.integers(1, 4), copies=st.integers(0, 3))
def test_random_stacks(makers: list[Any], d: int, copies: int) -> None:
    """Whatever stands behind whatever, joined or not, has the digits of the network."""
    layers = [make() for make in makers]
    if copies:
        middle = [gn.Copies(copies), gn.EnsembleDense(3, "tanh"), gn.Scale(), gn.EnsembleDense(2), gn.LayerNorm()]
        layers = [*layers, *middle, gn.EnsembleHead(2)]
    losses: list[Any] = [
        "squared_error" if d % 2 else "poisson",
        gn.EnsembleLoss("binary_cross_entropy", 1),
        gn.EnsembleLoss(gn.Quantile([0.2, 0.8]), 2),
        gn.EnsembleLoss("cross_entropy", 3),
    ]
    if not copies and d % 2 == 0:
        layers.append(gn.Dense(2))
    net = gn.Network(layers, loss=losses[copies], seed=0, input_shape=(d,))
    X = np.random.default_rng(1).standard_normal((4, d))
    check_double(in_double(net), X, tolerance=1e-9)


# ---- simplification --------------------------------------------------------------------------------------------------


def kinds(plan: Plan) -> list[str]:
    """Return the classes of the steps."""
    return [type(step).__name__ for step in plan.steps]


def made_of(*layers: gn.Layer, d: int = 4, loss: Any = "squared_error") -> Plan:
    """Return the plan of a new network of these layers."""
    return lower_network(gn.Network(layers, loss=loss, seed=0, input_shape=(d,)))


def test_what_is_folded() -> None:
    """Norms, factors and linear layers become part of the affine map beside them, in front or behind."""
    assert kinds(made_of(gn.Dense(3), gn.BatchNorm(), gn.ReLU(), gn.Dense(1))) == ["Affine", "Map", "Affine"]
    assert kinds(made_of(gn.Dense(3, "relu"), gn.BatchNorm(), gn.Dense(1))) == ["Affine", "Map", "Affine"]
    assert kinds(made_of(gn.BatchNorm(), gn.Scale(), gn.NTKDense(1))) == ["Affine"]
    assert kinds(made_of(gn.Dense(3), gn.LayerNorm(), gn.Dense(1))) == ["Affine", "Normalise", "Affine"]
    assert kinds(made_of(gn.Dense(3, "identity"), gn.Dropout(0.5), gn.Dense(1))) == ["Affine"]
    assert kinds(made_of(gn.Select([0, 1, 2, 3]), gn.Dense(1))) == ["Affine"]
    assert kinds(made_of(gn.Select([3, 2, 1]), gn.Select([0, 2]), gn.Dense(1))) == ["Select", "Affine"]
    nested = gn.Concatenate([gn.Identity(), gn.Concatenate([gn.Dense(2, "tanh"), gn.Dense(3, "tanh")])])
    assert kinds(made_of(nested, gn.Dense(1))).count("Join") == 1


def test_what_is_not_folded() -> None:
    """What would make the file larger or less precise stays as it is."""
    assert kinds(made_of(gn.Dense(1), gn.Dense(4))) == ["Affine", "Affine"]  # 4 + 4 weights, not 16
    copies = [gn.Copies(3), gn.EnsembleDense(5, adapters=False), gn.EnsembleHead(1)]
    plan = made_of(*copies, loss=gn.EnsembleLoss("squared_error", 3))
    assert [step.W.shape for step in plan.steps if isinstance(step, Affine)] == [(1, 4, 5), (3, 5, 1)]
    shared = gn.Residual([gn.Dense(4)])
    assert kinds(made_of(gn.Scale(), shared, gn.Dense(1)))[0] == "Map"
    net = gn.Network([gn.BatchNorm(), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(2,))
    net.layers[0].running_mean[...] = [1e4, 0.0]
    assert kinds(lower_network(net)) == ["Map", "Affine"]


def test_far_columns_in_a_norm_keep_their_digits() -> None:
    """The mean of a column far from 0 is subtracted first, as the model does, also in float32."""
    net = gn.Network([gn.BatchNorm(), gn.Dense(3, "tanh"), gn.Dense(1)], loss="squared_error", seed=0)
    rng = np.random.default_rng(0)
    X = (np.array([1e4, 0.0]) + rng.standard_normal((200, 2))).astype(np.float32).astype(np.float64)
    net.fit(X, X[:, 0] - 1e4, epochs=20, diagnose=False)
    assert off(interpret(lower_network(net), X, np.float32), net.predict(X)) < 1e-6


def test_names_are_those_of_the_layers() -> None:
    """Values bear the names in `Network.summary`, and a word for what comes before or behind."""
    plan = made_of(gn.Dense(4, "relu"), gn.LayerNorm(), gn.ReLU(), gn.Dense(2), loss="cross_entropy")
    assert [step.out.name for step in plan.steps] == [
        "dense_1", "dense_1_relu", "layer_norm_1_normalised", "layer_norm_1", "relu_1", "dense_2", "probabilities",
    ]  # fmt: skip
    plan = made_of(gn.Residual([gn.Dense(4, "relu"), gn.Dense(4)]), gn.Dense(2), loss=gn.Quantile([0.2, 0.8]))
    assert [step.out.name for step in plan.steps] == [
        "dense_1", "dense_1_relu", "dense_2", "residual_1", "dense_3", "quantiles",
    ]  # fmt: skip


def test_what_it_was_made_from() -> None:
    """A plan says of which layers and under which loss, in one line each, as one from a file would."""
    case = export_case("norms")
    assert lower_network(case.model).made_from == {
        "layers": "BatchNorm(), Dense(10), BatchNorm(), ReLU(), "
        "Dropout(0.2, schedule=FlatCosine(initial=1.0, epochs=9, flat=0.5)), Dense(8, 'relu'), BatchNorm(eps=0.001), "
        "GaussianNoise(0.1), Dense(3)",
        "loss": "SoftmaxCrossEntropy()",
    }
    assert made_of(gn.Dense(1)).made_from == {"layers": "Dense(1)", "loss": "SquaredError()"}
    facts = plan_of("population").made_from
    assert facts["ensemble"] == "the mean of 3 networks"


# ---- codes -----------------------------------------------------------------------------------------------------------


def test_codes_among_the_inputs() -> None:
    """Made-up rows and test rows have whole numbers in range where an embedding reads them."""
    case, plan = export_case("realmlp"), plan_of("realmlp")
    rows = made_up_rows(plan, 50)
    expected = case.model.predict(rows)
    proof = prove(plan, expected, rows, np.float32)
    assert proof.worst < 1e-6
    assert np.isfinite(proof.outputs).all()
    assert set(np.unique(np.asarray(proof.rows)[:, 3])) <= {0.0, 1.0, 2.0, 3.0, 4.0}
    case.model.predict(proof.rows)


# ---- refusals --------------------------------------------------------------------------------------------------------


class OtherDense(gn.Dense):
    """Computes something else than its base."""

    def forward(self, X: np.ndarray, cache: Any, step: Any) -> np.ndarray:
        return super().forward(X, cache, step) * 2.0


class WideDense(gn.Dense):
    """Differs in how it is made only."""

    def __init__(self) -> None:
        super().__init__(7, "relu")

    def config(self) -> dict[str, Any]:
        return {}


class Cubed(Activation):
    """An activation with a formula and a constant."""

    formula = Formula("scale * Z**3", "scale * 3 * Z**2")
    scale = 0.5

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Any, keeps: bool) -> None:
        Y[...] = self.scale * Z**3

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Any) -> None:
        raise NotImplementedError


class WrongFormula(Cubed):
    """Inherits a formula that is no longer what it computes."""

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Any, keeps: bool) -> None:
        Y[...] = self.scale * Z**2


class SteeperELU(gn.ELU):
    """Changes a constant that its formula does not know of."""

    scale = 2.0


class Doubled(gn.Network):
    """Predicts something else."""

    def predict(self, X: Any) -> np.ndarray:
        return 2.0 * super().predict(X)


class Shifted(gn.SquaredError):
    """Predicts something else than logits."""

    def link(self, Z: np.ndarray) -> np.ndarray:
        return Z + 1.0


def refusal(*layers: gn.Layer, loss: Any = "squared_error", of: type[gn.Network] = gn.Network) -> str:
    """Return the message with which the plan of a network is refused."""
    net = of([*layers, gn.Dense(1)], loss=loss, seed=0, input_shape=(3,))
    with pytest.raises(gn.GlassnetError) as info:
        lower_network(net)
    return str(info.value)


def test_subclasses_with_a_forward_of_their_own_are_refused() -> None:
    """They are not taken for their base, whose steps would be wrong."""
    assert refusal(OtherDense(3)) == (
        "export: OtherDense(units=3, activation=None, initializer=None, use_bias=True) has its own forward; a subclass of "
        "Dense must compute what Dense does. Use Dense itself."
    )
    assert refusal(of=Doubled) == (
        "export: Doubled has its own predict; a subclass of Network must compute what Network does. Use Network itself."
    )
    assert "Shifted() has a link of its own; " in refusal(loss=Shifted())
    replaced = gn.Network([gn.Tanh(), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(3,))
    replaced.layers[1].forward = lambda X, cache, step: X[:, :1]  # type: ignore[method-assign]
    with pytest.raises(gn.ConfigError, match="its own forward"):
        lower_network(replaced)


def test_subclasses_that_change_nothing_are_lowered() -> None:
    """A constructor of one's own leaves a layer what it is."""
    net = in_double(gn.Network([WideDense(), Cubed(), gn.Dense(1, Cubed())], loss="huber", seed=0, input_shape=(3,)))
    check_double(net, np.random.default_rng(0).standard_normal((5, 3)))


def test_activations_of_ones_own() -> None:
    """They are lowered with a formula, and refused without one or with one that is not theirs."""
    custom = gn.CustomActivation(np.sin, np.cos, name="sine")
    assert refusal(gn.Dense(2, custom)) == (
        "export: CustomActivation(sin, cos, name='sine') has no formula; every activation must have a formula. "
        "Give it one, as formula=gn.Formula('max(Z, 0)')."
    )
    assert refusal(WrongFormula()).startswith("export: WrongFormula() computes 17.9263 at Z = ")
    assert "Give the class a formula of its own." in refusal(SteeperELU())
    unknown = Cubed()
    unknown.formula = Formula("factor * Z")
    assert refusal(unknown) == (
        "export: 'factor' in 'factor * Z' of Cubed() is unknown; the names in a formula must be Z and numbers that are "
        "attributes of the activation."
    )


def test_custom_activations_with_a_formula() -> None:
    """They need no functions, and bear their own names, in layers, in parametric ones and in ensembles."""
    rate = gn.CustomActivation(
        formula=gn.Formula("Z**3 / (1 + Z**2)", "(3 * Z**2 + Z**4) / (1 + Z**2)**2"), name="my*/"
    )
    layers = [gn.Dense(3, rate), gn.Parametric(rate), gn.Dense(1)]
    check_double(in_double(gn.Network(layers, loss="huber", seed=0, input_shape=(2,))), np.ones((2, 2)))
    plan = made_of(gn.Dense(3, rate), gn.Dense(1))
    assert [step.out.name for step in plan.steps] == ["dense_1", "dense_1_my", "dense_2"]
    assert [step.word for step in plan.steps if isinstance(step, Map)] == ["my"]


def test_ensembles_that_read_different_inputs_are_refused() -> None:
    """Their networks have no row in common."""
    nets = [gn.Network([gn.Dense(1)], loss="huber", seed=0, input_shape=(d,)) for d in (2, 3)]
    with pytest.raises(gn.ConfigError) as info:
        lower_ensemble(gn.Ensemble(nets))
    assert str(info.value) == (
        "export: the networks of the ensemble read inputs of shapes (2,) and (3,); all must read the same inputs. "
        "Export them one by one."
    )


def test_layers_without_a_form_are_refused() -> None:
    """A layer of the user's own is named in one sentence."""

    class Twice(gn.Layer):
        def forward(self, X: np.ndarray, cache: Any, step: Any) -> np.ndarray:
            return X * 2.0

        def backward(self, dY: np.ndarray, cache: Any) -> np.ndarray:
            return dY * 2.0

    assert refusal(Twice()) == (
        "export: Twice() has no exported form; every layer must have one. Use a built-in layer, or give an activation of "
        "your own a formula."
    )


def test_losses_of_ones_own() -> None:
    """One that predicts logits is lowered, one with a link of its own refused."""

    def value(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.square(Z - y).sum(axis=1)

    plain = gn.CustomLoss(value, lambda Z, y: 2.0 * (Z - y), name="own")
    assert made_of(gn.Dense(2), loss=plain).answer.kind == "numbers"
    linked = gn.CustomLoss(value, lambda Z, y: 2.0 * (Z - y), name="own", link=np.exp)
    assert refusal(loss=linked) == (
        "export: CustomLoss(name='own') has a link of its own; the predictions of a loss must be logits, or those of a "
        "built-in loss. Export a network whose loss is a built-in one."
    )


def test_models_with_several_answers_are_refused() -> None:
    """Members are averaged where the user says so, in an ensemble."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0, input_shape=(3,), members=3)
    with pytest.raises(gn.ConfigError) as info:
        lower_network(net)
    assert str(info.value) == (
        "export: the network has 3 members; a model must give one answer for each row. Train a Population instead, "
        "and export population.ensemble()."
    )
    alone = gn.Network([gn.Dense(1)], loss="squared_error", seed=0, input_shape=(3,))
    with pytest.raises(gn.ConfigError) as info:
        lower_network(gn.Population(alone, 2))
    assert str(info.value) == (
        "export: the Population has 2 members; a model must give one answer for each row. Export one of its members, "
        "population.best(), or population.ensemble()."
    )
    with pytest.raises(gn.NotFittedError):
        lower_network(gn.Network([gn.Dense(1)], loss="squared_error"))
    one = gn.Network([gn.Dense(1)], loss="squared_error", seed=0, input_shape=(3,), members=1)
    assert interpret(lower_network(one), np.ones((2, 3))).shape == (2, 1)


# ---- hostile networks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-6, 1e6])
@pytest.mark.parametrize("activation", ["relu", "mish", "gelu", "elu", "silu", "softplus", "tanh", "sigmoid"])
def test_tiny_and_huge_weights(size: float, activation: Any) -> None:
    """Nothing overflows or vanishes that the network itself has."""
    net = gn.Network(
        [gn.Dense(4, activation), gn.Dense(3, activation), gn.Dense(2)], loss="huber", seed=0, input_shape=(3,)
    )
    net = in_double(net, size=size)
    X = np.random.default_rng(0).standard_normal((20, 3))
    for single in (False, True):
        expected = (net.astype("float32") if single else net).predict(X).astype(np.float64)
        plan = lower_network(net, dtype=np.float32 if single else np.float64)
        found = interpret(plan, X)
        scale = max(1e-300, float(np.abs(expected).max()))
        assert np.abs(found - expected).max() / scale < (1e-5 if single else 1e-12)


def test_smallest_networks() -> None:
    """One input, one unit, no bias, everything frozen, a zero everywhere."""
    tiny = [gn.Dense(1, use_bias=False).tuned(trainable=False), gn.BatchNorm().tuned(trainable=False), gn.Dense(1)]
    net = gn.Network(tiny, loss="binary_cross_entropy", seed=0, input_shape=(1,))
    check_double(in_double(net), np.array([[-3.0], [0.0], [4.0]]))
    net.params[...] = 0.0
    assert off(interpret(lower_network(net), np.ones((2, 1))), net.predict(np.ones((2, 1)))) < 1e-7


def test_a_norm_of_a_constant_feature() -> None:
    """A variance of 0 divides by the square root of epsilon, and a factor of 0 leaves the shift."""
    net = in_double(gn.Network([gn.Dense(3), gn.BatchNorm(), gn.Dense(1)], loss="huber", seed=0, input_shape=(2,)))
    net.layers[1].running_var[...] = 0.0
    net.layers[1].gamma[..., 0] = 0.0
    check_double(net, np.random.default_rng(0).standard_normal((5, 2)), tolerance=1e-9)


def test_far_inputs_of_pieces_stay_finite() -> None:
    """The first and the last piece of a piecewise linear embedding go on for ever."""
    net = gn.Network([gn.PiecewiseLinearEmbedding([[0.0, 1.0, 3.0]], dim=2), gn.Dense(1)], loss="huber", seed=0)
    net = in_double(net.build((1,)))
    X = np.array([[-1e9], [-2.0], [0.0], [0.5], [1.0], [2.9], [3.0], [1e9]])
    check_double(net, X, tolerance=1e-9)
    assert math.isfinite(float(interpret(lower_network(net), np.array([[1e30]]), np.float32)[0, 0]))


def test_ensemble_of_networks_that_differ_in_training_only() -> None:
    """Rates of dropout and starts do not keep networks from being one of several members."""
    nets = []
    for i, rate in enumerate((0.1, 0.4)):
        layers = [gn.Dense(4, "relu", initializer="he_normal" if i else None), gn.Dropout(rate), gn.Dense(1)]
        nets.append(gn.Network(layers, loss="squared_error", seed=i, input_shape=(3,)))
    plan = lower_ensemble(gn.Ensemble(nets))
    assert kinds(plan) == ["Affine", "Map", "Affine", "Mean"]
    X = np.random.default_rng(0).standard_normal((5, 3))
    assert off(interpret(plan, X), gn.Ensemble(nets).predict(X)) < 1e-6
    assert not any(isinstance(step, Select) for step in plan.steps)


def test_functions_have_the_words_of_people() -> None:
    """A map says what its function is called, so that files can."""
    words = [step.word for step in plan_of("realmlp").steps if isinstance(step, Map)]
    assert words == ["wave", "parametric_selu", "parametric_mish"]
    assert [step.word for step in made_of(gn.Dense(3, gn.LeakyReLU(0.2)), gn.Scale()).steps[1:]] == ["leaky_relu", ""]


@pytest.mark.parametrize(("number", "shown"), [(np.nan, "nan"), (-np.inf, "-inf"), (1e39, "1e+39")])
def test_numbers_that_no_file_can_hold_are_refused(number: float, shown: str) -> None:
    """Weights that are not finite in single precision are named by their layer."""
    layers = [gn.Dense(2), gn.LayerNorm(), gn.Dense(1)]
    net = gn.Network(layers, loss="squared_error", seed=0, input_shape=(3,), dtype="float64")
    net.layers[2].W[0] = number
    with pytest.raises(gn.ConfigError) as info:
        lower_network(net)
    assert str(info.value) == (
        f"export: dense_2 holds {shown}; every number of a model must be finite in float32. Train it again, at a lower "
        "learning rate."
    )
