"""What is said of processes that are lost, and of those that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glassnet.distributed.waiting import Place, Verdict

__all__ = ["failure_sentence", "lost_sentence", "resume_advice"]

_MOST_NAMED = 4


def resume_advice(checkpoint: str | None, host: str) -> str:
    """Return how to go on.

    Parameters
    ----------
    checkpoint : str or None
        The file, if the run has one.
    host : str
        The machine that it is on; empty if that is not known.

    Examples
    --------
    >>> resume_advice("run.safetensors", "node1")
    "Start it again with resume=True: it goes on from 'run.safetensors' on node1, with as many processes as there are."
    >>> resume_advice(None, "")
    "There is no checkpoint to go on from: pass checkpoint='run.safetensors' and resume=True."
    """
    if checkpoint is None:
        return "There is no checkpoint to go on from: pass checkpoint='run.safetensors' and resume=True."
    place = f"{checkpoint!r} on {host}" if host else repr(checkpoint)
    return f"Start it again with resume=True: it goes on from {place}, with as many processes as there are."


def lost_sentence(verdict: Verdict, deadline: float, hosts: Sequence[str], own: int, advice: str) -> str:
    """Return which processes did not answer, at which step, and what to do.

    Parameters
    ----------
    verdict : Verdict
        What is known.
    deadline : float
        Seconds that were waited.
    hosts : sequence of str
        The machine of each process; empty if they are not known yet.
    own : int
        The number of this process.
    advice : str
        How to go on.

    Examples
    --------
    >>> from glassnet.distributed.waiting import Place
    >>> here = Place(9, "epoch 3, step 17")
    >>> print(lost_sentence(Verdict([1], {0: here}), 120.0, ["a", "b"], 0, "Start it again."))
    fit: rank 1 on b did not answer for 120 s at epoch 3, step 17; all must, and all are ended. Start it again. If it \
was only busy, raise MPI(deadline=120).
    """
    raise_it = f"raise MPI(deadline={deadline:g})"
    if verdict.error:
        return f"fit: MPI fails on {_name(own, hosts)}; all are ended. {advice} It says: {verdict.error}"
    place = verdict.living[own].words
    if verdict.silent:
        who, pronoun = _names(verdict.silent, hosts), "it was" if len(verdict.silent) == 1 else "they were"
        fact = f"{who} did not answer for {deadline:g} s {_at(place)}"
        return f"fit: {fact}; all must, and all are ended. {advice} If {pronoun} only busy, {raise_it}."
    elsewhere = _elsewhere(verdict.living, own)
    if elsewhere:
        verb = "waits" if len(elsewhere) == 1 else "wait"
        fact = f"{_names(elsewhere, hosts)} {verb} for something else than the others do {_at(place)}"
        rule = "all must run the same program with the same data, and all are ended"
        return f"fit: {fact}; {rule}. {advice} If it is slow, {raise_it}."
    fact = f"one exchange takes longer than {deadline:g} s {_at(place)}, though all {len(hosts)} processes answer"
    return f"fit: {fact}; all are ended. {advice} Before that, {raise_it}."


def failure_sentence(rank: int, host: str, place: str, error: BaseException, advice: str) -> str:
    """Return that a process failed, for the others to say.

    Parameters
    ----------
    rank : int
        Which one.
    host : str
        Its machine.
    place : str
        How far it was.
    error : BaseException
        Why.
    advice : str
        How to go on.
    """
    said = f"{type(error).__name__}: {error}".rstrip(": \n.")
    return f"fit: rank {rank} on {host} failed {_at(place)}; no other can train without it. {advice} It says: {said}"


def _elsewhere(living: Mapping[int, Place], own: int) -> list[int]:
    """Return those behind the others; if none is, those that are at another step than this process."""
    least = min(where.exchanges for where in living.values())
    behind = [rank for rank, where in living.items() if where.exchanges == least]
    if len(behind) < len(living):
        return behind
    return [rank for rank, where in living.items() if where.words != living[own].words]


def _at(place: str) -> str:
    return f"at {place}" if place.startswith("epoch") else place


def _name(rank: int, hosts: Sequence[str]) -> str:
    return f"rank {rank} on {hosts[rank]}" if hosts else f"rank {rank}"


def _names(ranks: Sequence[int], hosts: Sequence[str]) -> str:
    named = [_name(rank, hosts) for rank in ranks[:_MOST_NAMED]]
    more = len(ranks) - len(named)
    named += [f"{more} more"] if more else []
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
