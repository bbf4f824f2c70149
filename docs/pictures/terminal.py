"""Pictures of the command line: what it prints on a terminal of 62 columns, in its colours."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from typing import Any

import numpy as np
from paper import BLUE, GREY, ORANGE, plot
from rich.console import Console
from rich.text import Text

__all__ = ["PICTURES"]

COLUMNS = 62
TRAIN = ("train", "penguins", "species", "--recipe", "small")

# rich's own page of a terminal asks the network for its font.
_PAGE = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
<rect fill="#292929" width="{width}" height="{height}" rx="8"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def _run(folder: str, words: tuple[str, ...], stream: str) -> str:
    """Return what a command of glassnet prints on one of its streams while that is a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    streams: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | {stream: theirs}
    environment = {**os.environ, "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "glassnet", *words]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, **streams):
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 65536):
                parts.append(part)
        except OSError:  # so ends a terminal whose program is gone
            pass
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n")


def _drawn(text: str, name: str) -> bytes:
    """Return a text with its colours as a drawing."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(text))
    page = console.export_svg(title="", code_format=_PAGE, unique_id=name)
    # rich leaves room for the title bar of a window, which is not drawn here.
    top = float(re.search(r"translate\([\d.]+, ([\d.]+)\)\" clip-path", page)[1]) - 10.0
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', page).groups()
    lower = f"{float(height) - top:g}"
    page = page.replace(f'viewBox="0 0 {width} {height}"', f'viewBox="0 {top:g} {width} {lower}"')
    return page.replace(f'height="{height}" rx', f'y="{top:g}" height="{lower}" rx').encode()


def live() -> bytes:
    """Draw the view of a training under way, from the middle of the training."""
    with tempfile.TemporaryDirectory() as folder:
        printed = _run(folder, TRAIN, "stderr")
    frames = re.split(r"(?:\x1b\[\?25[lh])?[\r\n]*(?:\x1b\[2K)?(?:\x1b\[1A\x1b\[2K)+", printed)
    whole = [frame for frame in frames if "validation accuracy" in frame]
    return _drawn(whole[len(whole) // 2].replace("\x1b[?25l", "").strip(), "live")


def leaderboard() -> Any:
    """Draw the ranges of chance of the models that `glassnet compare` ranks."""
    command = ("compare", "penguins", "species", "--json", "--quiet", "--recipes", "plain,small,histgb")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "glassnet", *command], cwd=folder, capture_output=True, text=True, check=True
        )
    models = json.loads(done.stdout)["models"]
    figure, ax = plot(2.6)
    for place, model in enumerate(models):
        low, high = model["range"]
        color = {"best": BLUE, "within chance": BLUE}.get(model["to_best"], ORANGE)
        ax.plot([low, high], [place, place], color=color, lw=4, alpha=0.35, solid_capstyle="butt")
        ax.plot(model["score"], place, "D" if model["chosen"] else "o", color=color, ms=7)
        at, side = (low - 0.015, "right") if low > 0.7 else (high + 0.015, "left")
        ax.text(at, place, model["to_best"], color=GREY, va="center", ha=side, fontsize=10)
    ax.set_yticks(np.arange(len(models)), [model["title"] for model in models], fontsize=10)
    ax.invert_yaxis()
    ax.set_xlim(0.25, 1.02)
    ax.set_xlabel("test accuracy; bar: range of chance, ◆: kept")
    return figure


PICTURES = {"terminal-live.svg": live, "leaderboard.svg": leaderboard}
