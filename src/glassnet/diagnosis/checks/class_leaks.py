"""Search for columns that give a class away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.diagnosis.checks.leaks import Leak
from glassnet.diagnosis.checks.predictors import by_neighbours, explained_by, quick_ranks, trimmed
from glassnet.utils.distinct_values import distinct, median, numbered

__all__ = ["leaked_classes"]

_FEW = 200  # rows for a first look, of many columns half as many
_NARROW = 50
_SEPARATED = 0.93  # of two classes: area under the curve of ranks
_CORRELATED = 0.95  # a column with the mark of one class
_BETWEEN = 0.6  # share of a column's variance between classes
_SUSPECTS = 8
_RIGHT_OF_FEW = 0.93  # share of few rows, at least
_RIGHT = 0.975  # share of the rows, without a value that fills gaps
_NEARLY = 0.95  # the same of a column of as many values as there are classes, for a note
# An honest column may be right that often by chance: so many more wrong answers must be possible.
_SURPLUS, _DOUBTFUL, _FEWEST_EXACT = 3, 0.035, 80
_GAPS = 0.1  # most rows that such a value may have
_MIXED = 0.9  # share of one class in such a value, at most
_CODE = 20.0  # distance of two classes in widths of one, where a column is a code of the class
_OTHERS_RIGHT = 0.9  # of a single other column, where a column without gaps between the classes is suspected
_NINE_OF_TEN = 0.9
_EASY = 0.985  # share of the rows that all others get right, where nothing is wrong
_BEHIND = 0.03  # of the column's own, at least
_COPY = 0.15


def leaked_classes(read: Callable[[int], np.ndarray], columns: np.ndarray, codes: np.ndarray) -> Leak | None:
    """Return the columns from which a class follows, if there are some; parameters as of `leaked_numbers`."""
    classes, codes, _ = numbered(codes)
    k = len(classes)
    if k < 2 or k > len(codes) // 10:
        return None
    few = min(_FEW if len(columns) <= _NARROW else _FEW // 2, len(codes))
    first = read(few)
    places, marks = _suspected(first, codes[:few], k)
    suspects = [j for j in places.tolist() if _right(first[:, j], codes[:few], k)[0] >= _RIGHT_OF_FEW]
    if not suspects and not marks:
        return None
    chosen = read(len(codes))
    hot = np.eye(k)[codes]
    found = {j: _right(chosen[:, j], codes, k) for j in suspects}
    leaking, score, each = _leaking(chosen, codes, k, found, marks)
    if not leaking:
        return None
    is_exact_only = each and not found[leaking[0]][1]
    rest = [j for j in range(chosen.shape[1]) if j not in leaking]
    if each:
        ranked = quick_ranks(chosen) / len(chosen)
        copies = trimmed(ranked - by_neighbours(chosen[:, leaking[0]], ranked), ranked)
        rest = [j for j in rest if not _is_copy(chosen[:, j], codes, k, copies[j])]
        if all(len(distinct(chosen[:, j])) > 4 * k for j in leaking) and any(copies[j] > _COPY for j in leaking[1:]):
            return None  # several columns of their own, each of which separates the classes: an easy task
    others, answers = explained_by(quick_ranks(chosen[:, rest]) / len(chosen), hot)
    others_right = float((answers.argmax(axis=1) == codes).mean())
    is_behind = others_right <= (_EASY if score == 1.0 and not is_exact_only else score - _BEHIND)
    is_code = not is_exact_only and all(len(distinct(chosen[:, j])) <= k for j in leaking)
    # Where all others are nearly as good, a code of the class is one all the same.
    if not is_behind and not (is_code and score >= _RIGHT and others_right <= score):
        return None
    if is_exact_only and (others_right > _OTHERS_RIGHT or _best_single(found, leaking) > _OTHERS_RIGHT):
        return None
    n, each_text = len(chosen), "each of them" if len(leaking) > 1 and each else "them" if len(leaking) > 1 else "it"
    known = score * (found[leaking[0]][2] if each else 1.0)
    how = f"y follows from {each_text} in {known if known == 1.0 else min(known, 0.999):.1%} of {n} rows"
    words = f"all other columns together get {others_right:.0%} right"
    n_wrong = (1.0 - score) * n
    is_doubtful = n_wrong + _SURPLUS > _DOUBTFUL * n if n_wrong > 0.5 else n < _FEWEST_EXACT
    is_doubtful |= is_exact_only and k > 2  # three groups of measurements may well lie apart
    is_doubtful |= not is_behind or score < _RIGHT
    return Leak([int(columns[j]) for j in leaking], each, how, score, others, words, is_doubtful)


def _leaking(
    X: np.ndarray, codes: np.ndarray, k: int, found: dict[int, tuple[float, bool, float]], marks: dict[int, int]
) -> tuple[list[int], float, bool]:
    """Return the columns from which a class follows, in which share of the rows, and whether from each alone."""
    coded = [j for j, (_, is_code, _) in found.items() if is_code]
    # Or a code with more mistakes in it.
    leaking = [j for j in coded if found[j][0] >= _RIGHT] or [j for j in coded if len(distinct(X[:, j])) == k]
    if leaking:
        return leaking, max(found[j][0] for j in leaking), True
    exact = [j for j, (right, *_) in found.items() if right == 1.0]
    if len(exact) == 1:
        return exact, 1.0, True
    if marks and min(_agreement(X[:, j], codes == c) for c, j in marks.items()) >= _RIGHT:
        leaking = list(marks.values())
        return leaking, _right_together(X[:, leaking], codes, k), False
    return [], 0.0, False


def _suspected(X: np.ndarray, codes: np.ndarray, k: int) -> tuple[np.ndarray, dict[int, int]]:
    """Return columns that few rows let suspect, and one column per class where each marks one."""
    counts = np.bincount(codes, minlength=k)
    if (counts < 2).any():
        return np.zeros(0, dtype=np.int64), {}
    hot = np.eye(k)[codes]
    R = quick_ranks(X)
    means = hot.T @ R / counts[:, None]
    spread = np.sqrt((R**2).mean(axis=0))
    if k == 2:  # the area under the curve, from the mean rank of one class
        area = 0.5 + (means[1] - means[0]) / len(codes)
        scores, limit = np.abs(area - 0.5) + 0.5, _SEPARATED
    else:
        raw = X - X.mean(axis=0)
        by_value = (counts[:, None] * (hot.T @ raw / counts[:, None]) ** 2).sum(axis=0)
        total = (raw**2).sum(axis=0)
        by_rank = (counts[:, None] * means**2).sum(axis=0) / np.maximum((R**2).sum(axis=0), 1e-300)
        scores, limit = np.maximum(by_rank, by_value / np.where(total > 0.0, total, np.inf)), _BETWEEN
    order = np.argsort(-scores, kind="stable")[:_SUSPECTS]
    suspects = order[scores[order] >= limit]
    marks: dict[int, int] = {}
    if k > 2:
        centred = hot - hot.mean(axis=0)
        alike = np.abs(centred.T @ R) / (
            len(codes) * centred.std(axis=0)[:, None] * np.where(spread > 0, spread, np.inf)
        )
        best = alike.argmax(axis=1)
        clear = [c for c in range(k) if alike[c, best[c]] >= _CORRELATED]
        if len(clear) >= k - 1 and len({int(best[c]) for c in clear}) == len(clear):
            marks = {c: int(best[c]) for c in clear}
    return suspects, marks


def _right(x: np.ndarray, codes: np.ndarray, k: int) -> tuple[float, bool, float]:
    """Return in which share of the rows the class follows from a column, and whether the column is a code of it.

    Rows with a value that is repeated and says nothing, such as one that fills gaps, do not count; the share of the
    others is returned last.
    """
    values, places, counts = numbered(x)
    kept = np.ones(len(x), dtype=bool)
    repeated = int(counts.argmax()) if len(values) > 2 * k else None
    candidates = [repeated] if repeated is not None else range(len(values)) if len(values) > k else []
    for value in candidates:
        here = places == value
        if 3 <= counts[value] <= _GAPS * len(x) and np.bincount(codes[here]).max() < _MIXED * counts[value]:
            kept &= ~here
    x, codes = x[kept], codes[kept]
    if len(values) <= 4 * k:  # a few values: each is of its most frequent class
        table = np.zeros((len(values), k))
        np.add.at(table, (places[kept], codes), 1.0)
        right = float(table.max(axis=1).sum() / len(x))
    else:
        right = _separated(x, codes, k)
    if right < _NEARLY:
        return right, False, float(kept.mean())
    middles, widths = _middles_and_widths(x, codes)
    gap = float(np.diff(np.sort(middles)).min()) if len(middles) == k else 0.0
    # An amount that is 0 for one class, and never for the other, is a code of it too.
    is_mark = k == 2 and right == 1.0 and any(len(distinct(x[codes == c])) == 1 for c in range(k))
    return right, is_mark or (gap > _CODE * max(widths) and gap > 0.0), float(kept.mean())


def _separated(x: np.ndarray, codes: np.ndarray, k: int) -> float:
    """Return the share of rows on the right side where a column is cut into one piece per class."""
    order = np.argsort(x, kind="stable")
    ordered = codes[order]
    if k > 2:
        middles = np.array([median(x[codes == c]) if (codes == c).any() else np.inf for c in range(k)])
        nearest = np.abs(x[:, None] - middles).argmin(axis=1)
        changes = int(np.count_nonzero(np.diff(ordered)))
        return 1.0 if changes == len(distinct(codes)) - 1 else min(float((nearest == codes).mean()), 1.0 - 1e-9)
    ones = np.concatenate([[0], np.cumsum(ordered)])
    right = ones + (len(x) - np.arange(len(x) + 1)) - (ones[-1] - ones)  # ones before the cut and zeros behind it
    cut = np.concatenate([[True], x[order][1:] > x[order][:-1], [True]])  # not between equal numbers
    return float(np.maximum(right, len(x) - right)[cut].max() / len(x))


def _agreement(x: np.ndarray, is_class: np.ndarray) -> float:
    """Return in which share of the rows a column of two values says whether a row is of a class."""
    values = distinct(x)
    if len(values) != 2:
        return 0.0
    share = float(((x == values[1]) == is_class).mean())
    return max(share, 1.0 - share)


def _right_together(X: np.ndarray, codes: np.ndarray, k: int) -> float:
    """Return in which share of the rows the class is the most frequent one of rows with the same numbers."""
    kinds = numbered(quick_ranks(X) @ np.random.default_rng(0).random(X.shape[1]))[1]
    table = np.zeros((int(kinds.max()) + 1, k))
    np.add.at(table, (kinds, codes), 1.0)
    return float(table.max(axis=1).sum() / len(X))


def _is_copy(x: np.ndarray, codes: np.ndarray, k: int, left: float) -> bool:
    """Return whether another column says the same as the leaking one."""
    if len(distinct(x)) <= 4 * k and left <= _COPY:
        return True
    return _right(x, codes, k)[0] >= _RIGHT and left <= 1.0


def _best_single(found: dict[int, tuple[float, bool, float]], leaking: list[int]) -> float:
    return max((right for j, (right, *_) in found.items() if j not in leaking), default=0.0)


def _middles_and_widths(x: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Return the median of each class that there is, and the distance from it within which nine of ten lie."""
    groups = [x[codes == c] for c in distinct(codes)]
    middles = np.array([median(group) for group in groups])
    distances = [np.sort(np.abs(group - middle)) for group, middle in zip(groups, middles, strict=True)]
    return middles, [float(ordered[int(_NINE_OF_TEN * (len(ordered) - 1))]) for ordered in distances]
