"""One level of resampling or two: what covers 95 % for a mean over replications and windows, by simulation.

Replications are independent; each holds a few windows. A value is replication effect + window effect, either normal or
exponential, with a given share of the variance between replications. Both bootstraps use the expanded
percentile interval: (a) resamples replications with all their windows; (b) then windows within each of them too.

Usage: python benchmarks/validation/bootstrap_levels.py [--samples N]
"""

from __future__ import annotations

import argparse
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from georep_sim.intervals import clopper_pearson, expanded_percentile, resample_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_RESAMPLES = 1000


def draw(rng: np.random.Generator, replications: int, windows: int, *, between: float, law: str) -> Array:
    """Values of mean 0 and variance 1, shape (replications, windows), a share of the variance between replications."""

    def unit(shape: tuple[int, int]) -> Array:
        return rng.exponential(size=shape) - 1.0 if law == "exponential" else rng.normal(size=shape)

    values: Array = np.sqrt(between) * unit((replications, 1)) + np.sqrt(1.0 - between) * unit((replications, windows))
    return values


def means_of_two_levels(rng: np.random.Generator, values: Array, chosen: Array) -> Array:
    """Mean of each resample when windows are resampled within each replication that was chosen."""
    replications, windows = values.shape
    picks = rng.integers(windows, size=(len(chosen), replications, windows))
    places = np.repeat(np.arange(replications)[None, :], len(chosen), axis=0)
    # Which replication stands in each place of a resample: the counts, unfolded.
    who = np.repeat(places.ravel(), chosen.ravel().astype(np.int64)).reshape(len(chosen), replications)
    return np.asarray(values[who[:, :, None], picks].mean(axis=(1, 2)))


def main() -> None:
    """Print coverage and mean width of both, relative to the exact normal interval."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--ci", action="store_true", help="100 samples")
    options = parser.parse_args()
    samples: int = 100 if options.ci else options.samples
    print("law          windows  replications  between  one level                 two levels")
    for law, windows, replications, between in product(
        ("normal", "exponential"), (1, 3, 10), (20, 50), (0.0, 0.5, 0.9)
    ):
        rng = np.random.default_rng([windows, replications, round(10 * between)])
        chosen = resample_weights(replications, resamples=_RESAMPLES, seed=1)
        hits, widths = np.zeros(2), np.zeros(2)
        exact = 2.0 * 1.96 * np.sqrt((between + (1.0 - between) / windows) / replications)
        for _ in range(samples):
            values = draw(rng, replications, windows, between=between, law=law)
            one = chosen @ values.mean(axis=1) / replications
            two = means_of_two_levels(rng, values, chosen)
            for k, means in enumerate((one, two)):
                low, high = expanded_percentile(means, replications)
                hits[k] += low <= 0.0 <= high
                widths[k] += (high - low) / exact / samples
        cells = []
        for k in range(2):
            band = clopper_pearson(int(hits[k]), samples)
            cells.append(f"{100 * band.value:5.1f} % [{100 * band.low:.1f}, {100 * band.high:.1f}] {widths[k]:5.2f}")
        print(f"{law:11s}  {windows:7d}  {replications:12d}  {between:7.1f}  {cells[0]}    {cells[1]}")


if __name__ == "__main__":
    main()
