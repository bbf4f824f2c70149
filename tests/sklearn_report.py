"""Print how close the perceptrons under test are to scikit-learn's, and which tolerance each figure needed.

Run from the repository, for all cases or for those whose name has a word::

    PYTHONPATH=src:tests python -m sklearn_report [WORD]
"""

from __future__ import annotations

import sys
from collections import Counter

from sklearn_cases import CASES, MODULE, OURS
from sklearn_harness import Gap, gaps

SHOWN = 15


def nearness(found: tuple[str, Gap]) -> float:
    """Return what part of its tolerance a figure uses up; equality is all or nothing."""
    gap = found[1]
    return gap.found / gap.allowed if gap.allowed else gap.found


def main(word: str) -> None:
    """Compare the cases, and print the counts and the figures that are nearest to their tolerance or beyond it."""
    cases = [case for case in CASES if word in case.name]
    found = [(case.name, gap) for case in cases for gap in gaps(case, OURS[case.kind])]
    print(f"{MODULE}: {len(cases)} cases, {len(found)} figures, {sum(gap.wrong for _, gap in found)} wrong")
    for by, count in Counter(gap.by for _, gap in found).most_common():
        print(f"{count:7d} by {by}")
    needed = [gap for _, gap in found if gap.by == "the response" and not gap.wrong]
    print(f"largest tolerance by response: {max((gap.allowed for gap in needed), default=0.0):.1e}")
    for name, gap in sorted(found, key=nearness, reverse=True)[:SHOWN]:
        print(f"{gap.found:9.1e} of {gap.allowed:.1e} by {gap.by}: {gap.figure}, {name}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
