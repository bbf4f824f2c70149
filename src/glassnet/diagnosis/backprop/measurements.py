"""What was measured, and what it shows before anything is known about the network inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.loss_recognition import RecognisedLoss
from glassnet.diagnosis.backprop.parameter_tree import looks_like_bias
from glassnet.diagnosis.backprop.sample_points import Point
from glassnet.diagnosis.backprop.scale_factors import Fit, Law, fit

__all__ = ["Cause", "Study", "explain_directly"]


class Cause(NamedTuple):
    """One mistake in one parameter's gradient: its kind, and what was measured, as part of a sentence."""

    kind: str
    detail: str = ""


@dataclass
class Study:
    """All measurements of one check, with the parameters by their place."""

    names: list[str]  # of the parameters
    points: list[Point]
    entries: list[np.ndarray]  # which entries of each flat parameter are checked
    rows: bool  # whether X has one sample per row
    loss: RecognisedLoss
    wrong: list[bool] = field(default_factory=list)  # which gradients are not those of the loss
    targets: list[np.ndarray] | None = None  # y at each point in the shape of the predictions, one sample per row

    @property
    def counts(self) -> list[int]:
        """How many rows each point has."""
        return [point.n for point in self.points]

    def shape(self, which: int) -> tuple[int, ...]:
        """Return the shape of a parameter."""
        return self.points[0].arrays[which].shape

    def pick(self, which: int, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the checked entries of one array per point."""
        return [np.asarray(array).ravel()[self.entries[which]] for array in arrays]

    def found(self, which: int) -> list[np.ndarray] | None:
        """Return the learner's gradients of one parameter at all points, None if one is missing or of another size."""
        gradients = [point.found.gradients[which] for point in self.points]
        size = self.points[0].arrays[which].size
        usable = [gradient for gradient in gradients if gradient is not None and gradient.size == size]
        return usable if len(usable) == len(gradients) else None

    def bad_shape(self, which: int) -> bool:
        """Return whether a gradient would move other entries than its own, or broadcast."""
        gradients = [point.found.gradients[which] for point in self.points]
        return any(g is not None and not _fits(g.shape, self.shape(which)) for g in gradients)

    def numeric(self, which: int) -> list[np.ndarray]:
        """Return the finite differences of one parameter at all points."""
        return [point.numeric[which] for point in self.points]

    def errors(self, P: Sequence[np.ndarray], Y: Sequence[np.ndarray], *, plain: bool = False) -> list[np.ndarray]:
        """Return ``P - Y`` with the loss's own factor, that of the squared error or cross-entropy.

        ``plain`` has the division by n alone, where the loss has one.
        """
        constant, exponent = self.loss.factor or Law(1.0, -1)
        twice = 2.0 if self.loss.is_squared_error else 1.0
        factor = Law(1.0 if plain else twice * constant, exponent)
        return [factor(n) * (p - y) for p, y, n in zip(P, Y, self.counts, strict=True)]

    def compare(self, which: int, expected: Sequence[np.ndarray]) -> list[Cause] | None:
        """Return what keeps a gradient from being the expected one, apart from the penalty; None if it is another.

        ``expected`` has the checked entries at each point.
        """
        arrays = self.found(which)
        if arrays is None:
            return None
        found, counts = self.pick(which, arrays), self.counts
        penalty = [point.penalty[which] for point in self.points]
        plain = fit([f - p for f, p in zip(found, penalty, strict=True)], expected, counts)
        if plain is not None:
            return self._causes_of_factor(plain.scale)
        if any(part.any() for part in penalty):
            without = fit(found, expected, counts)
            if without is not None:
                return [Cause("penalty_forgotten"), *self._causes_of_factor(without.scale)]
            both = fit(found, expected, counts, penalty)
            return None if both is None else self._causes_of_penalty(both)
        if looks_like_bias(self.names[which]):
            return None
        decayed = fit(found, expected, counts, self.pick(which, [point.arrays[which] for point in self.points]))
        return None if decayed is None else self._causes_of_decay(decayed)

    def _causes_of_factor(self, factor: Law) -> list[Cause]:
        """Return what a factor between two gradients means: a sign, the number of rows, a constant."""
        causes = [Cause("wrong_sign")] if factor.constant < 0 else []
        size, n = abs(factor.constant), self.points[0].n
        fixed = round(1 / size)
        if factor.exponent > 0 and fixed > 2 and abs(size * fixed - 1) < 1e-3:
            return [*causes, Cause("fixed_row_count", str(fixed))]
        if factor.exponent:
            kind = "summed_not_averaged" if factor.exponent > 0 else "averaged_not_summed"
            times = f"{size * float(n) ** factor.exponent:.6g}"
            causes.append(Cause(kind, f"{times} times that of your loss for {n} rows"))
        if abs(size - 1) > 1e-4:
            causes.append(Cause("constant_factor", f"{size:.6g}"))
        return causes

    def _causes_of_decay(self, found: Fit) -> list[Cause] | None:
        """Return the causes of weights in a gradient whose loss has no penalty: weight decay that the loss lacks."""
        extras = np.array(found.extras)
        steady = [extras * np.array(self.counts) ** power for power in (0.0, 1.0)]
        if not any(np.ptp(each) <= 1e-3 * abs(each).max() for each in steady):
            return None
        return [Cause("penalty_not_in_loss", f"{extras[0]:.4g}"), *self._causes_of_factor(found.scale)]

    def _causes_of_penalty(self, found: Fit) -> list[Cause]:
        """Return the causes of a penalty's gradient with another factor than the rest."""
        extras, scales = np.array(found.extras), np.array([found.scale(n) for n in self.counts])
        causes = self._causes_of_factor(found.scale)
        if np.allclose(extras, scales, rtol=1e-3):
            return causes
        return [Cause("penalty_factor", f"{extras[0] / np.sign(scales[0]):.4g}"), *causes]


def explain_directly(study: Study) -> dict[int, list[Cause]]:
    """Return what is wrong with single gradients, from the finite differences alone."""
    explanations = (_missing, _wrong_size, _constant, _new_parameters, _factor, _transposed, _of_another)
    explained = {}
    for i in (i for i, wrong in enumerate(study.wrong) if wrong):
        causes = next(filter(None, (explain(study, i) for explain in explanations)), None)
        if causes:
            explained[i] = causes
    return explained


def _missing(study: Study, i: int) -> list[Cause] | None:
    gradient = study.points[0].found.gradients[i]
    kind = "bias_forgotten" if looks_like_bias(study.names[i]) else "no_gradient"
    if gradient is None:
        return [Cause(kind, "is missing")]
    if not np.isfinite(gradient).all():
        return [Cause("not_finite", "has NaN or infinity")]
    # Sums that cancel leave rounding behind.
    tiny = float(np.linalg.norm(gradient)) <= 1e-10 * float(np.linalg.norm(study.points[0].numeric[i]))
    return [Cause(kind, "is 0 everywhere")] if tiny else None


def _wrong_size(study: Study, i: int) -> list[Cause] | None:
    """Explain a gradient of another shape than its parameter: not summed, transposed, or summed too far."""
    if not study.bad_shape(i):
        return None
    # With one row, all may fit at the other points.
    point = study.points[0] if study.found(i) is None and study.points[0].n > 1 else study.points[-1]
    gradient, parameter, n = point.found.gradients[i], point.arrays[i], point.n
    if gradient is None:
        return None
    kind = "wrong_shape"
    if gradient.size == 1:
        kind = "bias_summed_over_everything"
    elif gradient.size == n * parameter.size and n in gradient.shape:
        kind = "bias_not_summed"
    elif gradient.ndim == 2 and gradient.shape == parameter.shape[::-1] and 1 not in parameter.shape:
        kind = "transposed_gradient"
    return [Cause(kind, f"has shape {gradient.shape}, the parameter {parameter.shape}")]


def _fits(gradient: tuple[int, ...], parameter: tuple[int, ...]) -> bool:
    """Return whether ``parameter - gradient`` keeps the parameter's numbers in their places."""
    short = tuple(size for size in gradient if size != 1) == tuple(size for size in parameter if size != 1)
    try:
        together = np.broadcast_shapes(gradient, parameter)
    except ValueError:
        return False
    return short and int(np.prod(together)) == int(np.prod(parameter))


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
    found = study.found(i)
    if found is None or study.points[0].arrays[i].size != study.points[0].arrays[j].size:
        return False
    return _equal(study.pick(j, found), study.numeric(j))


def _equal(found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> bool:
    pairs = zip(found, expected, strict=True)
    return all(np.linalg.norm(f - e) <= 1e-6 * max(float(np.linalg.norm(e)), 1e-12) for f, e in pairs)
