"""Waiting for other processes, with an MPI and a clock that the test makes up."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from glassnet.distributed import waiting as module
from glassnet.distributed.waiting import Verdict, Waiting
from glassnet.errors import RankError


class MadeUp:
    """Three processes of which this is the first; what the others tell stands in ``inbox``, as (seconds, rank, notice)."""

    BYTE = ANY_SOURCE = None

    class Exception(Exception):  # noqa: A001, N818 - mpi4py's name
        """What an MPI raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, done_at: float = 1e9) -> None:
        self.now, self.jump, self.done_at = 0.0, 0.0, done_at
        self.inbox: list[tuple[float, int, tuple[Any, ...]]] = []
        self.sent: list[tuple[int, tuple[Any, ...]]] = []
        self.Request = SimpleNamespace(Testall=lambda requests: self.now >= self.done_at)
        self.answers: Callable[[int, tuple[Any, ...]], tuple[Any, ...] | None] = lambda rank, notice: None
        clock = SimpleNamespace(monotonic=self._look, sleep=self._sleep)
        monkeypatch.setattr(module, "time", clock)
        monkeypatch.setattr(module, "_let_others", lambda: None)

    def _look(self) -> float:
        self.now += 0.001 + self.jump
        self.jump = 0.0
        return self.now

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def Status(self) -> Any:  # noqa: N802 - mpi4py's name
        """Return what Iprobe fills."""
        return SimpleNamespace(Get_count=lambda kind: len(self.packed), Get_source=lambda: self.source)

    def Get_rank(self) -> int:  # noqa: N802 - mpi4py's name
        """Return the number of this one."""
        return 0

    def Get_size(self) -> int:  # noqa: N802 - mpi4py's name
        """Return how many there are."""
        return 3

    def Iprobe(self, source: Any, tag: int, status: Any) -> bool:  # noqa: N802 - mpi4py's name
        """Return whether something came."""
        due = [entry for entry in self.inbox if entry[0] <= self.now]
        if due:
            self.inbox.remove(due[0])
            self.source, self.packed = due[0][1], pickle.dumps(due[0][2])
        return bool(due)

    def Recv(self, room: Any, source: int, tag: int) -> None:  # noqa: N802 - mpi4py's name
        """Receive it."""
        room[0][:] = self.packed

    def Isend(self, packed: Any, rank: int, tag: int) -> Any:  # noqa: N802 - mpi4py's name
        """Send, and have the other answer."""
        notice = pickle.loads(packed[0])
        self.sent.append((rank, notice))
        answer = self.answers(rank, notice)
        if answer is not None:
            self.inbox.append((self.now + 0.1, rank, answer))
        return SimpleNamespace(Test=lambda: True)


class GivenUp(Exception):  # noqa: N818 - what stands for the end of the process
    """Has the verdict."""


def give_up(verdict: Verdict) -> Any:
    """End."""
    raise GivenUp(verdict)


def waiting(world: MadeUp, deadline: float = 10.0) -> Waiting:
    """Return what waits."""
    return Waiting(world, world, deadline, give_up)


def test_who_says_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the deadline the roll is called, and those that do not answer this very call are silent."""
    world = MadeUp(monkeypatch)
    world.answers = lambda rank, notice: (
        ("answer", notice[1], 7, "elsewhere") if rank == 2 else ("answer", -1, 7, "old")
    )
    with pytest.raises(GivenUp) as found:
        waiting(world).wait([])
    [verdict] = found.value.args
    assert verdict.silent == [1]
    assert verdict.living == {0: (0, "before the first step"), 2: (7, "elsewhere")}
    assert 10.0 <= world.now <= 11.5


def test_one_that_comes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done before the deadline, or while the roll is called, is an exchange like any other."""
    for done_at in (9.9, 10.6):
        world = MadeUp(monkeypatch, done_at)
        waits = waiting(world)
        waits.wait([])
        assert waits.place.exchanges == 1
        assert bool(world.sent) == (done_at > 10.0)


def test_a_machine_that_slept_is_not_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time in which this process was stopped, with the whole job perhaps, does not count."""
    world = MadeUp(monkeypatch, 1008.0)
    waits = waiting(world)
    world.jump = 1000.0
    waits.wait([])
    assert not world.sent


def test_one_that_waits_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it waits a process answers the calls of others with where it is, and heeds that one has failed."""
    world = MadeUp(monkeypatch)
    world.inbox = [(1.0, 2, ("call", 4, 3, "x")), (2.0, 1, ("failed", 0, 3, "fit: rank 1 failed."))]
    with pytest.raises(RankError, match=r"fit: rank 1 failed\.") as found:
        waiting(world).wait([])
    assert found.value.rank == 1
    assert world.sent == [(2, ("answer", 4, 0, "before the first step"))]


def test_an_error_of_mpi_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where MPI itself finds that another is gone, that is said."""
    world = MadeUp(monkeypatch)

    def fails(requests: Any) -> bool:
        message = "process failed"
        raise world.Exception(message)

    world.Request = SimpleNamespace(Testall=fails)
    with pytest.raises(GivenUp) as found:
        waiting(world).wait([])
    assert found.value.args[0].error == "process failed"


def test_a_failure_is_told_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails tells each of the others once."""
    world = MadeUp(monkeypatch)
    waiting(world).tell_failure("fit: rank 0 failed.")
    assert [(rank, notice[0], notice[3]) for rank, notice in world.sent] == [
        (1, "failed", "fit: rank 0 failed."),
        (2, "failed", "fit: rank 0 failed."),
    ]
