"""What the documentation shows is what happens: doctests, and every Python block of the README and the docs."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn

REPOSITORY = Path(__file__).parent.parent
MODULES = sorted(
    name for _, name, _ in pkgutil.walk_packages(gn.__path__, "glassnet.") if not name.endswith("__main__")
)
PAGES = [
    REPOSITORY / "README.md",
    *(page for page in sorted((REPOSITORY / "docs").rglob("*.md")) if "```python\n" in page.read_text()),
]


def commands(page: Path) -> list[tuple[str, str]]:
    """Return the page's blocks of commands that a text block directly follows, each with that block."""
    pattern = r"```sh\n((?:printf|glassnet)(?:(?!```).)*)```\s*```text\n(.*?)```"
    return re.findall(pattern, page.read_text(), re.DOTALL)


COMMAND_PAGES = [
    page for page in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))] if commands(page)
]


@pytest.mark.parametrize("module", ["glassnet", *MODULES])
def test_doctests(module: str) -> None:
    """Every example in a docstring prints what it says."""
    with np.errstate(all="warn"):
        result = doctest.testmod(importlib.import_module(module))
    assert result.failed == 0


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return the page's Python blocks, each with the text block that directly follows it, "" if none does."""
    pattern = r"```python\n(.*?)```(?:\s*```text\n(.*?)```)?"
    return [(code, shown or "") for code, shown in re.findall(pattern, page.read_text(), re.DOTALL)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_pages_run(page: Path, tmp_path: Path) -> None:
    """The Python blocks of a page run one after the other, and print what the page shows."""
    found = blocks(page)
    script = "\nprint('=====')\n".join(code for code, _ in found)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    for printed, (code, shown) in zip(done.stdout.split("=====\n"), found, strict=True):
        if shown:
            assert alike(printed, shown), f"{code}\nprints\n{printed}\nand the page shows\n{shown}"


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_commands_run(page: Path, tmp_path: Path) -> None:
    """The commands of a page run one after the other and print the lines that it shows, numbers aside."""
    glassnet = f"{shlex.quote(sys.executable)} -m glassnet.cli"
    for script, shown in commands(page):
        script = re.sub(r"^glassnet", lambda match: glassnet, script, flags=re.MULTILINE)
        done = subprocess.run(
            script,
            shell=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "84"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "\nRecipes here " in done.stdout or "\nRecipes here " not in shown
        printed = {_words(line) for line in _without_times(done.stdout + done.stderr).splitlines()}
        missing = [line for line in _without_times(shown).splitlines() if _words(line) not in printed]
        assert missing == []


def test_commands_are_found() -> None:
    """The pattern finds the commands with their output: a train, a predict and an explain at least."""
    found = "".join(code for page in COMMAND_PAGES for code, _ in commands(page))
    assert all(f"glassnet {name} " in found for name in ("train", "predict", "explain"))


def _without_times(text: str) -> str:
    """Return a report without the lines that say how long recipes take here: seconds or minutes, as the machine is."""
    return re.sub(r"^Recipes here .*\n(?: .*\n)*", "", text, flags=re.MULTILINE)


def _words(line: str) -> str:
    """Return a line without its numbers, sparklines and spacing."""
    return " ".join(re.sub(r"[-+]?[\d.,]+(?:e[-+]?\d+)?|[▁-█]", " ", line).split())


def alike(printed: str, shown: str) -> bool:
    """Return whether two texts have the same words, and numbers that another processor may round differently."""
    number = re.compile(r"[-+]?\d+\.\d+(?:e[-+]?\d+)?")
    if number.sub("#", printed).split() != number.sub("#", shown).split():
        return False
    pairs = zip(map(float, number.findall(printed)), map(float, number.findall(shown)), strict=True)
    return all(abs(a - b) <= 0.02 + 0.02 * abs(b) for a, b in pairs)


def test_alike_tells_texts_apart() -> None:
    """The comparison above sees other words, other whole numbers, and decimals that are off by more than rounding."""
    assert alike("loss 0.123  epoch 3", "loss  0.124 epoch 3")
    assert not alike("loss 0.123", "loss 0.193")
    assert not alike("epoch 3", "epoch 4")
    assert not alike("loss 0.1", "cost 0.1")
