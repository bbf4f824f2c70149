"""The inverse of the normal distribution function, which NumPy does not have."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["normal_quantile"]

# Wichura (1988), algorithm AS 241, PPND16: numerators and denominators in the middle, near the ends, at the ends.
_MIDDLE = (
    (3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
     45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727),
    (1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077, 21213.794301586595867,
     39307.895800092710610, 28729.085735721942674, 5226.4952788528545610),
)  # fmt: skip
_NEAR = (
    (1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
     1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550, 0.148103976427480074590,
     0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
_FAR = (
    (6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
     0.0265321895265761230930, 0.00124266094738807843860, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip


def normal_quantile(p: np.ndarray) -> np.ndarray:
    """Return z with ``Phi(z) = p``, right to about 16 digits.

    Parameters
    ----------
    p : ndarray
        Above 0 and below 1.

    References
    ----------
    Wichura (1988), "Algorithm AS 241: The percentage points of the normal distribution".

    Examples
    --------
    >>> normal_quantile(np.array([0.5, 0.975, 1e-7])).round(6).tolist()
    [0.0, 1.959964, -5.199338]
    """
    p = np.asarray(p, dtype=np.float64)
    q = p - 0.5
    tail = np.minimum(p, 1.0 - p)
    # Only the ends use r; in the middle it is kept at a harmless value.
    r = np.sqrt(-np.log(np.minimum(tail, math.exp(-2.0))))
    ends = np.where(r <= 5.0, _ratio(_NEAR, r - 1.6), _ratio(_FAR, r - 5.0))
    found: np.ndarray = np.where(np.abs(q) <= 0.425, q * _ratio(_MIDDLE, 0.180625 - q * q), np.copysign(ends, q))
    return found


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: np.ndarray) -> np.ndarray:
    """Return one polynomial over another, both given from the constant up."""
    above, below = (np.polynomial.polynomial.polyval(x, np.array(c)) for c in coefficients)
    return np.asarray(above / below)
