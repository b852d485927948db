"""Bootstrap of whole replications: means, and anything computed from means (ratios, pooled quantiles)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from georep_sim import noise
from georep_sim.intervals.interval import Interval, bound_without_spread, require_level

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    #: From means, shape (..., k), to statistics, shape (..., m); the leading axes are the resamples.
    Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_CHUNK = 1 << 20  # indices drawn at a time: bounds the memory, not the result
# Fewest clusters at which intervals of a mean reach 93 %, measured at 95 % with exponential contributions in 10,000
# samples: 92.8 % with 10 clusters, 93.7 with 15, 93.9 with 20, 94.1 with 25, 94.5 with 50. Heavier tails need more:
# lognormal ones of sigma 1, 4,000 samples, 90 % with 20 clusters, 92.4 with 50, 93.5 with 100.
_FEWEST_CLUSTERS = 15


def resample_weights(
    clusters: int,
    *,
    resamples: int = 1000,
    seed: int = 0,
    name: str = "intervals/bootstrap",
    strata: ArrayLike | None = None,
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
    strata : array_like, shape (clusters,), optional
        Label of each cluster's stratum; resampling keeps the size of each.

    Returns
    -------
    ndarray of float64, shape (resamples, clusters)
        Whole numbers whose rows add up to `clusters`.

    Raises
    ------
    ValueError
        If there is no cluster or no resample, or labels do not match.
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    if clusters < 1 or resamples < 1:
        msg = f"{clusters} clusters, {resamples} resamples: there must be at least one of each"
        raise ValueError(msg)
    if strata is None:
        return _weights_within(clusters, resamples, seed, name)
    labels = np.asarray(strata)
    if labels.shape != (clusters,):
        msg = f"strata have shape {labels.shape}, must be ({clusters},)"
        raise ValueError(msg)
    weights = np.empty((resamples, clusters))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        weights[:, members] = _weights_within(members.size, resamples, seed, f"{name}/{label}")
    return weights


def _weights_within(clusters: int, resamples: int, seed: int, name: str) -> NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

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


def bootstrap_means(
    contributions: ArrayLike,
    statistic: Statistic | None = None,
    *,
    weights: NDArray[np.float64] | None = None,
    resamples: int = 1000,
    seed: int = 0,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    bounds: tuple[float, float] | None = None,
) -> list[Interval]:
    """Intervals of statistics of means over independent clusters.

    Parameters
    ----------
    contributions : array_like, shape (n_clusters,) or (n_clusters, k)
        What each cluster (replication) contributes; already weighted where clusters are weighted.
    statistic : callable, optional
        From means, shape (..., k), to m statistics, shape (..., m). Default: the means themselves. A ratio of sums is
        ``lambda m: m[..., :1] / m[..., 1:2]``; a pooled quantile reads the columns as a histogram.
    weights : ndarray, shape (resamples, n_clusters), optional
        From `resample_weights`, to share resamples among metrics and designs; `resamples`, `seed` are then ignored.
    resamples, seed : int
        See `resample_weights`.
    strata : array_like, shape (n_clusters,), optional
        Labels; needed besides `weights` too.
    level : float, default 0.95
        Confidence level.
    bounds : (float, float), optional
        Ends of the values possible: intervals are clipped to them, and equal contributions get a bound from them.

    Returns
    -------
    list of Interval
        One per statistic. NaN resamples (no data in the denominator) are left out and noted.

    Raises
    ------
    ValueError
        If there are fewer than two clusters.

    Notes
    -----
    Bias-corrected and accelerated (BCa) [1]_, at a level widened for few clusters as a t interval is [2]_. Never of
    zero width: where no resample differs, a bound is given.

    References
    ----------
    .. [1] B. Efron, "Better bootstrap confidence intervals", JASA 82(397), 1987, pages 171-185.
    .. [2] T. C. Hesterberg, "What teachers should know about the bootstrap", The American Statistician 69(4), 2015,
       section 5.3 (expanded percentile interval).

    Examples
    --------
    >>> [interval] = bootstrap_means([1.0, 2.0, 3.0, 4.0] * 10)
    >>> interval.value, interval.kind
    (2.5, 'bca')
    """
    if weights is None:
        weights = resample_weights(len(_table(contributions)), resamples=resamples, seed=seed, strata=strata)
    of = statistic or (lambda means: means)
    return _intervals(_table(contributions), of, weights, strata=strata, level=level, bounds=bounds)


def paired(
    a: ArrayLike,
    b: ArrayLike,
    statistic: Statistic | None = None,
    *,
    weights: NDArray[np.float64] | None = None,
    resamples: int = 1000,
    seed: int = 0,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    bounds: tuple[float, float] | None = None,
) -> list[Interval]:
    """Intervals of differences b - a of statistics, both designs met by the same replications.

    Parameters
    ----------
    a, b : array_like, shape (n_clusters,) or (n_clusters, k)
        Contributions of the two designs, row by row of the same replication.
    statistic, weights, resamples, seed, strata, level, bounds
        As in `bootstrap_means`; `bounds` are those of the difference.

    Returns
    -------
    list of Interval
        One per statistic.

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than two clusters.

    Examples
    --------
    >>> [interval] = paired([1.0, 2.0, 3.0] * 10, [1.5, 2.6, 3.4] * 10)
    >>> round(interval.value, 9), interval.low > 0.4
    (0.5, True)
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    first, second = _table(a), _table(b)
    if first.shape != second.shape:
        msg = f"contributions have shapes {first.shape} and {second.shape}, must be the same"
        raise ValueError(msg)
    if weights is None:
        weights = resample_weights(len(first), resamples=resamples, seed=seed, strata=strata)
    columns = first.shape[1]
    of = statistic or (lambda means: means)

    def difference(means: NDArray[np.float64]) -> NDArray[np.float64]:
        return of(means[..., columns:]) - of(means[..., :columns])

    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.maximum(np.abs(of(first.mean(axis=0))), np.abs(of(second.mean(axis=0))))
    both = np.hstack([first, second])
    return _intervals(both, difference, weights, strata=strata, level=level, bounds=bounds, scales=sizes)


def _table(contributions: ArrayLike) -> NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    table = np.asarray(contributions, dtype=np.float64)
    return table[:, np.newaxis] if table.ndim == 1 else table


def _intervals(
    table: NDArray[np.float64],
    of: Statistic,
    weights: NDArray[np.float64],
    *,
    strata: ArrayLike | None,
    level: float,
    bounds: tuple[float, float] | None,
    scales: NDArray[np.float64] | None = None,
) -> list[Interval]:
    """One interval per statistic; `scales`: by how much an unseen cluster may differ where all are equal."""
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    require_level(level)
    clusters = len(table)
    if clusters < 2 or weights.shape[1] != clusters:
        msg = f"{clusters} clusters, weights for {weights.shape[1]}: at least 2 are needed for an interval, as many in both"
        raise ValueError(msg)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimates = np.atleast_1d(of(table.mean(axis=0)))
        resampled = of(weights @ table / clusters)
        left_out = of(_means_without_each(table, strata))
    scales = np.zeros(estimates.size) if scales is None else np.atleast_1d(scales)
    return [
        _bca(float(estimates[j]), resampled[:, j], left_out[:, j], level=level, bounds=bounds, scale=float(scales[j]))
        for j in range(estimates.size)
    ]


def _means_without_each(table: NDArray[np.float64], strata: ArrayLike | None) -> NDArray[np.float64]:
    """Means without each cluster in turn; the rest of its stratum takes its place."""
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    clusters = len(table)
    labels = np.zeros(clusters) if strata is None else np.asarray(strata)
    means = np.empty_like(table)
    for label in np.unique(labels):
        members = labels == label
        size, own = int(members.sum()), table[members].sum(axis=0)
        rest = (own - table[members]) * (size / (size - 1)) if size > 1 else table[members]
        means[members] = (table.sum(axis=0) - own + rest) / clusters
    return means


def _bca(
    estimate: float,
    resampled: NDArray[np.float64],
    left_out: NDArray[np.float64],
    *,
    level: float,
    bounds: tuple[float, float] | None,
    scale: float,
) -> Interval:
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    clusters = len(left_out)
    ordered = np.sort(resampled[~np.isnan(resampled)])
    if not ordered.size or math.isnan(estimate):
        return Interval(math.nan, -math.inf, math.inf, "bca", "no data")
    shares = _bca_shares(estimate, ordered, left_out, level)
    # Inwards rounding would interpolate towards infinite values; outwards it errs on the safe side.
    low = float(ordered[math.floor(shares[0] * (ordered.size - 1))])
    high = float(ordered[math.ceil(shares[1] * (ordered.size - 1))])
    if low == high:
        return bound_without_spread(estimate, clusters, level=level, bounds=bounds, scale=scale)
    lowest, highest = bounds or (-math.inf, math.inf)
    notes = [f"{clusters} clusters: covers less than it claims"] if clusters < _FEWEST_CLUSTERS else []
    if ordered.size < resampled.size:
        notes.append(f"{1.0 - ordered.size / resampled.size:.2g} of the resamples had no data")
    return Interval(estimate, max(low, lowest), min(high, highest), "bca", "; ".join(notes))


def _bca_shares(
    estimate: float, ordered: NDArray[np.float64], left_out: NDArray[np.float64], level: float
) -> tuple[float, float]:
    """Shares of the resamples at which the interval ends."""
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)
    from scipy.special import ndtr, ndtri, stdtrit  # noqa: PLC0415  (costly to import; only results come here)

    below = float(np.mean(ordered < estimate) + 0.5 * np.mean(ordered == estimate))
    edge = 1.0 / (ordered.size + 1)
    bias = float(ndtri(min(max(below, edge), 1.0 - edge)))
    acceleration = _acceleration(left_out)
    clusters = len(left_out)
    quantile = float(stdtrit(clusters - 1, 0.5 + 0.5 * level)) * math.sqrt(clusters / (clusters - 1))
    shares = []
    for score in (bias - quantile, bias + quantile):
        shrink = 1.0 - acceleration * score
        # Beyond the pole of the transformation the end is the extreme resample.
        shares.append(float(ndtr(bias + score / shrink)) if shrink > 0.0 else float(score > 0.0))
    return shares[0], shares[1]


def _acceleration(left_out: NDArray[np.float64]) -> float:
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    if not np.all(np.isfinite(left_out)):
        return 0.0
    deviations = left_out.mean() - left_out
    squares = float((deviations**2).sum())
    return float((deviations**3).sum()) / (6.0 * squares**1.5) if squares > 0.0 else 0.0
