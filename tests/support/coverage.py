"""Whether intervals cover as often as they claim."""

from __future__ import annotations

from scipy import stats

_ALPHA = 1e-6


def assert_covered(hits: int, trials: int, *, least: float, most: float = 1.0, what: object = "") -> None:
    """Fail where so many intervals of so many that hold the truth refute every coverage within limits (alpha = 1e-6)."""
    is_possible = stats.binom.cdf(hits, trials, least) > _ALPHA and stats.binom.sf(hits - 1, trials, most) > _ALPHA
    limits = f"{least:.0%} to {most:.0%}"
    assert is_possible, f"{what} {hits} of {trials} intervals ({hits / trials:.1%}) hold the truth, refuting {limits}"
