"""How many BLAS threads a run takes: tried on real steps, given up on a busy machine, and always put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.threads import blas as threads_module
from glassnet.training.threads.blas import BlasLimit, available_threads, blas_threads, most_threads, usable_cores
from glassnet.training.threads.pace import Pace, paced


class Machine:
    """A clock that moves by what a step takes, which depends on the number of threads."""

    def __init__(self, seconds: dict[int, float]) -> None:
        self.now = 0.0
        self.seconds = seconds

    def pace(self, most: int, chosen: int | None = None) -> Pace:
        """Return a pace on this machine, at the start of an epoch."""
        limit = BlasLimit(chosen or 1)
        limit.change = lambda n: setattr(limit, "n", n)  # type: ignore[method-assign]  # no BLAS is touched
        pace = Pace(limit, most, chosen, lambda: self.now)
        pace.begin_epoch()
        return pace

    def run(self, pace: Pace, seconds: float) -> list[int]:
        """Take steps for so long, and return the number of threads of each."""
        end, used = self.now + seconds, []
        while self.now < end:
            used.append(pace.n)
            self.now += self.seconds[pace.n]
            pace.after_step()
        return used


def test_the_faster_number_is_chosen() -> None:
    """One thread where more gain less than 5 %, all where all are fastest, some where some are."""
    for times, wanted in (
        ({1: 0.010, 2: 0.006}, 2),
        ({1: 0.010, 2: 0.0098}, 1),
        ({1: 0.010, 2: 0.020}, 1),
        ({1: 0.010, 4: 0.004, 16: 0.006}, 4),
        ({1: 0.010, 4: 0.004, 16: 0.003}, 16),
    ):
        machine = Machine(times)
        pace = machine.pace(max(times))
        used = machine.run(pace, 2.0)
        assert set(used[-20:]) == {wanted}
        assert pace.settled == wanted
        assert len(pace.notes) == 1
        assert f"and {wanted} chosen" in pace.notes[0]


def test_a_trial_is_short() -> None:
    """It takes a tenth of a second or a dozen steps, fewer where more threads are much slower."""
    for step in (0.0001, 0.001, 0.02):
        machine = Machine({1: step, 2: step * 0.9})
        used = machine.run(machine.pace(2), 2.0)
        last = max(i for i, n in enumerate(used) if n == 1)
        assert last * step < max(0.1, 13 * step)
    machine = Machine({1: 0.001, 2: 0.1})
    assert machine.run(machine.pace(2), 1.0).count(2) == 1


def test_more_threads_are_given_up_when_steps_become_slow() -> None:
    """Another process starts: within a few steps the run is back at one thread, and says so."""
    machine = Machine({1: 0.010, 2: 0.006})
    pace = machine.pace(2)
    machine.run(pace, 1.0)
    machine.seconds = {1: 0.010, 2: 0.200}
    used = machine.run(pace, 4.0)
    assert 0 < used.count(2) < 20
    assert pace.settled == 1
    assert "BLAS threads were changed from 2 to 1, since steps became slow" in pace.notes[-1]


def test_it_looks_again() -> None:
    """When the other process has ended, two threads are taken again after a pause; while it runs they cost little."""
    machine = Machine({1: 0.010, 2: 0.200})
    pace = machine.pace(2)
    busy = machine.run(pace, 300.0)
    assert busy.count(2) * 0.2 < 0.02 * 300.0
    machine.seconds = {1: 0.010, 2: 0.006}
    machine.run(pace, 200.0)
    assert pace.settled == 2


def test_slow_steps_for_all_change_nothing() -> None:
    """Where everything becomes a little slower, two threads stay; a run that goes on knows only its own start."""
    machine = Machine({1: 0.010, 2: 0.006})
    pace = machine.pace(2)
    machine.run(pace, 1.0)
    machine.seconds = {1: 0.019, 2: 0.011}
    assert set(machine.run(pace, 5.0)) == {2}
    machine = Machine({1: 0.010, 2: 0.006})
    pace = machine.pace(2, chosen=2)
    assert set(machine.run(pace, 5.0)) == {2}
    machine.seconds = {1: 0.010, 2: 0.100}
    machine.run(pace, 5.0)
    assert pace.settled == 1


def test_a_fixed_number_is_left_alone() -> None:
    """Where there is nothing to choose, nothing is watched."""
    machine = Machine({1: 0.010})
    pace = machine.pace(1)
    assert not pace.watches
    assert pace.settled == 1
    assert pace.notes == []


@pytest.fixture
def _four_threads() -> Iterator[None]:
    """Allow four threads, as many machines do, and count on as many cores."""
    before = available_threads()
    with blas_threads(4):
        yield
    assert available_threads() == before


def wide() -> gn.Network:
    """Return a network whose products are large enough for more than one thread."""
    return gn.Network([gn.Dense(400, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer="sgd", seed=0)


X = np.random.default_rng(0).standard_normal((2000, 120)).astype("f4")
Y = (X[:, 0] > 0).astype(int)


class Each(gn.Callback):
    """Calls a function after each step."""

    def __init__(self, function: Callable[[], None]) -> None:
        self.function = function

    def on_step_end(self, run: Any) -> None:
        """Call it."""
        self.function()


def looking(seen: list[int]) -> gn.Callback:
    """Return a callback that writes down how many threads BLAS has."""
    return Each(lambda: seen.append(available_threads()))


def test_threads_of_a_fit_on_a_made_up_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large products are tried with several numbers, small ones have one, a number of the user's is taken as it is."""
    blas = {"threads": 4}
    monkeypatch.setattr(threads_module, "_set", lambda n: blas.update(threads=n))
    monkeypatch.setattr(threads_module, "available_threads", lambda: blas["threads"])
    monkeypatch.setattr(threads_module, "usable_cores", lambda: 2)
    for times, faster in (({1: 0.010, 2: 0.006}, 2), ({1: 0.010, 2: 0.020}, 1)):
        machine = Machine(times | {3: 0.001})

        def clock(machine: Machine = machine) -> float:
            machine.now += machine.seconds[blas["threads"]]
            return machine.now

        monkeypatch.setattr("glassnet.training.threads.pace.Pace", partial(Pace, clock=clock))
        for options, wanted in (
            ({}, {1, 2}),
            ({"threads": 3}, {3}),
            ({"deterministic": True}, {1}),
            ({"batch_size": 10, "epochs": 1}, {1}),
        ):
            seen: list[int] = []
            count = Each(lambda seen=seen: seen.append(blas["threads"]))
            history = wide().fit(X, Y, **{"batch_size": 100, "epochs": 2, **options}, callbacks=[count])
            assert set(seen) == wanted
            assert history.threads == seen[-1] == (max(wanted) if options else faster)
            assert len(history.notes) == (not options)
            assert all("tried on steps of this run, 1 and 2 in turn" in note for note in history.notes)
            assert blas["threads"] == 4


@pytest.mark.slow  # real threads, four on two cores, wait by spinning: 20 seconds of computing
@pytest.mark.usefixtures("_four_threads")
def test_threads_of_a_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large products are tried with several numbers, small ones have one, a number of the user's is taken as it is."""
    monkeypatch.setattr("glassnet.training.threads.blas.usable_cores", lambda: 2)
    seen: list[int] = []
    network = wide()
    history = network.fit(X, Y, epochs=6, batch_size=100, callbacks=[looking(seen)])
    assert set(seen) == {1, 2}
    assert history.threads in (1, 2, None)
    assert (
        any("tried on steps of this run, 1 and 2 in turn" in note for note in history.notes) or history.threads is None
    )
    for options, wanted in (({"threads": 3}, {3}), ({"deterministic": True}, {1}), ({"batch_size": 10}, {1})):
        seen = []
        network = wide()
        history = network.fit(X, Y, epochs=1, **{"batch_size": 100, **options}, callbacks=[looking(seen)])
        assert set(seen) == wanted
        assert history.threads in wanted
        assert history.notes == []


@pytest.mark.usefixtures("_four_threads")
def test_a_checkpoint_pins_the_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a checkpoint the number is chosen before the first step and stays."""
    monkeypatch.setattr("glassnet.training.threads.blas.usable_cores", lambda: 2)
    seen: list[int] = []
    network = wide()
    network.fit(X, Y, epochs=2, batch_size=100, callbacks=[looking(seen)], checkpoint=tmp_path / "run.safetensors")
    assert len(set(seen)) == 1
    assert network.history.notes == []


@pytest.mark.usefixtures("_four_threads")
def test_a_run_goes_on_with_its_number() -> None:
    """The second fit has the threads of the first, without another trial, and the bits of one long fit."""
    network = wide()
    network.fit(X, Y, epochs=1, batch_size=100, threads=1)
    with paced(network, "auto", 100) as pace:
        assert (pace.n, pace.settled) == (1, 1)
    seen: list[int] = []
    network.fit(X, Y, epochs=1, batch_size=100, callbacks=[looking(seen)])
    assert set(seen) == {1}
    once = wide()
    once.fit(X, Y, epochs=2, batch_size=100, threads=1)
    np.testing.assert_array_equal(network.params, once.params)


def test_the_smallest_limit_holds() -> None:
    """Of several limits at once the smallest holds, also when one of them changes, and all are put back."""
    before = available_threads()
    with blas_threads(3) as outer, blas_threads(2) as inner:
        assert available_threads() == 2
        inner.change(4)
        assert available_threads() == 3
        outer.change(1)
        assert available_threads() == 1
    assert available_threads() == before


def test_the_quota_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that may use one core of many gets one thread; without a quota all cores count."""
    cores = usable_cores()
    for text, wanted in (("100000 100000\n", 1), ("50000 100000\n", 1), ("max 100000\n", cores), ("", cores)):
        file = tmp_path / "cpu.max"
        file.write_text(text)
        monkeypatch.setattr(threads_module, "_QUOTA_FILE", str(file))
        assert usable_cores() == wanted
    monkeypatch.setattr(threads_module, "_QUOTA_FILE", str(tmp_path / "none"))
    assert usable_cores() == cores
    with pytest.raises(
        gn.ConfigError, match=r"threads is 0; it must be a whole number of at least 1\. Or pass threads='auto'\."
    ):
        most_threads(0, (1, 1, 1))


def test_a_start_from_data_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe draws its first weights with one thread, however many BLAS has: a seed gives the same network."""
    from glassnet.tabular import TabularRegressor

    seen = []
    draw = gn.Network.init_from_data

    def watched(net: gn.Network, X: np.ndarray) -> gn.Network:
        seen.append(available_threads())
        return draw(net, X)

    monkeypatch.setattr(gn.Network, "init_from_data", watched)
    X = np.random.default_rng(0).normal(size=(80, 3))
    with blas_threads(2):
        TabularRegressor(epochs=1, random_state=0).fit(X, X[:, 0])
    assert seen == [1]
