"""How processes that train one network together behave: the options of ``fit(..., distributed=)``."""

from __future__ import annotations

from typing import Any

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_flag, check_number
from glassnet.utils.keywords import AdvisesOnNames

__all__ = ["MPI", "as_mpi"]


class MPI(AdvisesOnNames):
    """Train with all processes that ``mpiexec`` or a scheduler started; ``distributed="mpi"`` has the defaults.

    Start the program with ``mpiexec -n 4 python -m mpi4py train.py``, or as the scheduler of a cluster does. An error
    on one process ends the training on all of them: the others raise `glassnet.RankError`. Where a process is killed,
    ``mpiexec`` itself ends the others, with the exit code of the signal: 137 or 9. SIGTERM, which schedulers send
    before the end of a job, ends the training of all after the step under way, with a checkpoint.

    Parameters
    ----------
    deadline : float, default=120.0
        Seconds that a process waits for the others in one exchange; those in which it was stopped itself do not count.
        Then one of the others is dead, stopped or cut off: all are ended within 5 more, with exit code 75 and a
        sentence that names it, the step and the checkpoint. A restart with ``resume=True`` goes on from there, with as
        many processes as there are. Raise it if one may be busy for longer, with a callback or a large checkpoint.
    sharded_optimizer : bool, default=False
        Whether each of R processes keeps, and updates by, only its part of the optimizer's moments and average: 1/R of
        their memory and of the time of an update, and the same bits. After `fit` all of them have the whole again.
        Checkpoints are written together, after a step or an epoch; none is written where a second Ctrl-C or an error
        ends the run. To save the training state in a callback, leave it out.
    checks : bool, default=False
        Whether the processes compare what they hold after each epoch, and end with a `glassnet.errors.GlassnetError` if
        it is not the same: a callback changed the weights on one of them, say, or their processors round differently.
        Batches from an iterable or a function of yours, too, which must be the same on all.

    Examples
    --------
    >>> MPI(deadline=30.0)
    MPI(deadline=30.0, sharded_optimizer=False, checks=False)
    """

    def __init__(self, *, deadline: float = 120.0, sharded_optimizer: bool = False, checks: bool = False) -> None:
        self.deadline = check_number("MPI", "deadline", deadline, 0.0, open_minimum=True)
        self.sharded_optimizer = check_flag("MPI", "sharded_optimizer", sharded_optimizer)
        self.checks = check_flag("MPI", "checks", checks)

    def __repr__(self) -> str:
        return f"MPI({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


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
