"""Numbers, names and durations as short text on one line, for reports and messages."""

from __future__ import annotations

import math

from glassnet.utils.wording import shortened

__all__ = [
    "about_seconds", "bytes_text", "count", "metric_name", "metric_text", "number_text", "plain", "score_text",
    "signed_text", "summand_text",
]  # fmt: skip

_SHARES = ("accuracy", "auc", "balanced_accuracy", "f1", "r2")
_NAMES = {
    "auc": "AUC",
    "brier": "Brier score",
    "f1": "F1",
    "mae": "MAE",
    "pinball": "pinball loss",
    "r2": "R²",
    "rmse": "RMSE",
}
_NAMES["rmse_in_spreads"] = "RMSE in spreads"


def plain(value: object, limit: int = 0) -> str:
    r"""Return printable text on one line, safe for a terminal, cut at ``limit`` characters.

    Examples
    --------
    >>> plain("a\tb\x1b[31m"), plain("a long name", limit=6)
    ('a b�[31m', 'a lon…')
    """
    text = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in str(value))
    return shortened(text, limit, "…") if limit else text


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, singular or plural.

    Examples
    --------
    >>> count(1, "row"), count(1234, "row"), count(2, "class", "classes")
    ('1 row', '1,234 rows', '2 classes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def number_text(value: float, digits: int = 4) -> str:
    """Return a number with about ``digits`` significant digits, without an exponent where possible.

    Examples
    --------
    >>> [number_text(v) for v in (0.0, 0.12345678, 123456.78, 1.5e-7, 3.0e12)]
    ['0', '0.1235', '123,457', '1.5e-07', '3e+12']
    """
    if value == 0.0:
        return "0"
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size < 1e-4 or size >= 1e9:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    return f"{value:,.{min(decimals, 8)}f}"


def metric_text(value: float | None) -> str:
    """Return a score with three decimals, or with significant digits where these would be lost.

    Examples
    --------
    >>> [metric_text(v) for v in (0.98651, 1.0, 0.00042, 4021.7, None)]
    ['0.987', '1.000', '0.00042', '4,022', '-']
    """
    if value is None:
        return "-"
    size = abs(value)
    if size != 0.0 and (size < 0.01 or size >= 100.0):
        return number_text(value, 2 if size < 0.01 else 4)
    return f"{value:.3f}"


def score_text(name: str, value: float | None) -> str:
    """Return a score as `metric_text`, but with three decimals where it is measured against 1.

    Examples
    --------
    >>> score_text("r2", -1.9e-9), score_text("rmse", 0.00042), score_text("accuracy", None)
    ('0.000', '0.00042', '-')
    """
    return f"{value:z.3f}" if value is not None and name in _SHARES and abs(value) < 100.0 else metric_text(value)


def signed_text(value: float, digits: int = 3) -> str:
    """Return a number as `number_text`, with its sign.

    Examples
    --------
    >>> signed_text(-185195.4), signed_text(0.3961), signed_text(0.0)
    ('-185,195', '+0.396', '0')
    """
    return ("+" if value > 0.0 else "") + number_text(value, digits)


def summand_text(value: float, largest: float, *, signed: bool = False) -> str:
    """Return a number with the decimals that ``largest`` has with four digits, so that several can be added up.

    Examples
    --------
    >>> [summand_text(v, 3332670.0, signed=True) for v in (817990.4, -44.2)], summand_text(0.0837, 1.0)
    (['+817,990', '-44'], '0.084')
    """
    if not math.isfinite(value) or not (largest == 0.0 or 1e-9 < abs(largest) < 1e15):
        return signed_text(value, 4) if signed else number_text(value)
    decimals = max(0, 3 - math.floor(math.log10(abs(largest)))) if largest else 0
    return f"{value:{'+' if signed else ''}z,.{decimals}f}"


def metric_name(metric: str) -> str:
    """Return the name of a metric as reports write it.

    Examples
    --------
    >>> metric_name("rmse"), metric_name("balanced_accuracy")
    ('RMSE', 'balanced accuracy')
    """
    return _NAMES.get(metric, metric.replace("_", " "))


def bytes_text(n: int) -> str:
    """Return a file size.

    Examples
    --------
    >>> bytes_text(300), bytes_text(28_400), bytes_text(5_200_000)
    ('300 bytes', '28 kB', '5.2 MB')
    """
    if n < 1000:
        return f"{n} bytes"
    if n < 1e6:
        return f"{n / 1e3:.0f} kB"
    return f"{n / 1e6:.1f} MB"


def about_seconds(seconds: float) -> str:
    """Return an estimated duration, rounded.

    Examples
    --------
    >>> [about_seconds(s) for s in (0.3, 7.6, 43, 81, 400, 9000)]
    ['1 s', '8 s', '45 s', '80 s', '7 min', '2.5 h']
    """
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 60:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 90:
        return f"{10 * round(seconds / 10)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
