"""The forecast of what more ranks would bring: the model against figures worked out elsewhere, and what is measured."""

from __future__ import annotations

import copy
import dataclasses
import math
import re
import types
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LAYERS, LOSSES, LayerCase, LossCase
from glassnet.distributed import Costs, Link, ScalingForecast, cost_model, measuring
from glassnet.distributed.cost_model import reduction, step_time
from glassnet.distributed.networks import NETWORKS, as_link
from test_charts import parsed

# Networks of 203,530 and 2,001,174 parameters on one core, with Adam: seconds of a pass, of each row, of the update, of the
# addition of a byte; bytes of a message.
COSTS = {
    "200k": Costs(call=0.15e-3, row=9.3e-6, optimizer=0.42e-3, addition=8e-11, message_bytes=4 * 203_530),
    "2M": Costs(call=3.5e-3, row=110e-6, optimizer=5.0e-3, addition=8e-11, message_bytes=4 * 2_001_174),
}

# Speed-ups that a program apart from this library worked out from these costs, on 2, 4, 8 ... 1,024 ranks.
SPEEDUPS = [
    ("200k", 1024, "1GbE", "0.8 0.7 0.7 0.7 0.7 0.7 0.7 0.7 0.6 0.6"),
    ("200k", 1024, "10GbE", "1.6 2.4 3.1 3.5 3.7 3.8 3.8 3.8 3.7 3.6"),
    ("200k", 1024, "HDR100", "1.9 3.2 5.2 7.3 9.2 10.6 11.4 11.8 12.0 12.0"),
    ("200k", 8192, "10GbE", "1.9 3.7 6.6 10.9 16.1 20.8 24.2 26.0 26.7 26.7"),
    ("200k", 8192, "25GbE", "2.0 3.8 7.1 12.4 19.8 27.8 34.4 38.5 40.3 40.6"),
    ("200k", 8192, "HDR100", "2.0 3.9 7.5 13.8 24.2 38.5 54.5 68.8 79.0 85.0"),
    ("2M", 1024, "10GbE", "1.7 2.5 3.4 4.1 4.5 4.8 4.9 5.0 5.0 5.0"),
    ("2M", 1024, "25GbE", "1.8 2.9 4.3 5.6 6.5 7.2 7.5 7.7 7.8 7.8"),
    ("2M", 8192, "1GbE", "1.7 2.7 3.8 4.7 5.4 5.8 6.0 6.1 6.2 6.2"),
    ("2M", 8192, "HDR100", "2.0 3.9 7.4 13.6 23.5 36.9 51.7 64.5 73.6 79.2"),
]
SIZES = {"200k": (784, 256, 10), "2M": (784, 1100, 1024, 10)}


def speedups(costs: Costs, batch_size: int, network: str) -> np.ndarray:
    """Return the speed-ups on 2, 4, 8 ... 1,024 ranks."""
    times = [step_time(costs, batch_size, 2**power, NETWORKS[network]).total for power in range(11)]
    return times[0] / np.array(times[1:])


def agree(costs: dict[str, Costs]) -> bool:
    """Return whether all speed-ups are those of the table, which has one decimal and was made of rounded costs."""
    return all(
        np.allclose(speedups(costs[name], batch_size, network), np.array(row.split(), float), rtol=0.005, atol=0.051)
        for name, batch_size, network, row in SPEEDUPS
    )


def network(*units: int, d: int = 6, **options: Any) -> gn.Network:
    """Return a built classifier of three classes."""
    layers = [*(gn.Dense(width, "relu") for width in units), gn.Dense(3)]
    return gn.Network(layers, loss="cross_entropy", seed=0, input_shape=(d,), **options)


def made_up(**changes: Any) -> ScalingForecast:
    """Return a forecast from costs that were not measured: the larger one on 10GbE with many rows."""
    ranks = tuple(2**power for power in range(11))
    found = ScalingForecast(COSTS["200k"], NETWORKS["10GbE"], "10GbE", 8192, ranks)
    return dataclasses.replace(found, **changes)


# ---- the model ------------------------------------------------------------------------------------------------------


def test_speedups_are_those_of_the_table() -> None:
    """From the same costs come the speed-ups that were worked out apart from this library."""
    assert agree(COSTS)


def test_the_table_finds_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another unit, a sum over the ranks instead of its logarithm, or a latency paid once: the table shows it."""
    floats = {name: dataclasses.replace(costs, message_bytes=costs.message_bytes // 4) for name, costs in COSTS.items()}
    assert not agree(floats)
    nanoseconds = {name: dataclasses.replace(costs, addition=8e-10) for name, costs in COSTS.items()}
    assert not agree(nanoseconds)
    for wrong in (lambda ranks: ranks, lambda ranks: 1.0):
        monkeypatch.setattr(cost_model, "math", types.SimpleNamespace(log2=wrong, ceil=math.ceil))
        assert not agree(COSTS)


def test_reductions_by_hand() -> None:
    """A short message takes 3 exchanges on 8 ranks, a long one 6 and 7/4 of its bytes; both are added up on the way."""
    link, addition = Link(latency=1e-3, bandwidth=1e6), 1e-7
    short = reduction(8, 20_000, link, addition)
    assert [short.latency, short.bandwidth, short.additions] == pytest.approx([3e-3, 60e-3, 6e-3])
    long = reduction(8, 40_000, link, addition)
    assert [long.latency, long.bandwidth, long.additions] == pytest.approx([6e-3, 70e-3, 3.5e-3])
    assert long.communication == pytest.approx(79.5e-3)
    assert reduction(1, 40_000, link, addition).total == 0.0


def test_known_reductions() -> None:
    """814 kB over 10GbE take 0.83, 1.55, 1.93 and 2.23 ms on 2, 8, 64 and 1,024 ranks."""
    found = [reduction(ranks, 4 * 203_530, NETWORKS["10GbE"], 8e-11).communication for ranks in (2, 8, 64, 1024)]
    assert [round(1e3 * seconds, 2) for seconds in found] == pytest.approx([0.83, 1.55, 1.93, 2.23], abs=0.011)


def test_slices_by_hand() -> None:
    """Three ranks with 4 shards send each other a slice of one array each; with 8 shards two of them have two arrays."""
    link, addition = Link(latency=1e-3, bandwidth=1e6), 1e-7
    four = reduction(3, 30_000, link, addition)
    assert [four.latency, four.bandwidth, four.additions] == pytest.approx([8e-3, 2 / 3 * 2 * 30e-3, 6e-3])
    eight = reduction(3, 30_000, link, addition, shards=8)
    assert eight.bandwidth == pytest.approx(2 / 3 * (5 / 3 + 1) * 30e-3)
    assert eight.additions == pytest.approx(2 * 5 / 3 * 3e-3)


def test_step_by_hand() -> None:
    """A rank pays a pass for each of its shards, its share of the rows, and the whole update or its slice."""
    costs = Costs(call=1.0, row=0.01, optimizer=8.0, addition=1e-6, message_bytes=1_000_000)
    link = Link(latency=1e-9, bandwidth=1e12)
    alone = step_time(costs, 400, 1, link)
    assert (alone.calls, alone.rows, alone.optimizer, alone.communication) == (1.0, 4.0, 8.0, 0.0)
    shared = step_time(costs, 400, 2, link, shards=8)
    assert (shared.calls, shared.rows) == (4.0 + 3 * 2.0, 2.0)
    uneven = step_time(costs, 400, 3, link)
    assert uneven.rows == 2.0, "of 4 shards one rank has 2"
    assert step_time(costs, 400, 4, link, sharded_optimizer=True).optimizer == 2.0
    assert step_time(dataclasses.replace(costs, mean=0.5), 400, 4, link, sharded_optimizer=True).optimizer == 2.5


def test_dividing_is_paid_where_batches_are_divided() -> None:
    """One process pays it with shards only, several always; once, however many shards a rank has."""
    costs, link = dataclasses.replace(COSTS["200k"], dividing=1.0), NETWORKS["10GbE"]
    assert step_time(costs, 256, 1, link).calls == costs.call
    assert step_time(costs, 256, 1, link, shards=1).calls == 1.0 + costs.call
    assert step_time(costs, 256, 4, link, shards=8).calls == pytest.approx(1.0 + 2 * costs.call, rel=1e-3)


def test_divided_optimizers_by_hand() -> None:
    """Slices of gradients go one way and slices of parameters back; where all gradients are needed, these are on top."""
    link = Link(latency=1e-3, bandwidth=1e6)
    costs = Costs(call=0.0, row=0.0, optimizer=8.0, addition=1e-7, message_bytes=20_000)
    divided = step_time(costs, 400, 8, link, sharded_optimizer=True)
    assert [divided.latency, divided.bandwidth] == pytest.approx([6e-3, 2 * 7 / 8 * 20e-3])
    apart = step_time(dataclasses.replace(costs, apart_bytes=16_000), 400, 8, link, sharded_optimizer=True)
    assert [apart.latency, apart.bandwidth] == pytest.approx([3e-3 + 3e-3, 60e-3 + 7 / 8 * 16e-3])


def test_the_model_is_monotonic() -> None:
    """A better network, a shorter message, fewer rows and a divided optimizer never make a step longer."""
    for costs in COSTS.values():
        for ranks in (2, 3, 16, 48, 1024):
            link = NETWORKS["10GbE"]
            here = step_time(costs, 4096, ranks, link).total
            for better in (Link(link.latency / 2, link.bandwidth), Link(link.latency, 2 * link.bandwidth)):
                assert step_time(costs, 4096, ranks, better).total < here
            shorter = dataclasses.replace(costs, message_bytes=costs.message_bytes // 2)
            assert step_time(shorter, 4096, ranks, link).total < here
            assert step_time(costs, 2048, ranks, link).total < here
            assert step_time(costs, 4096, ranks, link, shards=4096).total > here
    ranks = [2**power for power in range(11)]
    waits = [reduction(number, 10**6, NETWORKS["10GbE"], 1e-10).communication for number in ranks]
    assert waits == sorted(waits)


# ---- what is measured -----------------------------------------------------------------------------------------------


class Clock:
    """A clock that goes on by what layers and optimizers of a test say they take, and a little whenever it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        """Return the time."""
        self.now += 1e-6
        return self.now


CLOCK = Clock()


class Slow(gn.Activation):
    """Takes 3 ms, and 0.1 ms a row, on the clock of the test."""

    def __init__(self) -> None:
        pass

    def make_cache(self, scratch: Any, need_dX: bool) -> Any:
        return {}

    def forward(self, X: np.ndarray, cache: Any, step: Any) -> np.ndarray:
        CLOCK.now += 3e-3 + 1e-4 * X.shape[-2]
        return X

    def backward(self, dY: np.ndarray, cache: Any) -> np.ndarray:
        return dY


class SlowSGD(gn.SGD):
    """Takes 7 ms on the clock of the test."""

    def step(self, params: np.ndarray, grads: np.ndarray, state: Any, learning_rate: float) -> None:
        CLOCK.now += 7e-3


@pytest.mark.parametrize("batch_size", [4, 64, 2048])
def test_costs_are_those_of_the_clock(batch_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer of known time for a call and a row, and an optimizer of known time, are measured as what they are."""
    monkeypatch.setattr(measuring, "time", CLOCK)
    layers = [Slow(), gn.Dense(3)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=SlowSGD(0.1), seed=0, input_shape=(2,))
    found = gn.scaling_forecast(net, batch_size, "1GbE", seconds=1.0).costs
    assert [found.call, found.row, found.optimizer] == pytest.approx([3e-3, 1e-4, 7e-3], rel=0.01)
    assert found.dividing < 1e-4
    assert found.mean < 1e-4


def test_large_batches_are_not_tried_where_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a step of all rows would take a second, the line through smaller batches is drawn on, in a second in all."""
    monkeypatch.setattr(measuring, "time", CLOCK)
    layers = [Slow(), gn.Dense(3)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=SlowSGD(0.1), seed=0, input_shape=(2,))
    before = CLOCK.now
    found = gn.scaling_forecast(net, 10_000, "1GbE", seconds=1.0)
    assert CLOCK.now - before < 1.5
    assert found.step(1).total == pytest.approx(1.01, rel=0.01)


def kept(net: gn.Network) -> tuple[bytes, bytes, bytes, Any, Any]:
    """Return what a forecast must leave alone."""
    run = None if net._run is None else (net._run.epoch, copy.deepcopy(net.history.columns), net._run.optimizer_state.t)
    return net.params.tobytes(), net.grads.tobytes(), net.stats.tobytes(), run, net.optimizer.config()


@pytest.mark.parametrize("members", [None, 3])
def test_the_network_stays_as_it_is(members: int | None, rng: np.random.Generator) -> None:
    """A forecast changes no bit of a network in the middle of its training, which goes on as if there had been none."""
    X, y = rng.standard_normal((40, 6)), rng.integers(0, 3, 40)
    rate = gn.CosineDecay(0.01, epochs=8)
    layers = [gn.Dense(5, "relu"), gn.BatchNorm(), gn.Dropout(0.2), gn.Dense(3)]
    options: dict[str, Any] = {"loss": "cross_entropy", "optimizer": gn.AdamW(rate), "members": members}
    net = gn.Network(layers, seed=0 if members is None else [1, 2, 3], **options)
    net.fit(X, y, epochs=2, batch_size=8)
    other, before = copy.deepcopy(net), kept(net)
    gn.scaling_forecast(net, 16, seconds=0.02)
    assert kept(net) == before
    net.fit(X, y, epochs=2, batch_size=8)
    other.fit(X, y, epochs=2, batch_size=8)
    assert net.params.tobytes() == other.params.tobytes()


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
def test_every_loss_has_rows_to_measure_with(case: LossCase) -> None:
    """Targets are made up for every loss and number of outputs."""
    net = gn.Network([gn.Dense(case.n_outputs)], loss=copy.deepcopy(case.loss), seed=0, input_shape=(4,))
    found = gn.scaling_forecast(net, 8, seconds=0.001)
    assert found.costs.row > 0.0 or found.costs.call > 0.0


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_every_layer_has_rows_to_measure_with(case: LayerCase) -> None:
    """Rows are made up for every layer, those that take codes too."""
    layers = [copy.deepcopy(case.layer), gn.Flatten(), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", seed=0, input_shape=case.in_shape)
    assert len(gn.scaling_forecast(net, 8, seconds=0.001).rows()) == 4


def test_members_count() -> None:
    """The message of several members is as much longer, apart from two flags."""
    one, four = (gn.scaling_forecast(network(4, members=members), 8, seconds=0.001) for members in (None, 4))
    assert four.members == 4
    assert four.costs.message_bytes - 8 == 4 * (one.costs.message_bytes - 8)


def test_the_message_is_that_of_the_reduction() -> None:
    """What is counted is what a step adds up: gradients, statistics, two sums and two flags, in the network's dtype."""
    layers = [gn.Dense(5), gn.BatchNorm(), gn.Dense(3)]
    net = gn.Network(layers, loss="cross_entropy", seed=0, input_shape=(6,), dtype="float64")
    found = gn.scaling_forecast(net, 8, seconds=0.001).costs.message_bytes
    assert found == 8 * (net.n_parameters + net.stats.size + 4) == net._store.message.nbytes  # type: ignore[union-attr]  # it is built


def test_rows_of_ones_own() -> None:
    """Rows may be given, fewer than a batch too, and are checked as those of fit."""
    net = network(4)
    X, y = np.ones((5, 6)), np.arange(5) % 3
    assert gn.scaling_forecast(net, 32, seconds=0.001, data=(X, y)).best >= 1
    with pytest.raises(gn.ShapeError, match=r"^scaling_forecast: X has shape \(5, 4\); it must be \(n, 6\)"):
        gn.scaling_forecast(net, 32, seconds=0.001, data=(X[:, :4], y))


# ---- refusals -------------------------------------------------------------------------------------------------------

REFUSED = [
    ({"batch_size": 1}, "scaling_forecast: batch_size is 1; it must be a whole number of at least 2."),
    ({"network": "10gbe"}, "scaling_forecast: unknown network '10gbe'. Did you mean '10GbE'? The choices are '10GbE', "
     "'1GbE', '25GbE', 'HDR100', 'shared memory'. Or pass Link(latency, bandwidth), in s and bytes/s."),
    ({"network": 10}, "scaling_forecast: network is 10; it must be the name of a network or a Link. "
     "Write network='10GbE', or Link(latency=35e-6, bandwidth=1.1e9)."),
    ({"ranks": [2, 128]}, "scaling_forecast: ranks is [2, 128]; they must be numbers of at most batch_size, which is 64. "
     "Each rank needs a row."),
    ({"ranks": [8], "shards": 4}, "scaling_forecast: ranks is [8]; they must be numbers of at most shards, which is 4. "
     "Each rank needs a shard."),
    ({"ranks": []}, "scaling_forecast: ranks is []; they must be numbers of at most batch_size, which is 64. "
     "Each rank needs a row."),
    ({"ranks": 4}, "scaling_forecast: ranks is 4; it must be a list of numbers. Write ranks=[1, 2, 4], for example."),
    ({"ranks": "12"}, "scaling_forecast: ranks is '12'; it must be a list of numbers. "
     "Write ranks=[1, 2, 4], for example."),
    ({"seconds": 0.0}, "scaling_forecast: seconds is 0.0; it must be a finite number above 0."),
    ({"data": 3}, "scaling_forecast: data is of type int; it must be a pair of arrays. Write data=(X, y)."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_refusals(options: dict[str, Any], message: str) -> None:
    """What cannot be forecast is refused in a sentence."""
    with pytest.raises(gn.ConfigError) as caught:
        gn.scaling_forecast(network(4), **{"batch_size": 64, **options})
    assert str(caught.value) == message


def test_networks_that_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network without a shape, something else, and weights that give no finite loss are refused in a sentence."""
    net = gn.Network([gn.Dense(3)], loss="cross_entropy", seed=0)
    with pytest.raises(gn.NotFittedError) as caught:
        gn.scaling_forecast(net, 64)
    assert "the network is not built: its input shape is unknown. Call fit or build first." in str(caught.value)
    assert str(caught.value).startswith("scaling_forecast: ")
    with pytest.raises(gn.ConfigError, match=r"^scaling_forecast: net is of type list; it must be a network\. Pass a"):
        gn.scaling_forecast([net], 64)  # type: ignore[arg-type]  # that is the mistake
    broken = network(4)
    broken.params[:] = np.nan
    sentence = r"^scaling_forecast: the loss of the rows to measure with is not finite; it must be finite\. Pass rows"
    with pytest.raises(gn.DataError, match=sentence):
        gn.scaling_forecast(broken, 64, seconds=0.001)


@pytest.mark.parametrize(("latency", "bandwidth"), [(0.0, 1e9), (1e-5, -1.0), (math.nan, 1e9)])
def test_links_that_cannot_be(latency: float, bandwidth: float) -> None:
    """Latency and bandwidth are finite and above 0."""
    with pytest.raises(gn.ConfigError, match=r"^Link: (latency|bandwidth) is .*; it must be a finite number above 0\."):
        Link(latency, bandwidth)


# ---- what is shown --------------------------------------------------------------------------------------------------


def test_numbers_of_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default they are the powers of two up to 1,024, or to the rows, the shards, or the cores of one machine."""
    monkeypatch.setattr("glassnet.distributed.forecast.usable_cores", lambda: 6)
    net, quick = network(4), {"seconds": 0.001}

    def ranks(batch_size: int, *where: str, **options: Any) -> list[int]:
        found = gn.scaling_forecast(net, batch_size, *where, **quick, **options)  # type: ignore[arg-type]  # of several types
        return [row.ranks for row in found.rows()]

    assert ranks(5000) == [2**power for power in range(11)]
    assert ranks(100) == [1, 2, 4, 8, 16, 32, 64]
    assert ranks(100, shards=8) == [1, 2, 4, 8]
    assert ranks(100, "shared memory") == [1, 2, 4]
    assert ranks(100, "shared memory", ranks=[12, 3]) == [3, 12]


def test_rows() -> None:
    """A row has the time of a step, what it is worth, how long the reduction takes, and which part takes longest."""
    rows = made_up().rows()
    first, last = rows[0], rows[-1]
    assert (first.ranks, first.speedup, first.efficiency, first.communication_ms, first.limit) == (
        1,
        1.0,
        1.0,
        0.0,
        "rows",
    )
    assert first.step_ms == pytest.approx(0.15 + 8192 * 9.3e-3 + 0.42)
    assert last.communication_ms == pytest.approx(2.23, abs=0.01)
    assert last.limit == "bandwidth"
    assert last.efficiency == pytest.approx(26.7 / 1024, rel=0.01)
    assert made_up(link=Link(5e-3, 1e12)).rows()[-1].limit == "latency"


def test_best() -> None:
    """The best number of ranks is the smallest that no other beats by more than 5 %."""
    found = made_up()
    rows = {row.ranks: row.speedup for row in found.rows()}
    assert found.best == 256
    assert max(rows.values()) <= 1.05 * rows[256]
    assert max(rows.values()) > 1.05 * rows[128]
    assert made_up(batch_size=1024, link=NETWORKS["1GbE"]).best == 1


def test_advice_for_networks_that_gain() -> None:
    """It has the best number of ranks, the shards to pass, what else would help, and that the cores must be free."""
    found = made_up().advice
    assert found[0] == (
        "256 ranks are 26 times as fast as one process; no other number is more than 5 % faster, "
        "and up to 32 do half of what each could alone, or more."
    )
    assert found[1].startswith("Pass shards=256: the network depends on shards and not on the number of ranks")
    assert found[2] == "With MPI(sharded_optimizer=True) 256 ranks are 30 times as fast."
    assert found[3].startswith("With batch_size=65536, 1,024 ranks are ")
    assert "larger batches change what is learned" in found[3]
    assert found[-1] == "Each step waits for the slowest rank: the forecast is for cores that nothing else uses."
    assert not any("members=" in sentence for sentence in found)


def test_advice_for_small_networks() -> None:
    """Where ranks bring little, the first advice is more networks; where nothing, that no number of ranks pays."""
    little = made_up(batch_size=1024).advice
    assert little[0].startswith("Several networks use several machines better than one does: members=, gn.Population, ")
    nothing = made_up(batch_size=1024, link=NETWORKS["1GbE"], network="1GbE").advice
    assert nothing[:2] == (
        little[0],
        "More ranks do not pay here: no number of them is more than 5 % faster than one.",
    )
    assert not any("Pass shards" in sentence for sentence in nothing)


def test_advice_where_one_process_is_faster_than_all_ranks_in_the_table() -> None:
    """One process need not be in the table, or divides its batches there: the advice knows it all the same."""
    slow = {"batch_size": 64, "link": NETWORKS["1GbE"], "network": "1GbE"}
    for changes in ({"ranks": (2, 4)}, {"ranks": (64,)}, {"ranks": (2, 4, 8), "shards": 8}):
        found = made_up(**slow, **changes)
        assert found.speedup(found.best) < 1.0
        assert found.advice[1] == (
            f"Ranks do not pay here: {found.best}, the best number in the table, are {found.speedup(found.best):.2g} "
            "times as fast as one process that does not divide its batches."
        )
        assert not any("Pass shards" in sentence or "0." in sentence for sentence in found.advice[2:])
        assert found.table().endswith(found.advice[-1])
    assert made_up(ranks=(1024,)).advice[0] == (
        "1,024 ranks are 27 times as fast as one process; no other number is more than 5 % faster."
    )


def test_advice_for_one_machine_and_given_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """In shared memory the cores are named; with shards given, that more ranks than those cannot take part."""
    monkeypatch.setattr("glassnet.distributed.forecast_advice.usable_cores", lambda: 4)
    found = made_up(network="shared memory", link=NETWORKS["shared memory"], ranks=(1, 2, 4), shards=4).advice
    assert "This machine has 4 cores; each rank needs one of its own." in found
    assert "No more ranks than shards=4 can take part; more shards train another network." in found


def test_texts() -> None:
    """The table has a line for each number of ranks, the best marked, and the advice; the repr the gist."""
    found = made_up()
    lines = found.table().splitlines()
    assert lines[0].split("  ") == ["ranks", "ms a step", "speed-up", "efficiency", "ms in communication", "limit"]
    assert lines[4].split() == ["8", "11.6", "6.59", "82%", "1.55", "rows"]
    assert [line.split()[0] for line in lines if line.endswith("best")] == ["256"]
    assert lines[-len(found.advice) :] == list(found.advice)
    assert repr(found) == "ScalingForecast(8,192 rows a step, 10GbE: best 256 of up to 1024 ranks, 26 times as fast)"
    shown = " ".join(parsed(re.sub(r"<style>.*?</style>", "", found._repr_html_(), flags=re.DOTALL)).itertext())
    for words in ("Forecast for 8,192 rows a step, 10GbE", "ms in communication", "26.7", found.advice[0]):
        assert words in shown
    larger = found.with_settings(batch_size=65_536)
    assert repr(larger).endswith("best 1024 of up to 1024 ranks, 180 times as fast)")
    assert "1,024 ranks are 180 times as fast" in larger.advice[0]
    own = dataclasses.replace(found, network=as_link("", Link(1e-5, 2e9))[0])
    assert "10 us and 2,000 MB/s" in repr(own)


def test_other_settings_of_the_same_measurement() -> None:
    """Other rows a step and a divided optimizer are forecast without measuring again."""
    found = made_up()
    assert found.with_settings(batch_size=16_384).step(8).rows == 2 * found.step(8).rows
    assert found.with_settings(sharded_optimizer=True).step(8).optimizer == found.step(8).optimizer / 8
    with pytest.raises(
        gn.ConfigError, match=r"^ScalingForecast\.step: ranks is 8; it must be a whole number of at most 4"
    ):
        made_up(shards=4, ranks=(1, 2, 4)).step(8)
    for settings, sentence in (
        ({"batch_size": 0}, r"batch_size is 0; it must be a whole number of at least 1024\."),
        ({"sharded_optimizer": "no"}, r"sharded_optimizer is 'no'; it must be True or False\."),
    ):
        with pytest.raises(gn.ConfigError, match=rf"^ScalingForecast\.with_settings: {sentence}"):
            found.with_settings(**settings)  # type: ignore[arg-type]  # that is the mistake


def test_a_huge_batch_needs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches beyond a size are not made up: their rows cost what those of smaller ones do."""
    from glassnet.distributed import measuring

    made: list[int] = []
    rows_for = measuring.rows_for
    monkeypatch.setattr(measuring, "_MOST_NUMBERS", 4096)
    monkeypatch.setattr(measuring, "rows_for", lambda *given: made.append(given[-1]) or rows_for(*given))
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(2,))
    assert gn.scaling_forecast(net, 10**9, seconds=0.02).batch_size == 10**9
    assert made == [2 * 2048]
