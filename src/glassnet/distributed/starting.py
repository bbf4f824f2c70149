"""Starting MPI within a deadline: until all processes have come, each of them waits where nothing can interrupt it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from glassnet.distributed.own_place import rank, size
from glassnet.errors import ConfigError

__all__ = ["refuse_strangers", "within"]

_STARTED = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS")
# What the guard does: if its input is not closed in time, it says so and ends its parent.
_GUARD = """
import os, select, signal, sys
parent, seconds, words = sys.argv[1:]
if not select.select([0], [], [], float(seconds))[0] and os.getppid() == int(parent):
    os.write(2, words.encode())
    os.kill(int(parent), signal.SIGKILL)
"""


@contextmanager
def within(where: str, deadline: float) -> Iterator[None]:
    """End this process, with a sentence, if what is done inside takes longer than ``deadline`` seconds.

    Parameters
    ----------
    where : str
        Who starts MPI, for the message.
    deadline : float
        Seconds.
    """
    if os.name != "posix" or size() == 1 or "mpi4py.MPI" in sys.modules:
        yield
        return
    fact = f"of the {size()} processes not all came here within {deadline:g} s, as rank {rank()} did"
    rule = "each must call fit; one may have ended, hang, or be busy"
    words = f"{where}: {fact}; {rule}, and all are ended. If it was only busy, raise MPI(deadline={deadline:g}).\n"
    seconds = deadline + min(rank(), 3)  # the first says it, and so ends all
    guard = [sys.executable, "-I", "-S", "-c", _GUARD, str(os.getpid()), str(seconds), words]
    process = None
    with suppress(OSError):
        process = subprocess.Popen(guard, stdin=subprocess.PIPE)
    try:
        yield
    finally:
        if process is not None:
            process.communicate()


def refuse_strangers(where: str, runtime: Any, variables: Mapping[str, str] = os.environ) -> None:
    """Refuse to train alone where several were started: each would do all the work, and write the same file.

    Parameters
    ----------
    where : str
        Who asks, for the message.
    runtime : module
        ``mpi4py.MPI``.
    variables : mapping
        What the launcher left.

    Raises
    ------
    ConfigError
        The launcher is of another MPI than mpi4py's.
    """
    if runtime.COMM_WORLD.Get_size() > 1:
        return
    started = max(int(variables.get(name, "1")) if variables.get(name, "1").isdigit() else 1 for name in _STARTED)
    if started > 1:
        library = runtime.Get_library_version().split(",")[0].strip().splitlines()[0]
        message = (
            f"{where}: {started} processes were started, and MPI finds only this one; the launcher must be of the MPI "
            f"that mpi4py uses, {library}. Start with its mpiexec, or with srun --mpi=pmix."
        )
        raise ConfigError(message, expected=started, got=1)
