"""Incomplete gamma functions, from scipy; a compiled caller gets the same C code."""

from __future__ import annotations


def gamma_tail(shape: float, x: float) -> float:
    """Regularised upper incomplete gamma function Q(shape, x).

    Examples
    --------
    >>> round(gamma_tail(1.0, 1.0), 12)
    0.367879441171
    """
    from scipy.special import gammaincc  # noqa: PLC0415  (costly to import; only simulations come here)

    return float(gammaincc(shape, x))


def gamma_quantile(shape: float, p: float) -> float:
    """Return the x at which the regularised lower incomplete gamma function P(shape, x) is p.

    Examples
    --------
    >>> round(gamma_quantile(1.0, 0.5), 12)
    0.69314718056
    """
    from scipy.special import gammaincinv  # noqa: PLC0415  (costly to import; only simulations come here)

    return float(gammaincinv(shape, p))
