"""The benchmark: glassnet against other libraries, and against the matrix products that nobody can do without.

Run: python -m benchmarks [--quick] [--busy] [--scaling] [--looking] [--json FILE] [--plot FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, Case
from benchmarks.looking import LOOKING, compare_looking, looking_table
from benchmarks.machine import describe, import_seconds, installed_bytes, peak_bytes
from benchmarks.many import compare_many, many_table
from benchmarks.measure import LIMIT, Process, compare
from benchmarks.peers import PEERS
from benchmarks.report import facts_table, picture, ratio_table, scaling_table
from benchmarks.scaling import grow

__all__ = ["main"]

Results = dict[str, dict[str, list[float]]]

# What is timed, how often a round does it, the unit for our own time.
KINDS = {"step": (None, "us"), "fit": (1, "ms"), "predict 1": (200, "us"), "predict 10000": (2, "ms")}
TITLES = {"step": "training step", "fit": "whole fit", "predict 1": "one row", "predict 10000": "10,000 rows"}


def options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three cases, few rounds: about two minutes")
    parser.add_argument(
        "--busy", action="store_true", help="again beside one busy process, relative to the idle machine"
    )
    parser.add_argument("--scaling", action="store_true", help="only how the cost grows with rows, width, depth, batch")
    parser.add_argument("--many", action="store_true", help="only 32 small networks at once against one by one")
    parser.add_argument("--looking", action="store_true", help="only whole fits against fits with diagnose=False")
    parser.add_argument("--cpu", action="store_true", help="with --looking: processor time, where others compute too")
    parser.add_argument("--cases", help="names, separated by commas")
    parser.add_argument("--peers", help=f"names, separated by commas: {', '.join(PEERS)}")
    parser.add_argument("--kinds", help=f"what to time, separated by commas: {', '.join(KINDS)}")
    parser.add_argument("--rounds", type=int, help="how often every peer has its turn")
    parser.add_argument("--json", help="write everything to this file")
    parser.add_argument("--plot", help="draw the training steps into this file")
    return parser.parse_args()


def chosen(text: str | None, known: list[str]) -> list[str]:
    """Return the names asked for, all of them by default."""
    names = known if text is None else [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"benchmarks: {unknown[0]!r} is unknown; there are {', '.join(known)}")
    return names


def start(peers: list[str]) -> list[Process]:
    """Return a process for every library that is installed, and say which are not."""
    found = []
    for peer in [*peers, LIMIT]:
        try:
            found.append(Process(peer))
        except ImportError as error:
            print(f"without {peer}: {error}", file=sys.stderr)
    return found


def measure(processes: list[Process], cases: list[Case], kinds: list[str], rounds: int) -> dict[str, Results]:
    """Return the seconds of every peer in every round, by kind and case."""
    found: dict[str, Results] = {kind: {} for kind in kinds}
    for case in cases:
        able = [process for process in processes if process.load(case)]
        for kind in kinds:
            count = KINDS[kind][0] or case.steps
            print(f"{case.name}: {TITLES[kind]}", file=sys.stderr, flush=True)
            found[kind][case.name] = compare(able, case, kind, count, rounds)
    return found


@contextmanager
def busy() -> Iterator[None]:
    """Have one process compute beside us."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def slowdown(idle: Results, loaded: Results) -> Results:
    """Return every peer's time beside a busy process over its own median on the idle machine."""
    found: Results = {}
    for case, times in loaded.items():
        medians = {peer: sorted(values)[len(values) // 2] for peer, values in idle[case].items() if values}
        found[case] = {peer: [v / medians[peer] for v in values] for peer, values in times.items() if peer in medians}
    return found


def slowdown_table(found: Results) -> str:
    """Return a line per case: how many times slower every peer became."""
    peers = list(dict.fromkeys(peer for times in found.values() for peer in times if peer != LIMIT))
    lines = [f"| beside a busy process | {' | '.join(peers)} |", f"|---|{'---|' * len(peers)}"]
    for case, times in found.items():
        cells = [f"{sorted(v)[len(v) // 2]:.2f}" if (v := times.get(peer)) else "-" for peer in peers]
        lines.append(f"| {case} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run what was asked for."""
    asked = options()
    names = [case.name for case in CASES if case.quick or not asked.quick]
    names = chosen(asked.cases, [case.name for case in CASES]) if asked.cases and not asked.looking else names
    cases = [case for case in CASES if case.name in names]
    rounds = asked.rounds or (3 if asked.quick else 7)
    everything: dict[str, Any] = {"machine": describe()}
    if asked.many:
        everything["many"] = compare_many(32, rounds)
        print(many_table(everything["many"], 32))
    elif asked.looking:
        wanted = chosen(asked.cases, [case.name for case in LOOKING])
        those = [case for case in LOOKING if case.name in wanted and (case.quick or not asked.quick)]
        clock = time.process_time if asked.cpu else time.perf_counter
        everything["looking"] = compare_looking(those, rounds, clock)
        print(looking_table(everything["looking"]))
    elif asked.scaling:
        process = Process("glassnet")
        everything["scaling"] = grow(process, rounds)
        process.close()
        print(scaling_table(everything["scaling"]))
    else:
        kinds = chosen(asked.kinds, list(KINDS)) if asked.kinds else (["step", "fit"] if asked.busy else list(KINDS))
        processes = start(chosen(asked.peers, list(PEERS)))
        everything["seconds"] = measure(processes, cases, kinds, rounds)
        for kind in kinds:
            print(ratio_table(TITLES[kind], everything["seconds"][kind], KINDS[kind][1]), end="\n\n", flush=True)
        if asked.busy:
            with busy():
                everything["busy seconds"] = measure(processes, cases, kinds, max(3, rounds // 2))
            for kind in kinds:
                print(f"{TITLES[kind]}, times slower than on the idle machine")
                table = slowdown(everything["seconds"][kind], everything["busy seconds"][kind])
                print(slowdown_table(table), end="\n\n", flush=True)
        for process in processes:
            process.close()
        if not asked.peers and not asked.cases and not asked.busy:
            everything["looking"] = compare_looking([case for case in LOOKING if case.quick or not asked.quick], rounds)
            print(looking_table(everything["looking"]), end="\n\n", flush=True)
            facts = {"import": import_seconds(3), "installed": installed_bytes(), "peak memory": peak_bytes()}
            everything["facts"] = facts
            print(facts_table(facts))
        if asked.plot and "step" in kinds:
            picture(everything["seconds"]["step"], asked.plot)
    if asked.json:
        Path(asked.json).write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main()
