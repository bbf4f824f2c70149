"""The figures of the examination of diagnosis, as a table and as plain data."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import glassnet as gn
from benchmarks.diagnosis_runs import Result

__all__ = ["figures", "report"]

_HARM = 0.05  # of the score: from which loss on a fault has harmed


def figures(results: Sequence[Result], costs: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """Return all shares, JSON-able; of the tables only the names."""
    healthy = [result for result in results if not result.fault]
    planted = [result for result in results if result.fault]
    scores = {result.table: result.score for result in healthy}
    harmful = [each for each in planted if scores.get(each.table, each.score) - each.score >= _HARM]
    remedies = [remedy for result in results for remedy in result.remedies]
    total = sum(seconds for seconds, _ in costs.values())
    return {
        "version": gn.__version__,
        "tables": sorted(scores),
        "healthy": {"runs": len(healthy), "false alarms": sum(bool(result.alarms) for result in healthy)},
        "alarms": {result.table: result.alarms for result in healthy if result.alarms},
        "planted": _named(planted),
        "planted and harmful": _named(harmful),
        "faults": {name: _named([each for each in planted if each.fault == name]) for name in _names(planted)},
        "told instead": _told_instead(planted),
        "remedies said to help": {
            "remedies": len(remedies),
            "held": sum(after > before for _, _, before, after in remedies),
            "did not hold": [list(remedy) for remedy in remedies if not remedy[3] > remedy[2]],
            "not judged": sorted(code for result in results for code in result.not_judged),
        },
        "cost": {
            "seconds": total,
            "ratio of all": sum(seconds * ratio for seconds, ratio in costs.values()) / total if total else 1.0,
            "median ratio": statistics.median(ratio for _, ratio in costs.values()) if costs else 1.0,
        },
    }


def _names(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(result.fault for result in results))


def _named(results: Sequence[Result]) -> dict[str, int]:
    return {"runs": len(results), "first is true": sum(bool(result.true) for result in results)}


def _told_instead(results: Sequence[Result]) -> dict[str, dict[str, int]]:
    """Return what stood first where that was not true, for each fault, and how often."""
    found: dict[str, dict[str, int]] = {}
    for result in results:
        if not result.true:
            counts = found.setdefault(result.fault, {})
            counts[result.first] = counts.get(result.first, 0) + 1
    return found


def report(found: dict[str, Any]) -> str:
    """Return the figures as text."""
    lines = ["| planted fault | runs | first finding is true | otherwise first |", "|---|---|---|---|"]
    for name, one in found["faults"].items():
        told = ", ".join(f"{code} {n}" for code, n in found["told instead"].get(name, {}).items())
        lines.append(f"| {name} | {one['runs']} | {one['first is true']} | {told} |")
    planted, harmful, healthy = found["planted"], found["planted and harmful"], found["healthy"]
    remedies, cost = found["remedies said to help"], found["cost"]
    lines += [
        "",
        f"planted faults named first: {_share(planted['first is true'], planted['runs'])}",
        f"of those that cost {_HARM:g} of the score or more: {_share(harmful['first is true'], harmful['runs'])}",
        f"false alarms in healthy trainings: {_share(healthy['false alarms'], healthy['runs'])}",
        f"remedies said to help that hold on held-out rows: {_share(remedies['held'], remedies['remedies'])}",
    ]
    if cost["seconds"]:
        lines.append(f"looking costs x {cost['ratio of all']:.3f} in all, x {cost['median ratio']:.3f} in the median")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "none"
