"""Bootstrap of whole replications: resamples shared by every metric and design, and the interval read from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from georep_sim import noise
from georep_sim.intervals.interval import require_level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_CHUNK = 1 << 20  # indices drawn at a time: bounds the memory, not the result


def resample_weights(
    clusters: int, *, resamples: int = 1000, seed: int = 0, name: str = "intervals/bootstrap"
) -> NDArray[np.float64]:
    """Return how often each cluster occurs in each resample.

    Parameters
    ----------
    clusters : int
        Number of clusters (replications).
    resamples : int, default 1000
        Number of resamples.
    seed : int, default 0
        Seed of the addressed draws.
    name : str, default "intervals/bootstrap"
        Name under which indices are drawn; another name, other resamples.

    Returns
    -------
    ndarray of float64, shape (resamples, clusters)
        Whole numbers whose rows add up to `clusters`.

    Raises
    ------
    ValueError
        If there is no cluster or no resample.

    Notes
    -----
    Whole replications are resampled, with all their windows: the variance between the totals of independent
    replications holds what windows within them add [1]_, and resampling windows too would count that twice [2]_.

    References
    ----------
    .. [1] M. H. Hansen, W. N. Hurwitz, W. G. Madow, "Sample Survey Methods and Theory", volume I, 1953 (the ultimate
       cluster).
    .. [2] A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8.
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    if clusters < 1 or resamples < 1:
        msg = f"{clusters} clusters, {resamples} resamples: there must be at least one of each"
        raise ValueError(msg)
    weights = np.empty((resamples, clusters))
    words = noise.raw_words(seed, 0, name, resamples * clusters).reshape(resamples, clusters)
    rows = max(1, _CHUNK // clusters)
    for start in range(0, resamples, rows):
        part = words[start : start + rows]
        # Below one even for the highest word, because 53 bits are exact.
        chosen = ((part >> np.uint64(11)).astype(np.float64) * (2.0**-53 * clusters)).astype(np.int64)
        np.minimum(chosen, clusters - 1, out=chosen)
        chosen += np.arange(len(part))[:, np.newaxis] * clusters
        counts = np.bincount(chosen.ravel(), minlength=part.size)
        weights[start : start + rows] = counts.reshape(part.shape)
    return weights


def expanded_percentile(replicates: ArrayLike, clusters: int, *, level: float = 0.95) -> tuple[float, float]:
    """Ends of a percentile interval as wide as a t interval would be for so many clusters.

    Parameters
    ----------
    replicates : array_like, shape (n_resamples,)
        The estimate in each resample; NaN (no data) is left out, infinite values are allowed.
    clusters : int
        Number of clusters resampled.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    (float, float)
        Two of the replicates, the outer ones where the quantile lies between two; NaN twice if there is none. Equal
        where the replicates show no spread: whoever asks has to say what that means.

    Notes
    -----
    A plain percentile interval is too narrow for few clusters by the factors (n - 1) / n and normal over t [1]_.

    References
    ----------
    .. [1] T. C. Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69(4), 2015,
       section 4.3.

    Examples
    --------
    >>> expanded_percentile(range(1001), 1_000_000)
    (24.0, 976.0)
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)
    from scipy.special import ndtr, stdtrit  # noqa: PLC0415  (costly to import; only results come here)

    require_level(level)
    values = np.asarray(replicates, dtype=np.float64)
    values = np.sort(values[~np.isnan(values)])
    if not len(values):
        return math.nan, math.nan
    n = clusters
    tail = float(ndtr(-math.sqrt(n / (n - 1)) * stdtrit(n - 1, 0.5 + 0.5 * level))) if n > 1 else 0.0
    last = len(values) - 1
    return float(values[math.floor(tail * last)]), float(values[math.ceil((1.0 - tail) * last)])
