"""The normal law in plain floats: distribution function and its inverse."""

from __future__ import annotations

import math

# Coefficients of Wichura's PPND16 [1], highest power first: |p - 1/2| <= 0.425, then r <= 5, then beyond.
_A = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_B = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
)  # fmt: skip
_C = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_D = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0,
)  # fmt: skip
_E = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_F = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0,
)  # fmt: skip


def normal_cdf(z: float) -> float:
    """Probability that a standard normal variable is at most z, without cancellation in the lower tail.

    Examples
    --------
    >>> normal_cdf(0.0)
    0.5
    """
    return 0.5 * math.erfc(-z * math.sqrt(0.5))


def normal_pdf(z: float) -> float:
    """Density of the standard normal law.

    Examples
    --------
    >>> round(normal_pdf(0.0), 12)
    0.398942280401
    """
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def mills_ratio(t: float) -> float:
    """Tail probability beyond t over the density at t, for the standard normal law.

    Notes
    -----
    Far out both vanish; there Laplace's continued fraction ``1 / (t + 1 / (t + 2 / (t + ...)))`` takes over.

    References
    ----------
    .. [1] M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 1964, formula 26.2.14.

    Examples
    --------
    >>> round(mills_ratio(0.0), 12), round(mills_ratio(100.0), 12)
    (1.253314137316, 0.0099990003)
    """
    if t < 10.0:
        return normal_cdf(-t) / normal_pdf(t)
    fraction = t
    for term in range(24, 0, -1):
        fraction = t + term / fraction
    return 1.0 / fraction


def normal_ppf(p: float) -> float:
    """Value that a standard normal variable exceeds with probability ``1 - p``.

    Parameters
    ----------
    p : float
        In (0, 1).

    Returns
    -------
    float
        Relative error about 1e-16; exactly antisymmetric where ``1 - p`` is exact.

    Raises
    ------
    ValueError
        If `p` is not in (0, 1).

    References
    ----------
    .. [1] M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution",
       Applied Statistics 37(3), 1988, pages 477-484, routine PPND16.

    Examples
    --------
    >>> normal_ppf(0.5), round(normal_ppf(0.975), 12)
    (0.0, 1.95996398454)
    """
    if not 0.0 < p < 1.0:
        msg = f"p is {p}, must lie strictly between 0 and 1"
        raise ValueError(msg)
    return normal_quantile(p)


def normal_quantile(p: float) -> float:
    """Return `normal_ppf` of a number known to lie in (0, 1).

    Examples
    --------
    >>> normal_quantile(0.5)
    0.0
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * polynomial(_A, r) / polynomial(_B, r)
    r = math.sqrt(-math.log(min(p, 1.0 - p)))
    if r <= 5.0:
        r -= 1.6
        z = polynomial(_C, r) / polynomial(_D, r)
    else:
        r -= 5.0
        z = polynomial(_E, r) / polynomial(_F, r)
    return -z if q < 0.0 else z


def polynomial(coefficients: tuple[float, float, float, float, float, float, float, float], x: float) -> float:
    """Value of the polynomial with these coefficients, highest power first."""
    a7, a6, a5, a4, a3, a2, a1, a0 = coefficients
    return ((((((a7 * x + a6) * x + a5) * x + a4) * x + a3) * x + a2) * x + a1) * x + a0
