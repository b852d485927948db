"""Poisson counts by inversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def poisson_ppf(u: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the smallest counts whose cumulative Poisson probability reaches u.

    Parameters
    ----------
    u : ndarray of float64, shape (n,)
        Uniform numbers in (0, 1).
    mean : ndarray of float64, shape (n,)
        Means; where one is 0, so is the count.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> poisson_ppf(np.array([0.36, 0.37, 0.5]), np.array([1.0, 1.0, 0.0])).tolist()
    [0, 1, 0]
    """
    from scipy import special  # noqa: PLC0415  (checking a scenario needs no scipy)

    with np.errstate(invalid="ignore"):
        count = np.ceil(special.pdtrik(u, mean))
    # The inverse is continuous and inexact in its last digits; one count less may do already.
    less = np.maximum(count - 1.0, 0.0)
    count = np.where(special.pdtr(less, mean) >= u, less, count)
    return np.where(mean > 0.0, count, 0.0).astype(np.int64)
