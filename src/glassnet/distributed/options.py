"""How processes that train one network together behave: the options of ``fit(..., distributed=)``."""

from __future__ import annotations

from typing import Any

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_flag, check_number
from glassnet.utils.keywords import AdvisesOnNames

__all__ = ["MPI", "as_mpi"]


class MPI(AdvisesOnNames):
    """Train with all processes that ``mpiexec`` or a scheduler started; ``distributed="mpi"`` has the defaults.

    Parameters
    ----------
    deadline : float, default=120.0
        Seconds that a process waits for the others in one exchange. Then all of them are ended, with exit code 75: one
        is dead, stopped or cut off. A restart with ``resume=True`` goes on from the last checkpoint.
    sharded_optimizer : bool, default=False
        Whether each process keeps, and updates by, only its part of the optimizer's moments: the memory of R processes
        for them, the same bits, and one more exchange of the parameters.

    Examples
    --------
    >>> MPI(deadline=30.0)
    MPI(deadline=30.0, sharded_optimizer=False)
    """

    def __init__(self, *, deadline: float = 120.0, sharded_optimizer: bool = False) -> None:
        self.deadline = check_number("MPI", "deadline", deadline, 0.0, open_minimum=True)
        self.sharded_optimizer = check_flag("MPI", "sharded_optimizer", sharded_optimizer)

    def __repr__(self) -> str:
        return f"MPI(deadline={self.deadline!r}, sharded_optimizer={self.sharded_optimizer!r})"


def as_mpi(where: str, value: Any) -> MPI:
    """Return the options that ``distributed=`` stands for.

    Parameters
    ----------
    where : str
        Who asks, for the message.
    value : "mpi" or MPI
        As it was given.
    """
    if isinstance(value, MPI):
        return value
    if value == "mpi":
        return MPI()
    message = f"{where}: distributed is {value!r}; it must be 'mpi' or glassnet.distributed.MPI(...). Leave it out to "
    message += "train in this process alone."
    raise ConfigError(message, got=value)
