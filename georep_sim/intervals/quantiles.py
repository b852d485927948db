"""Interval of a quantile of a weighted pool, from how the share beyond each value varies between clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from georep_sim.intervals.interval import require_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

# Limits that differ from a level by rounding alone meet it.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class TailShares:
    """Share of a pool that lies at or beyond each of its values.

    Parameters
    ----------
    share, low, high : ndarray of float64, shape (n_values,)
        Estimate and limits, falling with the value; `low` and `high` equal `share` where clusters do not differ.
    clusters : ndarray of float64, shape (n_values,)
        Effective number of clusters that hold the tail: all of them where they hold the same, one where one holds it.
    """

    share: Vector
    low: Vector
    high: Vector
    clusters: Vector

    def ends(self, quantile: float) -> tuple[int, int]:
        """Indices of the values between which the quantile of a level lies.

        Examples
        --------
        >>> import numpy as np
        >>> tail_shares([np.ones((50, 5))]).ends(0.5)
        (2, 2)
        """
        beyond = 1.0 - quantile
        last = len(self.share) - 1
        surely_beyond = (self.low > beyond * (1.0 + _ROUNDING)).nonzero()[0]
        surely_short = (self.high < beyond * (1.0 - _ROUNDING)).nonzero()[0]
        # A quantile lies at a value if more than the wanted share lies there or beyond, and no more beyond.
        first = int(surely_beyond[-1]) if len(surely_beyond) else 0
        return first, max(first, int(surely_short[0]) - 1 if len(surely_short) else last)

    def reaching(self, quantile: float) -> float:
        """Effective number of clusters that hold what lies beyond the quantile of a level."""
        at = (self.share >= (1.0 - quantile) * (1.0 - _ROUNDING)).nonzero()[0]
        return float(self.clusters[at[-1] if len(at) else 0])


def tail_shares(masses: Sequence[Vector], *, level: float = 0.95) -> TailShares:
    """Return the share of a pool at or beyond each of its values, with limits.

    Parameters
    ----------
    masses : sequence of ndarray, shape (n_clusters, n_values)
        For each group of exchangeable clusters the weight of each cluster at each value, values rising. The pool is the
        sum over groups of the mean over clusters.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    TailShares

    Raises
    ------
    ValueError
        If nothing has any weight.

    Notes
    -----
    The share is a ratio of two totals; its variance is that of the linearised ratio between clusters [1]_. The limits
    are symmetric on a logit scale, by Student's t with the degrees of freedom of Satterthwaite. A quantile's ends are
    the values at which a limit crosses its level [2]_, [3]_: limits belong to each value, not to the estimate alone, so
    that far out, where few clusters are left, they are wide. A percentile interval of the same resampled quantiles
    ends too soon there.

    References
    ----------
    .. [1] W. G. Cochran, "Sampling Techniques", third edition, Wiley, 1977, section 6.3.
    .. [2] R. S. Woodruff, "Confidence Intervals for Medians and Other Position Measures", Journal of the American
       Statistical Association 47(260), 1952, pages 635-646.
    .. [3] C. A. Francisco, W. A. Fuller, "Quantile Estimation with a Complex Survey Design", The Annals of Statistics
       19(1), 1991, pages 454-469.
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)
    from scipy.special import expit, logit, stdtrit  # noqa: PLC0415  (costly to import; only results come here)

    require_level(level)
    tails = [np.flip(np.cumsum(np.flip(mass, axis=1), axis=1), axis=1) / len(mass) for mass in masses]
    reached = np.sum([tail.sum(axis=0) for tail in tails], axis=0)
    if not reached.size or not reached[0] > 0.0:
        msg = "nothing in the pool has any weight, at least one value must"
        raise ValueError(msg)
    share = np.minimum(reached / reached[0], 1.0)
    variance, squares = np.zeros_like(share), np.zeros_like(share)
    for tail in tails:
        n = len(tail)
        residual = (tail - np.outer(tail[:, 0], share)) / reached[0]
        part = ((residual - residual.mean(axis=0)) ** 2).sum(axis=0) * n / max(n - 1, 1)
        variance += part
        squares += part * part / max(n - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.where(squares > 0.0, variance * variance / squares, 1.0)
        half = stdtrit(freedom, 0.5 + 0.5 * level) * np.sqrt(variance) / (share * (1.0 - share))
        clusters = reached**2 / np.sum([(tail * tail).sum(axis=0) for tail in tails], axis=0)
    # Of everything, and of what does not vary, there is nothing to say.
    half = np.where((share < 1.0) & (variance > _ROUNDING * share * share), half, 0.0)
    centre = logit(share)
    return TailShares(share, expit(centre - half), expit(centre + half), clusters)
