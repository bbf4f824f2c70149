"""Which of the processes that ``mpiexec`` or a scheduler started this one is: for scripts that print and save once."""

from __future__ import annotations

import os
import sys

__all__ = ["rank", "size"]

# Set by the launchers of Open MPI, and of MPICH and what follows it, and by Slurm's srun for either.
_RANKS = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")
_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS")  # PMIx itself sets no size


def rank() -> int:
    """Return the number of this process among all that MPI started, from 0 on; 0 without MPI.

    Every rank ends `fit` with the same network, so one of them saves it: ``if rank() == 0: net.save(...)``.

    Examples
    --------
    >>> rank(), size()
    (0, 1)
    """
    return _of_world("Get_rank", _RANKS, 0)


def size() -> int:
    """Return how many processes MPI started; 1 without MPI."""
    return _of_world("Get_size", _SIZES, 1)


def _of_world(method: str, variables: tuple[str, ...], default: int) -> int:
    """Ask MPI where it is in use already, else look at what its launcher left; nothing is started for it."""
    runtime = sys.modules.get("mpi4py.MPI")
    if runtime is not None and runtime.Is_initialized() and not runtime.Is_finalized():
        return int(getattr(runtime.COMM_WORLD, method)())
    found = (os.environ[name] for name in variables if os.environ.get(name, "").isdigit())
    return int(next(found, default))
