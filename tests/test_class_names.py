"""Names of classes in reports: cut together, so that different classes never look equal, and each has one name."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import glassnet as gn
from glassnet.cli.output.confusion import confusion_parts
from glassnet.cli.output.report_parts import worst_table
from glassnet.engine.drawing import network_columns
from glassnet.reports.classes import class_names, named_classes
from glassnet.reports.page_scores import _scores, results_part
from glassnet.reports.scoring import score_baseline
from glassnet.reports.single_rows import row_sentence
from glassnet.reports.text import report_text
from glassnet.tabular import TargetEncoder
from glassnet.utils.html import unbroken

LABELS = [f"plant disease number {i:02d} of the leaf of a tree in the garden" for i in range(12)]
OTHERS = [f"{'ab' * (20 + i)}" for i in range(12)]


def confusion(labels: list[str]) -> dict[str, Any]:
    """Return a confusion matrix in which each class is taken for the next."""
    counts = 9 * np.eye(len(labels), dtype=int) + 3 * np.roll(np.eye(len(labels), dtype=int), 1, axis=1)
    return {"labels": labels, "counts": counts.tolist()}


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_terminal_shows_different_classes(width: int) -> None:
    """Each row of the matrix or of the worst classes shows what is different in the name of its class."""
    console = Console(width=width, record=True, file=None, quiet=False)
    with console.capture() as found:
        for part in confusion_parts(confusion(LABELS), width):
            console.print(part)
    numbers = re.findall(r"^ *\S.*?(\d\d) o", found.get(), re.MULTILINE)
    assert len(set(numbers)) >= 6


def test_classes_have_one_number() -> None:
    """Classes that differ in more than fits have the number of their place among all, wherever they are named."""
    every = class_names(OTHERS, 24)
    assert [name[-4:-1] for name in every] == [
        "(1)",
        "(2)",
        "(3)",
        "(4)",
        "(5)",
        "(6)",
        "(7)",
        "(8)",
        "(9)",
        "10)",
        "11)",
        "12)",
    ]
    assert named_classes([OTHERS[7], OTHERS[2]], OTHERS, 24) == [every[7], every[2]]
    row = {"kind": "worst", "name": "row 1", "true": OTHERS[7], "answer": OTHERS[2], "right": False}
    row |= {"probability": 0.9, "probability_of_truth": 0.05}
    said = row_sentence(row, OTHERS)
    assert "(8)'" in said
    assert "(3)'" in said
    console = Console(width=60)
    with console.capture() as found:
        console.print(worst_table([row], 60, OTHERS))
    assert "(8)" in found.get()
    assert "(3)" in found.get()
    target = TargetEncoder().fit(np.array(OTHERS * 2 + OTHERS[4:5] * 3))
    words, _ = score_baseline(target, np.arange(12), np.where(np.arange(12) == 4, 5, 2))
    assert words == f"always answering {class_names(target.labels, 40)[4]}"


def test_the_page_shows_different_classes() -> None:
    """The classes of the page's table, and what they are taken for, are all different."""
    page = "".join(map(str, results_part({"confusion": confusion(LABELS), "n_scored": 144})))
    shown = [unescape(text) for text in re.findall(r"<span title=[^>]*>([^<]*)</span>", page)]
    assert len(set(re.findall(r"number (\d\d)", " ".join(shown)))) >= 8
    for text in shown:
        assert re.search(r"\d\d", text)


def test_the_text_shows_different_classes() -> None:
    """So does the text of a report in Python."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 3)), np.arange(120) % 12
    net = gn.Network([gn.Dense(12)], loss="cross_entropy", seed=0)
    net.fit(X, y, epochs=1, diagnose=False)
    facts = dict(net.report(X, y).facts)
    facts |= {"labels": LABELS, "confusion": {**facts["confusion"], "labels": LABELS}}
    lines = report_text(facts).partition("most often taken for")[2].splitlines()[1:6]
    numbers = [re.findall(r"number (\d\d)", line)[0] for line in lines if "number" in line]
    assert len(numbers) == len(set(numbers)) > 2


def test_commands_break_at_blanks_only() -> None:
    """Words with hyphens are kept whole, and the text without its elements is the command."""
    text = "glassnet train <b>.csv --target ok \\\n  --out my-file.safetensors"
    found = unbroken(text)
    assert unescape(re.sub("<[^>]*>", "", found)) == text
    assert re.findall(r'<span class="whole">([^<]*)</span>', found) == ["--target", "--out", "my-file.safetensors"]


def test_intervals_break_between_their_numbers() -> None:
    """The interval below a score is in two parts, each without a break."""
    facts = {
        "scores": {"network": {"rmse": 1e6}},
        "names": {},
        "intervals": {"network": {"rmse": [960351.0, 1387508.0]}},
    }
    page = str(_scores(facts))
    assert '<span class="range"><span>960,351 to</span> 1,387,508</span>' in page


def test_one_branch_is_not_several() -> None:
    """A box of several branches counts them; a single branch is not beside others."""
    for n in (1, 2):
        branches = [[gn.Select([i]), gn.Dense(4, "tanh")] for i in range(n)]
        net = gn.Network([gn.Concatenate(branches), gn.Dense(2)], loss="cross_entropy", input_shape=3)
        column = network_columns(net)[1]
        assert ("side by side" in column.title) == (n > 1)
        assert len(column.names) == n
        assert column.title == ("1 branch" if n == 1 else "2 branches side by side")
