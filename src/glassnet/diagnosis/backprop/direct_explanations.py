"""What is wrong with single gradients, as the finite differences alone show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.scale_factors import fit

__all__ = ["explain_directly", "explain_what_vanishes", "repair_shapes"]


def explain_directly(study: Study) -> dict[int, list[Cause]]:
    """Return what is wrong with single gradients, from the finite differences alone."""
    explanations = (_missing, _summed, _constant, _new_parameters, _factor, _transposed, _of_another, _clipped)
    explained = {}
    for i in (i for i, wrong in enumerate(study.wrong) if wrong):
        found = (explain(study, i) for explain in explanations)
        # A gradient of a wrong shape may have the right numbers.
        causes = next((each for each in found if each or (each is not None and i in study.repaired)), None)
        if causes is not None:
            explained[i] = causes
    return explained


def explain_what_vanishes(study: Study) -> dict[int, list[Cause]]:
    """Return the causes of gradients that are 0 but for rounding, where nothing else explains them."""
    kinds = {i: "bias_forgotten" if study.is_bias(i) else "no_gradient" for i in study.vanishing}
    return {i: [Cause(kind, "is 0 but for rounding")] for i, kind in kinds.items()}


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
        pairs = zip(returned, study.numeric(i), strict=True)
        if all(abs(found.item() - each.sum()) <= 1e-6 * np.abs(each).sum() for found, each in pairs):
            return [Cause("bias_summed_over_everything", "is one number, the sum over all units")]
    return None if i in study.repaired else _of_another(study, i) or [_shape_cause(study, i)]


def _constant(study: Study, i: int) -> list[Cause] | None:
    found = study.found(i)
    if found is None or not found[0].any():
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
    """Explain a gradient that is the right one but cut off, or made shorter where it is long."""
    found = study.found(i)
    if found is None:
        return None
    picked, right = study.pick(i, found), study.numeric(i)
    bounds = [float(np.abs(each).max()) for each in picked]
    cut = [np.clip(r, -bound, bound) for r, bound in zip(right, bounds, strict=True)]
    active = [bound for bound, r in zip(bounds, right, strict=True) if np.abs(r).max() > bound * (1 + 1e-4)]
    if active and np.ptp(active) <= 1e-6 * max(active) and _equal(picked, cut):
        return [Cause("clipped_gradient", f"is the right one, with what is beyond ±{active[0]:.4g} cut off")]
    factors = [float(f @ r) / max(float(r @ r), 1e-300) for f, r in zip(picked, right, strict=True)]
    along = _equal(picked, [factor * r for factor, r in zip(factors, right, strict=True)])
    shorter = [t for t, factor in enumerate(factors) if 0 < factor < 1 - 1e-4]
    whole = [[p.found.gradients[j] for j in range(len(study.names))] for p in study.points]
    for gradients in ([found[t : t + 1] for t in range(len(found))], whole):
        flat = [[np.ravel(g) for g in each if g is not None] for each in gradients]
        norms = [float(np.linalg.norm(np.concatenate(flat[t]))) for t in shorter]
        if along and len(norms) > 1 and np.ptp(norms) <= 1e-6 * max(norms):
            return [Cause("clipped_gradient", f"has the right direction and always the length {norms[0]:.4g}")]
    return None


def _equal(found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> bool:
    pairs = zip(found, expected, strict=True)
    return all(np.linalg.norm(f - e) <= 1e-6 * max(float(np.linalg.norm(e)), 1e-12) for f, e in pairs)
