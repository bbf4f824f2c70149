"""The results as tables and as a picture."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import LIMIT, median_ratio

__all__ = ["facts_table", "picture", "ratio_table", "scaling_table"]

OURS = "glassnet"


def ratio_table(title: str, results: dict[str, dict[str, list[float]]], unit: str) -> str:
    """Return a line per case: our time, and every peer's as a multiple of it, median and range over the rounds.

    Parameters
    ----------
    title : str
    results : dict of str to dict
        ``{case: {peer: [seconds of each round]}}``.
    unit : {"us", "ms", "s"}
        For our own time.
    """
    factor = {"us": 1e6, "ms": 1e3, "s": 1.0}[unit]
    peers = [peer for peer in dict.fromkeys(p for times in results.values() for p in times) if peer != OURS]
    lines = [[title, f"glassnet, {unit}", *(peer if peer != LIMIT else "products only" for peer in peers)]]
    for case, times in results.items():
        if not times.get(OURS):
            continue
        ours = sorted(times[OURS])[len(times[OURS]) // 2] * factor
        cells = [case, f"{ours:.3g}" if ours < 100 else f"{ours:,.0f}"]
        for peer in peers:
            if times.get(peer):
                median, low, high = median_ratio(times, peer, OURS)
                cells.append(f"{median:.2f} ({low:.2f}-{high:.2f})")
            else:
                cells.append("-")
        lines.append(cells)
    return _markdown(lines)


def facts_table(facts: dict[str, dict[str, float]]) -> str:
    """Return a line per library: import time, installed size, peak memory."""
    names = list(dict.fromkeys(name for values in facts.values() for name in values))
    units = {"import": (1e3, "ms"), "installed": (1e-6, "MB"), "peak memory": (1e-6, "MB")}
    lines = [["library", *facts]]
    for name in names:
        cells = [name]
        for fact, values in facts.items():
            factor, unit = units[fact]
            cells.append(f"{values[name] * factor:,.0f} {unit}" if name in values else "-")
        lines.append(cells)
    return _markdown(lines)


def scaling_table(found: dict[str, dict[str, Any]]) -> str:
    """Return a line per axis: the smallest and largest value with their times, and the exponents."""
    lines = [["grows", "from", "to", "time", "to", "exponent", "upper half"]]
    for axis, one in found.items():
        first, last = one["seconds"][0] * 1e3, one["seconds"][-1] * 1e3
        ends = [str(one["values"][0]), str(one["values"][-1])]
        fits = [f"{one['exponent']:.2f}", f"{one['exponent of the upper half']:.2f}"]
        lines.append([f"{axis} ({one['what']})", *ends, f"{first:.3g} ms", f"{last:.3g} ms", *fits])
    return _markdown(lines)


def _markdown(lines: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rows.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(rows)


def picture(results: dict[str, dict[str, list[float]]], path: str) -> None:
    """Draw every peer's time over ours for every case, the limit as a line, and write it to a file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    cases = [case for case, times in results.items() if times.get(OURS)]
    peers = [p for p in dict.fromkeys(p for times in results.values() for p in times) if p not in (OURS, LIMIT)]
    figure, ax = plt.subplots(figsize=(9.0, 0.42 * len(cases) + 1.6), layout="constrained")
    for place, case in enumerate(cases):
        times = results[case]
        for number, peer in enumerate(peers):
            if times.get(peer):
                median, low, high = median_ratio(times, peer, OURS)
                y = place + (number - (len(peers) - 1) / 2) * 0.7 / max(len(peers), 1)
                ax.plot([low, high], [y, y], color=f"C{number}", lw=1.0, alpha=0.6)
                ax.plot([median], [y], "o", color=f"C{number}", ms=5, label=peer if peer not in _labels(ax) else None)
        if times.get(LIMIT):
            median = median_ratio(times, LIMIT, OURS)[0]
            ax.plot([median, median], [place - 0.42, place + 0.42], color="0.3", lw=2.0,
                    label="products only" if "products only" not in _labels(ax) else None)  # fmt: skip
    ax.axvline(1.0, color="k", lw=1.0)
    ax.set_xscale("log")
    ax.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50"])
    ax.minorticks_off()
    ax.set_yticks(range(len(cases)), cases)
    ax.set_ylim(len(cases) - 0.5, -0.5)
    ax.grid(axis="x", alpha=0.3)
    ax.set_xlabel("time of a training step, glassnet = 1 (right of the line: slower)")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(path, dpi=110)


def _labels(ax: Any) -> list[str]:
    return [str(line.get_label()) for line in ax.lines]
