"""Checks of the data, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.remedies.trials import ON_NUMBERS, SHARE_OF_CONSTANT, Attempt, standardised
from glassnet.layers import BatchNorm, Embedding, LayerNorm
from glassnet.utils.row_sources import RowSource
from glassnet.utils.wording import few

__all__ = ["check_columns", "check_rows", "check_targets"]

_LARGE, _SMALL, _FAR_APART = 100.0, 1e-2, 1e4  # root mean squares of columns, and of the largest to the smallest
_TARGET_LARGE, _TARGET_SMALL = 10.0, 1e-2
_MORE_STEPS = 200  # to see whether scaling helps a network that learns slowly
_SHARED = 0.05  # of the validation rows
_FREQUENT = 0.8
_FEWEST_ROWS = 20
_NEARLY_WHOLE = 0.05
_KEYS = 10_000  # rows among which repetitions are counted


def check_columns(case: Case) -> Iterator[Suspicion]:
    """Report columns that are constant, equal, running numbers, the answer itself, or of very different size.

    A few rows show whether a column may be one of these; more are only checked where they do.
    """
    few, n = _flat(case.probe[0]), len(case.probe[0])
    if n < 2 or any(isinstance(layer, Embedding) for layer in case.original.layers):
        return
    varies = few.std(axis=0) > 1e-12 * np.abs(few).max(axis=0)
    if not varies.all():
        many = _flat(case.sample[0][:, ~varies] if case.sample[0].ndim == 2 else case.sample[0])
        still = np.ptp(many, axis=0) <= 1e-12 * np.abs(many).max(axis=0)
        which = np.flatnonzero(~varies)[still] if case.sample[0].ndim == 2 else np.flatnonzero(still)
        varies[:] = True
        varies[which] = False
        if len(which) == len(varies):
            yield suspect("all-columns-constant", f"No column changes over {_rows(case)}.", epoch=0)
            return
        if len(which):
            measured = f"{_columns(case, which)} the same value in {_rows(case)}."
            yield suspect("constant-columns", measured, epoch=0, evidence={"columns": which.tolist()})
    yield from _equal_columns(case, few, varies)
    if few.shape[1] > 1 and case.n_rows >= 2 * _FEWEST_ROWS:
        yield from _running_numbers(case, few, varies)
        yield from _leaks(case, few, varies)
    if not isinstance(case.original.layers[0], (BatchNorm, LayerNorm)):
        yield from _sizes(case, few, varies)


def _flat(X: np.ndarray) -> np.ndarray:
    return X.reshape(len(X), -1).astype(np.float64)


def _rows(case: Case) -> str:
    """Return which rows were checked, as part of a sentence."""
    n = len(case.sample[0])
    return f"all {n} rows" if n == case.n_rows else f"{n} of {case.n_rows} rows"


def _columns(case: Case, which: np.ndarray) -> str:
    """Return some columns as the subject of a sentence, with "has" or "have"."""
    if len(which) == 1:
        return f"{_upper(case.names[which[0]])} has"
    return f"{len(which)} columns ({few((case.names[index] for index in which), 3)}) have"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _equal_columns(case: Case, few: np.ndarray, varies: np.ndarray) -> Iterator[Suspicion]:
    """Report pairs of columns with the same numbers."""
    columns = np.ascontiguousarray(few.T)
    first: dict[bytes, int] = {}
    pairs = []
    for index in np.flatnonzero(varies).tolist():
        other = first.setdefault(columns[index].tobytes(), index)
        if other != index and np.array_equal(_one(case, other), _one(case, index)):
            pairs.append((other, index))
    if pairs:
        one, other = pairs[0]
        more = f"; {len(pairs) - 1} more such pairs" if len(pairs) > 1 else ""
        measured = f"{_upper(case.names[one])} and {case.names[other]} are equal in {_rows(case)}{more}."
        yield suspect("duplicate-columns", measured, epoch=0, evidence={"pairs": pairs})


def _one(case: Case, index: int) -> np.ndarray:
    """Return one column of the sample."""
    X = case.sample[0]
    return X.reshape(len(X), -1)[:, index].astype(np.float64)


def _running_numbers(case: Case, few: np.ndarray, varies: np.ndarray) -> Iterator[Suspicion]:
    """Report a column whose values, sorted, are all different and evenly spaced: a row number, scaled or not."""
    n = len(case.sample[0])
    if n < case.n_rows:  # gaps of the sample would hide it
        return
    X = case.sample[0].reshape(n, -1)
    low, high = X.min(axis=0).astype(np.float64), X.max(axis=0).astype(np.float64)
    # In units of the gap that running numbers would have, all of them are whole.
    units = (few - low) / np.where(varies, high - low, 1.0) * (n - 1)
    whole = (np.abs(units - np.round(units)) < _NEARLY_WHOLE).all(axis=0)
    for index in np.flatnonzero(varies & whole).tolist():
        steps = np.diff(np.sort(_one(case, index)))
        if steps[0] > 0 and np.ptp(steps) <= 1e-3 * steps.mean():
            measured = f"The values of {case.names[index]} are {n} different, evenly spaced numbers."
            remedy = _without(case, index)
            yield suspect("id-column", measured, remedy, if_helped=False, epoch=0, evidence={"column": index})
            return


def _leaks(case: Case, few: np.ndarray, varies: np.ndarray) -> Iterator[Suspicion]:
    """Report one column from which the target follows, while no other comes near."""
    y = case.probe[1]
    codes = case.codes(y)
    columns = np.flatnonzero(varies)
    is_number = y.ndim == 2 and y.shape[1] == 1 and not case.loss.classifies
    if len(columns) < 3 or (codes is None and not is_number):
        return
    follows, enough, far = _follows(few[:, columns], y, codes)
    order = np.argsort(follows)
    if follows[order[-1]] < enough or follows[order[-2]] > far:
        return
    index = int(columns[order[-1]])
    y = case.sample[1]
    score = float(_follows(_one(case, index)[:, None], y, case.codes(y))[0][0])
    if score < enough:
        return
    what = "y follows from it exactly" if codes is not None else f"its correlation with y is {score:.5f}"
    measured = f"{_upper(case.names[index])} alone gives the answer: {what}."
    evidence = {"column": index, "score": score}
    yield suspect("leaking-column", measured, _without(case, index), if_helped=False, epoch=0, evidence=evidence)


def _follows(X: np.ndarray, y: np.ndarray, codes: np.ndarray | None) -> tuple[np.ndarray, float, float]:
    """Return how well y follows from each column, what is enough, and what others may have at most."""
    if codes is None:
        return _correlations(X, y[:, 0].astype(np.float64)), 0.9999, 0.95
    return _separations(X, codes), 1.0, 0.9


def _correlations(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return |correlation| of every column with y."""
    centred, target = X - X.mean(axis=0), y - y.mean()
    norms = np.linalg.norm(centred, axis=0) * np.linalg.norm(target)
    found: np.ndarray = np.abs(target @ centred) / np.where(norms > 0.0, norms, np.inf)
    return found


def _separations(X: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return for every column the accuracy of the best rule that cuts it into one piece per class.

    With more than two classes it is 1 if the classes lie one after the other, and 0 if they do not.
    """
    ordered = codes[np.argsort(X, axis=0, kind="stable")]
    n_classes = int(np.count_nonzero(np.bincount(codes)))  # np.unique imports np.ma
    if n_classes > 2:
        changes = np.count_nonzero(np.diff(ordered, axis=0), axis=0)
        return np.asarray(changes == n_classes - 1, dtype=np.float64)
    ones = ordered == codes.max()
    before = np.concatenate([np.zeros((1, X.shape[1]), dtype=np.int64), np.cumsum(ones, axis=0)])
    places = np.arange(len(X) + 1)[:, None]
    right = before + (len(X) - places) - (before[-1] - before)  # ones before the cut and zeros behind it
    found: np.ndarray = np.maximum(right, len(X) - right).max(axis=0) / len(X)
    return found


def _without(case: Case, index: int) -> Attempt:
    """Return the remedy that leaves a column out."""

    def blank(X: np.ndarray) -> np.ndarray:
        found = X.reshape(len(X), -1).copy()
        found[:, index] = found[:, index].mean()
        return found.reshape(X.shape)

    return Attempt(f"{case.names[index]} blanked out", inputs=blank)


def _sizes(case: Case, few: np.ndarray, varies: np.ndarray) -> Iterator[Suspicion]:
    """Report columns whose numbers are far from unit size, or of very different sizes."""
    sizes = np.sqrt(np.mean(few**2, axis=0))
    columns = np.flatnonzero(varies)
    order = columns[np.argsort(sizes[columns])[::-1]]
    largest = sizes[order[0]]
    # A quarter of the columns must be small beside it: single ones may be pixels that are hardly ever lit.
    if _SMALL < largest < _LARGE and largest < _FAR_APART * np.quantile(sizes[columns], 0.25):
        return
    X = _flat(case.sample[0])
    means, spreads = X.mean(axis=0), X.std(axis=0)
    worst = [f"{case.names[j]} has mean {means[j]:.4g} and spread {spreads[j]:.4g}" for j in order[:3].tolist()]
    if _SMALL < largest < _LARGE:
        worst = [worst[0], f"{case.names[order[-1]]} {means[order[-1]]:.4g} and {spreads[order[-1]]:.4g}"]
    evidence = {"columns": order[:3].tolist(), "means": means[order[:3]], "spreads": spreads[order[:3]]}
    scaled = standardised(means, spreads)
    remedy = Attempt("every column scaled to mean 0, spread 1", inputs=scaled, steps=_MORE_STEPS)
    yield suspect("unscaled-inputs", _upper("; ".join(worst)) + ".", remedy, epoch=0, evidence=evidence)


def check_targets(case: Case) -> Iterator[Suspicion]:
    """Report a single class, classes without rows, a class that is nearly all, numbers far from unit size."""
    codes = case.codes(case.targets)
    if codes is not None:
        yield from _classes(case, codes)
    elif isinstance(case.loss, ON_NUMBERS):
        values = case.sample[1].astype(np.float64)
        means, spreads = values.mean(axis=0), values.std(axis=0)
        size = float(np.sqrt(means**2 + spreads**2).max())
        if (_TARGET_SMALL < size < _TARGET_LARGE) or not spreads.any():
            return
        measured = f"y has mean {means.max():.4g} and spread {spreads.max():.4g}."
        evidence = {"mean": means, "spread": spreads}
        scaled = standardised(means, spreads)
        remedy = Attempt("y scaled to mean 0, spread 1", targets=scaled, measure=SHARE_OF_CONSTANT, steps=_MORE_STEPS)
        yield suspect("unscaled-target", measured, remedy, epoch=0, evidence=evidence)


def _classes(case: Case, codes: np.ndarray) -> Iterator[Suspicion]:
    counts = np.bincount(codes, minlength=max(2, case.original.n_outputs))
    share, most = float(counts.max() / counts.sum()), int(counts.argmax())
    evidence = {"counts": counts.tolist()}
    if share == 1.0:
        yield suspect("single-class", f"All {len(codes)} rows are of class {most}.", epoch=0, evidence=evidence)
        return
    if share >= _FREQUENT:
        measured = f"{share:.1%} of {len(codes)} rows are of class {most}."
        yield suspect("imbalance", measured, epoch=0, evidence=evidence)
    missing = np.flatnonzero(counts == 0).tolist()
    if missing:
        named = ", ".join(map(str, missing[:5]))
        measured = f"No row is of class {named}, of {len(counts)} that the network can answer."
        yield suspect("missing-classes", measured, epoch=0, evidence=evidence)
    if not case.shuffles and case.batch_size < case.n_rows and (np.diff(codes) >= 0).all():
        yield suspect("sorted-rows", "The rows are sorted by class, and shuffle=False.", epoch=0)


def check_rows(case: Case) -> Iterator[Suspicion]:
    """Report validation rows that are training rows too, beyond what chance gives where rows repeat."""
    held_out, X = case.held_out, case.data[0]
    if held_out is None or len(held_out[0]) < _FEWEST_ROWS:
        return
    train = case.sample[0] if isinstance(X, RowSource) else X
    direction = np.random.default_rng(0).standard_normal(int(np.prod(train.shape[1:]))).astype(train.dtype)
    keys = _keys(train, direction)
    wanted = _keys(held_out[0], direction)
    ordered = np.sort(wanted)
    places = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    seen = np.isin(wanted, keys[ordered[places] == keys])
    few = keys[:_KEYS]
    repeated = 1.0 - len(np.unique(few)) / len(few)
    if seen.mean() < _SHARED + 2.0 * repeated:
        return
    n_seen, n = int(seen.sum()), len(wanted)
    measured = f"{n_seen} of {n} validation rows are training rows too."
    tried = ""
    if case.is_trained and 0 < n_seen < n:
        X, y, weight = held_out
        unseen = X[~seen], y[~seen], None if weight is None else weight[~seen]
        rest, every = (case.logits_and_loss(rows)[1] for rows in (unseen, held_out))
        tried = f"without them the validation loss is {rest:.3g} instead of {every:.3g}."
    evidence = {"shared": n_seen, "rows": n}
    yield suspect("shared-rows", measured, epoch=0, tried=tried, evidence=evidence)


def _keys(X: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return one number per row that is equal for equal rows, and hardly ever for others."""
    # einsum adds in the same order whatever the number of rows; a matrix product need not.
    found: np.ndarray = np.einsum("nd,d->n", X.reshape(len(X), -1), direction)
    return found
