"""An optimizer whose state is divided among processes: the same bits, a part of the memory, whole checkpoints."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import OPTIMIZERS
from glassnet.errors import ConfigError, DivergenceError
from glassnet.optimizers import Group
from glassnet.training import fit_network
from glassnet.training.sharding.parts import part_of
from glassnet.training.sharding.ranks import Ranks
from thread_ranks import together

ROWS = np.random.default_rng(0).standard_normal((120, 5)).astype("float32")
TARGETS = (ROWS[:, 0] * ROWS[:, 1] > 0).astype(int)


def network(optimizer: gn.Optimizer, members: int | None = None, **options: Any) -> gn.Network:
    """Return a new network: one layer frozen, one with a rate of its own, statistics and noise."""
    layers = [
        gn.Dense(7, "tanh"),
        gn.Dense(6, "relu").tuned(trainable=False),
        gn.BatchNorm(),
        gn.Dropout(0.2),
        gn.Dense(5, "tanh").tuned(rate_factor=0.5),
        gn.Dense(2),
    ]
    seed = 0 if members is None else list(range(members))
    return gn.Network(layers, loss="cross_entropy", optimizer=optimizer, members=members, seed=seed, **options)


def fitted(net: gn.Network, ranks: Ranks | None, **options: Any) -> gn.Network:
    """Train with 4 shards, 3 steps an epoch."""
    options = {"epochs": 3, "batch_size": 40, "shards": 4, "progress": False, **options}
    fit_network(net, ROWS, TARGETS, distributed=ranks, **options)
    return net


def assert_same(net: gn.Network, other: gn.Network) -> None:
    """Everything that a run leaves has the same bits."""
    np.testing.assert_array_equal(net.params, other.params)
    np.testing.assert_array_equal(net.stats, other.stats)
    states = net._run.optimizer_state, other._run.optimizer_state
    assert states[0].t == states[1].t
    assert states[0].groups == states[1].groups
    assert states[0].arrays.keys() == states[1].arrays.keys()
    for name, array in states[0].arrays.items():
        np.testing.assert_array_equal(array, states[1].arrays[name])
    assert net.history.columns == other.history.columns


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 64])
def test_every_number_is_in_one_part(size: int) -> None:
    """The parts of all processes have each number once, and differ by one for each halving at most."""
    for n in (0, 1, 7, 64, 1001):
        parts = [part_of(n, rank, size) for rank in range(size)]
        assert sorted(i for part in parts for i in range(*part)) == list(range(n))
        assert max(stop - start for start, stop in parts) <= -(-n // size)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@pytest.mark.parametrize("members", [None, 3])
def test_parts_of_a_state_step_as_the_whole(optimizer: gn.Optimizer, members: int | None) -> None:
    """Steps by parts of the state, taken in the middle of a run, have the bits of the whole, also where groups are cut."""
    rng = np.random.default_rng(0)
    shape = (20,) if members is None else (members, 20)
    start, steps = rng.standard_normal(shape), rng.standard_normal((6, *shape))
    groups = [Group(0, 9, 1.0, 1.0), Group(9, 12, 0.5, 0.5, trainable=False), Group(12, 20, 2.0)]
    optimizer = type(optimizer).from_config({**optimizer.config(), "ema": 0.9})
    whole, state = start.copy(), optimizer.new_state(start, groups)
    for step in steps[:3]:
        optimizer.step(whole, step, state, 0.1)
        optimizer.average(whole, state)
    parts = [(slice(*edges), state.part(*edges)) for edges in ((0, 3), (3, 10), (10, 11), (11, 20))]
    divided = whole.copy()
    for step in steps[3:]:
        optimizer.step(whole, step, state, 0.1)
        optimizer.average(whole, state)
        for part, own in parts:
            optimizer.step(divided[..., part], step[..., part], own, 0.1)
            optimizer.average(divided[..., part], own)
    np.testing.assert_array_equal(divided, whole)
    for name, array in state.arrays.items():
        np.testing.assert_array_equal(np.concatenate([own.arrays[name] for _, own in parts], axis=-1), array)


@pytest.mark.parametrize(
    ("size", "extra"), [(2, {}), (3, {"ema": 0.8}), (3, {"clip_norm": 0.3})], ids=["plain", "averaged", "clipped"]
)
def test_every_optimizer_has_the_bits_of_an_undivided_one(size: int, extra: dict[str, float]) -> None:
    """With clipping, averages, penalties and schedules; afterwards every process has the whole state again."""
    schedule = gn.CosineDecay(0.05, epochs=3)
    for optimizer in OPTIMIZERS:
        made = type(optimizer).from_config({**optimizer.config(), **extra})
        made.learning_rate = schedule
        alone = fitted(network(made, l2=1e-3, max_norm=1.5), None)
        for net in together(
            size, lambda ranks, made=made: fitted(network(made, l2=1e-3, max_norm=1.5), ranks), divides_optimizer=True
        ):
            assert_same(net, alone)


@pytest.mark.parametrize("extra", [{}, {"clip_norm": 0.3, "ema": 0.8}], ids=["plain", "clipped and averaged"])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_members_are_divided_along_their_parameters(size: int, extra: dict[str, float]) -> None:
    """The state (K, P) of members has slices of the last axis."""
    alone = fitted(network(gn.AdamW(0.02, **extra), 3), None)
    for net in together(size, lambda ranks: fitted(network(gn.AdamW(0.02, **extra), 3), ranks), divides_optimizer=True):
        assert_same(net, alone)


@pytest.mark.parametrize("members", [None, 2])
def test_each_process_keeps_its_part(members: int | None) -> None:
    """While training, the bytes of moments and average are those of the part; numbers of others are not kept."""

    class Count(gn.Callback):
        def __init__(self) -> None:
            self.bytes: set[int] = set()

        def on_step_end(self, run: Any) -> None:
            arrays = run.state.optimizer_state.arrays.values()
            assert all(array.base is None for array in arrays)
            self.bytes.add(sum(array.nbytes for array in arrays))

        on_epoch_done = on_step_end

    def train(ranks: Ranks) -> tuple[set[int], int]:
        count = Count()
        net = fitted(network(gn.Adam(0.01, ema=0.9), members), ranks, callbacks=count)
        return count.bytes, sum(array.nbytes for array in net._run.optimizer_state.arrays.values())

    for size in (2, 4):
        found = together(size, train, divides_optimizer=True)
        whole = found[0][1]
        assert all(len(counts) == 1 and max(counts) <= 1.05 * whole / size for counts, _ in found)
        assert sum(max(counts) for counts, _ in found) == whole


class Keep(gn.Callback):
    """Copies the checkpoint after each step and epoch, on the first process, which wrote it."""

    def __init__(self, file: Path, folder: Path, ranks: Ranks) -> None:
        self._file, self._folder, self._ranks = file, folder, ranks

    def on_step_end(self, run: Any) -> None:  # what was written after the step before
        if self._ranks.is_first:
            shutil.copy(self._file, self._folder / f"{run.total_steps - 1}.safetensors")


@pytest.mark.parametrize(
    "rule", [{"every_steps": 1}, {"every_steps": 2}, {"every_epochs": 1}, {"every_seconds": 0.0}], ids=repr
)
def test_checkpoints_hold_the_whole_state(tmp_path: Path, rule: dict[str, Any]) -> None:
    """Each checkpoint is that of the step it is due after, and goes on alone or on other processes with the same bits."""
    optimizer = gn.AdamW(0.02, ema=0.9)
    alone = fitted(network(optimizer), None)

    def train(ranks: Ranks) -> gn.Network:
        folder = tmp_path if ranks.is_first else tmp_path / "nowhere"  # only the first process has the disk
        file = folder / "run.safetensors"
        checkpoint = gn.Checkpoint(file, **rule)
        return fitted(network(optimizer), ranks, checkpoint=checkpoint, callbacks=Keep(file, tmp_path, ranks))

    for net in together(2, train, divides_optimizer=True):
        assert_same(net, alone)
    every = rule.get("every_steps", 3 if "every_epochs" in rule else 1)
    for steps in range(9):
        file = tmp_path / f"{steps}.safetensors"
        assert gn.load(file)._run.optimizer_state.t == steps // every * every
        if steps in (0, 4, 6):
            copy = shutil.copy(file, tmp_path / "again.safetensors")
            assert_same(fitted(network(optimizer), None, checkpoint=copy, resume=True), alone)
            copy = shutil.copy(file, tmp_path / "again.safetensors")
            for net in together(
                3,
                lambda ranks, copy=copy: fitted(network(optimizer), ranks, checkpoint=copy, resume=True),
                divides_optimizer=True,
            ):
                assert_same(net, alone)


def test_a_cut_epoch_goes_on(tmp_path: Path) -> None:
    """A stop within an epoch leaves a whole state on all, and a checkpoint of the cut that goes on from there."""
    optimizer = gn.RMSprop(0.01, momentum=0.9, ema=0.9)
    file = tmp_path / "run.safetensors"

    def train(ranks: Ranks) -> gn.Network:
        class Stop(gn.Callback):
            def on_step_end(self, run: Any) -> None:
                if ranks.rank == 1 and run.total_steps == 4:
                    run.stop("asked by one")

        return fitted(network(optimizer), ranks, checkpoint=file, callbacks=Stop())

    stopped = together(2, train, divides_optimizer=True)
    assert_same(stopped[0], stopped[1])
    assert stopped[0]._run.optimizer_state.t == 5
    assert stopped[0].history.stop_reason == "asked by one"
    alone = fitted(network(optimizer), None)
    for net in together(
        3, lambda ranks: fitted(network(optimizer), ranks, checkpoint=file, resume=True), divides_optimizer=True
    ):
        assert_same(net, alone)


def test_a_second_fit_and_a_file_have_the_whole_state(tmp_path: Path) -> None:
    """What the run leaves is trained on, and saved, as if it had never been divided."""
    optimizer = gn.Adam(0.02, ema=0.9)
    alone = fitted(network(optimizer), None)
    first = tmp_path / "first.safetensors"

    def train(ranks: Ranks) -> gn.Network:
        net = fitted(network(optimizer), ranks)
        if ranks.is_first:
            net.save(first, training_state=True)
        return fitted(net, ranks)

    found = together(2, train, divides_optimizer=True)
    assert_same(gn.load(first), alone)
    fitted(alone, None)
    for net in found:
        assert_same(net, alone)
    assert_same(fitted(gn.load(first), None), alone)


def test_divergence_ends_all() -> None:
    """All processes raise the same error, with the last finite weights and a whole new state."""

    def train(ranks: Ranks | None) -> gn.Network:
        net = network(gn.SGD(1e30, momentum=0.9))
        with pytest.raises(DivergenceError, match="diverged with"):
            fitted(net, ranks)
        return net

    alone = train(None)
    for net in together(2, train, divides_optimizer=True):
        assert_same(net, alone)
        assert not net._run.optimizer_state.is_part


def test_an_error_leaves_a_new_state() -> None:
    """After an error nobody waits for parts of others: the weights are those reached, the state is new, and a note says so."""

    def train(ranks: Ranks) -> gn.Network:
        def fail(run: Any) -> None:
            raise OSError(28, "no")

        net = network(gn.Adam(0.02, ema=0.5))
        with pytest.raises(OSError, match="no"):
            fitted(net, ranks, callbacks=fail)
        return fitted(net, ranks)

    for net in together(2, train, divides_optimizer=True):
        assert net.history.epochs == 4
        assert net._run.optimizer_state.t == 9
        words = (
            "fit: the optimizer's state was divided among processes when an error ended the run; the next fit starts "
        )
        words += "with a new one. To go on with it, pass checkpoint= and resume=True."
        assert words in net.history.notes


def test_a_part_is_not_saved(tmp_path: Path) -> None:
    """Within the run a file of the training state is refused, on all processes, and a copy of the network is not trained."""
    words = (
        r"fit: this network is from within a run whose processes have a part of the optimizer's arrays each; they must "
        r"be whole to be saved or trained on\. Pass checkpoint= to that fit, or save the network after it\."
    )

    def train(ranks: Ranks) -> gn.Network:
        def save(run: Any) -> None:
            with pytest.raises(ConfigError, match=words):
                run.network.save(tmp_path / "net.safetensors", training_state=True)
            duplicate = pickle.loads(pickle.dumps(run.network))
            with pytest.raises(ConfigError, match=words):
                duplicate.fit(ROWS, TARGETS, epochs=1)

        return fitted(network(gn.Adam(0.02)), ranks, callbacks=save)

    alone = fitted(network(gn.Adam(0.02)), None)
    for net in together(2, train, divides_optimizer=True):
        assert_same(net, alone)
    assert not (tmp_path / "net.safetensors").exists()


def test_a_run_goes_back_in_time() -> None:
    """A snapshot that a callback takes has the part of each process, and putting it back has the bits of one process."""

    class Again(gn.Callback):
        taken: Any = None
        is_back = False

        def on_step_end(self, run: Any) -> None:
            if run.total_steps == 4 and self.taken is None:
                self.taken = run.snapshot()
            elif run.total_steps == 5 and not self.is_back:
                self.is_back = True
                run.restore(self.taken)

    def train(ranks: Ranks | None) -> gn.Network:
        return fitted(network(gn.Adam(0.02, ema=0.9)), ranks, callbacks=Again())

    alone = train(None)
    assert_same(alone, fitted(network(gn.Adam(0.02, ema=0.9)), None))
    for net in together(2, train, divides_optimizer=True):
        assert_same(net, alone)


def test_time_that_is_up_on_one_process_ends_all(tmp_path: Path) -> None:
    """A limit on seconds that one process reaches first ends all after the same step, with whole states."""

    def train(ranks: Ranks) -> gn.Network:
        net = network(gn.Adam(0.02))
        seconds = 0.0 if ranks.rank == 1 else 3600.0
        return fitted(net, ranks, max_seconds=seconds, checkpoint=tmp_path / "run.safetensors")

    for net in together(2, train, divides_optimizer=True):
        assert net.history.stop_reason == "time"
        assert not net._run.optimizer_state.is_part
        assert net._run.optimizer_state.t == 2
    alone = fitted(network(gn.Adam(0.02)), None)
    assert_same(fitted(network(gn.Adam(0.02)), None, checkpoint=tmp_path / "run.safetensors", resume=True), alone)
