"""Whether probabilities mean what they say, as a picture."""

from __future__ import annotations

import numpy as np

from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.labels import label_axis, show_legend

__all__ = ["draw_calibration", "wilson_interval"]

_Z = 1.959964  # 95 percent of a normal distribution lie within so many standard deviations


def draw_calibration(
    sure: np.ndarray, right: np.ndarray, *, bins: int = 10, what: str = "", ax: Axes | None = None,
    where: str = "plot_calibration",
) -> Axes:  # fmt: skip
    """Draw how often something was so against the probability that was predicted for it.

    Parameters
    ----------
    sure : ndarray of shape (n,)
        Predicted probabilities.
    right : ndarray of bool of shape (n,)
        Whether it was so.
    bins : int, default=10
        How many groups of rows, as large as each other.
    what : str, default=""
        The class whose probability it is; by default the predicted class of each row.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    where : str, default="plot_calibration"
        Function, for messages.
    """
    parts = np.array_split(np.argsort(sure, kind="stable"), min(bins, len(sure)))
    counts = np.array([len(part) for part in parts])
    means = np.array([sure[part].mean() for part in parts])
    hits = np.array([right[part].sum() for part in parts])
    shares = hits / counts
    low, high = wilson_interval(hits, counts)
    gap = float((counts * np.abs(means - shares)).sum() / counts.sum())
    ax = axes_for(where, ax)
    start = max(0.0, min(float(means.min()), float(low.min())))
    ax.plot([start, 1.0], [start, 1.0], color="0.6", lw=1.0, ls="--", label="means what it says")
    # The rounding of a share of 0 or 1 must not make a bar of a negative length.
    reach = np.maximum(0.0, np.stack([shares - low, high - shares]))
    ax.errorbar(means, shares, yerr=reach, fmt="o-", color="C0", ms=4, lw=1.0, capsize=2, label=f"mean gap {gap:.3f}")
    label_axis(ax, "x", f"probability of {what or 'the predicted class'}")
    label_axis(ax, "y", f"share of rows that are {what}" if what else "share of rows where it was right", share=0.7)
    show_legend(ax)
    return ax


def wilson_interval(hits: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 percent intervals of Wilson for ``hits`` out of ``counts``: they never leave 0 to 1.

    ``(p + z**2 / 2n ± z * sqrt(p * (1 - p) / n + z**2 / 4n**2)) / (1 + z**2 / n)``

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, 209.

    Examples
    --------
    >>> low, high = wilson_interval(np.array([10]), np.array([10]))
    >>> low.round(3).tolist(), high.tolist()
    ([0.722], [1.0])
    """
    n = counts.astype(np.float64)
    p, z2 = hits / n, _Z * _Z
    middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n)
    half = _Z * np.sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n)) / (1.0 + z2 / n)
    # At the ends the intervals end too, but for rounding.
    return np.where(hits == 0, 0.0, middle - half), np.where(hits == counts, 1.0, middle + half)
