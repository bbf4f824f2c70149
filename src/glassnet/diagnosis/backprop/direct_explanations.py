"""What is wrong with single gradients, as the finite differences alone show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.scale_factors import fit

__all__ = ["explain_directly", "explain_what_is_left", "repair_shapes"]


def explain_directly(study: Study) -> dict[int, list[Cause]]:
    """Return what is wrong with single gradients, from the finite differences alone."""
    explanations = (_missing, _summed, _new_parameters, _factor, _transposed, _of_another, _clipped, _shortened)
    explained = {}
    for i in (i for i, wrong in enumerate(study.wrong) if wrong):
        found = (explain(study, i) for explain in explanations)
        # A gradient of a wrong shape may have the right numbers.
        causes = next((each for each in found if each or (each is not None and i in study.repaired)), None)
        if causes is not None:
            explained[i] = causes
    return explained


def explain_what_is_left(study: Study) -> dict[int, list[Cause]]:
    """Return the causes of gradients that are always the same, or 0 but for rounding, where nothing explains them."""
    constant = {i: _constant(study, i) for i, wrong in enumerate(study.wrong) if wrong}
    kinds = {i: "bias_forgotten" if study.is_bias(i) else "no_gradient" for i in study.vanishing}
    vanishing = {i: [Cause(kind, "is 0 but for rounding")] for i, kind in kinds.items()}
    return {i: causes for i, causes in constant.items() if causes} | vanishing


def repair_shapes(study: Study) -> None:
    """Set the numbers of gradients whose shape is not that of their parameter, so that they can be followed."""
    for i, wrong in enumerate(study.wrong):
        returned = study.returned(i) if wrong and study.bad_shape(i) else None
        if returned is not None:
            arrays = [_shaped(g, p.arrays[i].shape, p.n) for g, p in zip(returned, study.points, strict=True)]
            usable = [array for array in arrays if array is not None]
            if len(usable) == len(arrays):
                study.repaired[i] = _shape_cause(study, i), usable


def _shaped(gradient: np.ndarray, shape: tuple[int, ...], n: int) -> np.ndarray | None:
    """Return a gradient in the shape of its parameter: turned round, summed over the rows, or spread."""
    size = int(np.prod(shape))
    if gradient.size == 1:
        return np.full(shape, gradient.item())
    if gradient.size == size:
        turned = gradient.ndim == 2 and gradient.shape == shape[::-1] and 1 not in shape
        return np.asarray(gradient.T if turned else gradient.reshape(shape))
    if gradient.size == n * size and n in gradient.shape:
        axis = 0 if gradient.shape[0] == n and gradient.shape[-1] != n else gradient.shape.index(n)
        # Rows or columns, whichever is the longer: where both have n entries, the parameter's shape decides.
        if gradient.ndim == 2 and gradient.shape[0] == gradient.shape[1]:
            axis = 1 if len(shape) == 2 and shape[1] == 1 else 0
        return np.asarray(gradient.sum(axis=axis)).reshape(shape)
    return None


def _shape_cause(study: Study, i: int) -> Cause:
    """Return what is wrong with a shape: not summed, transposed, or another."""
    # With one row, all may fit at the other points.
    point = study.points[0] if study.points[0].n > 1 else study.points[-1]
    gradient, parameter, n = point.found.gradients[i], point.arrays[i], point.n
    assert gradient is not None
    kind = "wrong_shape"
    if gradient.size == n * parameter.size and n in gradient.shape:
        kind = "bias_not_summed"
    elif gradient.ndim == 2 and gradient.shape == parameter.shape[::-1] and 1 not in parameter.shape:
        kind = "transposed_gradient"
    elif study.is_bias(i) and all(g.size == p.n for g, p in zip(study.returned(i) or [], study.points, strict=True)):
        kind = "bias_summed_over_units"
    return Cause(kind, f"has shape {gradient.shape}, the parameter {parameter.shape}")


def _missing(study: Study, i: int) -> list[Cause] | None:
    kind = "bias_forgotten" if study.is_bias(i) else "no_gradient"
    gradients = study.returned(i)
    if gradients is None:
        return [Cause(kind, "is missing")]
    if not all(np.isfinite(gradient).all() for gradient in gradients):
        return [Cause("not_finite", "has NaN or infinity")]
    if not any(gradient.any() for gradient in gradients):
        return [Cause(kind, "is 0 everywhere")]
    # Sums that cancel leave rounding behind: what cancels there is not known yet.
    sizes = [(np.linalg.norm(g), np.linalg.norm(each)) for g, each in zip(gradients, study.numeric(i), strict=True)]
    if all(size <= 1e-10 * numeric for size, numeric in sizes):
        study.vanishing.add(i)
    return None


def _summed(study: Study, i: int) -> list[Cause] | None:
    """Explain a gradient of one number where there should be one for each unit; and any other shape."""
    returned = study.returned(i) if study.bad_shape(i) else None
    if returned is None:
        return None
    if all(each.size == 1 for each in returned) and len(study.entries[i]) == study.points[0].arrays[i].size:
        for share, what in (
            (1, "the sum over all units"),
            (study.points[0].arrays[i].size, "the mean over all of them"),
        ):
            pairs = zip(returned, study.numeric(i), strict=True)
            if all(abs(found.item() - each.sum() / share) <= 1e-6 * np.abs(each).sum() for found, each in pairs):
                return [Cause("bias_summed_over_everything", f"is one number, {what}")]
    return None if i in study.repaired else _of_another(study, i) or [_shape_cause(study, i)]


def _constant(study: Study, i: int) -> list[Cause] | None:
    """Explain a gradient that does not change where the right one does."""
    found, numeric = study.found(i), study.numeric(i)
    if found is None or not found[0].any() or _equal(numeric[1:3], [numeric[0]] * 2):
        return None
    return [Cause("constant_gradient")] if all(np.array_equal(found[0], other) for other in found[1:3]) else None


def _factor(study: Study, i: int) -> list[Cause] | None:
    return study.compare(i, [point.numeric[i] - point.penalty[i] for point in study.points])


def _new_parameters(study: Study, i: int) -> list[Cause] | None:
    found = study.found(i)
    if found is None:
        return None
    steps = study.pick(i, [f - p.arrays[i].reshape(f.shape) for f, p in zip(found, study.points, strict=True)])
    step = fit(steps, study.numeric(i), study.counts)
    return None if step is None or step.scale.constant > 0 else [Cause("returns_new_parameters")]


def _transposed(study: Study, i: int) -> list[Cause] | None:
    found, shape = study.found(i), study.shape(i)
    if found is None or len(shape) != 2 or shape[0] != shape[1]:
        return None
    turned = study.pick(i, [gradient.reshape(shape).T for gradient in found])
    right = _equal(turned, study.numeric(i))
    return [Cause("transposed_gradient", "is the transpose of the right one")] if right else None


def _of_another(study: Study, i: int) -> list[Cause] | None:
    for j in range(len(study.names)):
        if j != i and _is_gradient_of(study, i, j):
            both = _is_gradient_of(study, j, i)
            kind = "swapped_gradients" if both else "gradient_of_another"
            return [Cause(kind, "the other" if both else study.names[j])]
    return None


def _is_gradient_of(study: Study, i: int, j: int) -> bool:
    """Return whether what was returned for parameter i is the gradient of parameter j."""
    found = study.returned(i)
    if found is None or any(gradient.size != study.points[0].arrays[j].size for gradient in found):
        return False
    return _equal(study.pick(j, found), study.numeric(j))


def _clipped(study: Study, i: int) -> list[Cause] | None:
    """Explain a gradient that is the right one with what is beyond a bound cut off."""
    found = study.found(i)
    if found is None or len(study.entries[i]) < 2:
        return None
    picked, right = study.pick(i, found), study.numeric(i)
    bounds = [float(np.abs(each).max()) for each in picked]
    cut = [np.clip(r, -bound, bound) for r, bound in zip(right, bounds, strict=True)]
    beyond = [np.abs(r) > bound * (1 + 1e-4) for r, bound in zip(right, bounds, strict=True)]
    active = [bound for bound, each in zip(bounds, beyond, strict=True) if each.any()]
    if not active or np.all(beyond) or np.ptp(active) > 1e-6 * max(active) or not _equal(picked, cut):
        return None
    return [Cause("clipped_gradient", f"is the right one, with what is beyond ±{active[0]:.4g} cut off")]


def _shortened(study: Study, i: int) -> list[Cause] | None:
    """Explain a gradient that is always of one length, by itself or together with all others."""
    found = study.found(i)
    factors = None if found is None else _factors(study, i)
    if found is None or factors is None:
        return None
    shorter = [t for t, factor in enumerate(factors) if factor < 1 - 1e-4]
    own = _lengths([found]) if len(study.entries[i]) > 1 else []
    others = [_factors(study, j) for j in range(len(study.names)) if len(study.entries[j]) > 1]
    alike = all(each is not None and np.allclose(each, factors, rtol=1e-5) for each in others)
    every = [study.found(j) for j in range(len(study.names))]
    together = _lengths([each for each in every if each is not None]) if alike and others else []
    for lengths, what in ((own, "the length"), (together, "with all others together the length")):
        cut = [lengths[t] for t in shorter if lengths]
        if len(cut) > 1 and np.ptp(cut) <= 1e-6 * max(cut):
            return [Cause("clipped_gradient", f"has the right direction and always {what} {cut[0]:.4g}")]
    return None


def _lengths(parameters: Sequence[Sequence[np.ndarray]]) -> list[float]:
    """Return the length of some gradients together, at each point."""
    points = zip(*parameters, strict=True)
    return [float(np.sqrt(sum(float(np.sum(each**2)) for each in gradients))) for gradients in points]


def _factors(study: Study, i: int) -> list[float] | None:
    """Return by which factor a gradient is the right one at each point, None if it has another direction."""
    found = study.found(i)
    if found is None:
        return None
    picked, right = study.pick(i, found), study.numeric(i)
    factors = [float(f @ r) / max(float(r @ r), 1e-300) for f, r in zip(picked, right, strict=True)]
    along = _equal(picked, [factor * r for factor, r in zip(factors, right, strict=True)])
    return factors if along and min(factors) > 0 else None


def _equal(found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> bool:
    pairs = zip(found, expected, strict=True)
    return all(np.linalg.norm(f - e) <= 1e-6 * max(float(np.linalg.norm(e)), 1e-12) for f, e in pairs)
