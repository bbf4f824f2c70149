"""Which process of how many this is, without starting MPI."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from glassnet.distributed import rank, size


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "PMIX_RANK")
    for name in (*names, "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "mpi4py.MPI", raising=False)


def test_alone() -> None:
    """Without MPI there is one process, the first, and MPI is not started to find out."""
    assert (rank(), size()) == (0, 1)
    assert "mpi4py.MPI" not in sys.modules


@pytest.mark.parametrize("kind", ["OMPI_COMM_WORLD", "PMI"])
def test_what_a_launcher_says(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Before MPI is in use, the launcher's variables say it; what is no number is none."""
    monkeypatch.setenv(f"{kind}_RANK", "3")
    monkeypatch.setenv(f"{kind}_SIZE", "4")
    assert (rank(), size()) == (3, 4)
    monkeypatch.setenv(f"{kind}_RANK", "three")
    assert rank() == 0


def test_what_slurm_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """``srun --mpi=pmix`` leaves the rank to PMIx, and the number of processes is that of the step."""
    monkeypatch.setenv("PMIX_RANK", "3")
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "4")
    assert (rank(), size()) == (3, 4)


def test_mpi_knows_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where MPI is in use it is asked; after its end the launcher's variables are what is left."""
    world = SimpleNamespace(Get_rank=lambda: 5, Get_size=lambda: 8)
    runtime = SimpleNamespace(Is_initialized=lambda: True, Is_finalized=lambda: False, COMM_WORLD=world)
    monkeypatch.setitem(sys.modules, "mpi4py.MPI", runtime)  # type: ignore[arg-type]  # a stand-in for the module
    assert (rank(), size()) == (5, 8)
    runtime.Is_finalized = lambda: True
    assert (rank(), size()) == (0, 1)
