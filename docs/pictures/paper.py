"""Paper, pens and files of the pictures: white, legible at 360 pixels, small."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from PIL import Image

__all__ = [
    "ASSETS", "BLUE", "GREEN", "GREY", "INK", "ORANGE", "PURPLE", "RED", "arrow", "box", "canvas", "palette_png",
    "plot", "save", "say",
]  # fmt: skip

ASSETS = Path(__file__).parent.parent / "assets"

INK, GREY = "#222222", "#666666"
BLUE, ORANGE, GREEN, PURPLE, RED = "#1f77b4", "#d9690f", "#2a8a4a", "#7b4fa3", "#c22f2f"

WIDTH = 5.6
"""Inches: at 360 pixels, text of 11 points is some ten pixels high; on a wide page it is that of the page."""

mpl.rcParams |= {
    "svg.hashsalt": "glassnet",  # equal pictures are equal files
    "font.size": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11.5,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.linewidth": 2.0,
    "savefig.facecolor": "white",
}


def plot(height: float = 3.3, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Any, Any]:
    """Return a figure and its axes, one or an array of them."""
    return plt.subplots(rows, columns, figsize=(WIDTH, height), layout="constrained", **options)


def canvas(height: float) -> tuple[Any, Any]:
    """Return a figure and a sheet without axes, 100 units wide and as many high as asked for, from the top down."""
    figure = plt.figure(figsize=(WIDTH, WIDTH * height / 100.0))
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set_xlim(0.0, 100.0)
    ax.set_ylim(height, 0.0)
    ax.set_axis_off()
    return figure, ax


def say(ax: Any, x: float, y: float, text: str, color: str = INK, size: float = 11.0, **options: Any) -> None:
    """Write a text around a place."""
    ax.text(
        x, y, text, **{"ha": "center", "va": "center", "color": color, "fontsize": size, "parse_math": False, **options}
    )


def box(
    ax: Any, x: float, y: float, width: float, height: float, text: str = "", color: str = BLUE, **options: Any
) -> None:
    """Draw a box around a place with a text in it; options are those of the text."""
    corner = (x - width / 2.0 + 1.0, y - height / 2.0 + 1.0)
    style = "round,pad=0,rounding_size=1.2"
    face = mpl.colors.to_rgba(color, 0.12)
    ax.add_patch(
        FancyBboxPatch(corner, width - 2.0, height - 2.0, boxstyle=style, fc=face, ec=color, lw=1.3, mutation_scale=1)
    )
    if text:
        say(ax, x, y, text, **options)


def arrow(
    ax: Any, start: tuple[float, float], end: tuple[float, float], color: str = INK, bend: float = 0.0, **options: Any
) -> None:
    """Draw an arrow from place to place, bent by a share of its length."""
    more = {"arrowstyle": "-|>", "mutation_scale": 12, "lw": 1.5, "shrinkA": 0, "shrinkB": 0, **options}
    ax.add_patch(FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", color=color, **more))


def save(figure: Any, name: str) -> None:
    """Write a figure into the folder of assets; the ending of the name says in which form."""
    path = ASSETS / name
    if path.suffix == ".png":
        with io.BytesIO() as held:
            figure.savefig(held, format="png", dpi=160)
            path.write_bytes(palette_png(held.getvalue()))
    else:
        with io.StringIO() as text:
            figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
            path.write_text(_shortened(text.getvalue()), encoding="utf-8")
    plt.close(figure)


def palette_png(content: bytes, colors: int = 96, width: int | None = None) -> bytes:
    """Return a picture with a palette, and no wider than asked for."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    if width is not None and picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    few = picture.quantize(colors, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    held = io.BytesIO()
    few.save(held, format="png", optimize=True)
    return held.getvalue()


def _shortened(svg: str) -> str:
    """Return a drawing whose places have two decimals, which nobody can tell from six, and no comments of the maker."""

    def rounded(found: re.Match[str]) -> str:
        return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")

    def places(found: re.Match[str]) -> str:
        return re.sub(r"-?\d+\.\d{3,}", rounded, found[0])

    svg = re.sub(r" (?:d|x|y|points)=\"[^\"]*\"", places, svg)
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<!DOCTYPE[^>]*>", "", svg, flags=re.DOTALL)
    return re.sub(r"\n\s*\n+", "\n", svg)
