"""What every optimizer obeys."""

from __future__ import annotations

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

import glassnet as gn
from cases import OPTIMIZERS, naive_step
from glassnet.optimizers import OPTIMIZERS as PUBLIC_OPTIMIZERS
from glassnet.optimizers import Group, base, clip_gradients

each_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
GROUPS = [Group(0, 30, 1.0, 1.0), Group(30, 40, 0.5, 0.7), Group(40, 50, 1.0, 0.0)]
FACTORS = np.repeat([1.0, 0.5, 1.0], [30, 10, 10])
DECAYS = np.repeat([1.0, 0.7, 0.0], [30, 10, 10])


def gradients(rng: np.random.Generator, steps: int, shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    """Return one gradient per step, over several orders of magnitude."""
    return (rng.standard_normal((steps, *shape)) * 10.0 ** rng.integers(-4, 2, shape)).astype(dtype)


def run(optimizer: gn.Optimizer, p: np.ndarray, steps: np.ndarray, rates: list[float]) -> np.ndarray:
    """Return parameters after all steps, starting from a copy of p."""
    p, g = p.copy(), np.empty_like(p)
    state = optimizer.new_state(p, GROUPS)
    for gradient, rate in zip(steps, rates, strict=True):
        g[...] = gradient
        optimizer.step(p, g, state, rate)
    return p


def test_table_is_complete() -> None:
    """Every public optimizer stands in the table."""
    assert {type(optimizer) for optimizer in OPTIMIZERS} == set(PUBLIC_OPTIMIZERS.values())


@each_optimizer
@pytest.mark.parametrize("block", [7, 32768])
def test_equals_the_papers(
    optimizer: gn.Optimizer, block: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 steps agree with the textbook form in float64 to 1e-12, with changing rates, groups, and any block size."""
    monkeypatch.setattr(base, "_BLOCK", block)
    start, steps, rates = rng.standard_normal(50), gradients(rng, 20, (50,)), list(rng.random(20))
    expected, memory = start.copy(), {}
    for gradient, rate in zip(steps, rates, strict=True):
        naive_step(optimizer, expected, gradient, memory, rate * FACTORS, DECAYS)
    np.testing.assert_allclose(run(optimizer, start, steps, rates), expected, rtol=1e-12, atol=1e-12)


@each_optimizer
def test_float32(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """In float32 all state is float32, and 20 steps stay close to float64's."""
    start, steps = rng.standard_normal(50), gradients(rng, 20, (50,))
    double = run(optimizer, start, steps, [0.01] * 20)
    single = run(optimizer, start.astype("float32"), steps.astype("float32"), [0.01] * 20)
    assert single.dtype == np.dtype("float32")
    np.testing.assert_allclose(single, double, rtol=2e-4, atol=2e-5)
    state = optimizer.new_state(single, GROUPS)
    optimizer.step(single, steps[0].astype("float32"), state, 0.01)
    assert {array.dtype for array in state.arrays.values()} <= {np.dtype("float32")}


@each_optimizer
def test_gradients_stay(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """The gradient is read, not written."""
    p, g = rng.standard_normal(50), rng.standard_normal(50)
    before = g.copy()
    optimizer.step(p, g, optimizer.new_state(p, GROUPS), 0.1)
    np.testing.assert_array_equal(g, before)


@each_optimizer
def test_continues_after_a_copy(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """Ten steps, a pickle of the state or a deep copy, ten more: the same bits as twenty."""
    start, steps = rng.standard_normal(50).astype("float32"), gradients(rng, 20, (50,), "float32")
    expected = run(optimizer, start, steps, [0.01] * 20)
    for duplicate in (lambda state: pickle.loads(pickle.dumps(state)), copy.deepcopy):
        p = start.copy()
        state = optimizer.new_state(p, GROUPS)
        for i, gradient in enumerate(steps):
            if i == 10:
                state = duplicate(state)
            optimizer.step(p, gradient.copy(), state, 0.01)
        np.testing.assert_array_equal(p, expected)


@each_optimizer
def test_members_equal_networks(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """(K, P) parameters move, bit for bit, as K vectors do alone; gradients may be a strided view."""
    start, steps = rng.standard_normal((3, 50)).astype("float32"), gradients(rng, 10, (3, 50), "float32")
    p, g = start.copy(), np.empty((3, 52), dtype="float32")[:, :50]
    state = optimizer.new_state(p, GROUPS)
    for gradient in steps:
        g[...] = gradient
        optimizer.step(p, g, state, 0.01)
    for k in range(3):
        np.testing.assert_array_equal(p[k], run(optimizer, start[k], steps[:, k], [0.01] * 10))


@each_optimizer
def test_works_on_slices(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """Stepping [0:35) and [35:50) apart gives the bits of stepping the whole."""
    start, steps = rng.standard_normal(50).astype("float32"), gradients(rng, 5, (50,), "float32")
    expected = run(optimizer, start, steps, [0.01] * 5)
    p = start.copy()
    parts = [
        (slice(0, 35), [GROUPS[0], Group(30, 35, 0.5, 0.7)]),
        (slice(35, 50), [Group(0, 5, 0.5, 0.7), Group(5, 15, 1.0, 0.0)]),
    ]
    for part, groups in parts:
        state = optimizer.new_state(p[part], groups)
        for gradient in steps:
            optimizer.step(p[part], gradient[part], state, 0.01)
    np.testing.assert_array_equal(p, expected)


@each_optimizer
@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_frozen_groups_stay(optimizer: gn.Optimizer, frozen: int, rng: np.random.Generator) -> None:
    """A group that is not trainable keeps parameters and state bit for bit; the others step as ever, also after regroup."""
    start, steps = rng.standard_normal(50).astype("float32"), gradients(rng, 20, (50,), "float32")
    free = run(optimizer, start, steps[:10], [0.01] * 10)
    p = start.copy()
    state = optimizer.new_state(p, GROUPS)
    for gradient in steps[:10]:
        optimizer.step(p, gradient.copy(), state, 0.01)
    np.testing.assert_array_equal(p, free)
    kept = {name: array.copy() for name, array in state.arrays.items()}
    state.regroup(optimizer.merge([g._replace(trainable=i != frozen) for i, g in enumerate(GROUPS)]))
    for gradient in steps[10:]:
        optimizer.step(p, gradient.copy(), state, 0.01)
    expected = run(optimizer, start, steps, [0.01] * 20)
    part = slice(GROUPS[frozen].start, GROUPS[frozen].stop)
    rest = np.setdiff1d(np.arange(50), np.arange(50)[part])
    np.testing.assert_array_equal(p[part], free[part])
    np.testing.assert_array_equal(p[rest], expected[rest])
    assert not np.array_equal(p[rest], free[rest])
    for name, array in state.arrays.items():
        np.testing.assert_array_equal(array[part], kept[name][part])


@each_optimizer
def test_second_step_allocates_little(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """Once warm, a step on 200,000 parameters allocates less than 64 KiB."""
    p, g = rng.standard_normal(200_000).astype("float32"), rng.standard_normal(200_000).astype("float32")
    state = optimizer.new_state(p, [Group(0, 200_000, 1.0, 1.0)])
    optimizer.step(p, g, state, 0.01)
    tracemalloc.start()
    optimizer.step(p, g, state, 0.01)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 1024


@each_optimizer
def test_config_round_trip(optimizer: gn.Optimizer) -> None:
    """An optimizer made from its config, or its repr, is the same; schedules included."""
    scheduled, extended = copy.copy(optimizer), copy.copy(optimizer)
    scheduled.learning_rate = gn.CosineDecay(0.1, epochs=7, final=0.01)
    extended.clip_norm, extended.ema = 0.5, 0.99
    for one in (optimizer, scheduled, extended):
        assert repr(type(one).from_config(one.config())) == repr(one)
        assert repr(eval(repr(one), vars(gn).copy())) == repr(one)


@pytest.mark.parametrize(
    "optimizer",
    [
        gn.SGD(0.01, momentum=0.9),
        gn.Adam(0.01),
        gn.AdamW(0.01, beta2=0.95),
        gn.RMSprop(0.01, rho=0.9, momentum=0.9, centered=True),
        gn.Lion(1e-3, beta2=0.9),
    ],
    ids=repr,
)
def test_dead_units_leave_no_subnormal_numbers(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """When gradients stay 0, moments decay to exactly 0: subnormal numbers on the way would slow every step down."""
    p, g = rng.standard_normal(50).astype("float32"), np.empty(50, dtype="float32")
    state = optimizer.new_state(p, GROUPS)
    tiny = np.finfo("float32").tiny
    for step in range(3000):
        g[...] = rng.standard_normal(50) if step < 5 else 0.0
        optimizer.step(p, g, state, 0.01)
        for array in state.arrays.values():
            assert not ((array != 0.0) & (np.abs(array) < tiny)).any()
    assert not state.arrays[optimizer.state_names[0]].any()


def test_adam_first_step_by_hand() -> None:
    """Adam's first step is lr * g / (|g| + eps): 0.1 * 3 / (3 + 1) = 0.075 with eps = 1."""
    p = np.array([1.0])
    optimizer = gn.Adam(0.1, eps=1.0)
    optimizer.step(p, np.array([3.0]), optimizer.new_state(p, [Group(0, 1, 1.0, 1.0)]), 0.1)
    assert p[0] == pytest.approx(1.0 - 0.075, rel=1e-14)


def test_momentum_by_hand() -> None:
    """v = 0.5 v - 0.1 g: with g = 2 twice, v is -0.2, then -0.3, so p goes 1, 0.8, 0.5."""
    p, g = np.array([1.0]), np.array([2.0])
    optimizer = gn.SGD(0.1, momentum=0.5)
    state = optimizer.new_state(p, [Group(0, 1, 1.0, 1.0)])
    seen = []
    for _ in range(2):
        optimizer.step(p, g, state, 0.1)
        seen.append(p[0])
    assert seen == pytest.approx([0.8, 0.5], rel=1e-14)


def test_rmsprop_first_step_by_hand() -> None:
    """v = 0.1 * 4 = 0.4 at rho 0.9, so p moves by 0.1 * 2 / sqrt(0.4); with momentum the second step adds half of it."""
    p, g = np.array([1.0]), np.array([2.0])
    optimizer = gn.RMSprop(0.1, rho=0.9, momentum=0.5, eps=1e-12)
    state = optimizer.new_state(p, [Group(0, 1)])
    optimizer.step(p, g, state, 0.1)
    first = 2.0 / np.sqrt(0.4)
    assert p[0] == pytest.approx(1.0 - 0.1 * first, rel=1e-10)
    optimizer.step(p, g, state, 0.1)
    second = 0.5 * first + 2.0 / np.sqrt(0.9 * 0.4 + 0.4)
    assert p[0] == pytest.approx(1.0 - 0.1 * first - 0.1 * second, rel=1e-10)


def test_adagrad_by_hand() -> None:
    """Sums of squares 9 and 25: steps of 0.1 * 3 / 3 and 0.1 * 4 / 5."""
    p = np.array([1.0])
    optimizer = gn.Adagrad(0.1)
    state = optimizer.new_state(p, [Group(0, 1)])
    optimizer.step(p, np.array([3.0]), state, 0.1)
    assert p[0] == pytest.approx(0.9, rel=1e-9)
    optimizer.step(p, np.array([4.0]), state, 0.1)
    assert p[0] == pytest.approx(0.82, rel=1e-9)


def test_lion_by_hand() -> None:
    """Every weight moves by lr in the direction against its sign, and not at all where the gradient was always 0."""
    p = np.array([1.0, 1.0, 1.0])
    optimizer = gn.Lion(0.1, weight_decay=0.5)
    optimizer.step(p, np.array([7.0, -1e-9, 0.0]), optimizer.new_state(p, [Group(0, 3, 1.0, 1.0)]), 0.1)
    np.testing.assert_allclose(p, 0.95 + np.array([-0.1, 0.1, 0.0]), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clipping_by_hand(dtype: str) -> None:
    """(3, 4) has norm 5: a limit of 1 leaves (0.6, 0.8), one of 5 leaves it; what is frozen neither counts nor changes."""
    g = np.array([3.0, 4.0, 100.0], dtype)
    groups = [Group(0, 1, 0.5), Group(1, 2), Group(2, 3, trainable=False)]
    assert not clip_gradients(g, 5.0, groups)
    assert g.tolist() == [3.0, 4.0, 100.0]
    assert clip_gradients(g, 1.0, groups)
    np.testing.assert_allclose(g, [0.6, 0.8, 100.0], rtol=1e-6)


def test_clipping_neither_overflows_nor_allocates(rng: np.random.Generator) -> None:
    """Gradients of 1e30 in float32 are scaled to the limit, all of 200,000, in less than 64 KiB."""
    g = (1e30 * rng.standard_normal(200_000)).astype("float32")
    direction = g / np.linalg.norm(g.astype(float))
    tracemalloc.start()
    assert clip_gradients(g, 2.0, [Group(0, 200_000)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 1024
    np.testing.assert_allclose(g, 2.0 * direction, rtol=1e-5)


def test_clipping_is_each_members_own(rng: np.random.Generator) -> None:
    """A member's norm is its own, and its bits are those it would have alone."""
    g = np.stack([rng.standard_normal(50), 0.001 * rng.standard_normal(50)]).astype("float32")
    alone = [row.copy() for row in g]
    assert clip_gradients(g, 1.0, GROUPS).tolist() == [True, False]
    for row, own in zip(g, alone, strict=True):
        clip_gradients(own, 1.0, GROUPS)
        np.testing.assert_array_equal(row, own)


@pytest.mark.parametrize("members", [None, 3])
def test_average_by_hand(members: int | None, rng: np.random.Generator) -> None:
    """The average starts at the parameters and follows with min(ema, (1 + t) / (10 + t)), in any block size."""
    shape = (70_000,) if members is None else (members, 70_000)
    p = rng.standard_normal(shape)
    optimizer = gn.SGD(1.0, ema=0.25)
    state = optimizer.new_state(p, [Group(0, 70_000)])
    expected = p.copy()
    for t in (1, 2, 3):
        optimizer.step(p, rng.standard_normal(shape), state, 1.0)
        optimizer.average(p, state)
        decay = min(0.25, (1 + t) / (10 + t))
        expected = decay * expected + (1 - decay) * p
        np.testing.assert_allclose(state.arrays["average"], expected, rtol=1e-12, atol=1e-14)


MESSAGES = [
    (lambda: gn.Adam(clip_norm=0.0), "Adam: clip_norm is 0.0; it must be a finite number above 0."),
    (lambda: gn.Lion(ema=1.0), "Lion: ema is 1.0; it must be a finite number of at least 0 and below 1."),
    (lambda: gn.RMSprop(rho=1.0), "RMSprop: rho is 1.0; it must be a finite number of at least 0 and below 1."),
    (lambda: gn.RMSprop(centered=1), "RMSprop: centered is 1; it must be True or False."),
    (
        lambda: gn.Adagrad(initial_accumulator=-1),
        "Adagrad: initial_accumulator is -1; it must be a finite number of at least 0.",
    ),
    (lambda: gn.SGD(-1.0), "SGD: learning_rate is -1.0; it must be a number of at least 0 or a schedule."),
    (lambda: gn.SGD("fast"), "SGD: learning_rate is 'fast'; it must be a number of at least 0 or a schedule."),
    (
        lambda: gn.SGD(nesterov=True),
        "SGD: nesterov is True and momentum 0.0; nesterov needs momentum above 0. Give momentum=0.9, say.",
    ),
    (lambda: gn.SGD(momentum=1.0), "SGD: momentum is 1.0; it must be a finite number of at least 0 and below 1."),
    (lambda: gn.Adam(beta2=1.0), "Adam: beta2 is 1.0; it must be a finite number of at least 0 and below 1."),
    (lambda: gn.AdamW(weight_decay=-0.1), "AdamW: weight_decay is -0.1; it must be a finite number of at least 0."),
    (lambda: gn.CosineDecay(0.1, epochs=0), "CosineDecay: epochs is 0; it must be a whole number of at least 1."),
]


@pytest.mark.parametrize(("make", "message"), MESSAGES)
def test_bad_options(make: object, message: str) -> None:
    """Options out of range get one sentence, when the optimizer is made."""
    with pytest.raises(gn.ConfigError) as caught:
        make()  # type: ignore[operator]
    assert str(caught.value) == message
