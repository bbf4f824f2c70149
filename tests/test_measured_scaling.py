"""The forecast against measurements on this machine: two ranks, in memory and over a loopback of 1 Gbit/s."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.distributed import Link
from glassnet.distributed.cost_model import reduction
from glassnet.training.threads.blas import usable_cores

JOBS = Path(__file__).parent / "jobs"
SOURCES = Path(gn.__file__).parents[1]
# Messages of three networks, in float32.
LENGTHS = (10_000, 203_534, 2_001_178)
ADDITION = 8e-11  # seconds a byte, of no weight here
# What both ranks send goes through one device of 1 Gbit/s.
LOOPBACK = Link(latency=50e-6, bandwidth=1e9 / 8 / 2)


def mpiexec() -> str:
    """Return the launcher of Open MPI; skip where there is none."""
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed")
    beside = Path(sys.executable).with_name("mpiexec")
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        pytest.skip("there is no mpiexec")
    says = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    if "Open MPI" not in says and "OpenRTE" not in says and "prte" not in says.lower():
        pytest.skip("mpiexec is not that of Open MPI, whose way over TCP is chosen by its options")
    return found


def printed(command: list[str]) -> str:
    """Return what a command that starts ranks prints; they end within a minute."""
    environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    environment |= {"PYTHONPATH": str(SOURCES), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def on_ranks(ranks: int, job: str, *words: object, before: tuple[str, ...] = (), options: tuple[str, ...] = ()) -> str:
    """Return what a job prints on so many ranks."""
    python = [sys.executable, "-m", "mpi4py", str(JOBS / f"{job}.py"), *map(str, words)]
    return printed([*before, mpiexec(), *options, "-n", str(ranks), *python])


@pytest.fixture
def slow_loopback() -> Iterator[str]:
    """Return the name of a network namespace whose loopback has 1 Gbit/s; skip where none can be made."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("network namespaces need the rights of root")
    if shutil.which("ip") is None or shutil.which("tc") is None:
        pytest.skip("iproute2 is not installed")
    name = f"glassnet-{uuid.uuid4().hex[:8]}"
    inside = ["ip", "netns", "exec", name]
    limit = ["rate", "1gbit", "burst", "256kb", "latency", "400ms"]
    commands = [["ip", "netns", "add", name], [*inside, "ip", "link", "set", "lo", "up"]]
    commands.append([*inside, "tc", "qdisc", "add", "dev", "lo", "root", "tbf", *limit])
    try:
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"{' '.join(command)}: {done.stderr.strip()}")
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@pytest.mark.slow
def test_reductions_over_a_slow_loopback(slow_loopback: str) -> None:
    """Over 1 Gbit/s the reduction on two ranks takes what the model says, within 10 % for long messages."""
    inside = ("ip", "netns", "exec", slow_loopback)
    options = ("--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "lo")
    found = json.loads(on_ranks(2, "timed_reductions", *LENGTHS, before=inside, options=options))
    wanted = {n: reduction(2, 4 * n, LOOPBACK, ADDITION).communication for n in LENGTHS}
    assert found[str(LENGTHS[1])] == pytest.approx(wanted[LENGTHS[1]], rel=0.1)
    assert found[str(LENGTHS[2])] == pytest.approx(wanted[LENGTHS[2]], rel=0.1)
    # Short ones fit into what the limit lets through at once.
    assert found[str(LENGTHS[0])] < 1.5 * wanted[LENGTHS[0]]


@pytest.mark.slow
def test_steps_over_a_slow_loopback(slow_loopback: str) -> None:
    """A step of two ranks over 1 Gbit/s takes what is forecast, within 15 %, where the bytes are what limits."""
    sizes = (784, 256, 10)
    layers = [gn.Dense(sizes[1], "relu"), gn.Dense(sizes[2])]
    net = gn.Network(layers, loss="cross_entropy", seed=0, input_shape=(sizes[0],))
    forecast = gn.scaling_forecast(net, 128, LOOPBACK)
    assert forecast.step(2).largest == "bandwidth"
    inside = ("ip", "netns", "exec", slow_loopback)
    options = ("--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "lo")
    found = json.loads(on_ranks(2, "timed_steps", 128, *sizes, before=inside, options=options))
    assert found == pytest.approx(forecast.step(2).total, rel=0.15)


def _burn(seconds: float) -> list[str]:
    """Return a command that prints how many rounds of arithmetic it got done in a time."""
    program = (
        f"import time\nend, n = time.perf_counter() + {seconds}, 0\nwhile time.perf_counter() < end: n += 1\nprint(n)"
    )
    return [sys.executable, "-c", program]


def free_cores() -> bool:
    """Return whether two processes at once each get as much done as one alone."""
    if usable_cores() < 2:
        return False

    def rounds(processes: int) -> float:
        started = [subprocess.Popen(_burn(0.7), stdout=subprocess.PIPE, text=True) for _ in range(processes)]
        return min(int(process.communicate(timeout=30)[0]) for process in started)

    return rounds(2) > 0.9 * max(rounds(1), rounds(1))


@pytest.mark.slow
@pytest.mark.parametrize(("batch_size", "sizes"), [(2048, (784, 256, 10)), (512, (784, 1100, 1024, 10))])
def test_two_ranks_are_as_fast_as_forecast(batch_size: int, sizes: tuple[int, ...]) -> None:
    """On two free cores the speed-up of two ranks is the one forecast, within 15 %."""
    mpiexec()
    layers = [*(gn.Dense(width, "relu") for width in sizes[1:-1]), gn.Dense(sizes[-1])]
    net = gn.Network(layers, loss="cross_entropy", seed=0, input_shape=(sizes[0],))
    found = []
    for _ in range(3):
        if not free_cores():
            time.sleep(1.0)
            continue
        forecast = gn.scaling_forecast(net, batch_size, "shared memory", ranks=[1, 2])
        one, two = (json.loads(on_ranks(ranks, "timed_steps", batch_size, *sizes)) for ranks in (1, 2))
        if free_cores():
            found.append((one / two, forecast.speedup(2)))
    if not found:
        pytest.skip("the cores are not free: two processes at once are slower than one")
    errors = [measured / expected - 1.0 for measured, expected in found]
    assert np.min(np.abs(errors)) < 0.15, found
